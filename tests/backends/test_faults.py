"""Inputs that were decided wrongly once: verdict, findings and matches of each, in one table by kind."""

from __future__ import annotations

import tomllib
from pathlib import Path
from random import Random
from typing import Any

import pytest

from triggerfish import match_events
from triggerfish.backends.decide.solve_rule import solve_rule
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.ir.program import Program
from triggerfish.compiler.schema.fields import Schema, ecs_schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.compiler.semantics.match_stream import StreamMatcher

START = 1_704_067_200_000
CASES = tomllib.loads((Path(__file__).resolve().parents[1] / "cases" / "faults.toml").read_text())["case"]


def schema_of(case: dict[str, Any]) -> Schema:
    if "schema" not in case:
        return ecs_schema()
    types = case["schema"].items()
    return schema_from(
        {name: {"type": of.removesuffix("[]")} | ({"normalize": ["array"]} if of.endswith("[]") else {}) for name, of in types}
    )


def compiled(case: dict[str, Any]) -> Program:
    return compile_query(case["query"], schema_of(case), START, case["language"]).program


def named(case: dict[str, Any]) -> str:
    return f"{case['kind']}: {case['name']}"


@pytest.mark.parametrize("case", [case for case in CASES if "status" in case], ids=named)
def test_verdicts(case: dict[str, Any]) -> None:
    query, compilation = case["query"], compile_query(case["query"], schema_of(case), START, case["language"])
    solution = solve_rule((compilation.program,), "seed", START)
    assert solution.status == case["status"]
    found = [*solution.findings, *compilation.notes]
    findings = [finding for finding in found if finding.code not in ("unknown-field", "more-reasons")]
    assert [finding.code for finding in findings] == case.get("findings", [])
    if "places" in case:
        assert [query[finding.spans[0].start : finding.spans[0].end] for finding in findings] == case["places"]
    if solution.sampler is not None:
        groups = [solution.sampler.draw(Random(seed), seed) for seed in range(5)]
        assert all(group is not None and StreamMatcher(compilation.program).matches(group) for group in groups)


@pytest.mark.parametrize("case", [case for case in CASES if "match" in case or "miss" in case], ids=named)
def test_matches(case: dict[str, Any]) -> None:
    (step,) = compiled(case).steps
    for document in case.get("match", []):
        assert matches(step.formula, document), document
    for document in case.get("miss", []):
        assert not matches(step.formula, document), document


@pytest.mark.parametrize("case", [case for case in CASES if "error" in case], ids=named)
def test_errors(case: dict[str, Any]) -> None:
    with pytest.raises(QueryError) as raised:
        compiled(case)
    assert raised.value.diagnostic.code == case["error"]


def test_a_stream_in_which_only_until_ends_a_sequence() -> None:
    query = 'sequence [process where n <= 1] [file where k == "a"] until [any where n > 3]'
    first, last = {"event": {"category": "process"}, "n": 0}, {"event": {"category": "file"}, "k": "a"}
    assert match_events(query, [first, last])
    assert not match_events(query, [first, {"event": {"category": "x"}, "n": 4}, last])
