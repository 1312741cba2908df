"""Lucene's regular expressions: parsing, and membership by derivatives.

Operators: ``. ? + * | {n,m} [..] ( ) "..." ~ <n-m> & @ # \\``, classes ``\\d \\s \\w \\D \\S \\W``. An expression speaks of the whole
value. Derivatives (Brzozowski 1964) treat complement and intersection like any other operator, which
is why membership does not go through Python's ``re``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from ..grammar.span import Span, span_attribute

MAX_CODE_POINT = 0x10FFFF
MAX_LENGTH = 1000
"""Elasticsearch's limit (``index.max_regex_length``)."""
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


@dataclass(frozen=True, slots=True)
class Regexp:
    """A parsed expression and the text it was written as."""

    node: Node
    text: str
    fold: bool = False
    span: Span = span_attribute()

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        # As text: the tree of a long expression is too deep to be pickled.
        return parse_regexp, (self.text, self.fold, self.span)


class RegexpError(ValueError):
    """An expression that Lucene would refuse; ``offset`` counts code points into it."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


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
        flat.add(Chars(_merged(r for arg in chars for r in arg.ranges)))
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


def char(text: str, fold: bool) -> Chars:
    """One literal character, in both cases for an ASCII letter under ``fold``."""
    codes = {ord(text)}
    if fold and text.isascii():
        codes |= {ord(text.lower()), ord(text.upper())}
    return Chars(_merged((code, code) for code in codes))


def literal(text: str, fold: bool = False) -> Node:
    node: Node = EPSILON
    for one in reversed(text):
        node = concat(char(one, fold), node)
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


def _merged(ranges) -> tuple[tuple[int, int], ...]:  # type: ignore[no-untyped-def]
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def _negated(ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    found, start = [], 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    if start <= MAX_CODE_POINT:
        found.append((start, MAX_CODE_POINT))
    return tuple(found)


def parse_regexp(text: str, fold: bool = False, span: Span | None = None) -> Regexp:
    """Parse a Lucene regular expression.

    Raises:
        RegexpError: with the offset of what Lucene would not accept.
    """
    if len(text) > MAX_LENGTH:
        raise RegexpError(f"longer than {MAX_LENGTH:,} characters, the limit of Elasticsearch", MAX_LENGTH)
    parser = _Parser(text, fold)
    node = parser.union()
    if parser.at < len(text):
        raise RegexpError(f"unexpected `{text[parser.at]}`", parser.at)
    return Regexp(node, text, fold) if span is None else Regexp(node, text, fold, span)


class _Parser:
    """Recursive descent, by Lucene's precedence: ``|``, ``&``, concatenation, repetition, ``~``."""

    def __init__(self, text: str, fold: bool) -> None:
        self.text = text
        self.fold = fold
        self.at = 0
        self.depth = 0

    def peek(self, chars: str) -> bool:
        return self.at < len(self.text) and self.text[self.at] in chars

    def take(self, char_: str) -> bool:
        if self.peek(char_):
            self.at += 1
            return True
        return False

    def union(self) -> Node:
        self.depth += 1
        if self.depth > 100:
            raise RegexpError("nested too deeply (more than 100 groups)", self.at)
        args = [self.intersection()]
        while self.take("|"):
            args.append(self.intersection())
        self.depth -= 1
        return union(*args)

    def intersection(self) -> Node:
        args = [self.concatenation()]
        while self.take("&"):
            args.append(self.concatenation())
        return intersection(*args)

    def concatenation(self) -> Node:
        args: list[Node] = []
        if self.text and (self.at == len(self.text) or self.peek(")|&")):
            raise RegexpError("an alternative is empty; write `()` for the empty string", self.at)
        while self.at < len(self.text) and not self.peek(")|&"):
            args.append(self.repetition())
        node: Node = EPSILON
        for arg in reversed(args):
            node = concat(arg, node)
        return node

    def repetition(self) -> Node:
        node = self.complement()
        while self.peek("?*+{"):
            operator = self.text[self.at]
            self.at += 1
            match operator:
                case "?":
                    node = union(node, EPSILON)
                case "*":
                    node = star(node)
                case "+":
                    node = concat(node, star(node))
                case _:
                    node = self.counted(node)
        return node

    def counted(self, node: Node) -> Node:
        start = self.at - 1
        low = self.number()
        high: int | None = low
        if self.take(","):
            high = self.number() if self.peek("0123456789") else None
        if not self.take("}"):
            raise RegexpError("expected `}` after the repetition's numbers", self.at)
        if (high is not None and high < low) or low > 1000 or (high or 0) > 1000:
            raise RegexpError("a repetition's numbers must be in order, at most 1000", start)
        tail: Node = star(node) if high is None else EPSILON
        for _ in range(0 if high is None else high - low):
            tail = union(EPSILON, concat(node, tail))
        for _ in range(low):
            tail = concat(node, tail)
        return tail

    def number(self) -> int:
        start = self.at
        while self.peek("0123456789"):
            self.at += 1
        if start == self.at:
            raise RegexpError("expected a number", start)
        return int(self.text[start : self.at])

    def complement(self) -> Node:
        if self.take("~"):
            return complement(self.complement())
        return self.simple()

    def simple(self) -> Node:
        start = self.at
        one = self.text[start] if start < len(self.text) else ""
        self.at += 1
        match one:
            case "":
                raise RegexpError("the expression ends where an operand was expected", start)
            case ".":
                return ANY_CHAR
            case "#":
                return NOTHING
            case "@":
                return ANYTHING
            case '"':
                end = self.text.find('"', self.at)
                if end < 0:
                    raise RegexpError('unclosed `"`', start)
                self.at = end + 1
                return literal(self.text[start + 1 : end], self.fold)
            case "(":
                if self.take(")"):
                    return EPSILON
                if self.at == len(self.text):
                    raise RegexpError("unclosed `(`", start)
                node = self.union()
                if not self.take(")"):
                    raise RegexpError("unclosed `(`", start)
                return node
            case "<":
                return self.numeric(start)
            case "[":
                return self.char_class(start)
            case "?" | "*" | "+" | "{":
                raise RegexpError(f"`{one}` has nothing to repeat", start)
            case "\\":
                predefined = self.predefined()
                return char(self.escaped(start), self.fold) if predefined is None else Chars(predefined)
        return char(one, self.fold)

    def predefined(self) -> tuple[tuple[int, int], ...] | None:
        """The ranges of a class such as ``\\d`` after its backslash, or None (and nothing read) when it is another escape."""
        letter = self.text[self.at : self.at + 1]
        ranges = _PREDEFINED.get(letter.lower())
        if ranges is None:
            return None
        self.at += 1
        return _negated(ranges) if letter.isupper() else ranges

    def escaped(self, start: int) -> str:
        if self.at >= len(self.text):
            raise RegexpError("a `\\` ends the expression", start)
        self.at += 1
        one = self.text[self.at - 1]
        if one.isascii() and one.isalpha():
            raise RegexpError(
                f"`\\{one}` is not an escape of Lucene's regular expressions, which have only `\\d \\s \\w \\D \\S \\W`", start
            )
        return one

    def numeric(self, start: int) -> Node:
        end = self.text.find(">", start)
        low, dash, high = self.text[start + 1 : end].partition("-") if end > 0 else ("", "", "")
        if not (dash and low.isdecimal() and high.isdecimal()):
            raise RegexpError("expected an interval such as `<1-100>`", start)
        self.at = end + 1
        width = len(low) if len(low) == len(high) else 0
        first, last = sorted((int(low), int(high)))
        return _interval(first, last, width)

    def char_class(self, start: int) -> Node:
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        # As in Lucene, the first character is a member whatever it is, and a `-` after a character always makes a range.
        while not (ranges and self.take("]")):
            if self.peek("\\"):
                self.at += 1
                predefined = self.predefined()
                if predefined is not None:
                    ranges += predefined
                    continue
                self.at -= 1
            low = self.class_char(start)
            high = self.class_char(start) if self.take("-") else low
            if high < low:
                raise RegexpError(f"the range `{low}-{high}` is empty", start)
            ranges.append((ord(low), ord(high)))
            if self.fold:
                ranges += _folded(ord(low), ord(high))
        merged = _merged(ranges)
        return Chars(_negated(merged) if negated else merged)

    def class_char(self, start: int) -> str:
        if self.at >= len(self.text):
            raise RegexpError("unclosed `[`", start)
        self.at += 1
        return self.escaped(self.at - 1) if self.text[self.at - 1] == "\\" else self.text[self.at - 1]


_PREDEFINED = {
    "d": ((0x30, 0x39),),
    "s": ((0x09, 0x0A), (0x0D, 0x0D), (0x20, 0x20)),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
}
"""Lucene's predefined classes (since 9.0), all ASCII; the upper-case letter is the complement."""


def _folded(low: int, high: int) -> list[tuple[int, int]]:
    """The other case of the ASCII letters in a range."""
    found = []
    for first, last, shift in ((ord("a"), ord("z"), -32), (ord("A"), ord("Z"), 32)):
        start, end = max(low, first), min(high, last)
        if start <= end:
            found.append((start + shift, end + shift))
    return found


def _interval(low: int, high: int, width: int) -> Node:
    """Decimal numbers from low to high, zero-padded to ``width`` (any leading zeros when it is 0)."""
    first = str(low).rjust(width, "0")
    last = str(high).rjust(width, "0")
    if len(first) < len(last):
        parts = [_interval(low, 10 ** len(first) - 1, len(first))]
        parts += [_interval(10 ** (size - 1), 10**size - 1, size) for size in range(len(first) + 1, len(last))]
        parts.append(_interval(10 ** (len(last) - 1), high, len(last)))
        node = union(*parts)
    else:
        node = _same_width(first, last)
    return node if width else concat(star(char("0", False)), node)


def _same_width(first: str, last: str) -> Node:
    if not first:
        return EPSILON
    if first[0] == last[0]:
        return concat(char(first[0], False), _same_width(first[1:], last[1:]))
    rest = len(first) - 1
    digits = Chars(((ord("0"), ord("9")),))
    tail: Node = EPSILON
    for _ in range(rest):
        tail = concat(digits, tail)
    parts = [
        concat(char(first[0], False), _same_width(first[1:], "9" * rest)),
        concat(char(last[0], False), _same_width("0" * rest, last[1:])),
    ]
    if ord(first[0]) + 1 <= ord(last[0]) - 1:
        parts.append(concat(Chars(((ord(first[0]) + 1, ord(last[0]) - 1),)), tail))
    return union(*parts)
