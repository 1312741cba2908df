"""Finds rules of a run that share an id."""

from __future__ import annotations

from dataclasses import replace

from ...backends.report.rule_result import RuleResult
from ...compiler.diagnostics.warnings import DuplicateId
from ...rules.reading.toml_strings import find_value


class DuplicateIds:
    """Notices rules with the id of an earlier one."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def checked(self, record: RuleResult) -> RuleResult:
        """The record, with a warning if its rule's id is not its own."""
        if record.rule_id is None:
            return record
        first = self._first.setdefault(record.rule_id, record.path)
        if first == record.path:
            return record
        span = find_value(record.text, ("rule", "rule_id")) if record.text is not None else None
        spans = () if span is None else (span,)
        return replace(record, findings=(*record.findings, DuplicateId(path=first).at(*spans)))
