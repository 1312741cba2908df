"""Sets of numbers as disjoint intervals: exact intersection, difference and drawing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from random import Random

from ...compiler.values.sets import Interval


def integral(interval: Interval) -> Interval | None:
    """The integers of an interval as a closed interval; None when it holds none."""
    low, high = interval.low, interval.high
    if low is not None:
        whole = math.ceil(low)
        low = whole + 1 if interval.low_open and whole == low else whole
    if high is not None:
        whole = math.floor(high)
        high = whole - 1 if interval.high_open and whole == high else whole
    return None if low is not None and high is not None and low > high else Interval(low, high)


def intersect(left: Interval, right: Interval) -> Interval | None:
    """Returns the intersection of two intervals, or None if it is empty."""
    low, low_open = _later((left.low, left.low_open), (right.low, right.low_open))
    high, high_open = _earlier((left.high, left.high_open), (right.high, right.high_open))
    if low is not None and high is not None and (low > high or (low == high and (low_open or high_open))):
        return None
    return Interval(low, high, low_open, high_open)


Bound = tuple[int | float | None, bool]


def _later(left: Bound, right: Bound) -> Bound:
    """The tighter of two lower bounds (a value, and whether it is open)."""
    if left[0] is None or (right[0] is not None and right[0] > left[0]):
        return right
    return left if right[0] is None or left[0] > right[0] else (left[0], left[1] or right[1])


def _earlier(left: Bound, right: Bound) -> Bound:
    """The tighter of two upper bounds."""
    if left[0] is None or (right[0] is not None and right[0] < left[0]):
        return right
    return left if right[0] is None or left[0] < right[0] else (left[0], left[1] or right[1])


def _without(interval: Interval, holes: Iterable[Interval]) -> Iterator[Interval]:
    """Returns the interval minus the holes, which are sorted by their lower bounds."""
    rest: Interval | None = interval
    for hole in holes:
        if rest is None:
            return
        if hole.low is not None:
            before = intersect(rest, Interval(None, hole.low, high_open=not hole.low_open))
            if before is not None:
                yield before
        rest = None if hole.high is None else intersect(rest, Interval(hole.high, None, low_open=not hole.high_open))
    if rest is not None:
        yield rest


def solution(domain: Interval, required: Iterable[Iterable[Interval]], excluded: Iterable[Interval], whole: bool) -> list[Interval]:
    """Intersects the domain with each required set and removes the excluded intervals; integers only if ``whole``."""
    parts = [domain]
    for alternatives in required:
        choices = list(alternatives)
        parts = [both for part in parts for choice in choices if (both := intersect(part, choice)) is not None]
    # An open lower bound sorts after the same bound closed.
    holes = sorted(excluded, key=lambda hole: (-math.inf if hole.low is None else hole.low, hole.low_open))
    parts = [rest for part in parts for rest in _without(part, holes)]
    if whole:
        return [closed for part in parts if (closed := integral(part)) is not None]
    return parts


def draw_integer(parts: list[Interval], rng: Random) -> int:
    """Draw an integer from one of the intervals, each with equal probability."""
    part = rng.choice(parts)
    assert isinstance(part.low, int) and isinstance(part.high, int)
    return rng.randint(part.low, part.high)


def draw_float(parts: list[Interval], rng: Random) -> float | None:
    """Draw a number from one of the intervals; None if no float lies between open bounds."""
    part = rng.choice(parts)
    assert part.low is not None and part.high is not None
    low = math.nextafter(part.low, math.inf) if part.low_open else float(part.low)
    high = math.nextafter(part.high, -math.inf) if part.high_open else float(part.high)
    if low > high:
        return None
    drawn = low + (high - low) * rng.random() if high - low < math.inf else rng.choice((low, high)) * rng.random()
    rounded = round(drawn, 3)
    return rounded if low <= rounded <= high else min(max(drawn, low), high)
