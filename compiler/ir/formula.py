"""The typed intermediate representation: one for both languages.

A *formula* is built with And / Or / Not from atoms over typed fields. Everything in which the
languages differ (case, wildcards, missing values, text analysis) was decided by lowering, so
nothing downstream asks where a formula came from. Every node keeps the span it came from.

A test speaks of one value; an :class:`Atom` says that *some* value of its field passes the test,
so its negation says that none does (which a missing field satisfies).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import Enum, StrEnum

from ...grammar.span import NOWHERE, Span, span_attribute
from ..schema.field_types import KEYWORD, Kind
from ..schema.fields import FieldSpec, Schema
from ..values.regexp_parser import Regexp


class Wild(Enum):
    """What a pattern holds between its literal pieces."""

    ONE = "?"
    RUN = "*"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A whole-value pattern: literal pieces (never empty, never adjacent) and wildcards.

    With ``fold``, ASCII letters match in either case and no other character folds, as Lucene's
    ``case_insensitive`` does.
    """

    tokens: tuple[str | Wild, ...]
    fold: bool = False
    span: Span = span_attribute()

    @property
    def literal(self) -> str | None:
        """The only text it matches (up to case), or None when it has wildcards."""
        if not self.tokens:
            return ""
        only = self.tokens[0]
        return only if len(self.tokens) == 1 and isinstance(only, str) else None

    @property
    def text(self) -> str:
        """The pattern as a user writes it."""
        return "".join(token if isinstance(token, str) else token.value for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of numbers; None is unbounded. Addresses are 128-bit integers, dates epoch milliseconds,
    booleans 0 and 1."""

    low: int | float | None
    high: int | float | None
    low_open: bool = False
    high_open: bool = False
    span: Span = span_attribute()

    def contains(self, value: int | float) -> bool:
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return not (self.high is not None and (value > self.high or (self.high_open and value == self.high)))


@dataclass(frozen=True, slots=True)
class Phrase:
    """Consecutive tokens of an analysed text, each matched by a pattern.

    ``written`` is a text that the tokens came from, or empty: what a document says where it may.
    """

    tokens: tuple[Pattern, ...]
    span: Span = span_attribute()
    written: str = dataclass_field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Like:
    """A string that one of the patterns matches."""

    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """A string that one of the Lucene regular expressions matches as a whole."""

    regexps: tuple[Regexp, ...]


@dataclass(frozen=True, slots=True)
class Lexical:
    """A string between two others by code point, or a version by precedence; None is unbounded.

    With ``words``, some word of an analysed text lies there.
    """

    low: str | None
    high: str | None
    low_open: bool = False
    high_open: bool = False
    words: bool = False


@dataclass(frozen=True, slots=True)
class Sized:
    """A string whose length lies in the interval."""

    interval: Interval


@dataclass(frozen=True, slots=True)
class Within:
    """A number, address, date or boolean inside one of the intervals."""

    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A text whose tokens hold one of the phrases."""

    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """A nested object of which the formula holds: each of its fields has the values of that one object.

    The formula's fields keep their full names.
    """

    formula: Formula


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A value of some field that the query does not name.

    Attributes:
        templates: the condition on a field of each kind, written for the field :data:`EVERYWHERE`.
        besides: the fields that are not meant.
        schema: what kind each field is of; one that it does not know holds strings.
    """

    templates: tuple[tuple[Kind, Formula], ...]
    besides: frozenset[str]
    schema: Schema = dataclass_field(compare=False, repr=False)


Test = Like | Matches | Lexical | Sized | Within | Words | Inside | Elsewhere
Entry = Pattern | Regexp | Interval | Phrase
"""One alternative of a list-valued test."""


def entries(test: Test) -> tuple[Entry, ...]:
    """The alternatives of a list-valued test; none for other tests."""
    match test:
        case Like(patterns):
            return patterns
        case Matches(regexps):
            return regexps
        case Within(intervals):
            return intervals
        case Words(phrases):
            return phrases
    return ()


def with_entries(test: Test, listed: Iterable[Entry]) -> Test:
    """A test of the same kind with other alternatives."""
    return type(test)(tuple(listed))  # type: ignore[arg-type, call-arg]


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """The value of a field inside a function or a comparison of fields."""

    field: FieldSpec
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Constant:
    value: str | int | float | bool | None
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of ``functions.FUNCTIONS`` over terms; ``fold`` for its ``~`` form."""

    function: str
    args: tuple[Term, ...]
    fold: bool = False
    span: Span = span_attribute()


Term = FieldTerm | Constant | Apply


@dataclass(frozen=True, slots=True)
class Truth:
    """A formula that every document satisfies, or none."""

    value: bool
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value."""

    field: FieldSpec
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Atom:
    """Some value of the field passes the test. ``field_span`` is where the field's name stands."""

    field: FieldSpec
    test: Test
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Holds:
    """A term over two fields or more, or over a function that no test expresses, is true."""

    term: Term
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Twofold:
    """One condition that engines read in two ways: Elasticsearch's, which decides, and the literal one.

    A generated document satisfies both where both can be met.
    """

    decisive: Formula
    literal: Formula
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class And:
    args: tuple[Formula, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Or:
    args: tuple[Formula, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Not:
    arg: Formula
    span: Span = span_attribute()


Formula = Truth | Exists | Atom | Holds | Twofold | And | Or | Not
Leaf = Exists | Atom | Holds


class ShapeKind(StrEnum):
    """How the steps of a program relate."""

    EVENT = "event"
    SEQUENCE = "sequence"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Key:
    """A join key of one step: a field, and whether it may be missing (``?field``)."""

    field: FieldSpec
    optional: bool = False
    span: Span = span_attribute()


class Role(StrEnum):
    """What a document is to its rule."""

    EVENT = "event"
    INDICATOR = "indicator"
    """Threat intelligence that an event is compared with; it lives in an index of its own."""
    HISTORY = "history"
    """An older event that makes values known."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a shape: ``runs`` consecutive events that satisfy the formula, or with ``missing``, none in the gap."""

    formula: Formula
    keys: tuple[Key, ...] = ()
    runs: int = 1
    missing: bool = False
    span: Span = span_attribute()
    role: Role = Role.EVENT


@dataclass(frozen=True, slots=True)
class Distinct:
    """A field that has at least so many values among the documents of a match."""

    field: FieldSpec
    least: int
    span: Span = span_attribute()


MARKER = "relation "
"""How the names of the markers of relations begin."""


class Kinship(StrEnum):
    """How the process of one event is related to that of another (Endpoint dialect)."""

    DESCENDANT = "descendant"
    CHILD = "child"
    EVENT = "event"
    """The same process."""


@dataclass(frozen=True, slots=True)
class Relation:
    """``child of [query]`` and its like: a condition on what came before an event.

    Attributes:
        kinship: how the event's process is related to that of the other event.
        formula: what the other event satisfies.
        marker: the field that stands for the condition in formulas; no document holds it, and its name has a blank.
    """

    kinship: Kinship
    formula: Formula
    marker: FieldSpec
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Pipe:
    """What is done to the matches of a query, one after another.

    Attributes:
        name: ``head``, ``tail``, or a pipe of the Endpoint dialect: ``count filter sort unique unique_count``.
        limit: how many matches ``head`` and ``tail`` keep.
        values: the terms of the others, each over the event of a match that it names by its number.
        condition: what ``filter`` wants of the first event of a match.
    """

    name: str
    limit: int = 0
    values: tuple[tuple[int, Term], ...] = ()
    condition: Formula | None = None
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Program:
    """A lowered query.

    Attributes:
        kind, steps: its shape.
        language: that of the query.
        text: what all spans point into: the query, and after it whatever else of a rule has conditions.
        maxspan: in milliseconds.
        until, pipes: of an EQL query.
        relations: the conditions on other events that its formulas hold markers of, those inside others first.
        distinct: fields that the events of a match must differ in.
        apart: whether no two matches of a run should agree on all join keys.
        history: for values that must be new: how long before a match, in milliseconds, they must not have been seen.
    """

    kind: ShapeKind
    steps: tuple[Step, ...]
    language: str
    text: str
    maxspan: int | None = None
    until: Step | None = None
    pipes: tuple[Pipe, ...] = ()
    relations: tuple[Relation, ...] = ()
    distinct: tuple[Distinct, ...] = ()
    apart: bool = False
    history: Interval | None = None


EVERYWHERE = FieldSpec("*", KEYWORD)
"""Stands for the fields of a document that a query does not name."""


def conjunction(args: tuple[Formula, ...], span: Span = NOWHERE) -> Formula:
    """The And of the arguments, flattened; a single argument stays itself."""
    flat: list[Formula] = []
    for arg in args:
        flat.extend(arg.args if isinstance(arg, And) else (arg,))
    return flat[0] if len(flat) == 1 else And(tuple(flat), span)


def disjunction(args: tuple[Formula, ...], span: Span = NOWHERE) -> Formula:
    """The Or of the arguments, flattened; a single argument stays itself."""
    flat: list[Formula] = []
    for arg in args:
        flat.extend(arg.args if isinstance(arg, Or) else (arg,))
    return flat[0] if len(flat) == 1 else Or(tuple(flat), span)


def leaves(formula: Formula) -> list[Leaf]:
    """The leaves in the order they stand in the query; those inside a nested object follow the atom that holds them."""
    found: list[Leaf] = []
    stack: list[Formula] = [formula]
    while stack:
        match stack.pop():
            case And(args) | Or(args):
                stack.extend(reversed(args))
            case Not(arg):
                stack.append(arg)
            case Twofold(decisive, literal):
                stack.extend((literal, decisive))
            case Atom(_, Inside(formula)) as leaf:
                found.append(leaf)
                stack.append(formula)
            case Exists() | Atom() | Holds() as leaf:
                found.append(leaf)
            case Truth():
                pass
    return found


def term_fields(term: Term) -> list[FieldSpec]:
    """The fields of a term, in order."""
    match term:
        case FieldTerm(field):
            return [field]
        case Constant():
            return []
        case Apply(_, args):
            return [field for arg in args for field in term_fields(arg)]


def fields_of(formula: Formula) -> dict[str, FieldSpec]:
    """The fields that a formula speaks of, by name, in the order of their first use; markers of relations are none."""
    found: dict[str, FieldSpec] = {}
    for leaf in leaves(formula):
        for spec in term_fields(leaf.term) if isinstance(leaf, Holds) else [leaf.field]:
            if spec.name != EVERYWHERE.name and not spec.name.startswith(MARKER):
                found.setdefault(spec.name, spec)
    return found
