"""The modifiers of Sigma: one row each, applied to the values of a field from left to right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from ...compiler.values.sets import Wild
from ...grammar.span import Span
from ..reading.yaml_nodes import Scalar
from .strings import ENCODINGS, Tokens, base64, base64_at_offsets, dashes, literal_of, tokens_of
from .values import Absent, Block, Boolean, Faults, FieldReference, Number, Placeholders, Present, Regex, Strings, TimePart, Value


@dataclass(frozen=True, slots=True)
class Work:
    """What a modifier works on.

    Attributes:
        value: the value so far.
        written: the value as it is written.
        name: of the modifier.
        place: the field's name with its modifiers.
    """

    value: Value
    written: Scalar
    name: str
    place: Scalar
    faults: Faults
    placeholders: Placeholders

    def refuse(self, why: str) -> None:
        """Raise because the modifier cannot be applied to the value."""
        self.faults.invalid(f"`{self.name}` cannot be applied to `{self.written.text}`: {why}", self.written.span)


Modify = Callable[[Work], Sequence[Value]]


def values_of_entry(
    modifiers: Sequence[str], written: Sequence[Scalar], faults: Faults, placeholders: Placeholders, place: Scalar
) -> tuple[tuple[Value, ...], bool, bool]:
    """The values of a field, whether all are wanted, and whether none is.

    Raises:
        InvalidQueryError: a modifier is not known, or cannot be applied to a value.
        UnsupportedQueryError: a placeholder has no values.
    """
    every = "all" in modifiers
    negated = "neq" in modifiers
    for name in modifiers:
        if name not in MODIFIERS and name not in _ON_LISTS:
            close = get_close_matches(name, [*MODIFIERS, *_ON_LISTS], 1)
            faults.invalid(f"`{name}` is not a modifier", place.span, f"did you mean `{close[0]}`?" if close else None)
    found: list[Value] = []
    for scalar in written:
        values: list[Value] = [_plain(scalar)]
        for name in modifiers:
            if name in MODIFIERS:
                values = [made for each in values for made in MODIFIERS[name](Work(each, scalar, name, place, faults, placeholders))]
        found += values
    return tuple(found), every, negated


_ON_LISTS = frozenset({"all", "neq"})
"""Modifiers of all values together."""


def _plain(scalar: Scalar) -> Value:
    match scalar.value:
        case None:
            return Absent(scalar.span)
        case bool(value):
            return Boolean(value, scalar.span)
        case int(number) | float(number):
            return Number(number, scalar.span)
        case text:
            return Strings((tokens_of(str(text)),), scalar.span)


def _strings(work: Work) -> Strings:
    """The value as strings; a number is the text that it is written as."""
    if isinstance(work.value, Strings):
        return work.value
    if isinstance(work.value, Number) and work.value.operator == "==":
        return Strings(((work.written.text,),), work.value.span)
    work.refuse("it is not a string")
    raise AssertionError


def _each(work: Work, change: Callable[[Tokens], Sequence[Tokens]]) -> list[Value]:
    value = _strings(work)
    return [replace(value, texts=tuple(dict.fromkeys(made for text in value.texts for made in change(text))))]


def _open(before: bool, after: bool) -> Modify:
    def modify(work: Work) -> list[Value]:
        if isinstance(work.value, Regex | Absent | Present | FieldReference):
            # A regular expression is searched for, wherever it is; another field has read its modifiers.
            return [work.value]
        return _each(work, lambda text: [((Wild.RUN,) if before else ()) + text + ((Wild.RUN,) if after else ())])

    return modify


def _encoded(work: Work) -> list[Value]:
    def change(text: Tokens) -> list[Tokens]:
        return [(_literal(work, text).encode(ENCODINGS[work.name]).decode("latin-1"),)]

    return _each(work, change)


def _literal(work: Work, text: Tokens) -> str:
    literal = literal_of(text)
    if literal is None:
        work.refuse("it has wildcards")
    assert literal is not None
    return literal


def _bytes(work: Work, text: Tokens) -> bytes:
    """The bytes of a text; after `wide` and its kin each character is a byte."""
    modifiers = work.place.text.split("|")
    return _literal(work, text).encode("latin-1" if any(name in ENCODINGS for name in modifiers) else "utf-8")


def _base64(work: Work) -> list[Value]:
    return _each(work, lambda text: [(base64(_bytes(work, text)),)])


def _base64offset(work: Work) -> list[Value]:
    return _each(work, lambda text: [(each,) for each in base64_at_offsets(_bytes(work, text))])


def _windash(work: Work) -> list[Value]:
    return _each(work, dashes)


def _cased(work: Work) -> list[Value]:
    return [work.value if isinstance(work.value, FieldReference) else replace(_strings(work), cased=True)]


def _re(work: Work) -> list[Value]:
    return [Regex(work.written.text, work.written.span)]


def _flag(name: str) -> Modify:
    def modify(work: Work) -> list[Value]:
        if not isinstance(work.value, Regex):
            work.refuse("it stands after `re`")
        assert isinstance(work.value, Regex)
        return [replace(work.value, flags=replace(work.value.flags, **{name: True}))]

    return modify


def _cidr(work: Work) -> list[Value]:
    return [Block(work.written.text, work.written.span)]


def _compared(operator: str) -> Modify:
    def modify(work: Work) -> list[Value]:
        if not isinstance(work.value, Number):
            work.refuse("it is not a number")
        assert isinstance(work.value, Number)
        return [replace(work.value, operator=operator)]

    return modify


def _exists(work: Work) -> list[Value]:
    if not isinstance(work.value, Boolean):
        work.refuse("write true or false")
    assert isinstance(work.value, Boolean)
    return [Present(work.written.span) if work.value.value else Absent(work.written.span)]


_FUNCTIONS = {"contains": "stringContains", "startswith": "startsWith", "endswith": "endsWith"}
"""By modifier, the function that compares two fields."""


def _fieldref(work: Work) -> list[Value]:
    modifiers = work.place.text.split("|")
    function = next((_FUNCTIONS[name] for name in modifiers if name in _FUNCTIONS), "==")
    return [FieldReference(work.written.text, work.written.span, function, "cased" in modifiers)]


_PLACEHOLDER = re.compile(r"%([^%\s]+)%")


def _expand(work: Work) -> list[Value]:
    value = _strings(work)
    found: list[Value] = []
    for text in value.texts:
        found += (replace(value, texts=(each,)) for each in _expanded(work, text, value.span))
    return found


def _expanded(work: Work, text: Tokens, span: Span) -> Iterator[Tokens]:
    for at, token in enumerate(text):
        match = None if isinstance(token, Wild) else _PLACEHOLDER.search(token)
        if match is None or isinstance(token, Wild):
            continue
        values = work.placeholders.get(match[1])
        if values is None:
            why = "it has no values; give them with --placeholders"
            work.faults.unsupported(f"the placeholder `{match[0]}`", span, why)
        for value in values:
            inner = tokens_of(str(value))
            before, after = token[: match.start()], token[match.end() :]
            yield from _expanded(work, (*text[:at], *filter(None, (before,)), *inner, *filter(None, (after,)), *text[at + 1 :]), span)
        return
    yield text


def _part(work: Work) -> list[Value]:
    if not isinstance(work.value, Number) or not isinstance(work.value.number, int):
        work.refuse("it is not a whole number")
    assert isinstance(work.value, Number)
    if work.name == "week":
        work.faults.unsupported("`week`", work.place.span, "the number of a week is not a part of the text of a date")
    return [TimePart(work.name, int(work.value.number), work.written.span)]


MODIFIERS: Mapping[str, Modify] = {
    "contains": _open(True, True),
    "startswith": _open(False, True),
    "endswith": _open(True, False),
    "base64": _base64,
    "base64offset": _base64offset,
    **dict.fromkeys(ENCODINGS, _encoded),
    "windash": _windash,
    "cased": _cased,
    "re": _re,
    **dict.fromkeys(("i", "ignorecase"), _flag("fold")),
    **dict.fromkeys(("m", "multiline"), _flag("multiline")),
    **dict.fromkeys(("s", "dotall"), _flag("dotall")),
    "cidr": _cidr,
    "lt": _compared("<"),
    "lte": _compared("<="),
    "gt": _compared(">"),
    "gte": _compared(">="),
    "exists": _exists,
    "fieldref": _fieldref,
    "expand": _expand,
    **dict.fromkeys(("minute", "hour", "day", "week", "month", "year"), _part),
}
"""By name; those of all values together are in `values_of_entry`."""
