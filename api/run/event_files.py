"""Events in files: NDJSON, JSON, gzip, ``_bulk`` bodies, answers of searches, folders of all of these.

A record is a piece of a file that holds one event or several: a line of NDJSON, or a whole JSON file. Files are read
record by record, and a record that is not an event does not affect the others.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from ...compiler.file_input import MAX_BYTES, TOO_LARGE, reason
from ...rules.reading.text_file import legible

STDIN = "-"
_ENDINGS = (".ndjson", ".jsonl", ".json", ".log", ".ndjson.gz", ".jsonl.gz", ".json.gz", ".log.gz")
"""Files of a folder that are read."""
_GZIP = b"\x1f\x8b"
_LONGEST_ACTION = 1000
"""Bytes of the longest line that is taken for the action of a ``_bulk`` request."""
_ACTIONS = (b'"index"', b'"create"', b'"delete"', b'"update"')
_DEEPEST = 200
"""Objects inside objects that an event may have."""


@dataclass(frozen=True, slots=True)
class Record:
    """A piece of a file that holds events.

    Attributes:
        file: the file as the user named it.
        line: the line that it begins at, from 1; 0 for a whole file.
        data: the bytes.
    """

    file: str
    line: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Unusable:
    """A file or a record without events, and why."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def records(paths: Iterable[str]) -> Iterator[Record | Unusable]:
    """The records of files, in the order of the paths; those of a folder in the order of their names.

    Args:
        paths: files, folders, or ``-`` for standard input. Files may be compressed with gzip, whatever their names.
    """
    for path in paths:
        for file in [path] if path == STDIN else _files(path):
            if isinstance(file, Unusable):
                yield file
            else:
                yield from _records_of(str(file))


def _files(path: str) -> list[Path | Unusable]:
    try:
        if not Path(path).is_dir():
            return [Path(path)]
        found = sorted(file for file in Path(path).rglob("*") if file.name.endswith(_ENDINGS) and file.is_file())
    except (OSError, ValueError) as error:
        return [Unusable(legible(path), f"cannot read the path: {reason(error)}")]
    return list(found) if found else [Unusable(legible(path), f"no files of events in this folder: {', '.join(_ENDINGS)} are read")]


def _records_of(path: str) -> Iterator[Record | Unusable]:
    name = "<stdin>" if path == STDIN else legible(path)
    try:
        with _opened(path) as raw:
            yield from _split(name, _decompressed(raw))
    except (OSError, ValueError, EOFError, zlib.error) as error:
        yield Unusable(name, f"cannot read the events: {reason(error)}")


def _opened(path: str) -> BufferedReader:
    if path != STDIN:
        return Path(path).open("rb")
    if sys.stdin is None:
        raise OSError("standard input is closed")
    stream = sys.stdin.buffer
    assert isinstance(stream, BufferedReader)
    return stream


def _decompressed(raw: BufferedReader) -> Iterator[bytes]:
    """The lines of a file, which may be compressed."""
    return _lines(gzip.GzipFile(fileobj=raw) if raw.peek(len(_GZIP)).startswith(_GZIP) else raw)


def _lines(stream: BufferedReader | gzip.GzipFile) -> Iterator[bytes]:
    while line := stream.readline(MAX_BYTES + 1):
        yield line


def _split(name: str, lines: Iterator[bytes]) -> Iterator[Record | Unusable]:
    """The records of one file: a JSON value that takes several lines is one record, else each line is one."""
    number = 0
    first = b""
    for first in lines:
        number += 1
        if first.strip(b"\xef\xbb\xbf \t\r\n"):
            break
    first = first.removeprefix(b"\xef\xbb\xbf")
    if not first.strip():
        yield Unusable(name, "no events: the file is empty")
        return
    if len(first) <= MAX_BYTES and first.lstrip()[:1] in (b"{", b"[") and not _is_json(first):
        whole = bytearray(first)
        for line in lines:
            whole += line
            if len(whole) > MAX_BYTES:
                yield Unusable(name, f"a JSON file {TOO_LARGE}: write one event per line")
                return
        # A file that is not JSON as a whole is reported line by line.
        if _is_json(bytes(whole)) or b"\n{" not in whole:
            yield Record(name, 0, bytes(whole))
            return
        lines = iter(bytes(whole).splitlines(keepends=True))
        first, number = next(lines), number
    action = ""
    for line in chain((first,), lines):
        if len(line) > MAX_BYTES:
            yield Unusable(f"{name}:{number}", f"the line is {TOO_LARGE}")
        elif action == "update":
            yield Unusable(f"{name}:{number}", "not an event: a part of a document to update")
            action = ""
        elif action:
            yield Record(name, number, line)
            action = ""
        elif line.strip():
            action = _action_of(line)
            if not action:
                yield Record(name, number, line)
            elif action == "delete":
                # No document follows.
                action = ""
        number += 1


def _is_json(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


def _action_of(line: bytes) -> str:
    """The action of a ``_bulk`` request that a line states, with where the document of the next line goes; empty if it is none."""
    if len(line) > _LONGEST_ACTION or not any(action in line for action in _ACTIONS):
        return ""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(found, dict) or len(found) != 1:
        return ""
    ((action, target),) = found.items()
    stated = f'"{action}"'.encode() in _ACTIONS and isinstance(target, dict)
    return action if stated and all(key.startswith("_") or key in _TARGET for key in target) else ""


_TARGET = frozenset({"routing", "pipeline", "require_alias", "require_data_stream", "list_executed_pipelines", "dynamic_templates"})


def events_of(record: Record) -> list[Mapping[str, Any] | Unusable]:
    """The events of a record: of a hit its source, of an answer of a search all its hits, of a list its elements.

    Of a line that ``-f groups`` wrote, the events of its match.
    """
    place = f"{record.file}:{record.line}" if record.line else record.file
    try:
        found = orjson.loads(record.data)
    except orjson.JSONDecodeError as error:
        try:
            # It reads numbers of any size.
            found = json.loads(record.data)
        except (ValueError, RecursionError):
            line = f"{record.file}:{record.line or error.lineno}"
            return [Unusable(f"{line}:{error.colno}", f"not valid JSON: {error.msg}; write one event per line, or a list of events")]
    events = list(_unwrapped(found, place))
    if record.data.count(b"{") + record.data.count(b"[") <= _DEEPEST:
        return events
    return [each if not isinstance(each, Mapping) or _is_flat_enough(each) else _too_deep(place) for each in events]


def _unwrapped(found: Any, place: str) -> Iterator[Mapping[str, Any] | Unusable]:
    if isinstance(found, list):
        for each in found:
            yield from _unwrapped(each, place)
    elif not isinstance(found, dict):
        yield Unusable(place, f"not an event: a JSON object is expected, not {_KINDS.get(type(found), 'null')}")
    elif isinstance(found.get("hits"), dict) and isinstance(found["hits"].get("hits"), list):
        yield from _unwrapped(found["hits"]["hits"], place)
    elif isinstance(found.get("_source"), dict):
        yield found["_source"]
    elif "_id" in found and isinstance(found.get("fields"), dict):
        yield found["fields"]
    elif isinstance(found.get("docs"), list) and "rule" in found:
        roles = found.get("roles") or ["event"] * len(found["docs"])
        for role, each in zip(roles, found["docs"], strict=False):
            if role == "event":
                yield from _unwrapped(each, place)
    else:
        yield found


_KINDS = {str: "a string", int: "a number", float: "a number", bool: "a boolean"}


def _too_deep(place: str) -> Unusable:
    return Unusable(place, f"an event whose objects are nested more than {_DEEPEST} deep")


def _is_flat_enough(event: Mapping[str, Any]) -> bool:
    level: list[Any] = [event]
    for _ in range(_DEEPEST):
        level = [value for node in level for value in (node.values() if isinstance(node, dict) else node) if isinstance(value, dict | list)]
        if not level:
            return True
    return False
