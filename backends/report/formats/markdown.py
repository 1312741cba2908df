"""Markdown report, for a job summary or a pull-request comment; text from rules is escaped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....compiler.diagnostics.codes import severity_order
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
        return {"status": result.status.value, "section": "", "rank": len(Severity), "line": ""}
    shown = "\n\n".join(render(finding, result.text, result.path) for finding in findings)
    name = f"{_code(result.name)}, " if result.name else ""
    section = f"### {_code(result.path)}\n\n{name}{result.status.value}:\n\n{_block(shown)}\n"
    worst = min(findings, key=severity_order)
    line = f"- {_code(result.path)}: {worst.severity.value}, {worst.code}\n"
    return {"status": result.status.value, "section": section, "rank": severity_order(worst), "line": line}


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
    ordered = sorted((entry for entry in entries if entry["section"]), key=lambda entry: (entry["status"] == Status.OK, entry["rank"]))
    return "\n".join((head, *_as_fit(ordered, MOST_CHARACTERS - len(head))))


def _as_fit(entries: Sequence[Mapping[str, Any]], room: int) -> Iterable[str]:
    """Yields the sections that fit, a line for each other rule as far as they fit, and the number of omitted ones."""
    room -= _RESERVED
    brief: list[str] = []
    for number, entry in enumerate(entries):
        # What is left must hold a line for each of the next rules.
        following = sum(len(each["line"]) for each in entries[number + 1 : number + 1 + _MOST_BRIEF])
        if not brief and len(entry["section"]) + 1 + following <= room:
            room -= len(entry["section"]) + 1
            yield entry["section"]
        else:
            brief.append(entry["line"])
    if not brief:
        return
    shown = []
    for line in brief:
        if len(line) > room:
            break
        room -= len(line)
        shown.append(line)
    yield f"### More rules with findings\n\n{''.join(shown)}"
    if len(brief) > len(shown):
        yield f"{counted(len(brief) - len(shown), 'more rule')} with findings are omitted: size limit reached.\n"


_MOST_BRIEF = 100
_RESERVED = 200
"""Characters that the last lines take."""


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
