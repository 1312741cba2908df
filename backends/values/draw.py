"""Drawing a value of a field that passes the wanted tests and fails the unwanted ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from ...compiler.ir.formula import EVERYWHERE, NestedMatch, Test
from ...compiler.normal_form.alternatives import only_entries
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.match_document import compile_test
from ...compiler.values.sets import Interval
from .kinds import domain_of_kind
from .string_automaton import Searcher

_KEPT_CHECKS = 10_000
"""The size of the cache of compiled tests; inverted functions create new tests for every document."""

DrawObject = Callable[["Drawer", FieldSpec, tuple[Test, ...], tuple[Test, ...]], Any | None]
"""Draws an object of a nested field, or a value of another, that satisfies the wanted formulas and none of the unwanted ones."""


class CompiledTests:
    """Compiled tests and string automata, cached per program by identity, because hashing long lists is slow.

    Attributes:
        searcher: searches for strings.
    """

    def __init__(self) -> None:
        self.searcher = Searcher()
        self._entries: dict[tuple[int, int], tuple[Test, Test]] = {}
        self._checks: dict[tuple[int, str], tuple[Test, Callable[[Any], bool]]] = {}

    def passes(self, spec: FieldSpec, test: Test, value: Any) -> bool:
        """Whether a value passes a test."""
        key = (id(test), spec.name)
        known = self._checks.get(key)
        if known is None:
            if len(self._checks) >= _KEPT_CHECKS:
                self._checks.clear()
            known = self._checks[key] = (test, compile_test(spec, test))
        return known[1](value)

    def only(self, test: Test, place: int) -> Test:
        """Returns the test restricted to one entry of its list; always the same object, so that it is compiled once."""
        key = (id(test), place)
        known = self._entries.get(key)
        if known is None:
            known = self._entries[key] = (test, only_entries(test, [place]))
        return known[1]


class Drawer:
    """Draws values for one match.

    Attributes:
        tests: compiled tests, shared by the drawers of a program.
        rng: the source of randomness.
        now: unconstrained dates are drawn around this time, in epoch milliseconds.
        draw_object: draws the objects of nested fields, and values of which several conditions hold together.
        identifying: the names of fields that identify a match: their values should rarely repeat.
        constants: the values of constant_keyword fields that are chosen already; drawn values are added.
        fixed: the names of the constant_keyword fields whose values must not change.
        run: a key that all matches of a run share; None outside a run.
    """

    __slots__ = ("constants", "draw_object", "fixed", "identifying", "now", "only", "passes", "rng", "run", "searcher", "tests")

    def __init__(
        self,
        tests: CompiledTests,
        rng: Random,
        now: int,
        draw_object: DrawObject,
        identifying: frozenset[str] = frozenset(),
        constants: Mapping[str, Any] | None = None,
        run: str | None = None,
    ) -> None:
        self.tests = tests
        self.rng = rng
        self.now = now
        self.draw_object = draw_object
        self.identifying = identifying
        self.constants = dict(constants or {})
        self.fixed = frozenset(self.constants)
        self.run = run
        # Bound once, because it is called for every value.
        self.passes = tests.passes
        self.only = tests.only
        self.searcher = tests.searcher

    def with_rng(self, rng: Random) -> Drawer:
        """Returns a copy with another source of randomness."""
        return Drawer(self.tests, rng, self.now, self.draw_object, self.identifying, self.constants, self.run)

    def draw(self, spec: FieldSpec, wanted: tuple[Test, ...], unwanted: tuple[Test, ...]) -> Any | None:
        """Draw a JSON value that passes the wanted tests and fails the unwanted ones; None if none was found."""
        if spec.name == EVERYWHERE.name:
            return None
        if not spec.kind.traits.nested and any(isinstance(test, NestedMatch) for test in (*wanted, *unwanted)):
            return self.draw_object(self, spec, wanted, unwanted)
        return domain_of_kind(spec).draw(self, spec, wanted, unwanted)

    def fits(self, spec: FieldSpec, value: Any, wanted: Sequence[Test], unwanted: Sequence[Test]) -> bool:
        """Whether a value passes the wanted tests and fails the others."""
        passes = self.passes
        return all(passes(spec, test, value) for test in wanted) and not any(passes(spec, test, value) for test in unwanted)

    def usual_ranges(self, spec: FieldSpec) -> Sequence[Interval]:
        """Where the numbers of a field usually lie, the most usual first."""
        return domain_of_kind(spec).usual_ranges(spec, self.now)
