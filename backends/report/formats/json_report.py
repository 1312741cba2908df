"""JSON report: the machine-readable result of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ....compiler.diagnostics.diagnostic import Diagnostic
from ..fingerprint import FINGERPRINT_VERSION, fingerprint
from ..locations import Location, placed_findings
from ..rule_result import STAGES, RuleResult, Status

VERSION = 1
"""Incremented for changes that break readers of the report."""


def json_report(
    seed: int,
    entries: Sequence[Mapping[str, Any]],
    left_out: int | None = None,
    push: Mapping[str, Any] | None = None,
    *,
    version: str = "",
) -> dict[str, Any]:
    """Return the report of a run.

    Args:
        seed: the run's seed.
        entries: the `json_entry` of each rule.
        left_out: the number of findings omitted because they are in the baseline; None without a baseline.
        push: the outcome of loading the documents into Elasticsearch, if requested.
        version: the version of Triggerfish.
    """
    counts = Counter(entry["status"] for entry in entries)
    summary = {status.value: counts[status.value] for status in Status if status is not Status.KNOWN or left_out is not None}
    codes = Counter(finding["code"] for entry in entries for finding in entry["findings"])
    report = {
        "version": VERSION,
        "fingerprint_version": FINGERPRINT_VERSION,
        "tool": {"name": "triggerfish", "version": version},
        "seed": seed,
        "summary": summary,
        "codes": dict(sorted(codes.items())),
        "rules": list(entries),
    }
    more = {"left_out": left_out, "push": push}
    return {**report, **{name: value for name, value in more.items() if value is not None}}


def json_entry(result: RuleResult) -> dict[str, Any]:
    """Return the entry of one rule in a report; it does not reference the result."""
    return {
        "path": result.path,
        "rule_id": result.rule_id,
        "name": result.name,
        "type": result.type,
        "language": result.language,
        "status": result.status.value,
        "documents": result.documents,
        "draws": dict(result.draws),
        "seconds": {stage: round(getattr(result.seconds, stage), 6) for stage in STAGES},
        "findings": [_finding(finding, places, result) for finding, places in placed_findings(result)],
    }


def _finding(finding: Diagnostic, places: Sequence[Location], result: RuleResult) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "field": finding.field,
        "span": asdict(places[0]) if places else None,
        "spans": [asdict(place) for place in places],
        "notes": list(finding.notes),
        "help": finding.help,
        "fingerprint": fingerprint(finding, result),
    }
