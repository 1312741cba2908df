"""Where the attributes of a rule are written in the text that holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...grammar.source_map import TextMap
from ...grammar.span import Span
from .toml_scanner import Entry, ScanError, scan
from .toml_strings import find_string

Path = tuple[str | int, ...]
"""Names and, in lists, numbers from 0, on the way from a rule's table to a value."""


@dataclass(frozen=True, slots=True)
class AttributeLocations:
    """The places in one text.

    Attributes:
        text: the whole text, which may hold other rules too.
        root: leads to the rule's table.
        line: the line of its file that the text begins at.
    """

    text: str
    root: Path = ()
    line: int = 1

    def value(self, path: Path) -> Span | None:
        """Where the value at a path is written, or None if it is unknown."""
        raise NotImplementedError

    def string(self, path: Path, value: str) -> TextMap | None:
        """The map of the string at a path whose value is known, or None where it is not found as such."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class TomlLocations(AttributeLocations):
    """The places in a TOML document."""

    root: Path = ("rule",)

    def value(self, path: Path) -> Span | None:
        """See `AttributeLocations`. Of an array of tables or one of its elements: all that it holds."""
        try:
            entries = scan(self.text)
        except ScanError:
            return None
        return _extent(_below(entries, (*self.root, *path)))

    def string(self, path: Path, value: str) -> TextMap | None:
        """See `AttributeLocations`."""
        names = tuple(str(part) for part in (*self.root, *path))
        return find_string(self.text, names, value)


def _below(entries: Sequence[Entry], path: Path) -> list[Entry]:
    """The entries at or below a path. In arrays of tables, whose elements the scanner does not tell apart, they are counted."""
    found = list(entries)
    names: Path = ()
    for part in path:
        headers = [at for at, entry in enumerate(found) if entry.path == names and entry.kind == "array of tables"]
        if isinstance(part, int) and headers:
            if part >= len(headers):
                return []
            found = found[headers[part] : headers[part + 1] if part + 1 < len(headers) else len(found)]
            continue
        names = (*names, part)
        found = [entry for entry in found if entry.path[: len(names)] == names]
    return found


def _extent(entries: Sequence[Entry]) -> Span | None:
    """From the start of the first to the end of the last; a value that holds others is one of them."""
    if not entries:
        return None
    return Span(entries[0].value.start, max(entry.value.end for entry in entries))
