"""Drawing values of ordered kinds: numbers, addresses, dates, booleans."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from ...compiler.ir.formula import Test, Within
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.kinds import domain_of, json_value
from ...compiler.values.literals import V4_BASE
from ...compiler.values.sets import Interval
from ...compiler.values.stored_numbers import is_rounded, stored
from .intervals import draw_float, draw_integer, intersect, solution

if TYPE_CHECKING:
    from .draw import Drawer

EXACT_JSON_INTEGER = 2**53 - 1
"""The largest integer that JSON readers with double precision represent exactly."""
_NAMED_RANGES: tuple[tuple[str, int, int], ...] = (
    (".port", 1, 65_535),
    (".pid", 1, 4_194_304),
    (".ppid", 1, 4_194_304),
    ("args_count", 1, 16),
    ("exit_code", 0, 255),
)
_DAY = 86_400_000
_ROUNDINGS = 8
_EXACT = Interval(0, EXACT_JSON_INTEGER), Interval(-EXACT_JSON_INTEGER, EXACT_JSON_INTEGER)


def draw_ordered(drawer: Drawer, spec: FieldSpec, wanted: tuple[Test, ...], unwanted: tuple[Test, ...]) -> Any | None:
    """Draw a JSON value whose number lies in an interval of each wanted test and of no unwanted one; None if there is none."""
    required = [test.intervals for test in wanted if isinstance(test, Within)]
    excluded = [hole for test in unwanted if isinstance(test, Within) for hole in test.intervals]
    domain, whole = domain_of(spec), not spec.kind.traits.fractions
    if required and len(required[0]) > 1:
        # Each alternative of a list is equally likely, which does not hold for the merged intervals.
        for interval in drawer.rng.sample(required[0], min(4, len(required[0]))):
            parts = solution(domain, [(interval,), *required[1:]], excluded, whole)
            if parts:
                break
        else:
            parts = solution(domain, required, excluded, whole)
    else:
        parts = solution(domain, required, excluded, whole)
    parts = preferred(drawer, spec, parts)
    if not parts:
        return None
    return json_value(spec, draw_integer(parts, drawer.rng)) if whole else _fitting_float(spec, parts, drawer.rng)


def preferred(drawer: Drawer, spec: FieldSpec, parts: list[Interval]) -> list[Interval]:
    """Restricts the intervals to the usual range of the field's values, if that leaves any."""
    for usual in drawer.usual_ranges(spec):
        cut = [both for part in parts if (both := intersect(part, usual)) is not None]
        if cut:
            return cut
    return parts


def usual_integers(spec: FieldSpec, now: int) -> Sequence[Interval]:
    """Ranges for ports, process ids and the like by the end of the field's name, then integers that are exact as doubles."""
    return [*(Interval(low, high) for suffix, low, high in _NAMED_RANGES if spec.name.endswith(suffix)), *_EXACT]


def usual_floats(spec: FieldSpec, now: int) -> Sequence[Interval]:
    """Fractions from 0 to 1, then numbers that are exact as doubles."""
    return [Interval(0, 1), *_EXACT]


def usual_addresses(spec: FieldSpec, now: int) -> Sequence[Interval]:
    """IPv4 addresses of hosts."""
    return [Interval(V4_BASE | 0x01000000, V4_BASE | 0xDFFFFFFF)]


def usual_dates(spec: FieldSpec, now: int) -> Sequence[Interval]:
    """The day before, then ten years around now."""
    return [Interval(now - _DAY, now), Interval(now - 3650 * _DAY, now + 3650 * _DAY)]


def _fitting_float(spec: FieldSpec, parts: list[Interval], rng: Random) -> float | None:
    """Draw a number that lies in one of the intervals even after the field has rounded it."""
    for _ in range(_ROUNDINGS):
        drawn = draw_float(parts, rng)
        if drawn is None or not is_rounded(spec):
            return drawn
        ends = (bound for part in parts for bound in (part.low, part.high) if bound is not None)
        for candidate in (drawn, stored(spec, drawn), *(stored(spec, end) for end in ends)):
            if any(part.contains(stored(spec, candidate)) for part in parts):
                return candidate
    return None
