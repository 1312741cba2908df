"""Syntax-error hints for common mistakes in Lucene query strings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..lalr.failure import END, NO_TERMINAL, Advice, Slip, Unexpected, address, escaped_quote

_TERMS = {
    "CONJUNCTION": "`AND`, `OR`",
    "MODIFIER": "`NOT`",
    "FIELD": "a field name",
    "LPAREN": "`(`",
    "RPAREN": "`)`",
    "BOOST": "`^` and a number",
    "TILDE": "`~`",
    END: "the end of the query",
}


def terms(failure: Unexpected) -> Iterable[str]:
    """What could have stood there, as a user calls it."""
    for terminal in failure.accepted:
        yield _TERMS.get(terminal, "a value")


def quote(failure: Unexpected) -> Advice | None:
    """A phrase that is not closed."""
    if failure.lexeme.type != NO_TERMINAL or not failure.rest.startswith('"'):
        return None
    return Advice('end the phrase with a `"`, or write `\\"`', 'a `"` is never closed')


def slash(failure: Unexpected) -> Advice | None:
    """A regular expression that is not closed."""
    if failure.lexeme.type != NO_TERMINAL or not failure.rest.startswith("/"):
        return None
    return Advice("a `/` begins a regular expression: write `\\/`, or put the value in double quotes", "a `/` is never closed")


def bounds(failure: Unexpected) -> Advice | None:
    """A bracket that does not start a valid range."""
    if failure.lexeme.type != NO_TERMINAL or failure.rest[:1] not in ("[", "{"):
        return None
    hint = "write `[low TO high]` with `TO` in capitals and `*` for an open end; elsewhere write `\\[`, or use double quotes"
    return Advice(hint, f"`{failure.rest[0]}` does not begin a range")


def colon(failure: Unexpected) -> Advice | None:
    """An unescaped colon in a value."""
    if failure.lexeme.type != NO_TERMINAL or not failure.rest.startswith(":"):
        return None
    return Advice("within a value write `\\:`, or put the value in double quotes")


def bare_sign(failure: Unexpected) -> Advice | None:
    """White space after ``+``, ``-`` or ``!``."""
    sign = re.match(r"[+\-!]\s", failure.rest)
    if failure.lexeme.type != NO_TERMINAL or not sign:
        return None
    return Advice(f"leave no white space after `{sign[0][0]}`, or write `\\{sign[0][0]}`")


def backslash(failure: Unexpected) -> Advice | None:
    """A backslash at the end of the query."""
    if failure.lexeme.type != NO_TERMINAL or not failure.rest.startswith("\\"):
        return None
    return Advice("write `\\\\` for a backslash", "nothing follows this `\\`")


def operator(failure: Unexpected) -> Advice | None:
    """``AND`` or ``OR`` without a clause on both sides."""
    if failure.lexeme.type != "CONJUNCTION":
        return None
    return Advice(f"`{failure.lexeme.word}` stands between two clauses")


SLIPS: tuple[Slip, ...] = (address, escaped_quote, quote, slash, bounds, colon, bare_sign, backslash, operator)
