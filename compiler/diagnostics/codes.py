"""The codes of all declared findings, from which the page of findings and SARIF's rules are made."""

from __future__ import annotations

from collections.abc import Mapping

from .comparisons import COMPARISONS
from .diagnostic import Diagnostic, Severity
from .errors import ERRORS
from .finding import Finding, FindingCode
from .notes import NOTES
from .rule_slips import RULE_SLIPS
from .sigma_slips import SIGMA_SLIPS
from .slips import SLIPS
from .warnings import WARNINGS

FINDINGS: tuple[type[Finding], ...] = (*ERRORS, *WARNINGS, *SLIPS, *RULE_SLIPS, *SIGMA_SLIPS, *NOTES, *COMPARISONS)

FINDING_CODES: Mapping[str, FindingCode] = {each.code.name: each.code for each in FINDINGS}


_ORDER = {severity: number for number, severity in enumerate(Severity)}


def severity_order(finding: Diagnostic) -> int:
    """The place of a finding's severity, the most severe first."""
    return _ORDER[finding.severity]


def level(finding: Diagnostic) -> Severity:
    """How serious a finding is to those who maintain rules."""
    return FINDING_CODES[finding.code].shown_as or finding.severity
