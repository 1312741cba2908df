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
    """The expected value, in the quotes of the one that differs from it in case."""
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
    kept = [place for place in places if place not in covered]
    if len(places) < 2 or not kept or len(kept) == len(places):
        return
    for at, place in enumerate(places):
        if place not in covered:
            continue
        follows = any(other in kept for other in places[at + 1 :])
        if follows:
            separator = re.match(_SEPARATOR, text[place.end : places[at + 1].start], re.IGNORECASE)
            span = None if separator is None else Span(place.start, place.end + separator.end())
        else:
            separator = re.search(rf"{_SEPARATOR}$", text[places[at - 1].end : place.start], re.IGNORECASE)
            span = None if separator is None else Span(places[at - 1].end + separator.start(), place.end)
        if span is not None:
            yield Edit(span, "")
