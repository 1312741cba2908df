"""Regular expressions as trees, and membership by derivatives.

Derivatives (Brzozowski 1964) treat complement and intersection like any other operator, which is why membership does not
go through Python's ``re``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

MAX_CODE_POINT = 0x10FFFF
MEMORY = 1 << 16
"""How many results of each operation on expressions are kept."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The empty language (``#``)."""


@dataclass(frozen=True, slots=True)
class Epsilon:
    """The empty string."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of inclusive, sorted code-point ranges."""

    ranges: tuple[tuple[int, int], ...]

    def contains(self, code: int) -> bool:
        return any(low <= code <= high for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class Concat:
    """One after the other, nested to the right. Its hash is kept: a long expression is a deep tree."""

    left: Node
    right: Node
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.left, self.right)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class Union:
    args: frozenset[Node]


@dataclass(frozen=True, slots=True)
class Intersection:
    args: frozenset[Node]


@dataclass(frozen=True, slots=True)
class Complement:
    arg: Node


@dataclass(frozen=True, slots=True)
class Star:
    arg: Node


Node = Nothing | Epsilon | Chars | Concat | Union | Intersection | Complement | Star

NOTHING, EPSILON = Nothing(), Epsilon()
ANY_CHAR = Chars(((0, MAX_CODE_POINT),))
ANYTHING = Star(ANY_CHAR)


@lru_cache(maxsize=MEMORY)
def concat(left: Node, right: Node) -> Node:
    if left is NOTHING or right is NOTHING or isinstance(left, Nothing) or isinstance(right, Nothing):
        return NOTHING
    if isinstance(left, Epsilon):
        return right
    if isinstance(right, Epsilon):
        return left
    parts: list[Node] = []
    while isinstance(left, Concat):
        parts.append(left.left)
        left = left.right
    node = _pair(left, right)
    for part in reversed(parts):
        node = _pair(part, node)
    return node


@lru_cache(maxsize=MEMORY)
def _pair(left: Node, right: Node) -> Concat:
    """The same object for the same parts, so that comparing two long expressions seldom goes into them."""
    return Concat(left, right)


def union(*args: Node) -> Node:
    flat: set[Node] = set()
    for arg in args:
        flat |= arg.args if isinstance(arg, Union) else {arg}
    flat.discard(NOTHING)
    if ANYTHING in flat:
        return ANYTHING
    chars = [arg for arg in flat if isinstance(arg, Chars)]
    if len(chars) > 1:
        flat -= set(chars)
        flat.add(Chars(merged(r for arg in chars for r in arg.ranges)))
    if not flat:
        return NOTHING
    return next(iter(flat)) if len(flat) == 1 else Union(frozenset(flat))


def intersection(*args: Node) -> Node:
    flat: set[Node] = set()
    for arg in args:
        flat |= arg.args if isinstance(arg, Intersection) else {arg}
    if NOTHING in flat:
        return NOTHING
    flat.discard(ANYTHING)
    if not flat:
        return ANYTHING
    return next(iter(flat)) if len(flat) == 1 else Intersection(frozenset(flat))


def complement(arg: Node) -> Node:
    match arg:
        case Complement(inner):
            return inner
        case Nothing():
            return ANYTHING
        case _ if arg == ANYTHING:
            return NOTHING
    return Complement(arg)


def star(arg: Node) -> Node:
    return EPSILON if isinstance(arg, Nothing | Epsilon) else arg if isinstance(arg, Star) else Star(arg)


def char(text: str, fold: bool, wide: bool = False) -> Chars:
    """One literal character, in both cases for an ASCII letter under ``fold``, and with ``wide`` for any letter."""
    codes = {ord(text)}
    if fold and (text.isascii() or wide):
        forms = (text.lower(), text.upper(), text.casefold(), _OTHER_CASE.get(text, text))
        codes |= {ord(form) for form in forms if len(form) == 1}
    return Chars(merged((code, code) for code in codes))


_OTHER_CASE = {"\u00df": "\u1e9e", "\u0130": "i"}
"""Cases that Lucene knows and Python's mapping to one character does not."""


def literal(text: str, fold: bool = False, wide: bool = False) -> Node:
    node: Node = EPSILON
    for one in reversed(text):
        node = concat(char(one, fold, wide), node)
    return node


@lru_cache(maxsize=MEMORY)
def nullable(node: Node) -> bool:
    """Whether the empty string is in the language."""
    match node:
        case Nothing() | Chars():
            return False
        case Epsilon() | Star():
            return True
        case Concat(left, right):
            return nullable(left) and nullable(right)
        case Union(args):
            return any(nullable(arg) for arg in args)
        case Intersection(args):
            return all(nullable(arg) for arg in args)
        case Complement(arg):
            return not nullable(arg)


@lru_cache(maxsize=MEMORY)
def derivative(node: Node, code: int) -> Node:
    """What may follow once the character ``code`` was read."""
    match node:
        case Nothing() | Epsilon():
            return NOTHING
        case Chars():
            return EPSILON if node.contains(code) else NOTHING
        case Concat(left, right):
            first = concat(derivative(left, code), right)
            return union(first, derivative(right, code)) if nullable(left) else first
        case Union(args):
            return union(*(derivative(arg, code) for arg in args))
        case Intersection(args):
            return intersection(*(derivative(arg, code) for arg in args))
        case Complement(arg):
            return complement(derivative(arg, code))
        case Star(arg):
            return concat(derivative(arg, code), node)


def accepts(node: Node, text: str) -> bool:
    """Whether the whole text is in the language."""
    for one in text:
        node = derivative(node, ord(one))
        if isinstance(node, Nothing):
            return False
    return nullable(node)


class _State:
    """What may follow at some place, and what may follow after each character that was read there."""

    __slots__ = ("after", "ends", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.ends = nullable(node)
        self.after: dict[str, _State | None] = {}


def acceptor(node: Node) -> Callable[[str], bool]:
    """:func:`accepts` for many texts: what was found out about one serves the next."""
    states: dict[Node, _State] = {}

    def state_of(node: Node) -> _State | None:
        if isinstance(node, Nothing):
            return None
        if node not in states:
            if len(states) >= MEMORY:
                states.clear()
            states[node] = _State(node)
        return states[node]

    start = _State(node)

    def accepting(text: str) -> bool:
        state = start
        for one in text:
            try:
                after = state.after[one]
            except KeyError:
                after = state.after[one] = state_of(derivative(state.node, ord(one)))
            if after is None:
                return False
            state = after
        return state.ends

    return accepting


def boundaries(node: Node) -> set[int]:
    """Code points at which some character class of the expression begins or has just ended.

    One character out of each span between neighbouring boundaries stands for all in it.
    """
    found = {0}
    stack: list[Node] = [node]
    while stack:
        match stack.pop():
            case Chars(ranges):
                for low, high in ranges:
                    found |= {low, high + 1}
            case Concat(left, right):
                stack += [left, right]
            case Union(args) | Intersection(args):
                stack += args
            case Complement(arg) | Star(arg):
                stack.append(arg)
    found.discard(MAX_CODE_POINT + 1)
    return found


def merged(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same ranges of code points in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def negated(ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The ranges between those, which are in order."""
    found, start = [], 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    if start <= MAX_CODE_POINT:
        found.append((start, MAX_CODE_POINT))
    return tuple(found)
