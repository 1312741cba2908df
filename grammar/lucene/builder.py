"""What each rule and terminal of ``grammar.lark`` becomes, under its name there.

A rule's action takes the list of its parts: nodes, lexemes and plain lists of clauses.
"""

from __future__ import annotations

import re
from math import isinf
from typing import Any

from ..input_limits import characters
from ..lalr.failure import Misuse
from ..span import Span
from .tree import Clause, Conjunction, Fuzzy, Group, Modifier, Name, Phrase, Query, Range, Regexp, Term, Test, Wild, Wildcard

_SPACE = " \t\n\r\u3000"
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_PIECE = re.compile(r"(?:[^\\*?]|\\.)++|[*?]", re.DOTALL)
_BOUND = re.compile(r'"(?:[^"\\]|\\.)*+"|[^ \t\n\r\u3000\]}"]++', re.DOTALL)


def _unescaped(text: str, span: Span) -> str:
    if "\\" not in text:
        return text
    return characters(_ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], text), span)


def _span(lexeme: Any) -> Span:
    return Span(lexeme.start_pos, lexeme.end_pos)


# Terminals


def FIELD(lexeme: Any) -> Name:
    """A field name before ``:``, split at its wildcards."""
    written = lexeme.value[:-1].rstrip(_SPACE)
    span = Span(lexeme.start_pos, lexeme.start_pos + len(written))
    if written == "*":
        return Name(("", ""), span)
    return Name(tuple(_unescaped(piece, span) for piece in written.split("\\*")), span)


# Values


def term(parts: list[Any]) -> Term:
    """A single word."""
    return Term(_unescaped(parts[0].value, _span(parts[0])), _span(parts[0]))


def fuzzy(parts: list[Any]) -> Fuzzy:
    """``word~2``."""
    edits = parts[1].value[1:]
    span = Span(parts[0].start_pos, parts[1].end_pos)
    return Fuzzy(_unescaped(parts[0].value, span), float(edits) if edits else None, span)


def wild(parts: list[Any]) -> Wild:
    """A word with wildcards."""
    pieces, span = _PIECE.findall(parts[0].value), _span(parts[0])
    return Wild(tuple(Wildcard(piece) if piece in ("*", "?") else _unescaped(piece, span) for piece in pieces), span)


def phrase(parts: list[Any]) -> Phrase:
    """A quoted phrase."""
    return _quoted(parts[0].value, 0, _span(parts[0]))


def proximity(parts: list[Any]) -> Phrase:
    """``"a b"~2``: a phrase with a slop."""
    slop = parts[1].value[1:]
    distance = float(slop) if slop else 0
    if isinf(distance):
        raise Misuse("the number is too large", _span(parts[1]))
    span = Span(parts[0].start_pos, parts[1].end_pos)
    return _quoted(parts[0].value, int(distance), span)


def _quoted(written: str, slop: int, span: Span) -> Phrase:
    return Phrase(_unescaped(written[1:-1], span), slop, span, "*" not in _ESCAPE.sub("", written))


def regexp(parts: list[Any]) -> Regexp:
    """``/regular expression/``."""
    return Regexp(parts[0].value[1:-1].replace("\\/", "/"), _span(parts[0]))


def span_of_values(parts: list[Any]) -> Range:
    """``[low TO high]``; braces exclude a bound."""
    written = parts[0].value
    low, high = _BOUND.findall(written[1:-1].strip(_SPACE))[::2]
    span = _span(parts[0])
    return Range(_bound(low, span), _bound(high, span), written[0] == "{", written[-1] == "}", span)


def _bound(text: str, span: Span) -> str | None:
    if text.startswith('"'):
        return _unescaped(text[1:-1], span)
    return None if text == "*" else _unescaped(text, span)


def boosted(parts: list[Any]) -> Any:
    """A clause without its boost, which only affects scores."""
    return parts[0]


# Clauses


def test(parts: list[Any]) -> Test:
    """A value without a field."""
    return Test(None, parts[0], parts[0].span)


def field_test(parts: list[Any]) -> Test:
    """``field:value``."""
    return Test(parts[0], parts[1], parts[0].span.to(parts[1].span))


def group(parts: list[Any]) -> Group:
    """``(clauses)``."""
    return Group(None, tuple(parts[1]), Span(parts[0].start_pos, parts[2].end_pos))


def plain_group(parts: list[Any]) -> Group:
    """A group without a field."""
    found: Group = parts[0]
    return found


def field_group(parts: list[Any]) -> Group:
    """``field:(clauses)``."""
    return Group(parts[0], parts[1].clauses, parts[0].span.to(parts[1].span))


def _modifier(lexeme: Any) -> Modifier:
    return Modifier.REQUIRED if lexeme.value == "+" else Modifier.PROHIBITED


def _conjunction(lexeme: Any) -> Conjunction:
    return Conjunction.AND if lexeme.value in ("AND", "&&") else Conjunction.OR


def clauses(parts: list[Any]) -> list[Clause]:
    """A new list with one clause."""
    return [Clause(parts[0], span=parts[0].span)]


def modified(parts: list[Any]) -> list[Clause]:
    """A new list with one clause after ``+``, ``-`` or ``NOT``."""
    return [Clause(parts[1], None, _modifier(parts[0]), _span(parts[0]).to(parts[1].span))]


def append(parts: list[Any]) -> list[Clause]:
    """The list with one more clause."""
    return _appended(parts[0], Clause(parts[1], span=parts[1].span))


def append_modified(parts: list[Any]) -> list[Clause]:
    """The list with one more clause after ``+``, ``-`` or ``NOT``."""
    return _appended(parts[0], Clause(parts[2], None, _modifier(parts[1]), _span(parts[1]).to(parts[2].span)))


def append_joined(parts: list[Any]) -> list[Clause]:
    """The list with one more clause after ``AND`` or ``OR``."""
    return _appended(parts[0], Clause(parts[2], _conjunction(parts[1]), None, parts[2].span))


def append_joined_modified(parts: list[Any]) -> list[Clause]:
    """The list with one more clause after a conjunction and a modifier."""
    return _appended(parts[0], Clause(parts[3], _conjunction(parts[1]), _modifier(parts[2]), _span(parts[2]).to(parts[3].span)))


def _appended(found: list[Clause], clause: Clause) -> list[Clause]:
    found.append(clause)
    return found


def whole(parts: list[Any]) -> Query:
    """The whole query."""
    found: list[Clause] = parts[0]
    return Query(tuple(found), found[0].span.to(found[-1].span))


def nothing(parts: list[Any]) -> Query:
    """The empty query."""
    return Query(())
