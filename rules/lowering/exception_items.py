"""Lowering of exception items: an item excludes the events that satisfy all its entries.

Kibana turns an item into Query DSL, which is excluded; see its lists plugin (``buildExceptionFilter``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...compiler.ir.formula import Formula, Not, conjunction
from ...compiler.lower.context import Lowering
from ...compiler.lower.query_dsl import lower_dsl
from ...compiler.lower.query_dsl_scope import FilterLocation
from ...grammar.span import Span


class ValueListError(ValueError):
    """An entry that compares with a list of values which is kept in Kibana; ``name`` is that of the list."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def lower_exception(item: Mapping[str, Any], place: FilterLocation, entries: Sequence[Span], context: Lowering) -> Formula:
    """The formula that excludes the events of an exception item.

    Args:
        item: the item.
        place: where it stands.
        entries: where each of its entries stands.
        context: the run of lowering.

    Raises:
        ValueListError: an entry refers to a value list, whose content is unknown.
        InvalidQueryError, UnsupportedQueryError: as for filters.
    """
    formulas = []
    for entry, span in zip(item.get("entries") or (), entries, strict=True):
        inner = replace(place, span=span)
        formulas.append(lower_dsl({"bool": {"filter": [_entry(entry, inner, context, "")]}}, inner, context))
    return Not(conjunction(tuple(formulas), place.span), place.span)


def _entry(entry: Any, place: FilterLocation, context: Lowering, path: str) -> Mapping[str, Any]:
    """The query of an entry; ``path`` is the nested field around it, with a dot."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("field"), str):
        context.invalid(f"{place.name}: an entry needs a `field`", place.span, code="filter")
    name, value = path + entry["field"], entry.get("value")
    query: Mapping[str, Any]
    match entry.get("type"):
        case "match":
            query = {"match_phrase": {name: value}}
        case "match_any":
            values = value if isinstance(value, list) else [value]
            query = {"bool": {"should": [{"match_phrase": {name: each}} for each in values], "minimum_should_match": 1}}
        case "wildcard":
            query = {"wildcard": {name: {"value": value}}}
        case "exists":
            query = {"exists": {"field": name}}
        case "nested":
            inner = [_entry(each, place, context, f"{name}.") for each in entry.get("entries") or ()]
            query = {"nested": {"path": name, "query": {"bool": {"filter": inner}}}}
        case "list":
            raise ValueListError(str((entry.get("list") or {}).get("id", "?")))
        case other:
            context.unsupported(
                f"an entry of type `{other}` in {place.name}", place.span, "only match, match_any, wildcard, exists and nested are known"
            )
    return {"bool": {"must_not": [query]}} if entry.get("operator") == "excluded" else query
