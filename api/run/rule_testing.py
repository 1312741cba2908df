"""Run the tests beside rules, and write some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from ...backends.decide.solve_rule import solve_rule
from ...backends.generate.document_source import roles_of
from ...backends.limits import Limits, Strategy, TimeUpError
from ...backends.match.coverage import coverage
from ...backends.match.explain_silence import silence_of
from ...backends.match.near_misses import Examined
from ...backends.match.near_misses_of_groups import near_misses
from ...backends.realism.apply import make_realistic
from ...backends.realism.population import usual_world
from ...backends.report.locations import location_of
from ...backends.report.rule_result import RuleResult
from ...backends.report.why_text import why_text
from ...backends.report.wording import counted, cut_line
from ...compiler.alerts.engine import Watched, alerts_among
from ...compiler.ir.program import Role
from ...compiler.schema.fields import Schema
from ...compiler.semantics.document import Flat
from ...compiler.stage_timer import StageTimer
from ...grammar.span import LineMap
from ...rules import RuleError
from ...rules.rule_tests import RuleTest, test_file_of, tests_of, written_tests
from ..start_time import DEFAULT_START
from .compiled_rule import CompiledRule, compiled_rule
from .event_files import Unusable, events_of, records
from .event_stream import EventReader
from .inputs import RuleFile
from .time_limit import time_limit

PASSED, FAILED, ERROR = "passed", "failed", "error"
_SECONDS_FOR_CHANGE = 2.0
_LONGEST = 80
"""Characters of a condition in the name of a test."""
_MOST_MATCHES = 500
"""Matches that are written as tests of one rule."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test.

    Attributes:
        rule: the file of the rule.
        test: what the test is called, or "" for what keeps all of a rule's tests from being run.
        outcome: ``passed``, ``failed`` or ``error``.
        message: why it did not pass, in a sentence.
        details: more about it, in lines.
        path, line: where the test is written.
    """

    rule: str
    test: str
    outcome: str
    message: str = ""
    details: str = ""
    path: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Tested:
    """A rule, and what came of its tests.

    Attributes:
        outcomes: one for each test.
        uncovered: conditions that no test exercises, each in a sentence.
        result: of a rule that could not be compiled, its result with the findings.
    """

    outcomes: tuple[Outcome, ...] = ()
    uncovered: tuple[str, ...] = ()
    result: RuleResult | None = None


def tested(path: Path, schema: Schema, timeout: float, *, with_coverage: bool) -> Tested:
    """Run the tests of a rule.

    Args:
        path: the file of the rule.
        schema: field types.
        timeout: seconds for each of reading and compiling it.
        with_coverage: whether to look for conditions that no test exercises.
    """
    rule = str(path)
    try:
        tests = tests_of(path)
    except RuleError as error:
        place = str(error.path or path)
        return Tested((Outcome(rule, "", ERROR, error.message, error.hint or "", place, error.line or 1),))
    if not tests:
        return Tested()
    compiled = compiled_rule(RuleFile(path), schema, DEFAULT_START, timeout, StageTimer())
    if isinstance(compiled, RuleResult):
        message = compiled.findings[0].message if compiled.findings else "the rule cannot be compiled"
        return Tested((Outcome(rule, "", ERROR, message, "", rule, 1),), result=compiled)
    reader = EventReader(schema)
    outcomes: list[Outcome] = []
    flats: list[Flat] = []
    for test in tests:
        outcome, given = outcome_of(test, rule, compiled, reader)
        outcomes.append(outcome)
        flats += given
    return Tested(tuple(outcomes), tuple(_uncovered(compiled, flats)) if with_coverage else ())


def outcome_of(test: RuleTest, rule: str, compiled: CompiledRule, reader: EventReader) -> tuple[Outcome, list[Flat]]:
    """Run one test.

    Args:
        test: the test.
        rule: the file of the rule.
        compiled: the rule.
        reader: reads its events.

    Returns:
        What came of it, and its events.
    """
    events, problem = _events(test)
    if problem:
        return Outcome(rule, test.name, ERROR, problem, "", str(test.path), test.line), []
    flats = [reader.flat(event) for event in events]
    return _outcome(rule, test, compiled, events, flats, reader), flats


def _events(test: RuleTest) -> tuple[list[Mapping[str, Any]], str]:
    """The events of a test, and what is wrong with them."""
    if test.file is None:
        return list(test.events), ""
    events: list[Mapping[str, Any]] = []
    for record in records([str(test.file)]):
        for event in [record] if isinstance(record, Unusable) else events_of(record):
            if isinstance(event, Unusable):
                return [], str(event)
            events.append(event)
    return events, ""


def _outcome(
    rule: str, test: RuleTest, compiled: CompiledRule, events: list[Mapping[str, Any]], flats: list[Flat], reader: EventReader
) -> Outcome:
    programs = compiled.compilation.programs
    indicators, history = ([reader.flat(each) for each in found] for found in (test.indicators, test.history))
    alerts = list(alerts_among(Watched(programs, compiled.rule.tiebreaker_field), flats, history, indicators))
    if bool(alerts) is test.match:
        return Outcome(rule, test.name, PASSED, path=str(test.path), line=test.line)
    if alerts:
        places = " + ".join(map(str, alerts[0].events))
        message = f"the rule fires on event {places}, and should not" if len(flats) > 1 else "the rule fires, and should not"
        return Outcome(rule, test.name, FAILED, message, "", str(test.path), test.line)
    silence = silence_of(programs, events, flats, Limits(_SECONDS_FOR_CHANGE), indicators, history)
    details = why_text(compiled.rule.name, silence)
    return Outcome(rule, test.name, FAILED, "the rule does not fire, and should", details, str(test.path), test.line)


def _uncovered(compiled: CompiledRule, flats: Sequence[Flat]) -> list[str]:
    """What no test exercises, in a line for each condition."""
    lines: list[str] = []
    map_of_text = LineMap(compiled.text.text)
    for covered in coverage(compiled.compilation.programs[0], flats):
        span = covered.condition.span
        written = " ".join(compiled.text.text[span.start : span.end].split())
        place = location_of(span, map_of_text)
        lacking = [
            words
            for words, there in (("decides that an event matches", covered.positively), ("fails alone", covered.negatively))
            if not there
        ]
        if lacking:
            lines.append(f"line {place.line}, column {place.column} of the query: no test in which `{written}` {' or '.join(lacking)}")
    return lines


def write_tests(path: Path, schema: Schema, seed: int, count: int, timeout: float) -> Outcome:
    """Write tests of a rule beside it: matches, and near misses of its conditions.

    Args:
        path: the file of the rule.
        schema: field types.
        seed: decides the events.
        count: how many matches.
        timeout: seconds for each of reading, compiling and solving the rule.
    """
    rule, target = str(path), test_file_of(path)
    if target.exists():
        return Outcome(rule, "", PASSED, "left as it is", path=str(target))
    compiled = compiled_rule(RuleFile(path), schema, DEFAULT_START, timeout, StageTimer())
    if isinstance(compiled, RuleResult):
        message = compiled.findings[0].message if compiled.findings else "the rule cannot be compiled"
        return Outcome(rule, "", ERROR, message, path=rule)
    programs = compiled.compilation.programs
    key = f"{seed}|{compiled.rule.rule_id}|{compiled.rule.query}"
    limits = Limits(timeout)
    try:
        with time_limit(timeout + 1):
            solution = solve_rule(programs, key, DEFAULT_START, limits, Strategy(findings=False))
    except TimeUpError:
        return Outcome(rule, "", ERROR, "no match was found within the time limit", path=rule)
    if solution.sampler is None:
        return Outcome(rule, "", ERROR, "no event can match the rule, or none was found", path=rule)
    compilation = compiled.compilation
    make_realistic(solution.sampler, compilation.schema, usual_world(seed), patterns=compiled.rule.index, raw_log=compilation.raw_log)
    rng = Random(key)
    drawn = [group for number in range(count) if (group := solution.sampler.draw(rng, number)) is not None]
    # A match for each alternative notices when one is lost.
    groups = [*drawn, *solution.sampler.cover(key, count)][:_MOST_MATCHES]
    if not groups:
        return Outcome(rule, "", ERROR, "no match was found", path=rule)
    entries = [(f"match {number + 1}", True, _by_role(group, roles_of(programs[0], len(group)))) for number, group in enumerate(groups)]
    roles = roles_of(programs[0], len(groups[0]))
    for found in near_misses(programs, groups[0], roles, key, Limits(timeout / 5)):
        for miss in found.misses if isinstance(found, Examined) else (found,):
            name = f"{miss.kind}: {cut_line(programs[0].text[miss.span.start : miss.span.end], _LONGEST)}"
            entries.append((name, False, _by_role(list(miss.documents), miss.roles)))
    target.write_text(written_tests(path.name, entries), encoding="utf-8")
    return Outcome(rule, "", PASSED, f"{counted(len(entries), 'test')} written", path=str(target))


def _by_role(group: Sequence[dict[str, Any]], roles: Sequence[Role]) -> Mapping[str, list[dict[str, Any]]]:
    names = {Role.EVENT: "events", Role.HISTORY: "history", Role.INDICATOR: "indicators"}
    return {name: [document for role, document in zip(roles, group, strict=True) if role is each] for each, name in names.items()}
