"""Baselines: the findings of an earlier run, which later runs leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.file_input import reason
from ...grammar.errors import TriggerfishError
from .exit_codes import decides
from .fingerprint import FINGERPRINT_VERSION, fingerprint
from .formats.json_report import VERSION
from .rule_result import RuleResult, Status

_NO_REPORT = "{}: the baseline is not a report of this command; create one with `--report FILE`"


class BaselineError(TriggerfishError, ValueError):
    """The file cannot serve as a baseline; the message names it and says why."""


class Baseline:
    """The findings of an earlier run, as a multiset from which repeated findings are removed.

    Args:
        fingerprints: of all findings.

    Attributes:
        found_again: the number of repeated findings.
    """

    def __init__(self, fingerprints: Iterable[str]) -> None:
        self._left = Counter(fingerprints)
        self.found_again = 0

    def without_known(self, result: RuleResult) -> RuleResult:
        """Return the result without baseline findings, and without a status that only they cause."""
        new: list[Diagnostic] = []
        known: list[Diagnostic] = []
        for finding in result.findings:
            digest = fingerprint(finding, result)
            if self._left[digest] > 0:
                self._left[digest] -= 1
                known.append(finding)
            else:
                new.append(finding)
        due_to_known = any(decides(finding, result.status) for finding in known) and not any(
            decides(finding, result.status) for finding in new
        )
        self.found_again += len(known)
        return replace(result, status=Status.KNOWN if due_to_known else result.status, findings=tuple(new))


def load_baseline(path: str) -> Baseline:
    """Load the findings of a JSON report of an earlier run.

    Raises:
        BaselineError: the file cannot be read, or is not such a report.
    """
    try:
        report = orjson.loads(Path(path).read_bytes())
    except orjson.JSONDecodeError as error:
        raise BaselineError(f"{path}:{error.lineno}:{error.colno}: the baseline is not valid JSON: {error.msg}") from None
    except (OSError, ValueError) as error:
        raise BaselineError(f"cannot read the baseline `{path}`: {reason(error)}") from None
    match report:
        case {"version": version, "rules": list(rules)} if version == VERSION:
            pass
        case _:
            raise BaselineError(_NO_REPORT.format(path))
    if report.get("fingerprint_version") != FINGERPRINT_VERSION:
        raise BaselineError(f"{path}: the baseline was written by an incompatible version; create it again")
    if report.get("left_out"):
        raise BaselineError(f"{path}: the baseline was itself created with --baseline; create it without")
    return Baseline(digest for rule in rules for digest in _fingerprints(rule, path))


def _fingerprints(rule: Mapping[str, Any], path: str) -> list[str]:
    try:
        fingerprints = [finding["fingerprint"] for finding in rule["findings"]]
    except (TypeError, LookupError):
        fingerprints = [None]
    if not all(isinstance(digest, str) for digest in fingerprints):
        raise BaselineError(_NO_REPORT.format(path))
    return fingerprints
