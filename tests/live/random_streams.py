"""Random sequences and samples: the engine decides which events each step takes, `stream_join` the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from engine import Engine
from random_queries import FIELDS, Agreement, eql_condition
from stream_join import Key, Taken, sample_keys, sequences
from triggerfish.backends.elasticsearch.formula_dsl import program_dsl
from triggerfish.backends.elasticsearch.mappings import index_mappings
from triggerfish.backends.elasticsearch.query_dsl import NOW
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.semantics.match_stream import StreamMatcher

INDEX = "streams"
FIELDS_OF_EVENTS = ("k", "n", "ip", "b")
LENGTH = 10
"""Events of a stream."""
_START = datetime(2021, 3, 1, tzinfo=UTC)

Event = Mapping[str, Any]


def random_events(rng: Random, streams: int) -> list[dict[str, Any]]:
    """The events of so many streams, one after another; a time of an event is that of the one before or later."""
    events = []
    for _ in range(streams):
        seconds = 0
        for _ in range(LENGTH):
            seconds += rng.choice((0, 1, 1, 1, 2, 5))
            event: dict[str, Any] = {"@timestamp": (_START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")}
            for name, values in (("k", "abA"), ("n", (1, 2, 5)), ("ip", ("10.0.0.1", "10.0.0.2", "10.0.1.1")), ("b", (True, False))):
                if rng.random() < 0.85:
                    event[name] = rng.choice(values) if rng.random() < 0.9 else [rng.choice(values), rng.choice(values)]
            events.append(event)
    return events


# -- queries ---------------------------------------------------------------------------------------


def random_sequence(rng: Random) -> str:
    """A sequence, with any of its clauses."""
    keys = rng.choice(((), (), ("k",), ("n",), ("?k",), ("k", "n"), ("ip",)))
    maxspan = rng.choice((None, None, 1, 3, 6))
    negative = maxspan is not None and rng.random() < 0.4
    items, positive = [], 0
    for _ in range(rng.randint(2, 3)):
        missing = negative and rng.random() < 0.4
        runs = "" if missing or rng.random() < 0.85 else " with runs=2"
        positive += not missing
        items.append(f"{'!' if missing else ''}[any where {eql_condition(rng)}]{runs}")
    if positive == 0:
        items[0] = items[0].lstrip("!")
    until = f" until [any where {eql_condition(rng)}]" if rng.random() < 0.3 else ""
    by = f" by {', '.join(keys)}" if keys else ""
    span = f" with maxspan={maxspan}s" if maxspan is not None else ""
    return f"sequence{by}{span} {' '.join(items)}{until}"


def random_sample(rng: Random) -> str:
    """A sample."""
    by = rng.choice(("k", "n", "ip", "k, n"))
    return f"sample by {by} {' '.join(f'[any where {eql_condition(rng)}]' for _ in range(rng.randint(2, 3)))}"


def _keys_of(step: Step, event: Event) -> frozenset[Key]:
    values = []
    for key in step.keys:
        held = event.get(key.field.name)
        listed = held if isinstance(held, list) else [held] if held is not None else [None] if key.optional else []
        values.append(listed)
    return frozenset(product(*values))


# -- the engine and the matcher --------------------------------------------------------------------


def _alone(program: Program, step: Step) -> Program:
    event = replace(step, runs=1, keys=(), missing=False)
    return replace(program, kind=ShapeKind.EVENT, steps=(event,), until=None, pipes=(), maxspan=None)


def load(engine: Engine, events: Sequence[Event]) -> None:
    """Load the events into the index `streams`."""
    specs = [spec for name in ("@timestamp", *FIELDS_OF_EVENTS) if (spec := FIELDS.lookup(name)) is not None]
    refused = engine.index(INDEX, index_mappings(specs, FIELDS), events)
    assert not refused, refused


KINDS: Mapping[str, Callable[[Random], str]] = {"eql sequences": random_sequence, "eql samples": random_sample}
"""By name, a random query."""


def compare(engine: Engine, kind: str, count: int, seed: int, events: Sequence[Event]) -> Agreement:
    """Put the steps of random queries to an index that holds the streams (see `load`), and the queries to the matcher."""
    rng, agreement = Random(f"{kind}|{seed}"), Agreement()
    for _ in range(count):
        query = KINDS[kind](rng)
        agreement.queries += 1
        program = compile_query(query, FIELDS, NOW, "eql").program
        steps = [*program.steps, *([program.until] if program.until else [])]
        hits = [engine.hits(INDEX, program_dsl(_alone(program, step))) for step in steps]
        refused = next((answer for answer in hits if isinstance(answer, str)), None)
        if refused is not None:
            agreement.differences.append(f"{query}: refused by the engine ({refused})")
            continue
        matcher = StreamMatcher(program)
        for first in range(0, len(events), LENGTH):
            stream = events[first : first + LENGTH]
            taken = [
                Taken(
                    {number: _keys_of(step, event) for number, event in enumerate(stream) if number + first in answer},
                    step.missing,
                )
                for step, answer in zip(steps, hits, strict=True)
                if not isinstance(answer, str)
            ]
            difference = _difference(program, taken, stream, matcher)
            if difference:
                agreement.differences.append(f"{query}: {difference} in {list(stream)}")
                break
    return agreement


def _difference(program: Program, taken: Sequence[Taken], stream: Sequence[Event], matcher: StreamMatcher) -> str:
    """How the matches of the join and of the matcher differ in one stream, or an empty text."""
    found = matcher.matches(stream)
    steps = [step for each, step in zip(program.steps, taken, strict=False) for step in [step] * each.runs]
    if program.kind is ShapeKind.SAMPLE:
        keys, matched = sample_keys(steps), {match.keys for match in found}
        wrong = [
            match.events
            for match in found
            if len(set(match.events)) < len(steps)
            or any(number is None or match.keys not in step.keys.get(number, ()) for number, step in zip(match.events, steps, strict=True))
        ]
        return f"samples by {keys} against {matched}, {wrong}" if keys != matched or wrong else ""
    times = [datetime.fromisoformat(event["@timestamp"].replace("Z", "+00:00")).timestamp() for event in stream]
    span = program.maxspan / 1000 if program.maxspan is not None else None
    joined = sequences(steps, times, span, taken[-1] if program.until else None)
    matched_events = {match.events for match in found}
    return f"{sorted(map(str, joined))} against {sorted(map(str, matched_events))}" if joined != matched_events else ""
