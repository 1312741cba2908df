"""What solving a rule may cost, and by which road it goes."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

SOLVERS = ("propose", "whole", "cvc5")
"""Proposals with Z3 as the judge of what they leave open; the whole rule as one formula for Z3; the same for cvc5."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What solving one rule may cost.

    Attributes:
        timeout: seconds of wall time for the rule.
        memory: MiB that the solver's process may take.
        aside: seconds for one question about a rule that is known to be ok: is this alternative dead, is that condition redundant.
        questions: how many such questions a solver is asked per rule.
    """

    timeout: float = 10.0
    memory: int = 2048
    aside: float = 1.0
    questions: int = 200


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a rule is decided.

    Attributes:
        solver: one of ``SOLVERS``.
        cross_check: whether every verdict is put before Z3 and cvc5 as well; a disagreement is an error of ours.
        findings: whether conditions that change nothing are looked for.
        cores: how many independent reasons to name for an unsatisfiable rule.
    """

    solver: str = "propose"
    cross_check: bool = False
    findings: bool = True
    cores: int = 10


class TimeUpError(Exception):
    """A deadline has passed."""


def ended_by(seconds: float) -> str:
    """What ended something, where that was a time limit."""
    return f"timed out after {seconds:.3g} s"


class Deadline:
    """A moment after which work is to end.

    Args:
        seconds: from now on; None for never.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._at = None if seconds is None else monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left, never less than 0."""
        return float("inf") if self._at is None else max(0.0, self._at - monotonic())

    def check(self) -> None:
        """Raise TimeUpError once the moment has passed."""
        if self._at is not None and monotonic() > self._at:
            raise TimeUpError
