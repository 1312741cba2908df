"""Entailment between tests: whether one implies or excludes another, decided without a solver (automata for patterns)."""

from __future__ import annotations

from ...compiler.ir.formula import Atom, Like, Test, Within, entries
from ...compiler.normal_form.nnf import Lit
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.kinds import domain_of
from ...compiler.values.sets import Pattern
from .draw import Drawer
from .intervals import solution
from .lengths import no_common_length

MOST_STATES = 400
"""The maximum number of automaton states to explore before the answer is unknown."""


def excludes(drawer: Drawer, spec: FieldSpec, test: Test, other: Test) -> bool:
    """Whether no value passes both tests; False if unknown."""
    return _never(drawer, spec, [test, other], [])


def implies(drawer: Drawer, spec: FieldSpec, test: Test, other: Test) -> bool:
    """Whether every value that passes one test passes the other; False if unknown."""
    return _never(drawer, spec, [test], [other])


def entry_that_implies(drawer: Drawer, excluded: Lit, only: Atom) -> Lit | None:
    """Returns the literal, or the entry of a list, that a test implies; None if there is none, or if unknown."""
    leaf = excluded.leaf
    assert isinstance(leaf, Atom)
    listed = entries(leaf.test)
    sample = drawer.draw(only.field, (only.test,), ())
    if sample is None:
        return None
    if len(listed) < 2:
        return excluded if drawer.passes(leaf.field, leaf.test, sample) and implies(drawer, only.field, only.test, leaf.test) else None
    for place, entry in enumerate(listed):
        test = drawer.only(leaf.test, place)
        if drawer.passes(leaf.field, test, sample) and implies(drawer, only.field, only.test, test):
            return Lit(Atom(leaf.field, test, leaf.span), excluded.positive, excluded.place, entry.span)
    return None


def _never(drawer: Drawer, spec: FieldSpec, wanted: list[Test], unwanted: list[Test]) -> bool:
    def accepts(text: str) -> bool:
        return all(drawer.passes(spec, test, text) for test in wanted) and not any(drawer.passes(spec, test, text) for test in unwanted)

    numeric = [test.intervals for test in wanted if isinstance(test, Within)]
    if len(numeric) == len(wanted) and all(isinstance(test, Within) for test in unwanted):
        holes = [hole for test in unwanted if isinstance(test, Within) for hole in test.intervals]
        return not solution(domain_of(spec), numeric, holes, not spec.kind.traits.fractions)
    if no_common_length(wanted):
        return True
    only = _only_text(wanted[0], [*wanted[1:], *unwanted])
    if only is not None:
        return not accepts(only)
    return drawer.searcher.impossible(wanted, unwanted, accepts, MOST_STATES)


def _only_text(test: Test, others: list[Test]) -> str | None:
    """Returns the only string that a test accepts, up to case; None if it accepts others."""
    match entries(test):
        case (Pattern() as entry,) if entry.literal is not None:
            if not entry.fold or not any(char.isascii() and char.isalpha() for char in entry.literal):
                return entry.literal
            if all(isinstance(other, Like) and all(pattern.fold for pattern in other.patterns) for other in others):
                return entry.literal
    return None
