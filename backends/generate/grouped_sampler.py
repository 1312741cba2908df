"""Sampling groups of documents by join key: the documents of a group agree on some fields and differ in others.

All documents of a group satisfy the same formula, so they are drawn one by one: the first freely, the others with its
keys. This scales to hundreds of documents, unlike a single walk over all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from ...compiler.ir.formula import Like, Test, Within
from ...compiler.ir.program import Distinct, Program, ShapeKind
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.document import flatten
from ...compiler.semantics.match_group import GroupMatcher
from ...compiler.semantics.match_stream import TIMESTAMP, join_keys, time_of
from ...compiler.semantics.sequences import JoinKeys
from ...compiler.values.kinds import number_of
from ...compiler.values.patterns import exact
from ...compiler.values.sets import Interval
from .cells import Cell, Slot, redraw
from .match_numbers import BLOCK, WALKED
from .sampler import Document, Group, Proposal, Sampler
from .walk import CellName, Cells

ATTEMPTS = 6
"""The maximum number of first documents to try per match."""
_REDRAWS = 8


def single_event(program: Program) -> Program:
    """Returns the program of one event of a program whose events all satisfy the same formula."""
    (step,) = program.steps
    return replace(program, kind=ShapeKind.EVENT, steps=(replace(step, runs=1),), distinct=())


def one_of(spec: FieldSpec, values: Sequence[Any]) -> Test:
    """Returns the test that exactly these JSON values of a field pass."""
    if spec.kind.traits.ordered:
        numbers = [number_of(spec, value) for value in values]
        return Within(tuple(Interval(number, number) for number in numbers))
    return Like(tuple(exact(value if isinstance(value, str) else str(value).lower(), spec.caseless) for value in values))


class GroupedSampler:
    """Draws matches of a program with one step.

    Args:
        program: the program: a sample whose one step is repeated, or an event.
        single: draws one of its events.
        history: whether to draw older documents too, which contain the values of a match that must not be new.
    """

    def __init__(self, program: Program, single: Sampler, *, history: bool = False) -> None:
        self.program = program
        self.single = single
        self.history = program.history if history else None
        self.matcher = GroupMatcher(program)
        self.size = program.steps[0].runs
        self.keys = program.steps[0].keys
        self.single.identifying = frozenset(key.field.stored for key in self.keys) if program.apart else frozenset()
        self._seen: set[JoinKeys] = set()
        self._block = 0

    def draw(self, rng: Random, number: int = 0) -> Group | None:
        """See `DocumentSource`. Keys of earlier matches are reused only if no others were found."""
        self._begin(max(0, number - WALKED) // BLOCK)
        again: Group | None = None
        for attempt in range(ATTEMPTS):
            first = self._first(rng, number, self._unused(rng) if attempt >= ATTEMPTS // 2 else None)
            known = first is None or self._known(first)
            if first is None or (known and again is not None):
                continue
            group = self._around(first, rng, number)
            if group is not None and not known:
                return self._noted(group)
            again = again or group
        return again or self._around_known(rng, number)

    def _begin(self, block: int) -> None:
        # Blocks may be drawn by different processes, which do not share their used keys.
        if block != self._block:
            self._block = block
            self._seen.clear()

    def _first(self, rng: Random, number: int, given: Cells | None) -> Proposal | None:
        if self.single.pool_only:
            return self.single.from_cells(rng.choice(self.single.pool).cells, number * self.size)
        return self.single.propose(rng, number * self.size, pinned=True, given=given)

    def _unused(self, rng: Random) -> Cells | None:
        """Returns the cell of a join key without its earlier values: with few values left, random draws rarely hit the last ones."""
        if not self._seen or not self.keys:
            return None
        at = rng.randrange(len(self.keys))
        spec = self.keys[at].field
        values = sorted({key[1] for keys in self._seen if (key := keys[at]) is not None}, key=repr)
        return {self.single.name_of(0, spec.stored): Cell(spec, unwanted=(one_of(spec, values),))} if values else None

    def _around_known(self, rng: Random, number: int) -> Group | None:
        """Draws a match around the event that proved satisfiability."""
        first = self.single.from_cells(self.single.pool[0].cells, number * self.size) if self.single.pool else None
        return self._around(first, rng, number) if first is not None else None

    def cover(self, seed: str, number: int = 0) -> list[Group]:
        """See `DocumentSource`."""
        groups: list[Group] = []
        for first in self.single.covering(seed, number):
            at = number + len(groups)
            placed = self.single.from_cells(first.cells, at * self.size)
            group = self._around(placed, Random(f"{seed}|around {at}"), at) if placed is not None else None
            if group is not None:
                groups.append(self._noted(group))
        return groups

    def _known(self, proposal: Proposal) -> bool:
        return self.program.apart and not self._seen.isdisjoint(join_keys(self.keys, flatten(proposal.group[0])))

    def _noted(self, group: Group) -> Group:
        if self.program.apart:
            for document in group:
                self._seen.update(join_keys(self.keys, flatten(document)))
        return group

    # -- documents that agree ----------------------------------------------------------------------

    def _around(self, first: Proposal, rng: Random, number: int) -> Group | None:
        """Completes a match from its first document; None if no other documents for it were found."""
        if self.history is not None:
            return [*self._older(first, rng, number, self.history), *first.group]
        same = self._pinned(first)
        group = list(first.group)
        values = {distinct: self._values(distinct, first.cells) for distinct in self.program.distinct}
        for at in range(1, self.size):
            lacking = [distinct for distinct, held in values.items() if len(held) < distinct.least]
            apart = {self._name(distinct): self._other(distinct, values[distinct]) for distinct in lacking}
            proposal = self.single.propose(rng, number * self.size + at, pinned=True, given={**same, **apart})
            if proposal is None and not lacking:
                proposal = self.single.from_cells(first.cells, number * self.size + at)
            if proposal is None:
                return None
            group += proposal.group
            for distinct in lacking:
                values[distinct] = list(dict.fromkeys((*values[distinct], *self._values(distinct, proposal.cells))))
        self._narrow(group)
        return group if self.matcher.accepts(group) else None

    def _narrow(self, group: Group) -> None:
        """Moves the times of a group together, if they are further apart than the program's maxspan."""
        longest = self.program.maxspan
        if longest is None or time_of(flatten(group[-1])) - time_of(flatten(group[0])) <= longest:
            return
        first = int(time_of(flatten(group[0])))
        for at, document in enumerate(group):
            document[TIMESTAMP] = first + at * longest // self.size

    def _pinned(self, proposal: Proposal) -> Cells:
        """Returns the cells of the join keys with fixed values."""
        pinned: Cells = {}
        for key in self.keys:
            name = self.single.name_of(0, key.field.stored)
            cell = proposal.cells.get(name)
            if cell is not None and cell.slots:
                slots = tuple(Slot((*slot.wanted, one_of(cell.spec, (slot.value,))), slot.value) for slot in cell.slots)
                pinned[name] = replace(cell, slots=slots, required=True)
            elif cell is not None:
                pinned[name] = Cell(cell.spec, missing=True)
        return pinned

    def _name(self, distinct: Distinct) -> CellName:
        return self.single.name_of(0, distinct.field.stored)

    def _values(self, distinct: Distinct, cells: Cells) -> list[Any]:
        cell = cells.get(self._name(distinct))
        return cell.values if cell is not None else []

    def _other(self, distinct: Distinct, values: list[Any]) -> Cell:
        """Returns a cell that excludes these values."""
        return Cell(distinct.field, unwanted=(one_of(distinct.field, values),) if values else (), required=True)

    # -- history -----------------------------------------------------------------------------------

    def _older(self, proposal: Proposal, rng: Random, number: int, window: Interval) -> list[Document]:
        """Draws, for each key, an older document that differs from the match in that key only, so that its other values are not new."""
        assert window.low is not None and window.high is not None
        margin = (window.high - window.low) // 10
        documents: list[Document] = []
        for key in self.keys:
            cells = self._with_another(proposal.cells, self.single.name_of(0, key.field.stored))
            older = self.single.from_cells(cells, number) if cells is not None else None
            if older is None:
                continue
            document = older.group[0]
            document[TIMESTAMP] = int(time_of(flatten(document))) - rng.randint(int(window.low + margin), int(window.high - margin))
            if self.single.matcher.accepts([document]):
                documents.append(document)
        return sorted(documents, key=lambda document: int(document[TIMESTAMP]))

    def _with_another(self, cells: Cells, name: CellName) -> Cells | None:
        """Redraws one of the cells with another value."""
        for _ in range(_REDRAWS):
            changed = redraw(self.single.drawer, cells[name])
            if changed.values != cells[name].values:
                return {**cells, name: changed}
        return None
