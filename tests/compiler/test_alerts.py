"""Alerts of many rules on a stream: the index finds what a plain loop finds, and a stream what the matcher of lists finds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formulas import documents, formulas
from triggerfish import InvalidQueryError, Rule, match
from triggerfish.compiler.alerts.condition_index import ConditionIndex
from triggerfish.compiler.alerts.engine import AlertEngine, Watched, alerts_of
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.formula import Formula
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.document import Flat, flatten
from triggerfish.compiler.semantics.match_document import Reading, compile_formula
from triggerfish.compiler.semantics.match_stream import StreamMatcher

SCHEMA = schema_from({"n": {"type": "long"}, "k": {"type": "keyword"}, "u": {"type": "keyword"}})
MINUTE = 60_000


# -- the index ---------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.lists(formulas, min_size=1, max_size=12), st.lists(documents, min_size=1, max_size=6))
def test_the_index_finds_what_a_plain_loop_finds(found: list[Formula], given: list[dict[str, Any]]) -> None:
    index = ConditionIndex(found)
    judges = [compile_formula(formula, Reading.ELASTICSEARCH) for formula in found]
    for document in given:
        flat = flatten(document)
        assert index.satisfied(flat) == [place for place, judge in enumerate(judges) if judge(flat) is True]


QUERIES = (
    "k: a",
    "k: (a or b*)",
    "not k: a",
    "k: *mid* and n > 3",
    "k: (aa or *tail) or n: 4",
    "k: *",
    "*: 7",
    "not (k: a and n: 7)",
    "k: 7",
    "k: true",
    "k: Ünï",
)
VALUES: tuple[Any, ...] = (None, "a", "A", "bx", "amidb", "xtail", "aa", 7, True, "Ünï", ["zz", "a"], [])


@pytest.mark.parametrize("query", QUERIES)
def test_no_value_is_lost_to_the_index(query: str) -> None:
    formula = compile_query(query, SCHEMA, 0, "kuery").program.steps[0].formula
    index, judge = ConditionIndex([formula]), compile_formula(formula, Reading.ELASTICSEARCH)
    for value, number in product(VALUES, (None, 4, 7)):
        flat = flatten({"k": value, "n": number})
        assert bool(index.satisfied(flat)) == (judge(flat) is True), (value, number)


# -- sequences ---------------------------------------------------------------------------------------

ITEMS = (
    "[any where n == 1]",
    "[any where n <= 2]",
    "[any where n > 3]",
    '[any where k == "a"]',
    "![any where n == 5]",
    "![any where n == 2]",
)


def sequences(rng: Random) -> str:
    items = [rng.choice(ITEMS) for _ in range(rng.randint(2, 4))]
    if sum(not item.startswith("!") for item in items) < 2:
        items += [ITEMS[0], ITEMS[2]]
    items = [f"{item} with runs=2" if not item.startswith("!") and rng.random() < 0.2 else item for item in items]
    span = rng.choice(("", " with maxspan=3s", " with maxspan=2s"))
    if any(item.startswith("!") for item in items) and not span:
        span = " with maxspan=4s"
    until = rng.choice(("", "", " until [any where n == 4]"))
    return f"sequence{rng.choice((' by u', ''))}{span} {' '.join(items)}{until}"


def stream(rng: Random, size: int) -> Iterator[dict[str, Any]]:
    time = 0
    for _ in range(size):
        time += rng.choice((0, 500, 1000, 2000))
        yield {"@timestamp": time, "n": rng.randint(1, 5), "k": rng.choice("ab"), "u": rng.choice(["x", "y", ["x", "y"], None])}


@pytest.mark.parametrize("seed", range(120))
def test_a_stream_has_the_sequences_of_a_list(seed: int) -> None:
    rng = Random(seed)
    program = compile_query(sequences(rng), SCHEMA, 0, "eql").program
    flats = [flatten(event) for event in stream(rng, 40)]
    expected = [tuple(at for at in match.events if at is not None) for match in StreamMatcher(program).matches_of(flats)]
    found = [alert.events for alert in alerts_of(AlertEngine([Watched((program,))]), flats)]
    assert sorted(found) == sorted(expected)


def test_what_is_too_old_is_forgotten() -> None:
    program = compile_query("sequence by u with maxspan=1s [any where n == 1] [any where n == 2]", SCHEMA, 0, "eql").program
    engine = AlertEngine([Watched((program,))], reordered=0)
    for at in range(10_000):
        engine.take(at, engine.read({"@timestamp": [at * 1000], "n": [1], "u": [f"{at}"]}))
    (watcher,) = engine.watchers
    assert len(watcher._runs.waiting[0]) < 5_000  # type: ignore[attr-defined]


def test_events_that_come_late_find_their_place() -> None:
    rule = compile_query("sequence [any where n == 1] [any where n == 2]", SCHEMA, 0, "eql").program
    late: list[Flat] = [{"@timestamp": [2000], "n": [2]}, {"@timestamp": [1000], "n": [1]}]
    engine = AlertEngine([Watched((rule,))])
    assert [alert.events for alert in alerts_of(engine, late)] == [(1, 0)]
    assert engine.late == 0
    engine = AlertEngine([Watched((rule,))], reordered=0)
    assert list(alerts_of(engine, late)) == []
    assert engine.late == 1


# -- rule types --------------------------------------------------------------------------------------


def event(minute: float, **fields: Any) -> dict[str, Any]:
    return {"@timestamp": int(minute * MINUTE), **{name.replace("__", "."): value for name, value in fields.items()}}


def fired(table: dict[str, Any], events: list[dict[str, Any]], **others: Any) -> list[tuple[int, ...]]:
    rule = Rule.from_dict({"name": "r", "language": "kuery", "query": "event.category: authentication", **table})
    known = [{"event.category": "authentication", **each} for each in events]
    return [alert.events for alert in match(rule, known, **others)]


THRESHOLD = {"type": "threshold", "from": "now-10m", "threshold": {"field": ["user.name"], "value": 3}}


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ((0, 1, 2), [(0, 1, 2)]),
        ((0, 1), []),
        ((0, 9, 11), []),
        ((0, 9, 11, 12), [(1, 2, 3)]),
        # What else one run of the rule sees belongs to the same alert, and what comes after it to another.
        ((0, 1, 2, 9, 13, 14, 15), [(0, 1, 2, 3), (4, 5, 6)]),
    ],
)
def test_a_threshold_counts_what_one_run_sees(minutes: tuple[float, ...], expected: list[tuple[int, ...]]) -> None:
    assert fired(THRESHOLD, [event(minute, user__name="a") for minute in minutes]) == expected


def test_a_threshold_keeps_groups_and_distinct_values_apart() -> None:
    table = {**THRESHOLD, "threshold": {"field": ["user.name"], "value": 3, "cardinality": [{"field": "source.ip", "value": 2}]}}
    same = [event(0, user__name="a", source__ip="10.0.0.1") for _ in range(3)]
    assert fired(table, same) == []
    assert fired(table, [*same, event(1, user__name="b", source__ip="10.0.0.2")]) == []
    assert fired(table, [*same, event(1, user__name="a", source__ip="10.0.0.2")]) == [(0, 1, 2, 3)]
    # As many values as are wanted are not yet as many documents.
    assert fired(table, [event(0, user__name="a", source__ip=f"10.0.0.{at}") for at in range(2)]) == []


def test_suppressed_alerts_are_one() -> None:
    table = {"type": "query", "alert_suppression": {"group_by": ["user.name"]}}
    events = [event(0, user__name="a"), event(1), event(2, user__name="a"), event(3), event(60, user__name="a")]
    assert sorted(fired(table, events)) == [(0, 2), (1, 3), (4,)]
    alone = {"type": "query", "alert_suppression": {"group_by": ["user.name"], "missing_fields_strategy": "doNotSuppress"}}
    assert sorted(fired(alone, events)) == [(0, 2), (1,), (3,), (4,)]
    hour = {"type": "query", "alert_suppression": {"group_by": ["user.name"], "duration": {"value": 2, "unit": "h"}}}
    assert sorted(fired(hour, events)) == [(0, 2, 4), (1, 3)]


NEW_TERMS = {"type": "new_terms", "new_terms_fields": ["user.name", "host.id"], "history_window_start": "now-1d", "from": "now-10m"}


def test_new_terms_fire_on_what_was_not_seen_before() -> None:
    events = [event(minute, user__name=name, host__id="h") for minute, name in ((0, "a"), (20, "a"), (21, "b"), (24 * 60 + 21, "a"))]
    assert fired(NEW_TERMS, events) == [(0,), (2,), (3,)]
    older = [{"event.category": "authentication", **event(-60, user__name="a", host__id="h")}]
    assert fired(NEW_TERMS, events, history=older) == [(2,), (3,)]
    # What does not match the query makes nothing known.
    assert fired(NEW_TERMS, events[:1], history=[event(-60, user__name="a", host__id="h", event__category="file")]) == [(0,)]


def test_indicators_are_compared_with_events() -> None:
    entries = [{"field": "source.ip", "type": "mapping", "value": "threat.indicator.ip"}]
    table = {"type": "threat_match", "threat_query": "threat.indicator.type: ip", "threat_mapping": [{"entries": entries}]}
    indicator = {"threat.indicator.type": "ip", "threat.indicator.ip": "10.0.0.1"}
    events = [event(0, source__ip="10.0.0.1"), event(1, source__ip=["10.0.0.2", "10.0.0.1"]), event(2, source__ip="10.0.0.3"), event(3)]
    assert fired(table, events, indicators=[indicator]) == [(0,), (1,)]
    assert fired(table, events, indicators=[{**indicator, "threat.indicator.type": "url"}]) == []
    assert fired(table, events) == []


def test_exceptions_silence_a_rule() -> None:
    item = {"type": "simple", "entries": [{"field": "user.name", "type": "match", "operator": "included", "value": "a"}]}
    table = {"type": "query", "exceptions_list": [{"items": [item]}]}
    assert fired(table, [event(0, user__name="a"), event(0, user__name="b")]) == [(1,)]


def test_samples_and_pipes_and_relations() -> None:
    sample = "sample by u [any where n == 1] [any where n == 2]"
    events = [{"u": "x", "n": 2}, {"u": "y", "n": 1}, {"u": "x", "n": 1}, {"u": "y", "n": 2}]
    assert [alert.events for alert in match(sample, events, language="eql", schema=SCHEMA)] == [(2, 0), (1, 3)]
    piped = "any where n > 0 | tail 1"
    assert [alert.events for alert in match(piped, events, language="eql", schema=SCHEMA)] == [(3,)]
    related = 'process where child of [process where process.name == "a"]'
    family = [
        {"event.category": "process", "@timestamp": 1, "process": {"name": "a", "entity_id": "1"}},
        {"event.category": "process", "@timestamp": 2, "process": {"name": "b", "entity_id": "2", "parent": {"entity_id": "1"}}},
    ]
    assert [alert.events for alert in match(related, family, language="eql")] == [(1,)]


def test_many_rules_at_once() -> None:
    rules = ["process.pid: 1", "process.pid > 0", "process.pid: 1"]
    assert [(alert.events, rules.index(alert.rule.query or "")) for alert in match(rules, [{"process.pid": 1}, {"process.pid": 2}])] == [
        ((0,), 0),
        ((0,), 1),
        ((0,), 0),
        ((1,), 1),
    ]
    with pytest.raises(InvalidQueryError):
        list(match("process.pid: x", []))


def test_a_rule_says_whether_events_match_it() -> None:
    rule = Rule.from_dict({"type": "eql", "query": "sequence by host.id [process where true] [file where true]", "name": "s"})
    process, file = ({"event.category": kind, "host.id": "h", "@timestamp": at} for at, kind in enumerate(("process", "file")))
    assert rule.matches(process, file)
    assert not rule.matches(file, {**process, "@timestamp": 9})
    assert not rule.matches(process)
