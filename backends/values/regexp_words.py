"""Drawing words of a regular expression: a walk through its tree, for expressions that are searched for in a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from ...compiler.ir.formula import Like, Matches, Test
from ...compiler.values.regexp import ANYTHING, Chars, Complement, Concat, Epsilon, Intersection, Node, Nothing, Star, Union
from ...compiler.values.sets import Wild
from .fill import LETTERS, fill, word

_ATTEMPTS = 40
_FEW = 4
"""The maximum number of letters that replace what matches anything, and of repetitions."""
_PRINTABLE = LETTERS + LETTERS.upper() + "0123456789" + "-_. /:\\+,;=()[]{}<>'\"`~!@#$%^&*|?"


class _NoWordError(Exception):
    """A part of an expression that this walk finds no word of."""


def drawn_with_searches(wanted: Sequence[Test], check: Callable[[str], bool], rng: Random) -> str | None:
    """Draw a text that passes tests of which some are searches: a word of each, one after the other.

    Args:
        wanted: the tests that the text must pass.
        check: whether a text passes all tests.
        rng: the source of randomness.

    Returns:
        A text that passed ``check``; None if none was found, or if no expression is a search.
    """
    searches = [test for test in wanted if isinstance(test, Matches) and any(regexp.pcre for regexp in test.regexps)]
    if not searches:
        return None
    others = [test for test in wanted if isinstance(test, Like)]
    for _ in range(_ATTEMPTS):
        try:
            pieces = [(_word_of(test, rng), 1, False) for test in searches]
        except _NoWordError:
            continue
        for test in others:
            pattern = rng.choice(test.patterns)
            opens = bool(pattern.tokens) and pattern.tokens[0] is not Wild.RUN
            closes = bool(pattern.tokens) and pattern.tokens[-1] is not Wild.RUN
            pieces.append((fill(pattern, rng, _FEW), 0 if opens else 2 if closes else 1, opens and closes))
        rng.shuffle(pieces)
        ordered = sorted(pieces, key=lambda piece: piece[1])
        for text in ("".join(piece[0] for piece in ordered), *(piece[0] for piece in ordered)):
            if check(text):
                return text
    return None


def _word_of(test: Matches, rng: Random) -> str:
    parts: list[str] = []
    _draw(rng.choice(test.regexps).node, rng, parts)
    return "".join(parts)


def _draw(node: Node, rng: Random, parts: list[str]) -> None:
    stack: list[Node] = [node]
    while stack:
        match stack.pop():
            case Concat(left, right):
                stack += [right, left]
            case Epsilon():
                pass
            case Chars(ranges):
                parts.append(_character(ranges, rng))
            case Union(args):
                stack.append(rng.choice(list(args)))
            case Star(arg) as star:
                if star == ANYTHING:
                    parts.append(word(rng, 0, _FEW))
                else:
                    stack += [arg] * rng.randint(0, _FEW)
            case Intersection(args):
                # The check of the whole text decides about the others.
                stack.append(rng.choice([arg for arg in args if not isinstance(arg, Complement)] or [ANYTHING]))
            case Complement():
                stack.append(ANYTHING)
            case Nothing():
                raise _NoWordError


def _character(ranges: tuple[tuple[int, int], ...], rng: Random) -> str:
    """A character of a class: one that prints, if there is one."""
    chosen = [char for char in _PRINTABLE if any(low <= ord(char) <= high for low, high in ranges)]
    if chosen:
        letters = [char for char in chosen if char.isalnum()]
        return rng.choice(letters or chosen)
    low, high = rng.choice(ranges)
    for _ in range(_FEW):
        code = rng.randint(low, high)
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code)
    raise _NoWordError
