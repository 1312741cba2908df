"""Lowering the array functions of the Endpoint dialect: conditions on the objects, or the values, of a list.

``arraySearch(field, $var, condition)`` holds if the condition does for one of them, ``arrayContains`` if one is equal to a
value, and ``arrayCount`` counts those for which a condition holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....grammar.eql import tree as tree
from ....grammar.eql.rewrite import map_nodes
from ....grammar.span import Span
from ...ir.formula import Atom, Exists, Formula, NestedMatch, Truth, denial, fields_of
from ...schema.field_types import NESTED
from ...schema.fields import FieldSpec
from .calls import ARRAY_FUNCTIONS
from .type_inference import infer

if TYPE_CHECKING:
    from .conditions import EqlLowering


def lower_array_call(call: tree.Call, lowering: EqlLowering) -> Formula:
    """``arraySearch`` or ``arrayContains`` as a condition.

    Raises:
        InvalidQueryError: the arguments are not what it takes.
        UnsupportedQueryError: its condition speaks of more than the objects of the list.
    """
    match ARRAY_FUNCTIONS[call.name.lower()], call.args:
        case "arraycontains", (tree.Field() as field, *values) if values:
            return lowering.listed(tree.InList(tree.ListOperator.IN, field, tuple(values), span=call.span))
        case "arraysearch", (tree.Field() as field, tree.Variable((str() as name,)), condition):
            return _search(field, name, condition, lowering, call.span)
        case "arraycount", _:
            lowering.context.invalid("`arrayCount` does not give true or false", call.span, code="argument", help="compare its result")
    usage = (
        "a field and values"
        if ARRAY_FUNCTIONS[call.name.lower()] == "arraycontains"
        else "a field, a variable such as `$entry`, and a condition"
    )
    lowering.context.invalid(f"`{call.name}` takes {usage}", call.span, code="argument")


def lower_array_count(operator: str, call: tree.Call, number: int | float, lowering: EqlLowering, span: Span) -> Formula:
    """``arrayCount(..)`` compared with a number: whether there is any, for how many there are cannot be asked of one object."""
    match call.args:
        case (tree.Field() as field, tree.Variable((str() as name,)), condition):
            some = _search(field, name, condition, lowering, span)
        case _:
            lowering.context.invalid("`arrayCount` takes a field, a variable such as `$entry`, and a condition", call.span, code="argument")
    match operator, number:
        case (">", 0) | (">=", 1) | ("!=", 0):
            return some
        case ("==", 0) | ("<", 1) | ("<=", 0):
            return denial(some, span)
    lowering.context.unsupported(f"`arrayCount` with `{operator} {number}`", span, "only whether there is any can be asked")


def _search(field: tree.Field, name: str, condition: tree.Expression, lowering: EqlLowering, span: Span) -> Formula:
    base = tuple(field.name.split("."))
    whole: list[Span] = []

    def bound(variable: tree.Variable) -> tree.Expression:
        if variable.path[0] != name:
            return variable
        if len(variable.path) == 1:
            whole.append(variable.span)
        return tree.Field((*base, *variable.path[1:]), span=variable.span)

    inner: tree.Expression = map_nodes(condition, tree.Variable, bound)
    infer(inner, lowering.context)
    formula = lowering.formula(inner)
    if whole:
        if isinstance(formula, Atom) and formula.field.name == field.name:
            return formula
        lowering.context.unsupported("several conditions on one value of a list", span, "write one condition on the variable itself")
    known = lowering.context.schema.lookup(field.name)
    if formula == Truth(True) and known is not None and (known.kind.traits.textual or known.kind.traits.ordered):
        return Exists(known, span)
    outside = [spec.name for spec in fields_of(formula).values() if not spec.name.startswith(f"{field.name}.")]
    if outside:
        lowering.context.unsupported(
            f"`{outside[0]}` inside `arraySearch`", span, "its condition can only speak of the objects of the list", field=outside[0]
        )
    return Atom(FieldSpec(field.name, NESTED, array=True, known=known is not None), NestedMatch(formula), span)
