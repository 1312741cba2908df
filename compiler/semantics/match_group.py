"""The shape of a program: which events a match is made of, and whether a list of documents is one.

What a match is, :mod:`.stream` says; here it is asked about the documents of one match alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..ir.formula import Apply, Exists, FieldTerm, Formula, Not, Predicate, conjunction, fields_of
from ..ir.program import Distinct, Key, Program, ShapeKind, Step
from ..schema.fields import FieldSpec
from .document import Flat, flatten
from .match_document import Judge, Reading, compile_formula
from .match_stream import TIMESTAMP, StreamMatcher, join_keys
from .process_ancestry import generated, other_field, own_field

__all__ = ["TIMESTAMP", "Event", "GroupMatcher", "Kin", "events_of", "fields_of_program"]


@dataclass(frozen=True, slots=True)
class Kin:
    """What joins an event to another one that it stands in a relation to.

    Attributes:
        event: the number of the other event.
        field: the other event's field that holds this one's ``process.entity_id``.
    """

    event: int
    field: FieldSpec


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a match: the formula it must satisfy, its join keys, and the step it comes from.

    ``kin`` is that of an event which no step asks for, but a relation of another event does.
    """

    formula: Formula
    keys: tuple[Key, ...]
    step: int
    kin: Kin | None = None


def events_of(program: Program) -> tuple[Event, ...]:
    """The events that a match consists of, ``runs`` unrolled, missing ones left out.

    Those that relations ask for come first. No event but the last may be one that ``until`` waits for, and the first
    must pass what ``filter`` wants.
    """
    events = [
        Event(step.formula, step.keys, number) for number, step in enumerate(program.steps) if not step.missing for _ in range(step.runs)
    ]
    if program.until is not None:
        events[:-1] = [Event(_beside(event, program.until), event.keys, event.step) for event in events[:-1]]
    for pipe in program.pipes:
        if pipe.condition is not None:
            events[0] = Event(conjunction((events[0].formula, pipe.condition)), events[0].keys, events[0].step)
    return _with_kin(events, program) if program.relations else tuple(events)


def _with_kin(events: list[Event], program: Program) -> tuple[Event, ...]:
    """The events, after those that their relations ask for; ancestors before their descendants."""
    found: list[Event] = []

    def add(event: Event) -> int:
        """Append an event after its kin; the number that it gets."""
        formula, needed = generated(event.formula, program.relations)
        others = [add(Event(relation.formula, (), event.step, Kin(0, own_field(relation.kinship)))) for relation in needed]
        number = len(found)
        for other in others:
            kin = found[other].kin
            assert kin is not None
            found[other] = replace(found[other], kin=Kin(number, kin.field))
        if event.kin is not None:
            formula = conjunction((formula, Exists(other_field(), formula.span)))
        found.append(replace(event, formula=formula))
        return number

    for event in events:
        add(event)
    return tuple(found)


def _beside(event: Event, until: Step) -> Formula:
    """The event's formula, with that it does not end its own sequence: by another condition, or by other keys."""
    same = [
        Predicate(Apply("==", (FieldTerm(ending.field, ending.span), FieldTerm(own.field, own.span)), span=until.span), until.span)
        for ending, own in zip(until.keys, event.keys, strict=True)
        if ending.field.stored != own.field.stored
    ]
    return conjunction((event.formula, Not(conjunction((until.formula, *same), until.span), until.span)), event.formula.span)


def fields_of_program(program: Program) -> dict[str, FieldSpec]:
    """The fields that a program speaks of, by name: in conditions, in join keys, and where events are related."""
    found: dict[str, FieldSpec] = {}
    for step in program.steps:
        found.update(fields_of(step.formula))
        found.update({key.field.name: key.field for key in step.keys})
    for relation in program.relations:
        found.update(fields_of(relation.formula))
        found.update({spec.name: spec for spec in (own_field(relation.kinship), other_field())})
    return found


class GroupMatcher:
    """Tells whether a list of documents, in order, is one match of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.events = events_of(program)
        self._stream = StreamMatcher(program)
        self._decisive = _compiled(self.events, Reading.ELASTICSEARCH)
        self._strict = _compiled(self.events, Reading.STRICT)

    def accepts(self, documents: Sequence[Mapping[str, Any]], reading: Reading = Reading.ELASTICSEARCH) -> bool:
        """Whether the documents, nested JSON in the order of the program's events, are a match."""
        judges = self._decisive if reading is Reading.ELASTICSEARCH else self._strict
        if len(documents) != len(judges):
            return False
        flats = [flatten(document) for document in documents]
        if any(judge(flat) is not True for judge, flat in zip(judges, flats, strict=True)):
            return False
        if self.program.kind is ShapeKind.EVENT and not self.program.relations:
            return True
        if self.program.kind is ShapeKind.SAMPLE and len(self.program.steps) == 1:
            return _agree(self.program.steps[0].keys, flats) and all(_differ(each, flats) for each in self.program.distinct)
        whole = [at for at, event in enumerate(self.events) if event.kin is None]
        found = ([at for at in match.events if at is not None] for match in self._stream.matches_of(flats))
        if self.program.kind is ShapeKind.SAMPLE:
            # The same events may stand for its items in another order.
            return any(sorted(events) == whole for events in found)
        return any(events == whole for events in found)


def _compiled(events: Sequence[Event], reading: Reading) -> list[Judge]:
    """The formulas of the events; one that an item repeats is compiled once."""
    known: dict[int, Judge] = {}
    for event in events:
        if id(event.formula) not in known:
            known[id(event.formula)] = compile_formula(event.formula, reading)
    return [known[id(event.formula)] for event in events]


def _agree(keys: tuple[Key, ...], flats: Sequence[Flat]) -> bool:
    """Whether there is a combination of values of the join keys that all documents have."""
    shared = set(join_keys(keys, flats[0]))
    for flat in flats[1:]:
        shared &= set(join_keys(keys, flat))
    return bool(shared)


def _differ(wanted: Distinct, flats: Sequence[Flat]) -> bool:
    """Whether the documents have enough different values of a field."""
    key = (Key(wanted.field),)
    return len({value for flat in flats for value in join_keys(key, flat)}) >= wanted.least
