"""Fields whose one value stands in the mapping: what is asked of them is decided when a query is compiled.

Every document has the value, with or without the field, and an index refuses a document with another one (Elasticsearch's
``constant_keyword``).
"""

from __future__ import annotations

from dataclasses import replace

from ...grammar.span import Span
from ..ir.formula import (
    And,
    Apply,
    Atom,
    Constant,
    DualReading,
    Exists,
    FieldTerm,
    Formula,
    Like,
    Not,
    Or,
    Predicate,
    Term,
    Truth,
    fields_of,
    term_fields,
)
from ..schema.fields import FieldSpec
from ..semantics.match_document import compile_term, compile_test
from ..values.patterns import exact


def decided(spec: FieldSpec, holds: bool, span: Span) -> Formula:
    """A condition on a field with one value: of every document, which preferably holds the field, or of none."""
    assert spec.constant is not None
    return DualReading(Truth(True, span), Atom(spec, Like((exact(spec.constant, span=span),)), span), span) if holds else Truth(False, span)


def with_constants(formula: Formula) -> Formula:
    """The formula with what is asked of fields with one value decided."""
    if not any(spec.constant is not None for spec in fields_of(formula).values()):
        return formula
    return _settled(formula)


def _settled(formula: Formula) -> Formula:
    match formula:
        case And(args) | Or(args):
            return replace(formula, args=tuple(map(_settled, args)))
        case Not(arg):
            return replace(formula, arg=_settled(arg))
        case DualReading(Truth()):
            return formula
        case DualReading(decisive, literal):
            return replace(formula, decisive=_settled(decisive), literal=_settled(literal))
        case Exists(spec) if spec.constant is not None:
            return _decided(formula, True)
        case Atom(spec, test) if spec.constant is not None:
            return _decided(formula, compile_test(spec, test)(spec.constant))
        case Predicate(term, span):
            known = _with_values(term)
            if known == term:
                return formula
            return replace(formula, term=known) if term_fields(known) else Truth(compile_term(known)({}) is True, span)
    return formula


def _decided(leaf: Atom | Exists, holds: bool) -> Formula:
    if leaf.origin.negated and holds:
        # The text there says the opposite, which is never true.
        return Not(Truth(False, leaf.span), leaf.span)
    return decided(leaf.field, holds, leaf.span)


def _with_values(term: Term) -> Term:
    match term:
        case FieldTerm(spec, span) if spec.constant is not None and spec.step is None:
            return Constant(spec.constant, span)
        case Apply(_, args):
            return replace(term, args=tuple(map(_with_values, args)))
    return term
