"""Deciding tests on all texts of a shape: a pattern whose wildcards are filled with lower-case letters.

Two facts suffice. A pattern without ``?`` that matches a text with a foreign character in place of each ``*`` of the shape
matches every text of the shape, because only a ``*`` of the pattern can match such a character, and it matches anything else
there too. No text of the shape matches a set of patterns if their automaton, run over the shape with all letters at once,
never accepts.
"""

from __future__ import annotations

from ...compiler.ir.formula import LengthIn, Like, Test
from ...compiler.values.patterns import compile_patterns
from ...compiler.values.sets import Interval, Pattern, Wild
from .fill import LETTERS, LONGEST_RUN
from .string_automaton import PatternAutomaton, pattern_automaton

_RUN, _ONE = "\ue000", "\ue001"
"""Private-use characters that replace ``*`` and ``?`` of a shape; they prove nothing if a pattern contains them."""
_KEPT = 20_000


class Shapes:
    """Decides tests on shapes; verdicts are cached by the identity of test and shape."""

    def __init__(self) -> None:
        self._verdicts: dict[tuple[int, int], tuple[Test, Pattern, bool | None]] = {}
        self._automata: dict[int, tuple[Like, PatternAutomaton, int]] = {}
        self._surely: dict[int, tuple[Like, object]] = {}

    def passes(self, test: Test, shape: Pattern) -> bool | None:
        """Whether all texts of a shape pass a test (True), or none does (False); None when neither is certain."""
        key = (id(test), id(shape))
        cached = self._verdicts.get(key)
        if cached is None:
            if len(self._verdicts) >= _KEPT:
                self._verdicts.clear()
            # The cache holds the test and the shape, so that their ids are not reused.
            cached = self._verdicts[key] = (test, shape, self._decide(test, shape))
        return cached[2]

    def _decide(self, test: Test, shape: Pattern) -> bool | None:
        match test:
            case Like():
                return True if self._always(test, shape) else None if self._reaches(test, shape) else False
            case LengthIn(interval):
                return _sized(interval, shape)
        return None

    def _always(self, test: Like, shape: Pattern) -> bool:
        if any(pattern is shape for pattern in test.patterns):
            return True
        if any(char in token for token in shape.tokens if isinstance(token, str) for char in (_RUN, _ONE)):
            return False
        cached = self._surely.get(id(test))
        if cached is None:
            if len(self._surely) >= _KEPT:
                self._surely.clear()
            usable = tuple(pattern for pattern in test.patterns if _usable(pattern))
            cached = self._surely[id(test)] = (test, compile_patterns(usable) if usable else None)
        text = "".join(token if isinstance(token, str) else _RUN if token is Wild.RUN else _ONE for token in shape.tokens)
        return callable(cached[1]) and bool(cached[1](text))

    def _reaches(self, test: Like, shape: Pattern) -> bool:
        cached = self._automata.get(id(test))
        if cached is None:
            if len(self._automata) >= _KEPT:
                self._automata.clear()
            machine = pattern_automaton(test)
            letters = machine.wild
            for letter in LETTERS:
                letters |= machine.masks.get(letter, 0)
            cached = self._automata[id(test)] = (test, machine, letters)
        _, machine, letters = cached
        masks, wild, loops = machine.masks, machine.wild, machine.loops
        state = machine.start
        for token in shape.tokens:
            if isinstance(token, str):
                for char in token:
                    state = ((state & (masks.get(char, 0) | wild)) << 1) | (state & loops)
            else:
                after = 0
                for _ in range(LONGEST_RUN if token is Wild.RUN else 1):
                    state = ((state & letters) << 1) | (state & loops)
                    if state | after == after:
                        break
                    after |= state
                state = after
            if not state:
                return False
        return bool(state & machine.accepting)


def _usable(pattern: Pattern) -> bool:
    """Whether a match of the pattern with a shape's stand-ins carries over to all texts of the shape."""
    return Wild.ONE not in pattern.tokens and not any(
        char in token for token in pattern.tokens if isinstance(token, str) for char in (_RUN, _ONE)
    )


def _sized(interval: Interval, shape: Pattern) -> bool | None:
    shortest = sum(len(token) if isinstance(token, str) else 1 for token in shape.tokens)
    longest = shortest + (LONGEST_RUN - 1) * sum(token is Wild.RUN for token in shape.tokens)
    lengths = [interval.contains(length) for length in range(shortest, longest + 1)]
    return True if all(lengths) else None if any(lengths) else False
