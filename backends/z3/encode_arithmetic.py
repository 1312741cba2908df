"""Arithmetic as Z3 terms: exact on whole numbers, as IEEE 754 doubles round on others.

Z3's reals do not round. The result of an operation on doubles is therefore a number of its own, of which is said what rounding
guarantees: it is near the exact result, lies between the same whole numbers, and is the exact result where that is a double for sure.
"""

from __future__ import annotations

import math
from fractions import Fraction

import z3

from .encode_strings import NotEncodable

Part = tuple[z3.ExprRef, z3.BoolRef | None]
"""A function's value, and the condition under which it is defined beyond its arguments being defined."""

_ERROR = Fraction(1, 2**50)
"""More than an operation on doubles loses, relative to its operands and its result."""
_TINY, _HUGE = Fraction(1, 10**290), Fraction(2**1022)
"""Between them, no result underflows or overflows."""
_INFINITE = Fraction(2**1024)
"""Above all doubles; an infinity stands for a number from here on."""
_WHOLE = 2**53
"""Up to here, all whole numbers are doubles."""


def double_value(value: float, ctx: z3.Context) -> z3.RatNumRef:
    """A double, exactly."""
    return z3.RealVal(str(Fraction(value)), ctx)


def _real(value: Fraction | int, ctx: z3.Context) -> z3.RatNumRef:
    return z3.RealVal(str(value), ctx)


def _size(value: z3.ArithRef) -> z3.ArithRef:
    return z3.If(value < 0, -value, value)


def _doubles(*values: z3.ArithRef) -> bool:
    """Whether an operation is one on doubles."""
    if not all(z3.is_int(value) or z3.is_real(value) for value in values):
        raise NotEncodable("arithmetic on a non-number")
    return any(map(z3.is_real, values))


def _rounded(exact: z3.ArithRef, operands: tuple[z3.ArithRef, z3.ArithRef], size: z3.ArithRef, is_exact: z3.BoolRef) -> Part:
    """The double nearest to a number, as far as Z3 knows it; of infinite operands anything, undefined included, as a NaN may result.

    Args:
        exact: the number.
        operands: what it results from.
        size: how large the numbers are that the error is relative to.
        is_exact: when the number is a double.
    """
    ctx = exact.ctx
    result, error = _function_of("rounded", operands, exact), size * _real(_ERROR, ctx) + _real(_TINY, ctx)
    below, above = z3.ToReal(z3.ToInt(exact)), -z3.ToReal(z3.ToInt(-exact))
    near = z3.And(result >= exact - error, result <= exact + error)
    between = z3.Implies(_size(exact) <= _WHOLE, z3.And(result >= below, result <= above))
    value = z3.If(is_exact, exact, z3.If(z3.And(near, between), result, exact))
    huge, limit = _function_of("huge", operands, exact), _real(_HUGE, ctx)
    beyond = z3.If(z3.If(exact < 0, huge <= -limit, huge >= limit), huge, exact)
    finite = z3.And(*(_size(operand) < _real(_INFINITE, ctx) for operand in operands))
    value = z3.If(finite, z3.If(_size(exact) <= limit, value, beyond), _function_of("of infinity", operands, exact))
    return value, z3.Or(finite, _function_of("number", operands, exact) > 0)


def _function_of(what: str, operands: tuple[z3.ArithRef, z3.ArithRef], exact: z3.ArithRef) -> z3.ArithRef:
    """Something about the result of an operation that depends on its operands alone."""
    real = z3.RealSort(exact.ctx)
    arguments = [z3.ToReal(each) if z3.is_int(each) else each for each in (*operands, exact)]
    return z3.Function(what, real, real, real, real)(*arguments)


def add(left: z3.ArithRef, right: z3.ArithRef) -> Part:
    """The sum."""
    if not _doubles(left, right):
        return left + right, None
    return _rounded(left + right, (left, right), _size(left) + _size(right), z3.Or(left == 0, right == 0))


def subtract(left: z3.ArithRef, right: z3.ArithRef) -> Part:
    """The difference; that of two numbers of which neither is more than twice the other is exact (Sterbenz)."""
    if not _doubles(left, right):
        return left - right, None
    near = z3.And(_size(left) <= 2 * _size(right), _size(right) <= 2 * _size(left), (left < 0) == (right < 0))
    return _rounded(left - right, (left, right), _size(left) + _size(right), z3.Or(left == 0, right == 0, near))


def multiply(left: z3.ArithRef, right: z3.ArithRef) -> Part:
    """The product; that with a power of two is exact."""
    if not _doubles(left, right):
        return left * right, None
    exact = left * right
    scaled = any(map(_is_power_of_two, (left, right)))
    is_exact = z3.Or(exact == 0, _size(exact) >= _real(_TINY, exact.ctx)) if scaled else exact == 0
    return _rounded(exact, (left, right), _size(exact), is_exact)


def divide(left: z3.ArithRef, right: z3.ArithRef) -> Part:
    """The quotient: of whole numbers truncated, else rounded; that by a power of two is exact. That by zero is not defined."""
    if not _doubles(left, right):
        return _truncated(left, right), right != 0
    exact = z3.ToReal(left) / right if z3.is_int(left) else left / (z3.ToReal(right) if z3.is_int(right) else right)
    plain = z3.Or(exact == 0, _size(exact) >= _real(_TINY, exact.ctx)) if _is_power_of_two(right) else exact == 0
    value, defined = _rounded(exact, (left, right), _size(exact), plain)
    return value, z3.And(right != 0, defined)


def modulo(left: z3.ArithRef, right: z3.ArithRef) -> Part:
    """What the truncated quotient leaves; of doubles it is a double itself."""
    if not _doubles(left, right):
        return left - right * _truncated(left, right), right != 0
    dividend, divisor = (z3.ToReal(each) if z3.is_int(each) else each for each in (left, right))
    quotient = dividend / divisor
    exact = dividend - divisor * z3.ToReal(z3.If(quotient < 0, -z3.ToInt(-quotient), z3.ToInt(quotient)))
    # A whole number of more than 53 bits is rounded before it is divided.
    small = z3.And(*(_size(each) <= _WHOLE for each in (left, right) if z3.is_int(each)))
    finite = z3.And(small, *(_size(operand) < _real(_INFINITE, left.ctx) for operand in (dividend, divisor)))
    value = z3.If(finite, exact, _function_of("remainder", (dividend, divisor), exact))
    return value, z3.And(right != 0, z3.Or(finite, _function_of("number", (dividend, divisor), exact) > 0))


def _truncated(left: z3.ArithRef, right: z3.ArithRef) -> z3.ArithRef:
    """Integer division that truncates towards zero; Z3's own has a non-negative remainder."""
    size = z3.If(left < 0, -left, left) / z3.If(right < 0, -right, right)
    return z3.If((left < 0) == (right < 0), size, -size)


def _is_power_of_two(value: z3.ArithRef) -> bool:
    if z3.is_int_value(value):
        number = Fraction(value.as_long())
    elif z3.is_rational_value(value):
        number = Fraction(value.numerator_as_long(), value.denominator_as_long())
    else:
        return False
    return number != 0 and abs(math.frexp(float(number))[0]) == 0.5
