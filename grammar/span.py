"""Spans, positions and line maps of a text."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code-point offsets in a query's text."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


NOWHERE = Span(0, 0)
"""The span of a node that was built rather than parsed."""


@dataclass(frozen=True, slots=True)
class Position:
    """A line and column, both counted from 1; columns are code points."""

    line: int
    column: int


_LINE_END = re.compile(r"\r\n|\n|\r")


class LineMap:
    """Turns offsets in one text into positions; lines end at ``\\n``, ``\\r\\n`` or ``\\r``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(ending.end() for ending in _LINE_END.finditer(text))]

    def position(self, offset: int) -> Position:
        """The position of an offset; one past the end of the text is allowed."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line + 1, offset - self._starts[line] + 1)

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column (both from 1) that the text has."""
        return self._starts[line - 1] + column - 1

    def line_text(self, line: int) -> str:
        """The text of a line (from 1) without its ending."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def excerpt(self, span: Span) -> tuple[str, str]:
        """The line that a span begins in, and below it carets under the span's part of that line."""
        start, end = self.position(span.start), self.position(span.end)
        shown = self.line_text(start.line)
        width = (end.column if end.line == start.line else len(shown) + 1) - start.column
        indent = "".join("\t" if char == "\t" else " " for char in shown[: start.column - 1])
        return shown, indent + "^" * max(width, 1)


def span_attribute() -> Any:
    """A dataclass attribute for a node's span: optional, and no part of equality."""
    return dataclass_field(default=NOWHERE, compare=False, repr=False)
