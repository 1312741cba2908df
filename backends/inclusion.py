"""Whether one test implies or excludes another, decided without a solver: for patterns and expressions by their automata."""

from __future__ import annotations

from ..compiler.ir import Like, Pattern, Test, entries
from ..compiler.schema import FieldSpec
from .sampler.cells import Drawer

MOST_STATES = 400
"""States of an automaton that are looked at before the question is left open."""


def excludes(drawer: Drawer, spec: FieldSpec, test: Test, other: Test) -> bool:
    """Whether no value passes both tests; False when it is open."""
    return _never(drawer, spec, [test, other], [])


def implies(drawer: Drawer, spec: FieldSpec, test: Test, other: Test) -> bool:
    """Whether every value that passes a test passes another; False when it is open."""
    return _never(drawer, spec, [test], [other])


def _never(drawer: Drawer, spec: FieldSpec, wanted: list[Test], unwanted: list[Test]) -> bool:
    def accepts(text: str) -> bool:
        return all(drawer.passes(spec, test, text) for test in wanted) and not any(drawer.passes(spec, test, text) for test in unwanted)

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
