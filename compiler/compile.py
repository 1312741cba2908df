"""From the text of a query to its program: parse, guess the language where none is given, lower."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..grammar.syntax_error import QuerySyntaxError
from .diagnostics.diagnostic import Diagnostic
from .ir.program import Program
from .schema.fields import Schema
from .stage_timer import StageTimer

if TYPE_CHECKING:
    from .lower.context import Lowering

LANGUAGES = ("kuery", "eql", "lucene")

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
    stopwatch: StageTimer | None = None,
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
    stopwatch = stopwatch or StageTimer()
    with stopwatch.stage("parse"):
        language = language or guess_language(text)
        parse, lower = _front_end(language, category_field)
        tree = parse(text)
    with stopwatch.stage("compile"):
        program, context = lower(tree, text, schema, now)
    return Compilation(program, tuple(context.notes))


_Lower = Callable[[Any, str, Schema, int], "tuple[Program, Lowering]"]


def _front_end(language: str, category_field: str) -> tuple[Callable[[str], Any], _Lower]:
    """What parses a language, and what lowers its trees. A run that needs one language does not import the others."""
    match language:
        case "eql":
            from ..grammar.eql import parser as eql
            from .lower.eql.program import lower_eql

            return eql.parse, lambda tree, text, schema, now: lower_eql(tree, text, schema, now, category_field)
        case "lucene":
            from ..grammar.lucene import parser as lucene
            from .lower.lucene import lower_lucene

            return lucene.parse, lower_lucene
    from ..grammar.kuery import parser as kuery
    from .lower.kuery import lower_kuery

    return kuery.parse, lower_kuery


def guess_language(text: str) -> str:
    """The language of a query: EQL if it parses as such or opens as EQL does, else Kuery if it parses as that.

    Nearly every text without punctuation is a Kuery query of free words, so EQL has the first say.

    Raises:
        QuerySyntaxError: it is neither; the error is that of the language that got further.
    """
    from ..grammar.eql import parser as eql
    from ..grammar.kuery import parser as kuery

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
