"""The timeline of a run: when its documents happen, from first to last."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from random import Random

from .run_options import RunOptions

DAY = 86_400_000
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": DAY, "w": 7 * DAY}
_OUTSIDE = 0.08
"""The share of documents outside the working hours."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """When the documents of a run happen.

    Attributes:
        start: of the first, in epoch milliseconds.
        length: from the first to the last, in milliseconds; None where the rate decides.
        rate: documents per millisecond, or None.
        jitter: how far times are from even distances: from 0 to 1.
        hours: the first working hour and the one after the last, in UTC, or None.
    """

    start: int
    length: int | None = None
    rate: float | None = None
    jitter: float = 1.0
    hours: tuple[int, int] | None = None

    def for_documents(self, count: int) -> Timeline:
        """The timeline with the length of so many documents."""
        if self.rate is None:
            return self
        return replace(self, length=max(1, round(count / self.rate)), rate=None)

    def moment(self, key: str, number: int, count: int) -> int:
        """The time of one of so many matches that are spread over the timeline, in epoch milliseconds.

        Args:
            key: of the rule; it decides the jitter.
            number: of the match, from 0.
            count: of the matches of the rule.
        """
        rng = Random(f"{key}|moment {number}")
        phase = Random(f"{key}|phase").random()
        share = (number + 0.5 * (1 - self.jitter) + self.jitter * rng.random()) / max(count, 1)
        share = share if self.jitter else (number + phase) / max(count, 1)
        length = self.length or 0
        if self.hours is None or rng.random() < _OUTSIDE:
            return self.start + min(length, int(share * length))
        return self._working(share, length)

    def _working(self, share: float, length: int) -> int:
        """The moment at a share of the working time; the same share of all time if no working hour is in it."""
        assert self.hours is not None
        spans = [span for span in self._spans(length) if span[1] > span[0]]
        total = sum(last - first for first, last in spans)
        left = int(share * total)
        for first, last in spans:
            if left < last - first:
                return first + left
            left -= last - first
        return self.start + min(length, int(share * length)) if not spans else spans[-1][1] - 1

    def _spans(self, length: int) -> list[tuple[int, int]]:
        assert self.hours is not None
        end = self.start + length
        first_day, last_day = self.start // DAY, end // DAY
        opening, closing = (hour * _UNITS["h"] for hour in self.hours)
        # 1970-01-01 was a Thursday: the days 2 and 3 of each week are Saturday and Sunday.
        days = [day for day in range(first_day, min(last_day, first_day + _MOST_DAYS) + 1) if day % 7 not in (2, 3)]
        return [(max(self.start, day * DAY + opening), min(end, day * DAY + closing)) for day in days]


_MOST_DAYS = 3660


def timeline_of(order: RunOptions) -> Timeline | None:
    """The timeline that options ask for; None if documents keep the times that they are drawn with."""
    asked = (order.until, order.spread, order.rate, order.working_hours, order.jitter)
    if order.noise == 0 and order.first is None and all(value is None for value in asked):
        return None
    start = order.start if order.first is None else order.first
    length = DAY
    if order.until is not None:
        length = order.until - start
    elif order.spread is not None:
        length = order.spread
    jitter = 1.0 if order.jitter is None else order.jitter
    return Timeline(start, length, order.rate, jitter, order.working_hours)


def duration_of(text: str) -> int:
    """A duration in milliseconds: ``90s``, ``15m``, ``8h``, ``7d``.

    Raises:
        ValueError: it is not one.
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)(ms|s|m|h|d|w)", text.strip())
    if found is None or float(found[1]) == 0:
        raise ValueError(f"`{text}` is not a duration: use a number and a unit, such as 90s, 15m, 8h or 7d")
    return round(float(found[1]) * _UNITS[found[2]])


def rate_of(text: str) -> float:
    """A rate in documents per millisecond: ``100/s``, ``20/m``, ``5000/h``.

    Raises:
        ValueError: it is not one.
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)/(s|m|h|d)", text.strip())
    if found is None or float(found[1]) == 0:
        raise ValueError(f"`{text}` is not a rate: use documents per unit of time, such as 100/s, 20/m or 5000/h")
    return float(found[1]) / _UNITS[found[2]]


def hours_of(text: str) -> tuple[int, int]:
    """Working hours: ``8-18``.

    Raises:
        ValueError: they are not hours of a day, the first before the last.
    """
    found = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text.strip())
    hours = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 0 <= hours[0] < hours[1] <= 24:
        raise ValueError(f"`{text}` are not working hours: use two hours of a day, such as 8-18")
    return hours
