"""Minimal unsatisfiable cores, with any solver that decides under assumptions.

Enumeration follows MARCO (Liffiton, Previti, Malik, Marques-Silva 2016): the next candidate contains no known core and
is contained in no known satisfiable set. Cores are few and small here, so candidates are enumerated directly: each omits
a hitting set of the cores found so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import monotonic

from .query import Decision, Outcome, SolverQuery

Check = Callable[[Sequence[int]], tuple[Outcome, frozenset[int]]]
"""Maps indices of assumptions to the outcome and, if unsatisfiable, a core among them."""

TimedCheck = Callable[[Sequence[int], int], tuple[Outcome, frozenset[int]]]
"""The same, within a number of milliseconds."""

MOST_CHECKS = 120
"""The maximum number of candidate sets in the search for further cores."""


def refutation(question: SolverQuery, timed: TimedCheck, size: int, core: frozenset[int]) -> Iterator[Decision]:
    """Yields decisions that improve on a first core: minimised, then with further cores, if the question has patience for them.

    Args:
        question: the query.
        timed: runs the solver again under a subset of the assumptions.
        size: the number of assumptions.
        core: the first core.
    """
    decision = Decision(Outcome.UNSATISFIABLE, cores=(tuple(sorted(core)),), minimal=False, complete=False)
    yield decision
    if not question.patience:
        return
    until = monotonic() + question.patience / 1000

    def check(numbers: Sequence[int]) -> tuple[Outcome, frozenset[int]]:
        left = min(int((until - monotonic()) * 1000), question.timeout)
        return timed(numbers, left) if left > 0 else (Outcome.UNKNOWN, frozenset())

    first, minimal = minimise(check, sorted(core))
    decision = replace(decision, cores=(first,), minimal=minimal, complete=question.cores <= 1)
    yield decision
    if question.cores <= 1:
        return
    complete = True
    for smaller, also_minimal in further_cores(check, size, first, question.cores):
        complete = bool(smaller)
        if smaller:
            decision = replace(decision, cores=(*decision.cores, smaller), minimal=decision.minimal and also_minimal)
            yield decision
    yield replace(decision, complete=complete)


def minimise(check: Check, core: Sequence[int]) -> tuple[tuple[int, ...], bool]:
    """Returns a minimal core within a core, and whether minimality is certain.

    Literals are dropped from the last to the first, so that of two equivalent literals the earlier one is kept.
    """
    needed = sorted(core)
    minimal = True
    for number in reversed(list(needed)):
        if number not in needed:
            continue
        rest = [other for other in needed if other != number]
        outcome, left = check(rest)
        if outcome is Outcome.UNSATISFIABLE:
            needed = [other for other in rest if other in left]
        elif outcome is Outcome.UNKNOWN:
            minimal = False
    return tuple(needed), minimal


def further_cores(check: Check, size: int, first: tuple[int, ...], most: int) -> Iterator[tuple[tuple[int, ...], bool]]:
    """Yields other minimal cores among assumptions 0 to ``size`` - 1, in the form of :func:`minimise`.

    Stops after ``most`` cores (including the first), after ``MOST_CHECKS`` candidates or if the solver gives no answer, and then
    yields an empty core last.
    """
    cores = [first]
    corrections: list[frozenset[int]] = []
    budget = MOST_CHECKS
    while len(cores) < most:
        left_out = _unexplored(cores, corrections)
        if left_out is None:
            return
        budget -= 1
        if budget < 0:
            break
        outcome, core = check([number for number in range(size) if number not in left_out])
        if outcome is Outcome.UNSATISFIABLE:
            smaller, minimal = minimise(check, sorted(core))
            cores.append(smaller)
            yield smaller, minimal
        elif outcome is Outcome.UNKNOWN:
            break
        else:
            corrections.append(left_out)
    yield (), True


def _unexplored(cores: list[tuple[int, ...]], corrections: list[frozenset[int]]) -> frozenset[int] | None:
    """Returns a smallest hitting set of the cores that contains no set whose omission is known to make the rest satisfiable."""
    level: list[frozenset[int]] = [frozenset()]
    while level:
        following: dict[frozenset[int], None] = {}
        for chosen in level:
            if any(correction <= chosen for correction in corrections):
                continue
            missed = next((core for core in cores if not chosen & set(core)), None)
            if missed is None:
                return chosen
            for number in missed:
                following.setdefault(chosen | {number})
        level = list(following)
    return None
