"""The Endpoint dialect: a table of its constructs, each compiled and decided, and random formulas against brute force."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from triggerfish.backends.decide.solve_rule import Solution, solve_rule
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.diagnostic import UnsupportedQueryError
from triggerfish.compiler.ir.program import Program
from triggerfish.compiler.schema.fields import Schema, ecs_schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_stream import StreamMatcher

START = 1_704_067_200_000
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "eql.md"

TABLE = tomllib.loads((ROOT / "tests" / "cases" / "endpoint.toml").read_text())


def decided(query: str, schema: Schema | None = None) -> tuple[Program, Solution]:
    program = compile_query(query, schema or ecs_schema(), START, "eql").program
    return program, solve_rule((program,), "seed", START)


def is_match(program: Program, group: list[dict[str, Any]]) -> bool:
    return bool(StreamMatcher(program).matches(group))


@pytest.mark.parametrize(("query", "status"), [(case["query"], case["status"]) for case in TABLE["case"]])
def test_constructs(query: str, status: str) -> None:
    program, solution = decided(query)
    assert solution.status == status
    if solution.sampler is not None:
        groups = [solution.sampler.draw(Random(seed), seed) for seed in range(5)]
        assert all(group is not None and is_match(program, group) for group in groups)


@pytest.mark.parametrize(("query", "place"), [(case["query"], case["at"]) for case in TABLE["refused"]])
def test_refused_by_name_and_place(query: str, place: str) -> None:
    with pytest.raises(UnsupportedQueryError) as raised:
        compile_query(query, ecs_schema(), START, "eql")
    (span,) = raised.value.diagnostic.spans
    assert query[span.start : span.end] == place


def test_the_page_lists_the_constructs() -> None:
    page = PAGE.read_text()
    for construct in {case["construct"] for case in TABLE["case"]}:
        assert f"\n| {construct} |" in page


def test_a_dead_relation_is_a_dead_alternative() -> None:
    query = 'process where child of [process where user.name == "a" and user.name == "b"] or process.pid == 3'
    _, solution = decided(query)
    (finding,) = solution.findings
    assert (finding.code, [query[span.start : span.end] for span in finding.spans]) == (
        "dead-alternative",
        ['child of [process where user.name == "a" and user.name == "b"]', 'user.name == "a"', 'user.name == "b"'],
    )


def test_relations_are_drawn_in_every_combination() -> None:
    _, solution = decided("process where process.pid == 1 or child of [process where true]")
    assert solution.sampler is not None
    sizes = {len(group) for seed in range(20) if (group := solution.sampler.draw(Random(seed), seed)) is not None}
    assert sizes == {1, 2}


# -- random formulas against brute force -----------------------------------------------------------

SMALL = schema_from({name: {"type": "keyword"} for name in ("k", "process.entity_id", "process.parent.entity_id")})


def related(rng: Random, depth: int = 2) -> str:
    """A random condition with relations."""
    if depth and rng.random() < 0.6:
        joined = f" {rng.choice(('and', 'or'))} ".join(related(rng, depth - 1) for _ in range(2))
        return rng.choice(("({})", "not ({})")).format(joined)
    atom = f'k == "{rng.choice("ab")}"'
    if rng.random() < 0.4:
        return atom
    return f"{rng.choice(('child', 'descendant', 'event'))} of [any where {atom}]"


def streams() -> list[list[dict[str, Any]]]:
    """Three events, the last of which may be in any relation to the others."""
    found = []
    for kinds in product("ab", repeat=3):
        for first, second in product("123", "23"):
            for own, middle in product((None, "1", "2"), (None, "1")):
                rows = zip(kinds, (first, second, "3"), (None, middle, own), strict=True)
                found.append([_event(at, *row) for at, row in enumerate(rows)])
    return found


def _event(at: int, kind: str, entity: str, parent: str | None) -> dict[str, Any]:
    process: dict[str, Any] = {"entity_id": entity} | ({"parent": {"entity_id": parent}} if parent else {})
    return {"k": kind, "process": process, "@timestamp": START + at}


@pytest.mark.parametrize("seed", range(40))
def test_relations_against_brute_force(seed: int) -> None:
    query = f"any where {related(Random(seed))}"
    program, solution = decided(query, SMALL)
    matcher = StreamMatcher(program)
    some = any((2,) in [match.events for match in matcher.matches(stream)] for stream in streams())
    assert solution.status != "unsatisfiable" or not some, query
    assert solution.status == "ok" or not some, query


def referring(rng: Random, number: int, depth: int = 1) -> str:
    if depth and rng.random() < 0.6:
        joined = f" {rng.choice(('and', 'or'))} ".join(referring(rng, number, depth - 1) for _ in range(2))
        return rng.choice(("({})", "not ({})")).format(joined)
    sides = [f"e{other}.{field}" for other in range(number) for field in "km"] + ["k", "m"]
    left = rng.choice(sides)
    right = rng.choice([*sides, '"a"', '"b"'])
    return f"{left} {rng.choice(('==', '!='))} {right}"


@pytest.mark.parametrize("seed", range(40))
def test_fields_of_other_events_against_brute_force(seed: int) -> None:
    rng = Random(seed)
    items = [f"[any where {referring(rng, number)}] as e{number}" for number in range(3)]
    query = f"sequence {' '.join(items)}"
    program, solution = decided(query, schema_from({name: {"type": "keyword"} for name in ("k", "m")}))
    matcher = StreamMatcher(program)
    some = any(
        matcher.matches([{"k": k, "m": m, "@timestamp": START + at} for at, (k, m) in enumerate(zip(values[:3], values[3:], strict=True))])
        for values in product(("a", "b", "c", None), repeat=6)
    )
    assert solution.status == ("ok" if some else "unsatisfiable"), query
