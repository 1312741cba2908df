"""Compiles rules that are compared: a field that no schema knows has one type in all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ...compiler.diagnostics.diagnostic import QueryError
from ...compiler.ir.formula import fields_of
from ...compiler.ir.program import Program
from ...compiler.schema.fields import FieldSpec, Schema, unknown_field
from .compile_rule import RuleCompilation, compile_rule
from .rule_text import RuleText

if TYPE_CHECKING:
    from ..rule import Rule

_GENERAL = ("keyword", "double")
"""Types that a use of a field does not ask for, or that hold more than others: they give way to any other."""


def joint_type(types: Collection[str]) -> str:
    """Of the types that uses of a field suggest, the most specific one."""
    return min(sorted(types), key=lambda name: name in _GENERAL)


def compile_together(rules: Sequence[Rule], schema: Schema, now: int) -> tuple[tuple[RuleCompilation, RuleText], ...]:
    """Compile rules with the same types of fields; each comes with the text that its spans point into.

    Where the queries suggest different types for a field that the schema does not know, the most specific one is taken that
    makes sense in all of them. If there is none, each keeps its own.

    Args:
        rules: the rules.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.

    Raises:
        QuerySyntaxError, InvalidQueryError, UnsupportedQueryError: a rule cannot be compiled.
    """
    compiled = tuple(_compiled(rule, schema, now) for rule in rules)
    for types in joint_types([each.programs for each, _ in compiled]):
        try:
            return tuple(_compiled(rule, schema.with_fields(types), now) for rule in rules)
        except QueryError:
            continue
    return compiled


def _compiled(rule: Rule, schema: Schema, now: int) -> tuple[RuleCompilation, RuleText]:
    text = RuleText(rule.places)
    return compile_rule(rule, schema, now, rule_text=text), text


def unknown_fields(programs: Iterable[Program]) -> Iterator[tuple[str, FieldSpec]]:
    """The fields of programs that no schema knows, by name, as often as steps use them."""
    for program in programs:
        for step in (*program.steps, *((program.until,) if program.until is not None else ())):
            yield from ((name, spec) for name, spec in fields_of(step.formula).items() if not spec.known and spec.step is None)


def joint_types(rules: Iterable[Sequence[Program]]) -> list[dict[str, FieldSpec]]:
    """The types to try for the fields that no schema knows and that rules use with different types; none if they agree.

    Args:
        rules: the programs of each rule.
    """
    found: dict[str, dict[str, FieldSpec]] = {}
    for programs in rules:
        for name, spec in unknown_fields(programs):
            found.setdefault(name, {}).setdefault(spec.type.name, spec)
    differing = {name: specs for name, specs in found.items() if len(specs) > 1}
    if not differing:
        return []
    specific = {name: specs[joint_type(specs)] for name, specs in differing.items()}
    return [specific, {name: unknown_field(name) for name in differing}]
