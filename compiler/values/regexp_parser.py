"""Lucene's regular expressions as text.

Operators: ``. ? + * | {n,m} [..] ( ) "..." ~ <n-m> & @ # \\``, classes ``\\d \\s \\w \\D \\S \\W``. An expression speaks of the whole
value.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field

from ...grammar.span import NOWHERE, Span, span_attribute
from .regexp import (
    ANY_CHAR,
    ANYTHING,
    EPSILON,
    NOTHING,
    Chars,
    Node,
    char,
    complement,
    concat,
    intersection,
    literal,
    merged,
    negated,
    star,
    union,
)

MAX_LENGTH = 1000
"""Elasticsearch's limit (``index.max_regex_length``)."""
MAX_NUMBER = (1 << 31) - 1
"""Of an interval: Lucene reads an ``int``."""


@dataclass(frozen=True, slots=True)
class Regexp:
    """A parsed expression and the text it was written as.

    Attributes:
        fold: whether letters match in either case.
        wide: whether letters beyond ASCII do as well: as Lucene 10 reads it, and Lucene 9 does not.
        pcre: the pattern of PCRE that it was made from, which is searched for in the value; empty if there is none.
    """

    node: Node
    text: str
    fold: bool = False
    span: Span = span_attribute()
    wide: bool = False
    pcre: str = dataclass_field(default="", compare=False, repr=False)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        # As text: the tree of a long expression is too deep to be pickled.
        return parse_regexp, (self.text, self.fold, self.span, self.wide, self.pcre, max(len(self.text), MAX_LENGTH))


class RegexpError(ValueError):
    """An expression that Lucene would refuse; ``offset`` counts code points into it."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def parse_regexp(
    text: str, fold: bool = False, span: Span = NOWHERE, wide: bool = False, pcre: str = "", longest: int = MAX_LENGTH
) -> Regexp:
    """Parse a Lucene regular expression.

    Args:
        text: the expression.
        fold, span, wide, pcre: as in `Regexp`.
        longest: how many characters it may have; the limit of Elasticsearch, unless it is not for Elasticsearch.

    Raises:
        RegexpError: with the offset of what Lucene would not accept.
    """
    if len(text) > longest:
        raise RegexpError(f"longer than {longest:,} characters, the limit of Elasticsearch", longest)
    parser = _Parser(text, fold, wide)
    node = parser.union()
    if parser.at < len(text):
        raise RegexpError(f"unexpected `{text[parser.at]}`", parser.at)
    return Regexp(node, text, fold, span, wide, pcre)


class _Parser:
    """Recursive descent, by Lucene's precedence: ``|``, ``&``, concatenation, repetition, ``~``."""

    def __init__(self, text: str, fold: bool, wide: bool) -> None:
        self.text = text
        self.fold = fold
        self.wide = wide
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
                return literal(self.text[start + 1 : end], self.fold, self.wide)
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
                return char(self.escaped(start), self.fold, self.wide) if predefined is None else Chars(predefined)
        return char(one, self.fold, self.wide)

    def predefined(self) -> tuple[tuple[int, int], ...] | None:
        """The ranges of a class such as ``\\d`` after its backslash, or None (and nothing read) when it is another escape."""
        letter = self.text[self.at : self.at + 1]
        ranges = _PREDEFINED.get(letter.lower())
        if ranges is None:
            return None
        self.at += 1
        return negated(ranges) if letter.isupper() else ranges

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
        first, last = sorted((int(low), int(high)))
        if last > MAX_NUMBER:
            raise RegexpError(f"the numbers of an interval must be at most {MAX_NUMBER:,}", start)
        self.at = end + 1
        return _interval(first, last, len(low) if len(low) == len(high) else 0)

    def char_class(self, start: int) -> Node:
        excluding = self.take("^")
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
            # Lucene folds single characters of a class, and not the ends of a range nor what lies between them.
            ranges += char(low, self.fold, self.wide).ranges if low == high else ((ord(low), ord(high)),)
        taken = merged(ranges)
        return Chars(negated(taken) if excluding else taken)

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
    rest = len(first) - 1
    if not first.strip("0") and not last.strip("9"):
        return _digits(len(first))
    if first[0] == last[0]:
        return concat(char(first[0], False), _same_width(first[1:], last[1:]))
    parts = [
        concat(char(first[0], False), _same_width(first[1:], "9" * rest)),
        concat(char(last[0], False), _same_width("0" * rest, last[1:])),
    ]
    if ord(first[0]) + 1 <= ord(last[0]) - 1:
        parts.append(concat(Chars(((ord(first[0]) + 1, ord(last[0]) - 1),)), _digits(rest)))
    return union(*parts)


def _digits(count: int) -> Node:
    node: Node = EPSILON
    for _ in range(count):
        node = concat(Chars(((ord("0"), ord("9")),)), node)
    return node
