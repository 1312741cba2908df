"""Kuery trees back to text that parses to the same tree."""

from __future__ import annotations

import re

from .tree import And, Is, MatchAll, Nested, Not, Or, Query, Range, Text, Value

_QUOTED = re.compile(r'[\\"\t\r\n]')
_UNQUOTED = re.compile(
    r'[\\():<>"*{}\t\r\n]|(?P<keyword>(?<=[ \xa0])(?:and|or)(?=[ \xa0]|$))|(?P<negation>not(?=[ \xa0]|$))', re.IGNORECASE
)
_WHITE_SPACE = {"\t": "\\t", "\r": "\\r", "\n": "\\n"}

_OR, _AND, _NOT, _ATOM = range(4)


def render(node: Query | Value) -> str:
    """The node's text; a whole query, or a part of one on its own."""
    return "" if isinstance(node, MatchAll) else _render(node, _OR)


def _render(node: Query | Value, level: int) -> str:
    """The text of a node where operators that bind as tightly as ``level`` need no parentheses."""
    match node:
        case Text():
            return _text(node)
        case MatchAll():
            return "*:*"
        case Is(field=None, value=value):
            return _render(value, _ATOM)
        case Is(field=Text() as field, value=value):
            return f"{_text(field)}:{_render(value, _ATOM)}"
        case Range(field=field, operator=operator, value=value):
            return f"{_text(field)} {operator.value} {_text(value)}"
        case Nested(path=path, query=query):
            return f"{_text(path)}:{{ {_render(query, _OR)} }}"
        case Or(args=args):
            own, text = _OR, " or ".join([_render(arg, _AND) for arg in args])
        case And(args=args):
            own, text = _AND, " and ".join([_render(arg, _NOT) for arg in args])
        case Not(arg=arg):
            own, text = _NOT, f"not {_render(arg, _ATOM)}"
    return f"({text})" if own < level else text


def _text(text: Text) -> str:
    if text.quoted:
        return f'"{_QUOTED.sub(_escaped, text.literal)}"'
    written = "*".join([_UNQUOTED.sub(_escaped, piece) for piece in text.pieces])
    # Only an escape that is trimmed away again can leave nothing.
    return written or "\\t"


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    if match.lastgroup == "negation":
        # `\not` is a line feed and `ot`.
        return f"\\u{ord(found[0]):04x}{found[1:]}"
    return _WHITE_SPACE.get(found, f"\\{found}")
