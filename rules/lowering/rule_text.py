"""Rule text: the query and all other conditions of a rule as one text."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.source_map import TextMap
from ...grammar.span import Span
from ..reading.attribute_locations import AttributeLocations, Path


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of the text, and where it stands in the rule's file: character by character, as a whole, or nowhere."""

    span: Span
    place: TextMap | Span | None


class RuleText:
    """The text that the spans of a rule's program point into.

    The query comes first, so that spans in it are what they are without a rule. A filter, a threshold's field and whatever else the
    rule's type makes conditions of follow it, each on a line of its own.

    Attributes:
        text: all parts, one after the other.
    """

    def __init__(self, places: AttributeLocations | None = None) -> None:
        self.places = places
        self.text = ""
        self._parts: list[TextPart] = []

    def add(self, text: str, place: TextMap | Span | None) -> Span:
        """Append a part; returns where it stands in the text."""
        start = len(self.text) + 1 if self._parts else 0
        self.text = f"{self.text}\n{text}" if self._parts else text
        span = Span(start, start + len(text))
        self._parts.append(TextPart(span, place))
        return span

    def add_value(self, text: str, *paths: Path) -> Span:
        """Append the text of an attribute; its place is that of the first path that the file has."""
        found = (self.places.value(path) for path in paths) if self.places is not None else ()
        return self.add(text, next((span for span in found if span is not None), None))

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where the parts stand in the text."""
        return tuple(part.span for part in self._parts)

    def in_file(self, span: Span) -> Span | None:
        """The place in the rule's file of a span in the text, or None if it is unknown."""
        for part in self._parts:
            if part.span.start <= span.start and span.end <= part.span.end:
                match part.place:
                    case TextMap() as text_map:
                        return text_map.span(Span(span.start - part.span.start, span.end - part.span.start))
                    case place:
                        return place
        return None
