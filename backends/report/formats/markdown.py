"""Markdown report, for a job summary or a pull-request comment; text from rules is escaped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....compiler.diagnostics.diagnostic import Severity
from ..caret_text import render, visible
from ..rule_result import RuleResult, Status
from ..wording import counted, left_out_words

MOST_CHARACTERS = 60_000
"""The maximum size in characters; a GitHub comment allows 65,536."""


def markdown_entry(result: RuleResult, verbose: bool) -> dict[str, Any]:
    """Return the section of one rule: its findings, with notes only if ``verbose``."""
    findings = [finding for finding in result.findings if verbose or finding.severity is not Severity.NOTE]
    if not findings:
        return {"status": result.status.value, "section": ""}
    shown = "\n\n".join(render(finding, result.text, result.path) for finding in findings)
    name = f"{_code(result.name)}, " if result.name else ""
    section = f"### {_code(result.path)}\n\n{name}{result.status.value}:\n\n{_block(shown)}\n"
    return {"status": result.status.value, "section": section}


def markdown_report(entries: Sequence[Mapping[str, Any]], left_out: int | None) -> str:
    """Return the report of a run, rules without documents first.

    Args:
        entries: the `markdown_entry` of each rule.
        left_out: the number of findings omitted because they are in the baseline; None without a baseline.
    """
    counts = Counter(Status(entry["status"]) for entry in entries)
    rows = "".join(f"| {status.value} | {counts[status]} |\n" for status in Status if counts[status])
    head = f"## Triggerfish: {counted(len(entries), 'rule')}\n\n| status | rules |\n|---|---:|\n{rows}"
    if left_out is not None:
        head += f"\n{left_out_words(left_out)}.\n"
    ordered = sorted((entry for entry in entries if entry["section"]), key=lambda entry: entry["status"] == Status.OK)
    return "\n".join((head, *_as_fit((entry["section"] for entry in ordered), MOST_CHARACTERS - len(head))))


def _as_fit(sections: Iterable[str], room: int) -> Iterable[str]:
    """Yields the sections that fit, and a line with the number of omitted ones."""
    passed = 0
    for section in sections:
        room -= len(section) + 1
        if passed or room < 0:
            passed += 1
        else:
            yield section
    if passed:
        yield f"{counted(passed, 'more rule')} with findings are omitted: size limit reached.\n"


def _block(text: str) -> str:
    """Renders a text as a code block, with a fence longer than any in it."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _code(text: str) -> str:
    """Renders a text as inline code; the blank at both ends separates backticks and is not shown."""
    shown = visible(text)
    fence = "`" * (_longest_run(shown) + 1)
    return f"{fence} {shown} {fence}" if shown.strip(" ") else "(blank)"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
