"""Field types of a Sigma rule's fields: those that all conditions on a field allow."""

from __future__ import annotations

from collections.abc import Iterable

from ...compiler.schema.field_types import BOOLEAN, DOUBLE, IP, KEYWORD, LONG, FieldType
from ...compiler.values.literals import LiteralError, parse_address_block
from .detection import Test
from .strings import literal_of
from .values import Absent, Block, Boolean, FieldReference, Number, Present, Regex, Strings, TimePart, Value


def types_of(tests: Iterable[Test]) -> dict[str, FieldType]:
    """By field, the type of its values; a field that is only tested for presence has none.

    A field is a number if all values that it is compared with are, an address if they are blocks and addresses, and else a string.
    """
    uses: dict[str, set[str]] = {}
    for test in tests:
        if test.field is None:
            continue
        found = uses.setdefault(test.field, set())
        for value in test.values:
            found |= _uses(value)
            if isinstance(value, FieldReference):
                uses.setdefault(value.name, set()).add("string")
    return {name: type_ for name, found in uses.items() if (type_ := _type(found)) is not None}


def _uses(value: Value) -> set[str]:
    match value:
        case Number(number):
            return {"integer" if isinstance(number, int) else "fraction"}
        case Boolean():
            return {"boolean"}
        case Block():
            return {"block"}
        case Absent() | Present():
            return set()
        case Strings(texts):
            return {"address" if all(_is_address(literal_of(text)) for text in texts) else "string"}
        case Regex() | FieldReference() | TimePart():
            return {"string"}


def _is_address(text: str | None) -> bool:
    if text is None or ("." not in text and ":" not in text):
        return False
    try:
        parse_address_block(text)
    except LiteralError:
        return False
    return "/" not in text


def _type(uses: set[str]) -> FieldType | None:
    if not uses:
        return None
    if uses <= {"integer"}:
        return LONG
    if uses <= {"integer", "fraction"}:
        return DOUBLE
    if uses <= {"boolean"}:
        return BOOLEAN
    if "block" in uses and uses <= {"block", "address"}:
        return IP
    return KEYWORD
