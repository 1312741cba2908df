"""A string that a set of tests wants, searched for in the product of their automata.

All wildcard patterns run as one bit-parallel automaton: a single integer holds every position of every
pattern, and one character advances them all. Regular expressions add their derivatives to the state, a
length test the length. The search is best-first by the literal tokens that the nearest pattern of each
wanted test still lacks, which finds even thirty conjoined ``*x*`` at once, where a search by length runs
out of states.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random

from ...compiler.ir import Lexical, Like, Matches, Pattern, Sized, Test, Wild
from ...compiler.regexp import MAX_CODE_POINT, Node, Nothing, boundaries, derivative, nullable, union

State = tuple[int, tuple[Node, ...], int]

FILLERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. ~"


class _Patterns:
    """The patterns of many tests as one automaton.

    Position i of a pattern is the state before its token i; a ``*`` is no token of its own but lets the position before
    it stay where it is. ``steps[char]`` holds the positions that the character advances.
    """

    def __init__(self, tests: list[Like]) -> None:
        self.start = 0
        self.loops = 0
        self.accepts: list[int] = []
        self.remaining: list[list[tuple[int, int]]] = []
        self._tokens: list[tuple[int, str | Wild, bool]] = []
        at = 0
        for test in tests:
            accept = 0
            ladder: list[tuple[int, int]] = []
            for pattern in test.patterns:
                start = at
                self.start |= 1 << at
                for token in _units(pattern):
                    if token is Wild.RUN:
                        self.loops |= 1 << at
                    else:
                        self._tokens.append((at, token, pattern.fold))
                        at += 1
                accept |= 1 << at
                ladder += [(1 << position, at - position) for position in range(at, start - 1, -1)]
                at += 1
            self.accepts.append(accept)
            self.remaining.append(sorted(ladder, key=lambda rung: rung[1]))
        self._steps: dict[str, int] = {}

    def step(self, state: int, char: str) -> int:
        mask = self._steps.get(char)
        if mask is None:
            mask = 0
            for at, token, fold in self._tokens:
                if _reads(token, fold, char):
                    mask |= 1 << at
            self._steps[char] = mask
        return ((state & mask) << 1) | (state & self.loops)

    def characters(self) -> set[str]:
        """The characters that some pattern asks for, in every case that counts as the same."""
        found: set[str] = set()
        for _, token, fold in self._tokens:
            if isinstance(token, str):
                found |= {token.lower(), token.upper()} if fold and token.isascii() else {token}
        return found

    def lacking(self, index: int, state: int) -> int | None:
        """The fewest tokens that a pattern of a test still lacks; None when none can match any more."""
        for bit, count in self.remaining[index]:
            if state & bit:
                return count
        return None


def _reads(token: str | Wild, fold: bool, char: str) -> bool:
    """Whether a token, one character or ``?``, reads a character."""
    if isinstance(token, Wild):
        return True
    return token == char or (fold and char.isascii() and token.isascii() and token.lower() == char.lower())


def _units(pattern: Pattern) -> list[str | Wild]:
    return [unit for token in pattern.tokens for unit in (token if isinstance(token, str) else (token,))]


def search(wanted: list[Test], unwanted: list[Test], accepts: Callable[[str], bool], rng: Random, limit: int = 4000) -> str | None:
    """A string that passes every wanted test and no unwanted one.

    Args:
        wanted, unwanted: tests of strings.
        accepts: the full check; what the search finds must pass it.
        rng: decides among equals.
        limit: states to expand before giving up.

    Returns:
        The string, or None if none was found; that is no proof that there is none.
    """
    likes = [test for test in wanted if isinstance(test, Like)]
    patterns = _Patterns(likes + [test for test in unwanted if isinstance(test, Like)])
    regexps = [test for test in wanted if isinstance(test, Matches)] + [test for test in unwanted if isinstance(test, Matches)]
    wanted_regexps = sum(isinstance(test, Matches) for test in wanted)
    nodes = tuple(_united(test) for test in regexps)
    bounded = [test.interval for test in wanted if isinstance(test, Sized)]
    counted = any(isinstance(test, Sized) for test in (*wanted, *unwanted))
    longest = min((int(interval.high) for interval in bounded if interval.high is not None), default=1 << 16)
    shortest = max((int(interval.low) for interval in bounded if interval.low is not None), default=0)
    alphabet = _alphabet(patterns, nodes, [test for test in (*wanted, *unwanted) if isinstance(test, Lexical)], rng)

    def cost(state: State) -> int | None:
        total = 0
        for index in range(len(likes)):
            lacking = patterns.lacking(index, state[0])
            if lacking is None:
                return None
            total += lacking
        if any(isinstance(node, Nothing) for node in state[1][:wanted_regexps]):
            return None
        return total + max(0, shortest - state[2])

    first: State = (patterns.start, nodes, 0)
    start_cost = cost(first)
    if start_cost is None:
        return None
    heap: list[tuple[int, int, int, State, str]] = [(start_cost, 0, 0, first, "")]
    seen = {first}
    order = 0
    while heap and limit > 0:
        limit -= 1
        _, _, _, state, text = heapq.heappop(heap)
        bits, derived, length = state
        finished = all(bits & patterns.accepts[index] for index in range(len(likes))) and all(map(nullable, derived[:wanted_regexps]))
        if finished and accepts(text):
            return text
        if len(text) >= longest:
            continue
        for char in alphabet:
            after = patterns.step(bits, char)
            next_state: State = (after, tuple(derivative(node, ord(char)) for node in derived), length + 1 if counted else 0)
            if next_state in seen:
                continue
            seen.add(next_state)
            price = cost(next_state)
            if price is not None:
                order += 1
                heapq.heappush(heap, (price, len(text) + 1, order, next_state, text + char))
    return None


def _united(test: Matches) -> Node:
    return union(*(regexp.node for regexp in test.regexps))


def _alphabet(patterns: _Patterns, nodes: tuple[Node, ...], lexical: list[Lexical], rng: Random) -> list[str]:
    """One character out of every class that the tests tell apart, printable where the class has one, in random order."""
    characters = patterns.characters()
    for test in lexical:
        characters |= set((test.low or "") + (test.high or ""))
    edges = sorted({edge for node in nodes for edge in boundaries(node)})
    for low, after in zip(edges, [*edges[1:], MAX_CODE_POINT + 1], strict=False):
        fitting = [char for char in FILLERS if low <= ord(char) < after]
        if fitting:
            characters.add(rng.choice(fitting))
        elif not 0xD800 <= low <= 0xDFFF:
            characters.add(chr(low))
    others = [char for char in FILLERS if char not in characters]
    characters.update(others[:1])
    ordered = sorted(characters)
    rng.shuffle(ordered)
    return ordered
