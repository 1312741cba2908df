"""Elasticsearch's own EQL cases: queries, and the ids of what it found, over the data sets beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from triggerfish.compiler.match_events import match_events
from triggerfish.compiler.schema.fields import Schema
from triggerfish.compiler.schema.load import load_schema
from triggerfish.compiler.semantics.sequences import Match

FORMATS = {"dd-MM-yyyy": "%d-%m-%Y", "yyyy-MM-dd": "%Y-%m-%d"}
"""The date formats of the mappings, as Python writes them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what is asked of which data, and what may be found (several answers where Elasticsearch's varies)."""

    suite: str
    name: str
    datasets: tuple[str, ...]
    query: str
    id_field: str
    answers: tuple[tuple[int, ...], ...]
    join_keys: tuple[str, ...] | None
    size: int | None
    samples_per_key: int


def load_cases(folder: Path) -> list[Case]:
    """The cases of a folder."""
    return [_case(entry) for entry in orjson.loads((folder / "cases.json").read_bytes())]


def _case(entry: Mapping[str, Any]) -> Case:
    expected = entry["expected_event_ids"]
    several = bool(expected) and isinstance(expected[0], list)
    keys = entry.get("join_keys")
    return Case(
        entry["suite"],
        entry["name"],
        tuple(entry["datasets"]),
        entry["query"],
        entry["id_field"],
        tuple(map(tuple, expected)) if several else (tuple(expected),),
        None if keys is None else tuple(keys),
        entry.get("size"),
        entry.get("max_samples_per_key", 1),
    )


@cache
def load_dataset(folder: Path, name: str) -> tuple[tuple[Mapping[str, Any], ...], Schema]:
    """The events of a data set, dates in a format of their own as an index would have read them, and its schema."""
    path = folder / "datasets" / f"{name}.mapping.json"
    formats = dict(_formats(orjson.loads(path.read_bytes())["properties"], ""))
    lines = (folder / "datasets" / f"{name}.ndjson").read_bytes().splitlines()
    return tuple(_indexed(orjson.loads(line), formats) for line in lines), load_schema(path)


def _formats(properties: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, entry in properties.items():
        if entry.get("type") == "date" and "format" in entry:
            yield prefix + name, FORMATS[entry["format"]]
        yield from _formats(entry.get("properties", {}), f"{prefix}{name}.")


def _indexed(event: dict[str, Any], formats: Mapping[str, str]) -> dict[str, Any]:
    for name, form in formats.items():
        if name in event:
            event[name] = datetime.strptime(event[name], form).replace(tzinfo=UTC).isoformat()
    return event


def find(case: Case, folder: Path) -> tuple[list[Match], list[Mapping[str, Any]]]:
    """What the matcher finds, and the events it looked at."""
    loaded = [load_dataset(folder, name) for name in case.datasets]
    events = [event for found, _ in loaded for event in found]
    schema = loaded[0][1]
    for _, other in loaded[1:]:
        schema = other.with_fields(schema)
    found = match_events(case.query, events, schema, size=case.size, samples_per_key=case.samples_per_key, tiebreaker=case.id_field)
    return found, events


def ids(case: Case, found: list[Match], events: list[Mapping[str, Any]]) -> tuple[int, ...]:
    """The ids of what was found, as the cases write them: -1 for a missing event."""
    return tuple(-1 if at is None else events[at][case.id_field] for match in found for at in match.events)
