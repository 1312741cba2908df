"""Sequences: open runs per join key, continued by one event after another.

An event that satisfies a step continues the latest run that waits there, which thereby leaves its place, and older ones
are forgotten. That is how Elasticsearch's sequence matcher works through its windows, and why ``a a b b`` holds one
sequence ``a b``.

Elasticsearch's EQL reference says what a sequence is; where it is silent (which of several runs is continued, what
``until`` kills, how far a missing event at either end reaches), the results that Elasticsearch returns decide.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..ir.formula import references
from ..ir.program import Program
from .document import Flat

KeyValue = tuple[str, Any] | None
"""One join key of an event: the family of its type and its value, or None for an optional key that is missing."""

JoinKeys = tuple[KeyValue, ...]

Joins = Callable[[int], Sequence[JoinKeys]]
"""From the number of a step to the combinations of join keys with which the event satisfies it; none if it does not.

`UNTIL` stands for the event that ends sequences."""

Beside = Callable[[int, Flat, Mapping[int, Flat]], bool]
"""Whether an event satisfies a step beside the events of a run, which are given by the numbers of their steps."""

UNTIL = -1

NO_FIELDS: Flat = {}

_BETWEEN_CLEANINGS = 4096
"""Events after which what is too old to matter is forgotten."""


@dataclass(frozen=True, slots=True)
class Match:
    """One match of a query.

    Attributes:
        events: positions in the list of events, in the order of the query's steps; None stands for a missing event.
        keys: the values of the join keys.
        count: what the pipes ``count`` and ``unique_count`` counted.
    """

    events: tuple[int | None, ...]
    keys: tuple[Any, ...] = ()
    count: int | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """An event: its place in the order of time, when it was, and its position in the input."""

    place: int
    time: int | float
    position: int
    flat: Flat


_Run = tuple[_Seen, ...]
"""A sequence that is not complete yet: its events so far."""


class OpenSequences:
    """The sequences of a program that are open, and what is known of events that must be missing.

    Events are fed in the order of time. Memory is that of the open sequences; with ``maxspan`` those too old to be
    continued are forgotten.

    Args:
        program: a program whose shape is a sequence.
        beside: decides about steps that name fields of other events; without it there are none.
    """

    def __init__(self, program: Program, beside: Beside | None = None) -> None:
        self.beside = beside
        self.maxspan = program.maxspan
        self.steps = [number for number, step in enumerate(program.steps) for _ in range(step.runs)]
        self.missing = frozenset(number for number, step in enumerate(program.steps) if step.missing)
        self.positive = [number for number in self.steps if number not in self.missing]
        self._naming = frozenset(number for number, step in enumerate(program.steps) if references(step.formula))
        self.has_until = program.until is not None
        self.waiting: list[dict[JoinKeys, _Run]] = [{} for _ in self.positive[:-1]]
        self._awaits_end = self.steps[-1] in self.missing
        self._ended: dict[JoinKeys, _Seen] = {}
        self._unwanted: dict[int, dict[JoinKeys, list[_Seen]]] = {number: {} for number in self.missing}
        self._undecided: list[tuple[_Run, JoinKeys]] = []
        self._places = 0

    def feed(self, position: int, time: int | float, joins: Joins, flat: Flat = NO_FIELDS) -> list[Match]:
        """The sequences that an event completes, or that it decides by its time.

        Args:
            position: what stands for the event in matches.
            time: in epoch milliseconds, no earlier than that of the event before.
            joins: asked for a step only where it could matter.
            flat: the event, for steps that name fields of other events.
        """
        event = _Seen(self._places, time, position, flat)
        self._places += 1
        found = self._decided(time)
        for number, seen in self._unwanted.items():
            for keys in joins(number):
                seen.setdefault(keys, []).append(event)
        # From the last step to the first, so that one event does not stand for two steps of one run.
        for stage in range(len(self.positive) - 1, -1, -1):
            if stage and not self.waiting[stage - 1]:
                continue
            for keys in joins(self.positive[stage]):
                if stage and not self._fits(self.positive[stage], event, self.waiting[stage - 1].get(keys)):
                    continue
                run = self._continued(self.waiting[stage - 1].pop(keys, None), event, keys) if stage else (event,)
                if run is None:
                    continue
                if stage < len(self.positive) - 1:
                    self.waiting[stage][keys] = run
                elif self._awaits_end:
                    self._undecided.append((run, keys))
                elif self._nothing_unwanted(run, keys):
                    found.append(self._match(run, keys))
        if self.has_until:
            self._ended.update((keys, event) for keys in joins(UNTIL))
        if self.maxspan is not None and self._places % _BETWEEN_CLEANINGS == 0:
            self._forget(time)
        return found

    def finish(self) -> list[Match]:
        """The sequences after which an event would have to come that did not."""
        found = [self._match(run, keys) for run, keys in self._undecided if self._nothing_unwanted(run, keys)]
        self._undecided.clear()
        return found

    def _fits(self, number: int, event: _Seen, run: _Run | None) -> bool:
        """Whether an event satisfies what a step says of the events of a run."""
        return number not in self._naming or self.beside is None or run is None or self.beside(number, event.flat, self._by_step(run))

    def _by_step(self, run: _Run) -> dict[int, Flat]:
        """The events of a run by the numbers of their steps; of a step that is repeated, the last one."""
        return {self.positive[at]: event.flat for at, event in enumerate(run)}

    def _continued(self, run: _Run | None, event: _Seen, keys: JoinKeys) -> _Run | None:
        """The run with one more event, unless it is too old by then, or an ``until`` event came after its last one or was it."""
        if run is None:
            return None
        ended = self._ended.get(keys)
        if ended is not None and run[-1].place <= ended.place:
            return None
        return (*run, event) if self._near(run[0], event) else None

    def _match(self, run: _Run, keys: JoinKeys) -> Match:
        events = iter(run)
        return Match(tuple(None if number in self.missing else next(events).position for number in self.steps), shown(keys))

    # -- missing events ----------------------------------------------------------------------------

    def _decided(self, time: int | float) -> list[Match]:
        """The complete runs that no event from this time on can undo, and that none has undone; in the order they were completed."""
        if not self._undecided or self.maxspan is None:
            return []
        found: list[Match] = []
        while self._undecided and time - self._undecided[0][0][0].time > self.maxspan:
            run, keys = self._undecided.pop(0)
            if self._nothing_unwanted(run, keys):
                found.append(self._match(run, keys))
        return found

    def _nothing_unwanted(self, run: _Run, keys: JoinKeys) -> bool:
        """Whether no event that must be missing is there.

        Between two events of the run it is looked for in that gap. Before the first one it counts if it is no further from
        the last than ``maxspan``, and after the last one if it is no further from the first. Where the query names one at both
        ends, it takes one at each end, no further apart than ``maxspan``, to undo the sequence.
        """
        first, last = run[0], run[-1]
        before: _Seen | None = None
        after: _Seen | None = None
        passed = 0
        for number in self.steps:
            if number not in self.missing:
                passed += 1
                continue
            seen = self._unwanted[number].get(keys, [])
            if number in self._naming:
                seen = [event for event in seen if self._fits(number, event, run)]
            if passed == 0:
                earlier = bisect_left(seen, first.place, key=_place)
                if earlier and self._near(seen[earlier - 1], last) and (before is None or seen[earlier - 1].place > before.place):
                    before = seen[earlier - 1]
            elif passed == len(run):
                later = bisect_right(seen, last.place, key=_place)
                if later < len(seen) and self._near(first, seen[later]) and (after is None or seen[later].place < after.place):
                    after = seen[later]
            elif bisect_right(seen, run[passed - 1].place, key=_place) < bisect_left(seen, run[passed].place, key=_place):
                return False
        if self.steps[0] in self.missing and self._awaits_end:
            return before is None or after is None or not self._near(before, after)
        return before is None and after is None

    def _near(self, earlier: _Seen, later: _Seen) -> bool:
        return self.maxspan is None or later.time - earlier.time <= self.maxspan

    def _forget(self, time: int | float) -> None:
        """Forget runs that cannot be continued, and what ended or undid only such runs."""
        assert self.maxspan is not None
        oldest = time - self.maxspan
        for stage, runs in enumerate(self.waiting):
            self.waiting[stage] = {keys: run for keys, run in runs.items() if run[0].time >= oldest}
        self._ended = {keys: event for keys, event in self._ended.items() if event.time >= oldest}
        # A run that awaits its end may be as old as that, and what came before it older still.
        for number, found in self._unwanted.items():
            kept = {keys: [event for event in seen if event.time >= oldest - self.maxspan] for keys, seen in found.items()}
            self._unwanted[number] = {keys: seen for keys, seen in kept.items() if seen}


def _place(event: _Seen) -> int:
    return event.place


def shown(keys: JoinKeys) -> tuple[Any, ...]:
    """The values of join keys, as a match shows them."""
    return tuple(None if key is None else key[1] for key in keys)
