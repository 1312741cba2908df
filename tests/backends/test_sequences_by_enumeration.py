"""Verdicts and findings about sequences checked against every short stream of events of a tiny domain.

The evaluator here is independent of the matcher. As in Elasticsearch's recorded results, an event that satisfies `until` ends the
sequences that are open then, also one that it is itself an item of, but not one that it completes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.backends.decide.solve_program import Solution, solve
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.schema.load import schema_from

EXAMPLES = int(os.environ.get("TRIGGERFISH_EXAMPLES", "60"))
START = 1_700_000_000_000
SCHEMA = schema_from({"n": {"type": "long"}, "k": {"type": "keyword"}, "u": {"type": "keyword"}})
Event = dict[str, Any]
EVENTS: list[Event] = [{"n": n, "k": k, "u": u} for n, k, u in product((1, 2, 5), ("a", "b", None), ("x", "y"))]
STREAMS: list[tuple[Event, ...]] = [stream for size in (2, 3) for stream in product(EVENTS, repeat=size)]
TESTS: dict[str, Callable[[Event], bool]] = {
    "n == 1": lambda event: event["n"] == 1,
    "n <= 2": lambda event: event["n"] <= 2,
    "n > 3": lambda event: event["n"] > 3,
    "not n == 2": lambda event: event["n"] != 2,
    'k == "a"': lambda event: event["k"] == "a",
    'k == "b"': lambda event: event["k"] == "b",
    'k : "*"': lambda event: event["k"] is not None,
}
Item = tuple[tuple[str, ...], ...]
"""A conjunction of disjunctions of tests, by their texts."""


@dataclass(frozen=True)
class Sequence:
    """A query: its items, whether they are joined, the longest time from first to last in seconds, and what ends it."""

    items: tuple[Item, ...]
    joined: bool
    maxspan: int | None
    until: Item | None


def written(sequence: Sequence) -> tuple[str, dict[tuple[int, int], tuple[int, int, int]]]:
    """The query, and by start and end of each test the number of its item, of its clause, and its own."""
    text = "sequence" + (" by u" if sequence.joined else "") + (f" with maxspan={sequence.maxspan}s" if sequence.maxspan else "")
    places = {}
    for number, item in enumerate((*sequence.items, *((sequence.until,) if sequence.until else ()))):
        text += (" until" if number == len(sequence.items) else "") + " [any where "
        for at, clause in enumerate(item):
            text += (" and " if at else "") + "("
            for place, test in enumerate(clause):
                text += " or " if place else ""
                places[len(text), len(text) + len(test)] = (number, at, place)
                text += test
            text += ")"
        text += "]"
    return text, places


def holds(item: Item, event: Event) -> bool:
    return all(any(TESTS[test](event) for test in clause) for clause in item)


def matches(sequence: Sequence, stream: tuple[Event, ...]) -> bool:
    """Whether some events of the stream, a second after each other, are a match."""
    for chosen in combinations(range(len(stream)), len(sequence.items)):
        events = [stream[at] for at in chosen]
        if not all(map(holds, sequence.items, events)):
            continue
        if sequence.joined and len({event["u"] for event in events}) > 1:
            continue
        if sequence.maxspan is not None and chosen[-1] - chosen[0] > sequence.maxspan:
            continue
        own = [stream[at] for at in range(chosen[0], chosen[-1]) if not sequence.joined or stream[at]["u"] == events[0]["u"]]
        if sequence.until is None or not any(holds(sequence.until, event) for event in own):
            return True
    return False


def solved(sequence: Sequence) -> Solution:
    return solve(compile_query(written(sequence)[0], SCHEMA, START, "eql").program, "seed", START)


def without(sequence: Sequence, number: int, at: int, place: int, *, alternatives: bool) -> Sequence:
    """The sequence without one test (of several alternatives), or without the clause that it is in."""
    items = [*sequence.items, *((sequence.until,) if sequence.until else ())]
    clause = items[number][at]
    left = tuple(test for other, test in enumerate(clause) if other != place) if alternatives else ()
    changed = (left,) if left else ()
    items[number] = (*items[number][:at], *changed, *items[number][at + 1 :])
    return replace(sequence, items=tuple(items[: len(sequence.items)]), until=items[-1] if sequence.until else None)


def false_answers(sequence: Sequence) -> Iterator[str]:
    """The answers about a sequence that a stream refutes."""
    query, places = written(sequence)
    solution = solved(sequence)
    sure = [stream for stream in STREAMS if matches(sequence, stream)]
    if solution.status == "unsatisfiable" and sure:
        yield f"{query}: unsatisfiable, but {sure[0]}"
    if solution.status == "ok" and solution.sampler is not None:
        for seed in range(3):
            group = solution.sampler.draw(Random(seed)) or []
            stream = tuple({"n": 9, "k": None, "u": "", **document} for document in group)
            if not matches(replace(sequence, maxspan=None), stream):
                yield f"{query}: {group} is not a match"
    for finding in solution.findings:
        place = places.get((finding.spans[0].start, finding.spans[0].end))
        if place is None or finding.code not in ("redundant-condition", "dead-alternative"):
            continue
        number, at, _ = place
        several = len((*sequence.items, sequence.until or ())[number][at]) > 1
        less = without(sequence, *place, alternatives=several)
        refuting = next((stream for stream in STREAMS if matches(less, stream) != matches(sequence, stream)), None)
        if refuting is not None:
            yield f"{query}: {finding.code} {query[finding.spans[0].start : finding.spans[0].end]}, but {refuting}"


clauses = st.lists(st.sampled_from(sorted(TESTS)), min_size=1, max_size=2, unique=True).map(tuple)
conditions = st.lists(clauses, min_size=1, max_size=2).map(tuple)
sequences = st.builds(
    Sequence,
    st.lists(conditions, min_size=2, max_size=2).map(tuple),
    st.booleans(),
    st.sampled_from((None, 1, 2)),
    st.one_of(st.none(), conditions),
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(sequences)
def test_no_stream_refutes_an_answer(sequence: Sequence) -> None:
    assert list(false_answers(sequence)) == []


@pytest.mark.parametrize(
    ("sequence", "status"),
    [
        (Sequence(((("n == 1",),), (('k == "a"',),)), False, None, None), "ok"),
        (Sequence(((("n == 1",),), (("n > 3",), ("n <= 2",))), False, None, None), "unsatisfiable"),
        (Sequence(((("n == 1",),), (("n == 1",),)), True, 1, (("n > 3",),)), "ok"),
    ],
)
def test_verdicts(sequence: Sequence, status: str) -> None:
    assert solved(sequence).status == status
    assert list(false_answers(sequence)) == []


def test_the_domain_refutes_a_false_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself: a verdict that is wrong on purpose is found."""
    sequence = Sequence(((("n == 1",),), (("n <= 2",),)), False, None, None)
    wrong = replace(solved(sequence), status="unsatisfiable")
    monkeypatch.setitem(globals(), "solved", cache(lambda _: wrong))
    assert any("unsatisfiable, but" in answer for answer in false_answers(sequence))
