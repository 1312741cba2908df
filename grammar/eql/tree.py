"""The syntax tree of EQL, the Endpoint dialect included. Spans take no part in equality."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ..span import Span, span_attribute

MAX_RUNS = 100
"""How often an item of a sequence may be repeated, as in Elasticsearch's parser."""


class CompareOperator(StrEnum):
    """The comparison operators."""

    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class ListOperator(StrEnum):
    """Operators whose right side is one value or, in parentheses, a list of them."""

    IN = "in"
    IN_FOLD = "in~"
    MATCH = ":"
    LIKE = "like"
    LIKE_FOLD = "like~"
    REGEX = "regex"
    REGEX_FOLD = "regex~"


class ArithmeticOperator(StrEnum):
    """The arithmetic operators."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "%"


class LineageKind(StrEnum):
    """The relations between events: ``child of``, ``descendant of``, ``event of``."""

    DESCENDANT = "descendant"
    CHILD = "child"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Field:
    """A field: ``process.name``, ``?process.name``, ```odd-name` ``, ``process.args[0]``.

    ``path`` holds names and subscripts in order; a back-quoted part with dots in it is split at
    them, so that ``name`` is the same however the field was written. ``quoted`` tells whether any part is in back-quotes.
    """

    path: tuple[str | int, ...]
    optional: bool = False
    span: Span = span_attribute()
    quoted: bool = field(default=False, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The dotted name, without subscripts."""
        return ".".join(part for part in self.path if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Variable:
    """``$entry`` or a field of it, ``$entry.module`` (Endpoint dialect); ``path`` is without ``$``."""

    path: tuple[str | int, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class String:
    """A string, unescaped. ``raw`` strings were written in three quotes."""

    value: str
    raw: bool = False
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Number:
    """An integer or a decimal number; a leading minus is part of it."""

    value: int | float
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Boolean:
    """``true`` or ``false``."""

    value: bool
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Null:
    """``null``."""

    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Call:
    """``name(args)`` or ``name~(args)``; ``name`` is kept as written."""

    name: str
    args: tuple[Expression, ...]
    insensitive: bool = False
    span: Span = span_attribute()
    name_span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A binary arithmetic expression."""

    operator: ArithmeticOperator
    left: Expression
    right: Expression
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Negative:
    """A minus before something that is not a number."""

    arg: Expression
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left == right`` and the other comparison operators."""

    operator: CompareOperator
    left: Expression
    right: Expression
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class InList:
    """``subject OPERATOR value`` or ``subject [not] OPERATOR (value, ..)``.

    ``listed`` tells whether the values stood in parentheses as a list. Negation is written before ``in``
    (``f not in (..)``) or, for the others too, as in ``f not like "x"``.
    """

    operator: ListOperator
    subject: Expression
    values: tuple[Expression, ...]
    listed: bool = True
    negated: bool = False
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Lineage:
    """``descendant of [query]``, ``child of [query]``, ``event of [query]``."""

    kind: LineageKind
    query: EventQuery
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class And:
    """Two or more operands; never directly inside another And."""

    args: tuple[Expression, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more operands; never directly inside another Or."""

    args: tuple[Expression, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Not:
    """A negated expression."""

    arg: Expression
    span: Span = span_attribute()


Literal = String | Number | Boolean | Null
Expression = (
    Field | Variable | String | Number | Boolean | Null | Call | Arithmetic | Negative | Comparison | InList | Lineage | And | Or | Not
)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """``category where condition``; ``category`` is None for ``any``."""

    category: str | None
    condition: Expression
    span: Span = span_attribute()
    category_span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class JoinKey:
    """A key after ``by``; ``?field`` sets ``field.optional``. An expression only in the Endpoint dialect."""

    expression: Expression
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Item:
    """``[query] by keys with runs=N as alias``, or with ``missing``, ``![query] by keys``."""

    query: EventQuery
    by: tuple[JoinKey, ...] = ()
    runs: int = 1
    missing: bool = False
    alias: str | None = None
    fork: bool | None = None
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Duration:
    """``maxspan``: a count and its unit (``ms s m h d``) as written, and in milliseconds."""

    count: int
    unit: str
    span: Span = span_attribute()

    @property
    def milliseconds(self) -> int:
        """The duration in milliseconds."""
        return self.count * {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}[self.unit]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence: ordered items with equal join keys."""

    items: tuple[Item, ...]
    by: tuple[JoinKey, ...] = ()
    maxspan: Duration | None = None
    until: Item | None = None
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample: unordered items with equal join keys."""

    items: tuple[Item, ...]
    by: tuple[JoinKey, ...] = ()
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Pipe:
    """``| name arguments``."""

    name: str
    args: tuple[Expression, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: its shape, then its pipes."""

    shape: EventQuery | Sequence | Sample
    pipes: tuple[Pipe, ...] = ()
    span: Span = span_attribute()
