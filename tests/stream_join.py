"""How Elasticsearch joins the events that the steps of sequences and samples take; no code is shared with the product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

Key = tuple[Any, ...]
"""The values of the join keys of an event."""


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
