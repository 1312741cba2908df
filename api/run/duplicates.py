"""Finds rules of a run that share an id or a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...backends.report.rule_result import RuleResult
from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.diagnostics.rule_slips import DuplicateName
from ...compiler.diagnostics.warnings import DuplicateId
from ...grammar.span import Span
from ...rules.reading.toml_strings import find_value


class Duplicates:
    """Notices rules with the id or the name of an earlier one."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def checked(self, result: RuleResult) -> RuleResult:
        """The result, with a warning if its rule's id or name is not its own."""
        return replace(result, findings=(*result.findings, *self._of(result)))

    def _of(self, result: RuleResult) -> Iterator[Diagnostic]:
        if result.rule_id is None:
            return
        first = self._ids.setdefault(result.rule_id, result.path)
        if first != result.path:
            yield DuplicateId(path=first).at(*_place(result, "rule_id"))
            return
        if result.name is not None and (first := self._names.setdefault(result.name, result.path)) != result.path:
            yield DuplicateName(path=first).at(*_place(result, "name"))


def _place(result: RuleResult, name: str) -> tuple[Span, ...]:
    span = find_value(result.text, ("rule", name)) if result.text is not None else None
    return () if span is None else (span,)
