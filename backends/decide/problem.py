"""Problem: a program being decided, with its sampler, its remaining time and its solver queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.diagnostics.errors import MatcherDisagrees, SolversDisagree
from ...compiler.diagnostics.notes import Unchecked
from ...compiler.explain.core_reasons import CoreLiteral
from ...compiler.ir.program import Program
from ...compiler.normal_form.alternatives import relaxed, stored_fields, with_exclusions_apart
from ...compiler.normal_form.nnf import Normal
from ..generate.sampler import Sampler
from ..generate.walk import Goal
from ..limits import Deadline, Limits, Strategy, TimeUpError, ended_by
from ..solver.query import Decision, Outcome, SolverQuery, literals_of, unknown
from ..solver_process.client import SolverClient, disagreement

_MOST_OVERRUNS = 2
"""The number of unanswered questions about alternatives and conditions after which no more are asked."""


class Problem:
    """A program and the state of deciding it.

    Args:
        program: the program.
        seed: the run's seed, from which all randomness derives.
        start: the timestamp of the first event, in epoch milliseconds.
        limits: the solving limits.
        strategy: the solving strategy.
        client: the client of the solver process.

    Attributes:
        sampler: draws proposals.
        deadline: when deciding stops.
        questions: the number of questions to solvers.
        findings: the findings so far.
    """

    def __init__(self, program: Program, seed: str, start: int, limits: Limits, strategy: Strategy, client: SolverClient) -> None:
        self.program = program
        self.seed = seed
        self.limits = limits
        self.strategy = strategy
        self.client = client
        self.deadline = Deadline(limits.timeout)
        self.sampler = Sampler(program, start)
        self.sampler.drawer.searcher.deadline = self.deadline
        self.questions = 0
        self.aside = 0
        self.overruns = 0
        self.findings: list[Diagnostic] = []

    def rng(self, purpose: str) -> Random:
        """Returns a random generator for one purpose."""
        return Random(f"{self.seed}|{purpose}")

    def question(self, goals: Sequence[Goal], cores: int = 1) -> SolverQuery:
        """Returns the query for the joint satisfiability of goals. Entries of excluded lists become separate literals."""
        return SolverQuery(
            tuple((goal.event, with_exclusions_apart(goal.normal)) for goal in goals),
            self.sampler.proof_names,
            tuple(self.sampler.required()),
            tuple(tuple((name, key.field) for name, key in holders) for holders in self.sampler.shared),
            Random(self.seed).getrandbits(30),
            cores=cores,
            patience=int(self.limits.reasons * 1000),
            times=self.sampler.times(),
            maxspan=self.program.maxspan,
        )

    def ask(self, question: SolverQuery, solver: str = "z3", most: float | None = None) -> Decision:
        """Asks a solver about the whole rule, within the time that is left or ``most`` seconds."""
        self.questions += 1
        seconds = self.deadline.left if most is None else min(most, self.deadline.left)
        decision = self.client.ask(solver, _patient(question, seconds), seconds)
        if decision.outcome is Outcome.UNKNOWN and self.deadline.left <= 0:
            return unknown(ended_by(self.limits.timeout))
        return self._cross_check(question, solver, decision)

    def refute_part(self, goals: Sequence[Goal], part: tuple[int, Normal]) -> tuple[tuple[CoreLiteral, ...], bool] | None:
        """Refute goals using only conditions on the fields of one part; None if they are satisfiable, or if unknown.

        Args:
            goals: the events with their normal forms.
            part: an event, and the part of its normal form in question.

        Returns:
            A core, and whether it is minimal.

        Raises:
            TimeUpError: no time is left.
        """
        event, node = part
        fields = {name for literal in literals_of(node) for name in stored_fields(literal.leaf)}
        own = [Goal(event, relaxed(goal.normal, fields)) for goal in goals if goal.event == event]
        question = self.question(own)
        decision = self.ask_about_part(question)
        if decision.outcome is not Outcome.UNSATISFIABLE:
            return None
        return self.literals(question, decision.cores[0]), decision.minimal

    def ask_about_part(self, question: SolverQuery) -> Decision:
        """Ask a solver about a part of a satisfiable rule, within a shorter time limit.

        Raises:
            TimeUpError: no time is left.
        """
        self.aside += 1
        if self.aside > self.limits.questions or self.overruns >= _MOST_OVERRUNS:
            return unknown(f"the limit of {self.limits.questions} questions, or {_MOST_OVERRUNS} without an answer, was reached")
        seconds = min(self.limits.aside, self.deadline.left)
        if seconds <= 0:
            raise TimeUpError
        self.questions += 1
        solver = "cvc5" if self.strategy.solver == "cvc5" else "z3"
        # A finding about a part names a minimal core, so that all the time is for it.
        patient = replace(_patient(question, seconds), patience=max(1, int(seconds * 1000)))
        decision = self.client.ask(solver, patient, seconds)
        self.overruns += decision.outcome is Outcome.UNKNOWN
        return self._cross_check(question, solver, decision)

    def _cross_check(self, question: SolverQuery, solver: str, decision: Decision) -> Decision:
        """Returns the decision, or unknown if the other solver contradicts it."""
        if not self.strategy.cross_check:
            return decision
        other = "z3" if solver == "cvc5" else "cvc5"
        seconds = self.limits.timeout
        second = self.client.ask(other, _patient(question, seconds), seconds)
        if not disagreement(decision, second):
            return decision
        disagreed = SolversDisagree(solver=solver, answer=decision.outcome.value, other=other, other_answer=second.outcome.value)
        self.findings.append(disagreed.at())
        return unknown("the solvers contradict each other")

    def cross_check_witness(self) -> None:
        """Check with both solvers that a rule with a known match is satisfiable."""
        question = self.question(self.sampler.goals())
        for solver in ("z3", "cvc5"):
            decision = self.client.ask(solver, _patient(question, self.limits.timeout), self.limits.timeout)
            if decision.outcome is Outcome.UNSATISFIABLE:
                self.findings.append(MatcherDisagrees(solver=solver).at())
            elif decision.outcome is Outcome.UNKNOWN:
                self.findings.append(Unchecked(solver=solver, why=decision.reason).at())

    def literals(self, question: SolverQuery, core: Sequence[int]) -> tuple[CoreLiteral, ...]:
        """Returns the literals of a core, with their events."""
        listed = question.literals()
        return tuple(listed[number] for number in core)


def _patient(question: SolverQuery, seconds: float) -> SolverQuery:
    """Returns the question with the whole time limit for each of its checks."""
    return replace(question, timeout=max(1, int(seconds * 1000)))
