"""Which conditions of a rule its tests exercise: MC/DC, as test coverage of software knows it.

A condition is exercised *positively* if a test has an event that satisfies the formula and would not without the condition
being met, and *negatively* if one has an event that fails it and would satisfy the formula if it were met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...compiler.ir.program import Program
from ...compiler.semantics.document import Flat
from ...compiler.semantics.match_document import Reading, compile_formula
from .conditions import Condition, conditions_of, met, unmet


@dataclass(frozen=True, slots=True)
class Covered:
    """A condition, and whether tests exercise it.

    Attributes:
        step: the number of the step that it belongs to.
        condition: the condition.
        positively, negatively: whether tests show that it matters when it is met, and when it is not.
    """

    step: int
    condition: Condition
    positively: bool
    negatively: bool


def coverage(program: Program, flats: Sequence[Flat]) -> list[Covered]:
    """The conditions of a program, and whether the events of its tests exercise them."""
    found: list[Covered] = []
    for number, step in enumerate(program.steps):
        satisfies = compile_formula(step.formula, Reading.ELASTICSEARCH)
        matching = [flat for flat in flats if satisfies(flat) is True]
        failing = [flat for flat in flats if satisfies(flat) is not True]
        for condition in conditions_of(step.formula):
            relieved = compile_formula(met(step.formula, condition), Reading.ELASTICSEARCH)
            deprived = compile_formula(unmet(step.formula, condition), Reading.ELASTICSEARCH)
            positively = any(deprived(flat) is not True for flat in matching)
            negatively = any(relieved(flat) is True for flat in failing)
            found.append(Covered(number, condition, positively, negatively))
    return found
