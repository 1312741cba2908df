"""SARIF 2.1.0 report, for code scanning; comments cite sections of the specification."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from ....compiler.diagnostics.codes import FINDING_CODES, level
from ....compiler.diagnostics.diagnostic import Diagnostic
from ....compiler.diagnostics.finding import FindingCode
from ..caret_text import sentences, visible
from ..fingerprint import FINGERPRINT_VERSION, fingerprint
from ..locations import Location, findings_in_file
from ..rule_result import RuleResult

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_ROOT = "%SRCROOT%"
_PAGES = "https://git.example.org/triggerfish/blob/v{version}/docs/findings/{code}.md"
_INDEX = {code: number for number, code in enumerate(FINDING_CODES)}
_LONGEST_QUOTE = 120


def sarif_entry(result: RuleResult) -> dict[str, Any]:
    """Return the entry of one rule: its results, and notifications about the tool itself."""
    results: list[dict[str, Any]] = []
    notifications: list[dict[str, Any]] = []
    for finding, places in findings_in_file(result):
        if FINDING_CODES[finding.code].ours:
            notifications.append(_notification(finding, places, result))
        else:
            results.append(_result(finding, places, result))
    return {"results": results, "notifications": notifications}


def sarif_report(entries: Sequence[Mapping[str, Any]], version: str, exit_code: int) -> dict[str, Any]:
    """Return the log of a run.

    Args:
        entries: the `sarif_entry` of each rule.
        version: the version of Triggerfish.
        exit_code: the run's exit code.
    """
    notifications = [notification for entry in entries for notification in entry["notifications"]]
    invocation: dict[str, Any] = {"executionSuccessful": not notifications, "exitCode": exit_code}
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(version)},
                "invocations": [invocation],
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder in which the command ran."}}},
                "columnKind": "unicodeCodePoints",
                "newlineSequences": ["\r\n", "\n", "\r"],
                "language": "en",
                "results": [result for entry in entries for result in entry["results"]],
            }
        ],
    }


def _driver(version: str) -> dict[str, Any]:
    return {
        "name": "Triggerfish",
        "version": version,
        "semanticVersion": version,
        "shortDescription": {"text": "Compiles detection rules into events that trigger them, or into proofs that none can."},
        "rules": [_descriptor(code, version) for code in FINDING_CODES.values()],
    }


def _descriptor(code: FindingCode, version: str) -> dict[str, Any]:
    return {
        "id": code.name,
        "name": "".join(part.capitalize() for part in code.name.split("-")),
        "shortDescription": {"text": code.summary},
        "fullDescription": {"text": f"{code.summary} {code.advice}"},
        "help": {"text": code.advice},
        "helpUri": _PAGES.format(version=version, code=code.name),
        "defaultConfiguration": {"level": (code.shown_as or code.severity).value},
    }


def _result(finding: Diagnostic, places: Sequence[Location], result: RuleResult) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": _INDEX[finding.code],
        "level": level(finding).value,
        "message": {"text": _message(finding)},
        "locations": [_location(result, places[0] if places else None)],
        "partialFingerprints": {f"finding/v{FINGERPRINT_VERSION}": fingerprint(finding, result)},
    }
    related = [
        {"id": number, **_location(result, place), "message": {"text": _quoted(finding, number, result)}}
        for number, place in enumerate(places[1:], 1)
    ]
    return {**entry, "relatedLocations": related} if related else entry


def _notification(finding: Diagnostic, places: Sequence[Location], result: RuleResult) -> dict[str, Any]:
    return {
        "descriptor": {"id": finding.code, "index": _INDEX[finding.code]},
        "level": level(finding).value,
        "message": {"text": _message(finding)},
        "locations": [_location(result, places[0] if places else None)],
    }


# In a message, text in brackets followed by a number or a URL in parentheses is a link (§3.11.6).
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")


def _message(finding: Diagnostic) -> str:
    return _LINK.sub(r"\\[", "\n".join(sentences(finding)))


def _quoted(finding: Diagnostic, number: int, result: RuleResult) -> str:
    """Returns the quoted text at one place of a finding."""
    assert result.text is not None
    span = finding.spans[number]
    text = visible(" ".join(result.text[span.start : span.end].split()))
    return _LINK.sub(r"\\[", text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…")


def _location(result: RuleResult, place: Location | None) -> dict[str, Any]:
    if result.file is None:
        # Standard input or a bare query has no file, only a logical name (§3.33).
        return {"logicalLocations": [{"fullyQualifiedName": visible(result.path)}]}
    physical: dict[str, Any] = {"artifactLocation": _artifact(result.file)}
    if place is not None:
        physical["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        }
    return {"physicalLocation": physical}


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(os.path.normpath(file))
    if path.is_absolute() or ".." in path.parts:
        # A path that leaves the base must not be relative to it (§3.4.4).
        return {"uri": Path(file).resolve().as_uri() if ".." in path.parts else path.as_uri()}
    return {"uri": quote(os.fsencode(path.as_posix())), "uriBaseId": _ROOT}
