"""The ``eql`` package as a second opinion: what it says of our documents, and of documents that we spoilt."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from triggerfish.backends.eql.replay import DIFFERENCES, Replay, Verdict, replay
from triggerfish.backends.generate.sampler import Document, Sampler
from triggerfish.compiler.ir.program import Program, ShapeKind
from triggerfish.compiler.lower.eql.program import lower_eql
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.semantics.document import flatten, nest
from triggerfish.compiler.semantics.match_document import Reading
from triggerfish.grammar.eql import parser as eql

START = 1_700_000_000_000
DRAWN = 4
SPOILT = 6

EXPECTED_UNSUPPORTED = {
    "persistence_mfa_deactivation_with_no_reactivation.toml": "another event where one must be missing",
    "execution_shell_via_udp_cli_utility_linux.toml": "several items of a sample",
}


def event(time: int = START, **fields: Any) -> Document:
    return {"@timestamp": time, "event": {"category": "process"}, **fields}


@pytest.mark.parametrize(
    ("query", "documents", "positions"),
    [
        pytest.param("process where x == 1", [event(x=1), event(x=2), event()], (0,), id="a number"),
        pytest.param("file where true", [event()], (), id="the category counts"),
        pytest.param("any where x.y : ?z", [event()], None, id="a comparison of fields is unread"),
        pytest.param("any where x != 1", [event(x=2), event(x=1), event()], (0,), id="a missing field is null"),
        pytest.param("any where not x == 1", [event(x=2), event(x=1), event()], (0,), id="and so is its negation"),
        pytest.param("any where x == null", [event(x=2), event()], (1,), id="null test"),
        pytest.param("any where x == 1 or x == null", [event(x=1), event(x=2), event()], (0, 2), id="or"),
        pytest.param('any where x : "a?c*"', [event(x="abc"), event(x="ac"), event(x="abcd"), event(x="ABC")], (0, 2, 3), id="wildcards"),
        pytest.param('any where x == "a"', [event(x=["b", "a"]), event(x=["b", "c"])], (0,), id="several values, one fits"),
        pytest.param('any where not x == "a"', [event(x=["b", "a"]), event(x=["b", "c"])], (1,), id="several values, negated"),
        pytest.param('any where x != "a"', [event(x=["b", "a"]), event(x=["b", "c"])], (1,), id="several values, unequal"),
        pytest.param("any where x > 1 and x < 3", [event(x=[0, 4]), event(x=[0, 1])], (0,), id="two values meet two conditions"),
        pytest.param('any where x not in ("a", "b")', [event(x=["c", "a"]), event(x=["c"])], (1,), id="not in"),
        pytest.param('any where STARTSWITH~(x, "A")', [event(x="abc"), event(x="b")], (0,), id="a function in capitals"),
        pytest.param(
            'any where cidrmatch(x, "::1", "10.0.0.0/8")', [event(x="::1"), event(x="10.1.1.1"), event(x="::2")], (0, 1), id="cidr"
        ),
        pytest.param("any where `x.y/z` == 1", [event(**{"x.y/z": 1}), event(x={"y": 1})], (0,), id="back-quoted name"),
        pytest.param("any where x.y == 1", [event(**{"x.y": 1}), event(x=[{"y": 1}, {"y": 2}])], (0, 1), id="dotted name, list of objects"),
        pytest.param('any where x regex "[a-c]+"', [event(x="abc"), event(x="d")], (0,), id="regex"),
        pytest.param('any where x regex "a<1-9>"', [event(x="a1")], None, id="an operator of Lucene"),
        pytest.param("sample by a [any where true] [any where true]", [event(a=1), event(a=1)], None, id="sample"),
        pytest.param(
            "sequence by a with maxspan=2s [any where x == 1] [any where x == 2]",
            [event(a=1, x=1), event(START + 2000, a=2, x=2), event(START + 2000, a=1, x=2)],
            (0, 2),
            id="sequence",
        ),
        pytest.param(
            "sequence by a with maxspan=1s [any where x == 1] [any where x == 2]",
            [event(a=1, x=1), event(START + 1001, a=1, x=2)],
            (),
            id="sequence out of time",
        ),
        pytest.param(
            "sequence with maxspan=500ms [any where x == 1] [any where x == 2]",
            [event(x=1), event(START + 100, x=2)],
            None,
            id="a maxspan below a second",
        ),
        pytest.param(
            "sequence with maxspan=1s [any where x == 1] ![any where x == 2]",
            [event(x=1)],
            None,
            id="a missing event",
        ),
    ],
)
def test_verdicts(query: str, documents: list[Document], positions: tuple[int, ...] | None) -> None:
    answer = replay(query, documents)
    if positions is None:
        assert answer.verdict is Verdict.UNSUPPORTED
        assert answer.reason
    else:
        assert answer == Replay(Verdict.MATCHED if positions else Verdict.NOT_MATCHED, positions)


def test_each_category_is_tried() -> None:
    document = {"event": {"category": ["file", "process"]}, "x": 1}
    assert replay("process where x == 1", [document]).verdict is Verdict.MATCHED
    assert replay("network where x == 1", [document]).verdict is Verdict.NOT_MATCHED


def test_category_and_time_may_lie_elsewhere() -> None:
    documents = [{"kind": "a", "when": "2024-01-01T00:00:00Z"}, {"kind": "b", "when": "2024-01-01T00:00:03Z"}]
    query = "sequence with maxspan={}s [a where true] [b where true]"
    assert replay(query.format(3), documents, category_field="kind", timestamp_field="when").verdict is Verdict.MATCHED
    assert replay(query.format(2), documents, category_field="kind", timestamp_field="when").verdict is Verdict.NOT_MATCHED


def test_queries_that_are_not_eql_are_unsupported() -> None:
    assert "does not read the query" in str(replay("process where (", [event()]).reason)


@pytest.fixture(scope="session")
def rules(shared: Path) -> list[tuple[str, str, str, Program]]:
    """Every EQL rule of the corpus: file name, query, category field, program."""
    found = []
    for path in sorted((shared / "corpus").rglob("*.toml")):
        rule = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
        if rule.get("language") == "eql":
            query, category = rule["query"], rule.get("event_category_override", "event.category")
            program, _ = lower_eql(eql.parse(query), query, ecs_schema(), START, category)
            found.append((path.name, query, category, program))
    assert len(found) > 500
    return found


def test_single_events_of_the_corpus(rules: list[tuple[str, str, str, Program]]) -> None:
    """The package agrees on every drawn document, and on every one in which a value was changed.

    It has a three-valued null, and so does our strict reading.
    """
    verdicts: Counter[tuple[bool, bool]] = Counter()
    for name, query, category, program in rules:
        if program.kind is not ShapeKind.EVENT:
            continue
        sampler = Sampler(program, START)
        groups = [sampler.draw(Random(f"replay {number}"), number) for number in range(DRAWN)]
        drawn = [group[0] for group in groups if group]
        assert len(drawn) == DRAWN, name
        spoilt = list(spoil(drawn, Random(name)))
        answer = replay(query, [*drawn, *spoilt], category_field=category)
        assert answer.verdict is not Verdict.UNSUPPORTED, (name, answer.reason)
        for position, document in enumerate([*drawn, *spoilt]):
            ours, theirs = sampler.matcher.accepts([document], Reading.STRICT), position in answer.events
            verdicts[ours, theirs] += 1
            if ours != theirs:
                assert position >= DRAWN, (name, document)
                assert difference(query, theirs, sampler.matcher.accepts([document])) in DIFFERENCES, (name, document)
    assert min(verdicts[True, True], verdicts[False, False]) > 3_000
    assert verdicts[True, False] + verdicts[False, True] < 20


def difference(query: str, theirs: bool, decisive: bool) -> str | None:
    """The difference in meaning that explains a disagreement with our strict reading."""
    if theirs and decisive and re.search("cidrmatch|stringcontains", query, re.IGNORECASE):
        return "total"
    return None


def test_sequences_of_the_corpus(rules: list[tuple[str, str, str, Program]]) -> None:
    unsupported = {}
    for name, query, category, program in rules:
        if program.kind is ShapeKind.EVENT:
            continue
        sampler = Sampler(program, START)
        for number in range(2):
            group = sampler.draw(Random(f"replay {number}"), number)
            assert group, name
            answer = replay(query, group, category_field=category)
            if answer.verdict is Verdict.UNSUPPORTED:
                unsupported[name] = str(answer.reason)
                continue
            assert answer.events == tuple(range(len(group))), name
            # Without its last event nothing is complete.
            assert replay(query, group[:-1], category_field=category).verdict is Verdict.NOT_MATCHED, name
    assert unsupported.keys() == EXPECTED_UNSUPPORTED.keys()
    assert all(EXPECTED_UNSUPPORTED[name] in reason for name, reason in unsupported.items())


def spoil(documents: list[Document], rng: Random) -> Iterator[Document]:
    """Documents with one field dropped, added to, taken from another document, or changed a little."""
    flats = [flatten(document) for document in documents]
    for flat in flats:
        for _ in range(SPOILT):
            name = rng.choice(sorted(flat.keys() - {"@timestamp"}))
            others = [value for each in flats for value in each.get(name, ())]
            values: list[Any] = rng.choice(
                [[], [rng.choice(others)], [*flat[name], rng.choice(others)], [changed(value, rng) for value in flat[name]]]
            )
            yield nest((key, held[0] if len(held) == 1 else held) for key, held in ({**flat, name: values}).items() if held)


def changed(value: Any, rng: Random) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + rng.choice([-1, 1, 1000])
        case str() if value and not is_address(value):
            at = rng.randrange(len(value))
            return value[:at] + rng.choice(["", "q", value[at] * 2]) + value[at + 1 :]
    return value


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
