"""Backtracking search for proposals: a lazy walk along the normal form.

Mandatory literals are placed first. An alternative that the current values already satisfy needs no new values and is
only kept satisfied; otherwise the alternatives are tried in random order, with backtracking on conflicts. The walk
proves nothing: it finds values, and the matcher checks them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from ...compiler.ir.formula import Atom, Exists, Predicate, Truth, term_fields
from ...compiler.normal_form.nnf import Conj, Disj, Lit, Normal, Preferred
from ...compiler.schema.fields import FieldSpec
from ..values.draw import Drawer
from .cells import Cell, omit, refuse, require, want
from .coupled_terms import CellName, Cells, couple

__all__ = ["CellName", "Cells", "Goal", "Walk"]


@dataclass(frozen=True, slots=True)
class Goal:
    """A formula that must hold of one event."""

    event: int
    normal: Normal


@dataclass(slots=True)
class _Choice:
    """A backtracking point: the cells, the pending goals, and the alternatives not tried yet."""

    cells: Cells
    pending: tuple[Goal, ...]
    couplings: tuple[tuple[int, Lit], ...]
    alternatives: list[Goal]


class Walk:
    """One search for values that satisfy a set of goals.

    Args:
        drawer: draws values and evaluates tests.
        name_of: the cell that holds a field of an event.
        strict: whether the match must also hold in the strict reading: preferences (``Preferred.literal``) are met, and a field
            is not omitted because its exclusions leave no value.
        budget: the maximum number of literals to place.
    """

    def __init__(self, drawer: Drawer, name_of: Callable[[int, str], CellName], *, strict: bool, budget: int) -> None:
        self.drawer = drawer
        self.rng: Random = drawer.rng
        self.name_of = name_of
        self.strict = strict
        self.budget = budget

    def run(self, goals: list[Goal], cells: Cells) -> Cells | None:
        """Returns cells that satisfy the goals, or None if the budget is exhausted or every alternative conflicts."""
        choices: list[_Choice] = []
        couplings: tuple[tuple[int, Lit], ...] = ()
        pending: tuple[Goal, ...] = ()
        placed = self._place(goals, cells)
        while True:
            self.drawer.searcher.deadline.check()
            if placed is not None:
                cells, opened, coupled = placed
                pending, couplings = (*opened, *pending), (*couplings, *coupled)
                if not pending:
                    finished = self._finish(cells, couplings)
                    if finished is not None:
                        return finished
                    placed = None
                else:
                    goal = _next(pending)
                    rest = tuple(other for other in pending if other is not goal)
                    choices.append(_Choice(cells, rest, couplings, self._alternatives(goal, cells)))
            while choices and not choices[-1].alternatives:
                choices.pop()
            if not choices or self.budget <= 0:
                return None
            choice = choices[-1]
            cells, pending, couplings = choice.cells, choice.pending, choice.couplings
            placed = self._place([choice.alternatives.pop()], cells)

    def _place(self, goals: list[Goal], cells: Cells) -> tuple[Cells, tuple[Goal, ...], tuple[tuple[int, Lit], ...]] | None:
        """Place all mandatory literals; returns the goals with alternatives that are left."""
        literals: list[tuple[int, Lit]] = []
        opened: list[Goal] = []
        stack = list(reversed(goals))
        while stack:
            goal = stack.pop()
            match goal.normal:
                case Conj(args):
                    stack.extend(Goal(goal.event, arg) for arg in reversed(args))
                case Preferred(decisive, literal):
                    stack.append(Goal(goal.event, decisive))
                    if self.strict:
                        stack.append(Goal(goal.event, literal))
                case Disj():
                    opened.append(goal)
                case Lit() as leaf:
                    literals.append((goal.event, leaf))
        self.budget -= len(literals) + 1
        # Exclusions first: they draw nothing, and later draws respect them.
        literals.sort(key=lambda entry: entry[1].positive)
        after: Cells = dict(cells)
        coupled: list[tuple[int, Lit]] = []
        for event, literal in literals:
            if isinstance(literal.leaf, Predicate):
                coupled.append((event, literal))
            elif not self._place_literal(event, literal, after):
                return None
        return after, tuple(opened), tuple(coupled)

    def _place_literal(self, event: int, literal: Lit, cells: Cells) -> bool:
        leaf = literal.leaf
        if not isinstance(leaf, Atom | Exists):
            return False
        name = self.name_of(event, leaf.field.stored)
        cell = cells.get(name) or Cell(leaf.field.held)
        placed: Cell | None
        match leaf, literal.positive:
            case Exists(), True:
                placed = require(self.drawer, cell)
            case Exists(), False:
                placed = omit(cell)
            case Atom(_, test), True:
                placed = want(self.drawer, _as(cell, leaf.field), test)
            case Atom(_, test), False:
                placed = refuse(self.drawer, _as(cell, leaf.field), test)
        if placed is None:
            return False
        cells[name] = placed
        return True

    def _alternatives(self, goal: Goal, cells: Cells) -> list[Goal]:
        """Returns the alternatives in the reverse of the order to try: satisfied ones first, then at random.

        Among the disjuncts of an exclusion, those on fields that the document already has come first.
        """
        assert isinstance(goal.normal, Disj)
        alternatives = list(goal.normal.args)
        self.rng.shuffle(alternatives)
        satisfied = [alternative for alternative in alternatives if self.satisfied(goal.event, alternative, cells)]
        if satisfied:
            others = (
                [alternative for alternative in alternatives if alternative not in satisfied] if len(alternatives) < 50 else alternatives
            )
            alternatives = [*satisfied, *others]
        elif not goal.normal.chosen:
            alternatives.sort(key=lambda alternative: not self._known(goal.event, alternative, cells))
        return [Goal(goal.event, alternative) for alternative in reversed(alternatives)]

    def satisfied(self, event: int, normal: Normal, cells: Cells) -> bool:
        """Whether the current values satisfy a part of an event's formula."""
        match normal:
            case Conj(args):
                return all(self.satisfied(event, arg, cells) for arg in args)
            case Disj(args):
                return any(self.satisfied(event, arg, cells) for arg in args)
            case Preferred(decisive, literal):
                return self.satisfied(event, decisive, cells) and self.satisfied(event, literal, cells)
            case Lit(Truth() | Predicate()):
                return False
            case Lit(leaf, positive):
                assert isinstance(leaf, Atom | Exists)
                cell = cells.get(self.name_of(event, leaf.field.stored))
                if cell is None:
                    return False
                if isinstance(leaf, Exists):
                    return bool(cell.slots) if positive else cell.missing
                return bool(cell.slots) and positive == any(self.drawer.passes(leaf.field, leaf.test, value) for value in cell.values)

    def _known(self, event: int, normal: Normal, cells: Cells) -> bool:
        """Whether a literal is on a field that the document already has."""
        return isinstance(normal, Lit) and isinstance(normal.leaf, Atom) and self.name_of(event, normal.leaf.field.stored) in cells

    def _finish(self, cells: Cells, couplings: tuple[tuple[int, Lit], ...]) -> Cells | None:
        """Draws values for fields with exclusions only, then for terms over several fields."""
        after = dict(cells)
        for event, literal in couplings:
            assert isinstance(literal.leaf, Predicate)
            for spec in term_fields(literal.leaf.term):
                name = self.name_of(event, spec.stored)
                cell = after.get(name) or Cell(spec.held)
                present = require(self.drawer, cell)
                if present is None and not cell.missing:
                    return None
                after[name] = present or cell
        for name, cell in after.items():
            if not cell.slots and not cell.missing:
                drawn = require(self.drawer, cell)
                if drawn is None and (cell.required or self.strict):
                    return None
                after[name] = replace(drawn, required=False) if drawn else replace(cell, missing=True)
        return couple(after, list(couplings), self.name_of, self.drawer) if couplings else after


def _next(pending: tuple[Goal, ...]) -> Goal:
    """Returns the next choice: the author's alternatives before disjuncts of exclusions, which are mostly satisfied by then."""
    for goal in pending:
        if isinstance(goal.normal, Disj) and goal.normal.chosen:
            return goal
    return pending[0]


def _as(cell: Cell, spec: FieldSpec) -> Cell:
    """Returns the cell with the given field spec, so that analysed text is drawn as text even if the field was a keyword first."""
    met, meant = cell.spec.kind.traits, spec.kind.traits
    if meant.analysed and not met.analysed:
        return replace(cell, spec=replace(cell.spec, type=spec.type))
    return cell
