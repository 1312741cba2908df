"""Kuery, Kibana's query language: text to syntax tree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .depth import check_depth
from .kuery_slips import SLIPS, terms
from .kuery_tree import MatchAll, Query
from .reading import read
from .span import Span

if TYPE_CHECKING:
    from .lalr import LalrParser


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
    from . import kuery_actions
    from .lalr import LalrParser

    return LalrParser("kuery.lark", kuery_actions)
