"""How long the texts are that pass a test, in UTF-16 units."""

from __future__ import annotations

from ...compiler.ir.formula import LengthIn, Like, Matches, Test, entries
from ...compiler.values.functions import utf16_length
from ...compiler.values.regexp import Chars, Complement, Concat, Epsilon, Intersection, Node, Nothing, Star, Union
from ...compiler.values.sets import Pattern, Wild

Lengths = tuple[int, int | None]
"""The least and the greatest length; None is unbounded."""

_MOST_ENTRIES = 32
"""The maximum number of entries of a list whose lengths are compared."""
_ANY: Lengths = (0, None)
_LAST_OF_ONE_UNIT = 0xFFFF


def lengths_of(test: Test) -> Lengths:
    """Bounds of the lengths of the texts that pass a test; not always the closest ones."""
    match test:
        case Like(patterns) if patterns:
            return _either([_of_pattern(pattern) for pattern in patterns])
        case Matches(regexps) if regexps:
            return _either([_of_node(regexp.node) for regexp in regexps])
        case LengthIn(interval):
            return int(interval.low or 0), None if interval.high is None else int(interval.high)
    return _ANY


def no_common_length(tests: list[Test]) -> bool:
    """Whether no text has a length that all tests allow; long lists, and tests of which none limits the length, are not examined."""
    limited = any(isinstance(test, LengthIn | Matches) for test in tests)
    if not limited or any(len(entries(test)) > _MOST_ENTRIES for test in tests):
        return False
    bounds = list(map(lengths_of, tests))
    least = max(low for low, _ in bounds)
    highs = [high for _, high in bounds if high is not None]
    return bool(highs) and least > min(highs)


def _either(bounds: list[Lengths]) -> Lengths:
    highs = [high for _, high in bounds if high is not None]
    return min(low for low, _ in bounds), max(highs) if len(highs) == len(bounds) else None


def _of_pattern(pattern: Pattern) -> Lengths:
    fixed = sum(utf16_length(token) for token in pattern.tokens if isinstance(token, str))
    single = sum(token is Wild.ONE for token in pattern.tokens)
    return fixed + single, None if Wild.RUN in pattern.tokens else fixed + 2 * single


def _of_node(node: Node) -> Lengths:
    match node:
        case Epsilon() | Nothing():
            return 0, 0
        case Chars(ranges):
            return (1 if ranges[0][0] <= _LAST_OF_ONE_UNIT else 2), (1 if ranges[-1][1] <= _LAST_OF_ONE_UNIT else 2)
        case Concat():
            least, most = 0, 0
            unbounded = False
            rest: Node | None = node
            while rest is not None:
                part, rest = (rest.left, rest.right) if isinstance(rest, Concat) else (rest, None)
                low, high = _of_node(part)
                least, most, unbounded = least + low, most + (high or 0), unbounded or high is None
            return least, None if unbounded else most
        case Union(args):
            return _either(list(map(_of_node, args)))
        case Intersection(args):
            bounds = list(map(_of_node, args))
            highs = [high for _, high in bounds if high is not None]
            return max(low for low, _ in bounds), min(highs) if highs else None
        case Star() | Complement():
            return _ANY
