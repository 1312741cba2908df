"""Near misses, and why a rule does not fire: judged by the alerts of the rule, and by enumeration over a tiny domain."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import pytest

from triggerfish import Rule, SourceEvents, match, why
from triggerfish.backends.limits import Limits
from triggerfish.backends.match.conditions import met
from triggerfish.backends.match.coverage import coverage
from triggerfish.backends.match.near_misses import Outcome, near_misses_of_event
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.program import Role
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, compile_formula

SCHEMA = schema_from({name: {"type": "long"} for name in "abc"})
VALUES = product((None, 1, 2, 3), repeat=3)
DOMAIN = [{name: value for name, value in zip("abc", values, strict=True) if value is not None} for values in VALUES]


def kinds(query: str | Rule, **options: Any) -> dict[str, list[str]]:
    """The kinds of near misses by the condition that they fail; each is checked not to match."""
    events = SourceEvents.from_rule(query, **options) if isinstance(query, Rule) else SourceEvents.from_query(query, **options)
    (root,) = events.roots
    found: dict[str, list[str]] = {}
    for miss in events.near_misses():
        by_role = {role: [each for each, own in zip(miss.documents, miss.roles, strict=True) if own is role] for role in Role}
        others = {"history": by_role[Role.HISTORY], "indicators": by_role[Role.INDICATOR]}
        subject = root.rule if root.rule is not None else root.program.text
        language = None if root.rule is not None else options.get("language")
        assert not list(match(subject, by_role[Role.EVENT], language=language, **others))
        found.setdefault(root.program.text[miss.span.start : miss.span.end], []).append(miss.kind)
    return found


def test_each_condition_is_failed_alone() -> None:
    found = kinds("process.name: cmd.exe and process.pid >= 4 and not process.args: (a or b) and not user.id: S-1")
    assert found["process.name: cmd.exe"] == ["case", "longer", "shorter", "missing"]
    assert found["process.pid >= 4"][:2] == ["bound", "missing"]
    assert found["a or b"] == ["excluded value", "excluded value beside others"]
    assert found["user.id: S-1"] == ["excluded value"]


def test_bounds_are_missed_by_one() -> None:
    events = SourceEvents.from_query("process.pid > 4 and process.pid <= 9")
    pids = [miss.documents[0]["process"].get("pid") for miss in events.near_misses() if miss.kind == "bound"]
    assert sorted(pids) == [4, 10]


def test_sequences_fail_in_what_relates_their_events() -> None:
    query = (
        'sequence by host.id with maxspan=1m [process where process.name : "a*"] with runs=2 ![file where true] '
        '[network where destination.port == 22] until [process where event.type == "end"]'
    )
    found = [kind for each in kinds(query, language="eql").values() for kind in each]
    assert {
        "order swapped",
        "too late",
        "another host.id",
        "one run too few",
        "event missing",
        "ended before",
        "unwanted event present",
    } <= set(found)


RULES = {
    "threshold": (
        {"type": "threshold", "threshold": {"field": ["user.name"], "value": 3, "cardinality": [{"field": "source.ip", "value": 2}]}},
        {"one document too few", "one distinct value too few", "too late", "another user.name"},
    ),
    "new_terms": (
        {"type": "new_terms", "new_terms_fields": ["user.name"], "history_window_start": "now-7d"},
        {"value seen before"},
    ),
    "threat_match": (
        {
            "type": "threat_match",
            "threat_query": "threat.indicator.type: ip",
            "threat_mapping": [{"entries": [{"field": "source.ip", "type": "mapping", "value": "threat.indicator.ip"}]}],
        },
        {"indicator with another threat.indicator.ip"},
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_rule_types_fail_in_what_is_their_own(name: str) -> None:
    table, expected = RULES[name]
    rule = Rule.from_dict({"name": name, "language": "kuery", "query": "event.category: authentication", **table})
    assert expected <= {kind for each in kinds(rule).values() for kind in each}


TESTS = ("a: 1", "a > 1", "b <= 2", "b: (1 or 3)", "c: *", "not a: 2", "not c: 3", "(a: 1 or b: 2)", "not (a: 1 and c: 2)")


@pytest.mark.parametrize("seed", range(60))
def test_by_enumeration(seed: int) -> None:
    """A condition without a near miss is redundant: over all documents of a tiny domain the rule means the same if it is taken as met."""
    rng = Random(seed)
    query = " and ".join(rng.sample(TESTS, rng.randint(2, 4)))
    formula = compile_query(query, SCHEMA, 0, "kuery").program.steps[0].formula
    judge = compile_formula(formula, Reading.ELASTICSEARCH)
    matching = [document for document in DOMAIN if judge(flatten(document)) is True]
    if not matching:
        return
    for examined in near_misses_of_event(formula, rng.choice(matching), f"{seed}", Limits(5.0)):
        for miss in examined.misses:
            assert judge(flatten(miss.documents[0])) is not True
        text = query[examined.condition.span.start : examined.condition.span.end]
        assert examined.outcome is not Outcome.UNKNOWN, (query, text)
        if examined.outcome is Outcome.REDUNDANT:
            relieved = compile_formula(met(formula, examined.condition), Reading.ELASTICSEARCH)
            wrong = [document for document in DOMAIN if (relieved(flatten(document)) is True) != (judge(flatten(document)) is True)]
            assert not wrong, (query, text, wrong)


# -- why ---------------------------------------------------------------------------------------------


def test_why_marks_each_condition() -> None:
    query = 'process where process.name : "cmd.exe" and (process.pid > 5 or user.id != null) and not user.name : "SYSTEM"'
    event = {"event.category": "process", "process": {"name": "cmd.exe", "pid": 3}, "user.name": "system"}
    text = str(why(query, event, language="eql"))
    marked = [" ".join(line.split()) for line in text.splitlines()[2:-1]]
    assert marked == [
        'true process.name : "cmd.exe" process.name is "cmd.exe"',
        "false any of",
        "false process.pid > 5 process.pid is 3",
        "missing user.id != null no user.id",
        'false not user.name : "SYSTEM" user.name is "system"',
        'true process event.category is "process"',
    ]


@pytest.mark.parametrize("seed", range(40))
def test_the_change_makes_it_fire(seed: int) -> None:
    rng = Random(seed)
    query = " and ".join(rng.sample(TESTS, rng.randint(2, 4)))
    formula = compile_query(query, SCHEMA, 0, "kuery").program.steps[0].formula
    judge = compile_formula(formula, Reading.ELASTICSEARCH)
    event = rng.choice(DOMAIN)
    explained = why(query, event, schema=SCHEMA)
    assert explained.fires is (judge(flatten(event)) is True)
    if explained.fires or not any(judge(flatten(document)) is True for document in DOMAIN):
        assert explained.changed is None
        return
    changed = explained.changed
    assert changed is not None
    assert judge(flatten(changed)) is True
    # No document of the domain that matches differs from the event in fewer fields.
    differences = [sum(event.get(name) != other.get(name) for name in "abc") for other in DOMAIN if judge(flatten(other)) is True]
    assert sum(event.get(name) != changed.get(name) for name in "abc") <= min(differences)


PROCESS = {"@timestamp": 1000, "event.category": "process", "host.id": "h", "process.name": "ab"}
SEQUENCE = (
    'sequence by host.id with maxspan=1m [process where process.name : "a*"] [network where destination.port == 22] '
    'until [process where event.type == "end"]'
)


def network(time: int, host: str = "h", port: int = 22) -> dict[str, Any]:
    return {"@timestamp": time, "event.category": "network", "host.id": host, "destination.port": port}


@pytest.mark.parametrize(
    ("events", "stopped"),
    [
        ([PROCESS, network(70_000)], "the event of this step came later than `maxspan` allows"),
        ([PROCESS, network(2_000, "g")], "the events have different join keys"),
        ([PROCESS, network(2_000, port=23)], "no event satisfies this step"),
        ([PROCESS, {**PROCESS, "@timestamp": 1500, "event.type": "end"}, network(2_000)], "an `until` event ended the sequence"),
        ([network(500), PROCESS], "the events come in another order"),
    ],
)
def test_why_says_what_stopped_a_sequence(events: list[dict[str, Any]], stopped: str) -> None:
    assert stopped in str(why(SEQUENCE, events, language="eql"))


def test_why_of_a_threshold_and_of_new_terms() -> None:
    table = {"name": "t", "language": "kuery", "query": "event.category: authentication"}
    threshold = Rule.from_dict({**table, "type": "threshold", "threshold": {"field": ["user.name"], "value": 3}})
    events = [{"event.category": "authentication", "user.name": "a", "@timestamp": at} for at in range(2)]
    assert "2 of 3 events agree after event 0 + 1" in str(why(threshold, events))
    new = Rule.from_dict({**table, "type": "new_terms", "new_terms_fields": ["user.name"], "history_window_start": "now-7d"})
    assert "were seen before" in str(why(new, events[1], history=events[:1]))
    assert str(why(new, events[1])) == "t: fires\n"


# -- coverage ----------------------------------------------------------------------------------------


def test_coverage_wants_each_condition_to_decide_both_ways() -> None:
    program = compile_query("a: 1 and (b: 2 or c: 3)", SCHEMA, 0, "kuery").program

    def lacking(*documents: dict[str, int]) -> list[tuple[bool, bool]]:
        return [(each.positively, each.negatively) for each in coverage(program, [flatten(document) for document in documents])]

    assert lacking({"a": 1, "b": 2}) == [(True, False), (True, False), (False, False)]
    assert lacking({"a": 1, "b": 2, "c": 3}) == [(True, False), (False, False), (False, False)]
    assert lacking({"a": 1, "b": 2}, {"a": 1, "c": 3}, {"b": 2}, {"a": 1}) == [(True, True)] * 3
