"""Arithmetic run backwards."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from ....compiler.ir.formula import Term, Test, Within, term_fields
from ....compiler.values.functions import Value
from ....compiler.values.sets import Interval
from .goals import Aim, Args, Demands

if TYPE_CHECKING:
    from .inverter import Inverter


def _mapped(aim: Aim, change: Callable[[Interval], Interval | None]) -> Aim | None:
    """The aim with every interval changed; None if it is no aim at a number, or an interval has no counterpart."""

    def changed(tests: tuple[Test, ...]) -> tuple[Test, ...] | None:
        found: list[Test] = []
        for test in tests:
            if not isinstance(test, Within):
                return None
            intervals = [change(interval) for interval in test.intervals]
            if None in intervals:
                return None
            found.append(Within(tuple(interval for interval in intervals if interval is not None)))
        return tuple(found)

    wanted, unwanted = changed(aim.wanted), changed(aim.unwanted)
    return None if wanted is None or unwanted is None else Aim(wanted, unwanted)


def _shifted(by: int | float) -> Callable[[Interval], Interval]:
    def change(each: Interval) -> Interval:
        low = None if each.low is None else each.low + by
        return Interval(low, None if each.high is None else each.high + by, each.low_open, each.high_open)

    return change


def _negated(each: Interval) -> Interval:
    low = None if each.high is None else -each.high
    return Interval(low, None if each.low is None else -each.low, each.high_open, each.low_open)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


Changed = Callable[[int | float, Aim], Aim | None]
"""From the value of the other argument and the aim at the result to the aim at this one."""


def _arithmetic(left_change: Changed, right_change: Changed) -> Callable[[Inverter, Args, bool, Aim], Demands | None]:
    def invert(inverter: Inverter, args: Args, fold: bool, aim: Aim) -> Demands | None:
        left, right = args

        def towards(term: Term, other: Term, change: Changed) -> Callable[[], Demands | None]:
            def way() -> Demands | None:
                value = inverter.value_of(other)
                changed = change(value, aim) if isinstance(value, int | float) and _is_number(value) else None
                return None if changed is None else inverter.aim(term, changed)

            return way

        ways = [towards(left, right, left_change)] if term_fields(left) else []
        ways += [towards(right, left, right_change)] if term_fields(right) else []
        return inverter.one_of(ways)

    return invert


def _scaled(factor: int | float) -> Callable[[Interval], Interval | None]:
    """What times the factor lies in an interval."""

    def change(each: Interval) -> Interval | None:
        if factor == 0:
            return None
        low, high = (None if end is None else _quotient(end, factor) for end in (each.low, each.high))
        scaled = Interval(low, high, each.low_open, each.high_open)
        return scaled if factor > 0 else Interval(high, low, each.high_open, each.low_open)

    return change


def _quotient(value: int | float, factor: int | float) -> int | float:
    if isinstance(value, int) and isinstance(factor, int) and value % factor == 0:
        return value // factor
    return value / factor


def _multiply(inverter: Inverter, args: Args, fold: bool, aim: Aim) -> Demands | None:
    left, right = args
    if term_fields(left) and term_fields(right):
        # One number has few divisors: choose both factors at once.
        product = inverter.number(aim, whole=True)
        if product is None:
            return None
        size = abs(int(product))
        divisors = [divisor for divisor in range(1, min(size, 2000) + 1) if size % divisor == 0] or [inverter.rng.randint(1, 100)]
        first = inverter.rng.choice(divisors)
        demands: Demands = {}
        for term, value in ((left, first), (right, int(product) // first)):
            found = inverter.aim(term, Aim((Within((Interval(value, value),)),)))
            if found is None:
                return None
            demands.update(found)
        return demands
    return _arithmetic(lambda value, aim: _mapped(aim, _scaled(value)), lambda value, aim: _mapped(aim, _scaled(value)))(
        inverter, args, fold, aim
    )


def _divide(inverter: Inverter, args: Args, fold: bool, aim: Aim) -> Demands | None:
    left, right = args
    divisor = inverter.value_of(right)
    if term_fields(left) and isinstance(divisor, int | float) and _is_number(divisor) and divisor:
        whole = isinstance(divisor, int)
        quotient = inverter.number(aim, whole)
        if quotient is not None:
            base = quotient * divisor
            # The division of integers cuts off what is left over, towards zero.
            rest = abs(divisor) - 1 if whole else 0
            ends = (base, base + rest) if base > 0 or (base == 0 and divisor > 0) else (base - rest, base)
            found = inverter.aim(left, Aim((Within((Interval(*ends),)),)))
            if found is not None:
                return found
    dividend = inverter.value_of(left)
    if not term_fields(right) or not isinstance(dividend, int | float) or not _is_number(dividend):
        return None
    quotient = inverter.number(aim, isinstance(dividend, int))
    if not quotient:
        return None
    near = dividend / quotient
    return inverter.aim(right, Aim((Within((Interval(math.floor(near), math.ceil(near)),)),)))


def _modulo(inverter: Inverter, args: Args, fold: bool, aim: Aim) -> Demands | None:
    left, right = args
    rng = inverter.rng
    divisor = inverter.value_of(right)
    if term_fields(left) and isinstance(divisor, int | float) and _is_number(divisor) and divisor:
        size = abs(divisor)
        below = aim.also(Within((Interval(-size, size, True, True),)))
        remainder = inverter.number(below, isinstance(divisor, int))
        if remainder is None:
            remainder = inverter.number(below, whole=False)
        if remainder is not None:
            sign = -1 if remainder < 0 else 1
            several = [*range(12), *(rng.randint(0, 1 << rng.randint(4, 24)) for _ in range(12))]
            points = [remainder + sign * size * times for times in several]
            return inverter.aim(left, Aim((Within(tuple(Interval(point, point) for point in dict.fromkeys(points))),)))
    dividend = inverter.value_of(left)
    remainder = inverter.number(aim, True)
    if not term_fields(right) or not isinstance(dividend, int) or remainder is None:
        return None
    rest = abs(dividend) - abs(int(remainder))
    divisors = [divisor for divisor in range(abs(int(remainder)) + 1, min(rest, 5000) + 1) if rest % divisor == 0]
    return inverter.aim(right, Aim((Within(tuple(Interval(each, each) for each in divisors)),))) if divisors else None


NUMBER_INVERSIONS: dict[str, Callable[[Inverter, Args, bool, Aim], Demands | None]] = {
    "add": _arithmetic(
        lambda value, aim: _mapped(aim, _shifted(-value)),
        lambda value, aim: _mapped(aim, _shifted(-value)),
    ),
    "subtract": _arithmetic(
        lambda value, aim: _mapped(aim, _shifted(value)),
        lambda value, aim: _mapped(aim, lambda each: _shifted(value)(_negated(each))),
    ),
    "multiply": _multiply,
    "divide": _divide,
    "modulo": _modulo,
}
