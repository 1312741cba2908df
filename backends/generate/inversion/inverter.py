"""Functions run backwards: from what a term should be to what the fields should be that it is made of.

Every function of ``compiler.functions`` has an entry in one of two tables: :data:`~.invert_conditions.CONDITIONS` for those
that are true or false, :data:`INVERSIONS` for the others, which turn an aim at the result into an aim at one of the
arguments, while the other arguments keep the values they have. What comes out is a guess. The caller draws values that
pass the tests, evaluates the term again, and asks for another guess if it is still not what it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from ....compiler.ir.formula import Apply, Constant, FieldTerm, Term, Within
from ....compiler.values.functions import FUNCTIONS, ArgumentType, Value
from ....compiler.values.kinds import values_of
from ....compiler.values.sets import Interval
from ...values.intervals import draw_float, draw_integer, solution
from ...values.strings import draw_string
from .conditions import CONDITIONS
from .goals import Constraint, Demands, of_field
from .numbers import NUMBER_INVERSIONS
from .strings import TEXT_INVERSIONS

_USUAL = Interval(-(1 << 40), 1 << 40)
"""Where numbers lie that nothing bounds."""

INVERSIONS = NUMBER_INVERSIONS | TEXT_INVERSIONS
"""By function: its arguments, whether it folds case, and what its result should be."""


@dataclass(frozen=True, slots=True)
class Inverter:
    """Guesses values for the fields of terms.

    Attributes:
        rng: the source of all choices.
        value_of: what a term is with the values that its fields have now.
    """

    rng: Random
    value_of: Callable[[Term], Value]

    def constrain_truth(self, term: Term, holds: bool) -> Demands | None:
        """Aims that may make a condition true, or false; None if there is no idea how."""
        match term:
            case FieldTerm(spec) if values_of(spec).result is ArgumentType.BOOLEAN:
                return {spec.stored: (spec, Constraint((Within((Interval(int(holds), int(holds)),)),)))}
            case Constant(value):
                return {} if value is holds else None
            case Apply(function, args, fold) if function in CONDITIONS:
                return CONDITIONS[function](self, args, fold, holds)
        return None

    def constrain(self, term: Term, constraint: Constraint) -> Demands | None:
        """Aims at fields that may give a term a value as it should be; None if there is no idea how."""
        match term:
            case Constant(value):
                return {} if constraint.allows(value) else None
            case FieldTerm(spec):
                return of_field(spec, constraint, self.rng)
            case Apply(function, args, fold):
                if FUNCTIONS[function].result is ArgumentType.BOOLEAN:
                    choices = [truth for truth in (True, False) if constraint.allows(int(truth))]
                    return self.constrain_truth(term, self.rng.choice(choices)) if choices else None
                invert = INVERSIONS.get(function)
                return invert(self, args, fold, constraint) if invert is not None else None

    def one_of(self, ways: Sequence[Callable[[], Demands | None]]) -> Demands | None:
        """The first idea that comes, the ways tried in random order."""
        for way in self.rng.sample(ways, len(ways)):
            demands = way()
            if demands is not None:
                return demands
        return None

    def text(self, constraint: Constraint) -> str | None:
        """A text as it should be."""
        if any(isinstance(test, Within) for test in (*constraint.wanted, *constraint.unwanted)):
            return None
        return draw_string(list(constraint.wanted), list(constraint.unwanted), constraint.allows, self.rng)

    def number(self, constraint: Constraint, whole: bool) -> int | float | None:
        """A number as it should be, rather a small one."""
        if not all(isinstance(test, Within) for test in (*constraint.wanted, *constraint.unwanted)):
            return None
        required = [test.intervals for test in constraint.wanted if isinstance(test, Within)]
        excluded = [hole for test in constraint.unwanted if isinstance(test, Within) for hole in test.intervals]
        for bounds in (Interval(0, 1000), Interval(-1000, 100_000), _USUAL, Interval(-(2**63), 2**64)):
            parts = solution(bounds, required, excluded, whole)
            if parts:
                return draw_integer(parts, self.rng) if whole else draw_float(parts, self.rng)
        return None
