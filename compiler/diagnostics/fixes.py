"""Fixes: edits of a query for findings whose remedy is certain.

A fix is a function from a finding and the query to edits; ``FIXES`` has one row for each code. An edit replaces the text at a
span and leaves all other text as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ...grammar.span import Span
from .checks.checked_query import CheckedQuery
from .checks.outline import Comparison
from .diagnostic import Diagnostic, Severity
from .slips import LowerCaseOperator
from .warnings import LiteralWildcard, RedundantCondition, WrongCase


@dataclass(frozen=True, slots=True)
class Edit:
    """The text at a span, replaced."""

    span: Span
    text: str


Fix = Callable[[Diagnostic, CheckedQuery], Iterator[Edit]]


def edits_of(findings: Iterable[Diagnostic], query: CheckedQuery, codes: Collection[str]) -> tuple[Edit, ...]:
    """The edits for the findings of some codes, in the order of the text; of edits that overlap, the first.

    Args:
        findings: with spans in the query.
        query: the query.
        codes: the codes to fix.
    """
    found = [edit for finding in findings if finding.code in codes for edit in FIXES.get(finding.code, _nothing)(finding, query)]
    kept: list[Edit] = []
    for edit in sorted(dict.fromkeys((*found, *_removals(findings, query, codes))), key=lambda edit: edit.span):
        if not kept or kept[-1].span.end <= edit.span.start:
            kept.append(edit)
    return tuple(kept)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits that do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def _nothing(finding: Diagnostic, query: CheckedQuery) -> Iterator[Edit]:
    return iter(())


def _known_case(finding: Diagnostic, query: CheckedQuery) -> Iterator[Edit]:
    """The expected value, in the quotes of the one that differs from it in case; both in one list are meant."""
    if finding.severity is not Severity.WARNING:
        return
    written, usual = query.written(finding.spans[0]), str(finding.parts["usual"])
    bare = written.strip('"')
    if bare.lower() == usual.lower():
        yield Edit(finding.spans[0], written.replace(bare, usual))


def _known_field(finding: Diagnostic, query: CheckedQuery) -> Iterator[Edit]:
    """The nearest known name, wherever the query has the misspelt one."""
    close = finding.parts.get("close")
    if finding.severity is not Severity.WARNING or finding.parts.get("variant") != "close" or not isinstance(close, str):
        return
    for place in re.finditer(rf"(?<![\w.\"-]){re.escape(finding.field or '')}(?![\w.\"-])", query.program.text):
        yield Edit(Span(*place.span()), close)


def _wildcard_operator(finding: Diagnostic, query: CheckedQuery) -> Iterator[Edit]:
    """`:` for an `==` of EQL whose value has a wildcard."""
    if query.language != "eql":
        return
    for comparison in query.comparisons():
        if comparison.operator != "==" or [value.span for value in comparison.values] != [finding.spans[0]]:
            continue
        between = query.program.text[comparison.span.start : finding.spans[0].start]
        if (place := re.search(r"==\s*$", between)) is not None:
            start = comparison.span.start + place.start()
            yield Edit(Span(start, start + 2), ":")


def _capitals(finding: Diagnostic, query: CheckedQuery) -> Iterator[Edit]:
    yield Edit(finding.spans[0], str(finding.parts["operator"]))


FIXES: Mapping[str, Fix] = {
    RedundantCondition.code.name: _nothing,
    WrongCase.code.name: _known_case,
    "unknown-field": _known_field,
    LiteralWildcard.code.name: _wildcard_operator,
    LowerCaseOperator.code.name: _capitals,
}
"""By code. Redundant entries are removed by `_removals`, for which entry is the last of its list depends on the others."""


# -- entries of lists ----------------------------------------------------------------------------

_COVERED = ("covered", "covered-exclusion")
_SEPARATOR = r"(?:\s*,\s*|\s+(?:or|and)\s+)"


def _removals(findings: Iterable[Diagnostic], query: CheckedQuery, codes: Collection[str]) -> Iterator[Edit]:
    """The removal of entries that others of their list cover, each with one separator."""
    if RedundantCondition.code.name not in codes:
        return
    covered = {
        span
        for finding in findings
        if finding.code == RedundantCondition.code.name and finding.parts.get("variant") in _COVERED
        for span in finding.spans[: _entries(finding)]
    }
    for comparison in query.comparisons():
        yield from _without(comparison, covered, query.program.text)


def _entries(finding: Diagnostic) -> int:
    count = finding.parts.get("count", 1)
    return count if isinstance(count, int) else 1


def _without(comparison: Comparison, covered: set[Span], text: str) -> Iterator[Edit]:
    places = [value.span for value in comparison.values]
    if len(places) < 2 or covered.isdisjoint(places) or covered.issuperset(places):
        return
    at = 0
    while at < len(places):
        run = at
        while run < len(places) and places[run] in covered and (run == at or _separated(text, places[run - 1], places[run])):
            run += 1
        if run > at:
            span = _with_separator(text, places[at].to(places[run - 1]), places[at - 1] if at else None, run < len(places))
            if span is not None:
                yield Edit(span, "")
        at = max(run, at + 1)


def _separated(text: str, before: Span, after: Span) -> bool:
    """Whether nothing but a separator, such as a comment, stands between two entries."""
    return re.fullmatch(_SEPARATOR, text[before.end : after.start], re.IGNORECASE) is not None


def _with_separator(text: str, place: Span, before: Span | None, follows: bool) -> Span | None:
    """The span to cut with entries at a place: with the separator after them, or before them at the end of the list."""
    if not follows:
        separator = re.search(rf"{_SEPARATOR}$", text[: place.start], re.IGNORECASE)
        return None if separator is None or before is None else Span(separator.start(), place.end)
    separator = re.compile(r"(?:\s*,|\s+(?:or|and)\b)(?P<blank>\s*)", re.IGNORECASE).match(text, place.end)
    if separator is None:
        return None
    blanks = len(text[: place.start]) - len(text[: place.start].rstrip(" \t"))
    alone = place.start - blanks == 0 or text[place.start - blanks - 1] in "\n("
    if "\n" in separator["blank"] and not alone:
        # The line end stays where entries before these end their line.
        return Span(place.start - blanks, separator.start("blank"))
    return Span(place.start, separator.end())
