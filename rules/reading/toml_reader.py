"""From a file's bytes to text, and from text to tables."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytoml  # type: ignore[import-untyped]

from ...grammar.span import LineMap
from ..errors import RuleError
from .toml_scanner import Entry, ScanError, scan
from .toml_strings import decode_string

MAX_TOML = 4_000_000
"""Characters of a rule's file. What reads TOML takes a hundred times as much memory, and the largest rules have some fifty thousand."""


def parse_toml(text: str, path: Path | None = None) -> dict[str, Any]:
    """The tables of a TOML document.

    pytoml reads TOML 0.4. Strings in the spellings that came later are respelled for it; anything else that it does not
    read (dotted keys, arrays of mixed types, dates without a zone, hexadecimal numbers, inf and nan) is an error that
    says so.

    Args:
        text: the document, without a byte order mark.
        path: the file to name in errors.

    Raises:
        RuleError: with the line and column of what is wrong, or of a text longer than ``MAX_TOML``.
    """
    if len(text) > MAX_TOML:
        raise RuleError(f"the rule has {len(text):,} characters; at most {MAX_TOML:,} are read", path)
    try:
        return _load(text)
    except _PytomlError:
        pass
    try:
        entries = scan(text)
    except ScanError as error:
        raise _at(text, error.offset, error.message, path, error.hint or _json_hint(text)) from None
    respelled = _respell(text, entries)
    try:
        return _load(respelled.text)
    except _PytomlError as error:
        raise _explain(text, entries, respelled, error, path) from None


class _PytomlError(Exception):
    """pytoml's own message, or what it crashed with, and the offset in the text it was given."""

    def __init__(self, message: str, offset: int | None) -> None:
        super().__init__(message, offset)
        self.message = message
        self.offset = offset


def _load(text: str) -> dict[str, Any]:
    try:
        tables: dict[str, Any] = pytoml.loads(text)
    except pytoml.TomlError as error:
        raise _PytomlError(error.message, _line_start(text, error.line) + error.col - 1) from None
    except (ValueError, OverflowError, RecursionError) as error:
        # Impossible dates, characters beyond Unicode, integers of thousands of digits, deep nesting.
        raise _PytomlError(str(error), None) from None
    return tables


def _line_start(text: str, line: int) -> int:
    # pytoml ends a line at LF only, LineMap at a lone CR too.
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start


@dataclass(frozen=True, slots=True)
class _Respelled:
    """A text some of whose strings are written otherwise.

    ``shifts`` pairs offsets in it, ascending, with those in the original.
    """

    text: str
    shifts: tuple[tuple[int, int], ...]

    def original(self, offset: int) -> int:
        start, original = self.shifts[bisect_right(self.shifts, (offset, len(self.text))) - 1]
        return original + offset - start


# A tab in a basic string, blanks after a line-ending backslash, one or two quotes before the closing ones.
_SINCE_TOML_1 = re.compile(
    r'''"[\s\S]*(?:\t | \\[ ]+\r?\n) | """[\s\S]*"{4} | \'{3}[\s\S]*\'{4}''',
    re.VERBOSE,
)


def _respell(text: str, entries: tuple[Entry, ...]) -> _Respelled:
    pieces: list[str] = []
    shifts = [(0, 0)]
    at = length = 0
    for entry in sorted(entries, key=lambda entry: entry.value):
        if entry.kind != "string" or not _SINCE_TOML_1.match(text, entry.value.start, entry.value.end):
            continue
        value, _ = decode_string(text, entry.value)
        pieces += [text[at : entry.value.start], _basic_string(value)]
        length += sum(len(piece) for piece in pieces[-2:])
        at = entry.value.end
        shifts.append((length, at))
    return _Respelled("".join([*pieces, text[at:]]), tuple(shifts))


def _basic_string(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\u{ord(match.group()):04x}", escaped) + '"'


_UNREAD_VALUES = (
    (re.compile(r"0[xob].*"), "numbers are read in decimal only"),
    (re.compile(r"[+-]?(?:inf|nan)"), "infinity and not-a-number are not read"),
    (re.compile(r"\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)"), "there is no such date"),
    (re.compile(r"\d{4}-.*|\d\d:.*"), "a date needs its time and zone, as in 2024-05-01T00:00:00Z"),
    (re.compile(r".*"), "this value is not read"),
)

_HEADERS = ("table", "array of tables")
_ONE_NAME = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")

_PYTOML_MESSAGES = {
    "array-type-mismatch": "the values of an array must be of one type",
    "table_type_mismatch": "a table and an array of tables have the same name",
    "duplicate_tables": "this table is defined twice",
    "key_table_conflict": "a key and a table have the same name",
}


def _explain(text: str, entries: tuple[Entry, ...], respelled: _Respelled, error: _PytomlError, path: Path | None) -> RuleError:
    offset = None if error.offset is None else min(respelled.original(error.offset), len(text))
    if error.message.startswith("duplicate_keys"):
        message = "this key is defined twice"
    elif error.message in _PYTOML_MESSAGES:
        message = _PYTOML_MESSAGES[error.message]
    else:
        unread = next((found for entry in entries if (found := _unread(text, entry, path))), None)
        if unread is not None:
            return unread
        message = "this is not read as TOML"
    if error.message == "key_table_conflict":
        # pytoml notices only at the end, and names the last statement.
        offset = _conflict(entries, offset)
    return RuleError(message, path) if offset is None else _at(text, offset, message, path)


def _unread(text: str, entry: Entry, path: Path | None) -> RuleError | None:
    """An error if the entry is valid, but nothing that pytoml reads."""
    key = text[entry.key.start : entry.key.end]
    if isinstance(entry.path[-1], str) and entry.kind not in _HEADERS and not _ONE_NAME.fullmatch(key):
        return _at(text, entry.key.start, "dotted keys are not read", path, "write a `[table]` of its own")
    if entry.kind != "scalar":
        return None
    written = text[entry.value.start : entry.value.end]
    try:
        _load(f"x = {written}")
    except _PytomlError:
        reason = next(reason for pattern, reason in _UNREAD_VALUES if pattern.fullmatch(written))
        shown = written if len(written) <= 40 else written[:40] + "…"
        return _at(text, entry.value.start, f"`{shown}`: {reason}", path, "put it in quotes")
    return None


def _conflict(entries: tuple[Entry, ...], otherwise: int | None) -> int | None:
    values = {entry.path for entry in entries if entry.kind not in _HEADERS}
    for entry in entries:
        prefixes = (entry.path[:length] for length in range(1, len(entry.path) + 1))
        if entry.kind in _HEADERS and any(prefix in values for prefix in prefixes):
            return entry.value.start
    return otherwise


def _json_hint(text: str) -> str | None:
    return "this looks like JSON; rules are read from TOML" if text.lstrip().startswith("{") else None


def _at(text: str, offset: int, message: str, path: Path | None, hint: str | None = None) -> RuleError:
    place = LineMap(text).position(offset)
    return RuleError(message, path, place.line, place.column, hint)
