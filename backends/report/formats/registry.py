"""Registry of report formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ..rule_result import RuleResult
from .detail import USUAL, Detail
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
        version: the version of Triggerfish.
        seed: the run's seed.
        exit_code: the run's exit code.
        left_out: the number of findings omitted because they are in the baseline; None without a baseline.
        push: the outcome of loading the documents into Elasticsearch, if requested.
    """

    version: str
    seed: int
    exit_code: int
    left_out: int | None = None
    push: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A report format.

    Attributes:
        entry: returns the entry of a rule, a JSON value, given its result and what to show.
        whole: returns the report, given the entries of all rules.
    """

    entry: Callable[[RuleResult, Detail], Any]
    whole: Callable[[Run, Sequence[Any]], bytes]


def entry_of(format: str, result: RuleResult, detail: Detail = USUAL) -> Any:
    """Return the entry of a rule in a report: a JSON value in valid UTF-8 that does not reference the result."""
    return _legible(REPORT_FORMATS[format].entry(result, detail))


def _legible(value: Any) -> Any:
    """Replaces surrogates, which represent undecodable bytes in file names, in a JSON value."""
    match value:
        case str():
            return value if value.isascii() else value.encode(errors="replace").decode()
        case dict():
            return {name: _legible(item) for name, item in value.items()}
        case list():
            return [_legible(item) for item in value]
    return value


def indented(value: Mapping[str, Any]) -> bytes:
    """Serialise a JSON value with indentation."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


REPORT_FORMATS: Mapping[str, ReportFormat] = {
    "pretty": ReportFormat(
        lambda result, detail: pretty_entry(result, detail.verbose), lambda run, entries: pretty_report(entries, run.left_out).encode()
    ),
    "json": ReportFormat(
        lambda result, _: json_entry(result),
        lambda run, entries: indented(json_report(run.seed, entries, run.left_out, run.push, version=run.version)),
    ),
    "sarif": ReportFormat(
        lambda result, _: sarif_entry(result), lambda run, entries: indented(sarif_report(entries, run.version, run.exit_code))
    ),
    "junit": ReportFormat(lambda result, detail: junit_entry(result, detail.fail_on), lambda run, entries: junit_report(entries).encode()),
    "github": ReportFormat(
        lambda result, detail: github_entry(result, detail.verbose), lambda run, entries: github_report(entries).encode()
    ),
    "markdown": ReportFormat(
        lambda result, detail: markdown_entry(result, detail.verbose), lambda run, entries: markdown_report(entries, run.left_out).encode()
    ),
}
"""Report formats by the name that ``--report-format`` accepts."""
