"""The functions of EQL, each declared once: argument types, result type, evaluation.

Meaning follows Elasticsearch's EQL function reference; where it says nothing, the results it returns. A
null argument makes the result null, and :func:`evaluate` sees to that, so that no entry has to.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from .literals import LiteralError, parse_address, parse_address_block
from .patterns import compile_patterns, fold_ascii, from_eql
from .regexp import accepts
from .regexp_parser import parse_regexp

Value = str | int | float | bool | None


class ArgumentType(StrEnum):
    STRING = "a string"
    NUMBER = "a number"
    INTEGER = "an integer"
    BOOLEAN = "true or false"
    ADDRESS = "an IP address"
    ANY = "any value"


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes:
        name: as Elasticsearch spells it.
        arguments: types of the arguments; the last repeats when ``variadic``.
        required: how many arguments must be there.
        result: the type of what it returns.
        evaluate: from non-null arguments and the ``~`` flag to the result.
        folds: whether ``name~`` exists.
        variadic: whether the last argument repeats.
        sees_null: whether null is a value to it; the result of the others is null as soon as an argument is.
    """

    name: str
    arguments: tuple[ArgumentType, ...]
    required: int
    result: ArgumentType
    evaluate: Callable[[tuple[Value, ...], bool], Value]
    folds: bool = False
    variadic: bool = False
    sees_null: bool = False


def _folded(function: Callable[..., Value]) -> Callable[[tuple[Value, ...], bool], Value]:
    def evaluate(args: tuple[Value, ...], fold: bool) -> Value:
        return function(*(fold_ascii(arg) if fold and isinstance(arg, str) else arg for arg in args))

    return evaluate


def _plain(function: Callable[..., Value]) -> Callable[[tuple[Value, ...], bool], Value]:
    return lambda args, fold: function(*args)


def _between(args: tuple[Value, ...], fold: bool) -> Value:
    text, left, right = (str(arg) for arg in args[:3])
    greedy = len(args) > 3 and args[3] is True
    seen = fold_ascii(text) if fold else text
    left, right = (fold_ascii(left), fold_ascii(right)) if fold else (left, right)
    start = seen.find(left)
    if start < 0:
        return ""
    start += len(left)
    end = seen.rfind(right, start) if greedy else seen.find(right, start)
    return text[start:end] if end >= 0 else ""


def _cidr_match(address: str, *blocks: str) -> bool:
    try:
        value = parse_address(address)
    except LiteralError:
        return False
    return any(parse_address_block(block).contains(value) for block in blocks)


def _whole(number: int | float) -> int:
    """A number as Java makes an `int` of it: its fraction cut off, and kept within what an `int` holds."""
    return int(max(-(1 << 31), min((1 << 31) - 1, number)))


def _substring(text: str, start: int, end: int | None = None) -> str:
    first, last = _whole(start), None if end is None else _whole(end)
    return _joined(_units(text)[first:last])


def _contains(text: str, part: str) -> bool:
    """As ``EqlStringUtils`` of Elasticsearch has it: an empty text is not contained in any, and contains none."""
    return bool(part) and part in text


def utf16_length(text: str) -> int:
    """The length of a text in UTF-16 units, which Java counts: two for a character beyond U+FFFF."""
    return len(text) + sum(char > "\uffff" for char in text) if not text.isascii() else len(text)


def _index_of(text: str, part: str, start: int = 0) -> int | None:
    found = _units(text).find(_units(part), max(_whole(start), 0))
    return found if found >= 0 else None


def _units(text: str) -> str:
    """A text with a character for each of its UTF-16 units, which Java counts places in."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(map(chr, struct.unpack(f"<{utf16_length(text)}H", text.encode("utf-16-le", "surrogatepass"))))


def _joined(units: str) -> str:
    """The text of UTF-16 units."""
    return units if units.isascii() else units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@lru_cache(maxsize=256)
def _wildcard(patterns: tuple[str, ...], fold: bool) -> Callable[[str], bool]:
    return compile_patterns(tuple(from_eql(pattern, fold) for pattern in patterns))


@lru_cache(maxsize=256)
def _regexp(patterns: tuple[str, ...], fold: bool) -> Callable[[str], bool]:
    nodes = [parse_regexp(pattern, fold).node for pattern in patterns]
    return lambda text: any(accepts(node, text) for node in nodes)


def _fits(
    compile_test: Callable[[tuple[str, ...], bool], Callable[[str], bool]],
) -> Callable[[tuple[Value, ...], bool], Value]:
    def evaluate(args: tuple[Value, ...], fold: bool) -> Value:
        text, *patterns = (str(arg) for arg in args)
        return compile_test(tuple(patterns), fold)(text)

    return evaluate


def _number(text: Value, base: int | None = None) -> int | float | None:
    if not isinstance(text, str):
        return text if isinstance(text, int | float) and not isinstance(text, bool) else None
    base = _whole(base) if base is not None else 16 if text.startswith("0x") else 10
    digits = text.removeprefix("0x") if base == 16 else text
    # Python's int takes underscores, blanks and all of Unicode's digits; Java's Long does not.
    if re.fullmatch(r"[+-]?[0-9A-Za-z]+", digits, re.ASCII) and 2 <= base <= 36:
        try:
            return int(digits, base)
        except ValueError:
            pass
    return float(text) if base == 10 and re.fullmatch(_DECIMAL, text, re.ASCII) else None


_DECIMAL = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"


def render_value(value: Value) -> str | None:
    """What ``string()`` and ``concat()`` make of a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value):
        return _java_double(value)
    return None if value is None else str(value)


def _java_double(value: float) -> str:
    """A double as Java writes it: always with a fraction, and with an exponent (``1.0E7``) below 0.001 and from ten million on."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():e}".partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def _divide(left: int | float, right: int | float) -> int | float | None:
    if right == 0:
        return None
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return _double(left) / _double(right)


def _modulo(left: int | float, right: int | float) -> int | float | None:
    """What the truncated quotient leaves; of doubles it is exact, as in Java."""
    quotient = _divide(left, right)
    if quotient is None:
        return None
    if isinstance(left, int) and isinstance(right, int):
        return left - right * quotient
    first, second = _double(left), _double(right)
    return math.fmod(first, second) if math.isfinite(first) and not math.isnan(second) else math.nan


def _double(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _compare(operator: Callable[[Value, Value], bool]) -> Callable[[tuple[Value, ...], bool], Value]:
    def evaluate(args: tuple[Value, ...], fold: bool) -> Value:
        left, right = (fold_ascii(arg) if fold and isinstance(arg, str) else arg for arg in args)
        if isinstance(left, str) != isinstance(right, str):
            return None
        return operator(left, right)

    return evaluate


_STRING, _NUMBER, _INTEGER, _BOOLEAN, _ADDRESS, _ANY = (
    ArgumentType.STRING,
    ArgumentType.NUMBER,
    ArgumentType.INTEGER,
    ArgumentType.BOOLEAN,
    ArgumentType.ADDRESS,
    ArgumentType.ANY,
)


def _arithmetic(name: str, function: Callable[..., Value]) -> Function:
    def calculate(left: int | float, right: int | float) -> Value:
        try:
            return function(left, right)
        except OverflowError:
            # Of a double and a whole number beyond all doubles.
            return function(_double(left), _double(right))

    return _of_numbers(name, calculate)


def _of_numbers(name: str, function: Callable[..., Value]) -> Function:
    return Function(name, (_NUMBER, _NUMBER), 2, _NUMBER, _plain(function))


def _comparison(name: str, operator: Callable[..., bool]) -> Function:
    return Function(name, (_ANY, _ANY), 2, _BOOLEAN, _compare(operator), folds=True)


_TABLE = (
    _arithmetic("add", lambda a, b: a + b),
    _arithmetic("subtract", lambda a, b: a - b),
    _arithmetic("multiply", lambda a, b: a * b),
    _arithmetic("divide", _divide),
    _arithmetic("modulo", _modulo),
    Function("between", (_STRING, _STRING, _STRING, _BOOLEAN), 3, _STRING, _between, folds=True),
    Function("cidrMatch", (_ADDRESS, _STRING), 2, _BOOLEAN, _plain(_cidr_match), variadic=True),
    Function(
        "concat",
        (_ANY,),
        1,
        _STRING,
        _plain(lambda *args: "".join(str(render_value(arg)) for arg in args)),
        variadic=True,
    ),
    Function("endsWith", (_STRING, _STRING), 2, _BOOLEAN, _folded(lambda text, part: text.endswith(part)), folds=True),
    Function("startsWith", (_STRING, _STRING), 2, _BOOLEAN, _folded(lambda text, part: text.startswith(part)), folds=True),
    Function("stringContains", (_STRING, _STRING), 2, _BOOLEAN, _folded(_contains), folds=True),
    Function("indexOf", (_STRING, _STRING, _INTEGER), 2, _INTEGER, _folded(_index_of), folds=True),
    Function("length", (_STRING,), 1, _INTEGER, _plain(utf16_length)),
    Function("number", (_ANY, _INTEGER), 1, _NUMBER, _plain(_number)),
    Function("string", (_ANY,), 1, _STRING, _plain(render_value)),
    Function("substring", (_STRING, _INTEGER, _INTEGER), 2, _STRING, _plain(_substring)),
    Function("like", (_STRING, _STRING), 2, _BOOLEAN, _fits(_wildcard), folds=True, variadic=True),
    Function("regex", (_STRING, _STRING), 2, _BOOLEAN, _fits(_regexp), folds=True, variadic=True),
    Function("is null", (_ANY,), 1, _BOOLEAN, _plain(lambda value: value is None), sees_null=True),
    _comparison("==", lambda a, b: a == b),
    _comparison("!=", lambda a, b: a != b),
    _comparison("<", lambda a, b: a < b),
    _comparison("<=", lambda a, b: a <= b),
    _comparison(">", lambda a, b: a > b),
    _comparison(">=", lambda a, b: a >= b),
)

FUNCTIONS: dict[str, Function] = {function.name: function for function in _TABLE}
BY_LOWER_NAME: dict[str, Function] = {
    name.lower(): function for name, function in FUNCTIONS.items() if name.isalpha() and name not in ("like", "regex")
}
"""What a query can call; the rest are operators."""


def evaluate(name: str, args: tuple[Value, ...], fold: bool) -> Value:
    """Apply a function to values; null in, null out, but for optional arguments."""
    function = FUNCTIONS[name]
    if not function.variadic:
        # An optional argument may be spelled out as null, as in `number(x, null)`.
        while len(args) > function.required and args[-1] is None:
            args = args[:-1]
    return None if None in args and not function.sees_null else function.evaluate(args, fold)
