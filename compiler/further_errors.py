"""The errors of a query after the first: those that it has without the condition that the first one is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ..grammar.span import Span
from .diagnostics.diagnostic import Diagnostic, InvalidQueryError, UnsupportedQueryError
from .languages import Language, LoweringOptions, Tree

_MOST = 9
"""The most further errors that are looked for."""


def further_errors(row: Language, tree: Tree, text: str, options: LoweringOptions, first: Diagnostic) -> Iterator[Diagnostic]:
    """Yield the errors of a query after the first one.

    Args:
        row: its language.
        tree: its syntax tree.
        text: the query.
        options: as for lowering.
        first: the first error.
    """
    error = first
    for _ in range(_MOST):
        changed = _without(tree, error.spans[0], *_conditions(row.name)) if error.spans else None
        if changed is None or changed is tree:
            return
        tree = changed
        try:
            row.lower(tree, text, options)
            return
        except InvalidQueryError as further:
            error = further.diagnostic
            yield error
        except UnsupportedQueryError:
            return


def _conditions(language: str) -> tuple[tuple[type, ...], Any]:
    """The nodes of a language that are conditions, and a condition that always holds."""
    if language == "kuery":
        from ..grammar.kuery import tree as kuery

        return (kuery.Is, kuery.Range), kuery.MatchAll()
    if language == "eql":
        from ..grammar.eql import tree as eql

        return (eql.Comparison, eql.InList), eql.Boolean(True)
    return (), None


def _without(node: Any, place: Span, conditions: tuple[type, ...], neutral: Any) -> Any:
    """The tree with a neutral condition for the innermost one around a place; the same tree if there is none."""
    if not is_dataclass(node) or isinstance(node, type):
        return node
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple):
            inner: Any = tuple(_without(each, place, conditions, neutral) for each in value)
            same = all(new is old for new, old in zip(inner, value, strict=True))
        else:
            inner = _without(value, place, conditions, neutral)
            same = inner is value
        if not same:
            return replace(node, **{field.name: inner})
    span = getattr(node, "span", None)
    return neutral if isinstance(node, conditions) and span is not None and span.start <= place.start and place.end <= span.end else node
