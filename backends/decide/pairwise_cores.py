"""Pairwise cores: contradictions between two conditions on one field, found without a solver.

Most contradictions are of this kind, and some of them (lists of thousands of names, dozens of patterns with two
wildcards) are the slowest for a solver.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...compiler.explain.core_reasons import CoreLiteral
from ...compiler.ir.formula import Atom, Exists, entries
from ...compiler.normal_form.alternatives import mandatory, only_entries
from ...compiler.normal_form.nnf import Lit
from ..generate.walk import Goal
from ..values.draw import Drawer
from ..values.entailment import excludes, implies

MOST = 10
"""The maximum number of contradictions to find."""
MOST_COMPARED = 4_000
"""The maximum number of comparisons of entries per pair of conditions."""


def plain_cores(drawer: Drawer, goals: Sequence[Goal]) -> list[tuple[CoreLiteral, ...]]:
    """Return contradicting pairs of conditions of one event (for excluded lists, the relevant entries); incomplete.

    Args:
        drawer: evaluates tests.
        goals: the events with their normal forms.
    """
    cores: list[tuple[CoreLiteral, ...]] = []
    for goal in goals:
        fields: dict[str, list[Lit]] = {}
        for literal in mandatory(goal.normal, ()):
            if isinstance(literal.leaf, Atom | Exists):
                fields.setdefault(literal.leaf.field.stored, []).append(literal)
        for literals in fields.values():
            cores += _pairs(drawer, goal.event, literals)
        if len(cores) >= MOST:
            return cores[:MOST]
    return cores


def _pairs(drawer: Drawer, event: int, literals: Sequence[Lit]) -> list[tuple[CoreLiteral, ...]]:
    pairs = []
    for at, first in enumerate(literals):
        for second in literals[at + 1 :]:
            positive, other = (first, second) if first.positive else (second, first)
            core = _contradiction(drawer, positive, other) if positive.positive else None
            if core is not None:
                pairs.append(tuple((event, literal) for literal in sorted(core, key=lambda literal: literal.place)))
    return pairs


def _contradiction(drawer: Drawer, first: Lit, second: Lit) -> tuple[Lit, ...] | None:
    """Returns the literals, the first of them positive, if they contradict each other; for an excluded list, its relevant entries."""
    one, other = first.leaf, second.leaf
    if isinstance(other, Exists):
        return (first, second) if not second.positive else None
    if not isinstance(one, Atom) or not isinstance(other, Atom):
        return None
    if second.positive:
        if one.field.several:
            return None
        few, many = (one, other) if len(entries(one.test)) <= len(entries(other.test)) else (other, one)
        tests = [drawer.only(few.test, place) for place in range(len(entries(few.test)))] or [few.test]
        disjoint = len(tests) <= MOST_COMPARED and all(excludes(drawer, one.field, test, many.test) for test in tests)
        return (first, second) if disjoint else None
    culprits: dict[int, None] = {}
    entry_tests = [drawer.only(one.test, place) for place in range(len(entries(one.test)))]
    refused = [drawer.only(other.test, place) for place in range(len(entries(other.test)))]
    if not entry_tests or len(entry_tests) * len(refused) > MOST_COMPARED:
        return None
    for test in entry_tests:
        sample = drawer.draw(one.field, (test,), ())
        fitting = (place for place, candidate in enumerate(refused) if sample is not None and drawer.passes(other.field, candidate, sample))
        covering = next((place for place in fitting if implies(drawer, one.field, test, refused[place])), None)
        if covering is None:
            return None
        culprits.setdefault(covering)
    if len(refused) == 1:
        return first, second
    return (first, *(_entry(second, other, place) for place in sorted(culprits)))


def _entry(literal: Lit, leaf: Atom, place: int) -> Lit:
    return Lit(Atom(leaf.field, only_entries(leaf.test, [place]), leaf.span), False, literal.place, entries(leaf.test)[place].span)
