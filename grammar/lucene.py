"""Lucene query strings: text to syntax tree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .depth import check_depth
from .failure import Unexpected, explain
from .lucene_slips import SLIPS, terms
from .lucene_tree import Query

if TYPE_CHECKING:
    from .lalr import LalrParser


def parse(text: str) -> Query:
    """The syntax tree of a Lucene query string; its spans are offsets into ``text``.

    Raises:
        QuerySyntaxError: for what Lucene's classic query parser does not accept, and for trees deeper than ``MAX_DEPTH``.
    """
    try:
        query: Query = _parser().parse(text)
    except Unexpected as failure:
        raise explain(failure, "lucene", terms, SLIPS) from None
    check_depth(query, text, "lucene", ("(",))
    return query


@cache
def _parser() -> LalrParser:
    from . import lucene_actions
    from .lalr import LalrParser

    return LalrParser("lucene.lark", lucene_actions)
