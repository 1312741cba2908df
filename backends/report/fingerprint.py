"""Fingerprints of findings: digests that do not change when lines move or a message is reworded."""

from __future__ import annotations

import hashlib
import json

from ...compiler.diagnostics.diagnostic import Diagnostic
from .locations import with_slashes
from .rule_result import RuleResult

FINGERPRINT_VERSION = 2
"""Incremented when an unchanged finding gets another fingerprint."""


def fingerprint(finding: Diagnostic, result: RuleResult) -> str:
    """Return the digest of a finding of a rule.

    It depends on the rule's id (or, without one, its path), the finding's code, field and parts, and the text at its places with blanks and
    line breaks evened out; so neither line numbers nor indentation count, and with an id the name of the file does not either.
    """
    rule = ["id", result.rule_id] if result.rule_id is not None else ["path", with_slashes(result.path)]
    text = result.text
    quoted = [] if text is None else [" ".join(text[span.start : span.end].split()) for span in finding.spans]
    content = [*rule, finding.code, finding.field, dict(finding.parts), *quoted]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]
