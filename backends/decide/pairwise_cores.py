"""Pairwise cores: contradictions between two conditions on one field, or of a term with known values, found without a solver.

Most contradictions are of this kind, and some of them (lists of thousands of names, dozens of patterns with two
wildcards) are the slowest for a solver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any

from ...compiler.explain.core_reasons import CoreLiteral
from ...compiler.ir.formula import Atom, Exists, Like, Predicate, Within, entries, term_fields
from ...compiler.normal_form.alternatives import mandatory, only_entries
from ...compiler.normal_form.nnf import Lit
from ...compiler.semantics.match_document import Reading, compile_formula
from ...compiler.values.kinds import json_value
from ...compiler.values.stored_numbers import is_rounded
from ..generate.walk import Goal
from ..values.draw import Drawer
from ..values.entailment import excludes, implies

MOST = 10
"""The maximum number of contradictions to find."""
_MOST_VALUES = 64
"""The maximum number of values, or combinations of values, for which a term is evaluated."""
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
        terms: list[Lit] = []
        for literal in mandatory(goal.normal, ()):
            if isinstance(literal.leaf, Atom | Exists):
                fields.setdefault(literal.leaf.field.stored, []).append(literal)
            elif isinstance(literal.leaf, Predicate):
                terms.append(literal)
        for literals in fields.values():
            cores += _pairs(drawer, goal.event, literals)
        cores += _evaluated(goal.event, fields, terms)
        if len(cores) >= MOST:
            return cores[:MOST]
    return cores


def _evaluated(event: int, fields: Mapping[str, Sequence[Lit]], terms: Sequence[Lit]) -> list[tuple[CoreLiteral, ...]]:
    """Returns terms over fields whose few possible values are all known, none of which satisfies them."""
    known = {name: found for name, literals in fields.items() if (found := _few_values(literals)) is not None}
    cores = []
    for literal in terms:
        assert isinstance(literal.leaf, Predicate)
        specs = {spec.stored: spec for spec in term_fields(literal.leaf.term)}
        if not specs or any(spec.several or name not in known for name, spec in specs.items()):
            continue
        judge = compile_formula(literal.leaf, Reading.ELASTICSEARCH)
        lists = [known[name][1] for name in specs]
        if prod(map(len, lists)) > _MOST_VALUES:
            continue
        choices = (dict(zip(specs, ([value] for value in chosen), strict=True)) for chosen in product(*lists))
        if not any((judge(flat) is True) == literal.positive for flat in choices):
            core = dict.fromkeys([literal, *(known[name][0] for name in specs)])
            cores.append(tuple((event, each) for each in sorted(core, key=lambda each: each.place)))
    return cores


def _few_values(literals: Sequence[Lit]) -> tuple[Lit, list[Any]] | None:
    """Returns a condition that allows few values of a single-valued field, and these values as documents hold them."""
    for literal in literals:
        if not literal.positive or not isinstance(literal.leaf, Atom) or literal.leaf.field.several:
            continue
        spec, test = literal.leaf.field, literal.leaf.test
        match test:
            case Like(patterns) if spec.kind.traits.whole_strings and len(patterns) <= _MOST_VALUES:
                texts = [None if pattern.fold else pattern.literal for pattern in patterns]
                if None not in texts:
                    return literal, texts
            case Within(intervals) if len(intervals) <= _MOST_VALUES and not is_rounded(spec):
                points = [interval.low for interval in intervals if interval.low is not None and interval.low == interval.high]
                if len(points) == len(intervals):
                    return literal, [json_value(spec, point) for point in points]
    return None


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
