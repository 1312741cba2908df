"""The kinds of field: how each reads literals and JSON values, writes them, and compares join keys. One row a kind.

A number stands for each value of an ordered kind: addresses are 128-bit integers, dates epoch milliseconds, booleans 0 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..schema.field_types import Kind
from ..schema.fields import FieldSpec
from .functions import ArgumentType, Value
from .literals import (
    MAX_ADDRESS,
    LiteralError,
    parse_address,
    parse_address_block,
    parse_boolean,
    parse_date,
    parse_number,
    render_address,
    render_date,
)
from .sets import Interval
from .stored_numbers import is_rounded, stored


@dataclass(frozen=True, slots=True)
class KindValues:
    """What the values of one kind are.

    Attributes:
        literal: what a literal in a query is, for messages.
        eql_literal: the same in EQL, where only addresses and dates are quoted.
        parse: the interval that the text of a literal names; ``now`` is in epoch milliseconds.
        eql_types: the literals of EQL that compare with a field: ``number``, ``boolean``, ``string``.
        arguments: the types of argument that a field can be passed as.
        result: the type that a field has in comparisons of terms; None where it compares with several.
        lowest, highest: bounds of the numbers that stand for values, besides those of the field's type.
        number: the number that stands for a JSON value.
        value: what functions see of a JSON value.
        family: join keys of different families are never equal.
        key: what join keys compare of a JSON value.
        to_json: the JSON value in a document for a number.
        to_query: the same in Query DSL.
        shown: a number as reports show it.
        blocks: whether intervals are written as blocks such as ``10.0.0.0/8``.

    Functions that read raise ``LiteralError`` for what is not a value of the kind.
    """

    literal: str = "a number"
    eql_literal: str = "a number"
    parse: Callable[[str, int], Interval] = lambda text, now: _point(parse_number(text))
    eql_types: frozenset[str] = frozenset()
    arguments: frozenset[ArgumentType] = frozenset()
    result: ArgumentType | None = None
    lowest: int | None = None
    highest: int | None = None
    number: Callable[[Any], int | float] = lambda value: read_number(value)
    value: Callable[[Any], Value] | None = None
    family: str = "text"
    key: Callable[[Any], Any] = lambda value: json_text(value)
    to_json: Callable[[int | float], Any] = lambda number: number
    to_query: Callable[[int | float], Any] = lambda number: number
    shown: Callable[[int], str] = str
    blocks: bool = False


def read_number(value: Any) -> int | float:
    """The number of a JSON value."""
    return value if isinstance(value, int | float) else parse_number(str(value))


def read_date(value: Any) -> int | float:
    """The epoch milliseconds of a JSON value.

    Elasticsearch's default format, ``strict_date_optional_time||epoch_millis``, tries a year of four digits, then milliseconds.
    """
    if isinstance(value, int | float):
        return value
    text = str(value)
    if _DIGITS.fullmatch(text) and len(text) != 4:
        return int(text)
    low = parse_date(text, 0).low
    assert low is not None
    return low


def _read_boolean(value: Any) -> int:
    return int(value) if isinstance(value, bool) else parse_boolean(str(value))


def json_text(value: Any) -> str:
    """The text that a keyword field indexes for a JSON value."""
    return value if isinstance(value, str) else ("true" if value else "false") if isinstance(value, bool) else str(value)


def _point(value: int | float) -> Interval:
    return Interval(value, value)


def _address(value: Any) -> str:
    return render_address(parse_address(str(value)))


_DIGITS = re.compile(r"-?\d{1,19}", re.ASCII)
_TEXTS = frozenset({ArgumentType.STRING, ArgumentType.ADDRESS})
_NUMBERS = frozenset({ArgumentType.NUMBER, ArgumentType.INTEGER})

KINDS: Mapping[Kind, KindValues] = {
    Kind.STRING: KindValues(arguments=_TEXTS, result=ArgumentType.STRING, value=json_text),
    Kind.TEXT: KindValues(arguments=_TEXTS, result=ArgumentType.STRING),
    Kind.VERSION: KindValues(arguments=_TEXTS),
    Kind.INTEGER: KindValues(
        eql_types=frozenset({"number"}), arguments=_NUMBERS, result=ArgumentType.NUMBER, value=read_number, family="number", key=read_number
    ),
    Kind.FLOAT: KindValues(
        eql_types=frozenset({"number"}),
        arguments=_NUMBERS,
        result=ArgumentType.NUMBER,
        value=lambda value: float(read_number(value)),
        family="number",
        key=read_number,
    ),
    Kind.BOOLEAN: KindValues(
        literal="`true` or `false`",
        eql_literal="true or false",
        parse=lambda text, now: _point(parse_boolean(text)),
        eql_types=frozenset({"boolean"}),
        arguments=frozenset({ArgumentType.BOOLEAN}),
        result=ArgumentType.BOOLEAN,
        lowest=0,
        highest=1,
        number=_read_boolean,
        value=lambda value: bool(_read_boolean(value)),
        family="boolean",
        key=lambda value: bool(_read_boolean(value)),
        to_json=bool,
        to_query=bool,
        shown=lambda number: {0: "false", 1: "true"}.get(number, str(number)),
    ),
    Kind.IP: KindValues(
        literal="an IP address or a CIDR block",
        eql_literal="an IP address in quotes",
        parse=lambda text, now: parse_address_block(text),
        eql_types=frozenset({"string"}),
        arguments=frozenset({ArgumentType.ADDRESS}),
        lowest=0,
        highest=MAX_ADDRESS,
        number=lambda value: parse_address(str(value)),
        value=_address,
        key=_address,
        to_json=lambda number: render_address(int(number)),
        to_query=lambda number: render_address(min(max(int(number), 0), MAX_ADDRESS)),
        shown=lambda number: render_address(number) if number >= 0 else str(number),
        blocks=True,
    ),
    Kind.DATE: KindValues(
        literal="a date",
        eql_literal="a date",
        parse=parse_date,
        eql_types=frozenset({"number", "string"}),
        arguments=_NUMBERS,
        number=read_date,
        value=read_date,
        family="date",
        key=read_date,
        to_json=lambda number: render_date(int(number)),
        shown=render_date,
    ),
}
"""By kind; `values_of` gives a plain row for those that are not listed."""

_OTHER = KindValues()


def values_of(spec: FieldSpec) -> KindValues:
    """The row of a field's kind."""
    return KINDS.get(spec.type.kind, _OTHER)


def domain_of(spec: FieldSpec) -> Interval:
    """The numbers that stand for the values that a field of an ordered type can hold."""
    row = values_of(spec)
    return Interval(spec.type.lowest if row.lowest is None else row.lowest, spec.type.highest if row.highest is None else row.highest)


def number_of(spec: FieldSpec, value: Any) -> int | float:
    """The number that stands for a JSON value of a field of an ordered type.

    Raises:
        LiteralError: it is not a value of that type.
    """
    return number_reader(spec)(value)


def number_reader(spec: FieldSpec) -> Callable[[Any], int | float]:
    """A function from a JSON value to the number that stands for it, as the field stores it."""
    if is_rounded(spec):
        return lambda value: stored(spec, read_number(value))
    return values_of(spec).number


def value_reader(spec: FieldSpec) -> Callable[[Any], Value]:
    """A function from a JSON value to what functions see of it; null for what is not a value of the field's type."""
    row = values_of(spec)
    typed = row.value if not is_rounded(spec) else lambda value: float(stored(spec, read_number(value)))
    if typed is None:
        return lambda value: value

    def read(value: Any) -> Value:
        try:
            return typed(value)
        except LiteralError:
            return None

    return read


def shown_value(spec: FieldSpec, value: int | float | None) -> str:
    """A number as its field shows it: an address, a date, true or false."""
    return str(value) if value is None or isinstance(value, float) else values_of(spec).shown(value)


def json_value(spec: FieldSpec, value: str | int | float, printable: bool = False) -> Any:
    """A value of a field as documents hold it, from the number or text that stands for it in formulas.

    Args:
        spec: the field.
        value: an address or a date is a number here.
        printable: whether to put letters in the place of characters that do not print.
    """
    if isinstance(value, str):
        text = "".join(char if char.isprintable() else "x" for char in value) if printable else value
        return {"key": text} if spec.type.name == "flattened" else text
    return value if spec.name == "@timestamp" else values_of(spec).to_json(value)
