"""Propose, check, refute: from a program to documents, a proof, or an honest neither.

Proposals along the structure of the formula come first, and what the matcher accepts needs no solver. Only
where none was found is Z3 asked; its model is one more proposal, its refutation a proof with a core. The alternatives
that no document has shown to be alive go the same way, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.diagnostics.errors import PairDisagrees, Unknown
from ...compiler.diagnostics.notes import MoreReasons, Unexamined
from ...compiler.explain.core_reasons import CoreLiteral, Reason, explain
from ...compiler.ir.program import Program
from ...compiler.normal_form.alternatives import Path, pruned
from ...compiler.normal_form.nnf import Normal
from ..generate.document_source import DocumentSource
from ..generate.sampler import Proposal, Sampler
from ..limits import SOLVERS, Deadline, Limits, Strategy, TimeUpError, ended_by
from ..solver.query import Outcome
from ..solver_process.client import SolverClient, shared_judge
from .dead_alternatives import DeadAlternatives
from .pairwise_cores import plain_cores
from .problem import Problem
from .proved_findings import unsatisfiable
from .redundancy import Redundancy
from .variation import LeafTests

__all__ = ["SOLVERS", "Limits", "Solution", "Strategy", "solve"]


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found out about the parts of a program, each named by its path in the normal form of its event.

    Attributes:
        normals: the normal form of each event.
        dead, undecided, redundant: the parts, for each event; empty where nothing was examined.
        finished: whether all alternatives were looked at, so that those that are neither dead nor undecided are alive.
    """

    normals: tuple[Normal, ...]
    dead: tuple[frozenset[Path], ...] = ()
    undecided: tuple[frozenset[Path], ...] = ()
    redundant: tuple[frozenset[Path], ...] = ()
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Solution:
    """What is known of a program.

    Attributes:
        status: ``ok``, ``unsatisfiable`` or ``unknown``.
        findings: why not, or what is wrong with a program that is ok.
        reasons: per field, why the program, or else its first dead alternative, cannot hold.
        sampler: draws documents when the status is ok.
        questions: how many questions solvers were asked.
        seconds: wall time of all this.
        examined: its parts, for each of the programs that it is a solution of.
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
    judge: SolverClient | None = None,
) -> Solution:
    """Find out whether anything matches a program, which of its alternatives never do, and which conditions change nothing.

    Args:
        program: what to solve.
        seed: names the run: all randomness derives from it.
        start: the time of the first event, in epoch milliseconds.
        limits: what it may cost. When time is up before it is known whether anything matches, that is unknown.
        strategy: by which road.
        judge: the process in which solvers run; by default one that this whole process shares.
    """
    limits = limits or Limits()
    return _Search(Problem(program, seed, start, limits, strategy or Strategy(), judge or shared_judge(limits.memory))).run()


class _Search:
    """One program's search for documents and proofs."""

    def __init__(self, case: Problem) -> None:
        self.case = case
        self.reasons: tuple[Reason, ...] = ()
        self.examined = Examined(tuple(case.sampler.normals))

    def run(self) -> Solution:
        began = perf_counter()
        case = self.case
        found = self._witness()
        if any(finding.code == "disagreement" for finding in case.findings):
            found = False
        sampler = None
        if isinstance(found, Proposal):
            sampler = self._examined(found)
        status = "ok" if sampler is not None else "unsatisfiable" if found else "unknown"
        if any(finding.code == "disagreement" for finding in case.findings):
            status, sampler = "unknown", None
        return Solution(status, tuple(case.findings), self.reasons, sampler, case.questions, perf_counter() - began, (self.examined,))

    def _witness(self) -> Proposal | bool:
        """A match; True when it is refuted, False when neither was found."""
        case = self.case
        if case.strategy.solver == "propose":
            try:
                proposed = case.sampler.propose(case.rng("witness"))
            except TimeUpError:
                return self._undecided(ended_by(case.limits.timeout))
            if proposed is not None:
                if case.strategy.cross_check:
                    case.cross_check_witness()
                return proposed
        return self._refute()

    def _refute(self) -> Proposal | bool:
        """Ask a solver about the whole program."""
        case = self.case
        plain = plain_cores(case.sampler.drawer, case.sampler.goals()) if case.strategy.solver == "propose" else []
        question = case.question(case.sampler.goals(), case.strategy.cores)
        solver = "cvc5" if case.strategy.solver == "cvc5" else "z3"
        # Where a reason is known already, the solver is only asked for others.
        decision = case.ask(question, solver, case.limits.aside if plain else None)
        if decision.outcome is Outcome.SATISFIABLE and plain:
            case.findings.append(PairDisagrees().at())
            return False
        if decision.outcome is Outcome.UNSATISFIABLE and (decision.minimal or not plain):
            self._refuted([case.literals(question, core) for core in decision.cores], decision.minimal, decision.complete)
            return True
        if plain:
            self._refuted(plain, True, False)
            return True
        if decision.outcome is Outcome.UNKNOWN:
            return self._undecided(decision.reason)
        proposal = case.sampler.from_values(decision.values)
        return proposal or self._undecided("the solver's model could not be turned into a document that matches")

    def _refuted(self, cores: Sequence[tuple[CoreLiteral, ...]], minimal: bool, complete: bool) -> None:
        """Report why nothing matches."""
        program = self.case.program
        self.reasons = tuple(dict.fromkeys(reason for core in cores for reason in explain(core, program)))
        for number, core in enumerate(cores):
            self.case.findings.append(unsatisfiable(program, core, minimal, number > 0))
        if not complete:
            self.case.findings.append(MoreReasons(listed=len(cores)).at())

    def _undecided(self, why: str) -> bool:
        spans = tuple(step.span for step in self.case.program.steps)
        self.case.findings.append(Unknown(why=why).at(*spans))
        return False

    def _examined(self, found: Proposal) -> Sampler:
        """A sampler of what is alive, once the alternatives and conditions of a program that is ok were looked at."""
        case = self.case
        sampler = case.sampler
        if case.strategy.solver != "propose":
            # Documents are then to be the solver's own.
            sampler.pool, sampler.pool_only = [found], True
            return sampler
        judges = LeafTests()
        alternatives = DeadAlternatives(case, judges)
        dead = alternatives.run(found)
        self.reasons = alternatives.reasons
        redundancy = Redundancy(case, judges, alternatives.known, dead)
        if not alternatives.finished:
            self._out_of_time("alternatives")
        elif case.strategy.findings:
            try:
                redundancy.run(found)
            except TimeUpError:
                self._out_of_time("conditions")
        self.examined = Examined(
            tuple(sampler.normals),
            tuple(map(frozenset, dead)),
            tuple(map(frozenset, alternatives.undecided)),
            tuple(map(frozenset, redundancy.found)),
            alternatives.finished,
        )
        if alternatives.finished and any(dead):
            live = [pruned(normal, paths) for normal, paths in zip(sampler.normals, dead, strict=True)]
            sampler = Sampler(case.program, sampler.start, live)
        case.findings.sort(key=lambda finding: finding.spans[:1])
        # Drawing documents is bounded by counts, not by a clock, so that it always gives the same.
        case.sampler.drawer.searcher.deadline = sampler.drawer.searcher.deadline = Deadline()
        sampler.pool = [found]
        return sampler

    def _out_of_time(self, what: Literal["alternatives", "conditions"]) -> None:
        self.case.findings.append(Unexamined(seconds=self.case.limits.timeout, what=what).at())
