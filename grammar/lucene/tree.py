"""The syntax tree of Lucene query strings. Spans take no part in equality; boosts, which only rank, are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ..span import Span, span_attribute


class Wildcard(StrEnum):
    """The wildcards: any characters, or one."""

    RUN = "*"
    ONE = "?"


class Conjunction(StrEnum):
    """The operators between clauses."""

    AND = "AND"
    OR = "OR"


class Modifier(StrEnum):
    """The prefixes of a clause."""

    REQUIRED = "+"
    PROHIBITED = "-"


@dataclass(frozen=True, slots=True)
class Name:
    """A field name, split at its wildcards (``\\*``): ``pieces`` holds one string more than there are."""

    pieces: tuple[str, ...]
    span: Span = span_attribute()

    @property
    def literal(self) -> str:
        """The name with ``*`` for each wildcard."""
        return "*".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Term:
    """A word, unescaped. One that begins with ``<`` or ``>`` is a bound."""

    text: str
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Wild:
    """A word with wildcards: its literal pieces, unescaped, and the wildcards between them."""

    parts: tuple[str | Wildcard, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A quoted text; ``slop`` is how far its words may be moved (``"a b"~2``), ``escaped`` whether no ``*`` lacks a backslash."""

    text: str
    slop: int = 0
    span: Span = span_attribute()
    escaped: bool = field(default=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A word up to a number of edits; None where the query leaves the number to Lucene."""

    text: str
    edits: float | None = None
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Regexp:
    """The text between the slashes, as it was written."""

    text: str
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Range:
    """``[low TO high]`` with its ends, ``{low TO high}`` without; None for ``*``."""

    low: str | None
    high: str | None
    low_open: bool = False
    high_open: bool = False
    span: Span = span_attribute()


Value = Term | Wild | Phrase | Fuzzy | Regexp | Range


@dataclass(frozen=True, slots=True)
class Test:
    """A value, looked for in a field; in every field where none is named."""

    field: Name | None
    value: Value
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses in parentheses; ``field`` is that of the tests inside which name none."""

    field: Name | None
    clauses: tuple[Clause, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query, and what stands in front of it."""

    node: Test | Group
    conjunction: Conjunction | None = None
    modifier: Modifier | None = None
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Query:
    """A list of clauses; without any it matches everything."""

    clauses: tuple[Clause, ...]
    span: Span = span_attribute()
