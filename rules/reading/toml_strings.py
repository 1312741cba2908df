"""From offsets in a query to places in the file that holds it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from ...grammar.span import LineMap, Position, Span
from .toml_scanner import Entry, decode_escape, scan, string_form


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a value and where it is written.

    Either ``length`` characters that stand in the file as they are, or one character that the file spells with several
    (an escape, a CRLF).

    Attributes:
        offset: where the stretch begins in the value.
        length: how many code points of the value it has.
        source: where it stands in the file's text.
    """

    offset: int
    length: int
    source: Span

    def place(self, offset: int) -> Span:
        """The span in the file of the character at an offset of the value."""
        if self.length == 1:
            return self.source
        start = self.source.start + offset - self.offset
        return Span(start, start + 1)


class TextMap:
    """Sends each offset in a value to the place in a file's text where that character is written.

    Offsets and columns count code points. The text is the file's, line endings as they are, without a byte order mark.
    """

    __slots__ = ("_end", "_length", "_lines", "_offsets", "_segments")

    def __init__(self, text: str, segments: Iterable[Segment], end: int) -> None:
        """Args:
        text: the file's text.
        segments: without gaps from offset 0 of the value on.
        end: where the value ends in the text: what the offset one past the last character becomes.
        """
        self._segments = tuple(segments)
        self._offsets = [segment.offset for segment in self._segments]
        self._length = self._segments[-1].offset + self._segments[-1].length if self._segments else 0
        self._end = end
        self._lines = LineMap(text)

    @classmethod
    def identity(cls, text: str) -> TextMap:
        """The map of a query that is its own file."""
        segments = (Segment(0, len(text), Span(0, len(text))),) if text else ()
        return cls(text, segments, len(text))

    @property
    def text(self) -> str:
        """The file's text."""
        return self._lines.text

    def offset(self, offset: int) -> int:
        """The offset in the file's text of an offset in the value, from 0 to the value's length.

        Raises:
            ValueError: the offset lies outside the value.
        """
        return self._end if offset == self._length else self._place(offset).start

    def span(self, span: Span) -> Span:
        """The span in the file's text of a span in the value: from the first character's start to the last one's end.

        Raises:
            ValueError: the span reaches outside the value.
        """
        if span.end <= span.start:
            start = self.offset(span.start)
            return Span(start, start)
        return Span(self._place(span.start).start, self._place(span.end - 1).end)

    def position(self, offset: int) -> Position:
        """The line and column in the file, both from 1, of an offset in the value.

        Raises:
            ValueError: the offset lies outside the value.
        """
        return self._lines.position(self.offset(offset))

    def line_text(self, line: int) -> str:
        """The text of a line of the file (from 1) without its ending."""
        return self._lines.line_text(line)

    def _place(self, offset: int) -> Span:
        if not 0 <= offset < self._length:
            raise ValueError(f"offset {offset} is not in a text of {self._length} characters")
        return self._segments[bisect_right(self._offsets, offset) - 1].place(offset)


# `skip` is a line-ending backslash: it stands for nothing.
_ESCAPED = re.compile(r"(?P<plain>[^\\\r]+)|(?P<newline>\r\n)|(?P<skip>\\[ \t]*\r?\n[ \t\r\n]*)|(?P<escape>\\(?:u.{4}|U.{8}|.))")
_LITERAL = re.compile(r"(?P<plain>[^\r]+)|(?P<newline>\r\n)")


def decode_string(text: str, token: Span) -> tuple[str, TextMap]:
    """The value of a string that `scan` found in a TOML text (quotes included), CRLF read as LF, and its map.

    Raises:
        ValueError: there is no string at that place.
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
