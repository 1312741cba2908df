"""The report that GitHub Actions reads from the output of a step: a workflow command for each finding, shown as an annotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ....compiler.diagnostics.codes import level
from ....compiler.diagnostics.diagnostic import Diagnostic, Severity
from ..caret_text import sentences, visible
from ..locations import Location, findings_in_file, with_slashes
from ..rule_result import RuleResult

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github_entry(result: RuleResult, verbose: bool) -> list[str]:
    """The commands for one rule, a line each; for notes only if ``verbose``, as GitHub shows ten annotations of a kind and no more."""
    return [
        _command(finding, places, result)
        for finding, places in findings_in_file(result)
        if verbose or finding.severity is not Severity.NOTE
    ]


def github_report(entries: Sequence[Sequence[str]]) -> str:
    """The report of a run, from what `github_entry` gives for each rule."""
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
    # Columns are for a place on one line only.
    if place.line != place.end_line:
        return {"line": place.line, "endLine": place.end_line}
    return {"line": place.line, "col": place.column, "endLine": place.end_line, "endColumn": place.end_column}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
