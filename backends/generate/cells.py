"""What one field of one event must be, and values that are.

A *cell* is a field of an event, or of several events where a join key makes them one. Its state holds the
tests its values must pass and fail and, drawn already, values that do: adding a test keeps the values that
fit and draws again only where one does not.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from ...compiler.ir.formula import EVERYWHERE, LengthIn, Test, Within
from ...compiler.normal_form.alternatives import only_entries
from ...compiler.schema.field_types import CONSTANT_KEYWORD, Kind
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.match_document import compile_test
from ...compiler.values.literals import MAX_ADDRESS, V4_BASE, render_address, render_date
from ...compiler.values.sets import Interval
from ...compiler.values.stored_numbers import is_rounded, stored
from ..values.analysed_text import draw_text
from ..values.intervals import draw_float, draw_integer, intersect, solution
from ..values.string_automaton import Searcher
from ..values.strings import draw_string, word
from ..values.versions import usual_versions
from .nested_objects import draw_object

EXACT_JSON_INTEGER = 2**53 - 1
"""Above it, JSON readers that hold numbers as doubles lose digits."""

_PREFERRED_RANGES: tuple[tuple[str, int, int], ...] = (
    (".port", 1, 65_535),
    (".pid", 1, 4_194_304),
    (".ppid", 1, 4_194_304),
    ("args_count", 1, 16),
    ("exit_code", 0, 255),
)
_DAY = 86_400_000
_KEPT_CHECKS = 10_000
"""Tests that functions are run backwards to are made anew for every document."""
_ROUNDINGS = 8
_LENGTH = 12
_LENGTHY = LengthIn(Interval(_LENGTH, None))
_PADDED = 0.2
"""The share of lists that get values which nothing asks for."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One value of a cell and the tests it must pass; the value is as JSON has it."""

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


class Drawer:
    """Draws values; holds what is compiled once per formula and read many times.

    Attributes:
        rng: the source of randomness, replaced for every document.
        now: where dates that nothing constrains lie, in epoch milliseconds.
        constants: the values of constant_keyword fields, as far as they are chosen.
        fixed: the names of those that no document may change.
        lengthy: the names of fields whose strings are to be long, so that they hardly come twice.
        run: what all documents of a run have in common, if they are drawn as such.
    """

    def __init__(self, now: int) -> None:
        self.rng = Random(0)
        self.constants: dict[str, Any] = {}
        self.fixed: frozenset[str] = frozenset()
        self.lengthy: frozenset[str] = frozenset()
        self.run: str | None = None
        self.now = now
        self.searcher = Searcher()
        self._entries: dict[tuple[int, int], tuple[Test, Test]] = {}
        self._checks: dict[tuple[int, str], tuple[Test, Callable[[Any], bool]]] = {}

    def passes(self, spec: FieldSpec, test: Test, value: Any) -> bool:
        """Whether a value passes a test. Compiled tests are kept by identity, for hashing long lists costs more than matching."""
        key = (id(test), spec.name)
        found = self._checks.get(key)
        if found is None:
            if len(self._checks) >= _KEPT_CHECKS:
                self._checks.clear()
            found = self._checks[key] = (test, compile_test(spec, test))
        return found[1](value)

    def only(self, test: Test, place: int) -> Test:
        """The test with one entry of its list; the same object each time, so that it is compiled once."""
        key = (id(test), place)
        found = self._entries.get(key)
        if found is None:
            found = self._entries[key] = (test, only_entries(test, [place]))
        return found[1]

    def want(self, cell: Cell, test: Test) -> Cell | None:
        """The cell with a test that some value must pass; None when no value was found that does."""
        if cell.missing:
            return None
        for at, slot in enumerate(cell.slots):
            if self.passes(cell.spec, test, slot.value):
                return _with_slot(cell, at, Slot((*slot.wanted, test), slot.value))
        for at, slot in enumerate(cell.slots):
            value = self.draw(cell.spec, (*slot.wanted, test), cell.unwanted)
            if value is not None:
                return _with_slot(cell, at, Slot((*slot.wanted, test), value))
        if cell.slots and not cell.spec.several:
            return None
        value = self.draw(cell.spec, (test,), cell.unwanted)
        return None if value is None else replace(cell, slots=(*cell.slots, Slot((test,), value)), required=True)

    def refuse(self, cell: Cell, test: Test) -> Cell | None:
        """The cell with a test that no value may pass."""
        unwanted = (*cell.unwanted, test)
        slots = list(cell.slots)
        for at, slot in enumerate(slots):
            if self.passes(cell.spec, test, slot.value):
                value = self.draw(cell.spec, slot.wanted, unwanted)
                if value is None:
                    return None
                slots[at] = Slot(slot.wanted, value)
        return replace(cell, slots=tuple(slots), unwanted=unwanted)

    def require(self, cell: Cell) -> Cell | None:
        """The cell with some value in it."""
        if cell.missing:
            return None
        if cell.slots:
            return replace(cell, required=True)
        value = self.draw(cell.spec, (), cell.unwanted)
        return None if value is None else replace(cell, slots=(Slot((), value),), required=True)

    def omit(self, cell: Cell) -> Cell | None:
        """The cell without a value."""
        return None if cell.slots or cell.required else replace(cell, missing=True)

    def redraw(self, cell: Cell) -> Cell:
        """The cell with other values, where there are any."""
        fresh = [self.draw(cell.spec, slot.wanted, cell.unwanted) for slot in cell.slots]
        slots = tuple(slot if value is None else Slot(slot.wanted, value) for slot, value in zip(cell.slots, fresh, strict=True))
        return replace(cell, slots=slots)

    def arranged(self, cell: Cell) -> Cell:
        """The cell with its values in random order, and now and then, if a schema calls it a list, among others that do no harm."""
        spec = cell.spec
        slots = list(cell.slots)
        if not slots or not spec.several or spec.kind in (Kind.NESTED, Kind.OBJECT):
            return cell
        vocabulary = spec.allowed or spec.expected
        if spec.array and spec.array_stated and not vocabulary and self.rng.random() < _PADDED:
            for _ in range(self.rng.randint(1, 2)):
                value = self.draw(spec, (), cell.unwanted)
                if value is not None:
                    slots.append(Slot((), value))
        self.rng.shuffle(slots)
        return replace(cell, slots=tuple(slots))

    def allows(self, cell: Cell, value: Any) -> bool:
        """Whether the (only) value of a cell could be this one."""
        wanted = [test for slot in cell.slots for test in slot.wanted]
        return (
            not cell.missing
            and all(self.passes(cell.spec, test, value) for test in wanted)
            and not any(self.passes(cell.spec, test, value) for test in cell.unwanted)
        )

    def draw(self, spec: FieldSpec, wanted: tuple[Test, ...], unwanted: tuple[Test, ...]) -> Any | None:
        """A JSON value that passes the wanted tests and fails the others; None when none was found."""

        def check(value: Any) -> bool:
            return all(self.passes(spec, test, value) for test in wanted) and not any(self.passes(spec, test, value) for test in unwanted)

        if spec.name == EVERYWHERE.name:
            return None
        match spec.type.kind:
            case Kind.INTEGER | Kind.FLOAT | Kind.IP | Kind.DATE | Kind.BOOLEAN:
                return self._draw_ordered(spec, wanted, unwanted)
            case Kind.TEXT:
                return draw_text(list(wanted), list(unwanted), check, self.rng, spec.name)
            case Kind.STRING:
                if spec.type is CONSTANT_KEYWORD:
                    return self._draw_constant(spec, wanted, unwanted, check)
                usual = spec.allowed or spec.expected
                found = None
                if spec.name in self.lengthy and not usual:
                    found = draw_string(
                        [*wanted, _LENGTHY], list(unwanted), lambda text: len(text) >= _LENGTH and check(text), self.rng, (), self.searcher
                    )
                return found or draw_string(list(wanted), list(unwanted), check, self.rng, usual, self.searcher)
            case Kind.VERSION:
                usual = tuple(filter(check, usual_versions(wanted, self.rng)))
                return usual[0] if usual else draw_string(list(wanted), list(unwanted), check, self.rng, (), self.searcher)
            case Kind.NESTED:
                return draw_object(self, spec, wanted, unwanted)
            case _ if spec.type.name == "flattened" and (wanted or unwanted):
                text = draw_string(list(wanted), list(unwanted), check, self.rng, (), self.searcher)
                return None if text is None else {word(self.rng): text}
        return _PLAIN_VALUES.get(spec.type.kind, plain_object)(self.rng)

    def _draw_constant(
        self, spec: FieldSpec, wanted: tuple[Test, ...], unwanted: tuple[Test, ...], check: Callable[[Any], bool]
    ) -> Any | None:
        """The value of a constant_keyword: an index has one, so the document keeps to the one it has."""
        same = self.constants.get(spec.name)
        if same is not None and (check(same) or spec.name in self.fixed):
            return same if check(same) else None
        # What one document of a run leaves open is not chosen by its own random numbers, for the next would choose otherwise.
        rng = self.rng if self.run is None else Random(f"{spec.name}|{self.run}")
        drawn = draw_string(list(wanted), list(unwanted), check, rng, spec.allowed or spec.expected)
        if drawn is not None:
            self.constants[spec.name] = drawn
        return drawn

    def _draw_ordered(self, spec: FieldSpec, wanted: tuple[Test, ...], unwanted: tuple[Test, ...]) -> Any | None:
        kind = spec.type.kind
        required = [test.intervals for test in wanted if isinstance(test, Within)]
        excluded = [hole for test in unwanted if isinstance(test, Within) for hole in test.intervals]
        domain = domain_of(spec)
        whole = kind is not Kind.FLOAT
        if required and len(required[0]) > 1:
            # Each alternative of a list is as likely as another; drawing from the merged set would prefer none to the end of it.
            for interval in self.rng.sample(required[0], min(4, len(required[0]))):
                parts = solution(domain, [(interval,), *required[1:]], excluded, whole)
                if parts:
                    break
            else:
                parts = solution(domain, required, excluded, whole)
        else:
            parts = solution(domain, required, excluded, whole)
        parts = self.preferred(spec, parts)
        if not parts:
            return None
        if kind is Kind.FLOAT:
            return _fitting_float(spec, parts, self.rng)
        return json_value(spec, draw_integer(parts, self.rng))

    def preferred(self, spec: FieldSpec, parts: list[Interval]) -> list[Interval]:
        """The parts cut down to where values of the field usually lie, if that leaves any."""
        for usual in self._usual_ranges(spec):
            cut = [both for part in parts if (both := intersect(part, usual)) is not None]
            if cut:
                return cut
        return parts

    def _usual_ranges(self, spec: FieldSpec) -> list[Interval]:
        match spec.type.kind:
            case Kind.IP:
                return [Interval(V4_BASE | 0x01000000, V4_BASE | 0xDFFFFFFF)]
            case Kind.DATE:
                return [Interval(self.now - _DAY, self.now), Interval(self.now - 3650 * _DAY, self.now + 3650 * _DAY)]
            case Kind.FLOAT:
                return [Interval(0, 1), Interval(0, EXACT_JSON_INTEGER), Interval(-EXACT_JSON_INTEGER, EXACT_JSON_INTEGER)]
            case Kind.INTEGER:
                named = [Interval(low, high) for suffix, low, high in _PREFERRED_RANGES if spec.name.endswith(suffix)]
                return [*named, Interval(0, EXACT_JSON_INTEGER), Interval(-EXACT_JSON_INTEGER, EXACT_JSON_INTEGER)]
        return []


def domain_of(spec: FieldSpec) -> Interval:
    """All values that a field of an ordered type can hold."""
    match spec.type.kind:
        case Kind.IP:
            return Interval(0, MAX_ADDRESS)
        case Kind.BOOLEAN:
            return Interval(0, 1)
    return Interval(spec.type.lowest, spec.type.highest)


def json_value(spec: FieldSpec, value: str | int | float, printable: bool = False) -> Any:
    """A value of a field as documents hold it, from the number or text that stands for it in formulas.

    Args:
        spec: the field.
        value: an address or a date is a number here.
        printable: whether to put letters in the place of characters that do not print.
    """
    if isinstance(value, str):
        text = "".join(char if char.isprintable() else "x" for char in value) if printable else value
        return {"key": text} if spec.type.name == "flattened" else text
    match spec.type.kind:
        case Kind.IP:
            return render_address(int(value))
        case Kind.DATE:
            return value if spec.name == "@timestamp" else render_date(int(value))
        case Kind.BOOLEAN:
            return bool(value)
    return value


def _fitting_float(spec: FieldSpec, parts: list[Interval], rng: Random) -> float | None:
    """A number of one of the parts that is still in one when the field has rounded it."""
    for _ in range(_ROUNDINGS):
        drawn = draw_float(parts, rng)
        if drawn is None or not is_rounded(spec):
            return drawn
        ends = (bound for part in parts for bound in (part.low, part.high) if bound is not None)
        for candidate in (drawn, stored(spec, drawn), *(stored(spec, end) for end in ends)):
            if any(part.contains(stored(spec, candidate)) for part in parts):
                return candidate
    return None


def _with_slot(cell: Cell, at: int, slot: Slot) -> Cell:
    return replace(cell, slots=(*cell.slots[:at], slot, *cell.slots[at + 1 :]), required=True)


def plain_object(rng: Random) -> Any:
    """An object of which nothing is asked."""
    return {word(rng): word(rng)}


_PLAIN_VALUES: dict[Kind, Callable[[Random], Any]] = {
    Kind.GEO_POINT: lambda rng: f"{rng.uniform(-90, 90):.4f},{rng.uniform(-180, 180):.4f}",
    Kind.BINARY: lambda rng: base64.b64encode(word(rng).encode()).decode(),
    Kind.IP_RANGE: lambda rng: f"10.{rng.randint(0, 255)}.0.0/16",
}
