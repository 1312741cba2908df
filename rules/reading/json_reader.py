"""Where keys and values stand in a JSON text.

The text was parsed already; this yields places without values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ...grammar.source_map import Segment, TextMap
from ...grammar.span import Span
from .attribute_locations import AttributeLocations, Path

_BLANK = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]++|\\[\s\S])*+"')
_SCALAR = re.compile(r"[^\s,\]}]+")
_PIECE = re.compile(r"(?P<plain>[^\\]+)|(?P<pair>\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u(?P<code>.{4})|\\(?P<simple>.)", re.DOTALL)
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class JsonLocations(AttributeLocations):
    """The places in a JSON text."""

    def value(self, path: Path) -> Span | None:
        """See `AttributeLocations`."""
        return _spans(self.text).get((*self.root, *path))

    def string(self, path: Path, value: str) -> TextMap | None:
        """See `AttributeLocations`."""
        span = self.value(path)
        if span is None or self.text[span.start] != '"':
            return None
        decoded, text_map = _decode(self.text, span)
        return text_map if decoded == value else None


@lru_cache(maxsize=4)
def _spans(text: str) -> dict[Path, Span]:
    """Where all values stand, by their paths; none where the text is no JSON. Kept, for a text may hold a thousand rules."""
    at = 0
    found: dict[Path, Span] = {}

    def skip() -> None:
        nonlocal at
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at

    def value(path: Path) -> None:
        nonlocal at
        skip()
        start = at
        match text[at : at + 1]:
            case "{" | "[" as opening:
                at += 1
                members(path, "}" if opening == "{" else "]")
            case '"':
                at = _end(_STRING, text, at)
            case _:
                at = _end(_SCALAR, text, at)
        found.setdefault(path, Span(start, at))

    def members(path: Path, closing: str) -> None:
        nonlocal at
        number = 0
        while True:
            skip()
            if text.startswith(closing, at):
                at += 1
                return
            part: str | int = number
            if closing == "}":
                end = _end(_STRING, text, at)
                part, _ = _decode(text, Span(at, end))
                at = end
                skip()
                at += 1
            value((*path, part))
            number += 1
            skip()
            if text.startswith(",", at):
                at += 1

    try:
        value(())
    except (ValueError, RecursionError):
        return {}
    return found


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    if match is None:
        raise ValueError(f"no JSON at offset {at}")
    return match.end()


def _decode(text: str, token: Span) -> tuple[str, TextMap]:
    """The value of a string, given with its quotes, and its map."""
    pieces: list[str] = []
    segments: list[Segment] = []
    length = 0
    for match in _PIECE.finditer(text, token.start + 1, token.end - 1):
        match match.lastgroup:
            case "plain":
                piece = match.group()
            case "pair":
                high, low = int(match.group()[2:6], 16), int(match.group()[8:12], 16)
                piece = chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)
            case "code":
                piece = chr(int(match["code"], 16))
            case _:
                piece = _SIMPLE.get(match["simple"], match["simple"])
        segments.append(Segment(length, len(piece), Span(*match.span())))
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces), TextMap(text, segments, token.end - 1)
