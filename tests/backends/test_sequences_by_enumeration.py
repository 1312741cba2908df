"""Verdicts and findings about sequences checked against every short stream of events of a tiny domain.

What a condition takes is evaluated here, and `stream_join` joins it: neither knows the product.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from random import Random
from typing import Any

import pytest

from stream_join import Taken, sequences
from triggerfish.backends.decide.solve_program import Solution, solve
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.schema.load import schema_from

EXAMPLES = int(os.environ.get("TRIGGERFISH_EXAMPLES", "40"))
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
Clauses = tuple[tuple[str, ...], ...]
"""A conjunction of disjunctions of tests, by their texts."""


@dataclass(frozen=True)
class Item:
    """A step: its condition, how many events it takes, and whether it is one that must be missing."""

    clauses: Clauses
    runs: int = 1
    missing: bool = False


@dataclass(frozen=True)
class Sequence:
    """A query: its items, whether they are joined, the longest time from first to last in seconds, and what ends it."""

    items: tuple[Item, ...]
    joined: bool
    maxspan: int | None
    until: Item | None

    @property
    def steps(self) -> tuple[Item, ...]:
        """The items, and after them what ends it."""
        return (*self.items, *((self.until,) if self.until else ()))


def written(sequence: Sequence) -> tuple[str, dict[tuple[int, int], tuple[int, int, int]]]:
    """The query, and by start and end of each test the number of its item, of its clause, and its own."""
    text = "sequence" + (" by u" if sequence.joined else "") + (f" with maxspan={sequence.maxspan}s" if sequence.maxspan else "")
    places = {}
    for number, item in enumerate(sequence.steps):
        text += (" until" if number == len(sequence.items) else "") + (" ![" if item.missing else " [") + "any where "
        for at, clause in enumerate(item.clauses):
            text += (" and " if at else "") + "("
            for place, test in enumerate(clause):
                text += " or " if place else ""
                places[len(text), len(text) + len(test)] = (number, at, place)
                text += test
            text += ")"
        text += "true]" if not item.clauses else "]"
        text += f" with runs={item.runs}" if item.runs > 1 else ""
    return text, places


def holds(item: Item, event: Event) -> bool:
    return all(any(TESTS[test](event) for test in clause) for clause in item.clauses)


def matches(sequence: Sequence, stream: tuple[Event, ...]) -> bool:
    """Whether the events of a stream, a second after each other, hold a match."""

    def taken(item: Item) -> Taken:
        numbers = [number for number, event in enumerate(stream) if holds(item, event)]
        return Taken({number: frozenset({(stream[number]["u"] if sequence.joined else None,)}) for number in numbers}, item.missing)

    steps = [step for item in sequence.items for step in [taken(item)] * item.runs]
    return bool(sequences(steps, range(len(stream)), sequence.maxspan, taken(sequence.until) if sequence.until else None))


def solved(sequence: Sequence) -> Solution:
    return solve(compile_query(written(sequence)[0], SCHEMA, START, "eql").program, "seed", START)


def without(sequence: Sequence, number: int, at: int, place: int, *, alternatives: bool) -> Sequence:
    """The sequence without one test (of several alternatives), or without the clause that it is in."""
    items = list(sequence.steps)
    clauses = items[number].clauses
    left = tuple(test for other, test in enumerate(clauses[at]) if other != place) if alternatives else ()
    items[number] = replace(items[number], clauses=(*clauses[:at], *((left,) if left else ()), *clauses[at + 1 :]))
    return replace(sequence, items=tuple(items[: len(sequence.items)]), until=items[-1] if sequence.until else None)


def wrong_documents(sequence: Sequence, solution: Solution) -> Iterator[str]:
    """The documents that are not a match. They have no times, so that `maxspan` plays no part."""
    if solution.status == "ok" and solution.sampler is not None:
        for seed in range(3):
            group = solution.sampler.draw(Random(seed)) or []
            stream = tuple({"n": 9, "k": None, "u": "", **document} for document in group)
            if not matches(replace(sequence, maxspan=None), stream):
                yield f"{written(sequence)[0]}: {group} is not a match"


def false_proofs(sequence: Sequence, solution: Solution) -> Iterator[str]:
    """A stream that matches a query which is said to be unsatisfiable."""
    if solution.status == "unsatisfiable":
        refuting = next((stream for stream in STREAMS if matches(sequence, stream)), None)
        if refuting is not None:
            yield f"{written(sequence)[0]}: unsatisfiable, but {refuting}"


def false_findings(sequence: Sequence, solution: Solution) -> Iterator[str]:
    """The findings that a stream refutes."""
    query, places = written(sequence)
    for finding in solution.findings:
        place = places.get((finding.spans[0].start, finding.spans[0].end))
        if place is None or finding.code not in ("redundant-condition", "dead-alternative"):
            continue
        number, at, _ = place
        several = len(sequence.steps[number].clauses[at]) > 1
        less = without(sequence, *place, alternatives=several)
        refuting = next((stream for stream in STREAMS if matches(less, stream) != matches(sequence, stream)), None)
        if refuting is not None:
            yield f"{query}: {finding.code} {query[finding.spans[0].start : finding.spans[0].end]}, but {refuting}"


CHECKS = (wrong_documents, false_proofs, false_findings)


def false_answers(sequence: Sequence) -> Iterator[str]:
    """The answers about a sequence that a stream refutes."""
    solution = solved(sequence)
    for check in CHECKS:
        yield from check(sequence, solution)


def random_sequence(rng: Random) -> Sequence:
    """A sequence of at most three events, with any of its clauses."""

    def item(missing: bool, runs: int) -> Item:
        clauses = tuple(tuple(rng.sample(sorted(TESTS), rng.randint(1, 2))) for _ in range(rng.randint(1, 2)))
        return Item(clauses, 1 if missing else runs, missing)

    maxspan = rng.choice((None, 1, 2))
    items = [item(False, rng.choice((1, 1, 2))), item(False, 1)]
    if maxspan is not None and rng.random() < 0.4:
        items.insert(rng.randint(0, 2), item(True, 1))
    elif rng.random() < 0.2:
        items.append(item(False, 1))
        items[0] = replace(items[0], runs=1)
    return Sequence(tuple(items), rng.random() < 0.5, maxspan, item(False, 1) if rng.random() < 0.4 else None)


def test_no_stream_refutes_an_answer() -> None:
    rng = Random(EXAMPLES)
    for _ in range(EXAMPLES):
        assert list(false_answers(random_sequence(rng))) == []


@pytest.mark.parametrize(
    ("sequence", "status"),
    [
        (Sequence((Item((("n == 1",),)), Item((('k == "a"',),))), False, None, None), "ok"),
        (Sequence((Item((("n == 1",),)), Item((("n > 3",), ("n <= 2",)))), False, None, None), "unsatisfiable"),
        (Sequence((Item((("n == 1",),)), Item((("n == 1",),))), True, 1, Item((("n > 3",),))), "ok"),
        (Sequence((Item((("n == 1",),), runs=2), Item((("n <= 2",),), missing=True), Item((("n > 3",),))), True, 2, None), "ok"),
    ],
)
def test_verdicts(sequence: Sequence, status: str) -> None:
    assert solved(sequence).status == status
    assert list(false_answers(sequence)) == []


def test_the_domain_refutes_a_false_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check itself: a verdict that is wrong on purpose is found."""
    sequence = Sequence((Item((("n == 1",),)), Item((("n <= 2",),))), False, None, None)
    wrong = replace(solved(sequence), status="unsatisfiable")
    monkeypatch.setitem(globals(), "solved", cache(lambda _: wrong))
    assert any("unsatisfiable, but" in answer for answer in false_answers(sequence))
