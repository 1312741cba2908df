"""Compares what two versions of a rule match: with a proof, or an event that only one of them matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from ..compiler.ir.formula import And, Atom, DualReading, Formula, Not, Or, conjunction, entries, fields_of
from ..compiler.ir.program import Program, ShapeKind, Step
from .decide.solve_program import solve
from .generate.sampler import Sampler
from .limits import Limits, Strategy
from .plan.ndjson import text_of
from .values.draw import Drawer
from .values.entailment import implies

_START = 1_704_067_200_000
_LIMITS = Limits(timeout=5.0)


class Answer(StrEnum):
    """Whether some event matches one formula and not another one."""

    PROOF = "proof"
    """No event does."""
    WITNESS = "witness"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """The events that one version matches and the other does not.

    Attributes:
        answer: whether there are any.
        witness: one of them, as JSON; None without one.
        why: why it is unknown; empty otherwise.
    """

    answer: Answer
    witness: str | None = None
    why: str = ""


_NONE = Difference(Answer.PROOF)


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """What a change of a rule did to its matches.

    Attributes:
        lost: what only the old version matches.
        gained: what only the new version matches.
    """

    lost: Difference
    gained: Difference

    @property
    def same(self) -> bool:
        """Whether both versions are proved to match the same events."""
        return self.lost.answer is Answer.PROOF and self.gained.answer is Answer.PROOF

    @property
    def differs(self) -> bool:
        """Whether an event shows that they do not."""
        return Answer.WITNESS in (self.lost.answer, self.gained.answer)


def same_events(old: Sequence[Program], new: Sequence[Program], limits: Limits | None = None) -> RuleDifference:
    """Compare two versions of a rule.

    Rules of several events are compared event by event: they match the same if all their events do, and nothing is concluded if
    one does not.

    Args:
        old, new: the programs of both versions, compiled with the same schema.
        limits: the solving limits of each question; by default 5 s.
    """
    if len(old) != len(new):
        return _unknown("the rule has another number of ways to match")
    pairs = [_compare(before, after, limits or _LIMITS) for before, after in zip(old, new, strict=True)]
    if len(pairs) == 1:
        return pairs[0]
    return RuleDifference(_NONE, _NONE) if all(pair.same for pair in pairs) else _unknown("one of several ways to match differs")


def _compare(old: Program, new: Program, limits: Limits) -> RuleDifference:
    if _frame(old) != _frame(new):
        return _unknown("the shape of the rule differs")
    steps = list(zip(_steps(old), _steps(new), strict=True))
    if any(_specs_differ(before.formula, after.formula) for before, after in steps):
        return _unknown("a field has another type")
    pairs = [
        RuleDifference(_only(before.formula, after.formula, old, limits), _only(after.formula, before.formula, old, limits))
        for before, after in steps
    ]
    if len(pairs) == 1 and old.kind is ShapeKind.EVENT:
        return pairs[0]
    return RuleDifference(_NONE, _NONE) if all(pair.same for pair in pairs) else _unknown("one of several events differs")


def _steps(program: Program) -> tuple[Step, ...]:
    return (*program.steps, *((program.until,) if program.until is not None else ()))


def _frame(program: Program) -> Program:
    """All of a program but the formulas of its steps and its text."""
    blank = conjunction(())

    def emptied(step: Step) -> Step:
        return replace(step, formula=blank)

    until = None if program.until is None else emptied(program.until)
    return replace(program, steps=tuple(map(emptied, program.steps)), until=until, text="")


def _specs_differ(old: Formula, new: Formula) -> bool:
    before, after = fields_of(old), fields_of(new)
    return any(before[name] != after[name] for name in before.keys() & after.keys())


def _only(wanted: Formula, unwanted: Formula, program: Program, limits: Limits) -> Difference:
    """The events that satisfy one formula and not the other."""
    if program.relations and wanted != unwanted:
        return Difference(Answer.UNKNOWN, why="conditions on other events are not compared")
    span = program.steps[0].span
    drawer = Sampler(Program(ShapeKind.EVENT, (Step(wanted, span=span),), program.text), _START).drawer
    # What both have in common is true of the events in question, and what is implied needs no solver.
    left = tuple(each for each in _conjuncts(unwanted) if not _implies(drawer, wanted, each))
    if not left:
        return _NONE
    formula = conjunction((wanted, Not(conjunction(left, span), span)), span)
    solution = solve(Program(ShapeKind.EVENT, (Step(formula, span=span),), program.text), _SEED, _START, limits, Strategy(findings=False))
    if solution.status == "unsatisfiable":
        return _NONE
    group = None if solution.sampler is None else solution.sampler.draw(Random(_SEED))
    if group is not None:
        return Difference(Answer.WITNESS, text_of(group).strip())
    return Difference(Answer.UNKNOWN, why="neither an event nor a proof was found")


_SEED = "compare"


def _conjuncts(formula: Formula) -> tuple[Formula, ...]:
    return formula.args if isinstance(formula, And) else (formula,)


def _implies(drawer: Drawer, formula: Formula, other: Formula) -> bool:
    """Whether the structure of two formulas shows that one implies the other; False if it does not show."""
    if formula == other:
        return True
    match formula, other:
        case DualReading(decisive), _:
            return _implies(drawer, decisive, other)
        case _, DualReading(decisive):
            return _implies(drawer, formula, decisive)
        case _, And(args):
            return all(_implies(drawer, formula, arg) for arg in args)
        case Or(args), _:
            return all(_implies(drawer, arg, other) for arg in args)
        case Atom(field, test), _ if 1 < len(listed := entries(test)) <= _MOST_ENTRIES:
            known = set(entries(other.test)) if isinstance(other, Atom) and other.field == field else set()
            return all(
                entry in known or _implies(drawer, replace(formula, test=drawer.only(test, at)), other) for at, entry in enumerate(listed)
            )
        case _, Or(args) if any(_implies(drawer, formula, arg) for arg in args):
            return True
        case And(args), _:
            return any(_implies(drawer, arg, other) for arg in args)
        case Not(arg), Not(denied):
            return _implies(drawer, denied, arg)
        case Atom(field, test), Atom(same, others) if field == same and len(entries(test)) == 1 and type(test) is type(others):
            return any(implies(drawer, field, test, drawer.only(others, at)) for at in range(len(entries(others))))
    return False


_MOST_ENTRIES = 2000
"""The most entries of a list that are looked at one by one."""


def _unknown(why: str) -> RuleDifference:
    difference = Difference(Answer.UNKNOWN, why=why)
    return RuleDifference(difference, difference)
