"""When the events of a match happen: in order, inside ``maxspan``, each where its own conditions allow.

They share a time only where these leave them no room.
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
"""Milliseconds between the events of a group, where ``maxspan`` leaves that much."""

Window = Sequence[Interval]
"""The times that an event may have, in epoch milliseconds: disjoint closed intervals."""


def schedule(windows: Sequence[Window], preferred: Sequence[int], maxspan: int | None, apart: int = 1) -> list[int] | None:
    """Increasing times, one in each window, the last no more than ``maxspan`` after the first.

    Args:
        windows: for each event, the times it may have.
        preferred: the times to take where the windows allow them, in order.
        maxspan: milliseconds, or None.
        apart: the milliseconds between two of them, at least; with 0, events may share a time.

    Returns:
        The times, or None if there are none.
    """
    if maxspan is not None and maxspan < (len(windows) - 1) * apart:
        return None
    for wished in _wished(windows, preferred, apart):
        if maxspan is None or wished[-1] - wished[0] <= maxspan:
            return wished
    # As close together as can be, from the earliest end: if that is too far apart, the first event must come later.
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
    """Times near those that are preferred: from them on, up to them, or from the latest first event on."""
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
    """For each event the last time that its window allows, not after the time preferred, and as long before the next as preferred."""
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
    """For each event the first time that its window allows, after the event before it and not before the time wanted."""
    times: list[int] = []
    for window, at in zip(windows, preferred, strict=True):
        bounds = [bound for bound in (at, times[-1] + apart if times else None) if bound is not None]
        time = _first(window, max(bounds, default=None))
        if time is None and at is not None and times:
            # Earlier than wished, if the order still holds.
            time = _first(window, times[-1] + apart)
        if time is None:
            return None
        times.append(time)
    return times


def _descending(windows: Sequence[Window], end: int, apart: int) -> list[int]:
    """From an end that earlier times were found for: for each event the last time before the next one."""
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
    """The times of the events of all groups of a run.

    Groups follow each other so far apart that no event of one lies in the span of another, where the events' own conditions
    allow that.

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
        # A time that another field depends on, or that is a join key, is what the cell says.
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
        """The times of the events of a group.

        Args:
            cells: the values of the group; the cells of ``@timestamp`` say what it must be.
            number: which group of the run it is.
        """
        windows = [self._window(at, cells.get(name)) for at, name in enumerate(self.names)]
        if self.ordered:
            return self._apart(windows, number, [at * self.gap for at in range(len(windows))], self.maxspan)
        return [time for at, window in enumerate(windows) for time in self._apart([window], number, [at * self.gap], None)]

    def _apart(self, windows: list[Window], number: int, offsets: list[int], maxspan: int | None) -> list[int]:
        """The times of events that belong together: in the group's own span of time, else in one next to what is possible."""
        wished = [self.start + number * self.spacing + offset for offset in offsets]
        times = schedule(windows, wished, maxspan)
        if times is None:
            # Events that share a time are in the order in which they come.
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
