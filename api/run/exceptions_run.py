"""A run of ``triggerfish exceptions``: exceptions and rules in, what the ones exclude of the others out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, time

from triggerfish import __version__

from ...backends.compare.comparison import Outcome
from ...backends.compare.events import stored_in, witness_of
from ...backends.compare.exceptions import Effect, ExceptionItem, excluded
from ...backends.compare.programs import lost_of
from ...backends.limits import Limits
from ...backends.report.exception_formats import ReportedException, RuleEffect, json, text
from ...backends.report.formats.registry import indented
from ...backends.report.formats.sarif import sarif_entry, sarif_report
from ...backends.report.rule_result import RuleResult, Status
from ...backends.report.wording import counted
from ...compiler.diagnostics.comparisons import ExpiredException, Silenced, SwallowedException, UnmetException
from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.ir.formula import Formula, Not
from ...compiler.ir.program import Program
from ...compiler.semantics.match_group import fields_of_program
from ...grammar.span import LineMap, Span
from ...rules import RuleError
from ...rules.exceptions import ListedException, read_exceptions
from ...rules.rule_files import Member
from .exceptions_options import ExceptionsOptions
from .inputs import RuleMember, in_file, rule_sources
from .observer import Observer
from .output_files import output
from .rule_set import RuleSet, SetMember
from .schema_files import schema_with
from .selection import wanted_files

_FAILED = 1
_BAD_INPUT = 2
_UNDECIDED = 3


def exceptions(order: ExceptionsOptions, observer: Observer) -> int:
    """Find what exceptions exclude.

    Args:
        order: the options; the first path is the file of exceptions.
        observer: receives how it goes.

    Returns:
        The exit code: 0; 1 if an exception excludes all that a rule matches and that is to fail; 2 if a file cannot be read; 3 if
        something is undecided.

    Raises:
        SchemaError, OutputError: the schema cannot be read, or what was found not be written.
    """
    began = perf_counter()
    now = int(time() * 1000) if order.now is None else order.now
    limits = Limits(timeout=order.timeout)
    try:
        listed = read_exceptions(Path(order.paths[0]), now)
    except RuleError as error:
        observer.failed(str(error))
        return _BAD_INPUT
    paths = order.paths[1:]
    rules = RuleSet(schema_with(order.schema, order.timeout), now, limits)
    for source in rule_sources(paths, wanted_files(paths, order.exclude, deprecated=False), order.timeout):
        rules.add(source)
    count = len(rules.members)
    items = [_Item(each, _added(rules, each)) for each in listed]
    rules.agree_on_types()
    rules.summarise()
    members = rules.members[:count]
    found: list[ReportedException] = []
    with observer.progress(len(items), wanted=True):
        for number, item in enumerate(items):
            observer.started(item.listed.name)
            found.append(_reported(item, members, limits))
            observer.advanced(number + 1)
    found = [replace(each, swallowed_by=swallowed) for each, swallowed in zip(found, _swallowed(items, limits), strict=True)]
    wrong = rules.report(observer)
    with output(order.out) as out:
        if order.format == "sarif":
            out.write(indented(sarif_report([*_sarif(found, members, order.paths[0])], __version__, 0)))
        else:
            out.write((json(found) if order.format == "json" else text(found, verbose=order.verbose)).encode())
    silenced = sum(len(each.of(Effect.ALL)) for each in found)
    sizes = f"{counted(len(items), 'exception')}, {counted(count, 'rule')}"
    observer.noted(f"{sizes}: {counted(silenced, 'rule')} silenced in {perf_counter() - began:.2f} s")
    if wrong:
        return _BAD_INPUT
    if order.fail and silenced:
        return _FAILED
    return _UNDECIDED if any(each.of(Effect.UNKNOWN) for each in found) else 0


@dataclass(frozen=True, slots=True)
class _Item:
    """An exception, and the rule that matches what it leaves; None if that could not be compiled."""

    listed: ListedException
    member: SetMember | None

    @property
    def is_compared(self) -> bool:
        """Whether it is in force and known."""
        return self.listed.expired is None and self.member is not None and not self.problem

    @property
    def problem(self) -> str:
        """Why it cannot be compared; empty if it can."""
        if self.member is None or self.member.compiled is None:
            return "it cannot be compiled"
        return next((note.message for note in self.member.compiled.compilation.notes if note.code == "exceptions-unknown"), "")

    @property
    def programs(self) -> tuple[Program, ...]:
        """The programs of the rule that matches what is left."""
        assert self.member is not None
        return self.member.programs

    def condition(self) -> Formula:
        """What an event must meet to be excluded."""
        left = self.programs[0].steps[0].formula
        return left.arg if isinstance(left, Not) else Not(left, left.span)


def _added(rules: RuleSet, listed: ListedException) -> SetMember | None:
    member = RuleMember(Member(listed.place, listed.rule))
    return rules.members[-1] if rules.add(member) else None


def _reported(item: _Item, members: Sequence[SetMember], limits: Limits) -> ReportedException:
    listed = item.listed
    if not item.is_compared:
        return ReportedException(listed.name, listed.place, expired=listed.expired, problem="" if listed.expired else item.problem)
    exception = ExceptionItem.of(item.condition())
    fields = frozenset(stored_in(exception.formula))
    effects = []
    for member in members:
        samples = member.summary.samples if member.summary is not None else ()
        found = excluded(member.programs, samples, exception, limits)
        named = any(name in fields for program in member.programs for name in fields_of_program(program))
        effects.append(RuleEffect(member.name, member.rule.name, found.effect, found.event, found.fields, named))
    return ReportedException(listed.name, listed.place, tuple(effects))


def _swallowed(items: Sequence[_Item], limits: Limits) -> Iterator[tuple[str, ...]]:
    """For each exception, the others that exclude all that it excludes; of two that exclude the same, only the later one has the other."""
    for at, item in enumerate(items):
        found: list[str] = []
        if not item.is_compared or witness_of(item.condition(), limits).refuted:
            # It excludes nothing at all.
            yield ()
            continue
        for other_at, other in enumerate(items):
            if at == other_at or not other.is_compared:
                continue
            # What the other leaves, this one leaves as well.
            if lost_of(other.programs, item.programs, limits, 1).outcome is not Outcome.NONE:
                continue
            if other_at < at or lost_of(item.programs, other.programs, limits, 1).outcome is not Outcome.NONE:
                found.append(other.listed.name)
        yield tuple(found)


def _sarif(found: Sequence[ReportedException], members: Sequence[SetMember], path: str) -> Iterator[dict[str, object]]:
    content = Path(path).read_text(encoding="utf-8", errors="replace")
    lines = LineMap(content)
    about_items: list[Diagnostic] = []
    about_rules: dict[str, list[Diagnostic]] = {}
    for each in found:
        line = each.place.rpartition(":")[2]
        start = lines.offset(int(line), 1) if line.isdigit() else 0
        place = Span(start, max(start, content.find("\n", start)))
        name = f"`{each.name}`"
        if each.expired is not None:
            about_items.append(ExpiredException(item=name, time=each.expired).at(place))
        if each.rules and len(each.of(Effect.NONE)) == len(each.rules):
            about_items.append(UnmetException(item=name).at(place))
        about_items += [SwallowedException(item=name, other=f"`{other}`").at(place) for other in each.swallowed_by]
        for silenced in each.of(Effect.ALL):
            about_rules.setdefault(silenced.rule, []).append(Silenced(item=f"the exception {name}").at(Span(0, 0)))
    yield sarif_entry(RuleResult(path, Status.OK, findings=tuple(about_items), text=content, file=path))
    for member in members:
        if member.name in about_rules:
            places = member.rule.places
            result = RuleResult(
                member.name, Status.OK, findings=tuple(about_rules[member.name]), text="" if places is None else places.text
            )
            yield sarif_entry(in_file(result, member.source))
