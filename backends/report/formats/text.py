"""Text report: the output on a terminal, and the ``pretty`` report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ....compiler.diagnostics.diagnostic import Diagnostic, Severity
from ..caret_text import one_line, render, visible
from ..rule_result import RuleResult, Status
from ..wording import counted, left_out_words

_MOST_WARNINGS = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """The findings of one rule to show.

    Attributes:
        findings: those shown in full.
        lines: one line for each of the other findings shown.
        more: the number of omitted warnings.
    """

    findings: tuple[Diagnostic, ...] = ()
    lines: tuple[str, ...] = ()
    more: int = 0


def selected(result: RuleResult, verbose: bool) -> Selection:
    """Select the findings of a rule to show: all if ``verbose``, else errors and the first warnings."""
    if result.status is Status.UNSUPPORTED and not verbose:
        return Selection(lines=tuple(one_line(finding, result.text, result.path) for finding in result.findings))
    errors, warnings, notes = (
        tuple(finding for finding in result.findings if finding.severity is severity)
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    )
    if verbose:
        return Selection((*errors, *warnings, *notes))
    return Selection((*errors, *warnings[:_MOST_WARNINGS]), more=len(warnings[_MOST_WARNINGS:]))


def more_warnings(result: RuleResult, more: int) -> str:
    """Return the line with the number of omitted warnings."""
    return f"{visible(result.path)}: {counted(more, 'more warning')} (shown with --verbose)"


def pretty_entry(result: RuleResult, verbose: bool) -> dict[str, Any]:
    """Return the entry of one rule in the ``pretty`` report."""
    selection = selected(result, verbose)
    text = "".join(f"unsupported: {line}\n" for line in selection.lines)
    text += "".join(f"{render(finding, result.text, result.path)}\n\n" for finding in selection.findings)
    text += f"{more_warnings(result, selection.more)}\n\n" if selection.more else ""
    return {"text": text, "status": result.status.value, "documents": result.documents, "warned": is_warned_of(result)}


def pretty_report(entries: Sequence[Mapping[str, Any]], left_out: int | None) -> str:
    """Return the report of a run as on a terminal, without colours and durations."""
    counts = Counter(Status(entry["status"]) for entry in entries)
    warned = sum(entry["warned"] for entry in entries)
    summary = "".join(text for text, _ in summary_of(counts, warned, left_out))
    return "".join(entry["text"] for entry in entries) + f"{summary}; {counted(sum(entry['documents'] for entry in entries), 'document')}\n"


def is_warned_of(result: RuleResult) -> bool:
    """Whether a rule is ok but has warnings."""
    return result.status is Status.OK and any(finding.severity is Severity.WARNING for finding in result.findings)


def summary_of(counts: Mapping[Status, int], warned: int, left_out: int | None) -> list[tuple[str, Status | None]]:
    """Return the summary line of a run in pieces, each with the status that it refers to.

    Args:
        counts: the number of rules by status.
        warned: the number of ok rules with warnings.
        left_out: the number of findings omitted because they are in the baseline; None without a baseline.
    """
    if not any(counts.values()):
        pieces: list[tuple[str, Status | None]] = [("no rules", None)]
        return pieces if left_out is None else [*pieces, (f"; {left_out_words(left_out)}", None)]
    pieces = [(f"{counted(sum(counts.values()), 'rule')}: ", None)]
    for status in Status:
        if counts.get(status):
            note = f" ({warned} with warnings)" if status is Status.OK and warned else ""
            pieces += [(", " if len(pieces) > 1 else "", None), (f"{counts[status]} {status.value}", status), (note, None)]
    if left_out is not None:
        pieces.append((f"; {left_out_words(left_out)}", None))
    return pieces
