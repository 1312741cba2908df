"""The values of a Sigma search after its modifiers, and errors about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from ...compiler.diagnostics.diagnostic import InvalidQueryError, UnsupportedQueryError
from ...compiler.diagnostics.errors import Unsupported, WrongAttribute
from ...compiler.values.pcre_parser import PLAIN, Flags
from ...grammar.span import Span
from .strings import Tokens


@dataclass(frozen=True, slots=True)
class Strings:
    """Strings of which a value is one: several where a modifier makes several of one.

    Attributes:
        texts: the strings as tokens.
        cased: whether case counts.
    """

    texts: tuple[Tokens, ...]
    span: Span
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number, with how the value compares with it."""

    number: int | float
    span: Span
    operator: str = "=="


@dataclass(frozen=True, slots=True)
class Boolean:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Absent:
    """No value: ``null``, or ``exists: false``."""

    span: Span


@dataclass(frozen=True, slots=True)
class Present:
    """Any value: ``exists: true``."""

    span: Span


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression of PCRE that is searched for."""

    text: str
    span: Span
    flags: Flags = PLAIN


@dataclass(frozen=True, slots=True)
class Block:
    """A block of addresses."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class FieldReference:
    """Another field whose value is compared with this one."""

    name: str
    span: Span
    function: str = "=="
    cased: bool = False


@dataclass(frozen=True, slots=True)
class TimePart:
    """A part of a date and time."""

    part: str
    number: int
    span: Span


Value = Strings | Number | Boolean | Absent | Present | Regex | Block | FieldReference | TimePart


@dataclass(frozen=True, slots=True)
class Faults:
    """Raises errors about a text.

    Attributes:
        text: what spans point into, once they are moved.
        shift: the offset of the text in the rule's file, negative: what is added to offsets in the file.
    """

    text: str
    shift: int

    def at(self, span: Span) -> Span:
        """A place in the file as a place in the text."""
        return Span(span.start + self.shift, span.end + self.shift)

    def invalid(self, message: str, span: Span, help: str | None = None) -> NoReturn:
        """Raise for what means nothing."""
        raise InvalidQueryError(WrongAttribute(text=message, remedy=help).at(self.at(span)), self.text)

    def unsupported(self, construct: str, span: Span, why: str) -> NoReturn:
        """Raise for what cannot be compiled."""
        raise UnsupportedQueryError(Unsupported(construct=construct, why=why).at(self.at(span)), self.text)


Placeholders = dict[str, tuple[str | int | float, ...]]
"""By the name of a placeholder (``%name%``), its values."""
