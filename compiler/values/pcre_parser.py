"""PCRE patterns as trees.

Alternatives, groups, classes, repetition and zero-width assertions are read; what no regular language has (backreferences, recursion,
atomic groups) is refused by name. Classes are those of PCRE without ``UCP``: ASCII.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .regexp import merged, negated

Ranges = tuple[tuple[int, int], ...]


class PcreError(ValueError):
    """A pattern that cannot be read; ``supported`` is false for a construct that PCRE has and this compiler has not."""

    def __init__(self, message: str, offset: int, construct: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.construct = construct


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of ranges of code points."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``low`` to ``high`` times; no bound above for None."""

    arg: Node
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Assertion:
    """A condition on a place: ``start end line-start line-end boundary no-boundary ahead not-ahead behind not-behind``."""

    kind: str
    arg: Node | None = None
    offset: int = 0


Node = Chars | Sequence | Choice | Repeat | Assertion


@dataclass(frozen=True, slots=True)
class Flags:
    """``i m s x`` of a pattern or a part of it."""

    fold: bool = False
    multiline: bool = False
    dotall: bool = False
    extended: bool = False


PLAIN = Flags()
MAX_CODE = 0x10FFFF
ALL: Ranges = ((0, MAX_CODE),)
_NEWLINE: Ranges = ((10, 10),)
DIGITS: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Ranges = ((9, 13), (32, 32))
_HORIZONTAL: Ranges = ((9, 9), (32, 32))
_CLASSES = {"d": DIGITS, "w": WORD, "s": _SPACE, "h": _HORIZONTAL, "v": ((10, 13),)}
_CHARACTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "e": "\x1b", "a": "\x07", "0": "\0"}
_ASSERTIONS = {"b": "boundary", "B": "no-boundary", "A": "start", "z": "end", "Z": "end"}
_POSIX: dict[str, Ranges] = {
    "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
    "digit": DIGITS,
    "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    "upper": ((0x41, 0x5A),),
    "lower": ((0x61, 0x7A),),
    "space": _SPACE,
    "blank": _HORIZONTAL,
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
    "word": WORD,
    "print": ((0x20, 0x7E),),
    "graph": ((0x21, 0x7E),),
    "cntrl": ((0, 31), (127, 127)),
}
_GROUPS = {
    "?=": "ahead",
    "?!": "not-ahead",
    "?<=": "behind",
    "?<!": "not-behind",
}
_REFUSED_GROUPS = {
    "?>": "an atomic group",
    "?|": "a branch reset",
    "?R": "recursion",
    "?&": "a subroutine call",
    "?(": "a conditional group",
    "?P>": "a subroutine call",
    "?P=": "a backreference",
}
_MOST_REPEATS = 1000
_DEEPEST = 100


def parse_pcre(text: str, flags: Flags = PLAIN) -> Node:
    """The tree of a pattern.

    Raises:
        PcreError: it is not a pattern, or holds what no regular language has.
    """
    parser = _Parser(text, flags)
    node = parser.choice()
    if parser.at < len(text):
        raise PcreError("nothing opened this `)`", parser.at)
    return node


def folded(ranges: Ranges) -> Ranges:
    """The ranges with both cases of each ASCII letter."""
    found = list(ranges)
    for low, high in ranges:
        for first, last, shift in ((0x41, 0x5A, 32), (0x61, 0x7A, -32)):
            start, stop = max(low, first), min(high, last)
            if start <= stop:
                found.append((start + shift, stop + shift))
    return merged(found)


class _Parser:
    def __init__(self, text: str, flags: Flags) -> None:
        self.text = text
        self.flags = flags
        self.at = 0
        self.depth = 0

    def peek(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def take(self, text: str) -> bool:
        if self.peek(text):
            self.at += len(text)
            return True
        return False

    def refuse(self, construct: str, at: int) -> PcreError:
        return PcreError(f"{construct} is not supported", at, construct)

    def choice(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise PcreError(f"nested too deeply (more than {_DEEPEST} groups)", self.at)
        around = self.flags
        args = [self.sequence()]
        while self.take("|"):
            args.append(self.sequence())
        self.flags = around
        self.depth -= 1
        return args[0] if len(args) == 1 else Choice(tuple(args))

    def sequence(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            if self.flags.extended and self._skipped():
                continue
            if self.take("\\Q"):
                end = self.text.find("\\E", self.at)
                end = len(self.text) if end < 0 else end
                parts += [self.one(char) for char in self.text[self.at : end]]
                self.at = min(end + 2, len(self.text))
                if parts:
                    parts[-1] = self.repeated(parts[-1])
                continue
            if (part := self.item()) is not None:
                parts.append(self.repeated(part))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _skipped(self) -> bool:
        if self.text[self.at].isspace():
            self.at += 1
            return True
        if self.text[self.at] == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end + 1
            return True
        return False

    def repeated(self, node: Node) -> Node:
        while (bounds := self._bounds()) is not None:
            low, high, start = bounds
            if isinstance(node, Assertion) and node.arg is None:
                raise PcreError(f"`{self.text[start : self.at]}` has nothing to repeat", start)
            if self.take("+"):
                raise self.refuse("a possessive quantifier", start)
            self.take("?")
            node = Repeat(node, low, high)
        return node

    def _bounds(self) -> tuple[int, int | None, int] | None:
        start = self.at
        for sign, low, high in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self.take(sign):
                return low, high, start
        if not self.peek("{"):
            return None
        inner, closed, _ = self.text[self.at + 1 :].partition("}")
        first, comma, last = inner.partition(",")
        if not closed or not (first.isdecimal() or (comma and not first and last.isdecimal())) or not (not last or last.isdecimal()):
            return None
        self.at += len(inner) + 2
        low = int(first or 0)
        high = (int(last) if last else None) if comma else low
        if max(low, high or 0) > _MOST_REPEATS:
            raise self.refuse(f"more than {_MOST_REPEATS} repetitions", start)
        if high is not None and high < low:
            raise PcreError("the numbers of a repetition are not in order", start)
        return low, high, start

    def one(self, char: str) -> Chars:
        ranges: Ranges = ((ord(char), ord(char)),)
        return Chars(folded(ranges) if self.flags.fold else ranges)

    def item(self) -> Node | None:
        start = self.at
        char = self.text[start]
        self.at += 1
        match char:
            case ".":
                return Chars(ALL if self.flags.dotall else negated(_NEWLINE))
            case "^":
                return Assertion("line-start" if self.flags.multiline else "start", offset=start)
            case "$":
                return Assertion("line-end" if self.flags.multiline else "end", offset=start)
            case "(":
                return self.group(start)
            case "[":
                return Chars(self.char_class(start))
            case "\\":
                return self.escape(start)
            case "*" | "+" | "?":
                raise PcreError(f"`{char}` has nothing to repeat", start)
        return self.one(char)

    def group(self, start: int) -> Node | None:
        if self.take("?#"):
            end = self.text.find(")", self.at)
            if end < 0:
                raise PcreError("unclosed `(`", start)
            self.at = end + 1
            return None
        for opening, what in _REFUSED_GROUPS.items():
            if self.peek(opening):
                raise self.refuse(what, start)
        if self.peek("*"):
            raise self.refuse("a control verb", start)
        around = self.flags
        kind = next((kind for opening, kind in sorted(_GROUPS.items(), key=lambda each: -len(each[0])) if self.take(opening)), None)
        if kind is None and self.take("?") and self._flags(start):
            return None
        node = self.choice()
        self.flags = around
        if not self.take(")"):
            raise PcreError("unclosed `(`", start)
        return node if kind is None else Assertion(kind, node, start)

    def _flags(self, start: int) -> bool:
        """Read what follows ``(?``; whether that is the whole group, whose flags hold from there on."""
        if self.take(":"):
            return False
        for opening, closing in (("P<", ">"), ("<", ">"), ("'", "'")):
            if self.take(opening):
                name, closed, _ = self.text[self.at :].partition(closing)
                if not closed or not name.isidentifier():
                    raise PcreError("a group has no valid name", start)
                self.at += len(name) + 1
                return False
        switched, value = self.flags, True
        while self.at < len(self.text) and self.text[self.at] not in ":)":
            letter = self.text[self.at]
            self.at += 1
            match letter:
                case "-":
                    value = False
                case "i":
                    switched = replace(switched, fold=value)
                case "m":
                    switched = replace(switched, multiline=value)
                case "s":
                    switched = replace(switched, dotall=value)
                case "x":
                    switched = replace(switched, extended=value)
                case "n" | "u" | "a":
                    pass
                case _:
                    raise self.refuse(f"`(?{letter}`", start)
        self.flags = switched
        if self.take(":"):
            return False
        if not self.take(")"):
            raise PcreError("unclosed `(`", start)
        return True

    def escape(self, start: int) -> Node:
        letter = self.text[self.at : self.at + 1]
        if letter in _ASSERTIONS:
            self.at += 1
            return Assertion(_ASSERTIONS[letter], offset=start)
        if (letter.isdecimal() and letter != "0") or (letter and letter in "gk"):
            raise self.refuse("a backreference", start)
        ranges = self.escaped_ranges(start)
        return Chars(folded(ranges) if self.flags.fold else ranges)

    def escaped_ranges(self, start: int) -> Ranges:
        """The characters that an escape stands for; the backslash is read already."""
        letter = self.text[self.at : self.at + 1]
        if not letter:
            raise PcreError("a `\\` ends the pattern", start)
        self.at += 1
        if letter.lower() in _CLASSES:
            ranges = _CLASSES[letter.lower()]
            return negated(ranges) if letter.isupper() else ranges
        if letter == "N":
            return negated(_NEWLINE)
        if letter in _CHARACTERS:
            code = ord(_CHARACTERS[letter])
        elif letter in "xu":
            code = self._code(letter, start)
        elif letter in "pPXRCKG":
            raise self.refuse(f"`\\{letter}`", start)
        elif letter.isascii() and letter.isalnum():
            raise PcreError(f"`\\{letter}` is not an escape", start)
        else:
            code = ord(letter)
        return ((code, code),)

    def _code(self, letter: str, start: int) -> int:
        if self.take("{"):
            digits, closed, _ = self.text[self.at :].partition("}")
            self.at += len(digits) + 1
        else:
            wide = 4 if letter == "u" else 2
            digits, closed = self.text[self.at : self.at + wide], "}"
            self.at += len(digits)
        try:
            code = int(digits, 16)
        except ValueError:
            code = -1
        if not closed or not 0 <= code <= MAX_CODE or 0xD800 <= code <= 0xDFFF:
            raise PcreError("not the code of a character", start)
        return code

    def char_class(self, start: int) -> Ranges:
        excluding = self.take("^")
        found: list[tuple[int, int]] = []
        first = True
        while first or not self.peek("]"):
            if self.at >= len(self.text):
                raise PcreError("unclosed `[`", start)
            first = False
            found += self._member(start)
        self.at += 1
        ranges = merged(found)
        if self.flags.fold:
            ranges = folded(ranges)
        return negated(ranges) if excluding else ranges

    def _member(self, start: int) -> Ranges:
        if self.take("[:"):
            name, closed, _ = self.text[self.at :].partition(":]")
            known = _POSIX.get(name.removeprefix("^"))
            if not closed or known is None:
                raise PcreError("unknown class of characters", self.at)
            self.at += len(name) + 2
            return negated(known) if name.startswith("^") else known
        low = self._bound(start)
        if len(low) != 1 or low[0][0] != low[0][1] or not self.peek("-") or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return low
        self.at += 1
        high = self._bound(start)
        if len(high) != 1 or high[0][0] != high[0][1]:
            return (*low, (0x2D, 0x2D), *high)
        if high[0][0] < low[0][0]:
            raise PcreError("the range of a class is empty", start)
        return ((low[0][0], high[0][0]),)

    def _bound(self, start: int) -> Ranges:
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return ((ord(char), ord(char)),)
        if self.take("b"):
            return ((8, 8),)
        return self.escaped_ranges(start)
