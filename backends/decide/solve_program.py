"""Propose, check, refute: decides whether a program is satisfiable, unsatisfiable or unknown.

Proposals from the structure of the formula come first; if the matcher accepts one, no solver is needed. Otherwise Z3 is
asked: its model is one more proposal, its refutation a proof with a core. Alternatives that no document has taken are
then decided in the same way, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from time import perf_counter
from typing import Literal

from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.diagnostics.errors import PairDisagrees, Unknown
from ...compiler.diagnostics.notes import MoreReasons, Unexamined
from ...compiler.explain.core_reasons import CoreLiteral, Reason, explain
from ...compiler.ir.program import Program
from ...compiler.normal_form.alternatives import Path, pruned, without
from ...compiler.normal_form.nnf import Normal
from ..generate.document_source import DocumentSource
from ..generate.sampler import Proposal, Sampler
from ..generate.walk import Goal
from ..limits import SOLVERS, Deadline, Limits, Strategy, TimeUpError, ended_by
from ..solver.query import Outcome
from ..solver_process.client import SolverClient, shared_client
from .dead_alternatives import DeadAlternatives
from .pairwise_cores import plain_cores
from .problem import Problem
from .proved_findings import unsatisfiable
from .redundancy import Redundancy
from .variation import LeafTests

_MOST_REMAINDERS = 16
"""The maximum number of remainders of a rule, without a literal of each core, that are searched for values."""

__all__ = ["SOLVERS", "Limits", "Solution", "Strategy", "solve"]


@dataclass(frozen=True, slots=True)
class Examined:
    """The examined parts of a program, each by its path in the normal form of its event.

    Attributes:
        program: the program: of several that a rule has, or that its relations to other events make, the one examined.
        normals: the normal form of each event.
        dead, undecided, redundant: for each event, the paths of such parts; empty if it was not examined.
        finished: whether all alternatives were examined, so that those that are neither dead nor undecided are alive.
    """

    program: Program
    normals: tuple[Normal, ...]
    dead: tuple[frozenset[Path], ...] = ()
    undecided: tuple[frozenset[Path], ...] = ()
    redundant: tuple[frozenset[Path], ...] = ()
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Solution:
    """The result of deciding a program.

    Attributes:
        status: ``ok``, ``unsatisfiable`` or ``unknown``.
        findings: why it is not ok, or warnings about a program that is.
        reasons: per field, why the program, or else its first dead alternative, is unsatisfiable.
        sampler: draws documents if the status is ok, else None.
        questions: the number of questions to solvers.
        seconds: wall time of deciding.
        examined: the examined parts, one entry per program and per combination of its relations among alternatives.
    """

    status: str
    findings: tuple[Diagnostic, ...] = ()
    reasons: tuple[Reason, ...] = ()
    sampler: DocumentSource | None = None
    questions: int = 0
    seconds: float = 0.0
    examined: tuple[Examined, ...] = ()


def solve(
    program: Program,
    seed: str,
    start: int,
    limits: Limits | None = None,
    strategy: Strategy | None = None,
    client: SolverClient | None = None,
) -> Solution:
    """Decide whether a program is satisfiable, and find its dead alternatives and redundant conditions.

    Args:
        program: the program.
        seed: the run's seed, from which all randomness derives.
        start: the timestamp of the first event, in epoch milliseconds.
        limits: the solving limits. The status is unknown if the time limit is reached first.
        strategy: the solving strategy.
        client: the client of the solver process; by default the shared one of this process.
    """
    limits = limits or Limits()
    return _Search(Problem(program, seed, start, limits, strategy or Strategy(), client or shared_client(limits.memory))).run()


class _Search:
    """One program's search for documents and proofs."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.reasons: tuple[Reason, ...] = ()
        self.examined = Examined(problem.program, tuple(problem.sampler.normals))

    def run(self) -> Solution:
        began = perf_counter()
        problem = self.problem
        proposal = self._find_witness()
        if any(finding.code == "disagreement" for finding in problem.findings):
            proposal = False
        sampler = None
        if isinstance(proposal, Proposal):
            sampler = self._examine(proposal)
        status = "ok" if sampler is not None else "unsatisfiable" if proposal else "unknown"
        if any(finding.code == "disagreement" for finding in problem.findings):
            status, sampler = "unknown", None
        return Solution(status, tuple(problem.findings), self.reasons, sampler, problem.questions, perf_counter() - began, (self.examined,))

    def _find_witness(self) -> Proposal | bool:
        """Returns a match, True if the program is refuted, or False if unknown."""
        problem = self.problem
        if problem.strategy.solver == "propose":
            try:
                proposed = problem.sampler.propose(problem.rng("witness"))
                if proposed is None and problem.sampler.keep_keys_apart():
                    proposed = problem.sampler.propose(problem.rng("keys apart"))
            except TimeUpError:
                return self._report_undecided(ended_by(problem.limits.timeout))
            if proposed is not None:
                if problem.strategy.cross_check:
                    problem.cross_check_witness()
                return proposed
        try:
            return self._refute()
        except TimeUpError:
            return self._report_undecided(ended_by(problem.limits.timeout))

    def _refute(self) -> Proposal | bool:
        """Asks a solver about the whole program."""
        problem = self.problem
        plain = plain_cores(problem.sampler.drawer, problem.sampler.goals()) if problem.strategy.solver == "propose" else []
        if plain and not problem.strategy.cross_check and self._are_all(plain):
            self._report_unsatisfiable(plain, True, True)
            return True
        question = problem.question(problem.sampler.goals(), problem.strategy.cores)
        solver = "cvc5" if problem.strategy.solver == "cvc5" else "z3"
        # With a known core, the solver only searches for others.
        decision = problem.ask(question, solver, problem.limits.aside if plain else None)
        if plain and decision.outcome is Outcome.SATISFIABLE and problem.sampler.from_values(decision.values) is not None:
            problem.findings.append(PairDisagrees().at())
            return False
        if decision.outcome is Outcome.UNSATISFIABLE and (decision.minimal or not plain):
            self._report_unsatisfiable([problem.literals(question, core) for core in decision.cores], decision.minimal, decision.complete)
            return True
        if plain:
            self._report_unsatisfiable(plain, True, False)
            return True
        if decision.outcome is Outcome.UNKNOWN:
            return self._report_undecided(decision.reason)
        proposal = problem.sampler.from_values(decision.values)
        return proposal or self._report_undecided("the solver's model could not be turned into a document that matches")

    def _are_all(self, cores: Sequence[tuple[CoreLiteral, ...]]) -> bool:
        """Whether there is no further minimal core: values are found for the rest, however each core is broken."""
        problem = self.problem
        if prod(map(len, cores)) > _MOST_REMAINDERS:
            return False
        for number, broken in enumerate(product(*cores)):
            goals = [
                Goal(goal.event, without(goal.normal, [literal for event, literal in broken if event == goal.event]))
                for goal in problem.sampler.goals()
            ]
            if not problem.sampler.walk_succeeds(problem.rng(f"remainder {number}"), goals):
                return False
        return True

    def _report_unsatisfiable(self, cores: Sequence[tuple[CoreLiteral, ...]], minimal: bool, complete: bool) -> None:
        """Reports why nothing matches."""
        program = self.problem.program
        self.reasons = tuple(dict.fromkeys(reason for core in cores for reason in explain(core, program)))
        for number, core in enumerate(cores):
            self.problem.findings.append(unsatisfiable(program, core, minimal, number > 0))
        if not complete:
            self.problem.findings.append(MoreReasons(listed=len(cores)).at())

    def _report_undecided(self, why: str) -> bool:
        spans = tuple(step.span for step in self.problem.program.steps)
        self.problem.findings.append(Unknown(why=why).at(*spans))
        return False

    def _examine(self, witness: Proposal) -> Sampler:
        """Examines the alternatives and conditions of a satisfiable program; returns a sampler without its dead alternatives."""
        problem = self.problem
        sampler = problem.sampler
        if problem.strategy.solver != "propose":
            # The documents must then come from the solver.
            sampler.pool, sampler.pool_only = [witness], True
            return sampler
        leaf_tests = LeafTests()
        alternatives = DeadAlternatives(problem, leaf_tests)
        dead = alternatives.run(witness)
        self.reasons = alternatives.reasons
        redundancy = Redundancy(problem, leaf_tests, alternatives.known, dead)
        if not alternatives.finished:
            self._report_out_of_time("alternatives")
        elif problem.strategy.findings:
            try:
                redundancy.run(witness)
            except TimeUpError:
                self._report_out_of_time("conditions")
        self.examined = Examined(
            problem.program,
            tuple(sampler.normals),
            tuple(map(frozenset, dead)),
            tuple(map(frozenset, alternatives.undecided)),
            tuple(map(frozenset, redundancy.redundant)),
            alternatives.finished,
        )
        if alternatives.finished and any(dead):
            live = [pruned(normal, paths) for normal, paths in zip(sampler.normals, dead, strict=True)]
            apart = sampler.cell_names == sampler.proof_names
            sampler = Sampler(problem.program, sampler.start, live)
            if apart:
                sampler.keep_keys_apart()
        problem.findings.sort(key=lambda finding: finding.spans[:1])
        # Drawing is limited by counts, not by a clock, so that it is reproducible.
        problem.sampler.drawer.searcher.deadline = sampler.drawer.searcher.deadline = Deadline()
        sampler.pool = [witness]
        return sampler

    def _report_out_of_time(self, what: Literal["alternatives", "conditions"]) -> None:
        self.problem.findings.append(Unexamined(seconds=self.problem.limits.timeout, what=what).at())
