"""Diagnostics as reports and errors hold them: a code, a message, places and a remedy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ...grammar.errors import TriggerfishError
from ...grammar.span import Span

Part = str | int | float | tuple[str, ...] | None
"""A fact that a finding states; a tuple lists texts of the user's own."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a query.

    Attributes:
        code: what kind of finding, e.g. ``unsatisfiable``, ``dead-alternative``, ``type-mismatch``, ``unsupported``, ``syntax``.
        severity: an error ends the rule, a warning does not.
        message: one lower-case sentence, the user's own text in backticks.
        spans: the places in the query, in order; the first is the one to point at.
        field: the dotted field name it is about, or None.
        notes: further sentences (why), one line each.
        help: what to do about it, or None.
        parts: by name, the facts that message, notes and help are made from.
    """

    code: str
    severity: Severity
    message: str
    spans: tuple[Span, ...]
    field: str | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    parts: Mapping[str, Part] = dataclasses.field(default_factory=dict, hash=False)

    def __repr__(self) -> str:
        return f"<Finding {self.severity.value}[{self.code}]: {self.message}>"


class QueryError(TriggerfishError, ValueError):
    """A query that cannot be compiled.

    Attributes:
        diagnostic: what is wrong, where, and what to do.
        text: the query.
        others: further errors of the query.
    """

    def __init__(self, diagnostic: Diagnostic, text: str, others: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic
        self.text = text
        self.others = others


class InvalidQueryError(QueryError):
    """The query parses but means nothing: a type mismatch, an unknown function, a wrong argument."""


class UnsupportedQueryError(QueryError):
    """The query is right, and holds something that cannot be compiled yet."""
