"""The formats that ``compile-rule`` writes reports in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ..rule_result import RuleResult
from .github import github_entry, github_report
from .json_report import json_entry, json_report
from .junit import junit_entry, junit_report
from .markdown import markdown_entry, markdown_report
from .sarif import sarif_entry, sarif_report
from .text import pretty_entry, pretty_report


@dataclass(frozen=True, slots=True)
class Run:
    """Facts about a run as a whole.

    Attributes:
        version: that of this program.
        seed: that of the run.
        exit_code: how it ends.
        left_out: how many findings were left out because they are in the baseline; None if there is no baseline.
        push: what became of its documents in Elasticsearch, if they went there.
    """

    version: str
    seed: int
    exit_code: int
    left_out: int | None = None
    push: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A format of a report.

    Attributes:
        entry: what is kept of a rule, a JSON value, given its result and whether notes are wanted where they are a matter of taste.
        whole: the report, given the entries of all rules.
    """

    entry: Callable[[RuleResult, bool], Any]
    whole: Callable[[Run, Sequence[Any]], bytes]


def entry_of(format: str, result: RuleResult, *, verbose: bool = False) -> Any:
    """What a report keeps of a rule: a JSON value, all of it valid UTF-8, that keeps nothing of the result alive."""
    return _legible(REPORT_FORMATS[format].entry(result, verbose))


def _legible(value: Any) -> Any:
    """A JSON value without the surrogates that stand for odd bytes in the names of files."""
    match value:
        case str():
            return value if value.isascii() else value.encode(errors="replace").decode()
        case dict():
            return {name: _legible(item) for name, item in value.items()}
        case list():
            return [_legible(item) for item in value]
    return value


def indented(value: Mapping[str, Any]) -> bytes:
    """A JSON value as text for people too."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


REPORT_FORMATS: Mapping[str, ReportFormat] = {
    "pretty": ReportFormat(pretty_entry, lambda run, entries: pretty_report(entries, run.left_out).encode()),
    "json": ReportFormat(
        lambda result, _: json_entry(result), lambda run, entries: indented(json_report(run.seed, entries, run.left_out, run.push))
    ),
    "sarif": ReportFormat(
        lambda result, _: sarif_entry(result), lambda run, entries: indented(sarif_report(entries, run.version, run.exit_code))
    ),
    "junit": ReportFormat(lambda result, _: junit_entry(result), lambda run, entries: junit_report(entries).encode()),
    "github": ReportFormat(github_entry, lambda run, entries: github_report(entries).encode()),
    "markdown": ReportFormat(markdown_entry, lambda run, entries: markdown_report(entries, run.left_out).encode()),
}
"""By the name that ``--report-format`` takes."""
