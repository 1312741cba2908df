"""Rendering many dates as ISO 8601 at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ...compiler.values.literals import render_date

_DAY = 86_400_000
_MINUTE = 60_000


def dates(times: Sequence[int]) -> list[str]:
    """Return the dates of times in epoch milliseconds, as `render_date` gives them."""
    # Small tables: strings that are not in the processor's cache take longer to read than to make.
    minutes, seconds, thousandths = _minutes(), _seconds(), _thousandths()
    day = min(times) // _DAY
    date, time_of_day, _ = render_date(day * _DAY).partition("T")
    if day != max(times) // _DAY or not time_of_day:
        return list(map(render_date, times))
    begin = day * _DAY
    return [
        f"{date}{minutes[(time := at - begin) // _MINUTE]}{seconds[(rest := time % _MINUTE) // 1000]}{thousandths[rest % 1000]}"
        for at in times
    ]


@cache
def _minutes() -> list[str]:
    return [f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]


@cache
def _seconds() -> list[str]:
    return [f"{second:02}." for second in range(60)]


@cache
def _thousandths() -> list[str]:
    return [f"{time:03}Z" for time in range(1000)]
