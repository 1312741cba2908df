"""Random sequences and samples: the engine decides which events each step takes, a join that shares no code with the product the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

from engine import Engine
from random_queries import FIELDS, Agreement, eql_condition
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
Key = tuple[Any, ...]


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


# -- the join --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """A step of a query over one stream: the keys under which it takes each event, by the event's number."""

    keys: Mapping[int, frozenset[Key]]
    missing: bool = False

    def of(self, key: Key) -> list[int]:
        """The events that it takes with a key, in order."""
        return sorted(number for number, keys in self.keys.items() if key in keys)


def sequences(steps: Sequence[Taken], times: Sequence[float], maxspan: float | None, until: Taken | None) -> set[tuple[int | None, ...]]:
    """The matches of a sequence, stage by stage: each event of a step continues the latest run before it, and ends all earlier ones."""
    found = set()
    wanted = [step for step in steps if not step.missing]
    for key in {key for step in wanted[:1] for keys in step.keys.values() for key in keys}:
        runs = [(number,) for number in wanted[0].of(key)]
        ends = until.of(key) if until is not None else []
        for step in wanted[1:]:
            runs = list(_continued(runs, step.of(key), times, maxspan, ends))
        for run in runs:
            if not _undone(run, steps, key, times, maxspan):
                numbers = iter(run)
                found.add(tuple(None if step.missing else next(numbers) for step in steps))
    return found


def _continued(
    runs: Sequence[tuple[int, ...]], numbers: Sequence[int], times: Sequence[float], maxspan: float | None, ends: Sequence[int]
) -> Iterator[tuple[int, ...]]:
    left = sorted(runs, key=lambda run: run[-1])
    for number in numbers:
        before = [run for run in left if run[-1] < number]
        if before:
            latest = before[-1]
            left = left[len(before) :]
            late = maxspan is not None and times[number] - times[latest[0]] > maxspan
            if not late and not any(latest[-1] <= end < number for end in ends):
                yield (*latest, number)


def _undone(run: tuple[int, ...], steps: Sequence[Taken], key: Key, times: Sequence[float], maxspan: float | None) -> bool:
    """Whether an event that must be missing is there: in its gap, or no further from the other end of the run than `maxspan`."""

    def near(first: int, last: int) -> bool:
        return maxspan is None or times[last] - times[first] <= maxspan

    place, ahead, behind = 0, list[int](), list[int]()
    for step in steps:
        if not step.missing:
            place += 1
        elif place == 0:
            ahead += [number for number in step.of(key) if number < run[0] and near(number, run[-1])]
        elif place == len(run):
            behind += [number for number in step.of(key) if number > run[-1] and near(run[0], number)]
        elif any(run[place - 1] < number < run[place] for number in step.of(key)):
            return True
    if steps[0].missing and steps[-1].missing:
        return any(near(first, last) for first, last in product(ahead, behind))
    return bool(ahead or behind)


def sample_keys(steps: Sequence[Taken]) -> set[Key]:
    """The join keys of samples: those with distinct events for all steps."""
    shared = set.intersection(*({key for keys in step.keys.values() for key in keys} for step in steps))
    return {key for key in shared if any(len(set(chosen)) == len(steps) for chosen in product(*(step.of(key) for step in steps)))}


def _keys_of(step: Step, event: Event) -> frozenset[Key]:
    values = []
    for key in step.keys:
        held = event.get(key.field.name)
        listed = held if isinstance(held, list) else [held] if held is not None else [None] if key.optional else []
        values.append(listed)
    return frozenset(product(*values))


# -- both ------------------------------------------------------------------------------------------


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
