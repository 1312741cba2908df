"""A match of a program, or that there is none, and nothing else: no findings, no examined alternatives."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from ...compiler.ir.program import Program
from ...compiler.normal_form.alternatives import relaxed
from ..generate.sampler import RESTARTS, Group
from ..generate.walk import Goal
from ..limits import Limits, Strategy, TimeUpError
from ..solver.query import Outcome
from ..solver_process.client import shared_client
from .pairwise_cores import plain_cores
from .problem import Problem


@dataclass(frozen=True, slots=True)
class Witness:
    """What a search for a match found.

    Attributes:
        group: the documents of a match, or None.
        refuted: whether it was proved that there is none; if neither, the search ended undecided.
    """

    group: Group | None
    refuted: bool


_FEW_RESTARTS = 2
_UNDECIDED = Witness(None, False)
_REFUTED = Witness(None, True)


def find_witness(program: Program, seed: str, limits: Limits, start: int = 0, doubted: Collection[str] = ()) -> Witness:
    """Search for a match of a program.

    Args:
        program: the program.
        seed: decides which match.
        limits: what the search may cost.
        start: the timestamp of the first event, in epoch milliseconds.
        doubted: the fields, as documents hold them, whose conditions alone may contradict each other: that is asked first.
    """
    problem = Problem(program, seed, start, limits, Strategy(findings=False, cores=1), shared_client(limits.memory))
    try:
        return _searched(problem, doubted) or _UNDECIDED
    except TimeUpError:
        return _UNDECIDED


def _searched(problem: Problem, doubted: Collection[str]) -> Witness | None:
    # What is doubted is mostly a proof, which a solver finds sooner than a long search fails.
    proposed = problem.sampler.propose(problem.rng("witness"), restarts=_FEW_RESTARTS if doubted else RESTARTS)
    if proposed is not None:
        return Witness(proposed.group, False)
    goals = problem.sampler.goals()
    if plain_cores(problem.sampler.drawer, goals):
        return _REFUTED
    if not doubted:
        return _asked(problem, goals)
    if _is_refuted(problem, goals, doubted):
        return _REFUTED
    found = _asked(problem, goals, problem.limits.aside)
    if found is None:
        proposed = problem.sampler.propose(problem.rng("again"))
        found = Witness(proposed.group, False) if proposed is not None else _asked(problem, goals)
    return found


def _asked(problem: Problem, goals: list[Goal], most: float | None = None) -> Witness | None:
    """What the solver says, in ``most`` seconds; None if it says nothing."""
    # Only the verdict is wanted.
    decision = problem.ask(replace(problem.question(goals), patience=0), most=most)
    if decision.outcome is Outcome.UNSATISFIABLE:
        return _REFUTED
    if decision.outcome is Outcome.SATISFIABLE:
        found = problem.sampler.from_values(decision.values)
        if found is not None:
            return Witness(found.group, False)
    return None


def _is_refuted(problem: Problem, goals: list[Goal], fields: Collection[str]) -> bool:
    """Whether what the goals say of some fields contradicts itself."""
    weaker = [Goal(goal.event, relaxed(goal.normal, fields)) for goal in goals]
    question = replace(problem.question(weaker), patience=0)
    return problem.ask(question, most=problem.limits.aside).outcome is Outcome.UNSATISFIABLE
