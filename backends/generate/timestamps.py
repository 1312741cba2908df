"""Scheduling the timestamps of a match: in order, within ``maxspan``, and each within its event's conditions.

Events share a timestamp only if the conditions leave no other choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ...compiler.ir.formula import Formula, Predicate, Within, leaves, term_fields
from ...compiler.ir.program import Program, ShapeKind
from ...compiler.semantics.match_group import Event
from ...compiler.semantics.match_stream import TIMESTAMP, time_of
from ...compiler.values.sets import Interval
from ..values.intervals import solution
from .cells import Cell
from .walk import CellName

EVENT_GAP = 1_000
"""Milliseconds between the events of a group, if ``maxspan`` allows."""

Window = Sequence[Interval]
"""The allowed times of an event, in epoch milliseconds: disjoint closed intervals."""


def schedule(windows: Sequence[Window], preferred: Sequence[int], maxspan: int | None, apart: int = 1) -> list[int] | None:
    """Find increasing times, one in each window, the last at most ``maxspan`` after the first.

    Args:
        windows: for each event, its allowed times.
        preferred: the times to use if the windows allow them, in order.
        maxspan: milliseconds, or None.
        apart: the minimum milliseconds between two events; with 0, events may share a time.

    Returns:
        The times, or None if there are none.
    """
    if maxspan is not None and maxspan < (len(windows) - 1) * apart:
        return None
    for wished in _wished(windows, preferred, apart):
        if maxspan is None or wished[-1] - wished[0] <= maxspan:
            return wished
    # As close together as possible, from the earliest end: if the span is too long, the first event must come later.
    start = None
    while True:
        earliest = _ascending(windows, [start] * len(windows), apart)
        if earliest is None:
            return None
        tight = _descending(windows, earliest[-1], apart)
        if maxspan is None or tight[-1] - tight[0] <= maxspan:
            return tight
        start = tight[-1] - maxspan


def _wished(windows: Sequence[Window], preferred: Sequence[int], apart: int) -> Iterator[list[int]]:
    """Yields times near the preferred ones: at or after them, at or before them, or from the latest first event."""
    times = _ascending(windows, preferred, apart)
    if times is not None:
        yield times
    latest = _latest(windows, preferred, apart)
    if latest is not None:
        yield latest
        shifted = _ascending(windows, [latest[0] + wish - preferred[0] for wish in preferred], apart)
        if shifted is not None:
            yield shifted


def _latest(windows: Sequence[Window], preferred: Sequence[int], apart: int) -> list[int] | None:
    """Returns for each event the last allowed time, at or before the preferred one, with the preferred distance to the next event."""
    times: list[int] = []
    for at in reversed(range(len(windows))):
        high = preferred[at]
        if times:
            high = min(high, times[-1] - max(apart, preferred[at + 1] - preferred[at]))
        if not any(interval.low is None or interval.low <= high for interval in windows[at]):
            return None
        times.append(_last(windows[at], high))
    return times[::-1]


def _ascending(windows: Sequence[Window], preferred: Sequence[int | None], apart: int) -> list[int] | None:
    """Returns for each event the first allowed time after the previous event, at or after the preferred one."""
    times: list[int] = []
    for window, at in zip(windows, preferred, strict=True):
        bounds = [bound for bound in (at, times[-1] + apart if times else None) if bound is not None]
        time = _first(window, max(bounds, default=None))
        if time is None and at is not None and times:
            # Earlier than preferred, if the order still holds.
            time = _first(window, times[-1] + apart)
        if time is None:
            return None
        times.append(time)
    return times


def _descending(windows: Sequence[Window], end: int, apart: int) -> list[int]:
    """Returns for each event the last allowed time before the next event, backwards from an end with a known solution."""
    times = [end]
    for window in reversed(windows[:-1]):
        times.append(_last(window, times[-1] - apart))
    return times[::-1]


def _first(window: Window, low: int | None) -> int | None:
    starts = [
        max(_whole(interval.low, low), low if low is not None else _whole(interval.low, 0))
        for interval in window
        if _reaches(interval, low)
    ]
    return min(starts, default=None)


def _reaches(interval: Interval, low: int | None) -> bool:
    return low is None or interval.high is None or interval.high >= low


def _last(window: Window, high: int) -> int:
    return max(min(_whole(interval.high, high), high) for interval in window if interval.low is None or interval.low <= high)


def _whole(bound: int | float | None, otherwise: int | None) -> int:
    return int(bound) if bound is not None else otherwise if otherwise is not None else 0


class Clock:
    """Assigns the timestamps of all groups of a run.

    Consecutive groups are so far apart that no event of one lies in the span of another, if the events' conditions allow it.

    Args:
        program: the program.
        events: the events of a match.
        start: the time of the first event of the first group, in epoch milliseconds.
        name_of: the cell that holds a field of an event.
    """

    def __init__(self, program: Program, events: Sequence[Event], start: int, name_of: Callable[[int, str], CellName]) -> None:
        self.start = start
        self.ordered = program.kind is ShapeKind.SEQUENCE or any(event.kin is not None for event in events)
        self.maxspan = program.maxspan if self.ordered else None
        self.names = [name_of(number, TIMESTAMP) for number in range(len(events))]
        # The cell determines a timestamp that is a join key, or that another field depends on.
        self.settled = [
            name != (number, TIMESTAMP) or _in_term(event.formula)
            for number, (name, event) in enumerate(zip(self.names, events, strict=True))
        ]
        self.gap = EVENT_GAP
        if self.maxspan is not None and len(events) > 1:
            self.gap = min(EVENT_GAP, self.maxspan // (len(events) - 1))
        self.spacing = len(events) * EVENT_GAP
        if self.ordered and any(step.missing for step in (program.steps[0], program.steps[-1])):
            self.spacing += self.maxspan or 0

    def times(self, cells: Mapping[CellName, Cell], number: int) -> list[int]:
        """Returns the timestamps of the events of a group.

        Args:
            cells: the values of the group; the cells of ``@timestamp`` constrain its times.
            number: the number of the group in the run.
        """
        windows = [self._window(at, cells.get(name)) for at, name in enumerate(self.names)]
        if self.ordered:
            return self._apart(windows, number, [at * self.gap for at in range(len(windows))], self.maxspan)
        return [time for at, window in enumerate(windows) for time in self._apart([window], number, [at * self.gap], None)]

    def _apart(self, windows: list[Window], number: int, offsets: list[int], maxspan: int | None) -> list[int]:
        """Schedules events that belong together: in the group's own time span, or else next to an allowed time."""
        wished = [self.start + number * self.spacing + offset for offset in offsets]
        times = schedule(windows, wished, maxspan)
        if times is None:
            # Events with equal timestamps are ordered by position.
            times = schedule(windows, wished, maxspan, apart=0)
        if times is None or times == wished or number == 0:
            return times or wished
        for direction in (1, -1):
            elsewhere = [times[0] + direction * number * self.spacing + offset for offset in offsets]
            if schedule(windows, elsewhere, maxspan) == elsewhere:
                return elsewhere
        return times

    def _window(self, at: int, cell: Cell | None) -> Window:
        if cell is None or not cell.slots:
            return (_ALWAYS,)
        slot = cell.slots[0]
        if self.settled[at] or (not slot.wanted and not cell.required):
            value = int(time_of({TIMESTAMP: [slot.value]}))
            return (Interval(value, value),)
        required = [test.intervals for test in slot.wanted if isinstance(test, Within)]
        excluded = [hole for test in cell.unwanted if isinstance(test, Within) for hole in test.intervals]
        return solution(_ALWAYS, required, excluded, whole=True)


_ALWAYS = Interval(None, None)


def _in_term(formula: Formula) -> bool:
    return any(isinstance(leaf, Predicate) and any(spec.stored == TIMESTAMP for spec in term_fields(leaf.term)) for leaf in leaves(formula))
