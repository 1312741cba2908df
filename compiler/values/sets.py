"""Sets of values that a test names: patterns, intervals, phrases."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import Enum

from ...grammar.span import Span, span_attribute
from .origin import Writing


class Wild(Enum):
    """What a pattern holds between its literal pieces."""

    ONE = "?"
    RUN = "*"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A whole-value pattern: literal pieces (never empty, never adjacent) and wildcards.

    With ``fold``, ASCII letters match in either case and no other character folds, as Lucene's
    ``case_insensitive`` does.
    """

    tokens: tuple[str | Wild, ...]
    fold: bool = False
    span: Span = span_attribute()
    writing: Writing = dataclass_field(default=Writing.OTHER, compare=False, repr=False)

    @property
    def literal(self) -> str | None:
        """The only text it matches (up to case), or None when it has wildcards."""
        if not self.tokens:
            return ""
        only = self.tokens[0]
        return only if len(self.tokens) == 1 and isinstance(only, str) else None

    @property
    def text(self) -> str:
        """The pattern as a user writes it."""
        return "".join(token if isinstance(token, str) else token.value for token in self.tokens)


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of numbers; None is unbounded. Addresses are 128-bit integers, dates epoch milliseconds,
    booleans 0 and 1."""

    low: int | float | None
    high: int | float | None
    low_open: bool = False
    high_open: bool = False
    span: Span = span_attribute()

    def contains(self, value: int | float) -> bool:
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return not (self.high is not None and (value > self.high or (self.high_open and value == self.high)))


@dataclass(frozen=True, slots=True)
class Phrase:
    """Consecutive tokens of an analysed text, each matched by a pattern.

    ``written`` is a text that the tokens came from, or empty: what a document says where it may.
    """

    tokens: tuple[Pattern, ...]
    span: Span = span_attribute()
    written: str = dataclass_field(default="", compare=False, repr=False)
