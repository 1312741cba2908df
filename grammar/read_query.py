"""Parsing a query: checks and errors that all languages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .input_limits import check_text
from .lalr.failure import Misuse, Slip, Unexpected, explain
from .syntax_error import QuerySyntaxError


def read(text: str, language: str, parse: Callable[[str], Any], terms: Callable[[Unexpected], Iterable[str]], slips: Iterable[Slip]) -> Any:
    """Parses a text.

    Args:
        text: the query.
        language: its name.
        parse: the parser; raises `Unexpected`, and `Misuse` from its actions.
        terms, slips: as for :func:`.failure.explain`.

    Raises:
        QuerySyntaxError: the text is not in the language, too long, or not all characters.
    """
    check_text(text, language)
    try:
        return parse(text)
    except Unexpected as failure:
        raise explain(failure, language, terms, slips) from None
    except Misuse as misuse:
        raise QuerySyntaxError(misuse.message, misuse.span, text, language, (), misuse.hint) from None
