"""Source maps: from offsets in a value to places in the file that it was read from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from .span import LineMap, Position, Span


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
