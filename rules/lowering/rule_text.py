"""The parts of a rule that have conditions, as one text."""

from __future__ import annotations

from dataclasses import dataclass

from ...grammar.source_map import TextMap
from ...grammar.span import Span
from ..reading.attribute_locations import AttributeLocations, Path


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of the text, and where it stands in the rule's file: character by character, as a whole, or nowhere."""

    span: Span
    place: TextMap | Span | None


class Passages:
    """What the spans of a rule's program point into.

    The query comes first, so that spans in it are what they are without a rule. A filter, a threshold's field and whatever else the
    rule's type makes conditions of follow it, each on a line of its own.

    Attributes:
        text: all parts, one after the other.
    """

    def __init__(self, places: AttributeLocations | None = None) -> None:
        self.places = places
        self.text = ""
        self._passages: list[Passage] = []

    def add(self, text: str, place: TextMap | Span | None) -> Span:
        """Append a part; returns where it stands in the text."""
        start = len(self.text) + 1 if self._passages else 0
        self.text = f"{self.text}\n{text}" if self._passages else text
        span = Span(start, start + len(text))
        self._passages.append(Passage(span, place))
        return span

    def add_value(self, text: str, *paths: Path) -> Span:
        """Append the text of an attribute; its place is that of the first path that the file has."""
        found = (self.places.value(path) for path in paths) if self.places is not None else ()
        return self.add(text, next((span for span in found if span is not None), None))

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where the parts stand in the text."""
        return tuple(passage.span for passage in self._passages)

    def in_file(self, span: Span) -> Span | None:
        """The place in the rule's file of a span in the text, or None where it cannot be told."""
        for passage in self._passages:
            if passage.span.start <= span.start and span.end <= passage.span.end:
                match passage.place:
                    case TextMap() as text_map:
                        return text_map.span(Span(span.start - passage.span.start, span.end - passage.span.start))
                    case place:
                        return place
        return None
