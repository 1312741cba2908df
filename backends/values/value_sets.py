"""What one value of a document may be, prepared for drawing many.

A *part* stands for a set of values, every one of which passes the tests it was made for: a list, each entry of which was
tested; shapes, whose wildcards any letters may fill, which is proved once; a range of numbers, likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any, ClassVar

import orjson

from ...compiler.ir.formula import Like, Test, Within
from ...compiler.schema.field_types import CONSTANT_KEYWORD, Kind
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.literals import V4_BASE, V4_LAST
from ...compiler.values.sets import Interval, Pattern, Wild
from ..generate.cells import Cell, Drawer, Slot, domain_of, json_value
from .intervals import solution
from .pattern_shapes import Shapes, openness

VALUES = 64
"""Values that a list gets which cannot be enumerated: each is drawn and tested."""
MOST_ENTRIES = 1 << 12
"""Entries of a list of alternatives that one part has at most; which ones, its random numbers decide."""
MOST_SHAPES = 64
"""The same for patterns with wildcards."""
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Fixed:
    """One value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Listed:
    """One of these values; ``texts`` has them as JSON."""

    values: tuple[Any, ...]
    texts: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", tuple(orjson.dumps(value).decode() for value in self.values))


@dataclass(frozen=True, slots=True)
class Shaped:
    """A text of one of these patterns: letters stand for its wildcards, 1 to ``LONGEST_RUN`` of them for a ``*``."""

    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Ranged:
    """A whole number of one of these sets of closed intervals; IPv4 addresses are written as such."""

    choices: tuple[tuple[Interval, ...], ...]
    address: bool = False


Part = Fixed | Listed | Shaped | Ranged
_Tests = tuple[Test, ...]


class ValueSets:
    """Makes parts, and tells what tests they pass. The same cell gets the same part, whatever was asked before.

    Args:
        drawer: draws and tests single values.
        seed: names the run.
    """

    def __init__(self, drawer: Drawer, seed: str) -> None:
        self.drawer = drawer
        self.seed = seed
        self.shapes = Shapes()
        self._made: dict[tuple[object, ...], tuple[_Tests, Part | None]] = {}
        self._verdicts: dict[tuple[int, int, str], tuple[Test, Part, bool | None]] = {}

    def of(self, cell: Cell, slot: Slot, variant: int = 0) -> Part:
        """All that a value of a cell may be, or as much of it as can be drawn from without a search.

        Args:
            cell: the field, and the tests that no value of it may pass.
            slot: the value that was found, and the tests that it must pass.
            variant: which of several lists to take where only a list of drawn values serves.
        """
        spec = cell.spec
        if isinstance(slot.value, dict) or spec.type is CONSTANT_KEYWORD:
            return Fixed(slot.value)
        key = (spec.name, spec.type.name, tuple(map(id, slot.wanted)), tuple(map(id, cell.unwanted)))
        found = self._kept(key, slot.wanted, cell.unwanted, lambda: self._prepared(spec, slot.wanted, cell.unwanted))
        if found is None:
            found = self._kept((*key, variant), slot.wanted, cell.unwanted, lambda: self._drawn(spec, slot.wanted, cell.unwanted, variant))
        if isinstance(found, Listed) and len(found.values) <= 1:
            return Fixed(found.values[0] if found.values else slot.value)
        return found or Fixed(slot.value)

    def _kept(self, key: tuple[object, ...], wanted: _Tests, unwanted: _Tests, make: Callable[[], Part | None]) -> Part | None:
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= _KEPT:
                self._made.clear()
            # The tests are held, so that no other takes the identity of one of them.
            found = self._made[key] = ((*wanted, *unwanted), make())
        return found[1]

    def passes(self, spec: FieldSpec, test: Test, part: Part) -> bool | None:
        """Whether every value of a part passes a test (True), or none does (False); None when neither is certain.

        Listed values are tested one by one, as the matcher tests them.
        """
        if isinstance(part, Fixed):
            return self.drawer.passes(spec, test, part.value)
        key = (id(test), id(part), spec.name)
        found = self._verdicts.get(key)
        if found is None:
            if len(self._verdicts) >= _KEPT:
                self._verdicts.clear()
            found = self._verdicts[key] = (test, part, self._decide(spec, test, part))
        return found[2]

    def _decide(self, spec: FieldSpec, test: Test, part: Listed | Shaped | Ranged) -> bool | None:
        match part:
            case Listed(values):
                return _unanimous(self.drawer.passes(spec, test, value) for value in values)
            case Shaped(patterns):
                return _unanimous(self._shape_passes(spec, test, pattern) for pattern in patterns)
            case Ranged(choices):
                return _unanimous(_range_passes(spec, test, parts) for parts in choices)

    def _prepared(self, spec: FieldSpec, wanted: _Tests, unwanted: _Tests) -> Part | None:
        prepare = self._preparers.get(spec.type.kind)
        return prepare(self, spec, wanted, unwanted, self._rng(spec)) if prepare is not None else None

    def _rng(self, spec: FieldSpec, variant: int | None = None) -> Random:
        return Random(f"{self.seed}|values of {spec.name}{'' if variant is None else f'|{variant}'}")

    def _ranged(self, spec: FieldSpec, wanted: _Tests, unwanted: _Tests, rng: Random) -> Part | None:
        required = [test.intervals for test in wanted if isinstance(test, Within)]
        excluded = [test.intervals for test in unwanted if isinstance(test, Within)]
        if len(required) + len(excluded) < len(wanted) + len(unwanted):
            return None
        holes = [hole for intervals in excluded for hole in intervals]
        domain = domain_of(spec)
        # Each alternative of a list is as likely as another.
        first = rng.sample(required[0], min(MOST_SHAPES, len(required[0]))) if required else [domain]
        found = [self.drawer.preferred(spec, solution(domain, [(each,), *required[1:]], holes, whole=True)) for each in first]
        choices = tuple(tuple(parts) for parts in found if parts)
        bounds = [bound for parts in choices for part in parts for bound in (part.low, part.high)]
        address = spec.type.kind is Kind.IP
        if not choices or not all(isinstance(bound, int) and (not address or V4_BASE <= bound <= V4_LAST) for bound in bounds):
            return None
        single = [parts[0].low for parts in choices if len(parts) == 1 and parts[0].low == parts[0].high]
        if len(single) == len(choices):
            return Listed(tuple(dict.fromkeys(json_value(spec, number) for number in single if number is not None)))
        return Ranged(choices, address)

    def _boolean(self, spec: FieldSpec, wanted: _Tests, unwanted: _Tests, rng: Random) -> Part | None:
        return Listed(tuple(value for value in (False, True) if self._fits(spec, value, wanted, unwanted)))

    def _strings(self, spec: FieldSpec, wanted: _Tests, unwanted: _Tests, rng: Random) -> Part | None:
        lists = [test for test in wanted if isinstance(test, Like)]
        offered = min(lists, key=openness).patterns if lists else (_ANYTHING,)
        if not lists:
            usual = tuple(value for value in spec.allowed or spec.expected if self._fits(spec, value, wanted, unwanted))
            if usual:
                return Listed(usual)
        if len(offered) > MOST_ENTRIES:
            offered = tuple(rng.sample(offered, MOST_ENTRIES))
        literals = [pattern.literal for pattern in offered]
        if None not in literals:
            fitting = dict.fromkeys(text for text in literals if text is not None and self._fits(spec, text, wanted, unwanted))
            return Listed(tuple(fitting)) if fitting else None
        if len(offered) > MOST_SHAPES:
            offered = tuple(rng.sample(offered, MOST_SHAPES))
        shapes = tuple(
            pattern
            for pattern in offered
            if all(self._shape_passes(spec, test, pattern) is True for test in wanted)
            and all(self._shape_passes(spec, test, pattern) is False for test in unwanted)
        )
        return Shaped(shapes) if shapes else None

    _preparers: ClassVar[dict[Kind, Callable[[ValueSets, FieldSpec, _Tests, _Tests, Random], Part | None]]] = {
        Kind.INTEGER: _ranged,
        Kind.IP: _ranged,
        Kind.BOOLEAN: _boolean,
        Kind.STRING: _strings,
    }

    def _drawn(self, spec: FieldSpec, wanted: _Tests, unwanted: _Tests, variant: int) -> Listed:
        """A list of drawn values, each tested; empty if none was found."""
        before, self.drawer.rng = self.drawer.rng, self._rng(spec, variant)
        try:
            drawn = [self.drawer.draw(spec, wanted, unwanted) for _ in range(VALUES)]
        finally:
            self.drawer.rng = before
        fitting = (value for value in drawn if not isinstance(value, dict | None) and self._fits(spec, value, wanted, unwanted))
        return Listed(tuple(dict.fromkeys(fitting)))

    def _fits(self, spec: FieldSpec, value: Any, wanted: _Tests, unwanted: _Tests) -> bool:
        passes = self.drawer.passes
        return all(passes(spec, test, value) for test in wanted) and not any(passes(spec, test, value) for test in unwanted)

    def _shape_passes(self, spec: FieldSpec, test: Test, shape: Pattern) -> bool | None:
        literal = shape.literal
        return self.shapes.passes(test, shape) if literal is None else self.drawer.passes(spec, test, literal)


_ANYTHING = Pattern((Wild.RUN,))


def _unanimous(verdicts: Iterable[bool | None]) -> bool | None:
    first: bool | None = None
    for verdict in verdicts:
        if verdict is None or (first is not None and verdict is not first):
            return None
        first = verdict
    return first


def _range_passes(spec: FieldSpec, test: Test, parts: tuple[Interval, ...]) -> bool | None:
    if not isinstance(test, Within) or spec.type.kind not in (Kind.INTEGER, Kind.IP):
        return None
    domain = domain_of(spec)
    if not solution(domain, [parts], test.intervals, whole=True):
        return True
    return None if solution(domain, [parts, test.intervals], (), whole=True) else False
