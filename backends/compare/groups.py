"""Compares programs whose matches are more than one event: sequences, samples, thresholds, new terms, threat matches.

That all matches of one rule are matches of another is shown part by part: steps, join keys, times, counts. What it says is
that the events of a match of the one, by themselves, are a match of the other. What is not shown so is looked for: matches
that differ in the part in question, each put to both rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain

from ...compiler.alerts.engine import Watched, alerts_among
from ...compiler.ir.formula import Formula, Not, conjunction
from ...compiler.ir.program import Program, Role, ShapeKind, Step
from ...compiler.semantics.document import flatten
from ...compiler.semantics.match_group import TIMESTAMP, events_of
from ...grammar.span import Span
from ..decide.witness import find_witness
from ..limits import Limits
from ..match.changes import with_values
from .comparison import NOTHING, Document, Outcome, Part, Side
from .events import START, Events, Only, differing, is_excluded, place_of, stored_in, witness_of
from .implication import left_of

Group = list[tuple[Role, Document]]
_SEED = "compare"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A part of a program that keeps matches of another one from being matches of it, as far as is known.

    Attributes:
        what: what it is: ``maxspan``, ``join keys``; empty for a condition on an event.
        span: where it stands.
        groups: matches of the other program that may fail it, each with the nearest that may be a match of both, if one is known.
        by_others_only: whether the events of a match cannot fail it by themselves.
        excluded: whether it is what an exclusion names.
    """

    what: str
    span: Span
    groups: Iterable[tuple[Group, Group | None]] = ()
    by_others_only: bool = False
    excluded: bool = False


class Groups:
    """The matches of two rules.

    Args:
        first, second: the programs of each, with the same types of fields.
        limits: what each question may cost.
    """

    def __init__(self, first: Sequence[Program], second: Sequence[Program], limits: Limits) -> None:
        self.first, self.second = tuple(first), tuple(second)
        self.limits = limits
        self._common: list[tuple[tuple[int, int], Group | None]] = []

    def lost(self) -> Side:
        """What only the first rule matches."""
        return self._only(self.first, self.second)

    def won(self) -> Side:
        """What only the second rule matches."""
        return self._only(self.second, self.first)

    def common(self) -> Outcome:
        """Whether both match something: NONE if no event can be a part of matches of both."""
        pairs = [(program, other) for program in self.first for other in self.second]
        if any(self._in_common(*pair) is not None for pair in pairs):
            return Outcome.WITNESS
        return Outcome.NONE if all(self._are_apart(*pair) for pair in pairs) else Outcome.UNKNOWN

    def _are_apart(self, program: Program, other: Program) -> bool:
        """Whether no event of a match of one program can be an event of a match of the other."""
        events = [[step for step in each.steps if not step.missing and step.role is Role.EVENT] for each in (program, other)]
        if program.relations or other.relations:
            return False
        formulas = (conjunction((one.formula, another.formula)) for one in events[0] for another in events[1])
        return all(witness_of(formula, self.limits).refuted for formula in formulas)

    def _only(self, wanted: tuple[Program, ...], unwanted: tuple[Program, ...]) -> Side:
        parts: dict[tuple[str, Span], Part] = {}
        open_spans: list[Span] = []
        for program in wanted:
            obstacles = [_Pair(program, other, self._in_common(program, other), self.limits).obstacles() for other in unwanted]
            if not all(obstacles):
                # All its matches are matches of one of the others.
                continue
            before = len(parts)
            for obstacle in (each for found in obstacles for each in found):
                if (obstacle.what, obstacle.span) in parts:
                    continue
                for group, beside in obstacle.groups:
                    if fires(wanted, group) and not fires(unwanted, group):
                        near = beside if beside and fires(wanted, beside) and fires(unwanted, beside) else None
                        parts[obstacle.what, obstacle.span] = self._part(obstacle, group, near)
                        break
            held = [[each for each in found if not each.by_others_only] for found in obstacles]
            if len(parts) == before and all(held) and not find_witness(program, _SEED, self.limits, START).refuted:
                open_spans += [each.span for found in held for each in found]
        if parts:
            return Side(Outcome.WITNESS, tuple(parts.values()), tuple(open_spans))
        if open_spans:
            return Side(Outcome.UNKNOWN, undecided=tuple(dict.fromkeys(open_spans)), why="neither events nor a proof were found")
        return NOTHING

    def _part(self, obstacle: Obstacle, group: Group, near: Group | None) -> Part:
        documents = tuple(document for _, document in group)
        beside = tuple(document for _, document in near or ())
        fields: tuple[str, ...] = ()
        if len(documents) == len(beside):
            pairs = zip(documents, beside, strict=True)
            fields = tuple(dict.fromkeys(name for document, other in pairs for name in differing(document, other)))
        return Part(obstacle.span, documents, tuple(role for role, _ in group), beside, fields, obstacle.what, obstacle.excluded)

    def _in_common(self, program: Program, other: Program) -> Group | None:
        """A match of both rules, from one program of each."""
        for pair, found in self._common:
            if pair == (id(program), id(other)) or pair == (id(other), id(program)):
                return found
        found = self._match_of_both(program, other)
        self._common.append(((id(program), id(other)), found))
        return found

    def _match_of_both(self, program: Program, other: Program) -> Group | None:
        if len(program.steps) != len(other.steps):
            return None
        steps = tuple(
            replace(
                step,
                formula=conjunction((step.formula, beside.formula)),
                runs=max(step.runs, beside.runs),
                # The keys of `until` are those of the steps.
                keys=step.keys if program.until is not None else tuple(dict.fromkeys((*step.keys, *beside.keys))),
            )
            for step, beside in zip(program.steps, other.steps, strict=True)
        )
        group = matching(replace(program, steps=steps, maxspan=_least(program.maxspan, other.maxspan)), self.limits)
        return group if group is not None and fires(self.first, group) and fires(self.second, group) else None


def _least(first: int | None, second: int | None) -> int | None:
    known = [each for each in (first, second) if each is not None]
    return min(known, default=None)


def fires(programs: tuple[Program, ...], group: Group) -> bool:
    """Whether documents trigger a rule."""
    by_role = {each: [flatten(document) for role, document in group if role is each] for each in Role}
    alerts = alerts_among(Watched(programs), by_role[Role.EVENT], by_role[Role.HISTORY], by_role[Role.INDICATOR])
    return any(True for _ in alerts)


def matching(program: Program, limits: Limits) -> Group | None:
    """A match of a program, or None if none was found."""
    found = find_witness(program, _SEED, limits, START).group
    return None if found is None else _with_roles(program, found)


def _with_roles(program: Program, group: Sequence[Document]) -> Group:
    events = events_of(program)
    return [(program.steps[event.step].role, document) for event, document in zip(events, group, strict=True)]


class _Pair:
    """What keeps the matches of one program from being matches of another.

    Args:
        program, other: the programs.
        common: a match of both rules, if one is known.
        limits: what each question may cost.
    """

    def __init__(self, program: Program, other: Program, common: Group | None, limits: Limits) -> None:
        self.program, self.other = program, other
        self.common = common
        self.limits = limits

    def obstacles(self) -> list[Obstacle]:
        """All of them; none if every match of the program is one of the other."""
        program, other = self.program, self.other
        if program == other:
            return []
        related = program.relations or other.relations
        if other.kind is ShapeKind.EVENT and other.history is None and program.kind is not ShapeKind.EVENT and not related:
            return self._one_event()
        shapes = [
            (each.kind, len(each.steps), [(step.missing, step.runs, step.role) for step in each.steps] if each.gathered is None else [])
            for each in (program, other)
        ]
        if shapes[0] != shapes[1] or (program.gathered is None) != (other.gathered is None) or program.pipes != other.pipes:
            return [Obstacle("shape", other.steps[0].span, self._alone())]
        if program.relations != other.relations:
            return [Obstacle("relations to other events", other.steps[0].span, self._alone())]
        return [*self._of_steps(), *self._of_keys(), *self._of_time(), *self._of_until(), *self._of_counts(), *self._of_history()]

    def _matches(self) -> Iterator[Group]:
        """Matches of the program: one of both rules, and one of its own."""
        if self.common is not None:
            yield self.common
        group = matching(self.program, self.limits)
        if group is not None:
            yield group

    def _alone(self) -> Iterator[tuple[Group, Group | None]]:
        return ((group, self.common) for group in self._matches())

    def _one_event(self) -> list[Obstacle]:
        """The other rule matches single events: one event of each match must be one."""
        wanted = self.other.steps[0].formula
        for step in self.program.steps:
            if not step.missing and step.role is Role.EVENT and Events(step.formula, wanted, self.limits).lost(1).outcome is Outcome.NONE:
                return []
        steps = tuple(step if step.missing or step.role is not Role.EVENT else _failing(step, wanted) for step in self.program.steps)
        group = matching(replace(self.program, steps=steps), self.limits)
        return [Obstacle("", place_of(wanted), () if group is None else ((group, None),))]

    # -- conditions on single events ---------------------------------------------------------------

    def _of_steps(self) -> Iterator[Obstacle]:
        for at, (step, other) in enumerate(zip(self.program.steps, self.other.steps, strict=True)):
            if step.missing:
                # What the other wants to be missing must be missing here.
                if _left(other.formula, step.formula, self.limits):
                    yield Obstacle("missing event", other.span, self._with_another(other.formula), by_others_only=True)
                continue
            for condition in _left(step.formula, other.formula, self.limits):
                apart = self._apart(at, condition)
                found = find_witness(apart, _SEED, self.limits, START, stored_in(condition))
                if not found.refuted:
                    yield Obstacle("", place_of(condition), self._failing(at, condition, found.group), excluded=is_excluded(condition))

    def _apart(self, at: int, condition: Formula) -> Program:
        """The program with a step whose events fail a condition."""
        steps = (*self.program.steps[:at], _failing(self.program.steps[at], condition), *self.program.steps[at + 1 :])
        return replace(self.program, steps=steps)

    def _failing(self, at: int, condition: Formula, found: Sequence[Document] | None) -> Iterator[tuple[Group, Group | None]]:
        """Matches in which the events of a step fail a condition."""
        only = Only(Events(self.program.steps[at].formula, self.other.steps[at].formula, self.limits), *self._formulas(at))
        places = [place for place, event in enumerate(events_of(self.program)) if event.step == at and event.kin is None]
        if self.common is not None:
            # Of events that are repeated, the last: the other rule then counts one less.
            for document in only.changed(condition, self.common[places[-1]][1]):
                yield _replaced(self.common, places[-1], document), self.common
        if found is not None:
            group = _with_roles(self.program, found)
            for place in places:
                beside = only.beside(group[place][1], stored_in(condition))
                if beside is not None:
                    yield group, _replaced(group, place, beside)
            yield group, self.common

    def _formulas(self, at: int) -> tuple[Formula, Formula]:
        return self.program.steps[at].formula, self.other.steps[at].formula

    def _with_another(self, formula: Formula) -> Iterator[tuple[Group, Group | None]]:
        """Matches with another event, which satisfies a formula, before the last event, with the values that relate the events."""
        found = witness_of(formula, self.limits).group
        if found is None:
            return
        for group in self._matches():
            names = {key.field.stored for step in self.program.steps for key in step.keys}
            names |= {key.field.stored for step in self.other.steps for key in step.keys}
            for at in range(1, len(group)):
                other = deepcopy(found[0])
                for name in names:
                    other = with_values(other, name, flatten(group[at][1]).get(name, []))
                other[TIMESTAMP] = (group[at - 1][1][TIMESTAMP] + group[at][1][TIMESTAMP]) // 2
                yield [*group[:at], (Role.EVENT, other), *group[at:]], group

    # -- what relates the events -------------------------------------------------------------------

    def _of_keys(self) -> Iterator[Obstacle]:
        """Each join key of the other program must be one here, with a value where it must have one there."""
        keys = [_joins(self.program), _joins(self.other)]
        for join, span in keys[1].items():
            fields = [name for name, _ in join]
            alike = [known for known in keys[0] if [name for name, _ in known] == fields]
            if not any(all(optional or not known for (_, known), (_, optional) in zip(each, join, strict=True)) for each in alike):
                yield Obstacle("join keys", span, self._with_other_keys(fields))

    def _with_other_keys(self, fields: Sequence[str]) -> Iterator[tuple[Group, Group | None]]:
        """Matches whose events do not agree on some fields, or lack them."""
        for group in self._matches():
            events = [at for at, (role, _) in enumerate(group) if role is Role.EVENT]
            for values in ([], ["other"], [7], ["192.0.2.7"]):
                changed = list(group)
                at = events[-1]
                changed[at] = (changed[at][0], with_values(changed[at][1], fields[-1], values))
                yield changed, group
            yield group, self.common

    def _of_time(self) -> Iterator[Obstacle]:
        span, other = self.program.maxspan, self.other.maxspan
        if other is None or (span is not None and span <= other):
            return
        longer = other + 1 if span is None else span
        yield Obstacle("maxspan", self.other.steps[0].span, ((_stretched(group, longer), group) for group in self._matches()))

    def _of_until(self) -> Iterator[Obstacle]:
        until, other = self.program.until, self.other.until
        if other is None:
            return
        if until is not None and not _left(other.formula, until.formula, self.limits):
            # What ends the other ends this one as well, and no event of a match but the last does.
            return
        *before, _ = (event for event in events_of(self.program) if event.kin is None)
        alone = all(witness_of(conjunction((event.formula, other.formula)), self.limits).refuted for event in before)
        yield Obstacle("until", other.span, chain(self._ended_by_itself(other.formula), self._with_another(other.formula)), alone)

    def _ended_by_itself(self, formula: Formula) -> Iterator[tuple[Group, Group | None]]:
        """Matches of which an event but the last satisfies a formula."""
        for at, step in enumerate(self.program.steps):
            if not step.missing:
                steps = (*self.program.steps[:at], _with(step, formula), *self.program.steps[at + 1 :])
                group = matching(replace(self.program, steps=steps), self.limits)
                if group is not None:
                    yield group, self.common

    def _of_counts(self) -> Iterator[Obstacle]:
        mine, other = self.program.gathered, self.other.gathered
        if mine is None or other is None:
            return
        span = self.other.steps[0].span
        if mine.alone != other.alone:
            yield Obstacle("suppression", span, self._alone())
        if other.least > mine.least:
            yield Obstacle("threshold", span, self._alone())
        if other.window < mine.window:
            yield Obstacle("look-back", span, ((_stretched(group, mine.window), group) for group in self._matches()))
        known = {each.field.stored: each.least for each in self.program.distinct}
        for each in self.other.distinct:
            if known.get(each.field.stored, 1) < each.least:
                yield Obstacle("cardinality", each.span, self._alone())

    def _of_history(self) -> Iterator[Obstacle]:
        mine, other = self.program.history, self.other.history
        if other is None:
            return
        span = self.other.steps[0].span
        names = [{key.field.stored for key in program.steps[0].keys} for program in (self.program, self.other)]
        if mine is None or not names[0] <= names[1]:
            yield Obstacle("new terms", span, self._with_older(names[1]))
        elif (other.high or 0) > (mine.high or 0):
            between = (int(mine.high or 0) + int(other.high or 0)) // 2
            yield Obstacle("history", span, self._with_older(names[1], between))

    def _with_older(self, names: set[str], ago: int | None = None) -> Iterator[tuple[Group, Group | None]]:
        """A match after an older event that has its values of some fields."""
        other = self.other.steps[0].formula
        for group in self._matches():
            event = group[-1][1]
            found = witness_of(other, self.limits).group
            assert self.other.history is not None
            time = event[TIMESTAMP] - (ago if ago is not None else int(self.other.history.high or 0) - 1)
            for base in (event, *(found or ())):
                older = deepcopy(base)
                for name in names:
                    older = with_values(older, name, flatten(event).get(name, []))
                for apart in {key.field.stored for key in self.program.steps[0].keys} - names:
                    yield [(Role.HISTORY, {**with_values(older, apart, ["other"]), TIMESTAMP: time}), *group], group
                yield [(Role.HISTORY, {**older, TIMESTAMP: time}), *group], group


def _replaced(group: Group, at: int, document: Document) -> Group:
    """A match with another document for one of its events, at the same time."""
    role, before = group[at]
    return [*group[:at], (role, {**document, TIMESTAMP: before[TIMESTAMP]}), *group[at + 1 :]]


def _with(step: Step, condition: Formula) -> Step:
    return replace(step, formula=conjunction((step.formula, condition), step.formula.span))


def _failing(step: Step, condition: Formula) -> Step:
    return _with(step, Not(condition, condition.span))


def _left(formula: Formula, other: Formula, limits: Limits) -> list[Formula]:
    """The conditions of another formula that do not follow from a formula, as far as is known."""
    left = left_of(Events(formula, other, limits).drawer, formula, other)
    return [each for each in left if not witness_of(conjunction((formula, Not(each))), limits, frozenset(stored_in(each))).refuted]


def _joins(program: Program) -> dict[tuple[tuple[str, bool], ...], Span]:
    """What the events of a program agree on: for each event the field, and whether it may be missing there."""
    steps = [step for step in program.steps if not step.missing]
    if not steps or len({len(step.keys) for step in steps}) > 1 or program.history is not None:
        return {}
    joins = zip(*(step.keys for step in steps), strict=True)
    return {tuple((key.field.stored, key.optional) for key in join): join[-1].span for join in joins}


def _stretched(group: Group, span: int) -> Group:
    """A match whose last event comes so many milliseconds after its first one."""
    first = group[0][1][TIMESTAMP]
    return [*group[:-1], (group[-1][0], {**group[-1][1], TIMESTAMP: first + span})]
