"""Strings of Sigma: wildcards, and the encodings that modifiers apply to them."""

from __future__ import annotations

import re
from base64 import b64encode

from ...compiler.values.sets import Wild

Tokens = tuple[str | Wild, ...]
"""Literal texts and wildcards."""

_WILD = {"*": Wild.RUN, "?": Wild.ONE}
_DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
_DASH = re.compile(r"\B[-/]\b", re.ASCII)
_STARTS = (0, 2, 3)
"""By offset of a text in a group of three bytes, how many characters of its encoding depend on what precedes it."""
_ENDS = (None, -3, -2)
"""By length of the text and what precedes it, modulo three: where the characters begin that depend on what follows."""


def tokens_of(text: str) -> Tokens:
    r"""The tokens of a value: ``*`` and ``?`` are wildcards; ``\*``, ``\?`` and ``\\`` are the characters."""
    found: list[str | Wild] = []
    piece = ""
    escaped = False
    for char in text:
        if escaped:
            piece += char if char in "*?\\" else f"\\{char}"
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in _WILD:
            found += [piece, _WILD[char]] if piece else [_WILD[char]]
            piece = ""
        else:
            piece += char
    piece += "\\" if escaped else ""
    return (*found, piece) if piece else tuple(found)


def literal_of(tokens: Tokens) -> str | None:
    """The text of tokens without wildcards; None if there is a wildcard."""
    return None if any(isinstance(token, Wild) for token in tokens) else "".join(map(str, tokens))


def dashes(tokens: Tokens) -> list[Tokens]:
    """The tokens with each kind of dash that Windows takes for the beginning of an option."""
    found = [tokens]
    for dash in _DASHES:
        changed = tuple(token if isinstance(token, Wild) else _DASH.sub(dash, token) for token in tokens)
        if changed not in found:
            found.append(changed)
    return found


def base64(data: bytes) -> str:
    """The Base64 of bytes."""
    return b64encode(data).decode()


def base64_at_offsets(data: bytes) -> list[str]:
    """What is certain of the Base64 of a text that holds the bytes, for each place in a group of three at which they may begin."""
    found = []
    for offset, start in enumerate(_STARTS):
        encoded = b64encode(b" " * offset + data).decode()
        found.append(encoded[start : _ENDS[(len(data) + offset) % 3]])
    return found


ENCODINGS = {"wide": "utf-16-le", "utf16le": "utf-16-le", "utf16be": "utf-16-be", "utf16": "utf-16"}
"""By modifier, the encoding of a text before its Base64."""
