"""Parser actions for Kuery: one function per rule and terminal of ``grammar.lark``, under its name there.

A rule's action takes the list of its parts: nodes, lexemes (keywords and punctuation) and plain lists of nodes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..input_limits import characters
from ..span import Span
from .tree import And, Is, MatchAll, Nested, Not, Or, Query, Range, RangeOperator, Text

JAVASCRIPT_SPACE = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Kibana trims from an unquoted value."""

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_QUOTED_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|([trn"\\]))')
_WHITE_SPACE = {"t": "\t", "r": "\r", "n": "\n"}
_PIECE = re.compile(r"(?:[^\\*]|\\.)++|\*", re.DOTALL)
_RANGE = {operator.value: operator for operator in RangeOperator}


# Terminals


def UNQUOTED(lexeme: Any) -> Text:
    """An unquoted value, trimmed as Kibana does and split at its wildcards."""
    typed = lexeme.value.strip(JAVASCRIPT_SPACE)
    start = lexeme.start_pos + (lexeme.value.index(typed) if typed else 0)
    span = Span(start, start + len(typed))
    if "\\" not in typed:
        return Text(tuple(typed.split("*")), False, span)
    pieces = [""]
    for part in _PIECE.findall(typed):
        if part == "*":
            pieces.append("")
        else:
            pieces[-1] = _unescaped(_ESCAPE, part, span)
    # Kibana trims what the escapes became, too.
    pieces[0] = pieces[0].lstrip(JAVASCRIPT_SPACE)
    pieces[-1] = pieces[-1].rstrip(JAVASCRIPT_SPACE)
    return Text(tuple(pieces), False, span)


def QUOTED(lexeme: Any) -> Text:
    """A quoted value with its escapes decoded."""
    span = Span(lexeme.start_pos, lexeme.end_pos)
    return Text((_unescaped(_QUOTED_ESCAPE, lexeme.value[1:-1], span),), True, span)


def _unescaped(escape: re.Pattern[str], text: str, span: Span) -> str:
    return characters(escape.sub(_unescape, text), span) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    digits, char = match.groups()
    return chr(int(digits, 16)) if digits else _WHITE_SPACE.get(char, char)


# Lists


def pair(parts: list[Any]) -> list[Any]:
    """A list of two elements around an operator."""
    return [parts[0], parts[2]]


def append(parts: list[Any]) -> list[Any]:
    """The list with the element that follows an operator."""
    nodes: list[Any] = parts[0]
    nodes.append(parts[2])
    return nodes


# Queries and values


def any_of(parts: list[Any]) -> Or:
    """A disjunction, with nested ones flattened."""
    return Or(_flattened(Or, parts[0]), Span(parts[0][0].span.start, parts[0][-1].span.end))


def all_of(parts: list[Any]) -> And:
    """A conjunction, with nested ones flattened."""
    return And(_flattened(And, parts[0]), Span(parts[0][0].span.start, parts[0][-1].span.end))


def _flattened(kind: type[And] | type[Or], nodes: list[Any]) -> tuple[Any, ...]:
    if not any(isinstance(node, kind) for node in nodes):
        return tuple(nodes)
    return tuple(arg for node in nodes for arg in (node.args if isinstance(node, kind) else (node,)))


def negate(parts: list[Any]) -> Not:
    """``not query``."""
    return Not(parts[1], Span(parts[0].start_pos, parts[1].span.end))


def group(parts: list[Any]) -> Any:
    """A compound node takes its parentheses into its span; ``not (a:b)`` ends where the user sees it end."""
    node = parts[1]
    return node if isinstance(node, Text) else replace(node, span=Span(parts[0].start_pos, parts[2].end_pos))


def bare(parts: list[Any]) -> Is:
    """A value without a field."""
    return Is(None, parts[0], parts[0].span)


def is_one(parts: list[Any]) -> Is:
    """``field : value``."""
    field, _, value = parts
    return Is(field, value, Span(field.span.start, value.span.end))


def is_list(parts: list[Any]) -> Is:
    """``field : (values)``."""
    field, _, _, value, closing = parts
    return Is(field, value, Span(field.span.start, closing.end_pos))


def range_test(parts: list[Any]) -> Range:
    """``field < value`` and the other range operators."""
    field, operator, value = parts
    return Range(field, _RANGE[operator.value.rstrip(" \t\r\n\xa0")], value, Span(field.span.start, value.span.end))


def nested(parts: list[Any]) -> Nested:
    """``path : { query }``."""
    path, _, _, query, closing = parts
    return Nested(path, query, Span(path.span.start, closing.end_pos))


def nothing(parts: list[Any]) -> MatchAll:
    """The empty query."""
    return MatchAll()


def whole(parts: list[Any]) -> Query:
    """The whole query."""
    query: Query = parts[0]
    return query
