"""One program being decided: what is known of it, what may still be spent on it, and the questions that go to solvers."""

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
"""So many questions about alternatives and conditions may stay without an answer before no more are asked."""


class Problem:
    """A program and everything that goes with deciding it.

    Args:
        program: what is to be decided.
        seed: names the run: all randomness derives from it.
        start: the time of the first event, in epoch milliseconds.
        limits: what it may cost.
        strategy: by which road.
        client: whom to ask.

    Attributes:
        sampler: makes proposals.
        deadline: when all must be over.
        questions: how many questions solvers were asked.
        findings: what was found out.
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
        """The randomness of one purpose."""
        return Random(f"{self.seed}|{purpose}")

    def question(self, goals: Sequence[Goal], cores: int = 1) -> SolverQuery:
        """What a solver is asked: whether goals can hold together. Entries of excluded lists are literals of their own."""
        return SolverQuery(
            tuple((goal.event, with_exclusions_apart(goal.normal)) for goal in goals),
            self.sampler.proof_names,
            tuple(self.sampler.required()),
            Random(self.seed).getrandbits(30),
            cores=cores,
            times=self.sampler.times(),
            maxspan=self.program.maxspan,
        )

    def ask(self, question: SolverQuery, solver: str = "z3", most: float | None = None) -> Decision:
        """A solver's answer about the whole rule, for which all the time is that is left, or ``most`` seconds."""
        self.questions += 1
        seconds = self.deadline.left if most is None else min(most, self.deadline.left)
        decision = self.client.ask(solver, _patient(question, seconds), seconds)
        if decision.outcome is Outcome.UNKNOWN and self.deadline.left <= 0:
            return unknown(ended_by(self.limits.timeout))
        return self._cross_check(question, solver, decision)

    def refute_part(self, goals: Sequence[Goal], part: tuple[int, Normal]) -> tuple[tuple[CoreLiteral, ...], bool] | None:
        """Why goals cannot hold together because of what they say of a part's own fields; None when that is not so, or not known.

        Args:
            goals: what is to hold.
            part: an event, and the part of it that is in question.

        Returns:
            A core, and whether it is minimal.

        Raises:
            TimeUpError: there is no time at all.
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
        """A solver's answer about a part of a rule that is known to be ok, for which there is less time.

        Raises:
            TimeUpError: there is none at all.
        """
        self.aside += 1
        if self.aside > self.limits.questions or self.overruns >= _MOST_OVERRUNS:
            return unknown(f"the limit of {self.limits.questions} questions, or {_MOST_OVERRUNS} without an answer, was reached")
        seconds = min(self.limits.aside, self.deadline.left)
        if seconds <= 0:
            raise TimeUpError
        self.questions += 1
        solver = "cvc5" if self.strategy.solver == "cvc5" else "z3"
        decision = self.client.ask(solver, _patient(question, seconds), seconds)
        self.overruns += decision.outcome is Outcome.UNKNOWN
        return self._cross_check(question, solver, decision)

    def _cross_check(self, question: SolverQuery, solver: str, decision: Decision) -> Decision:
        """The decision, unless the other solver says the opposite: then neither is to be trusted."""
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
        """Put a rule of which a matching document is known before both solvers."""
        question = self.question(self.sampler.goals())
        for solver in ("z3", "cvc5"):
            decision = self.client.ask(solver, _patient(question, self.limits.timeout), self.limits.timeout)
            if decision.outcome is Outcome.UNSATISFIABLE:
                self.findings.append(MatcherDisagrees(solver=solver).at())
            elif decision.outcome is Outcome.UNKNOWN:
                self.findings.append(Unchecked(solver=solver, why=decision.reason).at())

    def literals(self, question: SolverQuery, core: Sequence[int]) -> tuple[CoreLiteral, ...]:
        """The literals of a core, with their events."""
        listed = question.literals()
        return tuple(listed[number] for number in core)


def _patient(question: SolverQuery, seconds: float) -> SolverQuery:
    """The question with all of the time for each of its checks."""
    return replace(question, timeout=max(1, int(seconds * 1000)))
