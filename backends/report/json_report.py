"""The report that programs read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...compiler.diagnostics import Diagnostic
from ...grammar.span import LineMap
from .record import STAGES, Record, Status

VERSION = 1
"""Goes up when a reader of the report would have to change."""


def json_report(seed: int, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The report of a run.

    Args:
        seed: that of the run.
        entries: what `json_entry` tells of each rule.
    """
    counts = Counter(entry["status"] for entry in entries)
    return {
        "version": VERSION,
        "seed": seed,
        "summary": {status.value: counts[status.value] for status in Status},
        "rules": list(entries),
    }


def json_entry(record: Record) -> dict[str, Any]:
    """What a report tells of one rule; it keeps nothing of the record alive."""
    return {
        "path": record.path,
        "rule_id": record.rule_id,
        "name": record.name,
        "type": record.type,
        "language": record.language,
        "status": record.status.value,
        "documents": record.documents,
        "draws": dict(record.draws),
        "seconds": {stage: round(getattr(record.seconds, stage), 6) for stage in STAGES},
        "findings": _findings(record.findings, record.text),
    }


def _findings(findings: Iterable[Diagnostic], text: str | None) -> list[dict[str, Any]]:
    lines = LineMap(text) if text is not None and findings else None
    return [_finding(finding, lines) for finding in findings]


def _finding(finding: Diagnostic, lines: LineMap | None) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "field": finding.field,
        "span": _span(finding, lines),
        "notes": list(finding.notes),
        "help": finding.help,
    }


def _span(finding: Diagnostic, lines: LineMap | None) -> dict[str, int] | None:
    """The first place, from 1, columns in code points, the end one past the last character."""
    if lines is None or not finding.spans:
        return None
    start, end = lines.position(finding.spans[0].start), lines.position(finding.spans[0].end)
    return {"line": start.line, "column": start.column, "end_line": end.line, "end_column": end.column}
