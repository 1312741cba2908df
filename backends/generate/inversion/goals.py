"""Constraints: the tests of the IR that the value of a term or a field should pass or fail."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ....compiler.ir.formula import Like, Term, Test, Within
from ....compiler.schema.fields import FieldSpec, unknown_field
from ....compiler.semantics.match_document import compile_test
from ....compiler.values.functions import Value
from ....compiler.values.kinds import values_of
from ....compiler.values.literals import LiteralError, parse_address, render_address
from ....compiler.values.patterns import exact
from ....compiler.values.sets import Interval

_ANY_TEXT = unknown_field("text")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint on a value: tests that it should pass, and tests that it should fail."""

    wanted: tuple[Test, ...] = ()
    unwanted: tuple[Test, ...] = ()

    def allows(self, value: Value) -> bool:
        """Whether a string or a number satisfies the constraint."""
        return all(_passes(test, value) for test in self.wanted) and not any(_passes(test, value) for test in self.unwanted)

    def also(self, *tests: Test) -> Constraint:
        return Constraint((*self.wanted, *tests), self.unwanted)


Demands = dict[str, tuple[FieldSpec, Constraint]]
"""Constraints on fields, by the names of the fields in documents."""


def _passes(test: Test, value: Value) -> bool:
    if isinstance(test, Within):
        return isinstance(value, int | float) and any(interval.contains(value) for interval in test.intervals)
    return isinstance(value, str) and compile_test(_ANY_TEXT, test)(value)


def exactly(value: Value, fold: bool = False) -> Constraint | None:
    """Returns the constraint of being equal to a value; None for null, to which functions are not inverted."""
    match value:
        case None:
            return None
        case str():
            return Constraint((Like((exact(value, fold),)),))
    return Constraint((Within((Interval(value, value),)),))


def of_field(spec: FieldSpec, constraint: Constraint, rng: Random) -> Demands | None:
    """Returns a constraint on a field, in terms of the tests of the field's type."""
    tests = (*constraint.wanted, *constraint.unwanted)
    traits = spec.kind.traits
    if values_of(spec).blocks:
        wanted, unwanted = _addresses(constraint.wanted, rng), _addresses(constraint.unwanted, rng)
        return None if wanted is None or unwanted is None else {spec.stored: (spec, Constraint(wanted, unwanted))}
    if not traits.ordered and not traits.textual:
        return None
    fitting = all(isinstance(test, Within) == traits.ordered for test in tests)
    return {spec.stored: (spec, constraint)} if fitting else None


def _addresses(tests: tuple[Test, ...], rng: Random) -> tuple[Test, ...] | None:
    """Converts tests of an address's string to tests of the address; a pattern becomes some addresses that it matches."""
    converted: list[Test] = []
    for test in tests:
        if isinstance(test, Within):
            converted.append(test)
            continue
        points = [
            point for text in _address_texts(test, rng) if (point := _address(text)) is not None and _passes(test, render_address(point))
        ]
        if not points:
            return None
        converted.append(Within(tuple(Interval(point, point) for point in points)))
    return tuple(converted)


def _address_texts(test: Test, rng: Random) -> list[str]:
    """Returns strings that pass a test and may be addresses: exact values, and leading octets completed with others."""
    patterns = test.patterns if isinstance(test, Like) else ()
    texts = []
    for pattern in patterns:
        first = pattern.tokens[0] if pattern.tokens else ""
        octets = first.split(".") if isinstance(first, str) else []
        if pattern.literal is not None:
            texts.append(pattern.literal)
        for _ in range(8):
            rest = [str(rng.randint(0, 255)) for _ in range(4)]
            texts.append(".".join([*octets[: len(octets) - 1], *rest][:4]))
    return texts


def _address(text: str) -> int | None:
    try:
        return parse_address(text)
    except LiteralError:
        return None


Args = tuple[Term, ...]
