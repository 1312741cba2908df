"""What a lint check reads: a query in two forms, as it is written and as it was compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ....grammar.span import Span
from ...ir.program import Program
from ...schema.fields import FieldSpec, Schema
from ..diagnostic import Diagnostic
from .outline import Comparison, Event, comparisons_of, outline_of


@dataclass(slots=True)
class CheckedQuery:
    """A query to check.

    Attributes:
        program: the query, compiled; the spans of both forms are places in its text.
        schema: field types and vocabularies.
        language: of the query, a name in `LANGUAGES`; None for a program that has no text.
        tree: its syntax tree.
    """

    program: Program
    schema: Schema
    language: str | None = None
    tree: Any = None
    _events: tuple[Event, ...] | None = field(default=None, init=False, repr=False)

    @property
    def events(self) -> tuple[Event, ...]:
        """The outline of the query."""
        if self._events is None:
            self._events = outline_of(self.language, self.tree)
        return self._events

    def comparisons(self) -> Iterator[Comparison]:
        """All comparisons with values, in the order of the text."""
        for event in self.events:
            yield from comparisons_of(event.condition)

    def written(self, span: Span) -> str:
        """The text at a span."""
        return self.program.text[span.start : span.end]

    def shown(self, span: Span) -> str:
        """The text at a span as a message quotes it."""
        return shortened(self.written(span))

    def spec(self, name: str | None) -> FieldSpec | None:
        """The field of a name, if the schema knows it."""
        return None if name is None else self.schema.lookup(name)


Check = Callable[[CheckedQuery], Iterator[Diagnostic]]


def shortened(written: str) -> str:
    """A text on one line, without its middle if it is long."""
    text = " ".join(written.split())
    return text if len(text) <= 60 else f"{text[:35]} … {text[-20:]}"
