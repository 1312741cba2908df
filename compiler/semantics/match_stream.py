"""What a query means over a stream of events: the reference for everything that is generated.

Events are taken in the order of their time, then their tiebreaker. Each judgement is one small function:

- an event query finds the events that satisfy it;
- sequences are runs of events that one event after another continues (:mod:`.sequences`);
- a sample is a set of distinct events, one for each step, whose join keys agree; the order of events plays no part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from .sequences import UNTIL, JoinKeys, KeyValue, Match, OpenSequences, shown

TIMESTAMP = "@timestamp"
_DIGITS = re.compile(r"-?\d+", re.ASCII)


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
        self.steps = [_Step(step) for step in program.steps]
        self.until = _Step(program.until) if program.until is not None else None

    def matches(self, events: Sequence[Mapping[str, Any]]) -> list[Match]:
        """The matches in a list of documents, before any pipe."""
        return self.matches_of([flatten(event) for event in events])

    def matches_of(self, flats: Sequence[Flat]) -> list[Match]:
        """The same for documents that are flat already."""
        stream = [_Event(flat, position, time_of(flat, self.timestamp)) for position, flat in enumerate(flats)]
        if self.program.kind is ShapeKind.SAMPLE:
            return list(self._samples(stream))
        stream.sort(key=lambda event: (event.time, *tiebreak(event.flat, self.tiebreaker), event.position))
        if self.program.relations:
            marked = with_relations([event.flat for event in stream], self.program.relations)
            stream = [replace(event, flat=flat) for event, flat in zip(stream, marked, strict=True)]
        if self.program.kind is ShapeKind.SEQUENCE:
            return self._sequences(stream)
        (step,) = self.steps
        return [Match((event.position,)) for event in stream if step.accepts(event)]

    def _sequences(self, stream: list[_Event]) -> list[Match]:
        """The sequences in the order in which they are completed."""
        runs = OpenSequences(self.program, self._accepts_beside)
        found: list[Match] = []
        for event in stream:
            known: dict[int, list[JoinKeys]] = {}

            def joins(number: int, event: _Event = event, known: dict[int, list[JoinKeys]] = known) -> list[JoinKeys]:
                if number not in known:
                    step = self.until if number == UNTIL else self.steps[number]
                    accepts = step is not None and (bool(step.references) or step.accepts(event))
                    known[number] = step.joins(event) if step is not None and accepts else []
                return known[number]

            found += runs.feed(event.position, event.time, joins, event.flat)
        return found + runs.finish()

    def _accepts_beside(self, number: int, flat: Flat, others: Mapping[int, Flat]) -> bool:
        """Whether an event satisfies a step that may name fields of the events of a run, which are given by their steps."""
        step = self.steps[number]
        return not step.references or step.judge(with_references(flat, step.references, others)) is True

    def _samples(self, stream: list[_Event]) -> Iterator[Match]:
        """Distinct events for every combination of keys that all steps have, in the order of the keys; of several, those listed first."""
        found: list[dict[JoinKeys, list[int]]] = []
        for step in self.steps:
            by_key: dict[JoinKeys, list[int]] = {}
            for event in stream:
                if step.references or step.accepts(event):
                    for keys in step.joins(event):
                        by_key.setdefault(keys, []).append(event.position)
            found.append(by_key)
        shared = [keys for keys in found[0] if all(keys in by_key for by_key in found)]
        by_position = {event.position: event for event in stream}
        for keys in sorted_keys(shared):
            distinct = distinct_events([by_key[keys] for by_key in found])
            agreeing = (chosen for chosen in distinct if self._agree([by_position[position] for position in chosen]))
            for chosen in islice(agreeing, self.samples_per_key):
                yield Match(chosen, shown(keys))

    def _agree(self, chosen: Sequence[_Event]) -> bool:
        """Whether the events of a sample satisfy the conditions that name fields of each other."""
        others = {number: event.flat for number, event in enumerate(chosen)}
        return all(self._accepts_beside(number, event.flat, others) for number, event in enumerate(chosen))


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


def distinct_events(candidates: Sequence[Sequence[int]]) -> Iterator[tuple[int, ...]]:
    """The ways to take one event, by its position, from each list and none twice; no set of events is given twice."""
    seen: set[frozenset[int]] = set()

    def choose(taken: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(taken) == len(candidates):
            if frozenset(taken) not in seen:
                seen.add(frozenset(taken))
                yield taken
            return
        for position in candidates[len(taken)]:
            if position not in taken:
                yield from choose((*taken, position))

    yield from choose(())


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


def tiebreak(flat: Flat, field: str | None) -> tuple[int, Any]:
    """What decides between events of the same time: one without a tiebreaker comes last; numbers come before texts."""
    values = flat.get(field) if field is not None else None
    if not values:
        return (2, 0)
    return (1, values[0]) if isinstance(values[0], str) else (0, values[0])


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


def sorted_keys(found: Iterable[JoinKeys]) -> list[JoinKeys]:
    """Combinations of join keys in the order of their values."""
    return sorted(found, key=_sorting)


def _sorting(keys: JoinKeys) -> tuple[tuple[int, str, Any], ...]:
    return tuple(map(_sorting_one, keys))
