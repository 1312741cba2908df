"""Generated sequences and samples: found by the stream matcher, alone and among others, and no longer once they are damaged."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest
from damage import damages, interchangeable, survives
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish import SourceEvents, match_events
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.sampler import Group, Sampler
from triggerfish.backends.generate.timestamps import schedule
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.program import Program, ShapeKind
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_stream import TIMESTAMP, StreamMatcher
from triggerfish.compiler.values.literals import render_date
from triggerfish.compiler.values.sets import Interval
from triggerfish.grammar.eql import parser as eql
from triggerfish.grammar.syntax_error import QuerySyntaxError
from triggerfish.rules import RuleCollection
from triggerfish.rules.lowering.compile_rule import program_of_rule

START = 1_704_067_200_000
SEEDS = int(os.environ.get("TRIGGERFISH_SEEDS", "3"))
"""How many matches of each sequence of the corpus to draw and damage; the full figure is 20."""

QUERIES = [
    'sequence by host.id with maxspan=10s [process where process.name == "a"] [network where destination.port == 80]',
    "sequence with maxspan=3ms [process where true] [file where true] [network where true] [registry where true]",
    "sequence [process where true] by process.entity_id [file where true] by process.parent.entity_id",
    "sequence [process where true] by source.ip [network where true] by host.ip [network where true] by user.name",
    "sequence [process where true] by process.pid [network where true] by some.unknown.field",
    "sequence by user.id [process where true] with runs=4 [file where true]",
    "sequence by process.args [process where true] [file where true]",
    'sequence by process.args [process where process.args == "x"] [file where process.args : "y*"]',
    "sequence by ?user.id, host.id [process where true] [file where true]",
    "sequence by user.id with maxspan=5s ![file where true] [process where true] [network where true]",
    "sequence by user.id with maxspan=5s [process where true] [network where true] ![file where true]",
    "sequence with maxspan=5s ![file where true] [process where true] ![file where true]",
    'sequence by user.id with maxspan=5s [process where true] ![file where file.name == "x"] [file where true]',
    "sequence by user.id [process where true] [file where true] until [network where true]",
    'sequence by user.id [process where true] [process where true] until [process where process.name : "a*"]',
    "sequence [process where true] by user.id [file where true] by user.id until [any where true] by user.name",
    'sequence with maxspan=1h [process where @timestamp < "2021-01-01"] [process where @timestamp > "2020-12-31T23:59:00"]',
    'sequence by user.id with maxspan=1m [process where @timestamp >= "2025-06-01"] [file where true]',
    "sequence by user.id [process where process.pid > 5 and length(process.name) > 3] [file where endsWith(file.path, file.name)]",
    'sequence by user.id [process where true] [file where true] | filter process.name == "x" | unique user.id',
    "sample by host.id [process where true] [process where true] [file where true]",
    "sample by host.id, user.id [process where process.pid == 4] [file where true]",
    'sequence by host.id [process where child of [process where process.name == "p"]] [file where true]',
]


def drawn(program: Program, count: int) -> list[Group]:
    sampler = Sampler(program, START)
    groups = [sampler.draw(Random(f"{number}"), number) for number in range(count)]
    found = [group for group in groups if group is not None]
    assert len(found) == count
    return found


def compiled(query: str) -> Program:
    return compile_query(query, ecs_schema(), START, "eql").program


def places_of(program: Program, documents: list[dict[str, Any]]) -> list[set[int]]:
    """The places of the events of each match."""
    return [{at for at in match.events if at is not None} for match in StreamMatcher(program).matches(documents)]


def whole(program: Program, group: Group) -> set[int]:
    """The places in a group of the events that steps ask for; related events come before them."""
    size = sum(step.runs for step in program.steps if not step.missing)
    return set(range(len(group) - size, len(group))) if len(program.relations) == 0 else {1, 2}


@pytest.mark.parametrize("query", QUERIES)
def test_found_alone_and_in_one_stream(query: str) -> None:
    program = compiled(query)
    groups = drawn(program, 5)
    stream: list[dict[str, Any]] = []
    wanted = []
    for group in groups:
        assert whole(program, group) in places_of(program, group)
        wanted.append({len(stream) + at for at in whole(program, group)})
        stream += group
    found = places_of(program, stream)
    assert [places for places in wanted if places not in found] == []


@pytest.mark.parametrize("query", [query for query in QUERIES if query.startswith("sequence")])
def test_times_ascend_inside_maxspan(query: str) -> None:
    program = compiled(query)
    for group in drawn(program, 5):
        times = [document[TIMESTAMP] for document in group]
        assert times == sorted(set(times))
        assert program.maxspan is None or times[-1] - times[0] <= program.maxspan


@pytest.mark.parametrize("query", QUERIES)
def test_a_damaged_match_is_none(query: str) -> None:
    program = compiled(query)
    if program.relations:
        pytest.skip("its related event is no part of the match")
    matcher = StreamMatcher(program)
    kinds = set()
    for group in drawn(program, 3):
        for damage in damages(program, group):
            kinds.add(damage.kind)
            assert not survives(matcher, damage) or interchangeable(program, damage), damage
    assert "removed" in kinds


def test_keys_are_equal_whatever_their_fields_are_called() -> None:
    program = compiled("sequence by host.id [process where true] by process.pid [network where true] by some.unknown.field")
    for process, network in drawn(program, 5):
        first, second = flatten(process), flatten(network)
        assert first["host.id"] == second["host.id"]
        assert first["process.pid"] == second["some.unknown.field"]
        assert isinstance(first["process.pid"][0], int)


def test_the_same_seed_gives_the_same_sequences() -> None:
    program = compiled(QUERIES[0])
    assert drawn(program, 5) == drawn(program, 5)


@pytest.mark.parametrize(
    ("query", "core"),
    [
        (
            'sequence with maxspan=1m [process where @timestamp > "2021-01-01"] [process where @timestamp < "2020-01-01"]',
            ['@timestamp > "2021-01-01"', '@timestamp < "2020-01-01"'],
        ),
        (
            'sequence with maxspan=1h [process where @timestamp < "2021-01-01"] [process where @timestamp > "2021-01-02"]',
            ['@timestamp < "2021-01-01"', '@timestamp > "2021-01-02"'],
        ),
        (
            'sequence by user.name [process where user.name == "a"] [file where user.name == "b"]',
            ['user.name == "a"', 'user.name == "b"'],
        ),
    ],
)
def test_events_that_cannot_follow_each_other(query: str, core: list[str]) -> None:
    solution = solve(compiled(query), "seed", START)
    assert solution.status == "unsatisfiable"
    (finding,) = solution.findings
    assert [query[span.start : span.end] for span in finding.spans] == core


@pytest.mark.parametrize(
    "query",
    [
        'process where process.name == "a" and child of [process where process.name == "b"]',
        'file where descendant of [process where process.name == "b" and child of [process where process.name == "c"]]',
        'network where event of [process where process.name == "x"] and not descendant of [process where user.name == "r"]',
        'process where not child of [process where process.name == "b"]',
    ],
)
def test_related_events_are_generated_too(query: str) -> None:
    program = compiled(query)
    for group in drawn(program, 5):
        assert {len(group) - 1} in places_of(program, group)
        assert len(group) == 1 + query.count("of [") - query.count("not ")
        for at in range(len(group) - 1):
            rest = [*group[:at], *group[at + 1 :]]
            assert {len(rest) - 1} not in places_of(program, rest)


def test_related_events_come_through_the_api() -> None:
    events = SourceEvents.from_query('process where process.name == "a" and child of [process where process.name == "b"]')
    parent, child = next(events)
    assert parent["process"]["entity_id"] == child["process"]["parent"]["entity_id"]
    assert {"process.entity_id", "process.parent.entity_id", "process.name"} <= events.fields()


@pytest.mark.parametrize(
    "query",
    [
        "sample by host.id [process where true] [file where true] until [network where true]",
        "process where true with maxspan=1m",
        "sequence with maxspan=1m by",
        "sequence with maxspan=1.5s [a where true] [b where true]",
        "sequence with maxspan=1y [a where true] [b where true]",
        "sequence [a where true] with runs=0 [b where true]",
    ],
)
def test_shapes_that_the_grammar_refuses(query: str) -> None:
    with pytest.raises(QuerySyntaxError):
        eql.parse(query)


windows = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 8)).map(lambda pair: Interval(pair[0], pair[0] + pair[1])), min_size=1, max_size=2
)


@given(st.lists(windows, min_size=1, max_size=4), st.none() | st.integers(0, 12), st.integers(0, 30))
@settings(deadline=None)
def test_a_schedule_is_found_exactly_when_there_is_one(allowed: list[list[Interval]], maxspan: int | None, start: int) -> None:
    found = schedule(allowed, [start + at for at in range(len(allowed))], maxspan)
    if found is not None:
        assert found == sorted(set(found))
        assert maxspan is None or found[-1] - found[0] <= maxspan
        assert all(any(each.contains(time) for each in window) for time, window in zip(found, allowed, strict=True))
    assert (found is not None) == _exists(allowed, maxspan, None, None)


@pytest.mark.parametrize(
    "query",
    [
        "sequence [process where @timestamp == 1609459200000] [file where @timestamp == 1609459200000]",
        "sequence with maxspan=1s [process where @timestamp >= 1609459200000] [file where @timestamp <= 1609459200000]",
        "sequence by process.pid with maxspan=1ms [process where true] [file where true] [network where true]",
        "sequence with maxspan=5ms [process where true] with runs=9",
    ],
)
def test_events_share_a_time_where_nothing_else_is_left(query: str) -> None:
    documents = next(SourceEvents.from_query(query))
    times = [document["@timestamp"] for document in documents]
    assert times == sorted(times)
    assert len(set(times)) < len(times)
    assert len(match_events(query, documents)) == 1


@pytest.mark.parametrize(
    ("query", "times"),
    [
        ('process where @timestamp < "2021-01-01"', ["2020-12-31T23:59:59.999Z"]),
        (
            'sequence with maxspan=1m [process where true] [file where @timestamp < "2021-01-01"]',
            ["2020-12-31T23:59:58.999Z", "2020-12-31T23:59:59.999Z"],
        ),
        (
            'sequence with maxspan=1m [file where @timestamp < "2021-01-01"] [process where true]',
            ["2020-12-31T23:59:59.999Z", "2021-01-01T00:00:00.999Z"],
        ),
    ],
)
def test_a_time_is_as_late_as_the_rule_allows(query: str, times: list[str]) -> None:
    assert [render_date(document["@timestamp"]) for document in next(SourceEvents.from_query(query))] == times


def _exists(allowed: list[list[Interval]], maxspan: int | None, first: int | None, last: int | None) -> bool:
    if not allowed:
        return True
    for time in range(0 if last is None else last + 1, 40):
        if first is not None and maxspan is not None and time - first > maxspan:
            return False
        if any(each.contains(time) for each in allowed[0]) and _exists(allowed[1:], maxspan, time if first is None else first, time):
            return True
    return False


@pytest.fixture(scope="module")
def corpus(shared: Path) -> list[tuple[str, Program]]:
    """The sequences and samples of the corpus."""
    collection = RuleCollection()
    collection.load_directory(shared / "corpus")
    schema = ecs_schema()
    programs = [(str(rule.path), program_of_rule(rule, schema, START)) for rule in collection if rule.language == "eql"]
    return [(path, program) for path, program in programs if program.kind is not ShapeKind.EVENT]


def test_sequences_of_the_corpus(corpus: list[tuple[str, Program]]) -> None:
    assert len(corpus) == 116
    for path, program in corpus:
        matcher = StreamMatcher(program)
        for group in drawn(program, SEEDS):
            assert whole(program, group) in places_of(program, group), path
            for damage in damages(program, group):
                assert not survives(matcher, damage) or interchangeable(program, damage), (path, damage.what)
