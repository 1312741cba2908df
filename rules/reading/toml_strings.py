"""From offsets in a query to places in the file that holds it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...grammar.source_map import Segment, TextMap
from ...grammar.span import Span
from .toml_scanner import Entry, decode_escape, scan, string_form

# `skip` is a line-ending backslash: it stands for nothing.
_ESCAPED = re.compile(r"(?P<plain>[^\\\r]+)|(?P<newline>\r\n)|(?P<skip>\\[ \t]*\r?\n[ \t\r\n]*)|(?P<escape>\\(?:u.{4}|U.{8}|.))")
_LITERAL = re.compile(r"(?P<plain>[^\r]+)|(?P<newline>\r\n)")


def decode_string(text: str, token: Span) -> tuple[str, TextMap]:
    """The value of a string that `scan` found in a TOML text (quotes included), CRLF read as LF, and its map.

    Raises:
        ValueError: the place does not hold a string.
    """
    form = string_form(text, token.start)
    if form is None:
        raise ValueError(f"no string at offset {token.start}")
    at, end = token.start + len(form.quote), token.end - len(form.quote)
    if form.multiline:
        at += next((len(ending) for ending in ("\r\n", "\n") if text.startswith(ending, at, end)), 0)
    pattern = _ESCAPED if form.escapes else _LITERAL
    pieces: list[str] = []
    segments: list[Segment] = []
    length = 0
    while at < end:
        match = pattern.match(text, at, end)
        if match is None:
            raise ValueError(f"not a valid string at offset {at}")
        at = match.end()
        match match.lastgroup:
            case "plain":
                piece = match.group()
            case "newline":
                piece = "\n"
            case "escape":
                piece = decode_escape(match.group())
            case _:
                continue
        segments.append(Segment(length, len(piece), Span(*match.span())))
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces), TextMap(text, segments, end)


def find_string(text: str, path: tuple[str, ...], value: str) -> TextMap | None:
    """The map of the string at a path of a TOML document.

    Args:
        text: the document, without a byte order mark.
        path: the names from the root, such as ``("rule", "query")``.
        value: what a TOML parser read there.

    Returns:
        The map, or None where the document has no such string or spells another value.
    """
    try:
        entry = find_entry(scan(text), path)
        if entry is None or entry.kind != "string":
            return None
        decoded, text_map = decode_string(text, entry.value)
    except ValueError:
        return None
    return text_map if decoded == value else None


def find_entry(entries: Iterable[Entry], path: tuple[str, ...]) -> Entry | None:
    """The first entry with that path, or None."""
    return next((entry for entry in entries if entry.path == path), None)


def find_value(text: str, path: tuple[str, ...]) -> Span | None:
    """Where the value at a path of a TOML document is written (of an array of tables, its first header), or None."""
    try:
        entries = scan(text)
    except ValueError:
        return None
    return next((entry.value for entry in entries if entry.path[: len(path)] == path), None)


def value_at(text: str, offset: int) -> Span:
    """Where the value that begins at an offset of a TOML document is written; nothing but that offset if none begins there."""
    try:
        entries = scan(text)
    except ValueError:
        entries = ()
    return next((entry.value for entry in entries if entry.value.start == offset), Span(offset, offset))
