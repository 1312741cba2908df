"""The shape of a program: which events make a match, in what order, joined by what.

The judgement on a group of documents follows Elasticsearch's definition of a sequence: order by time,
inside ``maxspan`` from the first event, join keys equal and (unless optional) present, no missing event
in its gap, no ``until`` event before the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .document import Flat, flatten
from .field_types import Kind
from .ir import Formula, Key, Not, Program, ShapeKind, conjunction
from .matcher import Reading, compile_formula
from .values import LiteralError, parse_address, parse_date

TIMESTAMP = "@timestamp"


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a match: the formula it must satisfy, its join keys, and the step it comes from."""

    formula: Formula
    keys: tuple[Key, ...]
    step: int


def events_of(program: Program) -> tuple[Event, ...]:
    """The events that a match consists of, ``runs`` unrolled, missing ones left out.

    An event after the first must not be one that ``until`` waits for: it would end the sequence.
    """
    events: list[Event] = []
    for number, step in enumerate(program.steps):
        if step.missing:
            continue
        for _ in range(step.runs):
            formula = step.formula
            if program.until is not None and events:
                formula = conjunction((formula, Not(program.until.formula, program.until.span)))
            events.append(Event(formula, step.keys, number))
    return tuple(events)


class GroupJudge:
    """Tells whether a list of documents, in order, is one match of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.events = events_of(program)
        self._decisive = [compile_formula(event.formula, Reading.ELASTICSEARCH) for event in self.events]
        self._strict = [compile_formula(event.formula, Reading.STRICT) for event in self.events]
        self._missing = {
            number: compile_formula(step.formula, Reading.ELASTICSEARCH) for number, step in enumerate(program.steps) if step.missing
        }

    def accepts(self, documents: Sequence[Mapping[str, Any]], reading: Reading = Reading.ELASTICSEARCH) -> bool:
        """Whether the documents, nested JSON in the order of the program's events, are a match."""
        judges = self._decisive if reading is Reading.ELASTICSEARCH else self._strict
        if len(documents) != len(judges):
            return False
        flats = [flatten(document) for document in documents]
        if any(judge(flat) is not True for judge, flat in zip(judges, flats, strict=True)):
            return False
        return self.program.kind is ShapeKind.EVENT or (self._joined(flats) and self._in_time(flats) and self._nothing_between(flats))

    def _joined(self, flats: list[Flat]) -> bool:
        width = len(self.events[0].keys)
        for position in range(width):
            shared: set[Any] | None = None
            for event, flat in zip(self.events, flats, strict=True):
                key = event.keys[position]
                values = {_key_value(key, value) for value in flat.get(key.field.stored, ())}
                if not values:
                    if not key.optional:
                        return False
                    values = {None}
                shared = values if shared is None else shared & values
            if not shared:
                return False
        return True

    def _in_time(self, flats: list[Flat]) -> bool:
        if self.program.kind is ShapeKind.SAMPLE:
            return True
        times = [_time(flat) for flat in flats]
        if any(time is None for time in times):
            return False
        moments = [time for time in times if time is not None]
        ordered = all(earlier < later for earlier, later in pairwise(moments))
        return ordered and (self.program.maxspan is None or moments[-1] - moments[0] <= self.program.maxspan)

    def _nothing_between(self, flats: list[Flat]) -> bool:
        """No event of the group stands in the gap of a missing one: those inside the gap are none but the group's own neighbours."""
        for number, judge in self._missing.items():
            before = [at for at, event in enumerate(self.events) if event.step < number]
            after = [at for at, event in enumerate(self.events) if event.step > number]
            gap = range(before[-1] + 1 if before else 0, after[0] if after else len(flats))
            if any(judge(flats[at]) is True for at in gap):
                return False
        return True


def _time(flat: Flat) -> int | float | None:
    values = flat.get(TIMESTAMP)
    if not values:
        return None
    return values[0] if isinstance(values[0], int | float) else parse_date(values[0], 0).low


def _key_value(key: Key, value: Any) -> Any:
    """A value in the form in which join keys are compared."""
    if key.field.type.kind is Kind.IP:
        try:
            return parse_address(str(value))
        except LiteralError:
            return value
    return value
