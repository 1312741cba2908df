"""The base of all errors that users of the package meet."""

from __future__ import annotations

from pathlib import Path


class TriggerfishError(Exception):
    """Any error of the package about what it was given: a query, a rule, a schema, a file.

    Attributes:
        rule_name: the name of the rule that it is about, if it is about one.
        rule_path: the file of that rule, if it came from one.
        rule_place: the line and column in that file, both from 1, if they are known.
    """

    rule_name: str | None = None
    rule_path: Path | None = None
    rule_place: tuple[int, int] | None = None
