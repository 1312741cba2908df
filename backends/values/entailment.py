"""Whether one test implies or excludes another, decided without a solver: for patterns and expressions by their automata."""

from __future__ import annotations

from ...compiler.ir.formula import Atom, Like, Test, Within, entries
from ...compiler.normal_form.nnf import Lit
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.kinds import domain_of
from ...compiler.values.sets import Pattern
from .draw import Drawer
from .intervals import solution

MOST_STATES = 400
"""States of an automaton that are looked at before the question is left open."""


def excludes(drawer: Drawer, spec: FieldSpec, test: Test, other: Test) -> bool:
    """Whether no value passes both tests; False when it is open."""
    return _never(drawer, spec, [test, other], [])


def implies(drawer: Drawer, spec: FieldSpec, test: Test, other: Test) -> bool:
    """Whether every value that passes a test passes another; False when it is open."""
    return _never(drawer, spec, [test], [other])


def entry_that_implies(drawer: Drawer, excluded: Lit, only: Atom) -> Lit | None:
    """The literal, or of a list the entry, that every value passes that passes a test; None if there is none, or it is open."""
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
    only = _only_text(wanted[0], [*wanted[1:], *unwanted])
    if only is not None:
        return not accepts(only)
    return drawer.searcher.impossible(wanted, unwanted, accepts, MOST_STATES)


def _only_text(test: Test, others: list[Test]) -> str | None:
    """The one text that decides: what a test asks for, where case makes no difference."""
    match entries(test):
        case (Pattern() as entry,) if entry.literal is not None:
            if not entry.fold or not any(char.isascii() and char.isalpha() for char in entry.literal):
                return entry.literal
            if all(isinstance(other, Like) and all(pattern.fold for pattern in other.patterns) for other in others):
                return entry.literal
    return None
