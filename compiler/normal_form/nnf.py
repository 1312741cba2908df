"""Negation normal form: negations stand at the leaves, constants are gone.

Long lists of alternatives stay one set-valued atom. What was written as a negated conjunction becomes a
disjunction whose ``chosen`` is false: its alternatives are ways to escape an exclusion, not alternatives
that the author offers.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.span import Span, span_attribute
from ..ir.formula import And, Atom, DualReading, Exists, Formula, Leaf, Not, Or, Predicate, Truth
from ..values.origin import PLAIN, Origin


@dataclass(frozen=True, slots=True)
class Lit:
    """A leaf or its negation; what can never hold is one of ``Truth``.

    ``place`` numbers the literals of one normal form in query order.
    """

    leaf: Leaf | Truth
    positive: bool
    place: int
    span: Span = span_attribute()

    @property
    def origin(self) -> Origin:
        """That of the leaf."""
        return PLAIN if isinstance(self.leaf, Truth) else self.leaf.origin

    @property
    def as_written(self) -> bool:
        """Whether the literal is what the text at its span says, rather than the opposite."""
        return self.positive != (self.origin.negated and self.span == self.leaf.span)


@dataclass(frozen=True, slots=True)
class Conj:
    args: tuple[Normal, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Disj:
    """One of the arguments; ``chosen`` when the author wrote it as alternatives."""

    args: tuple[Normal, ...]
    chosen: bool = True
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Preferred:
    """``decisive`` must hold; ``literal`` as well wherever both can.

    Attributes:
        by_version: whether it is one condition that versions of Elasticsearch read in different ways.
    """

    decisive: Normal
    literal: Normal
    span: Span = span_attribute()
    by_version: bool = False


Normal = Lit | Conj | Disj | Preferred


def normalise(formula: Formula) -> Normal:
    """The negation normal form of a formula."""
    return _Normaliser().normal(formula, True)


class _Normaliser:
    def __init__(self) -> None:
        self.places = 0

    def normal(self, formula: Formula, positive: bool) -> Normal:
        match formula:
            case Truth(value, span):
                if value == positive:
                    return Conj((), span)
                self.places += 1
                return Lit(formula, positive, self.places - 1, span)
            case Not(arg):
                return self.normal(arg, not positive)
            case And(args, span) | Or(args, span):
                conjunctive = isinstance(formula, And) == positive
                parts = [self.normal(arg, positive) for arg in args]
                return _all(parts, span) if conjunctive else _any(parts, positive, span)
            case DualReading(decisive, literal, span, True):
                readings = (self.normal(decisive, positive), self.normal(literal, positive))
                return Preferred(_any(list(readings), False, span), _all(list(readings), span), span, True)
            case DualReading(decisive, literal, span):
                return Preferred(self.normal(decisive, positive), self.normal(literal, positive), span)
            case Exists() | Atom() | Predicate():
                self.places += 1
                return Lit(formula, positive, self.places - 1, formula.span)


def _all(parts: list[Normal], span: Span) -> Normal:
    flat: list[Normal] = []
    for part in parts:
        flat.extend(part.args if isinstance(part, Conj) else (part,))
    return flat[0] if len(flat) == 1 else Conj(tuple(flat), span)


def _any(parts: list[Normal], chosen: bool, span: Span) -> Normal:
    flat: list[Normal] = []
    for part in parts:
        if isinstance(part, Conj) and not part.args:
            return part
        flat.extend(part.args if isinstance(part, Disj) and part.chosen == chosen else (part,))
    return flat[0] if len(flat) == 1 else Disj(tuple(flat), chosen, span)
