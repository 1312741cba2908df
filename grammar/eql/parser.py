"""EQL, the event query language, as Elasticsearch and the Endpoint read it: text to syntax tree."""

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
    """The syntax tree of an EQL query; its spans are offsets into ``text``.

    Raises:
        QuerySyntaxError: for texts that are not a query in either dialect, for trees deeper than ``MAX_DEPTH``, and for texts longer than
            ``MAX_LENGTH``.
    """
    query: Query = read(text, "eql", _parser().parse, terms, SLIPS)
    check_depth(query, text, "eql", ("(", "[", "not", "-", "+", "*", "/", "%"))
    return query


@cache
def _parser() -> LalrParser:
    from ..lalr.driver import LalrParser
    from . import builder

    return LalrParser("eql", builder)
