"""Filling the wildcards of a pattern."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from ...compiler.values.sets import Pattern, Wild

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST_RUN = 15
"""The maximum number of letters that replace a ``*``."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A wildcard of a pattern.

    Attributes:
        wild: the wildcard.
        previous: the text that stands for the token before it; empty at the start.
        following: the token after it; None at the end.
        first: whether it begins the pattern.
    """

    wild: Wild
    previous: str
    following: str | Wild | None
    first: bool

    @property
    def before(self) -> str:
        """The character before it, or nothing."""
        return self.previous[-1:]

    @property
    def after(self) -> str:
        """The character after it, or nothing; a letter in the place of another wildcard."""
        return "x" if isinstance(self.following, Wild) else (self.following or "")[:1]


def fill_gaps(tokens: Sequence[str | Wild], choose: Callable[[Gap], str]) -> str:
    """Joins the tokens, with a chosen text in place of each wildcard, from left to right."""
    parts: list[str] = []
    for place, token in enumerate(tokens):
        if isinstance(token, Wild):
            following = tokens[place + 1] if place + 1 < len(tokens) else None
            token = choose(Gap(token, parts[-1] if parts else "", following, place == 0))
        parts.append(token)
    return "".join(parts)


def word(rng: Random, shortest: int = 1, longest: int = LONGEST_RUN) -> str:
    """Random lower-case letters."""
    return "".join(rng.choices(LETTERS, k=rng.randint(shortest, longest)))


def fill(pattern: Pattern, rng: Random, longest: int = LONGEST_RUN) -> str:
    """Returns a text that the pattern matches, with letters in place of its wildcards: at most ``longest`` for a ``*``."""
    shortest = min(1, longest)
    return fill_gaps(pattern.tokens, lambda gap: rng.choice(LETTERS) if gap.wild is Wild.ONE else word(rng, shortest, longest))


def stretched(pattern: Pattern, rng: Random, length: int, letters: str = LETTERS) -> str | None:
    """Returns a text of this length that the pattern matches; None if the pattern has no ``*`` or is longer.

    Args:
        pattern: the pattern.
        rng: the source of randomness.
        length: the number of characters.
        letters: what its wildcards are filled with.
    """
    runs = sum(token is Wild.RUN for token in pattern.tokens)
    missing = length - sum(len(token) if isinstance(token, str) else token is Wild.ONE for token in pattern.tokens)
    if not runs or missing < 0:
        return None
    ends = sorted(rng.randint(0, missing) for _ in range(runs - 1))
    lengths = iter(end - start for start, end in pairwise((0, *ends, missing)))
    return fill_gaps(
        pattern.tokens, lambda gap: rng.choice(letters) if gap.wild is Wild.ONE else "".join(rng.choices(letters, k=next(lengths)))
    )
