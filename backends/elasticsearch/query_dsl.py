"""Elasticsearch Query DSL of Kuery, EQL and Lucene queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...compiler.compile import compile_query
from ...compiler.languages import guess_language
from ...compiler.schema.fields import Schema, ecs_schema
from ...compiler.schema.load import schema_from
from ...grammar.kuery import parser as kuery
from ...grammar.kuery import printer as kuery_printer
from ...grammar.kuery import tree as kuery_tree
from .formula_dsl import program_dsl
from .kuery_dsl import Dsl, kuery_dsl

NOW = 1_704_067_200_000
"""2024-01-01T00:00:00Z: what ``now`` means in the date math of an EQL query, whose dates the DSL holds as numbers."""


def to_query_dsl(
    query: str | kuery_tree.Query,
    schema: Mapping[str, Any] | Schema | None = None,
    *,
    language: str | None = None,
    category_field: str = "event.category",
) -> Dsl:
    """The Query DSL of a query.

    A Kuery query becomes what Kibana sends to Elasticsearch. An event query of EQL becomes what Elasticsearch makes of it
    where it needs no script. A Lucene query is a ``query_string`` query as it stands.

    Args:
        query: its text, or the syntax tree of a Kuery query.
        schema: the fields of the index, in any form that `schema_from` takes. Without it a Kuery query is translated as for an
            index that nothing is known of, and an EQL query by the built-in schema.
        language: a name in `LANGUAGES`; by default it is guessed.
        category_field: the field that an EQL query's category is looked for in.

    Raises:
        QuerySyntaxError: it does not parse.
        InvalidQueryError: it means nothing.
        UnsupportedQueryError: an EQL query is not an event query, or needs a script.
    """
    fields = None if schema is None else schema_from(schema)
    if not isinstance(query, str):
        return kuery_dsl(query, kuery_printer.render(query), fields)
    language = language or guess_language(query)
    if language in _AS_SENT:
        return _AS_SENT[language](query, fields)
    compilation = compile_query(query, fields or ecs_schema(), NOW, language, category_field)
    return program_dsl(compilation.program)


_AS_SENT: Mapping[str, Callable[[str, Schema | None], Dsl]] = {
    "kuery": lambda query, fields: kuery_dsl(kuery.parse(query), query, fields),
    "lucene": lambda query, fields: {"query_string": {"query": query}},
}
"""Languages whose queries Kibana sends in a form of its own; those of others are translated from their programs."""


def canonical(dsl: Any) -> Any:
    """The one form in which two DSL queries are compared: equal forms mean the same query, with the same order of its parts.

    - a ``bool`` of one kind (``filter``, or ``should`` of which one must match) directly inside one of the same kind is opened up;
    - a ``bool`` of one such part is that part;
    - ``must_not`` is always a list.
    """
    if isinstance(dsl, list):
        return [canonical(item) for item in dsl]
    if not isinstance(dsl, dict):
        return dsl
    match dsl:
        case {"bool": {"filter": list(parts), **rest}} if not rest:
            flat = _flattened(parts, "filter")
            return flat[0] if len(flat) == 1 else {"bool": {"filter": flat}}
        case {"bool": {"should": list(parts), "minimum_should_match": 1, **rest}} if not rest:
            flat = _flattened(parts, "should")
            return flat[0] if len(flat) == 1 else {"bool": {"should": flat, "minimum_should_match": 1}}
        case {"bool": {"must_not": parts, **rest}} if not rest:
            return {"bool": {"must_not": [canonical(clause) for clause in (parts if isinstance(parts, list) else [parts])]}}
    return {key: canonical(value) for key, value in dsl.items()}


def _flattened(parts: list[Any], kind: str) -> list[Any]:
    flat: list[Any] = []
    for part in map(canonical, parts):
        inner = part.get("bool", {}) if isinstance(part, dict) else {}
        flat.extend(inner[kind] if kind in inner and set(inner) <= {kind, "minimum_should_match"} else [part])
    return flat
