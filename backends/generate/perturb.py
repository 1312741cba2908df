"""Perturbing a match to get others: a solver's model is a single point, and asking again returns the same one.

Each cell is redrawn or changed in places; a change is kept if the result still matches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from ..values.draw import Drawer
from ..values.fill import word
from .cells import Cell, Slot, redraw
from .coupled_terms import Cells

TRIES = 6
_CLASSES = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789")


def vary(cells: Cells, drawer: Drawer, accepts: Callable[[Cells], bool]) -> Cells:
    """Vary the values of cells wherever the result is accepted too.

    Args:
        cells: values that are accepted.
        drawer: draws values, and holds the source of randomness.
        accepts: whether cells make a match.
    """
    rng = drawer.rng
    result = dict(cells)
    for name in rng.sample(list(cells), len(cells)):
        for attempt in range(TRIES):
            if not result[name].slots:
                break
            cell = redraw(drawer, result[name]) if attempt == 0 else _changed(result[name], rng)
            changed = {**result, name: cell}
            if cell != result[name] and accepts(changed):
                result = changed
                break
    return result


def _changed(cell: Cell, rng: Random) -> Cell:
    return replace(cell, slots=tuple(Slot(slot.wanted, _near(slot.value, rng)) for slot in cell.slots))


def _near(value: Any, rng: Random) -> Any:
    """Returns a similar value: a string with some letters and digits replaced, a number a little larger or smaller."""
    match value:
        case bool():
            return value
        case str():
            if rng.random() < 0.5:
                at = rng.choice((0, rng.randint(0, len(value)), len(value)))
                return value[:at] + word(rng, 1, 8) + value[at:]
            return "".join(_like(char, rng) if rng.random() < 0.5 else char for char in value)
        case int():
            return value + rng.choice((-1, 1)) * rng.randint(1, max(2, abs(value) // 4))
        case float():
            return value * (1 + rng.uniform(-0.25, 0.25))
    return value


def _like(char: str, rng: Random) -> str:
    return next((rng.choice(same) for same in _CLASSES if char in same), char)
