"""What a query means over a stream of events: the reference for everything that is generated.

Events are taken in the order of their time, then their tiebreaker. Each judgement is one small function:

- an event query finds the events that satisfy it;
- a sequence is a row of open runs per join key, one for each of its steps. An event that satisfies a step continues
  the latest run that waits there, which thereby leaves its place, and older ones are forgotten. That is how
  Elasticsearch's sequence matcher works through its windows, and why ``a a b b`` holds one sequence ``a b``;
- a sample is a set of distinct events, one for each step, whose join keys agree; the order of events plays no part.

Elasticsearch's EQL reference says what a sequence is; where it is silent (which of several runs is continued, what
``until`` kills, how far a missing event at either end reaches), the results that Elasticsearch returns decide.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from ..ir.formula import references
from ..ir.program import Key, Program, ShapeKind, Step
from ..schema.field_types import KEYWORD
from ..schema.fields import FieldSpec
from ..values.kinds import read_date, values_of
from ..values.literals import LiteralError
from .document import Flat, copied, flatten
from .match_document import Judge, Reading, compile_formula
from .process_ancestry import with_relations

TIMESTAMP = "@timestamp"
_DIGITS = re.compile(r"-?\d+", re.ASCII)

KeyValue = tuple[str, Any] | None
"""One join key of an event: the family of its type and its value, or None for an optional key that is missing."""

JoinKeys = tuple[KeyValue, ...]


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
class _Event:
    """An event of the stream: its document, its place in the list it came from, and its time in epoch milliseconds."""

    flat: Flat
    position: int
    time: int | float


class _Step:
    """One step, compiled."""

    def __init__(self, step: Step) -> None:
        self.judge: Judge = compile_formula(step.formula, Reading.ELASTICSEARCH)
        self.keys = step.keys
        self.missing = step.missing
        self.references = references(step.formula)

    def accepts(self, event: _Event) -> bool:
        return self.judge(event.flat) is True

    def accepts_beside(self, event: _Event, others: Mapping[int, Flat]) -> bool:
        """The same for a condition that names fields of other events, which are given by the numbers of their steps."""
        return self.judge(with_references(event.flat, self.references, others)) is True

    def joins(self, event: _Event) -> list[JoinKeys]:
        """Every combination of the values of the event's keys, sorted; none where a key that must be there is missing."""
        return join_keys(self.keys, event.flat)


class StreamMatcher:
    """A program, compiled to find its matches in lists of events.

    Args:
        program: the program.
        timestamp: the field that events are ordered by.
        tiebreaker: the field that decides between events of the same time; then their order in the list does.
        samples_per_key: how many samples are wanted of each combination of join keys.
    """

    def __init__(self, program: Program, *, timestamp: str = TIMESTAMP, tiebreaker: str | None = None, samples_per_key: int = 1) -> None:
        self.program = program
        self.timestamp = timestamp
        self.tiebreaker = tiebreaker
        self.samples_per_key = samples_per_key
        self.steps = [compiled for step in program.steps for compiled in [_Step(step)] * step.runs]
        self.until = _Step(program.until) if program.until is not None else None

    def matches(self, events: Sequence[Mapping[str, Any]]) -> list[Match]:
        """The matches in a list of documents, before any pipe."""
        return self.matches_of([flatten(event) for event in events])

    def matches_of(self, flats: Sequence[Flat]) -> list[Match]:
        """The same for documents that are flat already."""
        stream = [_Event(flat, position, time_of(flat, self.timestamp)) for position, flat in enumerate(flats)]
        if self.program.kind is ShapeKind.SAMPLE:
            return list(self._samples(stream))
        stream.sort(key=lambda event: (event.time, *self._tiebreak(event.flat), event.position))
        if self.program.relations:
            marked = with_relations([event.flat for event in stream], self.program.relations)
            stream = [replace(event, flat=flat) for event, flat in zip(stream, marked, strict=True)]
        if self.program.kind is ShapeKind.SEQUENCE:
            return list(_Sequences(self, stream).completed())
        (step,) = self.steps
        return [Match((event.position,)) for event in stream if step.accepts(event)]

    def _tiebreak(self, flat: Flat) -> tuple[int, Any]:
        """An event without a tiebreaker comes after those with one; numbers come before texts."""
        values = flat.get(self.tiebreaker) if self.tiebreaker is not None else None
        if not values:
            return (2, 0)
        return (1, values[0]) if isinstance(values[0], str) else (0, values[0])

    def _samples(self, stream: list[_Event]) -> Iterator[Match]:
        """Distinct events for every combination of keys that all steps have, in the order of the keys; of several, those listed first."""
        found: list[dict[JoinKeys, list[_Event]]] = []
        for step in self.steps:
            by_key: dict[JoinKeys, list[_Event]] = {}
            for event in stream:
                if step.references or step.accepts(event):
                    for keys in step.joins(event):
                        by_key.setdefault(keys, []).append(event)
            found.append(by_key)
        shared = [keys for keys in found[0] if all(keys in by_key for by_key in found)]
        for keys in sorted(shared, key=_sorting):
            distinct = _distinct([by_key[keys] for by_key in found])
            agreeing = (chosen for chosen in distinct if self._agree(chosen))
            for chosen in islice(agreeing, self.samples_per_key):
                yield Match(tuple(event.position for event in chosen), _shown(keys))

    def _agree(self, chosen: Sequence[_Event]) -> bool:
        """Whether the events of a sample satisfy the conditions that name fields of each other."""
        others = {number: event.flat for number, event in enumerate(chosen)}
        return all(step.accepts_beside(event, others) for step, event in zip(self.steps, chosen, strict=True) if step.references)


def with_references(flat: Flat, fields: Sequence[FieldSpec], others: Mapping[int, Flat]) -> Flat:
    """An event with the fields of other events that conditions on it name.

    Args:
        flat: the event.
        fields: the fields of other events.
        others: those events, by the numbers of their steps.
    """
    if not fields:
        return flat
    copy = copied(flat)
    for spec in fields:
        assert spec.step is not None
        values = others.get(spec.step, {}).get(spec.held.name)
        if values:
            copy[spec.stored] = values
    return copy


def _distinct(candidates: list[list[_Event]]) -> Iterator[tuple[_Event, ...]]:
    """The ways to take one event from each list and none twice; a set of events that was given before is not given again."""
    seen: set[frozenset[int]] = set()

    def choose(taken: tuple[_Event, ...]) -> Iterator[tuple[_Event, ...]]:
        if len(taken) == len(candidates):
            positions = frozenset(event.position for event in taken)
            if positions not in seen:
                seen.add(positions)
                yield taken
            return
        for event in candidates[len(taken)]:
            if all(event is not other for other in taken):
                yield from choose((*taken, event))

    yield from choose(())


@dataclass(frozen=True, slots=True)
class _Run:
    """A sequence that is not complete yet: the events it has, as places in the stream."""

    places: tuple[int, ...]

    @property
    def last(self) -> int:
        return self.places[-1]


class _Sequences:
    """One pass over a stream. A place in the stream is an event's time and tiebreaker in one number."""

    def __init__(self, matcher: StreamMatcher, stream: list[_Event]) -> None:
        self.matcher = matcher
        self.stream = stream
        self.maxspan = matcher.program.maxspan
        self.steps = matcher.steps
        self.positive = [step for step in self.steps if not step.missing]
        self.missing = [step for step in self.steps if step.missing]
        self._unwanted = {id(step): self._places_by_key(step) for step in self.missing if not step.references}
        self.numbers = [number for number, step in enumerate(matcher.program.steps) for _ in range(step.runs) if not step.missing]

    def completed(self) -> Iterator[Match]:
        """The sequences in the order in which they are completed."""
        waiting: list[dict[JoinKeys, _Run]] = [{} for _ in self.positive]
        killed: dict[JoinKeys, int] = {}
        for place, event in enumerate(self.stream):
            accepted: dict[int, bool] = {}
            # From the last step to the first, so that one event does not stand for two steps of one run.
            for stage in range(len(self.positive) - 1, -1, -1):
                if stage and not waiting[stage - 1]:
                    continue
                step = self.positive[stage]
                if id(step) not in accepted:
                    accepted[id(step)] = bool(step.references) or step.accepts(event)
                if not accepted[id(step)]:
                    continue
                for keys in step.joins(event):
                    if step.references and not self._accepts_beside(step, event, waiting[stage - 1].get(keys)):
                        continue
                    run = self._continued(waiting[stage - 1].pop(keys, None), place, killed.get(keys)) if stage else _Run((place,))
                    if run is None:
                        continue
                    if stage < len(self.positive) - 1:
                        waiting[stage][keys] = run
                    elif self._nothing_unwanted(run, keys):
                        yield self._match(run, keys)
            until = self.matcher.until
            if until is not None and until.accepts(event):
                killed.update((keys, place) for keys in until.joins(event))

    def _continued(self, run: _Run | None, place: int, killed: int | None) -> _Run | None:
        """The run with one more event, unless it is too old by then, or an ``until`` event came after its last one or was it."""
        if run is None or (killed is not None and run.last <= killed):
            return None
        if self.maxspan is not None and self.stream[place].time - self.stream[run.places[0]].time > self.maxspan:
            return None
        return _Run((*run.places, place))

    def _match(self, run: _Run, keys: JoinKeys) -> Match:
        found = iter(run.places)
        events = tuple(None if step.missing else self.stream[next(found)].position for step in self.steps)
        return Match(events, _shown(keys))

    def _accepts_beside(self, step: _Step, event: _Event, run: _Run | None) -> bool:
        """Whether an event satisfies a condition that names events of the run that it would continue."""
        return run is not None and step.accepts_beside(event, self._events_by_step(run))

    def _events_by_step(self, run: _Run) -> dict[int, Flat]:
        """The events of a run by the numbers of their steps; of a step that is repeated, the last one."""
        return {self.numbers[at]: self.stream[place].flat for at, place in enumerate(run.places)}

    # -- missing events ----------------------------------------------------------------------------

    def _places(self, step: _Step, run: _Run, keys: JoinKeys) -> list[int]:
        """Where events lie that a step says must be missing."""
        if not step.references:
            return self._unwanted[id(step)].get(keys, [])
        others = self._events_by_step(run)
        return [place for place, event in enumerate(self.stream) if keys in step.joins(event) and step.accepts_beside(event, others)]

    def _places_by_key(self, step: _Step) -> dict[JoinKeys, list[int]]:
        found: dict[JoinKeys, list[int]] = {}
        for place, event in enumerate(self.stream):
            if step.accepts(event):
                for keys in step.joins(event):
                    found.setdefault(keys, []).append(place)
        return found

    def _nothing_unwanted(self, run: _Run, keys: JoinKeys) -> bool:
        """Whether no event that must be missing is there.

        Between two events of the run it is looked for in that gap. Before the first one it counts if it is no further from
        the last than ``maxspan``, and after the last one if it is no further from the first. Where the query names one at both
        ends, it takes one at each end, no further apart than ``maxspan``, to undo the sequence.
        """
        first, last = run.places[0], run.places[-1]
        before: int | None = None
        after: int | None = None
        passed = 0
        for step in self.steps:
            if not step.missing:
                passed += 1
                continue
            places = self._places(step, run, keys)
            if passed == 0:
                earlier = bisect_left(places, first)
                if earlier and self._near(places[earlier - 1], last):
                    before = max(places[earlier - 1], -1 if before is None else before)
            elif passed == len(run.places):
                later = bisect_left(places, last + 1)
                if later < len(places) and self._near(first, places[later]):
                    after = min(places[later], len(self.stream) if after is None else after)
            else:
                low, high = run.places[passed - 1], run.places[passed]
                if bisect_left(places, low + 1) < bisect_left(places, high):
                    return False
        if self.steps[0].missing and self.steps[-1].missing:
            return before is None or after is None or not self._near(before, after)
        return before is None and after is None

    def _near(self, earlier: int, later: int) -> bool:
        return self.maxspan is None or self.stream[later].time - self.stream[earlier].time <= self.maxspan


# -- times and join keys ---------------------------------------------------------------------------


def time_of(flat: Flat, field: str = TIMESTAMP) -> int | float:
    """The time of an event in epoch milliseconds; one without a time, or without a legible one, is as old as can be."""
    values = flat.get(field)
    if not values:
        return 0
    if isinstance(values[0], int | float):
        return values[0]
    try:
        return read_date(values[0])
    except LiteralError:
        return 0


def join_keys(keys: tuple[Key, ...], flat: Flat) -> list[JoinKeys]:
    """Every combination of the values of an event's join keys, sorted; none where a key that must be there is missing."""
    return list(product(*(_key_values(key, flat) for key in keys)))


def _key_values(key: Key, flat: Flat) -> list[KeyValue]:
    values = flat.get(key.field.stored)
    if not values:
        return [None] if key.optional else []
    if len(values) == 1:
        return [key_value(key, values[0])]
    return sorted({key_value(key, value) for value in values}, key=_sorting_one)


def key_value(key: Key, value: Any) -> KeyValue:
    """A value as join keys are compared: by the family of its type, addresses as their usual text."""
    if key.field.known or key.field.type is not KEYWORD:
        row = values_of(key.field)
        try:
            return row.family, row.key(value)
        except LiteralError:
            return "text", value
    if isinstance(value, bool):
        return "boolean", value
    return ("number" if isinstance(value, int | float) else "text"), value


def key_family(spec: FieldSpec) -> str:
    """The family of a field's values as join keys; values of different families are never equal."""
    return values_of(spec).family


def _sorting_one(value: KeyValue) -> tuple[int, str, Any]:
    return (0, "", 0) if value is None else (1, *value)


def _sorting(keys: JoinKeys) -> tuple[tuple[int, str, Any], ...]:
    return tuple(map(_sorting_one, keys))


def _shown(keys: JoinKeys) -> tuple[Any, ...]:
    return tuple(None if key is None else key[1] for key in keys)
