"""Syntax errors of queries."""

from __future__ import annotations

from .errors import TriggerfishError
from .span import LineMap, Position, Span


class QuerySyntaxError(TriggerfishError, ValueError):
    """A query that does not parse.

    Attributes:
        message: one lower-case sentence: what is wrong, the user's text in backticks.
        span: the place in ``text`` (empty at the end of the text).
        text: the whole query.
        language: ``"kuery"`` or ``"eql"``.
        expected: what was expected there, sorted.
        hint: advice, or None.
    """

    def __init__(
        self,
        message: str,
        span: Span,
        text: str,
        language: str,
        expected: tuple[str, ...] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.text = text
        self.language = language
        self.expected = expected
        self.hint = hint

    @property
    def position(self) -> Position:
        """Line and column of the first offending character, from 1."""
        return LineMap(self.text).position(self.span.start)

    def __str__(self) -> str:
        lines = LineMap(self.text)
        start = lines.position(self.span.start)
        end = lines.position(self.span.end)
        shown = lines.line_text(start.line)
        width = end.column - start.column if end.line == start.line else len(shown) - start.column + 1
        caret = "".join("\t" if char == "\t" else " " for char in shown[: start.column - 1]) + "^" * max(width, 1)
        parts = [f"{start.line}:{start.column}: {self.message}", f"  {shown}", f"  {caret}"]
        if self.expected:
            parts.append("expected " + _alternatives(self.expected))
        if self.hint:
            parts.append(f"help: {self.hint}")
        return "\n".join(parts)


def _alternatives(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
