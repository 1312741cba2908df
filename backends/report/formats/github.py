"""GitHub Actions report: a workflow command for each finding, shown as an annotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ....compiler.diagnostics.codes import level
from ....compiler.diagnostics.diagnostic import Diagnostic, Severity
from ..caret_text import sentences, visible
from ..locations import Location, findings_in_file, with_slashes
from ..rule_result import RuleResult

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github_entry(result: RuleResult, verbose: bool) -> list[str]:
    """Return the commands for one rule, a line each; notes only if ``verbose``, because GitHub shows ten annotations per kind."""
    return [
        _command(finding, places, result)
        for finding, places in findings_in_file(result)
        if verbose or finding.severity is not Severity.NOTE
    ]


def github_report(entries: Sequence[Sequence[str]]) -> str:
    """Return the report of a run from the `github_entry` of each rule."""
    return "".join(f"{line}\n" for entry in entries for line in entry)


def _command(finding: Diagnostic, places: Sequence[Location], result: RuleResult) -> str:
    properties: dict[str, str | int] = {}
    if result.file is not None:
        properties["file"] = with_slashes(result.file)
    if places:
        properties |= _region(places[0])
    properties["title"] = f"{finding.code}: {visible(result.name or result.path)}"
    lines = sentences(finding)
    if not places and result.file != result.path:
        lines.insert(0, f"in {visible(result.path)}")
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[level(finding)]} {written}::{_data(chr(10).join(lines))}"


def _region(place: Location) -> Mapping[str, int]:
    # Columns apply only to a place on one line.
    if place.line != place.end_line:
        return {"line": place.line, "endLine": place.end_line}
    return {"line": place.line, "col": place.column, "endLine": place.end_line, "endColumn": place.end_column}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
