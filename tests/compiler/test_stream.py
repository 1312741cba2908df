"""``match_events``: the cases under ``cases/stream``, and what holds of every stream."""

from __future__ import annotations

import doctest
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish import match_events
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_stream import StreamMatcher, time_of

CATEGORY = {"event.category": {"type": "keyword"}}


def load_cases() -> list[Any]:
    found = []
    for path in sorted(Path(__file__).parents[1].glob("cases/stream/*.toml")):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            found.append(pytest.param(case, id=f"{path.stem}: {case['name']}"))
    return found


def event_of(line: str) -> dict[str, Any]:
    category, time, *fields = line.split()
    stamp = time.removeprefix("@")
    event: dict[str, Any] = {"event.category": category, "@timestamp": int(stamp) if stamp.isdecimal() else stamp}
    for each in fields:
        name, _, text = each.partition("=")
        values = [int(value) if value.isdecimal() else value for value in text.split(",")]
        event[name] = values if len(values) > 1 else values[0]
    return event


@pytest.mark.parametrize("case", load_cases())
def test_cases(case: dict[str, Any]) -> None:
    schema = {name: {"type": kind} for name, kind in case["schema"].items()} if "schema" in case else CATEGORY
    options = {"size": case.get("size"), "samples_per_key": case.get("samples", 1), "tiebreaker": case.get("tiebreaker")}
    if "error" in case:
        with pytest.raises(QueryError, match=case["error"]):
            match_events(case["query"], [], schema)
        return
    found = match_events(case["query"], [event_of(line) for line in case["events"]], schema, **options)
    assert [" ".join("!" if at is None else str(at) for at in match.events) for match in found] == case["found"]
    if "keys" in case:
        assert [["none" if key is None else key for key in match.keys] for match in found] == case["keys"]
    if "counts" in case:
        assert [match.count for match in found] == case["counts"]


def test_an_explicit_null_is_what_the_mapping_says() -> None:
    schema = {"properties": {"x": {"type": "keyword", "null_value": "NULL"}}}
    assert [match.events for match in match_events('any where x == "NULL"', [{"x": None}, {}], schema)] == [(0,)]
    assert [match.events for match in match_events("any where x == null", [{"x": None}, {}], schema)] == [(1,)]


def test_other_fields_can_stand_for_time_and_category() -> None:
    events = [{"when": 2, "kind": "a"}, {"when": 1, "kind": "b"}]
    schema = {"when": {"type": "date"}, "kind": {"type": "keyword"}}
    found = match_events("sequence [b where true] [a where true]", events, schema, timestamp="when", category="kind")
    assert [match.events for match in found] == [(1, 0)]


@pytest.mark.parametrize(
    ("value", "time"),
    [(5, 5), ("5", 5), ("2021", 1_609_459_200_000), ("1970-01-01T00:00:00.007Z", 7), ("no time", 0), (None, 0)],
)
def test_times(value: Any, time: int) -> None:
    assert time_of({} if value is None else {"@timestamp": [value]}) == time


categories = st.sampled_from("abc")
streams = st.lists(
    st.fixed_dictionaries({"event.category": categories, "@timestamp": st.integers(0, 30), "k": st.sampled_from("xy")}), max_size=12
)


@settings(deadline=None)
@given(streams)
def test_what_every_sequence_is(events: list[dict[str, Any]]) -> None:
    """Matches are in order, inside the span, of one key, without what must be missing, and no two end with the same event and key."""
    query = "sequence by k with maxspan=10ms [a where true] ![c where true] [b where true] [a where true]"
    found = match_events(query, events, CATEGORY | {"k": {"type": "keyword"}})
    for match in found:
        first, gap, second, last = match.events
        assert gap is None and first is not None and second is not None and last is not None
        assert [events[at]["event.category"] for at in (first, second, last)] == ["a", "b", "a"]
        assert len({events[at]["k"] for at in (first, second, last)}) == 1
        order = sorted(range(len(events)), key=lambda at: (events[at]["@timestamp"], at))
        places = [order.index(at) for at in (first, second, last)]
        assert places == sorted(set(places))
        assert events[last]["@timestamp"] - events[first]["@timestamp"] <= 10
        between = [events[order[place]] for place in range(places[0] + 1, places[1])]
        assert not [event for event in between if event["event.category"] == "c" and event["k"] == events[first]["k"]]
    assert len({match.events[-1] for match in found}) == len(found)


@settings(deadline=None)
@given(streams, st.randoms(use_true_random=False))
def test_the_place_of_events_of_different_times_plays_no_part(events: list[dict[str, Any]], rng: Any) -> None:
    for time, event in enumerate(events):
        event["@timestamp"] = time
    shuffled = list(events)
    rng.shuffle(shuffled)
    query = "sequence by k [a where true] [b where true] until [c where true]"
    schema = CATEGORY | {"k": {"type": "keyword"}}
    expected = [tuple(match.events) for match in match_events(query, events, schema)]
    found = [tuple(events.index(shuffled[at]) for at in match.events if at is not None) for match in match_events(query, shuffled, schema)]
    assert found == expected


def test_the_example_of_the_documentation() -> None:
    page = Path(__file__).parents[2] / "docs" / "eql.md"
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert tried >= 3
    assert failed == 0


def test_join_keys_of_unknown_fields_are_compared_by_the_type_that_the_query_implies() -> None:
    program = compile_query(
        'sequence by x [any where cidrMatch(x, "10.0.0.0/8")] [any where y == 1]', schema_from(CATEGORY), 0, "eql"
    ).program
    events = [
        {"@timestamp": 1, "x": "10.0.0.1"},
        {"@timestamp": 2, "x": "::ffff:10.0.0.1", "y": 1},
        {"@timestamp": 3, "x": "10.0.0.2", "y": 1},
    ]
    assert [match.events for match in StreamMatcher(program).matches(events)] == [(0, 1)]
    program = compile_query("sequence by x [any where y == 0] [any where y == 1]", schema_from(CATEGORY), 0, "eql").program
    events = [{"@timestamp": 1, "x": "5", "y": 0}, {"@timestamp": 2, "x": 5, "y": 1}]
    assert StreamMatcher(program).matches(events) == []
