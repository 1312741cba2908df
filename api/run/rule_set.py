"""A set of rules that are compared with each other, or with one that is not among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...backends.compare.overlaps import Found, Match, Needs, Overlap, SetResult, may_match, needs_of, overlaps, samples_of
from ...backends.limits import Limits
from ...backends.report.rule_result import RuleResult, Status
from ...compiler.alerts.guards import Need
from ...compiler.ir.program import Program, Role
from ...compiler.schema.field_types import FIELD_TYPES
from ...compiler.schema.fields import FieldSpec, Schema
from ...compiler.stage_timer import StageTimer
from ...rules import Rule
from ...rules.lowering.compile_together import joint_type, unknown_fields
from .compiled_rule import CompiledRule, compiled_rule
from .inputs import Source, in_file
from .observer import Observer

_SEED = "overlaps"


@dataclass(frozen=True, slots=True)
class Summary:
    """What comparing a rule with others begins with.

    Attributes:
        samples: some of its matches.
        needs: what the events of its matches hold.
        types: the types of the fields that no schema knows, by name.
    """

    samples: tuple[Match, ...]
    needs: Needs
    types: Mapping[str, str]

    def stored(self) -> dict[str, Any]:
        """The summary as JSON."""
        return {
            "samples": [[[role.value, document] for role, document in match] for match in self.samples],
            "needs": [[[[[n.field, n.text, n.piece] for n in guard] for guard in step] for step in program] for program in self.needs],
            "types": dict(self.types),
        }

    @classmethod
    def restored(cls, stored: Mapping[str, Any]) -> Summary:
        """The summary that was stored."""
        samples = tuple(tuple((Role(role), document) for role, document in match) for match in stored["samples"])
        needs = tuple(
            tuple(tuple(frozenset(Need(*need) for need in guard) for guard in step) for step in program) for program in stored["needs"]
        )
        return cls(samples, needs, stored["types"])


@dataclass(slots=True)
class SetMember:
    """A rule of a set.

    Attributes:
        source: where it comes from.
        summary: what comparing it begins with; None where that is not known yet.
        compiled: the compiled rule; None where it was not compiled yet.
    """

    source: Source
    summary: Summary | None = None
    compiled: CompiledRule | None = None

    @property
    def name(self) -> str:
        """As the user named it."""
        return self.source.name

    @property
    def rule(self) -> Rule:
        """The rule, once it is compiled."""
        assert self.compiled is not None
        return self.compiled.rule

    @property
    def programs(self) -> tuple[Program, ...]:
        """Its programs, once it is compiled."""
        assert self.compiled is not None
        return self.compiled.compilation.programs


@dataclass(slots=True)
class RuleSet:
    """Rules with the same types of fields.

    Attributes:
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.
        limits: what each question may cost.
        members: the rules, in order.
        failed: the results of those that could not be compiled, with where they come from.
    """

    schema: Schema
    now: int
    limits: Limits
    members: list[SetMember] = field(default_factory=list)
    failed: list[tuple[Source, RuleResult]] = field(default_factory=list)

    def add(self, source: Source, summary: Summary | None = None) -> bool:
        """Add a rule, unless it cannot be compiled; it is compiled at once only if nothing is known about it."""
        member = SetMember(source, summary)
        if summary is None and not self._compile(member):
            return False
        self.members.append(member)
        return True

    def compared(self, only: frozenset[int] | None = None) -> SetResult:
        """Compare the rules with each other.

        Args:
            only: the numbers of the rules of which each pair must hold one; all pairs by default.
        """
        self.agree_on_types()
        self.summarise()
        chosen = range(len(self.members)) if only is None else self._near(only)
        members = [self.members[number] for number in chosen]
        for member in members:
            if member.compiled is None:
                self._compile(member)
        members = [member for member in members if member.compiled is not None]
        numbers = [self.members.index(member) for member in members]
        wanted = None if only is None else frozenset(at for at, number in enumerate(numbers) if number in only)
        samples = [member.summary.samples if member.summary is not None else () for member in members]
        found = overlaps([member.programs for member in members], samples, self.limits, wanted)
        return SetResult(
            tuple(_renumbered(each, numbers) for each in found.found),
            found.compared,
            tuple((numbers[inner], numbers[outer]) for inner, outer in found.undecided),
            tuple(numbers[at] for at in found.without_match),
        )

    def beside(self, rule: SetMember) -> Iterator[str]:
        """How another rule lies in rules of the set, or they in it, each in a sentence; a member of the same name is left out."""
        members = [member for member in self.members if member.name != rule.name]
        if not self._compile(rule):
            return
        both = replace(self, members=[*members, rule])
        number = len(members)
        for found in both.compared(frozenset((number,))).found:
            other = both.members[found.inner if found.outer == number else found.outer].name
            yield _SENTENCES[found.overlap, found.inner == number].format(other=other)

    def report(self, observer: Observer) -> bool:
        """Show what is wrong with rules; returns whether a rule is, but for those that cannot be compiled yet."""
        wrong = [(source, result) for source, result in self.failed if result.status is not Status.UNSUPPORTED]
        for source, result in wrong:
            observer.finished(in_file(result, source))
        return bool(wrong)

    def agree_on_types(self) -> list[int]:
        """Compile rules again that use a field with another type than the set has for it; returns their numbers."""
        uses: dict[str, set[str]] = {}
        for member in self.members:
            for name, type_name in self._types(member).items():
                uses.setdefault(name, set()).add(type_name)
        joint = {name: joint_type(types) for name, types in uses.items() if len(types) > 1}
        changed: list[int] = []
        for number, member in enumerate(self.members):
            types = self._types(member)
            if any(joint.get(name, type_name) != type_name for name, type_name in types.items()):
                fields = {name: replace(spec, type=FIELD_TYPES[joint[name]]) for name, spec in self._unknown(member) if name in joint}
                again = replace(self, schema=self.schema.with_fields(fields), failed=[])
                before = member.compiled
                # A rule that makes sense with its own types only keeps them: the difference in types is then what is reported.
                if again._compile(member):
                    member.summary = None
                    changed.append(number)
                else:
                    member.compiled = before
        return changed

    def summarise(self) -> None:
        """Find out what comparing each rule begins with."""
        for member in self.members:
            if member.summary is None:
                types = {name: spec.type.name for name, spec in self._unknown(member)}
                member.summary = Summary(samples_of(member.programs, _SEED, self.limits), needs_of(member.programs), types)

    def _unknown(self, member: SetMember) -> Iterable[tuple[str, FieldSpec]]:
        if member.compiled is None:
            self._compile(member)
        return [] if member.compiled is None else unknown_fields(member.programs)

    def _types(self, member: SetMember) -> Mapping[str, str]:
        if member.summary is not None:
            return member.summary.types
        return {name: spec.type.name for name, spec in self._unknown(member)}

    def _near(self, only: frozenset[int]) -> list[int]:
        """The numbers of some rules, and of those that may lie in them or they in those."""
        near = set(only)
        for number, member in enumerate(self.members):
            for other in only if number not in near else ():
                changed = self.members[other].summary
                assert changed is not None and member.summary is not None
                inside = all(may_match(member.summary.needs, match) for match in changed.samples)
                if inside or all(may_match(changed.needs, match) for match in member.summary.samples):
                    near.add(number)
                    break
        return sorted(near)

    def _compile(self, member: SetMember) -> bool:
        found = compiled_rule(member.source, self.schema, self.now, self.limits.timeout, StageTimer())
        if isinstance(found, CompiledRule):
            member.compiled = found
            return True
        self.failed.append((member.source, found))
        return False


def _renumbered(found: Found, numbers: list[int]) -> Found:
    return replace(found, inner=numbers[found.inner], outer=numbers[found.outer])


_SENTENCES = {
    (Overlap.EQUIVALENT, True): "matches the same events as {other} (proved)",
    (Overlap.EQUIVALENT, False): "matches the same events as {other} (proved)",
    (Overlap.INSIDE, True): "matches nothing that {other} does not match (proved)",
    (Overlap.INSIDE, False): "matches all that {other} matches (proved)",
    (Overlap.BUT_FOR_EXCLUSIONS, True): "matches nothing that {other} would not match without its exclusions (proved)",
    (Overlap.BUT_FOR_EXCLUSIONS, False): "matches, but for its exclusions, all that {other} matches (proved)",
}
