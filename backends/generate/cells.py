"""Cells: the state of one field of one event during generation, its tests and its values.

A *cell* is a field of an event, or of several events if a join key merges them. It holds the tests that its values must
pass and fail, and values that do: adding a test keeps the values that pass it and redraws only the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ...compiler.ir.formula import Test
from ...compiler.schema.fields import FieldSpec
from ..values.draw import Drawer

_PADDED = 0.2
"""The probability that a list gets values that no test requires."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One value of a cell, in JSON form, and the tests it must pass."""

    wanted: tuple[Test, ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Cell:
    """The state of a cell. ``missing`` when the field must have no value, ``required`` when it must have one."""

    spec: FieldSpec
    slots: tuple[Slot, ...] = ()
    unwanted: tuple[Test, ...] = ()
    missing: bool = False
    required: bool = False

    @property
    def values(self) -> list[Any]:
        return [slot.value for slot in self.slots]


def want(drawer: Drawer, cell: Cell, test: Test) -> Cell | None:
    """Adds a test that some value must pass; None if no such value was found."""
    if cell.missing:
        return None
    for at, slot in enumerate(cell.slots):
        if drawer.passes(cell.spec, test, slot.value):
            return _with_slot(cell, at, Slot((*slot.wanted, test), slot.value))
    for at, slot in enumerate(cell.slots):
        value = drawer.draw(cell.spec, (*slot.wanted, test), cell.unwanted)
        if value is not None:
            return _with_slot(cell, at, Slot((*slot.wanted, test), value))
    if cell.slots and not cell.spec.several:
        return None
    value = drawer.draw(cell.spec, (test,), cell.unwanted)
    return None if value is None else replace(cell, slots=(*cell.slots, Slot((test,), value)), required=True)


def refuse(drawer: Drawer, cell: Cell, test: Test) -> Cell | None:
    """Adds a test that no value may pass; None if no value was found that fails it."""
    unwanted = (*cell.unwanted, test)
    slots = list(cell.slots)
    for at, slot in enumerate(slots):
        if drawer.passes(cell.spec, test, slot.value):
            value = drawer.draw(cell.spec, slot.wanted, unwanted)
            if value is None:
                return None
            slots[at] = Slot(slot.wanted, value)
    return replace(cell, slots=tuple(slots), unwanted=unwanted)


def require(drawer: Drawer, cell: Cell) -> Cell | None:
    """Requires the cell to have a value; None if it must be missing or none was found."""
    if cell.missing:
        return None
    if cell.slots:
        return replace(cell, required=True)
    value = drawer.draw(cell.spec, (), cell.unwanted)
    return None if value is None else replace(cell, slots=(Slot((), value),), required=True)


def omit(cell: Cell) -> Cell | None:
    """Requires the cell to have no value; None if it has or must have one."""
    return None if cell.slots or cell.required else replace(cell, missing=True)


def redraw(drawer: Drawer, cell: Cell) -> Cell:
    """Redraws the values of the cell; keeps a value for which no other is found."""
    fresh = [drawer.draw(cell.spec, slot.wanted, cell.unwanted) for slot in cell.slots]
    slots = tuple(slot if value is None else Slot(slot.wanted, value) for slot, value in zip(cell.slots, fresh, strict=True))
    return replace(cell, slots=slots)


def arranged(drawer: Drawer, cell: Cell) -> Cell:
    """Shuffles the values of the cell and, if a schema declares it a list, sometimes adds values that no test rejects."""
    spec = cell.spec
    slots = list(cell.slots)
    if not slots or not spec.several or spec.kind.traits.container:
        return cell
    vocabulary = spec.allowed or spec.expected
    if spec.array and spec.array_stated and not vocabulary and drawer.rng.random() < _PADDED:
        for _ in range(drawer.rng.randint(1, 2)):
            value = drawer.draw(spec, (), cell.unwanted)
            if value is not None:
                slots.append(Slot((), value))
    drawer.rng.shuffle(slots)
    return replace(cell, slots=tuple(slots))


def allows(drawer: Drawer, cell: Cell, value: Any) -> bool:
    """Whether the tests of a single-valued cell allow this value."""
    wanted = [test for slot in cell.slots for test in slot.wanted]
    return not cell.missing and drawer.fits(cell.spec, value, wanted, cell.unwanted)


def _with_slot(cell: Cell, at: int, slot: Slot) -> Cell:
    return replace(cell, slots=(*cell.slots[:at], slot, *cell.slots[at + 1 :]), required=True)
