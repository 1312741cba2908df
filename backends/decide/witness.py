"""A match of a program, or that there is none, and nothing else: no findings, no examined alternatives."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...compiler.ir.program import Program
from ..generate.sampler import Group
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


def find_witness(program: Program, seed: str, limits: Limits, start: int = 0) -> Witness:
    """Search for a match of a program.

    Args:
        program: the program.
        seed: decides which match.
        limits: what the search may cost.
        start: the timestamp of the first event, in epoch milliseconds.
    """
    problem = Problem(program, seed, start, limits, Strategy(findings=False, cores=1), shared_client(limits.memory))
    try:
        proposed = problem.sampler.propose(problem.rng("witness"))
        if proposed is not None:
            return Witness(proposed.group, False)
        if plain_cores(problem.sampler.drawer, problem.sampler.goals()):
            return Witness(None, True)
        # Only the verdict is wanted.
        decision = problem.ask(replace(problem.question(problem.sampler.goals()), patience=0))
    except TimeUpError:
        return Witness(None, False)
    if decision.outcome is Outcome.UNSATISFIABLE:
        return Witness(None, True)
    if decision.outcome is Outcome.SATISFIABLE:
        found = problem.sampler.from_values(decision.values)
        if found is not None:
            return Witness(found.group, False)
    return Witness(None, False)
