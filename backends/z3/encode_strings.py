"""Strings, patterns and regular expressions as Z3 terms."""

from __future__ import annotations

import re

import z3

from ...compiler.values.regexp import EPSILON, Chars, Complement, Concat, Epsilon, Intersection, Node, Nothing, Star, Union
from ...compiler.values.sets import Pattern, Wild

MAX_CHAR = 0x2FFFF
"""The last character of Z3's strings."""


class NotEncodable(Exception):
    """A construct that Z3's theories do not express; the formula is encoded without it."""


def string_value(text: str, ctx: z3.Context) -> z3.SeqRef:
    """Returns a string constant. Z3 interprets ``\\u{..}``, so a backslash is written as such an escape."""
    if any(ord(char) > MAX_CHAR for char in text):
        raise NotEncodable(f"a character above U+{MAX_CHAR:X}")
    return z3.StringVal("".join(char if " " <= char <= "~" and char != "\\" else f"\\u{{{ord(char):x}}}" for char in text), ctx)


def read_string(value: z3.SeqRef) -> str:
    """The text of a string constant in a model."""
    return re.sub(r"\\u\{([0-9a-fA-F]+)\}|\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", _char, value.as_string())


def _char(match: re.Match[str]) -> str:
    return chr(int(match[1] or match[2] or match[3], 16))


def utf16_length(text: z3.SeqRef) -> z3.ArithRef:
    """The length of a text in UTF-16 units. How many characters beyond U+FFFF a text holds is left open, except that none do where
    all lie below; it is a function of the text."""
    ctx = text.ctx
    size, extra = z3.Length(text), z3.Function("characters beyond U+FFFF", z3.StringSort(ctx), z3.IntSort(ctx))(text)
    return size + z3.If(one_unit_each(text), 0, z3.If(z3.And(extra >= 1, extra <= size), extra, 1))


def one_unit_each(text: z3.SeqRef) -> z3.BoolRef:
    """Whether no character of a text lies beyond U+FFFF, so that places in it are those of its UTF-16 units."""
    ctx = text.ctx
    return z3.InRe(text, z3.Star(z3.Range(string_value("\0", ctx), string_value("\uffff", ctx), ctx)))


def no_half_characters(text: z3.SeqRef) -> z3.BoolRef:
    """Whether a text holds no half of a character of two units."""
    ctx = text.ctx
    ends = (("\0", "\ud7ff"), ("\ue000", chr(MAX_CHAR)))
    return z3.InRe(text, z3.Star(z3.Union(*(z3.Range(string_value(low, ctx), string_value(high, ctx), ctx) for low, high in ends))))


def lowered(text: str) -> str:
    """Lower-cases ASCII letters. Separate from the matcher's implementation, so that the solver checks it independently."""
    return "".join(char.lower() if char.isascii() else char for char in text)


class Languages:
    """Builds regular languages in one context.

    Args:
        ctx: the context.
        lowered: whether strings are lower-cased already: case-insensitive patterns then need one case only, which Z3
            decides a hundred times faster than character classes.
    """

    def __init__(self, ctx: z3.Context, lowered: bool) -> None:
        self.ctx = ctx
        self.lowered = lowered
        self.sort = z3.ReSort(z3.StringSort(ctx))
        self.any_char = z3.AllChar(self.sort, ctx)
        self.anything = z3.Full(self.sort)

    def literal(self, text: str, fold: bool) -> z3.ReRef:
        if fold and self.lowered:
            text = lowered(text)
        elif fold:
            return self.joined([self._either_case(char) for char in text])
        return z3.Re(string_value(text, self.ctx), self.ctx)

    def _either_case(self, char: str) -> z3.ReRef:
        exact = z3.Re(string_value(char, self.ctx), self.ctx)
        if not (char.isascii() and char.isalpha()):
            return exact
        return z3.Union(exact, z3.Re(string_value(char.swapcase(), self.ctx), self.ctx))

    def joined(self, parts: list[z3.ReRef]) -> z3.ReRef:
        if not parts:
            return z3.Re(string_value("", self.ctx), self.ctx)
        return parts[0] if len(parts) == 1 else z3.Concat(*parts)

    def pattern(self, pattern: Pattern, run: z3.ReRef | None = None, one: z3.ReRef | None = None) -> z3.ReRef:
        """Returns the language of a pattern; ``run`` and ``one`` replace ``*`` and ``?``, by default any string and any character."""
        parts: list[z3.ReRef] = []
        for token in pattern.tokens:
            if token is Wild.RUN:
                parts.append(self.anything if run is None else run)
            elif token is Wild.ONE:
                parts.append(self.any_char if one is None else one)
            else:
                parts.append(self.literal(token, pattern.fold))
        return self.joined(parts)

    def node(self, node: Node) -> z3.ReRef:
        """Returns the language of a Lucene regular expression."""
        match node:
            case Nothing():
                return z3.Empty(self.sort)
            case Epsilon():
                return self.joined([])
            case Chars(ranges):
                parts = [self._range(low, min(high, MAX_CHAR)) for low, high in ranges if low <= MAX_CHAR]
                return z3.Empty(self.sort) if not parts else parts[0] if len(parts) == 1 else z3.Union(*parts)
            case Concat():
                parts = []
                rest: Node = node
                while isinstance(rest, Concat):
                    parts.append(self.node(rest.left))
                    rest = rest.right
                return self.joined([*parts, self.node(rest)])
            case Union(args):
                if (chain := _optional_chain(node)) is not None:
                    arg, count = chain
                    return z3.Loop(self.node(arg), 0, count)
                return z3.Union(*self._ordered(args))
            case Intersection(args):
                return z3.Intersect(*self._ordered(args))
            case Complement(arg):
                return z3.Complement(self.node(arg))
            case Star(arg):
                return z3.Star(self.node(arg))

    def _ordered(self, args: frozenset[Node]) -> list[z3.ReRef]:
        """Sorts arguments independently of hashing, so that runs are reproducible."""
        return [self.node(arg) for arg in sorted(args, key=_written)]

    def _range(self, low: int, high: int) -> z3.ReRef:
        return z3.Range(string_value(chr(low), self.ctx), string_value(chr(high), self.ctx), self.ctx)


_LONG = 40
"""The shortest chain of optional repetitions that is not encoded one inside the other, which is too deep for Z3 and Python."""


def _optional_chain(node: Node) -> tuple[Node, int] | None:
    """What a chain of the form ``(x(x(x)?)?)?`` repeats, and how often at most; None for a short chain, or another node."""
    count = 0
    repeated: Node | None = None
    while isinstance(node, Union) and len(node.args) == 2 and EPSILON in node.args:
        (inner,) = node.args - {EPSILON}
        first, node = (inner.left, inner.right) if isinstance(inner, Concat) else (inner, EPSILON)
        if repeated is not None and first != repeated:
            return None
        repeated = first
        count += 1
    if repeated is None or count < _LONG or not isinstance(node, Epsilon):
        return None
    return repeated, count


def _written(node: Node) -> str:
    """The `repr` of an expression, however deep it is."""
    parts: list[str] = []
    stack: list[Node | str] = [node]
    while stack:
        match stack.pop():
            case str(text):
                parts.append(text)
            case Concat(left, right):
                stack += [")", right, ", right=", left, "Concat(left="]
            case Union(args) | Intersection(args) as found:
                listed = [item for arg in reversed(list(args)) for item in (arg, ", ")][:-1]
                stack += ["}))", *listed, f"{type(found).__name__}(args=frozenset({{"]
            case Complement(arg) | Star(arg) as found:
                stack += [")", arg, f"{type(found).__name__}(arg="]
            case found:
                parts.append(repr(found))
    return "".join(parts)
