"""From the text of a query to its program: parse, guess the language where none is given, lower."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..grammar import eql, eql_tree, kuery, kuery_tree, lucene, lucene_tree
from ..grammar.errors import QuerySyntaxError
from .diagnostics import Diagnostic
from .ir import Program
from .lower_eql import lower_eql
from .lower_kuery import lower_kuery
from .lower_lucene import lower_lucene
from .schema import Schema
from .stopwatch import Stopwatch

_PARSERS: dict[str, Callable[[str], kuery_tree.Query | eql_tree.Query | lucene_tree.Query]] = {
    "kuery": kuery.parse,
    "eql": eql.parse,
    "lucene": lucene.parse,
}
LANGUAGES = tuple(_PARSERS)

_EQL_OPENING = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*(?:(?:[\w-]+|\"[^\"]*\")\s+where\b|sequence\b|sample\s+by\b)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Compilation:
    """A compiled query: its program, and findings that did not stop it."""

    program: Program
    notes: tuple[Diagnostic, ...]


def compile_query(
    text: str,
    schema: Schema,
    now: int,
    language: str | None = None,
    category_field: str = "event.category",
    stopwatch: Stopwatch | None = None,
) -> Compilation:
    """Compile a query.

    Args:
        text: the query.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.
        language: ``"kuery"``, ``"eql"`` or ``"lucene"``; None to guess between the first two.
        category_field: the field that an EQL query's category is looked for in.
        stopwatch: is told the time of the stages ``parse`` and ``compile``.

    Raises:
        QuerySyntaxError: the text is not in the language; when guessing, the error is that of the one that got further.
        InvalidQueryError, UnsupportedQueryError: it means nothing, or nothing that can be compiled yet.
    """
    if language not in (*LANGUAGES, None):
        raise ValueError(f"`{language}` is not a language: use one of {', '.join(LANGUAGES)}")
    stopwatch = stopwatch or Stopwatch()
    with stopwatch.stage("parse"):
        tree = _PARSERS[language or guess_language(text)](text)
    with stopwatch.stage("compile"):
        match tree:
            case eql_tree.Query():
                program, context = lower_eql(tree, text, schema, now, category_field)
            case lucene_tree.Query():
                program, context = lower_lucene(tree, text, schema, now)
            case _:
                program, context = lower_kuery(tree, text, schema, now)
    return Compilation(program, tuple(context.notes))


def guess_language(text: str) -> str:
    """The language of a query: EQL if it parses as such or opens as EQL does, else Kuery if it parses as that.

    Nearly every text without punctuation is a Kuery query of free words, so EQL has the first say.

    Raises:
        QuerySyntaxError: it is neither; the error is that of the language that got further.
    """
    try:
        eql.parse(text)
        return "eql"
    except QuerySyntaxError as eql_error:
        if _EQL_OPENING.match(text):
            raise
        try:
            kuery.parse(text)
            return "kuery"
        except QuerySyntaxError as kuery_error:
            raise (eql_error if eql_error.span.start > kuery_error.span.start else kuery_error) from None
