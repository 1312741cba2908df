"""Compile a rule to its programs, by rule type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.ir.program import Program
from ...compiler.languages import LANGUAGES, Tree
from ...compiler.schema.fields import Schema
from ...compiler.schema.raw_log import RawLog
from ...compiler.stage_timer import StageTimer
from .rule_context import RuleContext
from .rule_text import RuleText
from .rule_types import RULE_TYPES, UNKNOWN

if TYPE_CHECKING:
    from ..rule import Rule


@dataclass(frozen=True, slots=True)
class RuleCompilation:
    """A compiled rule.

    Attributes:
        programs: the ways in which it can match, mostly one: a match of any of them is a match of the rule.
        notes: findings that did not stop it.
        schema: the field types that it was compiled with.
        tree: the syntax tree of its query.
        raw_log: for a rule on a log with raw field names, that log.
    """

    programs: tuple[Program, ...]
    notes: tuple[Diagnostic, ...]
    schema: Schema
    tree: Tree = None
    raw_log: RawLog | None = None


def program_of_rule(rule: Rule, schema: Schema, now: int) -> Program:
    """The first program of a rule; see :func:`compile_rule`."""
    return compile_rule(rule, schema, now).programs[0]


def compile_rule(
    rule: Rule, schema: Schema, now: int, stopwatch: StageTimer | None = None, rule_text: RuleText | None = None
) -> RuleCompilation:
    """Compile a rule: its query, and all else that its type has conditions in.

    Args:
        rule: the rule.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.
        stopwatch: measures the stages ``parse`` and ``compile``.
        rule_text: an empty text, to which spans of programs and errors will refer.

    Raises:
        QuerySyntaxError: a query does not parse.
        InvalidQueryError: a part of it is not valid.
        UnsupportedQueryError: its type, its language, or something in it cannot be compiled yet.
    """
    parts = RuleContext(rule, schema, now, stopwatch or StageTimer(), rule_text or RuleText(rule.places))
    if rule.sigma is not None:
        # Most runs have no Sigma rules.
        from .sigma_rules import raw_log_of, sigma_programs

        programs = sigma_programs(parts, rule.sigma)
        return RuleCompilation(programs, tuple(parts.notes), parts.schema, parts.tree, raw_log_of(rule.sigma))
    parts.rule_text.add(rule.query or "", rule.query_map)
    rule_type = RULE_TYPES.get(rule.type, UNKNOWN)
    if rule_type.build is None:
        parts.unsupported(f"a rule of type `{rule.type}`", rule_type.unsupported, ("type",))
    if rule.language not in LANGUAGES:
        parts.unsupported(f"a query in `{rule.language}`", "the language is not supported yet", ("language",))
    if rule.timestamp_field not in (None, "@timestamp"):
        construct = f"`timestamp_field = {rule.timestamp_field}`"
        parts.unsupported(construct, "events can only be ordered by @timestamp", ("timestamp_field",))
    programs = rule_type.build(parts)
    return RuleCompilation(programs, tuple(parts.notes), parts.schema, parts.tree)
