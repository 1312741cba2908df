"""Query outlines: the conditions of a query as they are written, in one form for all languages.

Lint checks of what is written read the outline. What a query means is in its program, where a comparison that was split, joined
or simplified no longer shows how it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from ....grammar.span import Span


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a field is compared with.

    Attributes:
        text: the value, unescaped; ``*`` and ``?`` stand for wildcards and for themselves.
        span: where it is written, quotes included.
        bare: whether it is written without quotes.
        wild: whether it has a wildcard.
        denied: whether it stands after a ``not`` within a list of values.
        regexp: whether it is a regular expression.
    """

    text: str
    span: Span
    bare: bool = False
    wild: bool = False
    denied: bool = False
    regexp: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with one value or a list of values.

    Attributes:
        field: its dotted name; None for values without a field.
        operator: as EQL writes it; ``:`` in the other languages.
        values: the values; numbers and other literals that are not strings are left out.
        span: the whole test.
        grouped: the text between parentheses after the field, where there is a pair.
    """

    field: str | None
    operator: str
    values: tuple[Value, ...]
    span: Span
    grouped: Span | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """A condition of another form: a function, a comparison of fields, a nested query."""

    fields: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Branch:
    """Conditions joined by an operator; ``clauses`` are those of a Lucene query, whose operators do not nest."""

    kind: Literal["and", "or", "not", "clauses"]
    args: tuple[Condition, ...]
    span: Span


Condition = Comparison | Other | Branch


@dataclass(frozen=True, slots=True)
class Event:
    """The conditions on one event.

    Attributes:
        condition: the conditions.
        category: of an EQL event query; None for ``any`` and in other languages.
        keys: the fields that it is joined by, in a sequence or sample.
        span: the event query.
    """

    condition: Condition
    category: str | None = None
    keys: tuple[str, ...] = ()
    span: Span = Span(0, 0)


def outline_of(language: str | None, tree: Any) -> tuple[Event, ...]:
    """The outline of a syntax tree, one entry for each event; empty for a language without outlines."""
    match language:
        case "kuery":
            return (Event(_kuery(tree)),)
        case "eql":
            return tuple(_eql_events(tree))
        case "lucene":
            return (Event(_lucene_clauses(tree.clauses, None, tree.span)),)
        case "sigma":
            # Their searches are written in YAML, which the rule's front-end has read.
            found: tuple[Event, ...] = tree
            return found
    return ()


def comparisons_of(condition: Condition) -> Iterator[Comparison]:
    """The tests of a condition, in the order of the text."""
    match condition:
        case Comparison():
            yield condition
        case Branch(_, args):
            for arg in args:
                yield from comparisons_of(arg)


def branches_of(condition: Condition) -> Iterator[Branch]:
    """The branches of a condition, outer ones first."""
    if isinstance(condition, Branch):
        yield condition
        for arg in condition.args:
            yield from branches_of(arg)


def fields_in(condition: Condition) -> set[str]:
    """The names of the fields in a condition."""
    match condition:
        case Comparison(field):
            return set() if field is None else {field}
        case Other(fields):
            return set(fields)
        case Branch(_, args):
            return set().union(*map(fields_in, args))


def required(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that must all hold."""
    return condition.args if isinstance(condition, Branch) and condition.kind == "and" else (condition,)


# -- Kuery ---------------------------------------------------------------------------------------


def _kuery(node: Any) -> Condition:
    from ....grammar.kuery import tree

    match node:
        case tree.And(args, span):
            return Branch("and", tuple(map(_kuery, args)), span)
        case tree.Or(args, span):
            return Branch("or", tuple(map(_kuery, args)), span)
        case tree.Not(arg, span):
            return Branch("not", (_kuery(arg),), span)
        case tree.Is(field, value, span):
            # The parentheses around a value are part of the test and not of the value.
            grouped = Span(value.span.start, span.end) if span.end > value.span.end or not isinstance(value, tree.Text) else None
            return Comparison(None if field is None else field.literal, ":", tuple(_kuery_values(value, False)), span, grouped)
        case tree.Range(field, operator, value, span):
            return Comparison(field.literal, operator.value, tuple(_kuery_values(value, False)), span)
        case tree.Nested(path, query, span):
            return Other(tuple(f"{path.literal}.{name}" for name in sorted(fields_in(_kuery(query)))), span)
    return Other((), node.span)


def _kuery_values(value: Any, denied: bool) -> Iterator[Value]:
    from ....grammar.kuery import tree

    match value:
        case tree.Text():
            yield Value(value.literal, value.span, not value.quoted, value.has_wildcard, denied)
        case tree.And(args) | tree.Or(args):
            for arg in args:
                yield from _kuery_values(arg, denied)
        case tree.Not(arg):
            yield from _kuery_values(arg, not denied)


# -- EQL -----------------------------------------------------------------------------------------

_WITH_WILDCARDS = (":", "like", "like~")
_REGEXPS = ("regex", "regex~")


def _eql_events(query: Any) -> Iterator[Event]:
    from ....grammar.eql import tree

    shape = query.shape
    if isinstance(shape, tree.EventQuery):
        yield _eql_event(shape, ())
        return
    for item in shape.items:
        yield _eql_event(item.query, (*shape.by, *item.by))
    if isinstance(shape, tree.Sequence) and shape.until is not None:
        yield _eql_event(shape.until.query, (*shape.by, *shape.until.by))


def _eql_event(query: Any, keys: tuple[Any, ...]) -> Event:
    from ....grammar.eql import tree

    names = tuple(key.expression.name for key in keys if isinstance(key.expression, tree.Field))
    return Event(_eql(query.condition), query.category, names, query.span)


def _eql(node: Any) -> Condition:
    from ....grammar.eql import tree

    match node:
        case tree.And(args, span):
            return Branch("and", tuple(map(_eql, args)), span)
        case tree.Or(args, span):
            return Branch("or", tuple(map(_eql, args)), span)
        case tree.Not(arg, span):
            return Branch("not", (_eql(arg),), span)
        case tree.Comparison(operator, tree.Field() as field, right, span) if not isinstance(right, tree.Field | tree.Call):
            test = Comparison(field.name, operator.value, tuple(_eql_values(operator.value, (right,))), span)
            return test if operator != "!=" else Branch("not", (replace(test, operator="=="),), span)
        case tree.InList(operator, tree.Field() as field, values, _, negated, span):
            test = Comparison(field.name, operator.value, tuple(_eql_values(operator.value, values)), span)
            return Branch("not", (test,), span) if negated else test
    return Other(tuple(sorted(set(_eql_fields(node)))), node.span)


def _eql_values(operator: str, values: tuple[Any, ...]) -> Iterator[Value]:
    from ....grammar.eql import tree

    for value in values:
        match value:
            case tree.String(text, _, span):
                wild = operator in _WITH_WILDCARDS and ("*" in text or "?" in text)
                yield Value(text, span, False, wild, regexp=operator in _REGEXPS)
            case tree.Number(number, span):
                yield Value(str(number), span, True)


def _eql_fields(node: Any) -> Iterator[str]:
    from ....grammar.eql import tree

    match node:
        case tree.Field():
            yield node.name
        case tree.Call(_, args) | tree.And(args) | tree.Or(args):
            for arg in args:
                yield from _eql_fields(arg)
        case tree.Arithmetic(_, left, right) | tree.Comparison(_, left, right):
            yield from _eql_fields(left)
            yield from _eql_fields(right)
        case tree.InList(_, subject):
            yield from _eql_fields(subject)
        case tree.Negative(arg) | tree.Not(arg):
            yield from _eql_fields(arg)


# -- Lucene --------------------------------------------------------------------------------------


def _lucene_clauses(clauses: tuple[Any, ...], around: str | None, span: Span) -> Condition:
    from ....grammar.lucene import tree

    found: list[Condition] = []
    for clause in clauses:
        node = clause.node
        if isinstance(node, tree.Group):
            name = around if node.field is None else node.field.literal
            inner = _lucene_clauses(node.clauses, name, node.span)
        else:
            name = around if node.field is None else node.field.literal
            inner = Comparison(name, ":", tuple(_lucene_values(node.value)), node.span)
        found.append(Branch("not", (inner,), clause.span) if clause.modifier == tree.Modifier.PROHIBITED else inner)
    return Branch("clauses", tuple(found), span)


def _lucene_values(value: Any) -> Iterator[Value]:
    from ....grammar.lucene import tree

    match value:
        case tree.Term(text, span):
            yield Value(text, span, True)
        case tree.Wild(parts, span):
            yield Value("".join(map(str, parts)), span, True, True)
        case tree.Phrase(text, _, span):
            yield Value(text, span)
        case tree.Regexp(text, span):
            yield Value(text, span, True, regexp=True)
