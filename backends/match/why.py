"""Why a rule does not fire on an event: each condition with its truth, and the smallest change that would make it fire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import combinations, islice
from typing import Any

from ...compiler.ir.formula import And, DualReading, Formula, Leaf, Not, Or, Truth
from ...compiler.semantics.document import Flat, flatten
from ...compiler.semantics.match_document import Judge, Reading, compile_formula
from ...grammar.span import NOWHERE, Span
from ..limits import Limits
from .changes import Change, changed_to_satisfy
from .conditions import fields_of_leaf, signed_leaves

_MOST_TRIES = 80
"""Sets of fields that are tried for the smallest change."""


class Mark(StrEnum):
    """What is true of a condition."""

    TRUE = "true"
    FALSE = "false"
    MISSING = "missing"
    """False, for the field has no value."""


@dataclass(frozen=True, slots=True)
class Line:
    """A condition, or words over several of them.

    Attributes:
        depth: how many such words it stands below.
        mark: whether it holds.
        span: where it is written; nowhere for words over several conditions.
        words: "any of", "none of", "not all of" or "not"; empty for a condition as it is written.
        values: the fields that it is about, with the values of the event.
    """

    depth: int
    mark: Mark
    span: Span
    words: str = ""
    values: tuple[tuple[str, tuple[Any, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """A formula beside an event.

    Attributes:
        fires: whether the event satisfies it.
        distance: how many conditions would have to change.
        lines: its conditions, of alternatives the nearest first.
    """

    fires: bool
    distance: int
    lines: tuple[Line, ...]


def why(formula: Formula, flat: Flat) -> Why:
    """Each condition of a formula with its truth in an event."""
    seen = _Seen(flat)
    return Why(seen.holds(formula), seen.distance(formula, True), tuple(seen.lines(formula, True, 0)))


def distance(formula: Formula, flat: Flat) -> int:
    """How many conditions of a formula would have to change for an event to satisfy it."""
    return _Seen(flat).distance(formula, True)


class _Seen:
    """A formula seen from one event."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat

    def holds(self, formula: Formula) -> bool:
        return _judge(formula)(self.flat) is True

    def distance(self, formula: Formula, wanted: bool) -> int:
        match formula:
            case And(args) | Or(args):
                each = [self.distance(arg, wanted) for arg in args]
                return sum(each) if isinstance(formula, And) == wanted else min(each)
            case Not(arg):
                return self.distance(arg, not wanted)
            case DualReading(decisive):
                return self.distance(decisive, wanted)
            case Truth(value):
                return 0 if value is wanted else 1 << 20
        return int(self.holds(formula) is not wanted)

    def failing(self, formula: Formula, wanted: bool) -> Iterator[Leaf]:
        """The conditions that would have to change, of alternatives those of the nearest."""
        match formula:
            case And(args) | Or(args):
                every = isinstance(formula, And) == wanted
                for arg in args if every else [min(args, key=lambda arg: self.distance(arg, wanted))]:
                    yield from self.failing(arg, wanted)
            case Not(arg):
                yield from self.failing(arg, not wanted)
            case DualReading(decisive):
                yield from self.failing(decisive, wanted)
            case Truth():
                pass
            case _:
                if self.holds(formula) is not wanted:
                    yield formula

    def lines(self, formula: Formula, wanted: bool, depth: int) -> Iterator[Line]:
        leaves = _leaves(formula)
        alike = bool(leaves) and all(leaf.span == leaves[0].span for leaf in leaves) and leaves[0].span != NOWHERE
        # The text of `f != 1` says its negation itself.
        if alike and (not isinstance(formula, Not) or leaves[0].origin.negated):
            yield self._line(formula, leaves, depth)
            return
        match formula:
            case And(args) if depth == 0 or not wanted:
                below = depth + (not wanted)
                if not wanted:
                    yield Line(depth, self._mark(not self.holds(formula)), NOWHERE, "not all of")
                for arg in args:
                    yield from self.lines(arg, True, below)
            case And(args):
                yield Line(depth, self._mark(self.holds(formula)), NOWHERE, "all of")
                for arg in args:
                    yield from self.lines(arg, True, depth + 1)
            case Or(args):
                yield Line(depth, self._mark(self.holds(formula) is wanted), NOWHERE, "any of" if wanted else "none of")
                for arg in sorted(args, key=lambda arg: self.distance(arg, wanted)):
                    yield from self.lines(arg, True, depth + 1)
            case Not(arg):
                if isinstance(arg, And | Or) and not alike:
                    yield from self.lines(arg, not wanted, depth)
                    return
                inner = _leaves(arg)
                if inner:
                    line = self._line(arg, inner, depth)
                    mark = self._mark(line.mark is not Mark.TRUE)
                    yield Line(depth, mark, line.span, "not", line.values)
            case DualReading(decisive):
                yield from self.lines(decisive, wanted, depth)
            case _:
                if leaves:
                    yield self._line(formula, leaves, depth)

    def _line(self, formula: Formula, leaves: Sequence[Leaf], depth: int) -> Line:
        """A condition as it is written."""
        holds = self.holds(formula)
        names = dict.fromkeys(spec.stored for leaf in leaves for spec in fields_of_leaf(leaf))
        values = tuple((name, tuple(self.flat.get(name, ()))) for name in names)
        missing = bool(values) and not holds and not any(found for _, found in values)
        return Line(depth, Mark.MISSING if missing else self._mark(holds), leaves[0].span, "", values)

    @staticmethod
    def _mark(holds: bool) -> Mark:
        return Mark.TRUE if holds else Mark.FALSE


def _leaves(formula: Formula) -> list[Leaf]:
    return [leaf for leaf, _ in signed_leaves(formula)]


@lru_cache(maxsize=4096)
def _judge(formula: Formula) -> Judge:
    # Kept, for one rule is seen from many events.
    return compile_formula(formula, Reading.ELASTICSEARCH)


def smallest_change(formula: Formula, document: Mapping[str, Any], seed: str, limits: Limits) -> Change | None:
    """The event with other values of as few fields as possible, so that it satisfies a formula; None if none was found.

    Args:
        formula: what it is to satisfy.
        document: the event.
        seed: decides which values.
        limits: what the search with one set of fields may cost.
    """
    seen = _Seen(flatten(document))
    nearest = _fields(seen.failing(formula, True))
    others = [name for name in _fields(_leaves(formula)) if name not in nearest]
    every = [*nearest, *others]
    tries = [
        *((name,) for name in every),
        *([tuple(nearest)] if len(nearest) > 1 else []),
        *combinations(every, 2),
        tuple(every),
    ]
    for fields in islice(dict.fromkeys(tries), _MOST_TRIES):
        found = changed_to_satisfy(formula, document, fields, seed, limits)
        if isinstance(found, Change):
            return found
    return None


def _fields(leaves: Iterable[Leaf]) -> list[str]:
    return list(dict.fromkeys(spec.stored for leaf in leaves for spec in fields_of_leaf(leaf) if spec.nested_path is None))
