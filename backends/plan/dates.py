"""Rendering many dates as ISO 8601 at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from ...compiler.values.literals import render_date

_DAY = 86_400_000
_MINUTE = 60_000


def dates(times: Sequence[int]) -> list[str]:
    """Return the dates of times in epoch milliseconds, as `render_date` gives them."""
    seconds, minutes = _seconds(), _minutes()
    first, last = (render_day(bound // _DAY) for bound in (min(times), max(times)))
    if first == last:
        begin = min(times) // _DAY * _DAY
        return [first + minutes[(time := at - begin) // _MINUTE] + seconds[time % _MINUTE] for at in times]
    return [f"{render_day(time // _DAY)}{minutes[time % _DAY // _MINUTE]}{seconds[time % _MINUTE]}" for time in times]


@lru_cache(maxsize=4096)
def render_day(number: int) -> str:
    """The date of a day, by its number since 1970."""
    return render_date(number * _DAY).partition("T")[0]


@cache
def _minutes() -> list[str]:
    return [f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]


@cache
def _seconds() -> list[str]:
    return [f"{time // 1000:02}.{time % 1000:03}Z" for time in range(_MINUTE)]
