"""JUnit report: a test case for each rule, in the JUnit XML that Jenkins and GitLab accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ....compiler.diagnostics.diagnostic import Diagnostic, Severity
from ..caret_text import render, visible
from ..exit_codes import BY_DEFAULT, OUTCOMES, decides
from ..rule_result import RuleResult, Status
from .xml_text import attributes, character_data, names_of

_FAILING = {Status.UNKNOWN: "error", Status.INVALID: "error", Status.UNSUPPORTED: "error"}
"""The element of a test case that fails, by the status of its rule, where that is not ``failure``."""
_CAUSES: Mapping[str, Callable[[Diagnostic], bool]] = {
    "dead": lambda finding: finding.code == "dead-alternative",
    "error": lambda finding: finding.severity is Severity.ERROR,
    "warning": lambda finding: finding.severity is Severity.WARNING,
}
"""Which findings cause an outcome of a rule that has documents."""

_COUNTED = ("failure", "error", "skipped")


def junit_entry(result: RuleResult, fail_on: Collection[str] = BY_DEFAULT) -> dict[str, Any]:
    """Return the test case of one rule: its outcome and its duration.

    A rule that makes the run fail is a failure or an error, and no other rule is.

    Args:
        result: the result of the rule.
        fail_on: the outcomes that fail the run.
    """
    outcomes = [name for name in OUTCOMES if name in fail_on and OUTCOMES[name].holds(result)]
    element = _FAILING.get(result.status, "failure") if outcomes else None if result.status is Status.OK else "skipped"
    decisive = [finding for finding in result.findings if decides(finding, result.status)]
    if not decisive and outcomes:
        decisive = [finding for finding in result.findings if outcomes[0] not in _CAUSES or _CAUSES[outcomes[0]](finding)]
    text = "\n\n".join(render(finding, result.text, result.path) for finding in result.findings)
    lines = [f"<testcase{attributes(**names_of(result.path), time=_time(result.seconds.total))}>"]
    if element is not None:
        what = decisive[0].code if decisive else result.status.value
        message = decisive[0].message if decisive else "all findings are in the baseline"
        more = f" (and {len(decisive) - 1} more)" if len(decisive) > 1 else ""
        lines.append(f"<{element}{attributes(type=what, message=visible(message) + more)}>{character_data(text)}</{element}>")
    elif text:
        lines.append(f"<system-out>{character_data(text)}</system-out>")
    return {"case": "\n".join((*lines, "</testcase>")), "element": element, "seconds": result.seconds.total}


def junit_report(entries: Sequence[Mapping[str, Any]]) -> str:
    """Return the report of a run from the `junit_entry` of each rule."""
    counts = Counter(entry["element"] for entry in entries)
    tests = {"tests": str(len(entries)), **{name if name == "skipped" else f"{name}s": str(counts[name]) for name in _COUNTED}}
    time = _time(sum(entry["seconds"] for entry in entries))
    all_tests = {name: value for name, value in tests.items() if name != "skipped"}
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<testsuites{attributes(name='triggerfish', **all_tests, time=time)}>",
            f"<testsuite{attributes(name='rules', **tests, time=time)}>",
            *(entry["case"] for entry in entries),
            "</testsuite>",
            "</testsuites>\n",
        )
    )


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"
