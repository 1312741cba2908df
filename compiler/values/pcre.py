"""PCRE patterns that search a value, as regular expressions of Lucene that describe it whole.

Anchors and assertions on places become intersections: with what precedes ``B`` and what follows ``A``, the values that a place with
``(?=L)`` splits are ``B`` before ``A & L.*``. A quantifier's laziness has no effect on which values match.
"""

from __future__ import annotations

from itertools import product

from ...grammar.span import NOWHERE, Span
from .pcre_parser import ALL, MAX_CODE, PLAIN, WORD, Assertion, Chars, Choice, Flags, Node, PcreError, Ranges, Repeat, Sequence, parse_pcre
from .regexp import negated
from .regexp_parser import Regexp, parse_regexp

_MOST_WAYS = 256
"""Ways through the groups that hold assertions."""
_MOST_EXPANDED = 8
"""Repetitions of a group with an assertion that are written out."""
_LONGEST = 200_000
_SPECIAL = frozenset('.?+*|{}[]()"\\#@&<>~^$-')
_NOT_WORD = negated(WORD)


def search_regexp(text: str, flags: Flags = PLAIN, span: Span = NOWHERE) -> Regexp:
    """The values in which a pattern finds a match.

    Raises:
        PcreError: it is not a pattern, or not one of a regular language.
    """
    ways = _ways(parse_pcre(text, flags))
    written = "|".join(dict.fromkeys(_whole(way) for way in ways))
    if len(written) > _LONGEST:
        raise PcreError("the pattern is too large", 0, "a pattern of this size")
    return parse_regexp(written, span=span, pcre=text or "()", longest=_LONGEST)


def _escaped(char: str) -> str:
    return f"\\{char}" if char in _SPECIAL else char


# -- ways ----------------------------------------------------------------------------------------

_Way = tuple[str | Assertion, ...]
"""Texts of Lucene and assertions, one after the other."""


def _ways(node: Node) -> list[_Way]:
    """The ways through a pattern; groups without assertions stay one text."""
    if not _asserts(node):
        return [(_text(node),)]
    match node:
        case Assertion():
            found: list[_Way] = [(node,)]
        case Choice(args):
            found = [way for arg in args for way in _ways(arg)]
        case Sequence(parts):
            found = [()]
            for part in parts:
                found = [(*before, *after) for before, after in product(found, _ways(part))]
                _check(found)
        case Repeat(arg, low, high) if high is not None and high <= _MOST_EXPANDED:
            once = _ways(arg)
            found = []
            for count in range(low, high + 1):
                repeated: list[_Way] = [()]
                for _ in range(count):
                    repeated = [(*before, *after) for before, after in product(repeated, once)]
                    _check(repeated)
                found += repeated
        case _:
            raise PcreError("an assertion in a repetition is not supported", 0, "an assertion in a repetition")
    _check(found)
    return found


def _check(ways: list[_Way]) -> None:
    if len(ways) > _MOST_WAYS:
        raise PcreError("too many groups with assertions", 0, f"more than {_MOST_WAYS} ways through groups with assertions")


def _asserts(node: Node) -> bool:
    match node:
        case Assertion():
            return True
        case Choice(args) | Sequence(args):
            return any(map(_asserts, args))
        case Repeat(arg):
            return _asserts(arg)
    return False


def _whole(way: _Way) -> str:
    """The values that a way through the pattern is found in."""
    return f"({_before(way, '.*')})"


def _before(way: _Way, tail: str) -> str:
    """The texts up to the end of a way, and then a tail: anything may come first unless an assertion says otherwise."""
    for at in range(len(way) - 1, -1, -1):
        part = way[at]
        if not isinstance(part, Assertion) or part.kind in ("ahead", "not-ahead", "end", "line-end"):
            continue
        rest = _after(way[at + 1 :], tail)
        left = way[:at]
        if part.kind == "start":
            return rest if not left else f"({_before(left, '')}&()){rest}"
        before = _before(left, "")
        match part.kind:
            case "line-start":
                return f"({before}&(()|.*\n)){rest}"
            case "behind":
                return f"({before}&{_looked_at(part)}){rest}"
            case "not-behind":
                return f"({before}&~{_looked_at(part)}){rest}"
        word, other = _class(WORD), _class(_NOT_WORD)
        ends, begins = f"({before}&(.*{word}))", f"({rest}&({word}.*))"
        blank_end, blank_begin = f"({before}&(()|.*{other}))", f"({rest}&(()|{other}.*))"
        pairs = ((ends, blank_begin), (blank_end, begins)) if part.kind == "boundary" else ((ends, begins), (blank_end, blank_begin))
        return "(" + "|".join(left + right for left, right in pairs) + ")"
    return ".*" + _after(way, tail)


def _after(way: _Way, tail: str) -> str:
    """The texts of a way and a tail, without what looks back."""
    found = tail
    for part in reversed(way):
        if isinstance(part, str):
            found = part + found
            continue
        if tail == "":
            # What follows is not part of the text, so it cannot be looked at.
            raise PcreError("a look ahead before another assertion is not supported", part.offset, "a look ahead before another assertion")
        match part.kind:
            case "end":
                found = "" if found == ".*" else f"({found or '()'}&())"
            case "line-end":
                found = f"({found or '()'}&(()|\n.*))"
            case "ahead":
                found = f"({found or '()'}&{_looked_at(part)})"
            case _:
                found = f"({found or '()'}&~{_looked_at(part)})"
    return found


def _looked_at(assertion: Assertion) -> str:
    """The texts before or after a place that an assertion on it speaks of: all of the value up to there, or from there on."""
    assert assertion.arg is not None
    behind = assertion.kind in ("behind", "not-behind")
    found = []
    for way in _ways(assertion.arg):
        edge, limit = (way[:1], "start") if behind else (way[-1:], "end")
        limited = bool(edge) and isinstance(edge[0], Assertion) and edge[0].kind == limit
        texts = (way[1:] if behind else way[:-1]) if limited else way
        if any(isinstance(part, Assertion) for part in texts):
            raise PcreError("an assertion inside an assertion is not supported", assertion.offset, "an assertion inside an assertion")
        text = "".join(map(str, texts)) or "()"
        found.append(text if limited else f".*{text}" if behind else f"{text}.*")
    return f"({'|'.join(found)})"


# -- texts ---------------------------------------------------------------------------------------


def _text(node: Node) -> str:
    """A pattern without assertions, in a form that any operator of Lucene can follow."""
    match node:
        case Chars(ranges):
            return _class(ranges)
        case Sequence(parts):
            return "".join(map(_text, parts)) if len(parts) > 1 else "()"
        case Choice(args):
            return "(" + "|".join(_text(arg) or "()" for arg in args) + ")"
        case Repeat(arg, low, high):
            inner = _text(arg)
            operand = inner if isinstance(arg, Chars) else f"({inner})"
            return f"({operand}{_quantifier(low, high)})"
    raise AssertionError(node)


def _quantifier(low: int, high: int | None) -> str:
    match (low, high):
        case (0, None):
            return "*"
        case (1, None):
            return "+"
        case (0, 1):
            return "?"
    return f"{{{low}}}" if low == high else f"{{{low},{'' if high is None else high}}}"


def _class(ranges: Ranges) -> str:
    if ranges == ALL:
        return "."
    if not ranges:
        return "#"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _escaped(chr(ranges[0][0]))
    shown, sign = ranges, ""
    if ranges[-1][1] == MAX_CODE:
        # The class of the others is shorter, and free of characters that do not print.
        shown, sign = negated(ranges), "^"
    members = (_member(low, high) for low, high in shown)
    return f"[{sign}{''.join(members)}]"


def _member(low: int, high: int) -> str:
    first, last = _in_class(low), _in_class(high)
    return first if low == high else f"{first}-{last}"


def _in_class(code: int) -> str:
    return f"\\{chr(code)}" if chr(code) in _SPECIAL else chr(code)
