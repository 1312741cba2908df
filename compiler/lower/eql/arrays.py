"""Lowering the array functions of the Endpoint dialect: conditions on the objects, or the values, of a list.

``arraySearch(field, $var, condition)`` holds if the condition does for one of them, ``arrayContains`` if one is equal to a
value, and ``arrayCount`` counts those for which a condition holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ....grammar.eql import tree as tree
from ....grammar.eql.rewrite import map_nodes
from ....grammar.span import Span
from ...ir.formula import (
    And,
    Atom,
    Exists,
    Formula,
    NestedMatch,
    Not,
    Or,
    Predicate,
    Truth,
    conjunction,
    denial,
    disjunction,
    leaves,
    term_fields,
    with_fields,
)
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

    def bound(variable: tree.Variable) -> tree.Expression:
        named = variable.path[0] == name
        return tree.Field((*base, *variable.path[1:]), span=variable.span) if named else variable

    inner: tree.Expression = map_nodes(condition, tree.Variable, bound)
    infer(inner, lowering.context)
    formula = lowering.formula(inner)
    if isinstance(formula, Atom) and formula.field.name == field.name:
        return formula
    known = lowering.context.known(field.name)
    holds_values = known is not None and (known.kind.traits.textual or known.kind.traits.ordered)
    if known is not None and holds_values:
        if formula == Truth(True):
            return Exists(known, span)
        return _some(_of_one(formula, known), _Entries(known, holds_values, span))
    spec = FieldSpec(field.name, NESTED, array=True, known=lowering.context.schema.lookup(field.name) is not None)
    return _some(formula, _Entries(spec, holds_values, span))


@dataclass(frozen=True, slots=True)
class _Entries:
    """The values, or the objects, of a list that a condition is asked of; ``span`` is that of the call."""

    field: FieldSpec
    are_values: bool
    span: Span

    def test(self, formula: Formula) -> Formula:
        return Atom(self.field, NestedMatch(formula), self.span)

    def is_outside(self, formula: Formula) -> bool:
        """Whether a condition does not speak of the entries."""
        names = [leaf.field.name for leaf in leaves(formula) if isinstance(leaf, Exists | Atom)]
        names += [spec.name for leaf in leaves(formula) if isinstance(leaf, Predicate) for spec in term_fields(leaf.term)]
        return bool(names) and not any(name == self.field.name or name.startswith(f"{self.field.name}.") for name in names)


def _some(formula: Formula, entries: _Entries) -> Formula:
    """Some entry satisfies a condition; the parts of it that speak of the document as a whole stand beside the test of the entry."""
    match formula:
        case Or(args, span) if any(_mixed(arg, entries) for arg in args):
            return disjunction(tuple(_some(arg, entries) for arg in args), span)
        case And(args, span):
            outside = [arg for arg in args if entries.is_outside(arg)]
            rest = [arg for arg in args if not entries.is_outside(arg)]
            if outside:
                inside = (_some(conjunction(tuple(rest), span), entries),) if rest else (entries.test(Truth(True, entries.span)),)
                return conjunction((*outside, *inside), span)
            mixed = next((arg for arg in args if isinstance(arg, Or) and _mixed(arg, entries)), None)
            if mixed is not None:
                others = tuple(arg for arg in args if arg is not mixed)
                return disjunction(tuple(_some(conjunction((*others, choice), span), entries) for choice in mixed.args), span)
        case Not(And(args) | Or(args) as inner, span) if _mixed(formula, entries):
            denied = tuple(Not(arg, span) for arg in args)
            return _some(disjunction(denied, span) if isinstance(inner, And) else conjunction(denied, span), entries)
        case Not(Not(arg)):
            return _some(arg, entries)
        case _ if entries.is_outside(formula):
            return conjunction((formula, entries.test(Truth(True, entries.span))), entries.span)
    return entries.test(formula)


def _mixed(formula: Formula, entries: _Entries) -> bool:
    """Whether a condition has parts that do not speak of the entries."""
    return any(entries.is_outside(leaf) for leaf in leaves(formula))


def _of_one(formula: Formula, spec: FieldSpec) -> Formula:
    """The condition on a list as one on a single value of it."""
    one = replace(spec, array=False, known=True)

    def single(own: FieldSpec) -> FieldSpec:
        return one if own.name == spec.name else own

    return with_fields(formula, single)
