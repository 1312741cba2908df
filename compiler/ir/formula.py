"""The typed intermediate representation: one for all languages.

A *formula* is built with And / Or / Not from atoms over typed fields. Everything in which the
languages differ (case, wildcards, missing values, text analysis) was decided by lowering, so
nothing downstream asks where a formula came from. Every node keeps the span it came from, and a
leaf how it is written there (:class:`Origin`).

A test speaks of one value; an :class:`Atom` says that *some* value of its field passes the test,
so its negation says that none does (which a missing field satisfies).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

from ...grammar.span import NOWHERE, Span, span_attribute
from ..schema.field_types import KEYWORD, Kind
from ..schema.fields import FieldSpec, Schema
from ..values.origin import Origin, origin_attribute
from ..values.regexp_parser import Regexp
from ..values.sets import Interval, Pattern, Phrase


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
class LengthIn:
    """A string whose length lies in the interval."""

    interval: Interval


@dataclass(frozen=True, slots=True)
class Within:
    """A number, address, date or boolean inside one of the intervals."""

    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A text whose tokens hold one of the phrases."""

    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class NestedMatch:
    """A nested object of which the formula holds: each of its fields has the values of that one object.

    The formula's fields keep their full names. On a field that holds values rather than objects: one value of which it holds.
    Fields from outside the object or the value are those of the document around it.
    """

    formula: Formula


@dataclass(frozen=True, slots=True)
class AnyOtherField:
    """A value of some field that the query does not name.

    Attributes:
        templates: the condition on a field of each kind, written for the field :data:`EVERYWHERE`.
        besides: the fields that are not meant.
        schema: what kind each field is of; one that it does not know holds strings.
    """

    templates: tuple[tuple[Kind, Formula], ...]
    besides: frozenset[str]
    schema: Schema = dataclass_field(compare=False, repr=False)


Test = Like | Matches | Lexical | LengthIn | Within | PhraseMatch | NestedMatch | AnyOtherField
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
        case PhraseMatch(phrases):
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
    origin: Origin = origin_attribute()


@dataclass(frozen=True, slots=True)
class Atom:
    """Some value of the field passes the test."""

    field: FieldSpec
    test: Test
    span: Span = span_attribute()
    origin: Origin = origin_attribute()


@dataclass(frozen=True, slots=True)
class Predicate:
    """A term over two fields or more, or over a function that no test expresses, is true."""

    term: Term
    span: Span = span_attribute()
    origin: Origin = origin_attribute()


@dataclass(frozen=True, slots=True)
class DualReading:
    """One condition that engines read in two ways: Elasticsearch's, which decides, and the literal one.

    A generated document satisfies both where both can be met.

    Attributes:
        by_version: whether each is the reading of a version of Elasticsearch, so that a proof must refute both; the first is
            that of the older one, by which the matcher goes.
    """

    decisive: Formula
    literal: Formula
    span: Span = span_attribute()
    by_version: bool = False


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


Formula = Truth | Exists | Atom | Predicate | DualReading | And | Or | Not
Leaf = Exists | Atom | Predicate


def with_fields(formula: Formula, change: Callable[[FieldSpec], FieldSpec]) -> Formula:
    """The formula with other fields in the places of its own."""

    def term(node: Term) -> Term:
        match node:
            case FieldTerm(field):
                return replace(node, field=change(field))
            case Apply(_, args):
                return replace(node, args=tuple(map(term, args)))
        return node

    def leaf(node: Leaf) -> Formula:
        match node:
            case Predicate(inside):
                return replace(node, term=term(inside))
            case Atom(field, NestedMatch(inner)):
                return replace(node, field=change(field), test=NestedMatch(with_fields(inner, change)))
        return replace(node, field=change(node.field))

    return with_leaves(formula, leaf)


def with_leaves(formula: Formula, change: Callable[[Leaf], Formula]) -> Formula:
    """The formula with other formulas in the places of its leaves; those inside nested objects are a part of theirs."""
    match formula:
        case And(args) | Or(args):
            return replace(formula, args=tuple(with_leaves(arg, change) for arg in args))
        case Not(arg):
            return replace(formula, arg=with_leaves(arg, change))
        case DualReading(decisive, literal):
            return replace(formula, decisive=with_leaves(decisive, change), literal=with_leaves(literal, change))
        case Truth():
            return formula
    return change(formula)


def references(formula: Formula) -> list[FieldSpec]:
    """The fields of other events that a formula names."""
    return [spec for spec in fields_of(formula).values() if spec.step is not None]


MARKER = "relation "
"""How the names of the markers of relations begin."""


def is_marker(name: str) -> bool:
    """Whether a name is that of the marker of a relation rather than of a field."""
    return name.startswith(MARKER)


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


def denial(formula: Formula, span: Span) -> Not:
    """The negation of a condition that the text at a span states as a whole, such as ``f != 1``: its leaves there are `negated`."""
    return Not(_denied(formula, span), span)


def _denied(formula: Formula, span: Span) -> Formula:
    match formula:
        case And(args) | Or(args):
            return replace(formula, args=tuple(_denied(arg, span) for arg in args))
        case Not(arg):
            return replace(formula, arg=_denied(arg, span))
        case DualReading(decisive, literal):
            return replace(formula, decisive=_denied(decisive, span), literal=_denied(literal, span))
        case Exists() | Atom() | Predicate() if formula.span == span:
            return replace(formula, origin=replace(formula.origin, negated=not formula.origin.negated))
    return formula


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
            case DualReading(decisive, literal):
                stack.extend((literal, decisive))
            case Atom(_, NestedMatch(formula)) as leaf:
                found.append(leaf)
                stack.append(formula)
            case Exists() | Atom() | Predicate() as leaf:
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
        for spec in term_fields(leaf.term) if isinstance(leaf, Predicate) else [leaf.field]:
            if spec.name != EVERYWHERE.name and not is_marker(spec.name):
                found.setdefault(spec.name, spec)
    return found
