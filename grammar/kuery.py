"""Kuery, Kibana's query language: text to syntax tree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .depth import check_depth
from .errors import QuerySyntaxError
from .failure import Misuse, Unexpected, explain
from .kuery_slips import SLIPS, terms
from .kuery_tree import MatchAll, Query
from .legible import check_text
from .span import Span

if TYPE_CHECKING:
    from .lalr import LalrParser


def parse(text: str) -> Query:
    """The syntax tree of a Kuery query; its spans are offsets into ``text``.

    Raises:
        QuerySyntaxError: for what Kibana does not accept either, for trees deeper than ``MAX_DEPTH``, and for texts longer
            than ``MAX_LENGTH``.
    """
    check_text(text, "kuery")
    try:
        query: Query = _parser().parse(text)
    except Unexpected as failure:
        raise explain(failure, "kuery", terms, SLIPS) from None
    except Misuse as misuse:
        raise QuerySyntaxError(misuse.message, misuse.span, text, "kuery", (), misuse.hint) from None
    check_depth(query, text, "kuery", ("(", "{"))
    return MatchAll(Span(0, len(text))) if isinstance(query, MatchAll) else query


@cache
def _parser() -> LalrParser:
    from . import kuery_actions
    from .lalr import LalrParser

    return LalrParser("kuery.lark", kuery_actions)
