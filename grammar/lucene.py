"""Lucene query strings: text to syntax tree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .depth import check_depth
from .errors import QuerySyntaxError
from .failure import Misuse, Unexpected, explain
from .legible import check_text
from .lucene_slips import SLIPS, terms
from .lucene_tree import Query

if TYPE_CHECKING:
    from .lalr import LalrParser


def parse(text: str) -> Query:
    """The syntax tree of a Lucene query string; its spans are offsets into ``text``.

    Raises:
        QuerySyntaxError: for what Lucene's classic query parser does not accept, for trees deeper than ``MAX_DEPTH`` and texts
            longer than ``MAX_LENGTH``.
    """
    check_text(text, "lucene")
    try:
        query: Query = _parser().parse(text)
    except Unexpected as failure:
        raise explain(failure, "lucene", terms, SLIPS) from None
    except Misuse as misuse:
        raise QuerySyntaxError(misuse.message, misuse.span, text, "lucene", (), misuse.hint) from None
    check_depth(query, text, "lucene", ("(",))
    return query


@cache
def _parser() -> LalrParser:
    from . import lucene_actions
    from .lalr import LalrParser

    return LalrParser("lucene.lark", lucene_actions)
