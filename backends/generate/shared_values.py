"""A value that cells share: join keys with several values agree if they have one value in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...compiler.ir.program import Key
from ...compiler.semantics.match_stream import key_value
from ..values.draw import Drawer
from .cells import Cell, Slot
from .coupled_terms import CellName, Cells

Holders = tuple[tuple[CellName, Key], ...]
"""The cells of one join key, with the key of an event that each belongs to."""

_DRAWN = 4
"""The number of values to draw for all cells."""


def share(cells: Cells, holders: Holders, drawer: Drawer) -> Cells | None:
    """Return the cells with a value that all holders have; None if none was found that their tests allow."""
    known = {name: cells.get(name) or Cell(key.field.held) for name, key in holders}
    for value in _candidates(known, holders, drawer):
        shared = {name: _with_value(known[name], key, value, drawer) for name, key in holders}
        if None not in shared.values():
            return {**cells, **{name: cell for name, cell in shared.items() if cell is not None}}
    return None


def _candidates(known: dict[CellName, Cell], holders: Holders, drawer: Drawer) -> Iterator[Any]:
    """Yields values of the cells, then values that none of the cells excludes."""
    for name, _ in holders:
        yield from known[name].values
    unwanted = tuple(test for name, _ in holders for test in known[name].unwanted)
    for _ in range(_DRAWN):
        value = drawer.draw(holders[0][1].field, (), unwanted)
        if value is not None:
            yield value


def _with_value(cell: Cell, key: Key, value: Any, drawer: Drawer) -> Cell | None:
    """Returns the cell with a value; None if it must be missing, excludes the value, or holds another one and no more."""
    if any(key_value(key, own) == key_value(key, value) for own in cell.values):
        return cell
    if cell.missing or (cell.slots and not cell.spec.several) or not drawer.fits(cell.spec, value, (), cell.unwanted):
        return None
    return replace(cell, slots=(*cell.slots, Slot((), value)), required=True)
