"""Errors of rule files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..grammar.errors import TriggerfishError


class RuleError(TriggerfishError, ValueError):
    """A rule that cannot be loaded.

    Attributes:
        message: one lower-case sentence: what is wrong, the user's text in backticks.
        path: the file, as it was named by the caller, or None.
        line, column: the place in the file, both from 1, columns in code points; None where no place can be named.
        hint: what to do about it, or None.
    """

    def __init__(
        self,
        message: str,
        path: Path | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, path, line, column, hint)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.hint = hint

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)
        return f"{place}: {self.message}" if place else self.message


def listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them: ``a, b or c``."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
