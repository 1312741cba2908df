"""Sigma conditions: text to syntax tree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..input_limits import check_depth
from ..read_query import read
from .mistakes import SLIPS, terms
from .tree import Condition

if TYPE_CHECKING:
    from ..lalr.driver import LalrParser


def parse(text: str) -> Condition:
    """The syntax tree of a condition; its spans are offsets into ``text``.

    Raises:
        QuerySyntaxError: for what is not a condition, for trees deeper than ``MAX_DEPTH`` and texts longer than ``MAX_LENGTH``.
    """
    condition: Condition = read(text, "sigma", _parser().parse, terms, SLIPS)
    check_depth(condition, text, "sigma", ("(", "not", "NOT"))
    return condition


@cache
def _parser() -> LalrParser:
    from ..lalr.driver import LalrParser
    from . import builder

    return LalrParser("sigma", builder)
