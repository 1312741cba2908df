"""Whether a wildcard pattern can match a word that an analyser makes of a text."""

from __future__ import annotations

from itertools import product

from .sets import Pattern, Wild
from .text_analysis import Analyzer

_FILLERS = ("", "a", "1", "_", "\u05d0", "\u30a2")
"""One character of each class that may stand beside ASCII punctuation within a word: letters, digits, `_`, Hebrew, Katakana."""
_MOST = 5000
"""Fillings of a pattern's wildcards that are tried."""


def matches_no_word(pattern: Pattern, analyzer: Analyzer) -> bool:
    """Whether no word matches a pattern; only of patterns of ASCII can that be known.

    Whether characters belong to one word depends on their classes, and on one character beyond the next: so a filling of the wildcards
    with one of each class shows whether there is a word.
    """
    texts = [token for token in pattern.tokens if isinstance(token, str)]
    if all(text.replace("_", "a").isalnum() for text in texts) or not all(text.isascii() for text in texts):
        return False
    wilds = sum(isinstance(token, Wild) for token in pattern.tokens)
    if len(_FILLERS) ** wilds > _MOST:
        return False
    choices = [(token,) if isinstance(token, str) else _FILLERS if token is Wild.RUN else _FILLERS[1:] for token in pattern.tokens]
    return not any(_is_word(analyzer.lower("".join(filling)), analyzer) for filling in product(*choices))


def _is_word(text: str, analyzer: Analyzer) -> bool:
    return analyzer.words(text) == [text]
