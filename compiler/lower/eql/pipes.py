"""Lowering the pipes of an EQL query, and the tree without the optional fields that nothing maps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ....grammar.eql import tree as tree
from ....grammar.eql.rewrite import map_nodes
from ...ir.formula import Term
from ...ir.program import Pipe
from ..context import Lowering
from .type_inference import infer

if TYPE_CHECKING:
    from .conditions import EqlLowering

_LIMITS = ("head", "tail")
_VALUES = {"sort": 1, "unique": 1, "unique_count": 1, "count": 0}
"""Pipes over values, and how many they need."""


def lower_pipes(pipes: tuple[tree.Pipe, ...], lowering: EqlLowering) -> tuple[Pipe, ...]:
    """The pipes of a query.

    Raises:
        InvalidQueryError: there is no such pipe, or its arguments are not what it takes.
    """
    return tuple(_lower_pipe(pipe, lowering) for pipe in pipes)


def _lower_pipe(pipe: tree.Pipe, lowering: EqlLowering) -> Pipe:
    context, span = lowering.context, pipe.span
    if pipe.name in _LIMITS:
        match pipe.args:
            case (tree.Number(int() as limit),) if limit > 0:
                return Pipe(pipe.name, limit, span=span)
        context.invalid(f"`{pipe.name}` takes a positive number", span, code="argument")
    if pipe.name == "filter":
        if len(pipe.args) != 1:
            context.invalid("`filter` takes one condition", span, code="argument")
        condition, number = _of_one_event(pipe.args[0], context)
        if number != 0:
            context.unsupported("a `filter` on a later event", span, "only the first event of a match can be filtered by")
        infer(condition, context)
        return Pipe("filter", condition=lowering.formula(condition), span=span)
    if pipe.name not in _VALUES:
        known = ", ".join((*_LIMITS, "filter", *_VALUES))
        context.invalid(f"there is no pipe `{pipe.name}`", span, code="unknown-pipe", help=f"use one of {known}")
    if len(pipe.args) < _VALUES[pipe.name]:
        context.invalid(f"`{pipe.name}` takes at least one value", span, code="argument")
    return Pipe(pipe.name, values=tuple(_value(arg, lowering) for arg in pipe.args), span=span)


def _value(node: tree.Expression, lowering: EqlLowering) -> tuple[int, Term]:
    expression, number = _of_one_event(node, lowering.context)
    return number, lowering.term(expression)


def _of_one_event(node: tree.Expression, context: Lowering) -> tuple[tree.Expression, int]:
    """An expression with ``events[1].field`` written as ``field``, and the number of the event that it names."""
    numbers: set[int] = set()

    def plain(found: tree.Field) -> tree.Field:
        match found.path:
            case ("events", int() as number, *rest) if rest:
                numbers.add(number)
                return replace(found, path=tuple(rest))
        numbers.add(0)
        return found

    rewritten = map_nodes(node, tree.Field, plain)
    if len(numbers) > 1:
        context.unsupported("a value of several events", node.span, "name one event of the match")
    return rewritten, next(iter(numbers), 0)
