"""Syntax-error hints for common mistakes in Sigma conditions."""

from __future__ import annotations

from collections.abc import Iterable

from ..lalr.failure import END, Advice, Slip, Unexpected

_TERMS = {
    "AND": "`and`",
    "OR": "`or`",
    "NOT": "`not`",
    "OF": "`of`",
    "NAME": "a search identifier",
    "LPAREN": "`(`",
    "RPAREN": "`)`",
    END: "the end of the condition",
}


def terms(failure: Unexpected) -> Iterable[str]:
    """What could have stood there, as a user calls it."""
    return (_TERMS[terminal] for terminal in failure.accepted if terminal in _TERMS)


def aggregation(failure: Unexpected) -> Advice | None:
    """``| count() > 5``, which Sigma 1 had."""
    if not failure.rest.startswith("|"):
        return None
    hint = "write a correlation rule (`correlation:` with `type: event_count`) that refers to this one"
    return Advice(hint, "aggregations in a condition are no longer part of Sigma")


def two_names(failure: Unexpected) -> Advice | None:
    """Two identifiers without an operator."""
    if failure.lexeme.type != "NAME" or failure.previous().type != "NAME":
        return None
    return Advice("write `and` or `or` between two search identifiers")


SLIPS: tuple[Slip, ...] = (aggregation, two_names)
