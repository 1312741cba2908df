"""Files of tests for Sigma rules: the regression tests of SigmaHQ, and exemplars in the rules as rsigma reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from .rule_result import RuleResult
from .windows_events import as_windows_event

Label = Any
_TIMESTAMP = "@timestamp"
_UNSAFE = re.compile(r"[^\w.() -]")


def rule_lines(result: RuleResult, texts: Sequence[str], label: Any) -> bytes:
    """The matches of a rule on one line: what `regression_files` and `exemplar_files` make files of."""
    groups = [[orjson.loads(line) for line in text.splitlines()] for text in texts]
    entry = {
        "path": result.file or result.path,
        "name": result.path,
        "id": result.rule_id,
        "title": result.name,
        "match": label["match"],
        "miss": label.get("miss"),
        "groups": groups,
    }
    return orjson.dumps(entry) + b"\n"


def _by_rule(lines: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    """The lines of each rule, which follow each other."""
    found: list[dict[str, Any]] = []
    for line in lines:
        entry = orjson.loads(line)
        if found and found[0]["name"] != entry["name"]:
            yield found
            found = []
        found.append(entry)
    if found:
        yield found


def regression_files(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """For each rule a folder with ``info.yml`` and its events, one per line; near misses are not part of it."""
    for entries in _by_rule(lines):
        first = entries[0]
        groups = [group for entry in entries if entry["match"] for group in entry["groups"]]
        if not groups:
            continue
        id_ = first["id"] or str(uuid5(NAMESPACE_URL, first["name"]))
        folder = f"regression_data/{_folder(first['name'])}"
        events = [as_windows_event(event) for group in groups for event in group]
        log = f"{folder}/{id_}.json"
        yield log, b"".join(orjson.dumps(event) + b"\n" for event in events)
        yield f"{folder}/info.yml", _info(first, id_, log, len(groups), groups[0][0]).encode()


def _folder(name: str) -> str:
    """The path of a rule below the folder of tests: from the first folder on whose name begins with ``rules``."""
    path, _, entry = name.partition(".yml")
    parts = [_UNSAFE.sub("_", part) for part in PurePath(path).parts if part not in ("/", "..", ".")]
    start = next((at for at, part in enumerate(parts) if part.startswith("rules")), max(0, len(parts) - 1))
    return "/".join(parts[start:]) + _UNSAFE.sub("_", entry)


def _info(entry: dict[str, Any], id_: str, log: str, count: int, event: dict[str, Any]) -> str:
    time = event.get(_TIMESTAMP)
    date = datetime.fromtimestamp(time / 1000, UTC).date().isoformat() if isinstance(time, int | float) else "1970-01-01"
    return "\n".join(
        (
            f"id: {uuid5(NAMESPACE_URL, f'{id_}/regression')}",
            "description: N/A",
            f"date: {date}",
            "author: Triggerfish",
            "rule_metadata:",
            f"    - id: {id_}",
            f"      title: {_quoted(entry['title'] or '')}",
            "regression_tests_info:",
            "    - name: Positive Detection Test",
            "      type: json",
            f"      match_count: {count}",
            f"      path: {_quoted(log)}",
            "",
        )
    )


def _quoted(text: str) -> str:
    return orjson.dumps(text).decode()


def exemplar_files(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """For each rule the list of its exemplars as a YAML document with the attribute ``rsigma.exemplars``."""
    for entries in _by_rule(lines):
        first = entries[0]
        shown = ["custom_attributes:", "    rsigma.exemplars:"]
        for entry in entries:
            for number, group in enumerate(entry["groups"], 1):
                shown += _exemplar(entry, group, number)
        header = [f"title: {_quoted(first['title'] or '')}", *([f"id: {first['id']}"] if first["id"] else [])]
        yield f"{_folder(first['name'])}.exemplars.yml", "\n".join([*header, *shown, ""]).encode()


def _exemplar(entry: dict[str, Any], group: list[dict[str, Any]], number: int) -> Iterator[str]:
    name = f"match {number}" if entry["match"] else f"{entry['miss']['kind']}: {entry['miss']['condition']}"
    yield f"        - name: {_quoted(name)}"
    yield f"          expect: {'match' if entry['match'] else 'no_match'}"
    if len(group) == 1:
        yield f"          event: {orjson.dumps(group[0]).decode()}"
        return
    yield "          events:"
    start = group[0].get(_TIMESTAMP, 0)
    for event in group:
        seconds = (event.get(_TIMESTAMP, start) - start) // 1000
        yield f"              - offset: {seconds}s"
        yield f"                event: {orjson.dumps(event).decode()}"
