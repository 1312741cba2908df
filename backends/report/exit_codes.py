"""Which outcomes make a run fail: what ``--fail-on`` takes, and the exit codes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ...compiler.diagnostics.diagnostic import Diagnostic, Severity
from .rule_result import RuleResult, Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """Something that can be the matter with a rule.

    Attributes:
        holds: whether it is, given the rule's result.
        code: the exit code that it makes.
    """

    holds: Callable[[RuleResult], bool]
    code: int


def _ends_as(status: Status) -> Callable[[RuleResult], bool]:
    return lambda result: result.status is status


def _is_dead_in_part(result: RuleResult) -> bool:
    return any(finding.code == "dead-alternative" for finding in result.findings)


def _is_warned_of(result: RuleResult) -> bool:
    return any(finding.severity is Severity.WARNING for finding in result.findings)


OUTCOMES: Mapping[str, Outcome] = {
    "invalid": Outcome(_ends_as(Status.INVALID), 2),
    "unsatisfiable": Outcome(_ends_as(Status.UNSATISFIABLE), 1),
    "dead": Outcome(_is_dead_in_part, 1),
    "warning": Outcome(_is_warned_of, 1),
    "unknown": Outcome(_ends_as(Status.UNKNOWN), 3),
    "unsupported": Outcome(_ends_as(Status.UNSUPPORTED), 3),
}
"""By the name that ``--fail-on`` takes; of several that hold, the first makes the exit code."""

ANY = "any"
"""Stands for all of `OUTCOMES`."""

ALWAYS = frozenset({"invalid"})
"""A rule that could not be read is one of which nothing is known: to pass over it in silence is never what is meant."""

BY_DEFAULT = frozenset(status.value for status in Status if status.value in OUTCOMES)
"""The default of ``--fail-on``."""


_WARNINGS_THAT_DECIDE = {Status.UNSATISFIABLE: "dead-alternative", Status.UNKNOWN: "fewer-documents"}
"""Warnings that can be all that a status is due to: the first with ``--strict``, the second where no match was drawn at all."""


def decides(finding: Diagnostic, status: Status) -> bool:
    """Whether a finding of a rule is among those that its status is due to."""
    return status is not Status.OK and (finding.severity is Severity.ERROR or finding.code == _WARNINGS_THAT_DECIDE.get(status))


def outcomes_of(result: RuleResult) -> frozenset[str]:
    """The names of all that is the matter with a rule."""
    return frozenset(name for name, outcome in OUTCOMES.items() if outcome.holds(result))


def failures(names: Iterable[str]) -> frozenset[str]:
    """The outcomes to fail on, from what ``--fail-on`` lists.

    Raises:
        ValueError: a name is not among those known; the message lists them.
    """
    outcomes = set(ALWAYS)
    for name in names:
        if name != ANY and name not in OUTCOMES:
            raise ValueError(f"`{name}` is not one of {', '.join(OUTCOMES)}, {ANY}")
        outcomes |= set(OUTCOMES) if name == ANY else {name}
    return frozenset(outcomes)


def exit_code(outcomes: Collection[str], fail_on: Collection[str] = BY_DEFAULT) -> int:
    """The exit code of a run.

    Args:
        outcomes: the outcomes of its rules.
        fail_on: those that make it fail.
    """
    return next((outcome.code for name, outcome in OUTCOMES.items() if name in outcomes and name in fail_on), 0)
