"""Compares what two rules match, by their programs."""

from __future__ import annotations

from collections.abc import Sequence

from ...compiler.ir.formula import Formula, fields_of, references
from ...compiler.ir.program import Program, ShapeKind
from ..limits import Limits
from .comparison import Comparison, Outcome, Side, undecided
from .events import Events
from .groups import Groups

LIMITS = Limits(timeout=5.0)
"""What one question may cost by default."""


def compare_programs(first: Sequence[Program], second: Sequence[Program], limits: Limits = LIMITS, most: int | None = None) -> Comparison:
    """Compare what two rules match.

    Args:
        first, second: their programs, compiled with the same types of fields.
        limits: what each question may cost; there is one for each condition that makes a difference, and few others.
        most: how many parts of each side are wanted; all by default.
    """
    question = _question(first, second, limits)
    match question:
        case Side():
            return Comparison(question, question, Outcome.UNKNOWN)
        case Events():
            lost, won = question.lost(most), question.won(most)
            return Comparison(lost, won, *_common(question, lost, won))
    lost, won = question.lost(), question.won()
    asked = Outcome.NONE not in (lost.outcome, won.outcome)
    common = question.common() if asked else Outcome.UNKNOWN
    return Comparison(lost, won, common, common)


def lost_of(first: Sequence[Program], second: Sequence[Program], limits: Limits = LIMITS, most: int | None = None) -> Side:
    """What the first rule matches and the second does not; see :func:`compare_programs`."""
    question = _question(first, second, limits)
    match question:
        case Side():
            return question
        case Events():
            return question.lost(most)
    return question.lost()


def _question(first: Sequence[Program], second: Sequence[Program], limits: Limits) -> Events | Groups | Side:
    """What two rules are compared by: single events, or matches of several; a side that holds of both if they cannot be compared."""
    if any(_specs_differ(one, other) for one in _formulas(first) for other in _formulas(second)):
        return undecided("a field has different types in the two rules")
    one, other = event_formula(first), event_formula(second)
    return Events(one, other, limits) if one is not None and other is not None else Groups(first, second, limits)


def event_formula(programs: Sequence[Program]) -> Formula | None:
    """The formula of a rule that matches single events; None for other rules. What is suppressed of its alerts does not count."""
    program = programs[0]
    if len(programs) > 1 or program.relations or program.pipes or program.history is not None or len(program.steps) > 1:
        return None
    step = program.steps[0]
    if references(step.formula):
        return None
    if program.kind is ShapeKind.EVENT:
        return step.formula
    if program.gathered is not None and program.gathered.least == 1 and not program.distinct:
        # With `alone`, the formula of the step asks for the fields that alerts are grouped by.
        return program.gathered.alone or step.formula
    return None


def _common(events: Events, lost: Side, won: Side) -> tuple[Outcome, Outcome]:
    """Whether some event satisfies both formulas, and whether one does if each field holds one value."""
    if Outcome.NONE in (lost.outcome, won.outcome) and not (lost.by_several_values or won.by_several_values):
        return Outcome.UNKNOWN, Outcome.UNKNOWN
    found = events.common
    common = Outcome.WITNESS if found.group is not None else Outcome.NONE if found.refuted else Outcome.UNKNOWN
    return common, Outcome.NONE if events.common_needs_several else common


def _formulas(programs: Sequence[Program]) -> list[Formula]:
    return [step.formula for program in programs for step in (*program.steps, *((program.until,) if program.until is not None else ()))]


def _specs_differ(first: Formula, second: Formula) -> bool:
    before, after = fields_of(first), fields_of(second)
    return any(before[name] != after[name] for name in before.keys() & after.keys())
