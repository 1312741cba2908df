"""Prepared value sets: the values that the cells of a match can take, and the tests that all of them pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from ...compiler.ir.formula import Test, Within
from ...compiler.schema.field_types import CONSTANT_KEYWORD
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.kinds import domain_of
from ...compiler.values.sets import Interval, Pattern
from .draw import Drawer
from .intervals import solution
from .kinds import domain_of_kind
from .pattern_shapes import Shapes
from .value_sets import Fixed, Joint, Listed, Ranged, Shaped, Tests, ValueSet

VALUES = 64
"""The number of values to draw and test for a set that cannot be described."""
_KEPT = 10_000


class PreparedSets:
    """Creates value sets and decides tests on them. A cell's set does not depend on the order of calls.

    Args:
        drawer: draws and tests single values.
        seed: names the run.
    """

    def __init__(self, drawer: Drawer, seed: str) -> None:
        self.drawer = drawer
        self.seed = seed
        self.shapes = Shapes()
        self._made: dict[tuple[object, ...], tuple[Tests, ValueSet | None]] = {}
        self._verdicts: dict[tuple[int, int, str], tuple[Test, ValueSet, bool | None]] = {}

    def of(self, spec: FieldSpec, value: Any, wanted: Tests, unwanted: Tests, variant: int = 0) -> ValueSet:
        """Returns a set of values of a field that pass the wanted tests and fail the unwanted ones, to be sampled without a search.

        Args:
            spec: the field.
            value: one such value; the only element if no others are certain.
            wanted: the tests that it must pass.
            unwanted: the tests that no value of the field may pass.
            variant: selects one of several lists if only a list of drawn values is possible.
        """
        if isinstance(value, dict) or spec.type is CONSTANT_KEYWORD:
            return Fixed(value)
        key = (spec.name, spec.type.name, tuple(map(id, wanted)), tuple(map(id, unwanted)))
        values = self._kept(key, wanted, unwanted, lambda: self._prepared(spec, wanted, unwanted))
        if values is None:
            values = self._kept((*key, variant), wanted, unwanted, lambda: self._drawn(spec, wanted, unwanted, variant))
        if isinstance(values, Listed) and len(values.values) <= 1:
            return Fixed(values.values[0] if values.values else value)
        return values or Fixed(value)

    def _kept(self, key: tuple[object, ...], wanted: Tests, unwanted: Tests, make: Callable[[], ValueSet | None]) -> ValueSet | None:
        cached = self._made.get(key)
        if cached is None:
            if len(self._made) >= _KEPT:
                self._made.clear()
            # The cache holds the tests, so that their ids are not reused.
            cached = self._made[key] = ((*wanted, *unwanted), make())
        return cached[1]

    def passes(self, spec: FieldSpec, test: Test, part: ValueSet) -> bool | None:
        """Whether every value of a set passes a test (True), or none does (False); None if neither is certain.

        Listed values are tested one by one, as the matcher tests them.
        """
        if isinstance(part, Fixed):
            return self.drawer.passes(spec, test, part.value)
        if isinstance(part, Joint):
            # Of one skeleton only: the cache would keep it after the skeleton is gone.
            return self._decide(spec, test, part)
        key = (id(test), id(part), spec.name)
        cached = self._verdicts.get(key)
        if cached is None:
            if len(self._verdicts) >= _KEPT:
                self._verdicts.clear()
            cached = self._verdicts[key] = (test, part, self._decide(spec, test, part))
        return cached[2]

    def _decide(self, spec: FieldSpec, test: Test, part: ValueSet) -> bool | None:
        match part:
            case Joint(_, values):
                return _unanimous(self.drawer.passes(spec, test, value) for value in dict.fromkeys(values))
            case Listed(values):
                return _unanimous(self.drawer.passes(spec, test, value) for value in values)
            case Shaped(patterns):
                return _unanimous(self.shape_passes(spec, test, pattern) for pattern in patterns)
            case Ranged(choices):
                return _unanimous(_range_passes(spec, test, parts) for parts in choices)
        return None

    def _prepared(self, spec: FieldSpec, wanted: Tests, unwanted: Tests) -> ValueSet | None:
        prepare = domain_of_kind(spec).prepare
        return prepare(self, spec, wanted, unwanted, self._rng(spec)) if prepare is not None else None

    def _rng(self, spec: FieldSpec, variant: int | None = None) -> Random:
        return Random(f"{self.seed}|values of {spec.name}{'' if variant is None else f'|{variant}'}")

    def _drawn(self, spec: FieldSpec, wanted: Tests, unwanted: Tests, variant: int) -> Listed:
        """Returns a list of drawn values, each tested; empty if none was found."""
        drawer = self.drawer.with_rng(self._rng(spec, variant))
        drawn = [drawer.draw(spec, wanted, unwanted) for _ in range(VALUES)]
        fitting = (value for value in drawn if not isinstance(value, dict | None) and self.drawer.fits(spec, value, wanted, unwanted))
        return Listed(tuple(dict.fromkeys(fitting)))

    def shape_passes(self, spec: FieldSpec, test: Test, shape: Pattern) -> bool | None:
        """Whether all texts of a shape pass a test (True), or none does (False); None when neither is certain."""
        literal = shape.literal
        return self.shapes.passes(test, shape) if literal is None else self.drawer.passes(spec, test, literal)


def _unanimous(verdicts: Iterable[bool | None]) -> bool | None:
    first: bool | None = None
    for verdict in verdicts:
        if verdict is None or (first is not None and verdict is not first):
            return None
        first = verdict
    return first


def _range_passes(spec: FieldSpec, test: Test, parts: tuple[Interval, ...]) -> bool | None:
    if not isinstance(test, Within) or not spec.kind.traits.whole_numbers:
        return None
    domain = domain_of(spec)
    if not solution(domain, [parts], test.intervals, whole=True):
        return True
    return None if solution(domain, [parts, test.intervals], (), whole=True) else False
