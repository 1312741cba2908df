"""Many formulas, indexed by what they need, so that an event meets only those that it could satisfy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ..ir.formula import Formula
from ..semantics.document import Flat
from ..semantics.match_document import Judge, Reading, compile_formula
from ..values.kinds import json_text
from ..values.patterns import fold_ascii
from .guards import Guard, Need, fields_of, guards

_PASSES = 4
"""Guards of one formula that are made use of."""

_Marks = dict[int, int]
"""By the number of the guard: the formulas that it lets pass, as bits of one number."""


class _FieldIndex:
    """The formulas that need something of one field."""

    def __init__(self) -> None:
        self.any: _Marks = {}
        self.by_value: dict[str, _Marks] = {}
        self.by_piece: dict[str, _Marks] = {}
        self.all: _Marks = {}

    def add(self, need: Need, number: int, place: int) -> None:
        marks = self.any if need.text is None else (self.by_piece if need.piece else self.by_value).setdefault(need.text, {})
        for each in (marks, self.all):
            each[number] = each.get(number, 0) | 1 << place


class ConditionIndex:
    """Finds the formulas that an event satisfies.

    Each formula has guards, all of which an event has to pass. They are numbered: an event is taken through the first
    guards of all formulas at once, through the second ones and so on, each time with one bit for a formula.

    Args:
        formulas: the formulas, in any number; their places in the list stand for them.
    """

    def __init__(self, formulas: Sequence[Formula]) -> None:
        self.judges: list[Judge] = [compile_formula(formula, Reading.ELASTICSEARCH) for formula in formulas]
        self._fields: dict[str, _FieldIndex] = {}
        offered = [guards(formula) for formula in formulas]
        rarity = _Rarity(offered)
        everything = (1 << len(formulas)) - 1
        self._free = [everything] * _PASSES
        for place, each in enumerate(offered):
            for number, guard in enumerate(rarity.best(each)):
                self._free[number] &= ~(1 << place)
                for need in guard:
                    self._fields.setdefault(need.field, _FieldIndex()).add(need, number, place)

    def candidates(self, flat: Flat) -> int:
        """The formulas that an event could satisfy, as bits: for all others, something that they need is not there."""
        passed = list(self._free)
        fields = self._fields
        for name, values in flat.items():
            index = fields.get(name)
            if index is None:
                continue
            for number, bits in index.any.items():
                passed[number] |= bits
            for value in values:
                _add(passed, index, value)
        found = passed[0]
        for bits in passed:
            found &= bits
        return found

    def satisfied(self, flat: Flat) -> list[int]:
        """The formulas that an event satisfies, in ascending order."""
        judges = self.judges
        return [place for place in _places(self.candidates(flat)) if judges[place](flat) is True]


def _add(passed: list[int], index: _FieldIndex, value: Any) -> None:
    text = value if isinstance(value, str) else json_text(value) if not isinstance(value, dict) else None
    if text is None or not text.isascii():
        # How such a text compares is for the formulas to say.
        for number, bits in index.all.items():
            passed[number] |= bits
        return
    text = fold_ascii(text) if not text.islower() else text
    hit = index.by_value.get(text)
    if hit is not None:
        for number, bits in hit.items():
            passed[number] |= bits
    for piece, marks in index.by_piece.items():
        if piece in text:
            for number, bits in marks.items():
                passed[number] |= bits


def _places(bits: int) -> Iterable[int]:
    """The places of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class _Rarity:
    """How likely events are to pass guards, as far as formulas show: what most of those that name a field ask for is common."""

    def __init__(self, offered: Sequence[Sequence[Guard]]) -> None:
        named = [frozenset[Need]().union(*each) for each in offered]
        self._needs = Counter(need for each in named for need in each)
        self._fields = Counter(field for each in named for field in fields_of(each))

    def best(self, offered: Sequence[Guard]) -> list[Guard]:
        """The guards that the fewest events are likely to pass, no two of them on the same fields."""
        chosen: dict[frozenset[str], Guard] = {}
        for guard in sorted(offered, key=self._likelihood):
            chosen.setdefault(fields_of(guard), guard)
        found = list(chosen.values())[:_PASSES]
        exact = [guard for guard in found if not any(need.piece for need in guard)]
        # Pieces have to be looked for in every value of their field.
        return exact if exact and self._likelihood(exact[0])[0] < _RARE_ENOUGH else found

    def _likelihood(self, guard: Guard) -> tuple[float, list[tuple[str, str]]]:
        chance = sum(self._chance(need) for need in guard)
        return chance, sorted((need.field, need.text or "") for need in guard)

    def _chance(self, need: Need) -> float:
        fields = self._fields[need.field]
        return (fields if need.text is None else self._needs[need]) / (fields + _RARE)


_RARE_ENOUGH = 0.2
"""With a guard that fewer events than this share pass, a formula needs none that looks for pieces of texts."""
_RARE = 30
"""A field that fewer formulas than this name is likely to be missing."""
