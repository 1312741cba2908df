"""The result of one rule, as reports read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.schema.fields import FieldSpec

if TYPE_CHECKING:
    from .explain.outline import Explanation


class Status(StrEnum):
    """The status of a rule, in the order in which a summary counts."""

    OK = "ok"
    UNSATISFIABLE = "unsatisfiable"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"
    KNOWN = "known"
    """One of the failures above, caused only by findings in the baseline."""


STAGES = ("parse", "compile", "solve", "sample")


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall time of the stages of one rule."""

    parse: float = 0.0
    compile: float = 0.0
    solve: float = 0.0
    sample: float = 0.0

    @property
    def total(self) -> float:
        return self.parse + self.compile + self.solve + self.sample


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A rule and its result.

    Attributes:
        path: the file, as the user named it, or ``<stdin>`` or ``<query>``.
        rule_id, name, type, language: the rule's own; None where it has none or its file could not be read.
        status: the outcome.
        documents: the number of drawn documents.
        matches: the number of groups that they form.
        near_misses: the number of groups that only just do not match.
        indices: the indices of its documents, where they depend on the rule.
        fixed_times: the fields that hold times and that the rule asks about.
        lines: the documents in the output format, if they were not written elsewhere.
        draws: how the groups were drawn and checked (see `Plan.counts`), and the number of solver calls.
        plan: its entry in a plan file, if requested.
        seconds: wall time by stage.
        findings: the findings; their spans are offsets in ``text``.
        text: the text to quote from: the file's content, or None if it could not be read.
        fields: the fields that the rule uses, if it was compiled.
        file: the file of the rule; None for standard input and a bare query.
        line: the line of the file at which ``text`` begins; None if ``text`` does not occur in the file verbatim.
        explanation: the explanation, if requested and the rule was compiled.
    """

    path: str
    status: Status
    rule_id: str | None = None
    name: str | None = None
    type: str | None = None
    language: str | None = None
    documents: int = 0
    matches: int = 0
    near_misses: int = 0
    indices: tuple[str, ...] = ()
    fixed_times: tuple[str, ...] = ()
    lines: bytes = b""
    draws: Mapping[str, int] = field(default_factory=dict)
    plan: Mapping[str, Any] | None = None
    seconds: Seconds = Seconds()
    findings: tuple[Diagnostic, ...] = ()
    text: str | None = None
    fields: tuple[FieldSpec, ...] = ()
    file: str | None = None
    line: int | None = 1
    explanation: Explanation | None = None
