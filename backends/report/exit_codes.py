"""Exit codes, and the outcomes that ``--fail-on`` accepts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ...compiler.diagnostics.diagnostic import Diagnostic, Severity
from .rule_result import RuleResult, Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome of a rule that can make a run fail.

    Attributes:
        holds: whether a rule's result has this outcome.
        code: the exit code for it.
    """

    holds: Callable[[RuleResult], bool]
    code: int


def _ends_as(status: Status) -> Callable[[RuleResult], bool]:
    return lambda result: result.status is status


def _is_dead_in_part(result: RuleResult) -> bool:
    return any(finding.code == "dead-alternative" for finding in result.findings)


def _has_error(result: RuleResult) -> bool:
    """Whether a rule has documents but a finding whose severity was set to error."""
    return result.status is Status.OK and any(finding.severity is Severity.ERROR for finding in result.findings)


def _is_warned_of(result: RuleResult) -> bool:
    return any(finding.severity is Severity.WARNING for finding in result.findings)


OUTCOMES: Mapping[str, Outcome] = {
    "invalid": Outcome(_ends_as(Status.INVALID), 2),
    "unsatisfiable": Outcome(_ends_as(Status.UNSATISFIABLE), 1),
    "dead": Outcome(_is_dead_in_part, 1),
    "error": Outcome(_has_error, 1),
    "warning": Outcome(_is_warned_of, 1),
    "unknown": Outcome(_ends_as(Status.UNKNOWN), 3),
    "unsupported": Outcome(_ends_as(Status.UNSUPPORTED), 3),
}
"""Outcomes by the name that ``--fail-on`` accepts; the first one that holds determines the exit code."""

ANY = "any"
"""Means all of `OUTCOMES`."""

ALWAYS = frozenset({"invalid"})
"""Always failures: nothing is known of a rule that could not be read, so it must not be ignored."""

BY_DEFAULT = frozenset(("error", *(status.value for status in Status if status.value in OUTCOMES)))
"""The default of ``--fail-on``."""


_WARNINGS_THAT_DECIDE = {Status.UNSATISFIABLE: "dead-alternative", Status.UNKNOWN: "fewer-documents"}
"""Warnings that can cause a status on their own: the first with ``--strict``, the second if no match was drawn."""


def decides(finding: Diagnostic, status: Status) -> bool:
    """Whether a finding contributes to the status of its rule."""
    return status is not Status.OK and (finding.severity is Severity.ERROR or finding.code == _WARNINGS_THAT_DECIDE.get(status))


def outcomes_of(result: RuleResult) -> frozenset[str]:
    """Return the names of the outcomes of a rule."""
    return frozenset(name for name, outcome in OUTCOMES.items() if outcome.holds(result))


def failures(names: Iterable[str]) -> frozenset[str]:
    """Return the outcomes to fail on, from the names given to ``--fail-on``.

    Raises:
        ValueError: a name is unknown; the message lists the known ones.
    """
    outcomes = set(ALWAYS)
    for name in names:
        if name != ANY and name not in OUTCOMES:
            raise ValueError(f"`{name}` is not one of {', '.join(OUTCOMES)}, {ANY}")
        outcomes |= set(OUTCOMES) if name == ANY else {name}
    return frozenset(outcomes)


def exit_code(outcomes: Collection[str], fail_on: Collection[str] = BY_DEFAULT) -> int:
    """Return the exit code of a run.

    Args:
        outcomes: the outcomes of its rules.
        fail_on: those that make it fail.
    """
    return next((outcome.code for name, outcome in OUTCOMES.items() if name in outcomes and name in fail_on), 0)
