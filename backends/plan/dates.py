"""Rendering many dates as ISO 8601 at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from ...compiler.values.literals import render_date

_DAY = 86_400_000
_MINUTE = 60_000


def dates(times: Sequence[int]) -> list[str]:
    """Return the dates of times in epoch milliseconds, as `render_date` gives them."""
    return list(map(render_date, times))


def whole_seconds(times: Sequence[int]) -> list[str]:
    """Return the dates of times at whole seconds, up to the point before the milliseconds."""
    # Small tables: strings that are not in the processor's cache take longer to read than to make.
    minutes, seconds = _minutes(), _seconds()
    begin = min(times) // _DAY * _DAY
    if begin != max(times) // _DAY * _DAY:
        return [render_date(time)[:-4] for time in times]
    date = render_date(begin)[:-14]
    return [f"{date}{minutes[(time := at - begin) // _MINUTE]}{seconds[time % _MINUTE // 1000]}" for at in times]


@cache
def thousandths() -> tuple[str, ...]:
    """The ends of dates by their milliseconds."""
    return tuple(f"{time:03}Z" for time in range(1000))


@cache
def _minutes() -> list[str]:
    return [f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]


@cache
def _seconds() -> list[str]:
    return [f"{second:02}." for second in range(60)]
