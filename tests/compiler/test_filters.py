"""Kibana's filters and exception items: what they let through, and what is said of those that cannot be compiled."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from compile_rule import SAMPLES, documents, report
from triggerfish.api.source_events import DEFAULT_START
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.limits import Strategy
from triggerfish.compiler.diagnostics.diagnostic import InvalidQueryError, UnsupportedQueryError
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.lower.context import Lowering
from triggerfish.compiler.lower.query_dsl import lower_filter
from triggerfish.compiler.lower.query_dsl_scope import FilterLocation
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.grammar.span import Span
from triggerfish.rules import rule_from_table
from triggerfish.rules.lowering.compile_rule import compile_rule
from triggerfish.rules.lowering.exception_items import ValueListError, lower_exception

PLACE = FilterLocation("exceptions_list[0]", Span(0, 6))
NAMES = schema_from(
    {
        "name": {"type": "keyword"},
        "size": {"type": "long", "normalize": []},
        "at": {"type": "date"},
        "address": {"type": "ip"},
        "text": {"type": "text"},
        "flag": {"type": "boolean"},
        "people": {"type": "nested"},
        "people.age": {"type": "long"},
        "people.name": {"type": "keyword"},
    }
)


def lowering(text: str = "filter") -> Lowering:
    return Lowering(text, NAMES, DEFAULT_START)


def formula(query: dict[str, Any], **meta: Any) -> Any:
    return lower_filter({"meta": meta, "query": query}, FilterLocation("filters[0]", Span(0, 6)), lowering())


# A query, documents that it matches, and documents that it does not match.
CASES: list[tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = [
    ({"term": {"name": "a"}}, [{"name": "a"}, {"name": ["b", "a"]}], [{"name": "A"}, {}]),
    ({"term": {"name": {"value": "aB", "case_insensitive": True}}}, [{"name": "AB"}], [{"name": "abc"}]),
    ({"term": {"size": 3}}, [{"size": 3}, {"size": "3"}], [{"size": 4}]),
    ({"term": {"text": "run"}}, [{"text": "Do RUN it"}], [{"text": "running"}]),
    ({"term": {"text": "RUN"}}, [], [{"text": "RUN"}]),
    ({"terms": {"name": ["a", "b"], "boost": 1.0}}, [{"name": "b"}], [{"name": "c"}]),
    ({"terms": {"name": []}}, [], [{"name": "a"}]),
    ({"match": {"text": "quick fox"}}, [{"text": "a fox"}, {"text": "Quick"}], [{"text": "a dog"}]),
    ({"match": {"text": {"query": "quick fox", "operator": "AND"}}}, [{"text": "fox is quick"}], [{"text": "fox"}]),
    ({"match": {"text": {"query": "quick fox", "type": "phrase"}}}, [{"text": "a quick fox"}], [{"text": "fox quick"}]),
    ({"match": {"name": "a b"}}, [{"name": "a b"}], [{"name": "a"}]),
    ({"match_phrase": {"text": "quick fox"}}, [{"text": "the QUICK fox"}], [{"text": "quick brown fox"}]),
    ({"match_phrase": {"flag": True}}, [{"flag": True}, {"flag": "true"}], [{"flag": False}]),
    ({"multi_match": {"query": "a", "fields": ["name^2", "text"]}}, [{"name": "a"}, {"text": "b a"}], [{"name": "b"}]),
    ({"range": {"size": {"gte": 3, "lt": 5}}}, [{"size": 3}, {"size": 4}], [{"size": 5}, {"size": [2, 6]}]),
    ({"range": {"size": {"from": 3, "to": 5, "include_upper": False}}}, [{"size": 4}], [{"size": 5}]),
    (
        {"range": {"at": {"gte": "2024-01-01", "lte": "2024-01-02", "format": "strict_date_optional_time"}}},
        [{"at": "2024-01-02T23:00:00Z"}],
        [{"at": "2024-01-03"}],
    ),
    ({"range": {"name": {"gt": "b"}}}, [{"name": "ba"}], [{"name": "b"}]),
    ({"range": {"address": {"gte": "10.0.0.1", "lte": "10.0.0.9"}}}, [{"address": "10.0.0.5"}], [{"address": "10.0.1.0"}]),
    ({"exists": {"field": "name"}}, [{"name": ""}], [{"name": None}, {"name": []}]),
    ({"wildcard": {"name": {"value": "a?c*", "case_insensitive": True}}}, [{"name": "ABC"}, {"name": "abcd"}], [{"name": "ac"}]),
    ({"wildcard": {"name": {"wildcard": "a\\*"}}}, [{"name": "a*"}], [{"name": "ab"}]),
    ({"wildcard": {"name": "C:\\\\x*"}}, [{"name": "C:\\xy"}], [{"name": "C:xy"}]),
    ({"prefix": {"name": "a*"}}, [{"name": "a*b"}], [{"name": "ab"}]),
    ({"prefix": {"name": {"value": "A", "case_insensitive": True}}}, [{"name": "ab"}], [{"name": "ba"}]),
    ({"regexp": {"name": {"value": "a[0-9]+", "flags": "ALL"}}}, [{"name": "a12"}], [{"name": "a"}, {"name": "xa1"}]),
    ({"regexp": {"name": {"value": "a+", "case_insensitive": True}}}, [{"name": "aA"}], [{"name": "b"}]),
    ({"match_all": {}}, [{}], []),
    ({"match_none": {}}, [], [{"name": "a"}]),
    (
        {"bool": {"must": {"term": {"name": "a"}}, "must_not": [{"term": {"size": 1}}]}},
        [{"name": "a", "size": 2}],
        [{"name": "a", "size": 1}],
    ),
    ({"bool": {"should": [{"term": {"name": "a"}}, {"term": {"size": 1}}]}}, [{"size": 1}], [{"size": 2}]),
    ({"bool": {"filter": [{"term": {"name": "a"}}], "should": [{"term": {"size": 1}}]}}, [{"name": "a"}], [{"size": 1}]),
    (
        {"bool": {"filter": [{"term": {"name": "a"}}], "should": [{"term": {"size": 1}}], "minimum_should_match": 1}},
        [{"name": "a", "size": 1}],
        [{"name": "a"}],
    ),
    (
        {"bool": {"should": [{"term": {"name": "a"}}, {"term": {"size": 1}}], "minimum_should_match": "2"}},
        [{"name": "a", "size": 1}],
        [{"size": 1}],
    ),
    ({"bool": {}}, [{}], []),
    ({"constant_score": {"filter": {"term": {"name": "a"}}}}, [{"name": "a"}], [{"name": "b"}]),
    ({"query_string": {"query": "name:a* AND NOT size:1"}}, [{"name": "ab", "size": 2}], [{"name": "ab", "size": 1}]),
    (
        {
            "nested": {
                "path": "people",
                "query": {"bool": {"filter": [{"term": {"people.name": "a"}}, {"range": {"people.age": {"gt": 3}}}]}},
            }
        },
        [{"people": [{"name": "b"}, {"name": "a", "age": 4}]}],
        [{"people": [{"name": "a", "age": 3}, {"name": "b", "age": 9}]}],
    ),
]


@pytest.mark.parametrize(("query", "matching", "others"), CASES, ids=lambda case: str(case)[:60])
def test_queries(query: dict[str, Any], matching: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    found, negated = formula(query), formula(query, negate=True)
    for document in matching:
        assert matches(found, document) and not matches(negated, document), document
    for document in others:
        assert not matches(found, document) and matches(negated, document), document


@pytest.mark.parametrize(("query", "matching", "others"), CASES, ids=lambda case: str(case)[:60])
@pytest.mark.parametrize("negate", [False, True])
def test_queries_are_solved(query: dict[str, Any], matching: list[dict[str, Any]], others: list[dict[str, Any]], negate: bool) -> None:
    found = formula(query, negate=negate)
    program = Program(ShapeKind.EVENT, (Step(found, span=Span(0, 6)),), "filter")
    solution = solve(program, "seed", DEFAULT_START, strategy=Strategy(findings=False))
    possible = bool(others if negate else matching)
    assert solution.status == ("ok" if possible else "unsatisfiable"), solution.findings
    if solution.sampler is not None:
        group = solution.sampler.draw(Random(1))
        assert group is not None and matches(found, group[0])


# What a filter is beside its query.
FILTERS: list[tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = [
    ({"meta": {"type": "phrase", "key": "name", "params": {"query": "a"}}}, [{"name": "a"}], [{"name": "b"}]),
    ({"meta": {"type": "phrases", "key": "name", "params": ["a", "b"], "negate": True}}, [{"name": "c"}], [{"name": "b"}]),
    ({"meta": {"type": "range", "key": "size", "params": {"gte": 2, "lt": 4}}}, [{"size": 2}], [{"size": 4}]),
    ({"meta": {"type": "exists", "key": "name"}}, [{"name": "x"}], [{}]),
    ({"meta": {}, "exists": {"field": "name"}, "$state": {"store": "appState"}}, [{"name": "x"}], [{}]),
    ({"query": {"match_phrase": {"name": "a"}}}, [{"name": "a"}], [{"name": "b"}]),
    (
        {
            "meta": {
                "type": "combined",
                "relation": "OR",
                "params": [
                    {"meta": {"negate": True}, "query": {"term": {"name": "a"}}},
                    {"meta": {}, "query": {"term": {"size": 1}}},
                    {"meta": {"disabled": True}, "query": {"match_all": {}}},
                ],
            }
        },
        [{"name": "b"}, {"name": "a", "size": 1}],
        [{"name": "a", "size": 2}],
    ),
    (
        {
            "meta": {
                "type": "combined",
                "relation": "AND",
                "negate": True,
                "params": [{"query": {"term": {"name": "a"}}}, {"query": {"exists": {"field": "size"}}}],
            }
        },
        [{"name": "a"}],
        [{"name": "a", "size": 1}],
    ),
]


@pytest.mark.parametrize(("found", "matching", "others"), FILTERS, ids=lambda case: str(case)[:60])
def test_filters(found: dict[str, Any], matching: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    lowered = lower_filter(found, FilterLocation("filters[0]", Span(0, 6)), lowering())
    assert lowered is not None
    assert all(matches(lowered, document) for document in matching)
    assert not any(matches(lowered, document) for document in others)


def test_a_filter_that_is_switched_off() -> None:
    assert lower_filter({"meta": {"disabled": True}, "query": {"script": {}}}, FilterLocation("filters[0]", Span(0, 6)), lowering()) is None


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ({"script": {}}, UnsupportedQueryError, "the query `script` in filters[0] is not supported"),
        ({"term": {"a": 1}, "exists": {"field": "a"}}, InvalidQueryError, "a query has one kind, this has `term`, `exists`"),
        ({"term": {"a": 1, "b": 2}}, InvalidQueryError, "needs one field, this has 2"),
        ({"term": {"size": "x"}}, InvalidQueryError, "`x` is not a value of `size`"),
        ({"terms": {"name": {"index": "i", "id": "1", "path": "p"}}}, UnsupportedQueryError, "a lookup of terms in filters[0]"),
        ({"range": {"at": {"gte": "2024-01-01", "time_zone": "+02:00"}}}, UnsupportedQueryError, "the time zone `+02:00`"),
        ({"regexp": {"name": "a("}}, InvalidQueryError, "not a Lucene regular expression"),
        ({"match": {"name": {"query": "a", "fuzziness": 1}}}, UnsupportedQueryError, "a fuzzy `match`"),
        ({"term": {"people.name": "a"}}, InvalidQueryError, "lies inside the nested object `people`"),
        ({"bool": {"should": [{"match_all": {}}] * 3, "minimum_should_match": 2}}, UnsupportedQueryError, "`minimum_should_match` 2 of 3"),
        ({"exists": {}}, InvalidQueryError, "`exists` needs a `field`"),
    ],
)
def test_what_cannot_be_compiled(query: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        formula(query)
    assert message in str(raised.value)


ENTRIES: list[tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]] = [
    ([{"field": "name", "type": "match", "operator": "included", "value": "a"}], [{"name": "b"}, {}], [{"name": "a"}]),
    ([{"field": "name", "type": "match", "operator": "excluded", "value": "a"}], [{"name": "a"}], [{"name": "b"}]),
    ([{"field": "name", "type": "match_any", "operator": "included", "value": ["a", "b"]}], [{"name": "c"}], [{"name": "b"}]),
    ([{"field": "name", "type": "wildcard", "operator": "included", "value": "a*"}], [{"name": "b"}], [{"name": "ab"}]),
    (
        [
            {"field": "name", "type": "exists", "operator": "included"},
            {"field": "size", "type": "match", "operator": "included", "value": "3"},
        ],
        [{"name": "a", "size": 4}],
        [{"name": "a", "size": 3}],
    ),
    (
        [{"field": "people", "type": "nested", "entries": [{"field": "name", "type": "match", "operator": "included", "value": "a"}]}],
        [{"people": [{"name": "b"}]}],
        [{"people": [{"name": "b"}, {"name": "a"}]}],
    ),
]


@pytest.mark.parametrize(("entries", "matching", "others"), ENTRIES, ids=lambda case: str(case)[:60])
def test_exceptions(entries: list[dict[str, Any]], matching: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    lowered = lower_exception({"entries": entries}, PLACE, [PLACE.span] * len(entries), lowering())
    assert all(matches(lowered, document) for document in matching)
    assert not any(matches(lowered, document) for document in others)


def test_exceptions_by_a_list_of_values_are_not_known() -> None:
    entry = {"field": "name", "type": "list", "operator": "included", "list": {"id": "hosts", "type": "keyword"}}
    with pytest.raises(ValueListError):
        lower_exception({"entries": [entry]}, PLACE, [PLACE.span], lowering())
    rule = rule_from_table({"type": "query", "query": "a : b", "exceptions_list": [{"list_id": "x", "items": [{"entries": [entry]}]}]})
    (note,) = compile_rule(rule, ecs_schema(), DEFAULT_START).notes
    assert (note.code, note.severity.value) == ("exceptions-unknown", "note")


def test_fields_that_no_schema_knows_have_the_types_that_the_query_suggests() -> None:
    rule = rule_from_table({"type": "query", "query": "my.size > 3", "filters": [{"query": {"range": {"my.size": {"lt": 6}}}}]})
    (program,) = compile_rule(rule, ecs_schema(), DEFAULT_START).programs
    assert matches(program.steps[0].formula, {"my": {"size": 4}})
    assert not matches(program.steps[0].formula, {"my": {"size": 10}})


def test_findings_point_at_the_filter(tmp_path: Path) -> None:
    path = tmp_path / "rule.toml"
    path.write_text(
        "[rule]\ntype = 'query'\nquery = 'process.name : a'\n[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n"
        "[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n[rule.filters.query.terms]\n'process.name' = ['a', 'b']\n"
    )
    text = path.read_text().replace("[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n", "", 1)
    path.write_text(text)
    (entry,) = report(path)["rules"]
    (finding,) = entry["findings"]
    assert (entry["status"], finding["code"]) == ("unsatisfiable", "unsatisfiable")
    path.write_text(text.replace("terms", "script"))
    (finding,) = report(path)["rules"][0]["findings"]
    assert (finding["code"], finding["span"]["line"]) == ("unsupported", 7)


def test_the_sample_with_a_filter() -> None:
    path = SAMPLES / "windows" / "persistence_scheduled_task_with_a_script.toml"
    for document in documents("-n", "20", path):
        assert not document["file"]["path"].lower().startswith("c:\\windows\\system32\\tasks\\acme agent\\")
