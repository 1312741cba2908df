"""Guesses for the fields of terms: what a term must be, as constraints on its fields."""

from __future__ import annotations

from random import Random

import pytest

from triggerfish.backends.generate.inversion.goals import Constraint
from triggerfish.backends.generate.inversion.inverter import Inverter
from triggerfish.compiler.ir.formula import Apply, Constant, FieldTerm, Like, Within
from triggerfish.compiler.schema.field_types import BOOLEAN, FIELD_TYPES, KEYWORD
from triggerfish.compiler.schema.fields import FieldSpec
from triggerfish.compiler.values.patterns import exact
from triggerfish.compiler.values.sets import Interval

INVERTER = Inverter(Random(0), lambda term: term.value if isinstance(term, Constant) else None)
SPEC = FieldSpec("k", KEYWORD)
NUMBER = FieldSpec("n", FIELD_TYPES["long"])


@pytest.mark.parametrize("holds", [True, False])
def test_a_constant_demands_nothing_or_cannot_be(holds: bool) -> None:
    assert INVERTER.constrain_truth(Constant(holds), holds) == {}
    assert INVERTER.constrain_truth(Constant(not holds), holds) is None


@pytest.mark.parametrize("holds", [True, False])
def test_a_field_that_is_a_condition_has_its_value(holds: bool) -> None:
    demands = INVERTER.constrain_truth(FieldTerm(FieldSpec("b", BOOLEAN)), holds)
    assert demands is not None
    assert [value for value in (0, 1) if demands["b"][1].allows(value)] == [int(holds)]
    assert INVERTER.constrain_truth(FieldTerm(SPEC), holds) is None


@pytest.mark.parametrize(("value", "demands"), [(5, {}), (9, None)])
def test_a_constant_is_within_its_constraint_or_cannot_be(value: int, demands: dict[str, object] | None) -> None:
    assert INVERTER.constrain(Constant(value), Constraint((Within((Interval(1, 7),)),))) == demands


def demanded(function: str, *arguments: str | int, result: str) -> Constraint:
    """What a function of `k` demands of it, to have this result."""
    term = Apply(function, (FieldTerm(SPEC), *map(Constant, arguments)))
    demands = INVERTER.constrain(term, Constraint((Like((exact(result, False),)),)))
    assert demands is not None
    return demands["k"][1]


@pytest.mark.parametrize(
    ("arguments", "result", "allowed", "others"),
    [
        ((2, 4), "cd", ("abcd", "abcdef"), ("", "ab", "cd", "abdc")),
        ((2, 4), "c", ("abc",), ("", "ab", "c")),
        ((2,), "cd", ("abcd",), ("", "abcde", "cd")),
        ((2, -1), "cd", ("abcde",), ("abcd", "cd")),
        ((-2,), "cd", ("abcd", "cd"), ("abcde", "")),
        ((-3, -1), "cd", ("abcde", "cde"), ("abcd", "")),
        ((2, 4), "", ("", "a", "ab"), ("abc",)),
    ],
)
def test_what_a_part_demands(arguments: tuple[int, ...], result: str, allowed: tuple[str, ...], others: tuple[str, ...]) -> None:
    constraint = demanded("substring", *arguments, result=result)
    assert [text for text in allowed if not constraint.allows(text)] == []
    assert [text for text in others if constraint.allows(text)] == []


@pytest.mark.parametrize(("greedy", "possible"), [(True, True), (False, False)])
def test_what_is_between_holds_the_right_end_only_if_it_is_the_last(greedy: bool, possible: bool) -> None:
    term = Apply("between", (FieldTerm(SPEC), *map(Constant, ("a", "b", greedy))))
    demands = INVERTER.constrain(term, Constraint((Like((exact("xbx", False),)),)))
    assert (demands is not None) is possible
    assert demands is None or demands["k"][1].allows("axbxb")


@pytest.mark.parametrize(
    ("divisor", "quotient", "allowed", "others"),
    [
        (3, 2, (6, 8), (5, 9)),
        (3, -2, (-6, -8), (-5, -9)),
        (-3, 2, (-6, -8), (-5, -9)),
        (-3, -2, (6, 8), (5, 9)),
        (3, 0, (0, 2), (3, -3)),
    ],
)
def test_a_quotient_is_cut_towards_zero(divisor: int, quotient: int, allowed: tuple[int, ...], others: tuple[int, ...]) -> None:
    term = Apply("divide", (FieldTerm(NUMBER), Constant(divisor)))
    demands = INVERTER.constrain(term, Constraint((Within((Interval(quotient, quotient),)),)))
    assert demands is not None
    constraint = demands["n"][1]
    assert [number for number in allowed if not constraint.allows(number)] == []
    assert [number for number in others if constraint.allows(number)] == []
