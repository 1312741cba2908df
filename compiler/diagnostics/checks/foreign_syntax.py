"""Checks for the syntax of other languages, which is text here."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....grammar.span import Span
from ..diagnostic import Diagnostic
from ..slips import ForeignSyntax
from .checked_query import CheckedQuery, shortened
from .outline import Value

_LANGUAGES = {"kuery": "Kuery", "lucene": "Lucene", "eql": "EQL"}


def foreign_syntax(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Syntax of other languages in fields and values."""
    text = query.program.text
    opening = _EQL.match(text) if query.language in ("kuery", "lucene") else None
    if opening is not None:
        yield _found(query, "eql", opening[0]).at(Span(*opening.span()))
        return
    for comparison in query.comparisons():
        if comparison.field == "_exists_" and query.language == "kuery" and comparison.values:
            meant = query.shown(comparison.values[0].span)
            yield _found(query, "exists", meant, meant).at(comparison.span)
        for value in comparison.values:
            if query.language == "lucene" and value.regexp and comparison.field is None:
                yield _found(query, "slash", query.shown(value.span)).at(value.span)
            yield from _in_value(query, value, comparison.operator)


def _in_value(query: CheckedQuery, value: Value, operator: str) -> Iterator[Diagnostic]:
    written = query.written(value.span)
    if query.language == "kuery" and value.bare and _REGEXP.fullmatch(written):
        yield _found(query, "regexp", query.shown(value.span)).at(value.span)
    if value.bare and (written[:1] in _TYPOGRAPHIC or written[-1:] in _TYPOGRAPHIC) and len(written) > 2:
        yield _found(query, "quotes", query.shown(value.span)).at(value.span)
    if query.language == "kuery" and value.bare and (comment := _COMMENT.search(written)):
        yield _found(query, "comment", comment[0].strip()).at(Span(value.span.start + comment.start(), value.span.start + comment.end()))
    if value.regexp and query.language == "eql":
        inner = _STRING.fullmatch(written)
        if inner is not None and inner["text"][:1] == "^":
            yield _found(query, "anchor", "^").at(Span(value.span.start + inner.start("text"), value.span.start + inner.start("text") + 1))
        if inner is not None and re.search(r"(?<!\\)(?:\\\\)*\$$", inner["text"]):
            yield _found(query, "anchor", "$").at(Span(value.span.start + inner.end("text") - 1, value.span.start + inner.end("text")))
    if operator in _PERCENTS and not value.wild and _PERCENTS[operator].fullmatch(value.text):
        yield _found(query, "percent", query.shown(value.span)).at(value.span)


def _found(query: CheckedQuery, variant: str, value: str, meant: str | None = None) -> ForeignSyntax:
    return ForeignSyntax(variant=variant, value=shortened(value), language=_LANGUAGES[query.language or "eql"], meant=meant)  # type: ignore[arg-type]


_EQL = re.compile(r"\s*(?:\w+\s+where\b|sequence\s+(?:by|with)\b|sample\s+by\b)")
_REGEXP = re.compile(r"/.*(?:\.\*|\.\+|\[.*\]|\\[dws.]|\(.*\)|\$|\^).*/", re.DOTALL)
_TYPOGRAPHIC = "“”„‟"
_COMMENT = re.compile(r"(?:^|\s)/\*.*\*/|\s(?://|#)\s.*", re.DOTALL)
_STRING = re.compile(r'(?:"""|")(?P<text>.*?)(?:"""|")', re.DOTALL)
_PERCENT = re.compile(r"%[^%]*[a-z][^%]*%|%[\w\\/.-]*\.\w+", re.DOTALL)
_PERCENTS = {"like": _PERCENT, "like~": _PERCENT, ":": re.compile(r"%[^%]*[.\s\\][^%]*%|%[\w\\/-]*\.\w+", re.DOTALL)}
"""By operator, a value with a `%` at an end; ``%APPDATA%`` is the name of an environment variable, and ``:`` ignores case."""
