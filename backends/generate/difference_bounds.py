"""Difference constraints: bounds propagation for comparisons between integer fields, such as ``a < b and b <= c``.

A local search repairs one comparison and breaks the next. Propagating bounds to a fixed point leaves each field with
its feasible values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...compiler.ir.formula import Apply, FieldTerm, Predicate, Within
from ...compiler.normal_form.nnf import Lit
from ...compiler.values.kinds import domain_of
from ...compiler.values.sets import Interval
from ..values.draw import Drawer
from ..values.intervals import solution
from .cells import Cell, Slot, allows

CellName = tuple[int, str]
Cells = dict[CellName, Cell]

Edge = tuple[CellName, CellName, int]
"""The second cell's value is at least the first's plus an offset."""

_STEPS = {"<": ((0, 1, 1),), "<=": ((0, 1, 0),), ">": ((1, 0, 1),), ">=": ((1, 0, 0),), "==": ((0, 1, 0), (1, 0, 0))}
_NEGATIONS = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "!=": "=="}
_USUAL_GAP = 1_000


def settle_orders(cells: Cells, conditions: list[tuple[int, Lit]], name_of: Callable[[int, str], CellName], drawer: Drawer) -> Cells | None:
    """Find values that satisfy all comparisons between two integer fields.

    Returns None if the bounds are inconsistent, and the cells unchanged if propagation does not apply.

    Args:
        cells: the initial values.
        conditions: literals of terms, each with the number of its event.
        name_of: the cell that holds a field of an event.
        drawer: evaluates tests.
    """
    edges = [edge for event, literal in conditions for edge in _edges(event, literal, cells, name_of)]
    if len(edges) < 2:
        return cells
    lows: dict[CellName, int] = {}
    highs: dict[CellName, int] = {}
    for name in dict.fromkeys(end for edge in edges for end in edge[:2]):
        bounds = _bounds(cells[name])
        if bounds is None:
            return cells
        lows[name], highs[name] = bounds
    if not _propagate(edges, lows, highs):
        return None
    settled = dict(cells)
    for name in sorted(lows, key=lambda name: lows[name]):
        drawer.searcher.deadline.check()
        known = settled[name].values[0]
        low, high = lows[name], highs[name]
        value = known if low <= known <= high else drawer.rng.randint(low, min(high, low + _USUAL_GAP))
        if not allows(drawer, settled[name], value):
            return cells
        settled[name] = replace(settled[name], slots=(Slot(settled[name].slots[0].wanted, value),))
        lows[name] = highs[name] = value
        if not _propagate(edges, lows, highs):
            return cells
    return settled


def _edges(event: int, literal: Lit, cells: Cells, name_of: Callable[[int, str], CellName]) -> list[Edge]:
    match literal.leaf:
        case Predicate(Apply(operator, (FieldTerm(left), FieldTerm(right)))):
            name = operator if literal.positive else _NEGATIONS.get(operator)
            ends = (name_of(event, left.stored), name_of(event, right.stored))
            if all(cells[end].spec.kind.traits.integral and len(cells[end].slots) == 1 for end in ends):
                return [(ends[first], ends[second], least) for first, second, least in _STEPS.get(name or "", ())]
    return []


def _bounds(cell: Cell) -> tuple[int, int] | None:
    """Returns the minimum and maximum value that the tests of a cell allow."""
    wanted = [test.intervals for slot in cell.slots for test in slot.wanted if isinstance(test, Within)]
    unwanted: list[Interval] = [hole for test in cell.unwanted if isinstance(test, Within) for hole in test.intervals]
    parts = solution(domain_of(cell.spec), wanted, unwanted, True)
    lows, highs = [part.low for part in parts], [part.high for part in parts]
    if not parts or None in lows or None in highs:
        return None
    return int(min(low for low in lows if low is not None)), int(max(high for high in highs if high is not None))


def _propagate(edges: list[Edge], lows: dict[CellName, int], highs: dict[CellName, int]) -> bool:
    """Narrows the bounds to a fixed point; returns whether every cell still has a value."""
    for _ in range(len(lows) + 1):
        changed = False
        for before, after, least in edges:
            if lows[after] < lows[before] + least:
                lows[after] = lows[before] + least
                changed = True
            if highs[before] > highs[after] - least:
                highs[before] = highs[after] - least
                changed = True
        if any(lows[name] > highs[name] for name in lows):
            return False
        if not changed:
            return True
    return False
