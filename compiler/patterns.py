"""Wildcard patterns as the front-ends write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ..grammar.span import NOWHERE, Span
from .ir import Pattern, Wild


def make_pattern(tokens: Iterable[str | Wild], fold: bool = False, span: Span = NOWHERE) -> Pattern:
    """A pattern in its one form: literal pieces joined, runs of ``*`` collapsed, ``?`` before ``*``."""
    joined: list[str | Wild] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if isinstance(token, str):
            if not token:
                continue
            if isinstance(last, str):
                joined[-1] = last + token
                continue
        elif last is Wild.RUN:
            if token is Wild.RUN:
                continue
            joined[-1] = Wild.ONE
            token = Wild.RUN
        joined.append(token)
    return Pattern(tuple(joined), fold, span)


def exact(text: str, fold: bool = False, span: Span = NOWHERE) -> Pattern:
    """The pattern that only this text matches."""
    return make_pattern((text,), fold, span)


def from_eql(text: str, fold: bool, span: Span = NOWHERE) -> Pattern:
    """EQL's ``:`` and ``like``: ``*`` any run, ``?`` one character, and no way to escape them."""
    return make_pattern(_split_wildcards(text), fold, span)


def from_lucene(text: str, fold: bool, span: Span = NOWHERE) -> Pattern:
    """A Lucene wildcard query: as EQL's, and a backslash makes the next character literal."""
    tokens: list[str | Wild] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            tokens.append(text[at + 1])
            at += 2
        else:
            tokens += _split_wildcards(text[at])
            at += 1
    return make_pattern(tokens, fold, span)


def from_pieces(pieces: tuple[str, ...], fold: bool = False, span: Span = NOWHERE) -> Pattern:
    """Kuery's text: ``*`` between the pieces, everything else literal."""
    tokens: list[str | Wild] = [pieces[0]]
    for piece in pieces[1:]:
        tokens += [Wild.RUN, piece]
    return make_pattern(tokens, fold, span)


def _split_wildcards(text: str) -> list[str | Wild]:
    tokens: list[str | Wild] = []
    start = 0
    for at, char in enumerate(text):
        if char in "*?":
            tokens += [text[start:at], Wild.RUN if char == "*" else Wild.ONE]
            start = at + 1
    return [*tokens, text[start:]]


def fold_ascii(text: str) -> str:
    """Lower-case the ASCII letters only, as Lucene's case-insensitive queries do."""
    return text.translate(_ASCII_LOWER)


_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def compile_patterns(patterns: tuple[Pattern, ...]) -> Callable[[str], bool]:
    """Whether any of the patterns matches a text: sets for the plain ones, one alternation of ``re`` for the rest."""
    plain = frozenset(literal for pattern in patterns if not pattern.fold and (literal := pattern.literal) is not None)
    folded = frozenset(fold_ascii(literal) for pattern in patterns if pattern.fold and (literal := pattern.literal) is not None)
    sources = [_re_source(pattern) for pattern in patterns if pattern.literal is None]
    if sources:
        full = re.compile("|".join(sources), re.DOTALL).fullmatch
        return lambda text: text in plain or fold_ascii(text) in folded or full(text) is not None
    if folded:
        return lambda text: text in plain or fold_ascii(text) in folded
    return plain.__contains__


def _re_source(pattern: Pattern) -> str:
    """A pattern for ``re``; folding is spelled out, for ``re.IGNORECASE`` would fold beyond ASCII."""
    parts: list[str] = []
    for token in pattern.tokens:
        if token is Wild.RUN:
            parts.append(".*")
        elif token is Wild.ONE:
            parts.append(".")
        elif pattern.fold:
            parts += [f"[{char.lower()}{char.upper()}]" if char.isascii() and char.isalpha() else re.escape(char) for char in token]
        else:
            parts.append(re.escape(token))
    return "".join(parts)
