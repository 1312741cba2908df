"""The base class of all errors of the package."""

from __future__ import annotations

from pathlib import Path


class TriggerfishError(Exception):
    """Base class of errors about an input: a query, a rule, a schema, a file.

    Attributes:
        rule_name: the name of the rule, if the error is about one.
        rule_path: the file of that rule, if it came from one.
        rule_place: the line and column in that file, both from 1, if they are known.
    """

    rule_name: str | None = None
    rule_path: Path | None = None
    rule_place: tuple[int, int] | None = None
