"""Locations of findings: lines and columns in a rule's file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from ...compiler.diagnostics.diagnostic import Diagnostic
from ...grammar.span import LineMap, Span
from .rule_result import RuleResult


def with_slashes(path: str) -> str:
    """Return a normalised path with slashes on every system."""
    return PurePath(os.path.normpath(path)).as_posix()


@dataclass(frozen=True, slots=True)
class Location:
    """A range from a line and column to one past its last character, all 1-based, columns in code points."""

    line: int
    column: int
    end_line: int
    end_column: int


def placed_findings(result: RuleResult) -> Iterator[tuple[Diagnostic, tuple[Location, ...]]]:
    """Yield the findings of a rule with their locations in the result's text, which begins at line 1."""
    lines = LineMap(result.text) if result.text is not None and result.findings else None
    for finding in result.findings:
        yield finding, () if lines is None else places_of(finding, lines)


def findings_in_file(result: RuleResult) -> Iterator[tuple[Diagnostic, tuple[Location, ...]]]:
    """Yield the findings of a rule with their locations in the rule's file; empty if unknown."""
    for finding, places in placed_findings(result):
        if result.file is None or result.line is None:
            yield finding, ()
        else:
            below = result.line - 1
            yield finding, tuple(Location(place.line + below, place.column, place.end_line + below, place.end_column) for place in places)


def places_of(finding: Diagnostic, lines: LineMap) -> tuple[Location, ...]:
    """Return the locations of a finding, in the order of its spans."""
    return tuple(location_of(span, lines) for span in finding.spans)


def location_of(span: Span, lines: LineMap) -> Location:
    """Return the location of a span."""
    start, end = lines.position(span.start), lines.position(span.end)
    return Location(start.line, start.column, end.line, end.column)
