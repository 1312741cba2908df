"""Joins the findings about redundant entries of one list to one finding with several places."""

from __future__ import annotations

from collections.abc import Iterable

from ....grammar.span import Span
from ..diagnostic import Diagnostic
from ..warnings import RedundantCondition, RedundantEntries
from .checked_query import CheckedQuery


def group_entries(findings: Iterable[Diagnostic], query: CheckedQuery) -> tuple[Diagnostic, ...]:
    """The findings, those about entries of one list joined at the place of the first of them."""
    findings = tuple(findings)
    if sum(finding.code == RedundantCondition.code.name for finding in findings) < 2:
        return findings
    lists = [comparison.span for comparison in query.comparisons() if len(comparison.values) > 1]
    groups: dict[object, list[Diagnostic]] = {}
    for finding in findings:
        groups.setdefault(_list_of(finding, lists) or id(finding), []).append(finding)
    return tuple(group[0] if len(group) == 1 else _joined(group) for group in groups.values())


def _list_of(finding: Diagnostic, lists: Iterable[Span]) -> tuple[str, Span] | None:
    """The list that a redundant condition is an entry of, with the kind of redundancy."""
    if finding.code != RedundantCondition.code.name:
        return None
    place = finding.spans[0]
    around = next((span for span in lists if span.start <= place.start and place.end <= span.end and span != place), None)
    return None if around is None else (str(finding.parts["variant"]), around)


def _joined(group: list[Diagnostic]) -> Diagnostic:
    group = sorted(group, key=lambda finding: finding.spans[0])
    entries = dict.fromkeys(finding.spans[0] for finding in group)
    others = dict.fromkeys(span for finding in group for span in finding.spans[1:] if span not in entries)
    because = tuple(dict.fromkeys(text for finding in group for text in _because(finding)))
    found = RedundantEntries(variant=str(group[0].parts["variant"]), count=len(entries), because=because)  # type: ignore[arg-type]
    return found.at(*entries, *others, field=group[0].field)


def _because(finding: Diagnostic) -> tuple[str, ...]:
    because = finding.parts["because"]
    return because if isinstance(because, tuple) else ()
