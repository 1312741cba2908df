"""What each rule of ``grammar.lark`` becomes, under its name there."""

from __future__ import annotations

from typing import Any

from ..lalr.failure import Misuse
from ..span import Span
from .tree import And, Condition, Identifier, Not, Or, Quantified

_MOST = 1000


def identifier(parts: list[Any]) -> Identifier:
    """A search identifier."""
    return Identifier(parts[0].value, parts[0].span)


def quantified(parts: list[Any]) -> Quantified:
    """``1 of name*``, ``all of them``."""
    count, _, name = parts
    return Quantified(_count(count), Identifier(name.value, name.span), count.span.to(name.span))


def _count(lexeme: Any) -> int | None:
    word = lexeme.value.lower()
    if word == "all":
        return None
    if word == "any":
        return 1
    if not word.isdecimal() or not 1 <= int(word) <= _MOST:
        raise Misuse(f"`{lexeme.value}` is not a number of search identifiers", lexeme.span, "write `1 of`, `2 of` or `all of`")
    return int(word)


def group(parts: list[Any]) -> Any:
    """``(condition)``; the tree keeps no parentheses."""
    return parts[1]


def negate(parts: list[Any]) -> Not:
    """``not condition``."""
    return Not(parts[1], parts[0].span.to(parts[1].span))


def pair(parts: list[Any]) -> list[Condition]:
    """The first two operands of an operator."""
    return [parts[0], parts[2]]


def append(parts: list[Any]) -> list[Condition]:
    """One more operand of an operator."""
    return [*parts[0], parts[2]]


def all_of(parts: list[Any]) -> And:
    """Operands joined by ``and``."""
    return And(tuple(parts[0]), _around(parts[0]))


def any_of(parts: list[Any]) -> Or:
    """Operands joined by ``or``."""
    return Or(tuple(parts[0]), _around(parts[0]))


def _around(args: list[Condition]) -> Span:
    return args[0].span.to(args[-1].span)


def whole(parts: list[Any]) -> Condition:
    """The whole condition."""
    found: Condition = parts[0]
    return found
