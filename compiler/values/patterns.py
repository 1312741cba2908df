"""Wildcard patterns as the front-ends write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from ...grammar.span import NOWHERE, Span
from ..wildcard_regex import in_order
from .origin import Writing
from .sets import Pattern, Wild


def make_pattern(tokens: Iterable[str | Wild], fold: bool = False, span: Span = NOWHERE, writing: Writing = Writing.OTHER) -> Pattern:
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
    return Pattern(tuple(joined), fold, span, writing)


def exact(text: str, fold: bool = False, span: Span = NOWHERE, writing: Writing = Writing.OTHER) -> Pattern:
    """The pattern that only this text matches."""
    return make_pattern((text,), fold, span, writing)


def from_eql(text: str, fold: bool, span: Span = NOWHERE) -> Pattern:
    """EQL's ``:`` and ``like``: ``*`` any run, ``?`` one character, and no way to escape them."""
    return make_pattern(_split_wildcards(text), fold, span, Writing.OPERAND)


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
    return make_pattern(tokens, fold, span, Writing.BARE)


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
    wild = [pattern for pattern in patterns if pattern.literal is None]
    if not wild and not folded:
        return plain.__contains__
    if len(wild) <= _FEW and not any(Wild.ONE in pattern.tokens for pattern in wild):
        tests = [_pieces_in_order(pattern) for pattern in wild]
        if len(tests) == 1 and len(patterns) == 1:
            return tests[0]
        return lambda text: text in plain or (bool(folded) and fold_ascii(text) in folded) or any(test(text) for test in tests)
    if len(wild) > _MANY:
        any_wild = _by_longest_piece(wild)
        return lambda text: text in plain or (bool(folded) and fold_ascii(text) in folded) or any_wild(text)
    full = re.compile("|".join(map(_re_source, wild)), re.DOTALL).fullmatch
    return lambda text: text in plain or (bool(folded) and fold_ascii(text) in folded) or full(text) is not None


_FEW = 3
"""Up to so many patterns without ``?`` are looked for one by one: compiling a regular expression takes a thousand times as long."""


_MANY = 200
"""From so many on, only patterns whose longest literal piece the text holds are tried: an alternation tries each of them."""


_GRAM = 3
"""Characters of the part of a piece by which patterns are looked up."""


def _by_longest_piece(patterns: list[Pattern]) -> Callable[[str], bool]:
    """Whether any of many patterns matches a text: those are tried whose longest literal piece the text holds.

    They are looked up by the rarest three characters of that piece, so that a text is compared with few of them.
    """
    pieces: dict[bool, list[tuple[str, Pattern]]] = {False: [], True: []}
    for pattern in patterns:
        longest = max((token for token in pattern.tokens if isinstance(token, str)), key=len, default="")
        pieces[pattern.fold].append((fold_ascii(longest) if pattern.fold else longest, pattern))
    indexes = {folds: _by_rarest_gram(listed) for folds, listed in pieces.items() if listed}
    compiled: dict[int, Callable[[str], object]] = {}

    def matches(text: str, pattern: Pattern) -> bool:
        test = compiled.get(id(pattern))
        if test is None:
            plain = Wild.ONE not in pattern.tokens
            test = _pieces_in_order(pattern) if plain else re.compile(_re_source(pattern), re.DOTALL).fullmatch
            compiled[id(pattern)] = test
        return bool(test(text))

    def any_matches(text: str) -> bool:
        for folds, index in indexes.items():
            seen = fold_ascii(text) if folds else text
            for gram in ("", *_grams(seen)):
                if any(piece in seen and matches(text, pattern) for piece, pattern in index.get(gram, ())):
                    return True
        return False

    return any_matches


def _grams(text: str) -> set[str]:
    return {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)}


def _by_rarest_gram(listed: list[tuple[str, Pattern]]) -> dict[str, list[tuple[str, Pattern]]]:
    """The pieces by the three characters of each that the fewest pieces have; those that are shorter by the empty text."""
    counts = Counter(gram for piece, _ in listed for gram in _grams(piece))
    found: dict[str, list[tuple[str, Pattern]]] = {}
    for piece, pattern in listed:
        rarest = min(sorted(_grams(piece)), key=counts.__getitem__, default="")
        found.setdefault(rarest, []).append((piece, pattern))
    return found


def _pieces_in_order(pattern: Pattern) -> Callable[[str], bool]:
    """Whether a text begins and ends as a pattern does and holds the pieces between its ``*`` in order."""
    pieces = [fold_ascii(token) if pattern.fold else token for token in pattern.tokens if isinstance(token, str)]
    first = pieces.pop(0) if isinstance(pattern.tokens[0], str) else ""
    last = pieces.pop() if isinstance(pattern.tokens[-1], str) else ""
    shortest = len(first) + len(last)

    def fits(text: str) -> bool:
        if pattern.fold:
            text = fold_ascii(text)
        if len(text) < shortest or not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for piece in pieces:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return fits


def _re_source(pattern: Pattern) -> str:
    """A pattern for ``re``; folding is spelled out, for ``re.IGNORECASE`` would fold beyond ASCII."""
    pieces = [""]
    for token in pattern.tokens:
        if token is Wild.RUN:
            pieces.append("")
        elif token is Wild.ONE:
            pieces[-1] += "."
        elif pattern.fold:
            pieces[-1] += "".join(
                f"[{char.lower()}{char.upper()}]" if char.isascii() and char.isalpha() else re.escape(char) for char in token
            )
        else:
            pieces[-1] += re.escape(token)
    return in_order(pieces)
