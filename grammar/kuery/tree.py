"""The syntax tree of Kuery. Spans take no part in equality."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..span import Span, span_attribute


class RangeOperator(StrEnum):
    """The range operators."""

    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


@dataclass(frozen=True, slots=True)
class Text:
    """A field name or a value, unescaped, split at its wildcards.

    ``pieces`` holds one string more than there are (unescaped, unquoted) ``*``: ``a*b`` is
    ``("a", "b")``, ``*`` is ``("", "")``, ``ab`` and the quoted ``"a*b"`` have one piece.
    A run of ``**`` stays two wildcards, with an empty piece between.
    """

    pieces: tuple[str, ...]
    quoted: bool = False
    span: Span = span_attribute()

    @property
    def has_wildcard(self) -> bool:
        """Whether the text contains a wildcard."""
        return len(self.pieces) > 1

    @property
    def literal(self) -> str:
        """The text with ``*`` for each wildcard; exact when there is none."""
        return "*".join(self.pieces)


@dataclass(frozen=True, slots=True)
class MatchAll:
    """The empty query."""

    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Is:
    """``field : value``; ``field`` is None for a value that stands alone.

    ``value`` is a text, or And / Or / Not over texts (``f : (a or not b)``).
    """

    field: Text | None
    value: Value
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Range:
    """``field < value`` and its kin."""

    field: Text
    operator: RangeOperator
    value: Text
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Nested:
    """``path : { query }``."""

    path: Text
    query: Query
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class And:
    """Two or more queries, or two or more values of one field; never directly inside another And."""

    args: tuple[Node, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more queries, or two or more values of one field; never directly inside another Or."""

    args: tuple[Node, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Not:
    """A negated query or value."""

    arg: Node
    span: Span = span_attribute()


Value = Text | And | Or | Not
Query = MatchAll | Is | Range | Nested | And | Or | Not
Node = Text | MatchAll | Is | Range | Nested | And | Or | Not
