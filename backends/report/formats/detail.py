"""What the entry of a rule in a report depends on beside its result."""

from __future__ import annotations

from dataclasses import dataclass

from ..exit_codes import BY_DEFAULT


@dataclass(frozen=True, slots=True)
class Detail:
    """What reports show.

    Attributes:
        verbose: whether optional notes are shown.
        fail_on: the outcomes that fail the run.
    """

    verbose: bool = False
    fail_on: frozenset[str] = BY_DEFAULT


USUAL = Detail()
