"""Reads TOML documents to tables; an error has the place of what is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytoml  # type: ignore[import-untyped]

from ...grammar.span import LineMap, Span
from ..errors import RuleError
from .toml_scanner import Entry, ScanError, scan

MAX_TOML = 4_000_000
"""Characters of a rule's file. What reads TOML takes a hundred times as much memory, and the largest rules have some fifty thousand."""


def parse_toml(text: str, path: Path | None = None) -> dict[str, Any]:
    """The tables of a TOML 1.0 document.

    pytoml reads TOML 0.4; what it refuses, the standard library reads.

    Args:
        text: the document, without a byte order mark.
        path: the file to name in errors.

    Raises:
        RuleError: with the line and column of what is wrong, or of a text longer than ``MAX_TOML``.
    """
    if len(text) > MAX_TOML:
        raise RuleError(f"the rule has {len(text):,} characters; the limit is {MAX_TOML:,}", path)
    tables = _read(pytoml.loads, text)
    if tables is None:
        tables = _read(tomllib.loads, text)
    if tables is not None:
        return tables
    try:
        entries = scan(text)
    except ScanError as error:
        raise _at(text, error.offset, error.message, path, error.hint or _json_hint(text)) from None
    raise _conflict(text, entries, path) or _wrong_value(text, entries, path) or _refused(text, path)


def _read(loads: Any, text: str) -> dict[str, Any] | None:
    """What a library reads in a text; None if it refuses it, or fails on an integer of thousands of digits or on deep nesting."""
    try:
        tables: dict[str, Any] = loads(text)
    except (pytoml.TomlError, ValueError, OverflowError, RecursionError):
        return None
    return tables


_HEADERS = ("table", "array of tables")
_SAME_NAME = "a key and a table have the same name"

_Name = tuple[tuple[str | int, int], ...]
"""A path with, for each part, the number of the array of tables that it is inside of."""


def _conflict(text: str, entries: Iterable[Entry], path: Path | None) -> RuleError | None:
    """An error if a name is defined twice, at its second definition."""
    defined: dict[_Name, Entry] = {}
    elements: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    for entry in entries:
        name = _named(entry.path, elements)
        around = [defined[name[:length]] for length in range(1, len(name)) if name[:length] in defined]
        earlier = defined.get(name)
        if earlier is None and entry.kind == "array of tables":
            # Before its first element, the name is that of anything else.
            earlier = defined.get((*name[:-1], (entry.path[-1], 0)))
        message = None if earlier is None else _clash(earlier, entry)
        if any(other.kind not in _HEADERS and not _holds(other.value, entry.key) for other in around):
            message = message or _SAME_NAME
        if message is not None:
            return _at(text, (entry.value if entry.kind in _HEADERS else entry.key).start, message, path)
        if entry.kind == "array of tables":
            elements[entry.path] = elements.get(entry.path, 0) + 1
            name = _named(entry.path, elements)
        defined[name] = entry
        if entry.kind in _HEADERS:
            table = entry.path
        elif all(other.kind in _HEADERS for other in around):
            # A dotted key defines the tables on its way.
            for length in range(len(table) + 1, len(name)):
                defined.setdefault(name[:length], replace(entry, kind="table"))
    return None


def _named(path: tuple[str | int, ...], elements: dict[tuple[str | int, ...], int]) -> _Name:
    return tuple((part, elements.get(path[: at + 1], 0)) for at, part in enumerate(path))


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _clash(earlier: Entry, entry: Entry) -> str | None:
    """What is wrong with a second definition of a name; None for another element of an array of tables."""
    match earlier.kind in _HEADERS, entry.kind in _HEADERS:
        case False, False:
            return "this key is defined twice"
        case True, True if earlier.kind != entry.kind:
            return "a table and an array of tables have the same name"
        case True, True:
            return "this table is defined twice" if entry.kind == "table" else None
    return _SAME_NAME


_DATE = re.compile(r"\d{4}-.*|\d\d:.*")


def _wrong_value(text: str, entries: Iterable[Entry], path: Path | None) -> RuleError | None:
    """An error at the first value that has the form of one and is none: a date that does not exist, a number that is too long."""
    for entry in entries:
        written = text[entry.value.start : entry.value.end]
        if entry.kind != "scalar" or _read(tomllib.loads, f"x = {written}") is not None:
            continue
        reason = "not a valid date" if _DATE.fullmatch(written) else "not a valid TOML value"
        shown = written if len(written) <= 40 else written[:40] + "…"
        return _at(text, entry.value.start, f"`{shown}`: {reason}", path, "put it in quotes")
    return None


_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def _refused(text: str, path: Path | None) -> RuleError:
    """An error where the standard library gives up, if it says where."""
    message = "not valid TOML"
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        if place := _PLACE.search(str(error)):
            return RuleError(message, path, int(place[1]), int(place[2]))
    return RuleError(message, path)


def _json_hint(text: str) -> str | None:
    return "this looks like JSON, not TOML" if text.lstrip().startswith("{") else None


def _at(text: str, offset: int, message: str, path: Path | None, hint: str | None = None) -> RuleError:
    place = LineMap(text).position(offset)
    return RuleError(message, path, place.line, place.column, hint)
