"""Sigma rules: their documents as parts of the rule's text, and their programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...compiler.ir.program import Program
from ...compiler.schema.built_in import built_in_schema
from ...compiler.schema.fields import Schema
from ...compiler.schema.raw_log import RawLog
from ...grammar.span import Span
from ..sigma.checks import findings_of, outline_of_detection
from ..sigma.correlate import correlated
from ..sigma.document import SigmaRule, block_of, map_of
from ..sigma.field_types import types_of
from ..sigma.log_sources import LogSource, facts_of
from ..sigma.program import ReadDetection, Surroundings, detected, event_program, read_rule
from ..sigma.values import Faults
from .rule_context import RuleContext
from .rule_text import RuleText


def sigma_programs(parts: RuleContext, rule: SigmaRule) -> tuple[Program, ...]:
    """The programs of a Sigma rule; sets the schema of the rule."""
    shifts: dict[int, int] = {}
    for document in (each for one in _rules(rule) for each in (one.document, *one.filters)):
        for span in (block_of(document, rule.text), document.source.span):
            if span.start not in shifts:
                shifts[span.start] = _added(parts.rule_text, span, rule.text)
            if span is not document.source.span:
                shifts[document.body.span.start] = shifts[span.start]
    text = parts.rule_text.text
    faults = {start: Faults(text, shift) for start, shift in shifts.items()}
    mapped = bool(rule.pipelines)
    around = Surroundings(faults, rule.placeholders, parts.schema if mapped else stated_schema(parts.schema), mapped=mapped)
    with parts.stopwatch.stage("parse"):
        read = {id(each): read_rule(each, around) for each in _rules(rule) if each.document.kind == "detection"}
    _check(parts, rule, read, faults)
    with parts.stopwatch.stage("compile"):
        if rule.document.kind == "detection":
            found = detected(rule, read[id(rule)], around)
            parts.schema = found.schema
            return (event_program(found, text),)
        types = types_of(test for each in read.values() for part in each for test in part.tests())
        shared = replace(around, types={} if mapped else types)
        correlation = correlated(rule, faults, lambda each: detected(each, read[id(each)], shared))
        parts.schema = correlation.schema
        return correlation.programs


def raw_log_of(rule: SigmaRule) -> RawLog | None:
    """The log, or the logs, that a rule reads; None if pipelines map its fields to those of the schema."""
    if rule.pipelines:
        return None
    sources = [each.document.source for each in _rules(rule)]
    systems = {source.product for source in sources} & {"windows", "linux", "macos"}
    return RawLog(frozenset().union(*(facts_of(source).fields for source in sources)), systems.pop() if len(systems) == 1 else None)


def _check(parts: RuleContext, rule: SigmaRule, read: Mapping[int, tuple[ReadDetection, ...]], faults: Mapping[int, Faults]) -> None:
    """Add what can be seen without a solver, and the outline of the rule."""
    events = []
    for each in _rules(rule):
        for document, part in zip((each.document, *each.filters), read.get(id(each), ()), strict=False):
            place = faults[document.body.span.start]
            parts.notes += findings_of(part, each.document.source if not rule.pipelines else LogSource(), place)
            events.append(outline_of_detection(part, place))
    parts.tree = tuple(events)


def _rules(rule: SigmaRule) -> Iterator[SigmaRule]:
    """A rule, and those that it refers to."""
    yield rule
    for _, other in rule.others:
        yield from _rules(other)


def _added(rule_text: RuleText, span: Span, text: str) -> int:
    """Append a part of the file to the rule's text; returns what moves a place in the file to the place in that text."""
    return rule_text.add(text[span.start : span.end], map_of(span, text)).start - span.start


def stated_schema(schema: Schema) -> Schema:
    """The layers that a user adds to the built-in schema: raw fields of logs are not those of the Elastic Common Schema."""
    own = built_in_schema().layers
    return Schema(tuple(layer for layer in schema.layers if not any(layer is each for each in own)))
