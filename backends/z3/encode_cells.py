"""Cells of an encoding: the variables of a field of an event, and how their values are read from a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import z3

from ...compiler.ir.formula import Atom, Lexical, Like, Matches, NestedMatch, Predicate, term_fields
from ...compiler.normal_form.nnf import Conj, Disj, Lit, Normal, Preferred
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.stored_numbers import scaling_factor
from .encode_strings import Languages, read_string

CellName = tuple[int, str]
NameOf = Callable[[int, str], CellName]
Slot = tuple[z3.BoolRef, z3.ExprRef, z3.SeqRef]
"""A value of a cell: whether it is there, the value, and its words."""


@dataclass(slots=True)
class CellVariables:
    """The variables of a cell.

    ``slots`` pairs the presence condition of each value with the value; a single-valued cell has one slot.
    ``words`` is the analysed text of a value: its tokens, each preceded by a space.
    """

    name: CellName
    spec: FieldSpec
    several: bool
    languages: Languages
    slots: list[Slot] = field(default_factory=list)


def lowerable(literals: Iterable[tuple[int, Lit]], name_of: NameOf) -> set[CellName]:
    """Returns the cells whose tests are all case-insensitive: their strings can be encoded in lower case."""
    lowered: set[CellName] = set()
    cased: set[CellName] = set()
    for event, literal in literals:
        match literal.leaf:
            case Atom(spec, Like(patterns)):
                name = name_of(event, spec.stored)
                (lowered if all(pattern.fold for pattern in patterns) else cased).add(name)
            case Atom(spec, Matches() | Lexical() | NestedMatch()):
                cased.add(name_of(event, spec.stored))
            case Predicate(term):
                cased |= {name_of(event, spec.stored) for spec in term_fields(term)}
    return lowered - cased


def of_objects(literal: Lit) -> bool:
    """Whether a literal is a condition on the objects of a nested field."""
    leaf = literal.leaf
    return isinstance(leaf, Atom) and isinstance(leaf.test, NestedMatch) and leaf.field.kind.traits.nested


def is_unencoded(spec: FieldSpec) -> bool:
    """Whether functions of the field cannot be encoded: analysed text, and numbers whose decimal fractions are scaled."""
    return spec.kind.traits.analysed or scaling_factor(spec) is not None


def constant_of(value: z3.ExprRef) -> str | int | float:
    if z3.is_string_value(value):
        return read_string(value)
    if z3.is_int_value(value):
        return int(value.as_long())
    return float(value.as_fraction())


def literals_in(normal: Normal) -> Iterable[Lit]:
    """Yields the literals in encoding order."""
    match normal:
        case Lit():
            yield normal
        case Conj(args) | Disj(args):
            for arg in args:
                yield from literals_in(arg)
        case Preferred(decisive, _):
            yield from literals_in(decisive)
