"""Parse failures, and their translation to ``QuerySyntaxError``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from ..span import LineMap, Span
from ..syntax_error import QuerySyntaxError

END = "$END"
NO_TERMINAL = "NO_TERMINAL"
"""The type of a lexeme that no terminal matches: one character."""

_CLOSING = {"(": ")", "[": "]", "![": "]", "{": "}"}
_SHOWN = 40


class Lexeme:
    """What stands in for Lark's ``Token``: without the line counting, which costs more than the parse itself."""

    __slots__ = ("end_pos", "start_pos", "type", "value")

    line = column = end_line = end_column = None

    def __init__(self, type_: str, value: str, start_pos: int, end_pos: int) -> None:
        self.type = type_
        self.value = value
        self.start_pos = start_pos
        self.end_pos = end_pos

    @property
    def word(self) -> str:
        """The text without white space around it."""
        return self.value.strip()

    @property
    def span(self) -> Span:
        """The place of ``word``."""
        start = self.start_pos + len(self.value) - len(self.value.lstrip())
        return Span(start, start + len(self.word))


_NOTHING = Lexeme("", "", 0, 0)


class Misuse(Exception):
    """A node that fits the grammar but is not valid; raised by actions."""

    def __init__(self, message: str, span: Span, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint


class Unexpected(Exception):
    """A lexeme the grammar has no place for.

    Attributes:
        text: the whole query.
        lexeme: the offender, of type ``END`` at the end of the text.
        accepted: the terminals that could have stood there.
        before: all lexemes before it.
    """

    def __init__(self, text: str, lexeme: Lexeme, accepted: frozenset[str], before: list[Lexeme]) -> None:
        super().__init__(lexeme.type)
        self.text = text
        self.lexeme = lexeme
        self.accepted = accepted
        self.before = before

    def previous(self, distance: int = 1) -> Lexeme:
        """The lexeme before the offender, or one further back; empty where there is none."""
        return self.before[-distance] if distance <= len(self.before) else _NOTHING

    @property
    def rest(self) -> str:
        """The text from the offender on."""
        return self.text[self.lexeme.start_pos :]

    def open_brackets(self) -> list[int]:
        """Indices in ``before`` of the brackets that nothing closes, outermost first."""
        found: list[int] = []
        for index, lexeme in enumerate(self.before):
            if lexeme.word in _CLOSING:
                found.append(index)
            elif found and lexeme.word == _CLOSING[self.before[found[-1]].word]:
                found.pop()
        return found


@dataclass(frozen=True, slots=True)
class Advice:
    """The message and hint of a slip. Without a ``message`` the error names what stood there and what could have."""

    hint: str | None = None
    message: str | None = None
    span: Span | None = None


Slip = Callable[[Unexpected], Advice | None]
"""Recognises one common mistake."""


def explain(failure: Unexpected, language: str, terms: Callable[[Unexpected], Iterable[str]], slips: Iterable[Slip]) -> QuerySyntaxError:
    """The error to raise, in the words of the first slip that recognises the mistake.

    Args:
        failure: where the parse stopped.
        language: ``"kuery"`` or ``"eql"``.
        terms: what could have stood there, as a user calls it.
        slips: from the most particular to the most general.
    """
    advice = next(filter(None, (slip(failure) for slip in (*slips, unclosed, unopened))), Advice())
    span = advice.span or failure.lexeme.span
    expected = () if advice.message else tuple(sorted(set(terms(failure))))
    return QuerySyntaxError(advice.message or _message(failure, span), span, failure.text, language, expected, advice.hint)


def _message(failure: Unexpected, span: Span) -> str:
    if failure.lexeme.type != END:
        return f"unexpected {quoted(failure.text[span.start : span.end])}"
    if not failure.before:
        return "the query is empty"
    return f"the query ends too early, after {quoted(failure.previous().word)}"


def quoted(text: str) -> str:
    """A user's text in back-quotes, cut short if it is long."""
    text = " ".join(text.split())
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def unclosed(failure: Unexpected) -> Advice | None:
    """A bracket that is never closed."""
    if failure.lexeme.type != END or not failure.open_brackets():
        return None
    bracket = failure.before[failure.open_brackets()[-1]]
    place = LineMap(failure.text).position(bracket.start_pos)
    return Advice(f"the `{bracket.word}` at {place.line}:{place.column} is never closed; add a `{_CLOSING[bracket.word]}`")


def unopened(failure: Unexpected) -> Advice | None:
    """A closing bracket that does not match an opening one."""
    if failure.lexeme.word not in _CLOSING.values() or failure.lexeme.word in failure.accepted:
        return None
    opened = [failure.before[index].word for index in failure.open_brackets()]
    if not opened:
        return Advice(f"nothing opened this `{failure.lexeme.word}`; drop it")
    closing = _CLOSING[opened[-1]]
    if closing != failure.lexeme.word:
        return Advice(f"the `{opened[-1]}` before it is still open; close it with a `{closing}` first")
    return None


_ADDRESS = re.compile(r"(?<!\w)[\dA-Fa-f:.]+(?:/\d+)?")


def address(failure: Unexpected) -> Advice | None:
    """An IPv6 address without quotes, whose colons are operators."""
    for found in _ADDRESS.finditer(failure.text):
        # After a field and its colon, the address begins behind the colon.
        for start in (found.start(), found.start() + 1):
            written = failure.text[start : found.end()]
            if start - 1 <= failure.lexeme.start_pos <= found.end() and _is_address(written):
                advice = f'put the address in double quotes: `"{written}"`'
                return Advice(advice, f"the `:` in `{written}` is an operator", Span(start, found.end()))
    return None


def _is_address(text: str) -> bool:
    try:
        return text.count(":") > 1 and ip_network(text, strict=False).version == 6
    except ValueError:
        return False


def escaped_quote(failure: Unexpected) -> Advice | None:
    r"""``"C:\foo\"``: the backslash before the closing quote makes it part of the value."""
    found = re.match(r'"(?:[^"\\]|\\.)*?(\\")\s*(?:$|\)|(?:and|or)\b)', failure.rest, re.IGNORECASE | re.DOTALL)
    if failure.lexeme.type != NO_TERMINAL or found is None:
        return None
    start = failure.lexeme.start_pos + found.start(1)
    return Advice(
        "write `\\\\` for a backslash at the end of a value",
        '`\\"` is a quote within the value, which is never closed',
        Span(start, start + 2),
    )
