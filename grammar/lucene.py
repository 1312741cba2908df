"""Lucene query strings: text to syntax tree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .depth import check_depth
from .lucene_slips import SLIPS, terms
from .lucene_tree import Query
from .reading import read

if TYPE_CHECKING:
    from .lalr import LalrParser


def parse(text: str) -> Query:
    """The syntax tree of a Lucene query string; its spans are offsets into ``text``.

    Raises:
        QuerySyntaxError: for what Lucene's classic query parser does not accept, for trees deeper than ``MAX_DEPTH`` and texts
            longer than ``MAX_LENGTH``.
    """
    query: Query = read(text, "lucene", _parser().parse, terms, SLIPS)
    check_depth(query, text, "lucene", ("(",))
    return query


@cache
def _parser() -> LalrParser:
    from . import lucene_actions
    from .lalr import LalrParser

    return LalrParser("lucene.lark", lucene_actions)
