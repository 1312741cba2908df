"""Locates findings in the file of a rule."""

from __future__ import annotations

from dataclasses import replace

from ...backends.report.rule_result import RuleResult, Seconds, Status
from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.diagnostics.errors import WrongFile
from ...compiler.stage_timer import StageTimer
from ...grammar.span import LineMap, Span
from ...rules import Rule, RuleError
from ...rules.lowering.rule_text import RuleText
from ...rules.reading.toml_strings import value_at
from .inputs import Source, legible_text


def seconds_of(stopwatch: StageTimer) -> Seconds:
    return Seconds(**stopwatch.seconds)


def ended(
    known: RuleResult, rule: Rule, rule_text: RuleText, status: Status, findings: tuple[Diagnostic, ...], stopwatch: StageTimer
) -> RuleResult:
    return located(replace(known, status=status, findings=findings, seconds=seconds_of(stopwatch)), rule, rule_text)


def located(result: RuleResult, rule: Rule, rule_text: RuleText) -> RuleResult:
    """The result with findings at places in the rule's file, if its query was found there; else in its conditions as one text."""
    if not is_located(rule):
        note = "line and column are those in the query"
        noted = rule.places is not None
        found = (replace(each, notes=(*each.notes, note)) if noted and each.spans else each for each in result.findings)
        return replace(result, findings=tuple(found), text=rule_text.text, line=None)
    places = (tuple(span for each in finding.spans if (span := rule_text.in_file(each)) is not None) for finding in result.findings)
    findings = (replace(finding, spans=spans) for finding, spans in zip(result.findings, places, strict=True))
    assert rule.places is not None
    return replace(result, findings=tuple(findings), text=rule.places.text)


def is_located(rule: Rule) -> bool:
    """Whether the places of the rule's conditions in its file are known."""
    return rule.places is not None and (rule.query is None or rule.query_map is not None)


def refused(source: Source, error: RuleError, text: str | None) -> RuleResult:
    spans: tuple[Span, ...] = ()
    if error.line is not None and error.column is not None:
        text = legible_text(source) if text is None else text
        if text is not None:
            spans = (value_at(text, LineMap(text).offset(error.line, error.column)),)
    finding = WrongFile(text=error.message, remedy=error.hint).at(*spans)
    return RuleResult(source.name, Status.INVALID, findings=(finding,), text=text)
