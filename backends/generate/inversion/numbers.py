"""Inverting arithmetic functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from ....compiler.ir.formula import Term, Test, Within, term_fields
from ....compiler.values.functions import Value
from ....compiler.values.sets import Interval
from .goals import Args, Constraint, Demands

if TYPE_CHECKING:
    from .inverter import Inverter


def _mapped(constraint: Constraint, change: Callable[[Interval], Interval | None]) -> Constraint | None:
    """Maps every interval of a constraint; None if it has tests of other kinds, or a wanted interval has no counterpart."""

    def changed(tests: tuple[Test, ...]) -> tuple[Test, ...] | None:
        changed_tests: list[Test] = []
        for test in tests:
            if not isinstance(test, Within):
                return None
            intervals = [change(interval) for interval in test.intervals]
            if None in intervals:
                return None
            changed_tests.append(Within(tuple(interval for interval in intervals if interval is not None)))
        return tuple(changed_tests)

    wanted, unwanted = changed(constraint.wanted), changed(constraint.unwanted)
    return None if wanted is None or unwanted is None else Constraint(wanted, unwanted)


def _shifted(by: int | float) -> Callable[[Interval], Interval]:
    def change(interval: Interval) -> Interval:
        low = None if interval.low is None else interval.low + by
        return Interval(low, None if interval.high is None else interval.high + by, interval.low_open, interval.high_open)

    return change


def _negated(interval: Interval) -> Interval:
    low = None if interval.high is None else -interval.high
    return Interval(low, None if interval.low is None else -interval.low, interval.high_open, interval.low_open)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


Changed = Callable[[int | float, Constraint], Constraint | None]
"""Maps the value of the other argument and the constraint on the result to the constraint on this argument."""


def _arithmetic(left_change: Changed, right_change: Changed) -> Callable[[Inverter, Args, bool, Constraint], Demands | None]:
    def invert(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
        left, right = args

        def towards(term: Term, other: Term, change: Changed) -> Callable[[], Demands | None]:
            def way() -> Demands | None:
                value = inverter.value_of(other)
                changed = change(value, constraint) if isinstance(value, int | float) and _is_number(value) else None
                return None if changed is None else inverter.constrain(term, changed)

            return way

        ways = [towards(left, right, left_change)] if term_fields(left) else []
        ways += [towards(right, left, right_change)] if term_fields(right) else []
        return inverter.one_of(ways)

    return invert


def _scaled(factor: int | float) -> Callable[[Interval], Interval | None]:
    """Returns the function from an interval to the interval of values whose product with the factor lies in it."""

    def change(interval: Interval) -> Interval | None:
        if factor == 0:
            return None
        low, high = (None if end is None else _quotient(end, factor) for end in (interval.low, interval.high))
        scaled = Interval(low, high, interval.low_open, interval.high_open)
        return scaled if factor > 0 else Interval(high, low, interval.high_open, interval.low_open)

    return change


def _quotient(value: int | float, factor: int | float) -> int | float:
    if isinstance(value, int) and isinstance(factor, int) and value % factor == 0:
        return value // factor
    return value / factor


def _multiply(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    left, right = args
    if term_fields(left) and term_fields(right):
        # A single number has few divisors, so choose both factors at once.
        product = inverter.number(constraint, whole=True)
        if product is None:
            return None
        size = abs(int(product))
        divisors = [divisor for divisor in range(1, min(size, 2000) + 1) if size % divisor == 0] or [inverter.rng.randint(1, 100)]
        first = inverter.rng.choice(divisors)
        demands: Demands = {}
        for term, value in ((left, first), (right, int(product) // first)):
            inverted = inverter.constrain(term, Constraint((Within((Interval(value, value),)),)))
            if inverted is None:
                return None
            demands.update(inverted)
        return demands
    return _arithmetic(
        lambda value, constraint: _mapped(constraint, _scaled(value)), lambda value, constraint: _mapped(constraint, _scaled(value))
    )(inverter, args, fold, constraint)


def _divide(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    left, right = args
    divisor = inverter.value_of(right)
    if term_fields(left) and isinstance(divisor, int | float) and _is_number(divisor) and divisor:
        whole = isinstance(divisor, int)
        quotient = inverter.number(constraint, whole)
        if quotient is not None:
            base = quotient * divisor
            # Integer division truncates towards zero.
            rest = abs(divisor) - 1 if whole else 0
            ends = (base, base + rest) if base > 0 or (base == 0 and divisor > 0) else (base - rest, base)
            demands = inverter.constrain(left, Constraint((Within((Interval(*ends),)),)))
            if demands is not None:
                return demands
    dividend = inverter.value_of(left)
    if not term_fields(right) or not isinstance(dividend, int | float) or not _is_number(dividend):
        return None
    quotient = inverter.number(constraint, isinstance(dividend, int))
    if not quotient:
        return None
    near = dividend / quotient
    return inverter.constrain(right, Constraint((Within((Interval(math.floor(near), math.ceil(near)),)),)))


def _modulo(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    left, right = args
    rng = inverter.rng
    divisor = inverter.value_of(right)
    if term_fields(left) and isinstance(divisor, int | float) and _is_number(divisor) and divisor:
        size = abs(divisor)
        below = constraint.also(Within((Interval(-size, size, True, True),)))
        remainder = inverter.number(below, isinstance(divisor, int))
        if remainder is None:
            remainder = inverter.number(below, whole=False)
        if remainder is not None:
            sign = -1 if remainder < 0 else 1
            several = [*range(12), *(rng.randint(0, 1 << rng.randint(4, 24)) for _ in range(12))]
            points = [remainder + sign * size * times for times in several]
            return inverter.constrain(left, Constraint((Within(tuple(Interval(point, point) for point in dict.fromkeys(points))),)))
    dividend = inverter.value_of(left)
    remainder = inverter.number(constraint, True)
    if not term_fields(right) or not isinstance(dividend, int) or remainder is None:
        return None
    rest = abs(dividend) - abs(int(remainder))
    divisors = [divisor for divisor in range(abs(int(remainder)) + 1, min(rest, 5000) + 1) if rest % divisor == 0]
    return inverter.constrain(right, Constraint((Within(tuple(Interval(divisor, divisor) for divisor in divisors)),))) if divisors else None


NUMBER_INVERSIONS: dict[str, Callable[[Inverter, Args, bool, Constraint], Demands | None]] = {
    "add": _arithmetic(
        lambda value, constraint: _mapped(constraint, _shifted(-value)),
        lambda value, constraint: _mapped(constraint, _shifted(-value)),
    ),
    "subtract": _arithmetic(
        lambda value, constraint: _mapped(constraint, _shifted(value)),
        lambda value, constraint: _mapped(constraint, lambda interval: _shifted(value)(_negated(interval))),
    ),
    "multiply": _multiply,
    "divide": _divide,
    "modulo": _modulo,
}
