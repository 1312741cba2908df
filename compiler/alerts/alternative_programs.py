"""Rules with several programs: a match of any of them is an alert."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..ir.formula import Formula
from ..semantics.document import Flat

if TYPE_CHECKING:
    from .watchers import Found, Watcher


class AlternativesWatcher:
    """The watchers of a rule's programs as one.

    Args:
        watchers: one for each program.
    """

    ordered = True

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self._watchers = watchers
        self.conditions: tuple[Formula, ...] = tuple(formula for watcher in watchers for formula in watcher.conditions)
        self._starts = [0]
        for watcher in watchers:
            self._starts.append(self._starts[-1] + len(watcher.conditions))

    def read(self, flat: Flat, satisfied: Sequence[int]) -> Any:
        """By the number of a watcher, what it needs of an event."""
        by_watcher: dict[int, list[int]] = {}
        for number in satisfied:
            place = bisect_right(self._starts, number) - 1
            by_watcher.setdefault(place, []).append(number - self._starts[place])
        found = {place: self._watchers[place].read(flat, numbers) for place, numbers in by_watcher.items()}
        kept = {place: read for place, read in found.items() if read is not None}
        return kept or None

    def take(self, position: int, time: int | float, read: Any) -> list[Found]:
        """See `Watcher`."""
        return [found for place, each in read.items() for found in self._watchers[place].take(position, time, each)]

    def finish(self) -> list[Found]:
        """See `Watcher`."""
        return [found for watcher in self._watchers for found in watcher.finish()]
