"""Checks of values against what their field can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from ...values.literals import LiteralError, parse_address_block
from ...values.text_analysis import tokens
from ..diagnostic import Diagnostic
from ..slips import BlockOnKeyword, CommandLineArgument, LiteralQuestionMark, PortOutOfRange, SplitValue
from .checked_query import CheckedQuery
from .paths import NAMES, PATHS

_LAST_PORT = 65_535


def literal_question_marks(query: CheckedQuery) -> Iterator[Diagnostic]:
    """A `?` that is meant as a wildcard where it is none: in Kuery, and with `==` and `in` of EQL."""
    if query.language == "lucene":
        return
    for comparison in query.comparisons():
        field = comparison.field or ""
        if comparison.operator not in ("==", "in", "in~", ":") or not (PATHS.fullmatch(field) or NAMES.fullmatch(field)):
            continue
        for value in comparison.values:
            if "?" not in _WINDOWS_OWN.sub("", value.text) or (query.language == "eql" and comparison.operator == ":"):
                continue
            variant: Literal["kuery", "folded", "exact"]
            variant = "kuery" if query.language == "kuery" else "folded" if comparison.operator == "in~" else "exact"
            yield LiteralQuestionMark(variant=variant, value=query.shown(value.span), field=field).at(value.span)


_WINDOWS_OWN = re.compile(r"\\\\\?\\|\\\?\?\\")
r"""With which Windows itself begins some paths: ``\\?\C:\`` and ``\??\C:\``."""


def split_values(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Values without quotes on a text field that the analyser splits, though they have no blank."""
    if query.language == "eql":
        return
    for comparison in query.comparisons():
        spec = query.spec(comparison.field)
        if spec is None or not spec.kind.traits.analysed:
            continue
        for value in comparison.values:
            if not value.bare or value.wild or value.regexp or re.search(r"\s", value.text):
                continue
            words = tuple(tokens(value.text))
            if len(words) > 1:
                yield SplitValue(value=query.shown(value.span), words=words, field=spec.name).at(value.span)


def ports(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Ports above the greatest one."""
    for comparison in query.comparisons():
        if (comparison.field or "").rpartition(".")[2] != "port" or comparison.operator in (">", ">=", "<", "<="):
            continue
        for value in comparison.values:
            if value.text.isdecimal() and int(value.text) > _LAST_PORT:
                yield PortOutOfRange(value=value.text, field=comparison.field or "").at(value.span)


def blocks_on_keywords(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Address blocks on fields that hold text."""
    for comparison in query.comparisons():
        spec = query.spec(comparison.field)
        if spec is None or not spec.kind.traits.whole_strings:
            continue
        for value in comparison.values:
            if "/" in value.text and not value.wild and not value.regexp and _is_block(value.text):
                yield BlockOnKeyword(value=query.shown(value.span), type=spec.type.name, field=spec.name).at(value.span)


def _is_block(text: str) -> bool:
    try:
        parse_address_block(text)
    except LiteralError:
        return False
    return True


def command_line_arguments(query: CheckedQuery) -> Iterator[Diagnostic]:
    """A blank-separated command line in a field that holds one argument a value."""
    for comparison in query.comparisons():
        field = comparison.field or ""
        if not field.startswith("process.") or not field.endswith(".args"):
            continue
        for value in comparison.values:
            if not value.wild and not value.regexp and _OPTIONS.fullmatch(value.text):
                meant = f"{field.removesuffix('args')}command_line"
                yield CommandLineArgument(value=query.shown(value.span), meant=meant, field=field).at(value.span)


_OPTIONS = re.compile(r"--?[A-Za-z][\w-]*(?:\s+--?[A-Za-z][\w-]*)+")
