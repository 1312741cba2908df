"""Planner: compiles a match to a skeleton, and proves which of its variations match."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import orjson

from ...compiler.ir.formula import Predicate, fields_of, leaves, references, term_fields
from ...compiler.ir.program import ShapeKind
from ...compiler.semantics.document import flatten
from ...compiler.semantics.match_document import Reading, compile_formula
from ...compiler.semantics.match_stream import TIMESTAMP
from ..generate.match_numbers import Unplannable
from ..generate.sampler import Proposal, Sampler
from ..generate.walk import CellName, Cells
from ..values.prepare import PreparedSets
from ..values.value_sets import Fixed, ValueSet
from .prove import Leaves, Prover
from .skeleton import Assurance, Hole, Skeleton, joined

_MARK = "\ue000"


_PLACE = re.compile(f'"{_MARK}([0-9]+){_MARK}"')


class Planner:
    """Creates skeletons from the matches of one program.

    Args:
        sampler: draws the matches.
        seed: the run's seed.

    Raises:
        Unplannable: the events or matches of the program depend on each other in ways that templates cannot express.
    """

    def __init__(self, sampler: Sampler, seed: str) -> None:
        program = sampler.program
        self.sampler = sampler
        self.seed = seed
        self.sets = PreparedSets(sampler.drawer, seed)
        self.leaves = Leaves()
        self.steps = [*program.steps, *((program.until,) if program.until is not None else ())]
        self.predicates = [compile_formula(step.formula, Reading.ELASTICSEARCH) for step in self.steps]
        formulas = [*(event.formula for event in sampler.events), *(step.formula for step in self.steps)]
        spoken = {spec.stored for formula in formulas for spec in fields_of(formula).values()}
        if TIMESTAMP in spoken | {key.field.stored for step in self.steps for key in step.keys}:
            raise Unplannable(f"`{TIMESTAMP}` is itself tested")
        if program.relations:
            raise Unplannable("its events descend from each other")
        if program.distinct or program.apart or program.history is not None:
            raise Unplannable("its matches depend on each other")
        if program.kind is ShapeKind.SAMPLE and len(program.steps) == 1:
            raise Unplannable("its documents are counted together")
        if any(references(event.formula) for event in sampler.events):
            raise Unplannable("a condition compares fields of two events")
        self.coupled = {
            sampler.name_of(number, spec.stored)
            for number, event in enumerate(sampler.events)
            for leaf in leaves(event.formula)
            if isinstance(leaf, Predicate)
            for spec in term_fields(leaf.term)
        }

    def skeleton(self, proposal: Proposal, number: int) -> Skeleton:
        """Compile a match to a skeleton.

        Args:
            proposal: the match.
            number: the skeleton's number in the program.

        Raises:
            Unplannable: its timestamps do not follow from the number of the group.
        """
        cells = proposal.cells
        columns = self._columns(proposal, number)
        # Sets of a scene that are one object are drawn once; those of a plain match are drawn once per value.
        numbered: dict[tuple[CellName, int], int] = {}
        sets: list[ValueSet] = []
        known: dict[int, int] = {}
        for name, column in columns.items():
            for at, part in enumerate(column):
                if isinstance(part, Fixed):
                    continue
                if proposal.scene is None or id(part) not in known:
                    known[id(part)] = len(sets)
                    sets.append(part)
                numbered[name, at] = known[id(part)]
        texts, holes = self._template(cells, numbered, len(sets))
        template = joined(texts, holes, sets)
        first, step = self._times(cells)
        strict = self.sampler.matcher.accepts(proposal.group, Reading.STRICT)
        assurance = Assurance.PROVED if self._proved(proposal, columns, strict) else Assurance.MATCHED
        pinned = tuple(sorted({name[1] for name in self.coupled if name in cells and cells[name].slots}))
        return Skeleton(*template, first, step, assurance, strict, pinned, proposal)

    def _columns(self, proposal: Proposal, number: int) -> dict[CellName, tuple[ValueSet, ...]]:
        """Returns the value sets of the cells that vary."""
        if proposal.scene is not None:
            return proposal.scene.columns(proposal.cells, self.coupled, Random(f"{self.seed}|scene {number}"))
        columns: dict[CellName, tuple[ValueSet, ...]] = {}
        for name, cell in proposal.cells.items():
            sets = tuple(
                Fixed(slot.value)
                if name in self.coupled
                else self.sets.of(cell.spec, slot.value, slot.wanted, cell.unwanted, number % VARIANTS)
                for slot in cell.slots
            )
            if any(not isinstance(part, Fixed) for part in sets):
                columns[name] = sets
        return columns

    def _template(self, cells: Cells, numbered: Mapping[tuple[CellName, int], int], times: int) -> tuple[tuple[str, ...], tuple[Hole, ...]]:
        """Returns the text of a group with holes, rendered by the sampler with marks in place of values."""
        marked: Cells = {}
        for name, cell in cells.items():
            slots = tuple(
                replace(slot, value=f"{_MARK}{numbered[name, at]}{_MARK}") if (name, at) in numbered else slot
                for at, slot in enumerate(cell.slots)
            )
            marked[name] = replace(cell, slots=slots)
        lines: list[str] = []
        for number, document in enumerate(self.sampler.documents(marked, 0)):
            document[TIMESTAMP] = f"{_MARK}{times + number}{_MARK}"
            lines.append(orjson.dumps(document).decode() + "\n")
        pieces = _PLACE.split("".join(lines))
        holes = [int(number) for number in pieces[1::2]]
        return tuple(pieces[::2]), tuple(Hole(number - times, True) if number >= times else Hole(number) for number in holes)

    def _times(self, cells: Cells) -> tuple[tuple[int, ...], int]:
        first, second, later = (self.sampler.clock.times(cells, number) for number in (0, 1, _FAR))
        steps = {after - before for before, after in zip(first, second, strict=True)}
        step = steps.pop()
        if steps or any(at != before + _FAR * step for before, at in zip(first, later, strict=True)):
            raise Unplannable("the times of its events do not follow each other evenly")
        return tuple(first), step

    def _proved(self, proposal: Proposal, columns: Mapping[CellName, tuple[ValueSet, ...]], strict: bool) -> bool:
        """Whether every group of a skeleton is proved to match, as its base does."""
        sampler = self.sampler
        provers = []
        for number, (order, document) in enumerate(zip(sampler.orders, proposal.group, strict=True)):
            own = {spec.stored: columns[name] for spec in order if (name := sampler.name_of(number, spec.stored)) in columns}
            own |= {name: column for (event, name), column in columns.items() if event == number and name not in own}
            provers.append(Prover(self.sets, self.leaves, own, flatten(document)))
        for reading in (Reading.ELASTICSEARCH, Reading.STRICT) if strict else (Reading.ELASTICSEARCH,):
            if not all(prover.proves(event.formula, True, reading) for event, prover in zip(sampler.events, provers, strict=True)):
                return False
        return sampler.program.kind is ShapeKind.EVENT or self._joined(columns, provers)

    def _joined(self, columns: Mapping[CellName, tuple[ValueSet, ...]], provers: Sequence[Prover]) -> bool:
        """Whether, in all groups, the same events satisfy the same steps and the same join keys are equal.

        The matcher's result on a group depends only on which event satisfies which step, on which keys are equal, and on the
        order and distance of timestamps.
        """
        keys: list[set[object]] = [set() for _ in self.steps[0].keys]
        for step, predicate in zip(self.steps, self.predicates, strict=True):
            for number, prover in enumerate(provers):
                truth = predicate(prover.flat) is True
                if not prover.proves(step.formula, truth, Reading.ELASTICSEARCH):
                    return False
                for position, key in enumerate(step.keys if truth else ()):
                    name = self.sampler.name_of(number, key.field.stored)
                    keys[position].add(name if name in columns else repr(prover.flat.get(key.field.stored)))
        return all(len(names) <= 1 or not any(name in columns for name in names) for names in keys)


VARIANTS = 8
"""The number of lists of drawn values per field, over all skeletons."""


_FAR = 100_003
