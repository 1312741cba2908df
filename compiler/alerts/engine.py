"""One pass over a stream of events: what each rule needs of an event, and the alerts that follow."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..ir.formula import Formula
from ..ir.program import Program
from ..semantics.document import Flat
from ..semantics.match_stream import tiebreak, time_of
from .condition_index import ConditionIndex
from .watchers import Found, NewTermsWatcher, watcher_of

REORDERED = 50_000
"""Events that are kept so that those which come late still find their place in the order of time."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A rule whose matches are looked for.

    Attributes:
        programs: what it was compiled to.
        tiebreaker: the field that decides between events of the same time; then their order in the input does.
    """

    programs: tuple[Program, ...]
    tiebreaker: str | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that fires.

    Attributes:
        rule: its place among the rules.
        events: the positions of the events in the input, in the order of the rule's steps.
    """

    rule: int
    events: tuple[int, ...]


Order = tuple[int | float, tuple[int, Any]]
"""The time of an event, and what decides between events of the same time."""
Hit = tuple[int, Order | None, Any]
"""What a rule needs of an event: the rule, the place in time if that matters, and what its watcher read."""


class AlertEngine:
    """Finds the alerts of many rules in one pass over a stream.

    Args:
        rules: the rules.
        indicators: documents of threat intelligence.
        reordered: how many events may be kept for their order in time.

    Attributes:
        formulas: the conditions of all rules.
        index: finds those that an event satisfies.
        late: how many events came too late to be put in order: sequences that they are part of may be missed.
    """

    def __init__(self, rules: Sequence[Watched], indicators: Sequence[Flat] = (), reordered: int = REORDERED) -> None:
        self.rules = rules
        self.watchers = [watcher_of(rule.programs, indicators) for rule in rules]
        self.reordered = reordered
        self.late = 0
        formulas: dict[Formula, int] = {}
        for watcher in self.watchers:
            for formula in watcher.conditions:
                formulas.setdefault(formula, len(formulas))
        self.formulas = tuple(formulas)
        self.index = ConditionIndex(self.formulas)
        self._asked: list[list[tuple[int, int]]] = [[] for _ in formulas]
        for rule, watcher in enumerate(self.watchers):
            for number, formula in enumerate(watcher.conditions):
                self._asked[formulas[formula]].append((rule, number))
        self._waiting: list[tuple[Order, int, int, Any]] = []
        self._latest: tuple[Order, int] | None = None

    def read(self, flat: Flat) -> list[Hit]:
        """What the rules need of an event, in the order of the rules; it depends on nothing but the event."""
        satisfied: dict[int, list[int]] = {}
        for place in self.index.satisfied(flat):
            for rule, number in self._asked[place]:
                satisfied.setdefault(rule, []).append(number)
        hits: list[Hit] = []
        time: int | float | None = None
        for rule in sorted(satisfied):
            watcher = self.watchers[rule]
            read = watcher.read(flat, sorted(satisfied[rule]))
            if read is None:
                continue
            if watcher.ordered:
                time = time_of(flat) if time is None else time
                hits.append((rule, (time, tiebreak(flat, self.rules[rule].tiebreaker)), read))
            else:
                hits.append((rule, None, read))
        return hits

    def learn(self, flat: Flat) -> None:
        """Take an older event, which makes its values known to rules that look for new ones."""
        for rule, order, read in self.read(flat):
            watcher = self.watchers[rule]
            if isinstance(watcher, NewTermsWatcher) and order is not None:
                watcher.take(-1, order[0], read)

    def take(self, position: int, hits: Iterable[Hit]) -> list[Alert]:
        """The alerts that are known of with this event."""
        found: list[Alert] = []
        for rule, order, read in hits:
            if order is None:
                found += _alerts(rule, self.watchers[rule].take(position, 0, read))
            else:
                heapq.heappush(self._waiting, (order, position, rule, read))
        while len(self._waiting) > self.reordered:
            found += self._first()
        return found

    def _first(self) -> list[Alert]:
        """Take the earliest of the events that wait."""
        order, position, rule, read = heapq.heappop(self._waiting)
        if self._latest is not None and (order, position) < self._latest:
            self.late += 1
        else:
            self._latest = (order, position)
        return _alerts(rule, self.watchers[rule].take(position, order[0], read))

    def finish(self) -> list[Alert]:
        """The alerts that are known of once there are no more events."""
        found: list[Alert] = []
        while self._waiting:
            found += self._first()
        for rule, watcher in enumerate(self.watchers):
            found += _alerts(rule, watcher.finish())
        return found


def alerts_among(rule: Watched, events: Iterable[Flat], history: Iterable[Flat] = (), indicators: Sequence[Flat] = ()) -> Iterator[Alert]:
    """The alerts of one rule on events.

    Args:
        rule: the rule.
        events: the events, in the order of the input.
        history: older events, which make their values known.
        indicators: documents of threat intelligence.
    """
    engine = AlertEngine([rule], indicators)
    for flat in history:
        engine.learn(flat)
    return alerts_of(engine, events)


def alerts_of(engine: AlertEngine, flats: Iterable[Flat]) -> Iterator[Alert]:
    """The alerts in a stream of events, as soon as they are known of."""
    for position, flat in enumerate(flats):
        yield from engine.take(position, engine.read(flat))
    yield from engine.finish()


def _alerts(rule: int, found: Sequence[Found]) -> list[Alert]:
    return [Alert(rule, events) for events in found]
