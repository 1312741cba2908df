"""The conditions of a formula, and the formula with the truth of some of them known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...compiler.ir.formula import And, Atom, DualReading, Formula, Leaf, Not, Or, Predicate, Truth, conjunction, disjunction, term_fields
from ...compiler.schema.fields import FieldSpec
from ...grammar.span import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition as the author wrote it: all leaves of a formula that come from the same text.

    Attributes:
        places: the numbers of its leaves, in the order of the formula.
        leaf: the first of them.
        positive: the truth that the formula as a whole asks of it: false below an odd number of negations.
    """

    places: frozenset[int]
    leaf: Leaf
    positive: bool

    @property
    def span(self) -> Span:
        """Where it is written."""
        return self.leaf.span


def conditions_of(formula: Formula) -> list[Condition]:
    """The conditions of a formula, in order."""
    found: dict[tuple[Span, bool, int], Condition] = {}
    for place, (leaf, positive) in enumerate(signed_leaves(formula)):
        # What comes from no text is a condition for each leaf.
        key = (leaf.span, positive, place if leaf.span == NOWHERE else -1)
        known = found.get(key)
        found[key] = Condition(known.places | {place} if known else frozenset((place,)), known.leaf if known else leaf, positive)
    return list(found.values())


def signed_leaves(formula: Formula, positive: bool = True) -> Iterator[tuple[Leaf, bool]]:
    """The leaves of a formula in order, each with the truth that is asked of it; of a condition with two readings, the decisive one's."""
    match formula:
        case And(args) | Or(args):
            for arg in args:
                yield from signed_leaves(arg, positive)
        case Not(arg):
            yield from signed_leaves(arg, not positive)
        case DualReading(decisive):
            yield from signed_leaves(decisive, positive)
        case Truth():
            pass
        case _:
            yield formula, positive


def fields_of_leaf(leaf: Leaf) -> list[FieldSpec]:
    """The fields that a condition is about."""
    return term_fields(leaf.term) if isinstance(leaf, Predicate) else [leaf.field]


def met(formula: Formula, condition: Condition) -> Formula:
    """The formula with a condition taken as met."""
    return known(formula, lambda place, leaf: condition.positive if place in condition.places else None)


def unmet(formula: Formula, condition: Condition) -> Formula:
    """The formula with a condition taken as not met."""
    return known(formula, lambda place, leaf: not condition.positive if place in condition.places else None)


def failing_alone(formula: Formula, condition: Condition) -> Formula:
    """What a document satisfies that fails a condition alone: it does not satisfy the formula, and would if the condition were met.

    On the way from the formula to the condition, whatever stands beside it in a conjunction must be true, and whatever stands
    beside it in a disjunction false: then the condition decides alone.
    """
    beside: list[Formula] = []

    def descend(node: Formula, first: int, positive: bool) -> bool:
        size = _size(node)
        if condition.places == frozenset(range(first, first + size)):
            beside.append(Not(node) if positive else node)
            return True
        match node:
            case And(args) | Or(args):
                for at, arg in enumerate(args):
                    below = _size(arg)
                    if condition.places <= frozenset(range(first, first + below)):
                        others = (*args[:at], *args[at + 1 :])
                        beside.extend(others if isinstance(node, And) else map(Not, others))
                        return descend(arg, first, positive)
                    first += below
            case Not(arg):
                return descend(arg, first, not positive)
            case DualReading(decisive):
                return descend(decisive, first, positive)
        return False

    if descend(formula, 0, True):
        return conjunction(tuple(beside))
    # It stands in several places.
    return conjunction((met(formula, condition), Not(formula)))


def _size(formula: Formula) -> int:
    """How many leaves a formula has."""
    return sum(1 for _ in signed_leaves(formula))


def known(formula: Formula, truth: Callable[[int, Leaf], bool | None]) -> Formula:
    """The formula with conditions whose truth is known replaced by it, and without what that decides.

    Args:
        formula: the formula; of a condition with two readings, the decisive one is taken.
        truth: from the number of a leaf, and the leaf, to its truth if that is known.
    """
    numbers = iter(range(1 << 62))

    def rewritten(formula: Formula) -> Formula:
        match formula:
            case And(args, span):
                return _joined([rewritten(arg) for arg in args], span, decides=False)
            case Or(args, span):
                return _joined([rewritten(arg) for arg in args], span, decides=True)
            case Not(arg, span):
                inner = rewritten(arg)
                return Truth(not inner.value, span) if isinstance(inner, Truth) else Not(inner, span)
            case DualReading(decisive):
                return rewritten(decisive)
            case Truth():
                return formula
        value = truth(next(numbers), formula)
        return formula if value is None else Truth(value, formula.span)

    return rewritten(formula)


def _joined(args: list[Formula], span: Span, *, decides: bool) -> Formula:
    rest: list[Formula] = []
    for arg in args:
        if not isinstance(arg, Truth):
            rest.append(arg)
        elif arg.value is decides:
            return Truth(decides, span)
    if not rest:
        return Truth(not decides, span)
    return (disjunction if decides else conjunction)(tuple(rest), span)


def is_about_objects(leaf: Leaf) -> bool:
    """Whether a condition is about nested objects, whose fields cannot be changed one by one."""
    return any(spec.nested_path is not None or spec.flattened_root is not None for spec in fields_of_leaf(leaf)) or (
        isinstance(leaf, Atom) and leaf.field.kind.traits.container
    )
