"""Sampler: draws groups of documents that match a program, each checked by the matcher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from ...compiler.ir.formula import is_marker
from ...compiler.ir.program import Program, ShapeKind
from ...compiler.normal_form.alternatives import at, forced, paths
from ...compiler.normal_form.nnf import Normal, normalise
from ...compiler.schema.field_types import CONSTANT_KEYWORD
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.document import nest
from ...compiler.semantics.match_document import Reading
from ...compiler.semantics.match_group import TIMESTAMP, GroupMatcher
from ...compiler.values.kinds import json_value
from ..values.draw import CompiledTests, Drawer
from .cells import Cell, Slot, arranged
from .joined_cells import field_order, joined_cells, narrower, relating_fields, shared_keys
from .nested_objects import draw_entry
from .perturb import vary
from .restyle import Match, Scene, Style, apply_accepted
from .shared_values import share
from .timestamps import Clock
from .walk import CellName, Cells, Goal, Walk

Document = dict[str, Any]
Group = list[Document]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A group of documents that the matcher accepted, its cells, and in a style of its own what may vary in it."""

    cells: Cells
    group: Group
    scene: Scene | None = None


RESTARTS = 6
FIRST_BUDGET = 400


class Sampler:
    """Draws groups for one program; every group has passed the matcher.

    Args:
        program: the program.
        start: the time of the first event of the first group, in epoch milliseconds.
        normals: for each event the normal form to draw from (without dead alternatives); by default that of its formula.

    Attributes:
        pool: matches to use if a walk finds none.
        pool_only: whether to draw only from the pool.
        drawer: evaluates tests; the values of documents come from other drawers.
        identifying: fields that identify a match: their values should rarely repeat.
        style: replaces values by realistic ones; None leaves values as drawn.
        given_up: the preferences of the style that conflicted with the rule so far.
        added: the fields that the style has added so far, by name.
        proof_names: as ``cell_names``, for proofs (see :meth:`proof_name_of`).
        shared: for each join key whose cells are not one in proofs, these cells with the field of each.
    """

    def __init__(self, program: Program, start: int, normals: Sequence[Normal] | None = None) -> None:
        self.program = program
        self.start = start
        self.matcher = GroupMatcher(program)
        self.events = self.matcher.events
        self.normals = list(normals) if normals is not None else [normalise(event.formula) for event in self.events]
        self.drawer = Drawer(CompiledTests(), Random(0), start, draw_entry)
        self.identifying: frozenset[str] = frozenset()
        self.pool: list[Proposal] = []
        self.pool_only = False
        self.style: Style | None = None
        self.given_up: set[str] = set()
        self.added: dict[str, FieldSpec] = {}
        self._environment = ""
        self.cell_names = joined_cells(program, self.events, exactly=False)
        self.proof_names = joined_cells(program, self.events, exactly=True)
        self.shared = shared_keys(program, self.events, self.proof_names)
        self.clock = Clock(program, self.events, start, self.name_of)
        self.orders = [field_order(self.events, number) for number in range(len(self.events))]
        self._has_constants = any(spec.type is CONSTANT_KEYWORD for order in self.orders for spec in order)

    def name_of(self, event: int, field: str) -> CellName:
        """The cell that holds a field of an event."""
        return self.cell_names.get((event, field), (event, field))

    def proof_name_of(self, event: int, field: str) -> CellName:
        """The cell in proofs: join keys with several values, or of different types, need not be equal as a whole."""
        return self.proof_names.get((event, field), (event, field))

    def keep_keys_apart(self) -> bool:
        """From now on, let join keys with several values share one value instead of all; returns whether that makes a difference."""
        changed = bool(self.shared) and self.cell_names != self.proof_names
        self.cell_names = self.proof_names
        return changed

    def draw(self, rng: Random, number: int = 0) -> Group | None:
        """Draw a group of documents that the matcher accepts; None if none was found.

        Args:
            rng: the source of randomness.
            number: the number of the group in the run; determines its timestamps.
        """
        proposal = None if self.pool_only else self.propose(rng, number, pinned=True)
        if proposal is None and self._has_constants and not self.pool_only:
            proposal = self.propose(rng, number)
        if proposal is None and self.pool:
            known = rng.choice(self.pool).cells
            fresh = vary(known, self._drawer(rng, pinned=True), lambda cells: self.matcher.accepts(self.documents(cells, number)))
            proposal = self.from_cells(fresh, number) or self.from_cells(known, number)
            if proposal is not None:
                proposal = (
                    self._restyle(proposal.cells, number, Reading.ELASTICSEARCH, self._drawer(rng, pinned=True), fixed=True) or proposal
                )
        return proposal.group if proposal is not None else None

    def propose(
        self,
        rng: Random,
        number: int = 0,
        goals: Sequence[Goal] | None = None,
        restarts: int = RESTARTS,
        pinned: bool = False,
        given: Mapping[CellName, Cell] | None = None,
    ) -> Proposal | None:
        """Propose a match of the goals, preferably in both readings; None if none was found.

        Args:
            rng: the source of randomness.
            number: the number of the group in the run; determines its timestamps.
            goals: what must hold; by default the events' normal forms.
            restarts: the maximum number of walks.
            pinned: whether constant_keyword fields keep the values of the first match of the pool.
            given: cells to begin with.
        """
        if self.style is not None and not given:
            self._environment = str(rng.random())
        fallback: Proposal | None = None
        for attempt in range(restarts):
            strict = attempt < restarts - restarts // 3
            drawer = self._drawer(rng, pinned=pinned)
            walk = Walk(drawer, self.name_of, strict=strict, budget=FIRST_BUDGET << attempt)
            cells = walk.run(list(goals) if goals is not None else self.goals(), {**self._keyed_cells(), **(given or {})})
            cells = self._with_shared(cells, drawer) if cells is not None else None
            styled = self._restyle(cells, number, Reading.STRICT, drawer) if cells is not None else None
            if styled is not None:
                return styled
            for chosen in (self._arrange(cells, drawer), cells) if cells is not None else ():
                proposal = self.from_cells(chosen, number)
                if proposal is not None:
                    if self.matcher.accepts(proposal.group, Reading.STRICT):
                        return proposal
                    fallback = fallback or proposal
        styled = self._restyle(fallback.cells, number, Reading.ELASTICSEARCH, drawer) if fallback is not None else None
        return styled or fallback

    def _restyle(self, cells: Cells, number: int, reading: Reading, drawer: Drawer, *, fixed: bool = False) -> Proposal | None:
        """Apply the sampler's style to a match; None if there is no style, or the cells do not match in this reading.

        Args:
            cells: the values.
            number: the number of the group in the run.
            reading: the reading in which the result must match, besides Elasticsearch's.
            drawer: tests values, and holds the source of randomness.
            fixed: whether existing values must stay, so that fields are only added.
        """
        if self.style is None:
            return None
        match = Match(self.events, self.clock.times(cells, number), self.name_of, self._environment, fixed)
        changed = self.style.styled(cells, match, drawer)
        groups: list[Group] = []

        def accepts(trial: Cells) -> bool:
            group = self.documents(trial, number)
            # A formula that is true in the strict reading, which leaves more undefined, is true in Elasticsearch's.
            accepted = self.matcher.accepts(group, reading)
            if accepted:
                groups.append(group)
            return accepted

        styled = apply_accepted(cells, changed.cells, accepts)
        if styled is None:
            return None
        self.given_up |= changed.given_up | changed.scene.lost(styled)
        return Proposal(styled, groups[-1], changed.scene)

    def _arrange(self, cells: Cells, drawer: Drawer) -> Cells:
        """Shuffles and sometimes extends the lists of the cells, except for join keys, which must stay equal."""
        shared = {self.name_of(number, key.field.stored) for number, event in enumerate(self.events) for key in event.keys}
        return {name: cell if name in shared else arranged(drawer, cell) for name, cell in cells.items()}

    def _drawer(self, rng: Random, *, pinned: bool = False) -> Drawer:
        """Returns a drawer for one match.

        Args:
            rng: the source of randomness.
            pinned: whether constant_keyword fields take the values of the first match in the pool, which a whole run shares.
        """
        first = self.pool[0] if pinned and self.pool and self._has_constants else None
        cells = first.cells.values() if first is not None else ()
        constants = {cell.spec.name: cell.values[0] for cell in cells if cell.spec.type is CONSTANT_KEYWORD and cell.slots}
        run = None if first is None else repr(first.group)
        return Drawer(self.drawer.tests, rng, self.start, draw_entry, self.identifying, constants, run)

    def walk_succeeds(self, rng: Random, goals: Sequence[Goal], restarts: int = 2) -> bool:
        """Whether a walk finds values for the goals; the values need not form a match."""
        drawer = self._drawer(rng)
        for attempt in range(restarts):
            walk = Walk(drawer, self.name_of, strict=False, budget=FIRST_BUDGET << attempt)
            if walk.run(list(goals), self._keyed_cells()) is not None:
                return True
        return False

    def cover(self, seed: str, number: int = 0) -> list[Group]:
        """Draw matches that together take every alternative and every entry of a list.

        Args:
            seed: the run's seed.
            number: the number of the first group in the run.
        """
        return [proposal.group for proposal in self.covering(seed, number)]

    def covering(self, seed: str, number: int = 0) -> list[Proposal]:
        """As :meth:`cover`, with the cells of the matches."""
        proposals: list[Proposal] = []
        for event, normal in enumerate(self.normals):
            for path in paths(normal):
                if any(self.satisfied(event, at(normal, path), proposal) for proposal in proposals):
                    continue
                goals = [Goal(index, forced(other, path) if index == event else other) for index, other in enumerate(self.normals)]
                witness = self.propose(Random(f"{seed}|cover {event} {path}"), number + len(proposals), goals)
                if witness is not None:
                    proposals.append(witness)
        return proposals or self.pool

    def from_cells(self, cells: Cells, number: int) -> Proposal | None:
        """Returns the proposal with the values of the cells, if the matcher accepts it."""
        group = self.documents(cells, number)
        return Proposal(cells, group) if self.matcher.accepts(group) else None

    def from_values(self, values: Mapping[CellName, Sequence[str | int | float]]) -> Proposal | None:
        """Returns a match with the values of a model, if the matcher accepts it: unprintable characters are replaced if possible."""
        specs = {self.proof_name_of(event, spec.stored): spec for event, order in enumerate(self.orders) for spec in order}
        for printable in (True, False):
            cells: Cells = {}
            for name, texts in values.items():
                if name not in specs:
                    continue
                spec = specs[name]
                if spec.kind.traits.nested:
                    drawn = [self._object(name[0], spec, int(number), values, printable) for number in texts]
                else:
                    drawn = [json_value(spec, value, printable) for value in texts]
                cells[self.name_of(*name)] = Cell(spec, tuple(Slot((), value) for value in drawn), missing=not texts)
            shared = self._with_shared(cells, self.drawer)
            proposal = self.from_cells(shared, 0) if shared is not None else None
            if proposal is not None:
                return proposal
        return None

    def _with_shared(self, cells: Cells, drawer: Drawer) -> Cells | None:
        """Gives the cells of each join key that are not one cell a common value, if they have none; None if there is none."""
        for holders in self.shared if self.cell_names == self.proof_names else ():
            shared = share(cells, holders, drawer)
            if shared is None:
                return None
            cells = shared
        return cells

    def _object(
        self, event: int, path: FieldSpec, number: int, values: Mapping[CellName, Sequence[str | int | float]], printable: bool
    ) -> Document:
        """Returns a nested object of a model, whose cells are named by its number instead of the event's."""
        inner: list[tuple[str, Any]] = []
        for spec in self.orders[event]:
            texts = values.get((number, spec.stored))
            if texts and spec.kind.traits.nested:
                inner.append((spec.stored, [self._object(event, spec, int(text), values, printable) for text in texts]))
            elif texts:
                drawn = [json_value(spec, value, printable) for value in texts]
                inner.append((spec.stored, drawn if len(drawn) > 1 else drawn[0]))
        return nest((name.removeprefix(f"{path.stored}."), value) for name, value in inner)

    def satisfied(self, event: int, normal: Normal, proposal: Proposal) -> bool:
        """Whether the values of a match satisfy a part of an event's formula; False for terms over several fields."""
        return Walk(self.drawer, self.name_of, strict=False, budget=0).satisfied(event, normal, proposal.cells)

    def goals(self) -> list[Goal]:
        """Returns the goals of a match: each event with its normal form."""
        return [Goal(event, normal) for event, normal in enumerate(self.normals)]

    def required(self) -> list[tuple[CellName, FieldSpec]]:
        """The cells of join keys, and of what relates events, that must have a value, as proofs name them."""
        return [
            (self.proof_name_of(number, spec.stored), spec)
            for number, event in enumerate(self.events)
            for spec in (*(key.field for key in event.keys if not key.optional), *relating_fields(self.events, number))
        ]

    def times(self) -> tuple[CellName, ...]:
        """Returns the timestamp cells of a sequence's events, in order; empty if the order is irrelevant."""
        if self.program.kind is not ShapeKind.SEQUENCE:
            return ()
        names = tuple(self.proof_name_of(number, TIMESTAMP) for number in range(len(self.events)))
        return names if len(set(names)) == len(names) else ()

    def _keyed_cells(self) -> Cells:
        """The cells of join keys that must have a value."""
        cells: Cells = {}
        for number, event in enumerate(self.events):
            for key in event.keys:
                name = self.name_of(number, key.field.stored)
                known = cells.get(name)
                spec = key.field if known is None else narrower(known.spec, key.field)
                cells[name] = Cell(spec, required=not key.optional or (known is not None and known.required))
            for spec in relating_fields(self.events, number):
                name = self.name_of(number, spec.stored)
                cells[name] = replace(cells[name], required=True) if name in cells else Cell(spec, required=True)
        return cells

    def documents(self, cells: Cells, number: int) -> Group:
        """Returns the documents with the values of the cells."""
        return [self._document(event, cells, time) for event, time in enumerate(self.clock.times(cells, number))]

    def _document(self, event: int, cells: Cells, time: int) -> Document:
        values: list[tuple[str, Any]] = []
        for spec in self.orders[event]:
            cell = cells.get(self.name_of(event, spec.stored))
            if cell is None or not cell.slots or spec.stored == TIMESTAMP:
                continue
            distinct = list(dict.fromkeys(map(_hashable, cell.values)))
            rendered = cell.values if len(distinct) == len(cell.values) else [value for value in distinct if not isinstance(value, tuple)]
            if spec.type.name == "flattened":
                values.append((spec.stored, _one_object(rendered)))
            elif len(rendered) > 1 or (spec.array and spec.array_stated) or spec.kind.traits.nested:
                values.append((spec.stored, rendered))
            else:
                values.append((spec.stored, rendered[0]))
        if self.style is not None:
            values += self._added(event, cells)
        return nest([*values, (TIMESTAMP, time)])

    def _added(self, event: int, cells: Cells) -> list[tuple[str, Any]]:
        """Returns the values of fields that the rule does not mention."""
        spoken = {spec.stored for spec in self.orders[event]} | {TIMESTAMP}
        added = [
            cell for (number, name), cell in cells.items() if number == event and name not in spoken and cell.slots and not is_marker(name)
        ]
        self.added.update({cell.spec.stored: cell.spec for cell in added})
        return [(cell.spec.stored, cell.values if cell.spec.array and cell.spec.array_stated else cell.values[0]) for cell in added]


def _one_object(objects: Sequence[Mapping[str, Any]]) -> Document:
    """Merges objects into one; a key of several objects gets a list."""
    columns: dict[str, list[Any]] = {}
    for item in objects:
        for key, value in item.items():
            columns.setdefault(key, []).append(value)
    return {key: values if len(values) > 1 else values[0] for key, values in columns.items()}


def _hashable(value: Any) -> Any:
    return ("object", id(value)) if isinstance(value, dict) else value
