"""Query DSL: equal to what Kibana gives for Kuery, and what Elasticsearch runs for event queries of EQL."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dsl_evaluator import Index
from triggerfish import InvalidQueryError, QueryError, QuerySyntaxError, SourceEvents, UnsupportedQueryError, to_query_dsl
from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import BareQuery
from triggerfish.api.run.options import CompileOptions
from triggerfish.backends.elasticsearch.query_dsl import canonical
from triggerfish.backends.report.rule_result import Status
from triggerfish.compiler.ir.formula import fields_of
from triggerfish.compiler.schema.fields import Schema, ecs_schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.grammar.kuery import parser as kuery

SYNTAX_CASES = {"dsl": 142, "dsl_with_ecs_fields": 141}
RULE_QUERIES = 383
START = datetime(2024, 1, 1, tzinfo=UTC)
DIFFERENCES: dict[str, str] = {}
"""Queries for which our DSL is not Kibana's, and why; there are none."""


def kibana_fields(shared: Path) -> Schema:
    """The fields that Kibana was given: ECS without multi-fields."""
    with gzip.open(shared / "schemas" / "ecs_flat-9.5.0.json.gz") as file:
        fields = json.load(file)
    return schema_from({name: {key: value for key, value in field.items() if key != "multi_fields"} for name, field in fields.items()})


def syntax_cases(shared: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shared / "kuery" / "syntax-cases.ndjson").read_text(encoding="utf-8").splitlines()]


def rule_queries(shared: Path) -> list[dict[str, Any]]:
    with gzip.open(shared / "kuery" / "rules-dsl.ndjson.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_the_same_is_accepted_as_by_kibana(shared: Path) -> None:
    cases = syntax_cases(shared)
    assert len(cases) == 160
    for case in cases:
        try:
            kuery.parse(case["query"])
            accepted = True
        except QuerySyntaxError as error:
            accepted = False
            assert error.message and error.position.line >= 1
        assert accepted == case["ok"], case["query"]


@pytest.mark.parametrize("column", SYNTAX_CASES)
def test_syntax_cases_have_the_dsl_of_kibana(shared: Path, column: str) -> None:
    schema = None if column == "dsl" else kibana_fields(shared)
    accepted = [case for case in syntax_cases(shared) if case[column] is not None]
    assert len(accepted) == SYNTAX_CASES[column]
    for case in accepted:
        dsl = to_query_dsl(case["query"], schema, language="kuery")
        assert case["query"] in DIFFERENCES or canonical(dsl) == canonical(case[column]), case["query"]


def test_what_kibana_refuses_for_its_fields_is_refused(shared: Path) -> None:
    schema = kibana_fields(shared)
    refused = [case for case in syntax_cases(shared) if case["ok"] and not case["ok_with_ecs_fields"]]
    assert [case["query"] for case in refused] == ["email.attachments.file.name:a"]
    for case in refused:
        with pytest.raises(InvalidQueryError, match="inside the nested object"):
            to_query_dsl(case["query"], schema, language="kuery")


@pytest.mark.parametrize("column", ["dsl", "dsl_with_ecs_fields"])
def test_queries_of_rules_have_the_dsl_of_kibana(shared: Path, column: str) -> None:
    schema = None if column == "dsl" else kibana_fields(shared)
    queries = rule_queries(shared)
    assert len(queries) == RULE_QUERIES
    for case in queries:
        dsl = to_query_dsl(case["query"], schema, language="kuery")
        assert case["rule"] in DIFFERENCES or canonical(dsl) == canonical(case[column]), case["rule"]


@pytest.mark.filterwarnings("ignore::triggerfish.UnsolvableWarning")
def test_documents_of_rules_are_found_by_the_query_dsl(shared: Path) -> None:
    """A second opinion on the documents: that of an evaluator which shares nothing with the compiler."""
    for case in rule_queries(shared):
        events = SourceEvents(strict=False)
        root = events.add_query(case["query"], language="kuery")
        specs = fields_of(root.program.steps[0].formula)
        types = {name: spec.type.name for name, spec in specs.items()}
        index = Index(types, START, {name: spec.stored for name, spec in specs.items()})
        dsl = to_query_dsl(case["query"], events.schema, language="kuery")
        (document,) = events.emit()
        assert index.matches(dsl, document), (case["rule"], document)


# -- without the shared data -----------------------------------------------------------------------

SCHEMA = {
    "k": {"type": "keyword"},
    "k2": {"type": "keyword"},
    "t": {"type": "text"},
    "w": {"type": "wildcard"},
    "n": {"type": "long"},
    "d": {"type": "date"},
    "nest": {"type": "nested"},
    "nest.a": {"type": "keyword"},
    "f": {"type": "flattened"},
}


def one(query: Any) -> Any:
    return {"bool": {"should": [query], "minimum_should_match": 1}}


KUERY: list[tuple[str, Any]] = [
    ("", {"match_all": {}}),
    ("*:*", {"match_all": {}}),
    ("k:a", one({"term": {"k": {"value": "a"}}})),
    ('k:"a"', one({"term": {"k": {"value": "a"}}})),
    ("k:a-b*", one({"wildcard": {"k": {"value": "a\\-b*"}}})),
    ("k:*", one({"exists": {"field": "k"}})),
    ("k:true", one({"term": {"k": {"value": True}}})),
    ("w:a*", one({"query_string": {"fields": ["w"], "query": "a*"}})),
    ("t:a b", one({"match": {"t": "a b"}})),
    ('t:"a b"', one({"match_phrase": {"t": "a b"}})),
    ("n:5", one({"match": {"n": "5"}})),
    ("d:now-1d/d", one({"range": {"d": {"gte": "now-1d/d", "lte": "now-1d/d", "time_zone": "Zulu"}}})),
    ("d > 1609459200000", one({"range": {"d": {"gt": "1609459200000"}}})),
    ("d > now", one({"range": {"d": {"gt": "now", "time_zone": "Zulu"}}})),
    ("f.x:a", one({"match": {"f.x": "a"}})),
    ("no.such:a", one({"match": {"no.such": "a"}})),
    (
        "k*:a",
        {"bool": {"should": [{"term": {"k": {"value": "a"}}}, {"term": {"k2": {"value": "a"}}}], "minimum_should_match": 1}},
    ),
    ("nest:{a:b}", {"nested": {"path": "nest", "query": one({"term": {"nest.a": {"value": "b"}}}), "score_mode": "none"}}),
    ("n*.a:b", one({"nested": {"path": "nest", "query": {"term": {"nest.a": {"value": "b"}}}, "score_mode": "none"}})),
    ("not k:(a and b)", {"bool": {"must_not": {"bool": {"filter": [one({"term": {"k": {"value": value}}}) for value in "ab"]}}}}),
]


@pytest.mark.parametrize(("query", "expected"), KUERY)
def test_kuery(query: str, expected: Any) -> None:
    assert to_query_dsl(query, SCHEMA, language="kuery") == expected
    assert to_query_dsl(kuery.parse(query), SCHEMA) == to_query_dsl(query, SCHEMA, language="kuery")


def test_a_nested_field_outside_its_braces_is_refused() -> None:
    query = "nest.a:b"
    with pytest.raises(InvalidQueryError) as caught:
        to_query_dsl(query, SCHEMA, language="kuery")
    diagnostic = caught.value.diagnostic
    assert diagnostic.message == "`nest.a` lies inside the nested object `nest`"
    assert diagnostic.help == "write `nest:{ a : ... }`"
    assert query[slice(diagnostic.spans[0].start, diagnostic.spans[0].end)] == "nest.a"


EQL: list[tuple[str, Any]] = [
    ('any where k == "a"', {"term": {"k": {"value": "a"}}}),
    ('any where k : "a"', {"term": {"k": {"value": "a", "case_insensitive": True}}}),
    ('any where k in ("a", "b")', {"terms": {"k": ["a", "b"]}}),
    ('any where k like "a?*"', {"wildcard": {"k": {"value": "a?*"}}}),
    ('any where k : "a*"', {"wildcard": {"k": {"value": "a*", "case_insensitive": True}}}),
    ('any where startsWith(k, "a*")', {"wildcard": {"k": {"value": "a\\**"}}}),
    ('any where k regex~ "a.b"', {"regexp": {"k": {"value": "a.b", "flags": "ALL", "case_insensitive": True}}}),
    ("any where n > 4", {"range": {"n": {"gt": 4}}}),
    ("any where n in (1, 2)", {"terms": {"n": [1, 2]}}),
    ("any where k != null", {"exists": {"field": "k"}}),
    ("any where k == null", {"bool": {"must_not": [{"exists": {"field": "k"}}]}}),
    ('any where cidrMatch(ip, "10.0.0.0/8")', {"range": {"ip": {"gte": "10.0.0.0", "lte": "10.255.255.255"}}}),
    (
        'any where n == 1 and not k == "a"',
        {"bool": {"filter": [{"term": {"n": {"value": 1}}}, {"bool": {"must_not": [{"term": {"k": {"value": "a"}}}]}}]}},
    ),
    (
        'any where n == 1 or k == "a"',
        {"bool": {"should": [{"term": {"n": {"value": 1}}}, {"term": {"k": {"value": "a"}}}], "minimum_should_match": 1}},
    ),
    ("any where true", {"match_all": {}}),
    ("any where false", {"match_none": {}}),
]


@pytest.mark.parametrize(("query", "expected"), EQL)
def test_eql(query: str, expected: Any) -> None:
    assert to_query_dsl(query, {**SCHEMA, "ip": {"type": "ip"}}, language="eql") == expected


@pytest.mark.parametrize(
    "query",
    [
        "any where length(k) > 4",
        "any where k == k2",
        'any where between(k, "a", "b") == "c"',
        "sequence [any where n == 1] [any where n == 2]",
    ],
)
def test_what_needs_a_script_is_named(query: str) -> None:
    with pytest.raises(UnsupportedQueryError, match="has no Query DSL") as caught:
        to_query_dsl(query, SCHEMA, language="eql")
    assert caught.value.diagnostic.spans


@pytest.mark.parametrize(
    ("query", "dsl"),
    [
        ("any where n == 0.5", {"match_none": {}}),
        ("any where not (n == 0.5)", {"bool": {"must_not": [{"match_none": {}}]}}),
        ("any where n in (0.5, 1.5)", {"match_none": {}}),
        ("any where true", {"match_all": {}}),
    ],
)
def test_what_is_never_or_always_true(query: str, dsl: dict[str, Any]) -> None:
    assert to_query_dsl(query, SCHEMA, language="eql") == dsl


def test_other_inputs() -> None:
    assert to_query_dsl("a:b AND c:d", language="lucene") == {"query_string": {"query": "a:b AND c:d"}}
    assert to_query_dsl('process where process.name == "a"')["bool"]["filter"][0] == {"term": {"process.name": {"value": "a"}}}
    with pytest.raises(QuerySyntaxError):
        to_query_dsl("a:(", language="kuery")
    with pytest.raises(QueryError):
        to_query_dsl('any where n == "x"', SCHEMA, language="eql")


def test_canonical_form() -> None:
    a, b, c = ({"term": {"f": {"value": value}}} for value in "abc")
    assert canonical(one(one(a))) == a
    assert canonical({"bool": {"filter": [a, {"bool": {"filter": [b, c]}}]}}) == {"bool": {"filter": [a, b, c]}}
    assert canonical({"bool": {"must_not": a}}) == canonical({"bool": {"must_not": [one(a)]}})
    mixed = {"bool": {"filter": [a, {"bool": {"should": [b, c], "minimum_should_match": 1}}]}}
    assert canonical(mixed) == mixed
    assert canonical({"bool": {"filter": [a, b]}}) != canonical({"bool": {"filter": [b, a]}})


@pytest.mark.parametrize("query", ["process.name:a*", 'process where process.name == "a"'])
def test_the_command_writes_a_rule_a_line(query: str) -> None:
    record = compile_source(BareQuery(query), CompileOptions(ecs_schema(), 0, format="query-dsl"))
    assert (record.status, record.documents) == (Status.OK, 0)
    (line,) = record.lines.splitlines()
    assert json.loads(line)["query"] == to_query_dsl(query, ecs_schema())


def test_the_command_names_what_has_no_query_dsl() -> None:
    record = compile_source(BareQuery("any where length(process.name) > 4"), CompileOptions(ecs_schema(), 0, format="query-dsl"))
    assert (record.status, record.lines) == (Status.UNSUPPORTED, b"")
    assert "has no Query DSL" in record.findings[0].message
