"""Comments of rules that ignore findings: ``# triggerfish: ignore[code, code]``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...backends.report.rule_result import RuleResult
from ...compiler.diagnostics.codes import FINDING_CODES
from ...compiler.diagnostics.diagnostic import Diagnostic, Severity
from ...compiler.diagnostics.rule_slips import UnusedIgnore
from ...grammar.span import Span

_COMMENT = re.compile(r"#[ \t]*triggerfish:[ \t]*ignore\[(?P<codes>[^\]\n]*)\]")
_CODE = re.compile(r"[^\s,]+")


@dataclass(frozen=True, slots=True)
class _Ignored:
    """A code that a comment names, and where."""

    code: str
    span: Span


def with_comments(result: RuleResult, complete: bool) -> RuleResult:
    """The result of a rule without the warnings and notes that a comment in its file ignores.

    Args:
        result: the result.
        complete: whether all findings were searched for: if not, a comment may be needed although it ignores nothing.
    """
    if result.text is None or "triggerfish:" not in result.text or result.line is None:
        return result
    ignored = list(_ignored(result.text))
    codes = {each.code for each in ignored}
    kept = tuple(finding for finding in result.findings if finding.code not in codes or finding.severity is Severity.ERROR)
    dropped = {finding.code for finding in result.findings if finding.code in codes and finding.severity is not Severity.ERROR}
    # A comment of a file that holds many rules may be meant for another one.
    if complete and result.file == result.path:
        kept += tuple(_unused(each) for each in ignored if each.code not in dropped)
    return replace(result, findings=kept)


def _ignored(text: str) -> Iterator[_Ignored]:
    for comment in _COMMENT.finditer(text):
        for code in _CODE.finditer(comment["codes"]):
            start = comment.start("codes") + code.start()
            yield _Ignored(code[0], Span(start, start + len(code[0])))


def _unused(each: _Ignored) -> Diagnostic:
    declared = FINDING_CODES.get(each.code)
    if declared is None:
        return UnusedIgnore(variant="unknown", code_name=each.code).at(each.span)
    if declared.severity is Severity.ERROR:
        return UnusedIgnore(variant="error", code_name=each.code).at(each.span)
    return UnusedIgnore(variant="unused", code_name=each.code).at(each.span)


def ignored_codes(text: str) -> frozenset[str]:
    """The codes that comments in a file name."""
    return frozenset(each.code for each in _ignored(text)) if "triggerfish:" in text else frozenset()
