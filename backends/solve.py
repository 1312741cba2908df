"""Propose, check, refute: from a program to documents, a proof, or an honest neither.

Proposals along the structure of the formula come first, and what the matcher accepts needs no solver. Only
where none was found is Z3 asked; its model is one more proposal, its refutation a proof with a core. The arms
that no document has shown to be alive go the same way, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from time import perf_counter

from ..compiler.arms import Path, forced, offers_entries, only_entries, pruned, with_exclusions_apart
from ..compiler.diagnostics import Diagnostic, Severity
from ..compiler.explain import CoreLiteral, Reason, explain
from ..compiler.ir import Atom, Program, entries
from ..compiler.normalise import All, Any, Literal, Normal
from ..grammar.span import Span
from .sampler.cells import Slot
from .sampler.propose import Goal
from .sampler.sampler import Proposal, Sampler


@dataclass(frozen=True, slots=True)
class Limits:
    """What solving may cost: milliseconds for one question to Z3."""

    check: int = 5_000


@dataclass(frozen=True, slots=True)
class Solution:
    """What is known of a program.

    Attributes:
        status: ``ok``, ``unsatisfiable`` or ``unknown``.
        findings: why not, or what is wrong with a program that is ok.
        reasons: per field, why the program, or else its first dead arm, cannot hold.
        sampler: draws documents when the status is ok.
        questions: how many questions Z3 was asked.
        seconds: wall time of all this.
    """

    status: str
    findings: tuple[Diagnostic, ...] = ()
    reasons: tuple[Reason, ...] = ()
    sampler: Sampler | None = None
    questions: int = 0
    seconds: float = 0.0


def solve(program: Program, seed: str, start: int, limits: Limits | None = None) -> Solution:
    """Find out whether anything matches a program, and which of its alternatives never do.

    Args:
        program: what to solve.
        seed: names the run: all randomness derives from it.
        start: the time of the first event, in epoch milliseconds.
        limits: what it may cost.
    """
    return _Search(program, seed, start, limits or Limits()).run()


class _Search:
    """One program's search for documents and proofs."""

    def __init__(self, program: Program, seed: str, start: int, limits: Limits) -> None:
        self.program = program
        self.seed = seed
        self.limits = limits
        self.sampler = Sampler(program, start)
        self.questions = 0
        self.findings: list[Diagnostic] = []
        self.reasons: tuple[Reason, ...] = ()

    def run(self) -> Solution:
        began = perf_counter()
        proposed = self.sampler.propose(self._rng("witness"))
        found = proposed if proposed is not None else self._refute(self.sampler.goals(), ())
        if isinstance(found, Proposal):
            status = "ok"
            dead = [self._dead_arms(event, normal, found) for event, normal in enumerate(self.sampler.normals)]
            if any(dead):
                live = [pruned(normal, paths) for normal, paths in zip(self.sampler.normals, dead, strict=True)]
                self.sampler = Sampler(self.program, self.sampler.start, live)
            self.sampler.pool = [found]
        else:
            status = "unsatisfiable" if found else "unknown"
        sampler = self.sampler if status == "ok" else None
        return Solution(status, tuple(self.findings), self.reasons, sampler, self.questions, perf_counter() - began)

    def _rng(self, purpose: str) -> Random:
        return Random(f"{self.seed}|{purpose}")

    # -- proofs ------------------------------------------------------------------------------------

    def _refute(self, goals: Sequence[Goal], arm: tuple[Span, ...]) -> Proposal | bool:
        """Ask Z3 about goals for which no proposal was found; what it finds goes into the findings.

        Args:
            goals: what must hold.
            arm: the place of the alternative that the goals force, or nothing when they are the whole program.

        Returns:
            A proposal from Z3's model that the matcher accepts; True when refuted; False when undecided.
        """
        # Importing Z3 takes longer than compiling most rules, and most rules never need it.
        from .z3.decide import Outcome, decide

        self.questions += 1
        questions = [(goal.event, with_exclusions_apart(goal.normal)) for goal in goals]
        decision = decide(
            questions, self.sampler.proof_name_of, self.sampler.required(), Random(self.seed).getrandbits(30), self.limits.check
        )
        if decision.outcome is Outcome.UNSATISFIABLE:
            reasons = explain(decision.core, self.program.text)
            self.reasons = self.reasons or reasons
            self.findings.append(_refuted(decision.core, reasons, arm, decision.minimal))
            return True
        if decision.outcome is Outcome.SATISFIABLE:
            proposal = self.sampler.from_values(decision.values or {})
            if proposal is not None:
                return proposal
            why = "the solver's model could not be turned into a document that matches"
        else:
            why = decision.reason
        spans = arm or tuple(step.span for step in self.program.steps)
        what = "alternative" if arm else "rule"
        severity = Severity.NOTE if arm else Severity.ERROR
        code = "undecided-arm" if arm else "unknown"
        self.findings.append(Diagnostic(code, severity, f"neither a document nor a proof was found for this {what}: {why}", spans))
        return False

    # -- arms --------------------------------------------------------------------------------------

    def _dead_arms(self, event: int, normal: Normal, base: Proposal) -> set[Path]:
        """The paths of the alternatives of an event that no match can take, each proved."""
        dead: set[Path] = set()
        stack: list[tuple[Path, Normal, Proposal]] = [((), normal, base)]
        while stack:
            path, node, proposal = stack.pop()
            match node:
                case All(args):
                    stack.extend(((*path, at), arg, proposal) for at, arg in reversed(list(enumerate(args))))
                case Any(args, chosen) if chosen:
                    below: list[tuple[Path, Normal, Proposal]] = []
                    for at, arm in enumerate(args):
                        taken = proposal if self.sampler.satisfied(event, arm, proposal) else self._taking(event, (*path, at), arm.span)
                        if isinstance(taken, Proposal):
                            below.append(((*path, at), arm, taken))
                        elif taken:
                            dead.add((*path, at))
                    stack.extend(reversed(below))
                case Literal() if offers_entries(node):
                    dead |= {(*path, at) for at in self._dead_entries(event, path, node, proposal)}
        return dead

    def _taking(self, event: int, path: Path, span: Span) -> Proposal | bool:
        """A match that takes an alternative; True when there is none, False when that is open."""
        goals = [Goal(each, forced(normal, path) if each == event else normal) for each, normal in enumerate(self.sampler.normals)]
        found = self.sampler.propose(self._rng(f"arm {event} {path}"), goals=goals, restarts=3)
        return found if found is not None else self._refute(goals, (span,))

    def _dead_entries(self, event: int, path: Path, literal: Literal, proposal: Proposal) -> list[int]:
        """The entries of a list that no match can take. Changing the one field in a known match settles nearly all of them."""
        assert isinstance(literal.leaf, Atom)
        test = literal.leaf.test
        dead = []
        for at in range(len(entries(test))):
            if self._swapped(event, literal, at, proposal):
                continue
            if self._taking(event, (*path, at), entries(test)[at].span) is True:
                dead.append(at)
        return dead

    def _swapped(self, event: int, literal: Literal, at: int, proposal: Proposal) -> bool:
        """Whether the match still is one with a value that passes this entry of the list."""
        leaf = literal.leaf
        assert isinstance(leaf, Atom)
        drawer = self.sampler.drawer
        only = only_entries(leaf.test, [at])
        name = self.sampler.name_of(event, leaf.field.stored)
        cell = proposal.cells[name]
        for position, slot in enumerate(cell.slots):
            if not any(test is leaf.test for test in slot.wanted):
                continue
            wanted = tuple(only if test is leaf.test else test for test in slot.wanted)
            value = drawer.draw(cell.spec, wanted, cell.unwanted)
            if value is None:
                continue
            slots = (*cell.slots[:position], Slot(wanted, value), *cell.slots[position + 1 :])
            cells = {**proposal.cells, name: replace(cell, slots=slots)}
            if self.sampler.judge.accepts(self.sampler.documents(cells, 0)):
                return True
        return False


def _refuted(core: Sequence[CoreLiteral], reasons: tuple[Reason, ...], arm: tuple[Span, ...], minimal: bool) -> Diagnostic:
    """The finding that goes with a proof."""
    places = tuple(sorted({literal.span for _, literal in core}))
    notes = tuple(f"{reason.field}: {reason.text}" for reason in reasons)
    if not minimal:
        notes = (*notes, "the solver could not tell whether all of these are needed")
    field = reasons[0].field if reasons else None
    if not arm:
        help = "all of these conditions are needed; drop or widen one of them" if len(places) > 1 else "drop or correct this condition"
        return Diagnostic("unsatisfiable", Severity.ERROR, "no event can match this rule", places, field, notes, help)
    spans = (
        *arm,
        *(place for place in places if not any(place.start <= own.start and own.end <= place.end for own in arm) and place not in arm),
    )
    return Diagnostic(
        "dead-arm",
        Severity.WARNING,
        "no matching event can take this alternative",
        spans,
        field,
        notes,
        "drop it, or widen what excludes it",
    )
