"""Guesses for the fields of terms: what a term must be, as constraints on its fields."""

from __future__ import annotations

from random import Random

import pytest

from triggerfish.backends.generate.inversion.goals import Constraint
from triggerfish.backends.generate.inversion.inverter import Inverter
from triggerfish.compiler.ir.formula import Constant, Within
from triggerfish.compiler.values.sets import Interval

INVERTER = Inverter(Random(0), lambda term: None)


@pytest.mark.parametrize("holds", [True, False])
def test_a_constant_demands_nothing_or_cannot_be(holds: bool) -> None:
    assert INVERTER.constrain_truth(Constant(holds), holds) == {}
    assert INVERTER.constrain_truth(Constant(not holds), holds) is None


@pytest.mark.parametrize(("value", "demands"), [(5, {}), (9, None)])
def test_a_constant_is_within_its_constraint_or_cannot_be(value: int, demands: dict[str, object] | None) -> None:
    assert INVERTER.constrain(Constant(value), Constraint((Within((Interval(1, 7),)),))) == demands
