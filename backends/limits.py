"""Solving limits (time, memory, solver questions), the solving strategy, and deadlines."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

SOLVERS = ("propose", "whole", "cvc5")
"""``propose``: proposals first, Z3 for what they leave open; ``whole``: the whole rule as one Z3 formula; ``cvc5``: the same for cvc5."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on solving one rule.

    Attributes:
        timeout: seconds of wall time for the rule.
        memory: MiB that the solver's process may take.
        aside: seconds for one question about a satisfiable rule: is this alternative dead, is this condition redundant.
        questions: the maximum number of such questions per rule.
        reasons: seconds, once it is known that nothing matches, for making the reason minimal and for finding further ones.
    """

    timeout: float = 10.0
    memory: int = 2048
    aside: float = 1.0
    questions: int = 200
    reasons: float = 1.0


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a rule is decided.

    Attributes:
        solver: one of ``SOLVERS``.
        cross_check: whether to check every verdict with both Z3 and cvc5; a disagreement is a bug in Triggerfish.
        findings: whether to look for redundant conditions.
        cores: the number of unsatisfiable cores to report.
    """

    solver: str = "propose"
    cross_check: bool = False
    findings: bool = True
    cores: int = 10


class TimeUpError(Exception):
    """A deadline has passed."""


def ended_by(seconds: float) -> str:
    """Returns the reason of a stop at a time limit, such as "timed out after 5 s"."""
    return f"timed out after {seconds:.3g} s"


class Deadline:
    """A point in time after which work stops.

    Args:
        seconds: from now; None for no deadline.
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
