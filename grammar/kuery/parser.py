"""Kuery, Kibana's query language: text to syntax tree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..input_limits import check_depth
from ..read_query import read
from ..span import Span
from .mistakes import SLIPS, terms
from .tree import MatchAll, Query

if TYPE_CHECKING:
    from ..lalr.driver import LalrParser


def parse(text: str) -> Query:
    """The syntax tree of a Kuery query; its spans are offsets into ``text``.

    Raises:
        QuerySyntaxError: for what Kibana does not accept either, for trees deeper than ``MAX_DEPTH``, and for texts longer
            than ``MAX_LENGTH``.
    """
    query: Query = read(text, "kuery", _parser().parse, terms, SLIPS)
    check_depth(query, text, "kuery", ("(", "{"))
    return MatchAll(Span(0, len(text))) if isinstance(query, MatchAll) else query


@cache
def _parser() -> LalrParser:
    from ..lalr.driver import LalrParser
    from . import builder

    return LalrParser("kuery", builder)
