"""What is raised and warned of when nothing, or not everything, can match."""

from __future__ import annotations

from ..compiler.diagnostics.diagnostic import Diagnostic
from ..compiler.explain.core_reasons import Reason
from ..grammar.errors import TriggerfishError


class UnsolvableError(TriggerfishError, ValueError):
    """Nothing can match a query, or one of its alternatives; there is a proof.

    Attributes:
        reasons: per field, why.
        findings: the same with places in the query.
        text: the query.
    """

    def __init__(self, reasons: tuple[Reason, ...], findings: tuple[Diagnostic, ...], text: str) -> None:
        super().__init__("Unsolvable constraints: " + ", ".join(map(str, reasons)))
        self.reasons = reasons
        self.findings = findings
        self.text = text


class UndecidedError(TriggerfishError, RuntimeError):
    """Neither a matching document nor a proof that there is none was found within the limits.

    Attributes:
        findings: what ended the search.
        text: the query.
    """

    def __init__(self, findings: tuple[Diagnostic, ...], text: str) -> None:
        super().__init__("; ".join(finding.message for finding in findings) or "no document was found")
        self.findings = findings
        self.text = text


class UnsolvableWarning(UserWarning):
    """Some alternatives of a rule can match nothing; documents are generated for the others.

    Attributes:
        findings: one for each such alternative, with its place in the query.
        text: the query.
    """

    def __init__(self, findings: tuple[Diagnostic, ...], text: str, name: str | None) -> None:
        first = findings[0]
        shown = " ".join(text[first.spans[0].start : first.spans[0].end].split())
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        why = f": {first.notes[0]}" if first.notes else ""
        super().__init__(f"{name + ': ' if name else ''}{first.message}: `{shown}`{more}{why}")
        self.findings = findings
        self.text = text
