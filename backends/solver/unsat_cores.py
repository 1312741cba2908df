"""Minimal unsatisfiable cores, by any solver that decides under assumptions.

Further cores come as in MARCO (Liffiton, Previti, Malik, Marques-Silva 2016): sets that no known core lies in and no
known satisfiable set holds are tried next. Cores are few and small here, so that the map of such sets is walked
directly: what to leave out is a set that hits every core found so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .query import Decision, Outcome, SolverQuery

Check = Callable[[Sequence[int]], tuple[Outcome, frozenset[int]]]
"""From the numbers of assumptions to the outcome and, if unsatisfiable, a core of them."""

MOST_CHECKS = 120
"""How many sets are tried in the search for further cores."""


def refutation(question: SolverQuery, check: Check, size: int, core: frozenset[int]) -> Iterator[Decision]:
    """The decisions that follow from a first core, each better than the one before.

    Args:
        question: what was asked.
        check: asks the solver again, under some of the assumptions.
        size: how many assumptions there are.
        core: the first core.
    """
    decision = Decision(Outcome.UNSATISFIABLE, cores=(tuple(sorted(core)),), minimal=False, complete=False)
    yield decision
    first, minimal = minimised(check, sorted(core))
    decision = replace(decision, cores=(first,), minimal=minimal, complete=question.cores <= 1)
    yield decision
    if question.cores <= 1:
        return
    complete = True
    for found, also_minimal in further_cores(check, size, first, question.cores):
        complete = bool(found)
        if found:
            decision = replace(decision, cores=(*decision.cores, found), minimal=decision.minimal and also_minimal)
            yield decision
    yield replace(decision, complete=complete)


def minimised(check: Check, core: Sequence[int]) -> tuple[tuple[int, ...], bool]:
    """A minimal core inside a core, and whether the solver could tell that it is.

    The literals are tried from the last to the first, so that of two reasons the one that stands earlier is kept.
    """
    kept = sorted(core)
    minimal = True
    for number in reversed(list(kept)):
        if number not in kept:
            continue
        rest = [other for other in kept if other != number]
        outcome, left = check(rest)
        if outcome is Outcome.UNSATISFIABLE:
            kept = [other for other in rest if other in left]
        elif outcome is Outcome.UNKNOWN:
            minimal = False
    return tuple(kept), minimal


def further_cores(check: Check, size: int, first: tuple[int, ...], most: int) -> Iterator[tuple[tuple[int, ...], bool]]:
    """Other minimal cores among assumptions 0 to ``size`` - 1, as :func:`minimised` gives them.

    Ends early after ``most`` cores (the first included) or ``MOST_CHECKS`` sets; a last item that is empty says so.
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
            found, minimal = minimised(check, sorted(core))
            cores.append(found)
            yield found, minimal
        else:
            corrections.append(left_out)
    yield (), True


def _unexplored(cores: list[tuple[int, ...]], corrections: list[frozenset[int]]) -> frozenset[int] | None:
    """A smallest set that hits every core and holds no set whose leaving-out is known to make the rest satisfiable."""
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
