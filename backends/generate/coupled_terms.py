"""Local search for conditions over several fields or over functions, which it inverts.

Each condition that does not hold yet constrains its fields (:mod:`.inversion`). These constraints are stored as its
*demands*, so that a later change of the same field respects them where possible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ...compiler.ir.formula import Predicate, Term, term_fields
from ...compiler.normal_form.nnf import Lit
from ...compiler.semantics.match_document import Judge, Reading, compile_formula, compile_term
from ...compiler.values.functions import Value
from ..values.draw import Drawer
from .cells import Cell, Slot
from .difference_bounds import settle_orders
from .inversion.conditions import bounds_of
from .inversion.goals import Constraint, Demands
from .inversion.inverter import Inverter

CellName = tuple[int, str]
"""An event's number and a field's name; where join keys make cells one, the first of them."""

Cells = dict[CellName, Cell]

ROUNDS = 40
"""The average number of repairs allowed per condition."""


@dataclass(slots=True)
class _Coupling:
    """A literal on terms of one event: its compiled predicate, and the constraints that satisfied it last."""

    event: int
    term: Term
    positive: bool
    predicate: Judge
    names: dict[str, CellName]
    demands: dict[CellName, Constraint] = field(default_factory=dict)
    evaluators: dict[int, Callable[[Any], Value]] = field(default_factory=dict)


def couple(cells: Cells, conditions: list[tuple[int, Lit]], name_of: Callable[[int, str], CellName], drawer: Drawer) -> Cells | None:
    """Find values with which the conditions hold; None if none were found.

    Args:
        cells: the initial values; every field of the conditions has a cell.
        conditions: literals of terms, each with the number of its event.
        name_of: the cell that holds a field of an event.
        drawer: draws values.
    """
    settled = settle_orders(cells, conditions, name_of, drawer)
    if settled is None:
        return None
    return _Search(dict(settled), [_coupling(event, literal, name_of) for event, literal in conditions], drawer).run()


def _coupling(event: int, literal: Lit, name_of: Callable[[int, str], CellName]) -> _Coupling:
    assert isinstance(literal.leaf, Predicate)
    term = literal.leaf.term
    names = {spec.stored: name_of(event, spec.stored) for spec in term_fields(term)}
    return _Coupling(event, term, literal.positive, compile_formula(literal.leaf, Reading.STRICT), names)


def _bounds(couplings: list[_Coupling]) -> dict[int, dict[Term, Constraint]]:
    """What the conditions on the same function of an event require of it, where several do."""
    found: dict[int, dict[Term, list[Constraint]]] = {}
    for coupling in couplings if len(couplings) > 1 else ():
        bound = bounds_of(coupling.term, coupling.positive)
        if bound is not None:
            found.setdefault(coupling.event, {}).setdefault(bound[0], []).append(bound[1])
    return {
        event: {
            term: Constraint(
                tuple(test for each in several for test in each.wanted), tuple(test for each in several for test in each.unwanted)
            )
            for term, several in terms.items()
            if len(several) > 1
        }
        for event, terms in found.items()
    }


class _Search:
    def __init__(self, cells: Cells, couplings: list[_Coupling], drawer: Drawer) -> None:
        self.cells = cells
        self.couplings = couplings
        self.drawer = drawer
        self.rng: Random = drawer.rng
        self.bounds = _bounds(couplings)

    def run(self) -> Cells | None:
        for _ in range(ROUNDS * len(self.couplings)):
            self.drawer.searcher.deadline.check()
            failing = [coupling for coupling in self.couplings if not self._holds(coupling)]
            if not failing:
                return self.cells
            if not all(coupling.names for coupling in failing):
                # The condition has no field that could change.
                return None
            self._repair(self.rng.choice(failing))
        return self.cells if all(map(self._holds, self.couplings)) else None

    def _holds(self, coupling: _Coupling) -> bool:
        truth = coupling.predicate(self._view(coupling))
        if coupling.positive:
            return truth is True
        # A field that must be missing has no value to constrain.
        return truth is False or (truth is None and any(not self.cells[name].slots for name in coupling.names.values()))

    def _view(self, coupling: _Coupling) -> dict[str, list[Any]]:
        return {stored: list(cell.values) for stored, name in coupling.names.items() if (cell := self.cells[name]).slots}

    def _repair(self, coupling: _Coupling) -> None:
        """Change the values of one or two fields: usually as the inversion suggests, sometimes at random."""
        view = self._view(coupling)

        def value_of(term: Term) -> Value:
            evaluate = coupling.evaluators.get(id(term))
            if evaluate is None:
                evaluate = coupling.evaluators[id(term)] = compile_term(term)
            return evaluate(view)

        coupling.demands = {}
        suggested = (
            Inverter(self.rng, value_of, self.bounds.get(coupling.event, {})).constrain_truth(coupling.term, coupling.positive)
            if self.rng.random() < 0.9
            else None
        )
        if suggested and self._apply(coupling, suggested):
            return
        name = self.rng.choice(list(coupling.names.values()))
        self._redraw(name, Constraint())

    def _apply(self, coupling: _Coupling, demands: Demands) -> bool:
        for stored, (_, constraint) in demands.items():
            name = coupling.names[stored]
            if not self._redraw(name, constraint):
                return False
            coupling.demands[name] = constraint
        return True

    def _redraw(self, name: CellName, constraint: Constraint) -> bool:
        """Redraw the values of a cell; the demands of other conditions are dropped if no value meets them all."""
        cell = self.cells[name]
        if not cell.slots:
            return False
        others = [coupling.demands[name] for coupling in self.couplings if name in coupling.demands]
        every = Constraint(
            tuple(test for other in (constraint, *others) for test in other.wanted),
            tuple(test for other in (constraint, *others) for test in other.unwanted),
        )
        for candidate in (every, constraint) if others else (constraint,):
            drawn = self._drawn(cell, candidate)
            if drawn is not None:
                self.cells[name] = drawn
                return True
        return False

    def _drawn(self, cell: Cell, constraint: Constraint) -> Cell | None:
        """Redraws the cell so that its first value meets the constraint and no value violates it."""
        unwanted = (*cell.unwanted, *constraint.unwanted)
        slots: list[Slot] = []
        for at, slot in enumerate(cell.slots):
            wanted = (*slot.wanted, *constraint.wanted) if at == 0 else slot.wanted
            if at and not any(self.drawer.passes(cell.spec, test, slot.value) for test in constraint.unwanted):
                slots.append(slot)
                continue
            value = self.drawer.draw(cell.spec, wanted, unwanted)
            if value is None:
                return None
            slots.append(Slot(slot.wanted, value))
        return replace(cell, slots=tuple(slots))
