"""Correlations of Sigma, read from YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...grammar.span import Span
from ..reading.yaml_nodes import Entry, Items, Map, Node, Scalar
from .document import SigmaDocument
from .values import Faults

TYPES = (
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_median",
    "value_percentile",
)
_AGGREGATES = {
    "value_sum": "a sum",
    "value_avg": "an average",
    "value_median": "a median",
    "value_percentile": "a percentile",
}
"""Types that calculate with values of several events."""
_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "M": 2_592_000_000, "y": 31_536_000_000}
_TIMESPAN = re.compile(r"(\d+)([smhdwMy])")
_LOWER = {"gte": 0, "gt": 1}
"""Operators of a condition that set a lower bound, and what they add to it."""
_OTHERS = ("lt", "lte", "eq", "neq")
_KEYS = frozenset({"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"})


@dataclass(frozen=True, slots=True)
class Named:
    """A name and where it stands."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation.

    Attributes:
        type: one of `TYPES`.
        rules: the rules that it refers to.
        group_by: the fields, or aliases, that events agree on.
        aliases: by alias and rule, the field that it stands for.
        timespan: in milliseconds.
        least: how many events or values there are at least.
        field: what `value_count` counts the values of.
        span: of the condition, else of the type.
    """

    type: str
    rules: tuple[Named, ...]
    group_by: tuple[Named, ...]
    aliases: Mapping[str, Mapping[str, str]]
    timespan: int
    least: int
    field: Named | None
    span: Span


def read_correlation(document: SigmaDocument, faults: Faults) -> Correlation:
    """The correlation of a document.

    Raises:
        InvalidQueryError: it means nothing.
        UnsupportedQueryError: it has something that cannot be compiled.
    """
    body = document.body
    for entry in body.entries:
        if entry.key.text not in _KEYS:
            faults.invalid(f"`{entry.key.text}` is not a key of a correlation", entry.key.span)
    kind = _scalar(body, "type", faults)
    if kind.text not in TYPES:
        faults.invalid(f"`{kind.text}` is not a type of correlation", kind.span, f"use {', '.join(TYPES)}")
    if kind.text in _AGGREGATES:
        why = "whether events match would depend on numbers of several of them together"
        faults.unsupported(f"`{kind.text}`, {_AGGREGATES[kind.text]} of values", kind.span, why)
    rules = _names(body.get("rules"), "rules", faults, body.span)
    if not rules:
        faults.invalid("a correlation needs `rules`", body.span, "name the rules that it correlates")
    condition = body.get("condition")
    counts = kind.text in ("event_count", "value_count")
    least, field, at = _condition(condition, counts, faults, kind.span)
    if kind.text == "value_count" and field is None:
        faults.invalid("`value_count` needs the `field` whose values it counts", kind.span, "add `field` to its `condition`")
    return Correlation(
        kind.text,
        rules,
        _names(body.get("group-by"), "group-by", faults, body.span),
        _aliases(body.get("aliases"), faults),
        _timespan(body, faults),
        least,
        field,
        at,
    )


def _scalar(body: Map, key: str, faults: Faults) -> Scalar:
    value = body.get(key)
    if not isinstance(value, Scalar) or value.value is None:
        faults.invalid(f"a correlation needs a `{key}`", body.span if value is None else value.span)
    return value


def _names(node: Node | None, key: str, faults: Faults, around: Span) -> tuple[Named, ...]:
    match node:
        case None:
            return ()
        case Scalar(text=text, span=span) if node.value is not None:
            return (Named(text, span),)
        case Items(items) if all(isinstance(item, Scalar) for item in items):
            return tuple(Named(item.text, item.span) for item in items if isinstance(item, Scalar))
    faults.invalid(f"`{key}` is not a list of names", node.span if node is not None else around)


def _timespan(body: Map, faults: Faults) -> int:
    written = _scalar(body, "timespan", faults)
    found = _TIMESPAN.fullmatch(written.text)
    if found is None or int(found[1]) == 0:
        faults.invalid(f"`{written.text}` is not a time span", written.span, "write a number and s, m, h or d: `5m`")
    return int(found[1]) * _UNITS[found[2]]


def _condition(node: Node | None, counts: bool, faults: Faults, kind: Span) -> tuple[int, Named | None, Span]:
    """The lower bound, the field whose values are counted, and where they stand."""
    if node is None:
        if counts:
            faults.invalid("the correlation needs a `condition`", kind, "write `condition:` with `gte: 10`")
        return 1, None, kind
    if not isinstance(node, Map):
        faults.unsupported("a condition that is an expression", node.span, "a `temporal` correlation wants all of its rules")
    stated = {entry.key.text: entry for entry in node.entries}
    field = stated.pop("field", None)
    named = Named(field.value.text, field.value.span) if field is not None and isinstance(field.value, Scalar) else None
    for name, entry in stated.items():
        if name in _OTHERS:
            faults.unsupported(f"`{name}` in a condition", entry.span, "it wants the absence of further events")
        if name not in _LOWER:
            faults.invalid(f"`{name}` is not an operator of a condition", entry.key.span, "use gte or gt")
    if not counts:
        faults.unsupported("a condition of a `temporal` correlation", node.span, "all of its rules are wanted")
    if not stated:
        faults.invalid("the condition has no bound", node.span, "write `gte: 10`")
    bounds = []
    for name, entry in stated.items():
        number = entry.value.value if isinstance(entry.value, Scalar) else None
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            faults.invalid(f"`{name}` is not a whole number", entry.span)
        bounds.append(number + _LOWER[name])
    least = max(bounds)
    if least == 0:
        faults.unsupported("a count of zero", node.span, "it is true of the absence of events")
    return least, named, node.span


def _aliases(node: Node | None, faults: Faults) -> dict[str, dict[str, str]]:
    if node is None:
        return {}
    found: dict[str, dict[str, str]] = {}
    for entry in _entries(node, faults):
        fields = {each.key.text: each.value for each in _entries(entry.value, faults)}
        found[entry.key.text] = {name: value.text for name, value in fields.items() if isinstance(value, Scalar)}
    return found


def _entries(node: Node, faults: Faults) -> tuple[Entry, ...]:
    if not isinstance(node, Map):
        faults.invalid("`aliases` maps each alias to the field of each rule", node.span)
    return node.entries
