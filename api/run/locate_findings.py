"""Locates findings in the file of a rule."""

from __future__ import annotations

from dataclasses import replace

from ...backends.report.rule_result import RuleResult, Seconds, Status
from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.diagnostics.errors import WrongFile
from ...compiler.stage_timer import StageTimer
from ...grammar.span import LineMap, Span
from ...rules import Rule, RuleError
from ...rules.lowering.rule_text import Passages
from ...rules.reading.toml_strings import value_at
from .inputs import Source, legible_text


def seconds_of(stopwatch: StageTimer) -> Seconds:
    return Seconds(**stopwatch.seconds)


def ended(known: RuleResult, rule: Rule, passages: Passages, status: Status, finding: Diagnostic, stopwatch: StageTimer) -> RuleResult:
    return located(replace(known, status=status, findings=(finding,), seconds=seconds_of(stopwatch)), rule, passages)


def located(record: RuleResult, rule: Rule, passages: Passages) -> RuleResult:
    """The record with findings at places in the rule's file, if its query was found there; else in its conditions as one text."""
    if not is_located(rule):
        note = "line and column are those in the query"
        noted = rule.places is not None
        found = (replace(each, notes=(*each.notes, note)) if noted and each.spans else each for each in record.findings)
        return replace(record, findings=tuple(found), text=passages.text, line=None)
    places = (tuple(span for each in finding.spans if (span := passages.in_file(each)) is not None) for finding in record.findings)
    findings = (replace(finding, spans=spans) for finding, spans in zip(record.findings, places, strict=True))
    assert rule.places is not None
    return replace(record, findings=tuple(findings), text=rule.places.text)


def is_located(rule: Rule) -> bool:
    """Whether places in the rule's conditions can be told in its file."""
    return rule.places is not None and (rule.query is None or rule.query_map is not None)


def refused(source: Source, error: RuleError, text: str | None) -> RuleResult:
    spans: tuple[Span, ...] = ()
    if error.line is not None and error.column is not None:
        text = legible_text(source) if text is None else text
        if text is not None:
            spans = (value_at(text, LineMap(text).offset(error.line, error.column)),)
    finding = WrongFile(text=error.message, remedy=error.hint).at(*spans)
    return RuleResult(source.name, Status.INVALID, findings=(finding,), text=text)
