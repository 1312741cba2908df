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

    def checked(self, result: RuleResult) -> RuleResult:
        """The result, with a warning if its rule's id is not its own."""
        if result.rule_id is None:
            return result
        first = self._first.setdefault(result.rule_id, result.path)
        if first == result.path:
            return result
        span = find_value(result.text, ("rule", "rule_id")) if result.text is not None else None
        spans = () if span is None else (span,)
        return replace(result, findings=(*result.findings, DuplicateId(path=first).at(*spans)))
