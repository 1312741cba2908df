"""Joined cells: which fields of the events of a match are one cell, because they have the same value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...compiler.ir.formula import fields_of, references
from ...compiler.ir.program import Program, ShapeKind
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.match_group import Event
from ...compiler.semantics.process_ancestry import other_field
from .shared_values import Holders
from .walk import CellName


def narrower(left: FieldSpec, right: FieldSpec) -> FieldSpec:
    """Returns the narrower of two fields that share a value; single-valued if either is."""

    def rank(spec: FieldSpec) -> tuple[int, int | float]:
        traits = spec.kind.traits
        return traits.breadth, spec.type.highest if traits.integral and spec.type.highest is not None else 0

    narrow, other = (left, right) if rank(left) <= rank(right) else (right, left)
    return narrow if other.several or not narrow.several else replace(narrow, array=False, known=True)


def field_order(events: Sequence[Event], number: int) -> list[FieldSpec]:
    """Returns the fields of an event's document: those of the query, in its order, then the join keys and those that others name."""
    event = events[number]
    named = (spec.held for other in events for spec in references(other.formula) if event.kin is None and spec.step == event.step)
    own = (spec for spec in fields_of(event.formula).values() if spec.step is None)
    specs: dict[str, FieldSpec] = {}
    for spec in (*own, *(key.field for key in event.keys), *named, *relating_fields(events, number)):
        specs.setdefault(spec.stored, spec)
    return list(specs.values())


def relating_fields(events: Sequence[Event], number: int) -> list[FieldSpec]:
    """Returns the fields that relate an event to other events of the match."""
    own = [other_field()] if events[number].kin is not None else []
    return [*own, *(other.kin.field for other in events if other.kin is not None and other.kin.event == number)]


def shared_keys(program: Program, events: Sequence[Event], names: Mapping[CellName, CellName]) -> list[Holders]:
    """Returns the cells of each required join key that are several cells; ``names`` maps cells that are one to it."""
    keyed = [(number, event) for number, event in enumerate(events) if event.kin is None]
    found: list[Holders] = []
    for position, first in enumerate(keyed[0][1].keys if program.kind is not ShapeKind.EVENT else ()):
        own = [((number, event.keys[position].field.stored), event.keys[position]) for number, event in keyed]
        holders = {names.get(name, name): key for name, key in own}
        if len(holders) > 1 and not first.optional:
            found.append(tuple(holders.items()))
    return found


def joined_cells(program: Program, events: Sequence[Event], *, exactly: bool) -> dict[CellName, CellName]:
    """Maps every field that is a join key to the cell that all events share.

    Args:
        program: the program.
        events: the events of a match.
        exactly: omit fields whose values can join without being identical.
    """
    shared: dict[CellName, CellName] = {}

    def root(name: CellName) -> CellName:
        while name in shared:
            name = shared[name]
        return name

    for number, event in enumerate(events):
        if event.kin is not None:
            own, first = root((number, other_field().stored)), root((event.kin.event, event.kin.field.stored))
            if own != first:
                shared[own] = first
    keyed = [(number, event) for number, event in enumerate(events) if event.kin is None]
    for position in range(len(keyed[0][1].keys)) if program.kind is not ShapeKind.EVENT else ():
        fields = [(number, event.keys[position].field) for number, event in keyed]
        if exactly:
            fields = [(number, spec) for number, spec in fields if not spec.several]
            fields = [(number, spec) for number, spec in fields if spec.type.kind is fields[0][1].type.kind]
        for number, spec in fields[1:]:
            first, own = root((fields[0][0], fields[0][1].stored)), root((number, spec.stored))
            if own != first:
                shared[own] = first
    numbers = {event.step: number for number, event in keyed}
    for number, event in enumerate(events):
        for spec in references(event.formula):
            assert spec.step is not None
            shared[number, spec.stored] = root((numbers[spec.step], spec.held.name))
    return {name: root(name) for name in shared}
