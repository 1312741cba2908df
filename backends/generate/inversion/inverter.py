"""Inverter: from a constraint on a term to constraints on its fields.

Every function of the compiler has an entry in one of two tables: :data:`~.conditions.CONDITIONS` for boolean functions,
:data:`INVERSIONS` for the others, which turn a constraint on the result into a constraint on one argument, while the
other arguments keep their current values. The result is a guess. The caller draws values that pass the tests, evaluates
the term again, and asks for another guess if the term still violates the constraint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
"""The range of unbounded numbers."""

INVERSIONS = NUMBER_INVERSIONS | TEXT_INVERSIONS
"""Inversions by function; arguments: the function's arguments, whether it folds case, and the constraint on its result."""


_FREE = Constraint()


@dataclass(frozen=True, slots=True)
class Inverter:
    """Guesses values for the fields of terms.

    Attributes:
        rng: the source of randomness.
        value_of: the value of a term under the current values of its fields.
        bounds: what other conditions require of functions.
    """

    rng: Random
    value_of: Callable[[Term], Value]
    bounds: Mapping[Term, Constraint] = field(default_factory=dict)

    def constrain_truth(self, term: Term, holds: bool) -> Demands | None:
        """Returns constraints that may give a condition the truth value ``holds``; None if no inversion applies."""
        match term:
            case FieldTerm(spec) if values_of(spec).result is ArgumentType.BOOLEAN:
                return {spec.stored: (spec, Constraint((Within((Interval(int(holds), int(holds)),)),)))}
            case Constant(value):
                return {} if value is holds else None
            case Apply(function, args, fold) if function in CONDITIONS:
                return CONDITIONS[function](self, args, fold, holds)
        return None

    def constrain(self, term: Term, constraint: Constraint) -> Demands | None:
        """Returns constraints on fields with which a term may satisfy its constraint; None if no inversion applies."""
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
                if invert is None:
                    return None
                others = self.bounds.get(term, _FREE)
                every = Constraint(
                    tuple(dict.fromkeys((*constraint.wanted, *others.wanted))),
                    tuple(dict.fromkeys((*constraint.unwanted, *others.unwanted))),
                )
                demands = invert(self, args, fold, every)
                return demands if demands is not None or every == constraint else invert(self, args, fold, constraint)

    def one_of(self, ways: Sequence[Callable[[], Demands | None]]) -> Demands | None:
        """Returns the first result that is not None, trying the alternatives in random order."""
        for way in self.rng.sample(ways, len(ways)):
            demands = way()
            if demands is not None:
                return demands
        return None

    def text(self, constraint: Constraint) -> str | None:
        """Draws a string that satisfies the constraint."""
        if any(isinstance(test, Within) for test in (*constraint.wanted, *constraint.unwanted)):
            return None
        return draw_string(list(constraint.wanted), list(constraint.unwanted), constraint.allows, self.rng)

    def number(self, constraint: Constraint, whole: bool) -> int | float | None:
        """Draws a number that satisfies the constraint, preferably a small one."""
        if not all(isinstance(test, Within) for test in (*constraint.wanted, *constraint.unwanted)):
            return None
        required = [test.intervals for test in constraint.wanted if isinstance(test, Within)]
        excluded = [hole for test in constraint.unwanted if isinstance(test, Within) for hole in test.intervals]
        for bounds in (Interval(0, 1000), Interval(-1000, 100_000), _USUAL, Interval(-(2**63), 2**64)):
            parts = solution(bounds, required, excluded, whole)
            if parts:
                return draw_integer(parts, self.rng) if whole else draw_float(parts, self.rng)
        return None
