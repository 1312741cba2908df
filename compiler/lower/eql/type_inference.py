"""Types for the fields of an EQL query that no schema knows, from how the query uses them."""

from __future__ import annotations

from ....grammar.eql import tree as tree
from ...values.functions import BY_LOWER_NAME, ArgumentType, Function
from ..context import Lowering

_TYPES = {ArgumentType.NUMBER: "long", ArgumentType.INTEGER: "long", ArgumentType.ADDRESS: "ip"}
"""Of a field that is an argument."""


def infer_items(items: tuple[tree.Item, ...], context: Lowering) -> None:
    """Types from all conditions, then from the keys that a field is joined with."""
    for item in (*items, *items):
        # Twice, because a field may be compared with one whose type only shows further on.
        infer(item.query.condition, context)
    for position in range(len(items[0].by)):
        names = [key.name for item in items if isinstance(key := item.by[position].expression, tree.Field)]
        known = next((spec for name in names if (spec := context.known(name)) is not None), None)
        if known is not None:
            for name in names:
                context.infer(name, known.type.name)


def infer(expression: tree.Expression, context: Lowering) -> None:
    """Types from a condition; a field that stands alone is true or false."""
    match expression:
        case tree.And(args) | tree.Or(args):
            for arg in args:
                infer(arg, context)
        case tree.Not(arg):
            infer(arg, context)
        case tree.Comparison(_, left, right):
            _from_value(left, right, context)
            _from_value(right, left, context)
        case tree.InList(_, subject, values):
            for value in values:
                _from_value(subject, value, context)
        case tree.Field():
            context.infer(expression.name, "boolean")
        case tree.Lineage(_, query):
            infer(query.condition, context)
        case tree.Call(name, args):
            _from_arguments(BY_LOWER_NAME.get(name.lower()), args, context)


def _from_value(subject: tree.Expression, value: tree.Expression, context: Lowering) -> None:
    """From what a field is compared with."""
    match subject, value:
        case tree.Field(), tree.Number(number):
            context.infer(subject.name, "long" if isinstance(number, int) else "double", value.span)
        case tree.Field(), tree.Boolean():
            context.infer(subject.name, "boolean", value.span)
        case tree.Field(), tree.Arithmetic() | tree.Negative():
            context.infer(subject.name, "long")
        case tree.Field(), tree.Field():
            spec = context.known(value.name)
            if spec is not None and spec.kind.traits.ordered:
                context.infer(subject.name, spec.type.name)
        case tree.Field(), tree.Call(name):
            function = BY_LOWER_NAME.get(name.lower())
            if function is not None and function.result in _TYPES:
                context.infer(subject.name, _TYPES[function.result])
        case ((tree.Call() | tree.Comparison()), _):
            infer(subject, context)
        case tree.Arithmetic() | tree.Negative(), _:
            _operands(subject, context)


def _from_arguments(function: Function | None, args: tuple[tree.Expression, ...], context: Lowering) -> None:
    for position, arg in enumerate(args):
        wanted = function.arguments[min(position, len(function.arguments) - 1)] if function is not None else None
        match arg:
            case tree.Field() if wanted in _TYPES:
                context.infer(arg.name, _TYPES[wanted])
            case tree.Call() | tree.Comparison():
                infer(arg, context)
            case tree.Arithmetic() | tree.Negative():
                _operands(arg, context)


def _operands(node: tree.Expression, context: Lowering) -> None:
    """What is calculated with is a number."""
    match node:
        case tree.Field():
            context.infer(node.name, "long")
        case tree.Arithmetic(_, left, right):
            _operands(left, context)
            _operands(right, context)
        case tree.Negative(arg):
            _operands(arg, context)
        case tree.Call():
            infer(node, context)
