"""Query DSL of Kuery trees, as Kibana sends them to Elasticsearch.

Kibana chooses the query by the type of the field: an exact query for keywords, a range for dates, and a full-text match for
all other types, including unknown ones. The tests compare the result with Kibana's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from ...compiler.diagnostics.diagnostic import InvalidQueryError
from ...compiler.diagnostics.errors import NestedField
from ...compiler.schema.fields import FieldSpec, Schema
from ...compiler.values.kinds import values_of
from ...grammar.kuery import tree as tree
from ...grammar.span import Span

Dsl = dict[str, Any]

_RANGE = {tree.RangeOperator.LT: "lt", tree.RangeOperator.LE: "lte", tree.RangeOperator.GT: "gt", tree.RangeOperator.GE: "gte"}
_LITERALS = {"true": True, "false": False, "null": None}
_RESERVED = re.compile(r'[+\-=&|><!(){}\[\]^"~*?:\\/]')
"""The operators of a ``query_string`` query; Kibana escapes the same characters in ``wildcard`` queries."""

TIME_ZONE = "Zulu"
"""The time zone of detection rules in Kibana; a numeric time needs none."""

# Field types that Kibana's field list omits.
_UNLISTED = ("object", "passthrough", "flattened")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of Kibana's field list; ``spec`` is None if the list does not contain the name."""

    name: str
    spec: FieldSpec | None = None

    @property
    def is_keyword(self) -> bool:
        return self.spec is not None and self.spec.type.name == "keyword"

    @property
    def is_date(self) -> bool:
        return self.spec is not None and values_of(self.spec).family == "date"


def kuery_dsl(query: tree.Query, text: str = "", schema: Schema | None = None) -> Dsl:
    """Return the Query DSL of a Kuery tree.

    Args:
        query: the tree.
        text: the query that it was parsed from, for errors to quote.
        schema: the fields of the index; None if they are unknown.

    Raises:
        InvalidQueryError: a field inside a nested object is used outside it, or the reverse.
    """
    return _Translation(text, schema).query(query, None)


@dataclass(frozen=True, slots=True)
class _Translation:
    text: str
    schema: Schema | None

    def query(self, node: tree.Node, path: str | None) -> Dsl:
        """Returns the DSL of a query; ``path`` is the enclosing nested object."""
        match node:
            case tree.MatchAll():
                return {"match_all": {}}
            case tree.And(args):
                return {"bool": {"filter": [self.query(arg, path) for arg in args]}}
            case tree.Or(args):
                return _any([self.query(arg, path) for arg in args])
            case tree.Not(arg):
                return {"bool": {"must_not": self.query(arg, path)}}
            case tree.Is(None, tree.Text() as value) if path is None:
                return _without_field(value)
            case tree.Is(None, tree.Text() as value):
                # A value without a field becomes the field `null` of the nested object.
                return self.test(tree.Text(("null",)), value, path)
            case tree.Is(field, value):
                return self.values(field, value, path)
            case tree.Range(field, operator, value):
                return self.range(field, operator, value, path)
            case tree.Nested(inner, query):
                name = _joined(path, inner.literal)
                return {"nested": {"path": name, "query": self.query(query, name), "score_mode": "none"}}
        raise AssertionError(node)

    def values(self, field: tree.Text | None, value: tree.Node, path: str | None) -> Dsl:
        """The values of a list are distributed over its field."""
        match value:
            case tree.And(args):
                return {"bool": {"filter": [self.values(field, arg, path) for arg in args]}}
            case tree.Or(args):
                return _any([self.values(field, arg, path) for arg in args])
            case tree.Not(arg):
                return {"bool": {"must_not": self.values(field, arg, path)}}
            case tree.Text():
                return self.query(tree.Is(None, value), path) if field is None else self.test(field, value, path)
        raise AssertionError(value)

    def test(self, field: tree.Text, value: tree.Text, path: str | None) -> Dsl:
        """``field : value`` with one value."""
        present = value.pieces == ("", "")
        fields = list(self.fields(field, path))
        if present and field.has_wildcard and (_joined(path, field.literal) == "*" or self.lists_all(fields)):
            return {"match_all": {}}
        return _any([self.around(field, candidate, _is(candidate, value, present), path) for candidate in fields])

    def range(self, field: tree.Text, operator: tree.RangeOperator, value: tree.Text, path: str | None) -> Dsl:
        clauses = []
        for candidate in self.fields(field, path):
            bound = {_RANGE[operator]: _written(value), **_zone(candidate, value)}
            clauses.append(self.around(field, candidate, {"range": {candidate.name: bound}}, path))
        return _any(clauses)

    def fields(self, field: tree.Text, path: str | None) -> Iterator[_Field]:
        """Yields the fields that a name matches; a name that the schema does not list matches itself."""
        name = _joined(path, field.literal)
        if self.schema is None:
            yield _Field(name)
        elif field.has_wildcard:
            pieces = field.pieces if path is None else (f"{path}.{field.pieces[0]}", *field.pieces[1:])
            matches = self.listed(pieces)
            yield from matches or [_Field(name)]
        else:
            spec = self.schema.lookup(name)
            if spec is None or not spec.known or spec.flattened_root is not None or spec.type.name in _UNLISTED:
                yield _Field(name)
            else:
                self.check_place(spec, path, field.span)
                yield _Field(name, spec)

    def listed(self, pieces: tuple[str, ...]) -> list[_Field]:
        assert self.schema is not None
        specs = ((name, self.schema.lookup(name)) for name in self.schema.names_like(pieces))
        return [_Field(name, spec) for name, spec in specs if spec is not None and spec.type.name not in _UNLISTED]

    def lists_all(self, fields: list[_Field]) -> bool:
        return self.schema is not None and len(fields) > 1 and len(fields) == len(self.listed(("", "")))

    def around(self, field: tree.Text, candidate: _Field, query: Dsl, path: str | None) -> Dsl:
        """A wildcard name may match fields inside nested objects, each of which then gets its own nested query."""
        if not field.has_wildcard or path is not None or candidate.spec is None or candidate.spec.nested_path is None:
            return query
        return {"nested": {"path": candidate.spec.nested_path, "query": query, "score_mode": "none"}}

    def check_place(self, spec: FieldSpec, path: str | None, span: Span) -> None:
        if spec.nested_path == path:
            return
        if path is None:
            self.invalid(
                f"`{spec.name}` lies inside the nested object `{spec.nested_path}`",
                f"write `{spec.nested_path}:{{ {spec.name.removeprefix(f'{spec.nested_path}.')} : ... }}`",
                spec,
                span,
            )
        if spec.nested_path is None:
            self.invalid(f"`{spec.name}` does not lie inside a nested object `{path}`", "take it out of the braces", spec, span)
        self.invalid(
            f"`{spec.name}` lies inside the nested object `{spec.nested_path}`, not directly inside `{path}`",
            f"test it in `{spec.nested_path}:{{ ... }}`",
            spec,
            span,
        )

    def invalid(self, message: str, help: str, spec: FieldSpec, span: Span) -> NoReturn:
        raise InvalidQueryError(NestedField(text=message, remedy=help).at(span, field=spec.name), self.text)


def _is(field: _Field, value: tree.Text, present: bool) -> Dsl:
    name = field.name
    if present:
        return {"exists": {"field": name}}
    if value.has_wildcard:
        pattern = _escaped(value)
        return {"wildcard": {name: {"value": pattern}}} if field.is_keyword else {"query_string": {"fields": [name], "query": pattern}}
    if field.is_date:
        written = _written(value)
        return {"range": {name: {"gte": written, "lte": written, **_zone(field, value)}}}
    if field.is_keyword:
        return {"term": {name: {"value": _written(value)}}}
    return {"match_phrase" if value.quoted else "match": {name: _written(value)}}


def _without_field(value: tree.Text) -> Dsl:
    if value.has_wildcard:
        return {"query_string": {"query": _escaped(value)}}
    return {"multi_match": {"type": "phrase" if value.quoted else "best_fields", "query": _written(value), "lenient": True}}


def _any(queries: list[Dsl]) -> Dsl:
    return {"bool": {"should": queries, "minimum_should_match": 1}}


def _zone(field: _Field, value: tree.Text) -> Dsl:
    return {"time_zone": TIME_ZONE} if field.is_date and not value.literal.isdecimal() else {}


def _written(value: tree.Text) -> str | bool | None:
    """Renders a value as JSON: unquoted ``true``, ``false`` and ``null`` become literals, other values strings."""
    return value.literal if value.quoted else _LITERALS.get(value.literal, value.literal)


def _escaped(value: tree.Text) -> str:
    return "*".join(_RESERVED.sub(r"\\\g<0>", piece) for piece in value.pieces)


def _joined(path: str | None, name: str) -> str:
    return name if path is None else f"{path}.{name}"
