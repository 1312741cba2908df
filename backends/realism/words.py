"""Words in the place of random letters, where only tests that nothing can fill made a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from .vocabulary import CONTAINER_WORDS, NOUNS, STEMS

_RUN = re.compile("[A-Za-z]{4,}")
_MOST = 12
"""The number of runs of letters to look at in one value."""


def worded(value: str, passes: Callable[[str], bool], rng: Random) -> str:
    """Replace each run of letters by a word wherever the value still passes its tests.

    Args:
        value: passes them.
        passes: the tests.
        rng: chooses the words.
    """
    done = 0
    for _ in range(_MOST):
        run = _RUN.search(value, done)
        if run is None:
            return value
        word = rng.choice(rng.choice((NOUNS, STEMS, CONTAINER_WORDS)))
        cased = word.upper() if run.group().isupper() else word
        for fresh in (cased, _stretched(cased, len(run.group()))):
            changed = value[: run.start()] + fresh + value[run.end() :]
            if passes(changed):
                value, done = changed, run.start() + len(fresh)
                break
        else:
            done = run.end()
    return value


def _stretched(word: str, length: int) -> str:
    """A word of a length, for tests that ask for it."""
    return (word * (length // len(word) + 1))[:length]
