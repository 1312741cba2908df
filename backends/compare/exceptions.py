"""What an exception excludes of the events that a rule matches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ...compiler.ir.formula import Formula, Not, conjunction
from ...compiler.ir.program import Program, Role, Step
from ...compiler.semantics.document import flatten
from ...compiler.semantics.match_document import Judge, Reading, compile_formula
from ..decide.witness import find_witness
from ..limits import Limits
from .comparison import Document
from .events import START, stored_in, witness_of
from .overlaps import Match

_SEED = "exceptions"


class Effect(StrEnum):
    """What an exception does to a rule."""

    ALL = "all"
    """It excludes all that the rule matches: the rule can never fire."""
    PART = "part"
    NONE = "none"
    """It excludes nothing that the rule matches."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Excluded:
    """What an exception excludes of a rule's matches.

    Attributes:
        effect: how much.
        event: an event of a match that it excludes; None without one.
        fields: the fields of the event that the exception is about.
    """

    effect: Effect
    event: Document | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExceptionItem:
    """An exception: the condition that an event must meet to be excluded.

    Attributes:
        formula: the condition.
        meets: its matcher.
    """

    formula: Formula
    meets: Judge

    @classmethod
    def of(cls, formula: Formula) -> ExceptionItem:
        """The exception with a condition."""
        return cls(formula, compile_formula(formula, Reading.ELASTICSEARCH))


def excluded(programs: Sequence[Program], samples: Sequence[Match], item: ExceptionItem, limits: Limits) -> Excluded:
    """What an exception excludes of a rule's matches.

    Args:
        programs: those of the rule.
        samples: some of its matches.
        item: the exception.
        limits: what each question may cost.
    """
    event, all_refuted = _met(programs, item, limits)
    if event is None:
        return Excluded(Effect.NONE if all_refuted else Effect.UNKNOWN)
    fields = tuple(name for name in stored_in(item.formula) if name in flatten(event))
    if any(_is_kept(match, item) for match in samples):
        return Excluded(Effect.PART, event, fields)
    if not samples and all(find_witness(program, _SEED, limits, START).refuted for program in programs):
        # The rule matches nothing anyway.
        return Excluded(Effect.NONE)
    outcomes = [find_witness(_kept(program, item.formula), _SEED, limits, START, stored_in(item.formula)) for program in programs]
    if all(outcome.refuted for outcome in outcomes):
        return Excluded(Effect.ALL, event, fields)
    kept = any(outcome.group is not None for outcome in outcomes)
    return Excluded(Effect.PART if kept else Effect.UNKNOWN, event, fields)


def _met(programs: Sequence[Program], item: ExceptionItem, limits: Limits) -> tuple[Document | None, bool]:
    """An event of a match that meets an exception; else None, and whether it is proved that there is none."""
    refuted = True
    for step in _steps(programs):
        found = witness_of(conjunction((step.formula, item.formula)), limits, frozenset(stored_in(item.formula)))
        if found.group is not None:
            return found.group[0], False
        refuted = refuted and found.refuted
    return None, refuted


def _steps(programs: Sequence[Program]) -> Iterator[Step]:
    """The steps that exceptions are applied to."""
    for program in programs:
        yield from (step for step in program.steps if step.role is Role.EVENT and not step.missing)


def _kept(program: Program, formula: Formula) -> Program:
    """The program of the rule with the exception."""
    denied = Not(formula, formula.span)
    steps = tuple(
        replace(step, formula=conjunction((step.formula, denied), step.formula.span)) if step.role is Role.EVENT else step
        for step in program.steps
    )
    return replace(program, steps=steps)


def _is_kept(match: Match, item: ExceptionItem) -> bool:
    return not any(item.meets(flatten(document)) is True for role, document in match if role is Role.EVENT)
