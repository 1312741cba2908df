"""What the structure of two formulas shows without a solver: which conditions of one follow from the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...compiler.ir.formula import And, Atom, DualReading, Exists, Formula, Not, Or, Truth, entries, fields_of, with_entries
from ..values.draw import Drawer
from ..values.entailment import implies

_MOST_ENTRIES = 2000
"""The most entries of a list that are compared one by one with what is not the same list."""
_MOST_PAIRS = 400
"""The most pairs of entries that are compared as patterns."""
_MOST_STEPS = 20_000
"""The most pairs of conditions that are compared to show one condition by cases."""
_MOST_CASES = 64
"""The most entries of a list that are looked at as cases."""


def conjuncts(formula: Formula) -> list[Formula]:
    """The conditions that a formula is a conjunction of; a negated disjunction is one of negations."""
    match formula:
        case And(args):
            return [each for arg in args for each in conjuncts(arg)]
        case Not(Or(args)):
            return [each for arg in args for each in conjuncts(Not(arg, arg.span))]
        case Not(Not(arg)):
            return conjuncts(arg)
        case Truth(True) | Not(Truth(False)):
            return []
    return [formula]


def left_of(drawer: Drawer, formula: Formula, other: Formula) -> list[Formula]:
    """The conditions of another formula that do not follow from a formula by its structure, in order.

    Of an excluded list, the entries are left that the formula does not exclude.

    Args:
        drawer: evaluates tests.
        formula: what is known to hold.
        other: the formula whose conditions are in question.
    """
    known = conjuncts(formula)
    left = (_rest(drawer, known, condition) for condition in conjuncts(other))
    return [condition for condition in left if condition is not None and not _Cases(drawer).show(known, condition)]


class _Cases:
    """Shows that a condition follows from several others together, in each of the cases that they leave.

    Attributes:
        left: how many further steps may be taken.
    """

    def __init__(self, drawer: Drawer) -> None:
        self.drawer = drawer
        self.left = _MOST_STEPS

    def show(self, known: Sequence[Formula], goal: Formula) -> bool:
        """Whether a goal follows from what is known; False if it does not show."""
        match goal:
            case Or() | Not(And()):
                return self._some(known, _alternatives(goal), _names(goal))
        return self._one(known, goal)

    def _one(self, known: Sequence[Formula], goal: Formula) -> bool:
        self.left -= len(known)
        return self.left > 0 and any(each == goal or follows(self.drawer, each, goal) for each in known)

    def _all(self, known: Sequence[Formula], goal: Formula) -> bool:
        """Whether all conditions of an alternative follow, each without looking at cases, or being a choice itself."""
        for each in conjuncts(goal):
            alternatives = _alternatives(each)
            if not (any(self._all(known, one) for one in alternatives) if len(alternatives) > 1 else self._one(known, each)):
                return False
        return True

    def _some(self, known: Sequence[Formula], alternatives: Sequence[Formula], names: frozenset[str]) -> bool:
        """Whether one of some alternatives follows, in every case."""
        if self.left <= 0:
            return False
        if any(self._all(known, each) for each in alternatives):
            return True
        for at, each in enumerate(known):
            cases = self._cases_of(each)
            if len(cases) > 1 and _names(each) & names:
                others = [*known[:at], *known[at + 1 :]]
                return all(self._some([*conjuncts(case), *others], alternatives, names) for case in cases)
        return False

    def _cases_of(self, formula: Formula) -> Sequence[Formula]:
        """The cases of a condition: its alternatives, or the entries of its list."""
        if isinstance(formula, Atom) and 1 < len(entries(formula.test)) <= _MOST_CASES:
            return [replace(formula, test=self.drawer.only(formula.test, at)) for at in range(len(entries(formula.test)))]
        return _alternatives(formula)


def _alternatives(formula: Formula) -> Sequence[Formula]:
    """What a formula is a disjunction of."""
    match formula:
        case Or(args):
            return [each for arg in args for each in _alternatives(arg)]
        case Not(And(args)):
            return [each for arg in args for each in _alternatives(Not(arg, arg.span))]
        case Not(Not(arg)):
            return _alternatives(arg)
    return [formula]


def _names(formula: Formula) -> frozenset[str]:
    return frozenset(spec.stored for spec in fields_of(formula).values())


def _rest(drawer: Drawer, known: Sequence[Formula], condition: Formula) -> Formula | None:
    """What is left of a condition; None if it follows."""
    if condition in known or any(follows(drawer, each, condition) for each in known):
        return None
    match condition:
        case Not(Atom(field, test) as atom, span) if len(listed := entries(test)) > 1:
            excluded = {
                entry
                for each in known
                if isinstance(each, Not) and isinstance(each.arg, Atom) and each.arg.field == field
                for entry in entries(each.arg.test)
            }
            rest = [entry for entry in listed if entry not in excluded]
            if len(rest) < len(listed):
                place = rest[0].span if len(rest) == 1 else atom.span
                return Not(replace(atom, test=with_entries(test, rest), span=place), place if len(rest) == 1 else span) if rest else None
    return condition


def follows(drawer: Drawer, formula: Formula, other: Formula) -> bool:
    """Whether the structure of two formulas shows that the other one follows; False if it does not show."""
    if formula == other:
        return True
    match formula, other:
        case DualReading(by_version=True) as known, DualReading(by_version=True) as asked:
            return follows(drawer, known.decisive, asked.decisive) and follows(drawer, known.literal, asked.literal)
        case DualReading(by_version=True) as known, _:
            return follows(drawer, known.decisive, other) and follows(drawer, known.literal, other)
        case _, DualReading(by_version=True) as asked:
            return follows(drawer, formula, asked.decisive) and follows(drawer, formula, asked.literal)
        case DualReading(decisive), _:
            return follows(drawer, decisive, other)
        case _, DualReading(decisive):
            return follows(drawer, formula, decisive)
        case _, And(args):
            return all(follows(drawer, formula, arg) for arg in args)
        case Or(args), _:
            return all(follows(drawer, arg, other) for arg in args)
        case Not(Or(args)), Not() if any(follows(drawer, Not(arg), other) for arg in args):
            return True
        case Atom(field), Exists(present) if field.stored == present.stored and field.flattened_root is None:
            return True
        case Atom(field, test), _ if 1 < len(listed := entries(test)) <= _MOST_ENTRIES:
            if isinstance(other, Atom) and other.field != field:
                return False
            theirs = set(entries(other.test)) if isinstance(other, Atom) else set()
            if theirs and len(theirs) * len(listed) > _MOST_PAIRS:
                return theirs.issuperset(listed)
            return all(
                entry in theirs or follows(drawer, replace(formula, test=drawer.only(test, at)), other) for at, entry in enumerate(listed)
            )
        case _, Or(args) if any(follows(drawer, formula, arg) for arg in args):
            return True
        case And(args), _:
            return any(follows(drawer, arg, other) for arg in args)
        case Not(arg), Not(denied):
            return follows(drawer, denied, arg)
        case Atom(field, test), Atom(same, asked) if field == same and type(test) is type(asked) and len(entries(test)) == 1:
            return any(implies(drawer, field, test, drawer.only(asked, at)) for at in range(len(entries(asked))))
    return False
