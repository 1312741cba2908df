"""The report that programs read."""

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
"""Goes up when a reader of the report would have to change."""


def json_report(
    seed: int, entries: Sequence[Mapping[str, Any]], left_out: int | None = None, push: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The report of a run.

    Args:
        seed: that of the run.
        entries: what `json_entry` gives for each rule.
        left_out: how many findings are not in it because they are in the baseline; None if there is no baseline.
        push: what became of the documents in Elasticsearch, if they went there.
    """
    counts = Counter(entry["status"] for entry in entries)
    summary = {status.value: counts[status.value] for status in Status if status is not Status.KNOWN or left_out is not None}
    report = {"version": VERSION, "fingerprint_version": FINGERPRINT_VERSION, "seed": seed, "summary": summary, "rules": list(entries)}
    more = {"left_out": left_out, "push": push}
    return {**report, **{name: value for name, value in more.items() if value is not None}}


def json_entry(result: RuleResult) -> dict[str, Any]:
    """The entry of one rule in a report; it keeps nothing of the result alive."""
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
        "notes": list(finding.notes),
        "help": finding.help,
        "fingerprint": fingerprint(finding, result),
    }
