"""Assignment: the values of a match while realistic ones replace them.

Every change is a preference: a value is accepted only if the tests of its cell allow it and, for a list of patterns, only if
it matches the entry that was drawn, so that the distribution over entries is unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random
from typing import Any

from ...compiler.ir.formula import Like, Test
from ...compiler.schema.field_types import CONSTANT_KEYWORD
from ...compiler.schema.fields import FieldSpec, Schema
from ...compiler.values.kinds import values_of
from ...compiler.values.literals import LiteralError, parse_address
from ...compiler.values.sets import Pattern
from ..generate.cells import Cell, Slot
from ..generate.walk import CellName, Cells
from ..values.draw import Drawer
from ..values.kinds import domain_of_kind
from .environment import Environment
from .fill_patterns import Form, fill, first_fitting
from .vocabulary import CONTAINER_WORDS, NOUNS, STEMS
from .words import worded

FieldValues = Mapping[str, Any]
"""Values for fields of one event that agree with each other; for an array, a tuple."""

MOST_ASSIGNMENTS = 60
FILLS = 5
_RARE_ANYWAY = 32
"""A string of this length is an identifier or a hash, which must be unique."""


@dataclass(slots=True)
class Assignment:
    """Mutable cells of a match.

    Attributes:
        cells: the values so far; a copy of the walk's.
        drawer: tests values.
        name_of: the cell that holds a field of an event.
        schema: what is known of fields.
        addable: a field that may be added, by its name.
        pinned: the cells that stay as they are.
        environment: what all events have in common.
        adds: for each event the fields that may be added.
        settled: the cells that have their final values.
        given_up: preferences that the rule left no room for.
    """

    cells: Cells
    drawer: Drawer
    name_of: Callable[[int, str], CellName]
    schema: Schema
    addable: Callable[[str], FieldSpec | None]
    pinned: frozenset[CellName]
    environment: Environment
    adds: Sequence[frozenset[str]]
    settled: set[CellName] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)

    @property
    def rng(self) -> Random:
        return self.drawer.rng

    def rare(self, name: str, value: Any) -> Any:
        """Return the value, or a rarely repeated variant if the field identifies matches."""
        if name not in self.drawer.identifying or not isinstance(value, str) or len(value) >= _RARE_ANYWAY or value.isdecimal():
            return value
        if not value.strip("0123456789.:"):
            return value
        words = "-".join((self.rng.choice(NOUNS), self.rng.choice(CONTAINER_WORDS), self.rng.choice(STEMS)))
        if "@" in value:
            return f"{words}@{value.partition('@')[2]}"
        stem, dot, extension = value.rpartition(".")
        return f"{words}{dot}{extension}" if stem and len(extension) <= 4 else words

    def cell(self, event: int, name: str) -> Cell | None:
        return self.cells.get(self.name_of(event, name))

    def value(self, event: int, name: str) -> Any | None:
        """The first value of a field, or None."""
        cell = self.cell(event, name)
        return cell.slots[0].value if cell is not None and cell.slots else None

    def text(self, event: int, name: str) -> str:
        """The first value of a field if it is a text, or nothing."""
        value = self.value(event, name)
        return value if isinstance(value, str) else ""

    def asked(self, event: int, name: str) -> bool:
        """Whether the rule constrains the values of a field."""
        cell = self.cell(event, name)
        return cell is not None and any(slot.wanted for slot in cell.slots)

    def determined(self, event: int, name: str) -> bool:
        """Whether the rule constrains the values of a field, or it has its final ones."""
        cell_name = self.name_of(event, name)
        return cell_name in self.settled or (cell_name in self.pinned and cell_name in self.cells) or self.asked(event, name)

    def concerns(self, event: int, name: str) -> bool:
        """Whether an event has a field or is to get it."""
        return name in self.adds[event] or self.name_of(event, name) in self.cells

    def is_settled(self, event: int, name: str) -> bool:
        return self.name_of(event, name) in self.settled

    def options(self, event: int, name: str, fresh: Iterable[str], form: Form = Form.PLAIN, final: str = "") -> Iterator[str]:
        """Yield values that a string field may have, best first; the last is its current value.

        Args:
            event, name: the field.
            fresh: values to choose from where the rule leaves the choice open.
            form: what kind of text it holds.
            final: what the text should end with.
        """
        cell = self.cell(event, name)
        if cell is None or not cell.slots:
            yield from fresh
        else:
            yield from (value for value in self.slot_options(event, name, 0, fresh, form, final) if isinstance(value, str))

    def slot_options(self, event: int, name: str, at: int, fresh: Iterable[Any], form: Form, final: str = "") -> Iterator[Any]:
        """As :meth:`options`, for one value of a field of any type."""
        cell_name = self.name_of(event, name)
        slot = self.cells[cell_name].slots[at]
        pattern = matched_pattern(slot)
        if cell_name in self.settled or cell_name in self.pinned or (pattern is not None and pattern.literal is not None):
            yield slot.value
            return
        yield from fresh
        if pattern is not None:
            for _ in range(FILLS):
                yield fill(pattern, form, self.environment, self.rng, final)
        if isinstance(slot.value, str) and name not in self.drawer.identifying:
            yield self.worded(self.cells[cell_name], at)
        yield slot.value

    def worded(self, cell: Cell, at: int) -> str:
        """A string value with words for its random letters, as far as its tests allow."""
        slot, spec = cell.slots[at], cell.spec
        if spec.allowed or spec.expected:
            return str(slot.value)
        return worded(slot.value, lambda changed: self.meets(spec, slot.wanted, cell.unwanted, changed), self.rng)

    def fits(self, event: int, name: str, value: Any) -> bool:
        """Whether a field may have this as its only value; True for a field that the document does not have and that it can do without."""
        cell_name = self.name_of(event, name)
        cell = self.cells.get(cell_name)
        if cell is None:
            return True
        if isinstance(value, tuple):
            return self.placed(cell, value) is not None
        if cell.missing or len(cell.slots) > 1:
            return False
        if cell_name in self.settled or cell_name in self.pinned:
            return bool(cell.slots) and bool(cell.slots[0].value == value)
        if not cell.slots:
            return self.meets(cell.spec, (), cell.unwanted, value)
        return self._slot_fits(cell, cell.slots[0], value)

    def _slot_fits(self, cell: Cell, slot: Slot, value: Any) -> bool:
        if value == slot.value:
            return True
        if not self.meets(cell.spec, slot.wanted, cell.unwanted, value):
            return False
        pattern = matched_pattern(slot)
        return pattern is None or (isinstance(value, str) and first_fitting((pattern,), value) is not None)

    def meets(self, spec: FieldSpec, wanted: Iterable[Test], unwanted: Iterable[Test], value: Any) -> bool:
        passes = self.drawer.passes
        return (
            is_of(spec, value)
            and all(passes(spec, test, value) for test in wanted)
            and not any(passes(spec, test, value) for test in unwanted)
        )

    def placed(self, cell: Cell, values: tuple[Any, ...]) -> tuple[Slot, ...] | None:
        """Slots with these values, the tests of the cell's own given to values that pass them; None if one finds none."""
        if cell.missing or any(not self.meets(cell.spec, (), cell.unwanted, value) for value in values):
            return None
        slots = [Slot((), value) for value in values]
        for slot in cell.slots:
            for at, candidate in enumerate(slots):
                if self._slot_fits(cell, slot, candidate.value):
                    slots[at] = Slot((*candidate.wanted, *slot.wanted), candidate.value)
                    break
            else:
                return None
        return tuple(slots)

    def take_over(self, event: int, values: FieldValues) -> None:
        """Give an event what another event has, field by field, even where its own value was drawn from another entry of a list."""
        for name, value in values.items():
            cell_name = self.name_of(event, name)
            cell = self.cells.get(cell_name)
            if cell is None or not cell.slots or isinstance(value, tuple):
                if self.fits(event, name, value):
                    self.put(event, name, value)
            elif self.may_take_over(event, name, value):
                self.put(event, name, value)

    def may_take_over(self, event: int, name: str, value: Any) -> bool:
        """Whether the tests of a field that has one value allow another, whichever entry of a list it passes by."""
        cell_name = self.name_of(event, name)
        cell = self.cells.get(cell_name)
        if cell is None or not cell.slots:
            return self.fits(event, name, value)
        return len(cell.slots) == 1 and self.changeable(cell_name) and self.meets(cell.spec, cell.slots[0].wanted, cell.unwanted, value)

    def settle(self, event: int, candidates: Iterable[FieldValues], relation: str = "") -> bool:
        """Give an event the first values that agree and that all its tests allow.

        If there are none, each field takes the first value of its own that it may have, and the preference is given up.

        Args:
            event: the event.
            candidates: values that agree with each other, in the order of preference.
            relation: what is given up when none fits; nothing where that is not worth a note.

        Returns:
            Whether one fitted.
        """
        rejected: list[FieldValues] = []
        for values in islice(candidates, MOST_ASSIGNMENTS):
            if all(self.fits(event, name, value) for name, value in values.items()):
                for name, value in values.items():
                    self.put(event, name, value)
                return True
            rejected.append(values)
        for values in rejected:
            for name, value in values.items():
                known = self.cell(event, name)
                if known is not None and known.slots and not self.is_settled(event, name) and self.fits(event, name, value):
                    self.put(event, name, value)
        if relation and rejected:
            self.given_up.add(relation)
        return False

    def offer(self, event: int, name: str, values: Iterable[Any]) -> bool:
        """Give a field the first of these values that it may have."""
        cell_name = self.name_of(event, name)
        if cell_name in self.settled:
            return False
        if cell_name not in self.cells:
            if name in self.adds[event]:
                for value in values:
                    self.put(event, name, value)
                    break
            return True
        return self.settle(event, ({name: value} for value in values))

    def put(self, event: int, name: str, value: Any) -> None:
        """Give a field a value that it may have, if the document has the field or is to have it."""
        cell_name = self.name_of(event, name)
        cell = self.cells.get(cell_name)
        if cell is None or not cell.slots:
            if name not in self.adds[event] or (cell is not None and cell.missing):
                return
            spec = cell.spec if cell is not None else self.addable(name)
            values = value if isinstance(value, tuple) else (value,)
            if spec is None or not all(is_of(spec, item) for item in values):
                return
            slots = tuple([Slot((), item) for item in values])
            self.cells[cell_name] = Cell(spec, slots, cell.unwanted if cell is not None else ())
            self.settled.add(cell_name)
            return
        if cell_name in self.pinned or cell_name in self.settled:
            return
        placed = self.placed(cell, value) if isinstance(value, tuple) else (Slot(cell.slots[0].wanted, value),)
        if placed is None:
            return
        self.cells[cell_name] = replace(cell, slots=placed)
        self.settled.add(cell_name)

    def replace_slot(self, event: int, name: str, at: int, values: Iterable[Any]) -> None:
        """Give one of several values of a field the first of these that it may have and that is not there yet."""
        cell_name = self.name_of(event, name)
        cell = self.cells[cell_name]
        others = [slot.value for place, slot in enumerate(cell.slots) if place != at]
        for value in values:
            if value not in others and self._slot_fits(cell, cell.slots[at], value):
                slot = Slot(cell.slots[at].wanted, value)
                self.cells[cell_name] = replace(cell, slots=(*cell.slots[:at], slot, *cell.slots[at + 1 :]))
                return

    def changeable(self, cell_name: CellName) -> bool:
        """Whether a cell may get other values."""
        cell = self.cells[cell_name]
        spec = cell.spec
        return (
            cell_name not in self.pinned
            and cell_name not in self.settled
            and bool(domain_of_kind(spec).json)
            and spec.type is not CONSTANT_KEYWORD
            and not any(isinstance(slot.value, dict) for slot in cell.slots)
        )


def is_of(spec: FieldSpec, value: Any) -> bool:
    """Whether a field, whose type a user's schema may have changed, can hold a value."""
    if isinstance(value, bool) and bool not in domain_of_kind(spec).json:
        return False
    if values_of(spec).blocks:
        try:
            parse_address(value)
        except (LiteralError, TypeError, AttributeError):
            return False
    return isinstance(value, domain_of_kind(spec).json)


def addable(spec: FieldSpec | None) -> bool:
    """Whether documents may get a field of their own accord: it has values of its own, and not the same in all documents of an index."""
    if spec is None or not domain_of_kind(spec).json or spec.type is CONSTANT_KEYWORD:
        return False
    return spec.nested_path is None and spec.stored == spec.name


def matched_pattern(slot: Slot) -> Pattern | None:
    """The pattern that a value was drawn from: of the tests, the one that leaves the least open; None when no pattern made it."""
    matched: Pattern | None = None
    for test in slot.wanted:
        if isinstance(test, Like) and isinstance(slot.value, str):
            pattern = first_fitting(test.patterns, slot.value)
            if pattern is not None and (matched is None or _narrower(pattern, matched)):
                matched = pattern
    return matched


def _narrower(pattern: Pattern, other: Pattern) -> bool:
    if (pattern.literal is None) != (other.literal is None):
        return pattern.literal is not None
    return _weight(pattern) > _weight(other)


def _weight(pattern: Pattern) -> int:
    return sum(len(token) for token in pattern.tokens if isinstance(token, str))
