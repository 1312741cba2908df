"""Sigma rules: their documents as parts of the rule's text, and their programs."""

from __future__ import annotations

from ...compiler.ir.program import Program
from ...compiler.schema.built_in import built_in_schema
from ...compiler.schema.fields import Schema
from ...grammar.span import Span
from ..sigma.detection import Faults
from ..sigma.document import SigmaRule, block_of, map_of
from ..sigma.program import Detected, detected, event_program
from .rule_context import RuleContext
from .rule_text import RuleText


def sigma_programs(parts: RuleContext, rule: SigmaRule) -> tuple[Program, ...]:
    """The programs of a Sigma rule; sets the schema of the rule."""
    stated = stated_schema(parts.schema)
    with parts.stopwatch.stage("compile"):
        found = _detected(parts, rule, stated)
        parts.schema = found.schema
        return (event_program(found, parts.rule_text.text),)


def _detected(parts: RuleContext, rule: SigmaRule, stated: Schema) -> Detected:
    documents = (rule.document, *rule.filters)
    shifts = {each.body.span.start: _added(parts.rule_text, block_of(each, rule.text), rule.text) for each in documents}
    source = _added(parts.rule_text, rule.document.source.span, rule.text)
    text = parts.rule_text.text
    faults = {start: Faults(text, shift) for start, shift in shifts.items()}
    return detected(rule, faults, Faults(text, source), {}, stated)


def _added(rule_text: RuleText, span: Span, text: str) -> int:
    """Append a part of the file to the rule's text; returns what moves a place in the file to the place in that text."""
    return rule_text.add(text[span.start : span.end], map_of(span, text)).start - span.start


def stated_schema(schema: Schema) -> Schema:
    """The layers that a user adds to the built-in schema: raw fields of logs are not those of the Elastic Common Schema."""
    own = built_in_schema().layers
    return Schema(tuple(layer for layer in schema.layers if not any(layer is each for each in own)))
