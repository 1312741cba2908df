"""String search in the product automaton of a set of tests.

All wildcard patterns run as one bit-parallel automaton: a single integer holds every position of every
pattern, and one character advances them all. Regular expressions add their derivatives to the state, a
length test the length. The search is best-first, by the number of literal tokens that the nearest pattern of
each wanted test still lacks. It solves even thirty conjoined ``*x*`` at once, where a breadth-first search
runs out of states.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from ...compiler.ir.formula import LengthIn, Lexical, Like, Matches, Test
from ...compiler.values.regexp import MAX_CODE_POINT, Node, Nothing, boundaries, derivative, nullable, union
from ...compiler.values.sets import Pattern, Wild
from ..limits import Deadline

State = tuple[int, tuple[int, ...], int]
"""A state: positions of the patterns, indices of the expressions' derivatives, and the length so far."""

FILLERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. ~"
MOST_STATES = 2_000
"""The maximum number of states that one search expands."""
_KEPT_SEARCHES = 10_000


@dataclass(frozen=True, slots=True)
class PatternAutomaton:
    """The patterns of one test as an automaton whose positions start at 0.

    Position i of a pattern is the state before its token i; a ``*`` is not a token but a self-loop on the position before it.

    Attributes:
        width: the number of positions.
        start: the positions before any character.
        loops: the positions with a self-loop on every character.
        wild: the positions that every character advances.
        masks: by character, the other positions that it advances.
        ladder: pairs of a number of missing tokens, ascending from 0, and the positions that lack so many.
        sinks: the accepting positions that are never left.
    """

    width: int
    start: int
    loops: int
    wild: int
    masks: dict[str, int]
    ladder: tuple[tuple[int, int], ...]
    sinks: int

    @property
    def accepting(self) -> int:
        """The accepting positions."""
        return self.ladder[0][1]


def pattern_automaton(test: Like) -> PatternAutomaton:
    """The automaton of a test's patterns."""
    start = loops = wild = sinks = at = 0
    masks: dict[str, int] = {}
    rungs: dict[int, int] = {}
    for pattern in test.patterns:
        first = at
        start |= 1 << at
        for token in _units(pattern):
            bit = 1 << at
            if token is Wild.RUN:
                loops |= bit
                continue
            if isinstance(token, Wild):
                wild |= bit
            else:
                for char in {token.lower(), token.upper()} if pattern.fold and token.isascii() else (token,):
                    masks[char] = masks.get(char, 0) | bit
            at += 1
        for position in range(first, at + 1):
            rungs[at - position] = rungs.get(at - position, 0) | 1 << position
        sinks |= loops & 1 << at
        at += 1
    return PatternAutomaton(at, start, loops, wild, masks, tuple(sorted(rungs.items())), sinks)


def _units(pattern: Pattern) -> list[str | Wild]:
    return [unit for token in pattern.tokens for unit in (token if isinstance(token, str) else (token,))]


class _Patterns:
    """The patterns of several tests as one automaton: the positions of each test lie above those of the tests before it."""

    def __init__(self, pieces: list[PatternAutomaton]) -> None:
        self.start = self.loops = self.wild = 0
        self.masks: dict[str, int] = {}
        self.ladders: list[list[tuple[int, int]]] = []
        self.sinks: list[int] = []
        offset = 0
        for piece in pieces:
            self.start |= piece.start << offset
            self.loops |= piece.loops << offset
            self.wild |= piece.wild << offset
            self.sinks.append(piece.sinks << offset)
            for char, mask in piece.masks.items():
                self.masks[char] = self.masks.get(char, 0) | mask << offset
            self.ladders.append([(count, mask << offset) for count, mask in piece.ladder])
            offset += piece.width

    def step(self, state: int, char: str) -> int:
        return ((state & (self.masks.get(char, 0) | self.wild)) << 1) | (state & self.loops)

    def lacking(self, index: int, state: int) -> int | None:
        """Returns the minimum number of tokens that a pattern of a test still lacks; None if none can match any more."""
        for count, mask in self.ladders[index]:
            if state & mask:
                return count
        return None


class EntryMatcher:
    """Finds the patterns of a test that match a text, in one pass over the text for any number of patterns."""

    def __init__(self, test: Like) -> None:
        self._automaton = _Patterns([pattern_automaton(test)])
        self._finals: dict[int, int] = {}
        at = -1
        for number, pattern in enumerate(test.patterns):
            at += 1 + sum(token is not Wild.RUN for token in _units(pattern))
            self._finals[at] = number

    def __call__(self, text: str) -> list[int]:
        """Returns the indices of the patterns that match."""
        state = self._automaton.start
        for char in text:
            state = self._automaton.step(state, char)
        state &= self._automaton.ladders[0][0][1]
        matches = []
        while state:
            lowest = state & -state
            matches.append(self._finals[lowest.bit_length() - 1])
            state ^= lowest
        return matches


class _Expressions:
    """Derivatives of regular expressions, by index, with their transitions."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes: list[Node] = []
        self._numbers: dict[Node, int] = {}
        self._steps: dict[tuple[int, int], int] = {}
        self.first = tuple(map(self._number, nodes))
        self.edges = sorted({edge for node in nodes for edge in boundaries(node)})

    def _number(self, node: Node) -> int:
        number = self._numbers.get(node)
        if number is None:
            number = self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return number

    def kind_of(self, char: str) -> int:
        """Returns the equivalence class of a character: the expressions do not distinguish characters of one class."""
        return bisect_right(self.edges, ord(char))

    def step(self, number: int, kind: int, char: str) -> int:
        after = self._steps.get((number, kind))
        if after is None:
            after = self._steps[number, kind] = self._number(derivative(self.nodes[number], ord(char)))
        return after


class Searcher:
    """Searches for strings; caches the automata of tests and the first result of each search.

    Attributes:
        deadline: ``TimeUpError`` is raised after it.
        limit: the maximum number of states to expand; change it with :meth:`limited`.
    """

    def __init__(self) -> None:
        self.deadline = Deadline()
        self.limit = MOST_STATES
        self._pieces: dict[int, tuple[Like, PatternAutomaton]] = {}
        self._known: dict[tuple[frozenset[int], frozenset[int]], tuple[tuple[Test, ...], str | None]] = {}

    @contextmanager
    def limited(self, limit: int) -> Iterator[None]:
        """A context manager that lowers the limit."""
        before, self.limit = self.limit, limit
        known = dict(self._known)
        try:
            yield
        finally:
            self.limit, self._known = before, known

    def search(self, wanted: list[Test], unwanted: list[Test], accepts: Callable[[str], bool], rng: Random) -> str | None:
        """Search for a string that passes every wanted test and no unwanted one.

        Args:
            wanted, unwanted: tests of strings.
            accepts: the full check; a result must pass it.
            rng: breaks ties.

        Returns:
            The string, or None if none was found, which does not prove that there is none.
        """
        key = (frozenset(map(id, wanted)), frozenset(map(id, unwanted)))
        known = self._known.get(key)
        if known is None:
            # With its own random numbers, so that a failure does not depend on which caller searched first.
            first, _ = self._search(wanted, unwanted, accepts, Random(0), self.limit)
            if len(self._known) >= _KEPT_SEARCHES:
                self._known.clear()
            # The cache holds the tests, so that their ids are not reused.
            known = self._known[key] = ((*wanted, *unwanted), first)
        if known[1] is None:
            return None
        text, _ = self._search(wanted, unwanted, accepts, rng, self.limit)
        return text if text is not None else known[1] if accepts(known[1]) else None

    def impossible(self, wanted: list[Test], unwanted: list[Test], accepts: Callable[[str], bool], limit: int = MOST_STATES) -> bool:
        """Proves, by exploring all states, that no string passes every wanted test and no unwanted one.

        Returns False also if the limit is reached, or if there are tests other than patterns and expressions.
        """
        if not all(isinstance(test, Like | Matches) for test in (*wanted, *unwanted)):
            return False
        text, all_seen = self._search(wanted, unwanted, accepts, Random(0), limit)
        return text is None and all_seen

    def _piece(self, test: Like) -> PatternAutomaton:
        cached = self._pieces.get(id(test))
        if cached is None:
            cached = self._pieces[id(test)] = (test, pattern_automaton(test))
        return cached[1]

    def _search(
        self, wanted: list[Test], unwanted: list[Test], accepts: Callable[[str], bool], rng: Random, limit: int
    ) -> tuple[str | None, bool]:
        """Returns a string and, if there is none, whether all states were explored."""
        likes = [test for test in wanted if isinstance(test, Like)]
        refused = [test for test in unwanted if isinstance(test, Like)]
        patterns = _Patterns([self._piece(test) for test in (*likes, *refused)])
        regexps = [test for test in wanted if isinstance(test, Matches)]
        expressions = _Expressions([_united(test) for test in (*regexps, *(test for test in unwanted if isinstance(test, Matches)))])
        bounded = [test.interval for test in wanted if isinstance(test, LengthIn)]
        counted = any(isinstance(test, LengthIn) for test in (*wanted, *unwanted))
        longest = min((int(interval.high) for interval in bounded if interval.high is not None), default=1 << 16)
        shortest = max((int(interval.low) for interval in bounded if interval.low is not None), default=0)
        for hole in (test.interval for test in unwanted if isinstance(test, LengthIn)):
            if hole.high is None and hole.low is not None:
                longest = min(longest, int(hole.low) - 1)
            elif hole.low is None and hole.high is not None:
                shortest = max(shortest, int(hole.high) + 1)
        lexical = [test for test in (*wanted, *unwanted) if isinstance(test, Lexical)]
        alphabet = [(char, expressions.kind_of(char)) for char in _alphabet(patterns, expressions.edges, lexical, rng)]
        lost = 0
        for sink in patterns.sinks[len(likes) :]:
            lost |= sink

        def cost(state: State) -> int | None:
            if state[0] & lost:
                return None
            total = max(0, shortest - state[2])
            for index in range(len(likes)):
                lacking = patterns.lacking(index, state[0])
                if lacking is None:
                    return None
                total += lacking
            if any(isinstance(expressions.nodes[number], Nothing) for number in state[1][: len(regexps)]):
                return None
            return total

        first: State = (patterns.start, expressions.first, 0)
        start_cost = cost(first)
        if start_cost is None:
            return None, True
        heap: list[tuple[int, int, int, State, str]] = [(start_cost, 0, 0, first, "")]
        seen = {first}
        order = 0
        while heap and limit > 0:
            limit -= 1
            self.deadline.check()
            lacking, _, _, state, text = heapq.heappop(heap)
            bits, numbers, length = state
            finished = lacking == 0 and all(nullable(expressions.nodes[number]) for number in numbers[: len(regexps)])
            if finished and accepts(text):
                return text, True
            if len(text) >= longest:
                continue
            for char, kind in alphabet:
                after = patterns.step(bits, char)
                derived = tuple([expressions.step(number, kind, char) for number in numbers]) if numbers else numbers
                next_state: State = (after, derived, length + 1 + (char > "\uffff") if counted else 0)
                if next_state in seen:
                    continue
                seen.add(next_state)
                price = cost(next_state)
                if price is not None:
                    order += 1
                    heapq.heappush(heap, (price, len(text) + 1, order, next_state, text + char))
        return None, not heap


def _united(test: Matches) -> Node:
    return union(*(regexp.node for regexp in test.regexps))


def _alphabet(patterns: _Patterns, edges: list[int], lexical: list[Lexical], rng: Random) -> list[str]:
    """Returns the characters that occur in the tests and one of every other equivalence class, printable if possible, in random order."""
    named = set(patterns.masks)
    for test in lexical:
        named |= set((test.low or "") + (test.high or ""))
    characters = set(named)
    for low, after in zip(edges or [0], [*edges[1:], MAX_CODE_POINT + 1], strict=True):
        fitting = [char for char in FILLERS if low <= ord(char) < after and char not in named]
        if fitting:
            characters.add(fitting[0] if not edges else rng.choice(fitting))
            continue
        codes = range(max(low, ord("!")) if after > ord("!") else low, after)
        other = next((code for code in codes if chr(code) not in named and not 0xD800 <= code <= 0xDFFF), None)
        if other is None:
            other = next((code for code in range(low, after) if chr(code) not in named and not 0xD800 <= code <= 0xDFFF), None)
        if other is not None:
            characters.add(chr(other))
    ordered = sorted(characters)
    rng.shuffle(ordered)
    return ordered
