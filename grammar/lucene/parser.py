"""Lucene query strings: text to syntax tree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..input_limits import check_depth
from ..read_query import read
from .mistakes import SLIPS, terms
from .tree import Query

if TYPE_CHECKING:
    from ..lalr.driver import LalrParser


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
    from ..lalr.driver import LalrParser
    from . import builder

    return LalrParser("lucene", builder)
