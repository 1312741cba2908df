"""The shape of a program: which events a match is made of, and whether a list of documents is one.

What a match is, :mod:`.stream` says; here it is asked about the documents of one match alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...grammar.span import NOWHERE, Span, span_attribute
from ..ir.formula import Apply, FieldTerm, Formula, Not, Predicate, Truth, conjunction, fields_of, references
from ..ir.program import Decided, Distinct, Key, Kinship, Program, Relation, ShapeKind, Step
from ..schema.fields import FieldSpec
from .document import Flat, flatten
from .match_document import Judge, Reading, compile_formula
from .match_stream import TIMESTAMP, StreamMatcher, join_keys, with_references
from .process_ancestry import held, markers_of, other_field, own_field, refused, with_relations

__all__ = ["TIMESTAMP", "Event", "GroupMatcher", "Kin", "events_of", "fields_of_program"]


Site = tuple[int | str, ...]
"""The event of a relation: the number of its step, then the markers of the relations that lead from there to it."""


@dataclass(frozen=True, slots=True)
class Kin:
    """What joins an event to another one that it stands in a relation to.

    Attributes:
        event: the number of the other event.
        field: the other event's field that holds this one's ``process.entity_id``.
        span: where the relation stands.
    """

    event: int
    field: FieldSpec
    span: Span = span_attribute()


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
    events = _plain_events(program)
    return _with_kin(events, program) if program.relations else tuple(events)


def _plain_events(program: Program) -> list[Event]:
    """The events that the steps ask for."""
    events = [
        Event(step.formula, step.keys, number) for number, step in enumerate(program.steps) if not step.missing for _ in range(step.runs)
    ]
    if program.until is not None:
        events[:-1] = [Event(_beside(event, program.until), event.keys, event.step) for event in events[:-1]]
    for pipe in program.pipes:
        if pipe.condition is not None:
            events[0] = Event(conjunction((events[0].formula, pipe.condition)), events[0].keys, events[0].step)
    return events


def _with_kin(events: list[Event], program: Program) -> tuple[Event, ...]:
    """The events, after those that their relations ask for; ancestors before their descendants."""
    found: list[Event] = []

    def add(event: Event, kin: Sequence[_Sought]) -> int:
        """Append an event after its kin; the number that it gets."""
        others = [add(Event(each.formula, (), event.step, Kin(0, own_field(each.kinship), each.span)), each.kin) for each in kin]
        number = len(found)
        for other in others:
            known = found[other].kin
            assert known is not None
            found[other] = replace(found[other], kin=replace(known, event=number))
        found.append(event)
        return number

    for event in events:
        formula, kin = _sought(event.formula, (event.step,), program)
        add(replace(event, formula=formula), kin)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Sought:
    """An event that a relation asks for."""

    formula: Formula
    kinship: Kinship
    span: Span
    site: Site
    kin: tuple[_Sought, ...]


def _sought(formula: Formula, site: Site, program: Program) -> tuple[Formula, tuple[_Sought, ...]]:
    """A formula with what is decided about its relations, and the events that those which hold ask for."""
    truths = markers_of(formula)
    decided = {each.marker: each.truth for each in program.decided if each.site == site}
    relations = [relation for relation in program.relations if relation.marker.name in truths]
    pins = [held(relation, decided[name]) for relation in relations if (name := relation.marker.name) in decided]
    holding = [relation for relation in relations if decided.get(relation.marker.name, truths[relation.marker.name])]
    failing = [relation for relation in relations if decided.get(relation.marker.name, truths[relation.marker.name]) is False]
    sought = tuple(_sought_by(relation, failing, (*site, relation.marker.name), program) for relation in holding)
    return (conjunction((formula, *pins), formula.span) if pins else formula), sought


def _sought_by(relation: Relation, failing: Sequence[Relation], site: Site, program: Program) -> _Sought:
    """The event that a relation asks for, so that others fail; an ancestor that must not be the parent has a process between."""
    children = [other for other in failing if other.kinship is Kinship.CHILD]
    if relation.kinship is Kinship.DESCENDANT and children:
        between = replace(relation, kinship=Kinship.CHILD, formula=Truth(True, relation.span))
        farther = _sought_by(relation, [other for other in failing if other not in children], site, program)
        middle = _sought_by(between, failing, (*site, "between"), program)
        return replace(middle, kin=(*middle.kin, farther))
    wanted = conjunction((relation.formula, *refused(relation, failing)), relation.span)
    formula, kin = _sought(wanted, site, program)
    return _Sought(formula, relation.kinship, relation.span, site, kin)


MOST_WAYS = 64
"""How many combinations of relations among alternatives are tried."""


def ways_of(program: Program) -> tuple[Program, ...]:
    """The program for each combination of relations that its alternatives leave open; itself if there are none.

    The matches of the program are those of all of them. Of more than ``MOST_WAYS``, the first.
    """
    done: list[Program] = []
    stack = [program]
    while stack and len(done) + len(stack) <= MOST_WAYS:
        way = stack.pop()
        choice = _open_choice(way)
        if choice is None:
            done.append(way)
        else:
            stack += [replace(way, decided=(*way.decided, Decided(*choice, truth))) for truth in (False, True)]
    return tuple(done) if done else (program,)


def open_relation(program: Program) -> Relation | None:
    """A relation among alternatives for which ``ways_of`` would try too many combinations; None if there is none."""
    ways = ways_of(program)
    choice = next((choice for way in ways if (choice := _open_choice(way)) is not None), None)
    return next((each for each in program.relations if choice is not None and each.marker.name == choice[1]), None)


def _open_choice(program: Program) -> tuple[Site, str] | None:
    """A relation that is neither required nor excluded nor decided, with the event whose it is."""

    def search(formula: Formula, site: Site, kin: Sequence[_Sought]) -> tuple[Site, str] | None:
        open_markers = [name for name, truth in markers_of(formula).items() if truth is None]
        if open_markers:
            return site, open_markers[0]
        return next((found for each in kin if (found := search(each.formula, each.site, each.kin)) is not None), None)

    for event in _plain_events(program) if program.relations else ():
        found = search(*_of_site(event, program))
        if found is not None:
            return found
    return None


def _of_site(event: Event, program: Program) -> tuple[Formula, Site, tuple[_Sought, ...]]:
    formula, kin = _sought(event.formula, (event.step,), program)
    return formula, (event.step,), kin


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
        named = (spec if spec.step is None else spec.held for spec in fields_of(step.formula).values())
        found.update({spec.name: spec for spec in named})
        found.update({key.field.name: key.field for key in step.keys})
    for relation in program.relations:
        found.update(fields_of(relation.formula))
        found.update({spec.name: spec for spec in (own_field(relation.kinship), other_field())})
    return found


def is_added(program: Program, event: Event, span: Span) -> bool:
    """Whether a condition of an event that is to be generated is not one of the query on that event.

    It then keeps the event from being one that `until` or a relation that must not hold waits for, or decides a relation; or the log
    source of the rule implies it.
    """
    if span in program.assumed:
        return True
    if span == NOWHERE and program.relations:
        return True
    home = event.kin.span if event.kin is not None else program.steps[event.step].span
    if event.kin is not None and not _inside(span, home):
        return True
    others = [relation.span for relation in program.relations if relation.span != home and _inside(relation.span, home)]
    return (program.until is not None and _inside(span, program.until.span)) or any(
        _inside(span, other) and span != other for other in others
    )


def _inside(span: Span, outer: Span) -> bool:
    return outer.start <= span.start and span.end <= outer.end


class GroupMatcher:
    """Tells whether a list of documents, in order, is one match of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.events = events_of(program)
        self._stream = StreamMatcher(program)
        self._references = [references(event.formula) for event in self.events]
        self._decisive = _compiled(self.events, Reading.ELASTICSEARCH)
        self._strict = _compiled(self.events, Reading.STRICT)

    def accepts(self, documents: Sequence[Mapping[str, Any]], reading: Reading = Reading.ELASTICSEARCH) -> bool:
        """Whether the documents, nested JSON in the order of the program's events, are a match."""
        judges = self._decisive if reading is Reading.ELASTICSEARCH else self._strict
        if len(documents) != len(judges):
            return False
        flats = [flatten(document) for document in documents]
        if any(judge(flat) is not True for judge, flat in zip(judges, self.seen(flats), strict=True)):
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

    def seen(self, flats: Sequence[Flat]) -> list[Flat]:
        """The documents of a match with what their conditions need to know of each other: fields of other events, and relations."""
        others = {event.step: flat for event, flat in zip(self.events, flats, strict=True) if event.kin is None}
        seen = [with_references(flat, references, others) for flat, references in zip(flats, self._references, strict=True)]
        return with_relations(seen, self.program.relations) if self.program.relations else seen


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
