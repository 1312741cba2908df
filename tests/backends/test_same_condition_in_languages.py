"""The same condition in Kuery, Lucene, EQL and Query DSL: each pair of its forms is proved to match the same events."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pytest

from triggerfish.backends.compare.comparison import Relation
from triggerfish.backends.compare.programs import compare_programs
from triggerfish.compiler.schema.built_in import built_in_schema
from triggerfish.rules import Rule
from triggerfish.rules.lowering.compile_together import compile_together
from triggerfish.rules.rule import rule_of_query

NOW = 1_700_000_000_000
CONDITIONS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    (
        "user.name: root",
        "user.name:root",
        'any where user.name == "root"',
        {"match_phrase": {"user.name": "root"}},
    ),
    (
        "process.name: (a or b)",
        "process.name:(a OR b)",
        'any where process.name in ("a", "b")',
        {"terms": {"process.name": ["a", "b"]}},
    ),
    (
        "process.name: *shell*",
        "process.name:*shell*",
        'any where process.name like "*shell*"',
        {"wildcard": {"process.name": {"value": "*shell*"}}},
    ),
    ("process.pid > 4", "process.pid:>4", "any where process.pid > 4", {"range": {"process.pid": {"gt": 4}}}),
    (
        "process.pid >= 4 and process.pid < 9",
        "process.pid:[4 TO 9}",
        "any where process.pid >= 4 and process.pid < 9",
        {"range": {"process.pid": {"gte": 4, "lt": 9}}},
    ),
    (
        'source.ip: "10.0.0.0/8"',
        'source.ip:"10.0.0.0/8"',
        'any where cidrMatch(source.ip, "10.0.0.0/8")',
        {"term": {"source.ip": "10.0.0.0/8"}},
    ),
    ("process.args: *", "process.args:*", "any where process.args != null", {"exists": {"field": "process.args"}}),
    (
        "not user.name: (root or admin)",
        "NOT user.name:(root OR admin)",
        'any where not user.name in ("root", "admin")',
        {"bool": {"must_not": [{"terms": {"user.name": ["root", "admin"]}}]}},
    ),
    (
        "(user.name: a and host.name: b) or process.pid: 1",
        "(user.name:a AND host.name:b) OR process.pid:1",
        'any where (user.name == "a" and host.name == "b") or process.pid == 1',
        {
            "bool": {
                "should": [
                    {"bool": {"filter": [{"term": {"user.name": "a"}}, {"term": {"host.name": "b"}}]}},
                    {"term": {"process.pid": 1}},
                ],
                "minimum_should_match": 1,
            }
        },
    ),
)


def rules(condition: tuple[str, str, str, Mapping[str, Any]]) -> list[Rule]:
    kuery, lucene, eql, dsl = condition
    filtered = Rule.from_dict(
        {"type": "query", "language": "kuery", "query": "*:*", "filters": [{"meta": {"disabled": False}, "query": dsl}]}
    )
    return [rule_of_query(kuery, "kuery"), rule_of_query(lucene, "lucene"), rule_of_query(eql, "eql"), filtered]


@pytest.mark.parametrize("condition", CONDITIONS, ids=[condition[0] for condition in CONDITIONS])
def test_all_pairs_of_languages(condition: tuple[str, str, str, Mapping[str, Any]]) -> None:
    """Six pairs of each of nine conditions."""
    for first, second in combinations(rules(condition), 2):
        (one, _), (other, _) = compile_together((first, second), built_in_schema(), NOW)
        found = compare_programs(one.programs, other.programs)
        assert found.relation is Relation.EQUIVALENT, (first, second, found)
