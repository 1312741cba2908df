"""Why a rule does not fire on events: the nearest event or the best partial match, and what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...compiler.alerts.engine import Watched, alerts_among
from ...compiler.ir.program import Program, Role, ShapeKind
from ...compiler.semantics.document import Flat
from ..limits import Limits
from .changes import Change
from .progress import Progress, progress
from .why import Why, distance, smallest_change, why


@dataclass(frozen=True, slots=True)
class Silence:
    """Why a rule does not fire, or that it does.

    Attributes:
        text: what spans point into.
        fires: whether it fires.
        event: the position of the event that comes nearest to what the rule, or its next step, wants; None if there is no event.
        why: that event's conditions.
        change: what would have to change in it; None if the rule fires, or if no change was found.
        progress: how far a rule that needs several events got.
        other: another reason, in words.
    """

    text: str
    fires: bool
    event: int | None = None
    why: Why | None = None
    change: Change | None = None
    progress: Progress | None = None
    other: str = ""


def silence_of(
    programs: Sequence[Program],
    events: Sequence[Mapping[str, Any]],
    flats: Sequence[Flat],
    limits: Limits,
    indicators: Sequence[Flat] = (),
    history: Sequence[Flat] = (),
) -> Silence:
    """Why a rule does not fire on events.

    Args:
        programs: the ways in which it can match.
        events, flats: the events, as documents and by field.
        limits: what the search for one change may cost.
        indicators: documents of threat intelligence.
        history: older events.
    """
    program = programs[0]
    if any(True for _ in alerts_among(Watched(tuple(programs)), flats, history, indicators)):
        return Silence(program.text, True)
    if not flats:
        return Silence(program.text, False, other="there are no events")
    several = program.kind is not ShapeKind.EVENT and not any(step.role is Role.INDICATOR for step in program.steps)
    reached = progress(program, flats) if several else None
    if reached is not None and reached.wanted is None:
        return Silence(program.text, False, progress=reached)
    formula = program.steps[0].formula if reached is None or reached.wanted is None else reached.wanted.formula
    nearest = min(range(len(flats)), key=lambda place: distance(formula, flats[place]))
    seen = why(formula, flats[nearest])
    if seen.fires:
        return Silence(program.text, False, nearest, seen, None, reached, _beyond_its_query(program))
    return Silence(program.text, False, nearest, seen, smallest_change(formula, events[nearest], "why", limits), reached)


def _beyond_its_query(program: Program) -> str:
    """Why a rule does not fire on an event that satisfies its query."""
    if program.history is not None:
        names = ", ".join(f"`{key.field.name}`" for key in program.steps[0].keys)
        return f"the event satisfies the query, but its values of {names} were seen before"
    if any(step.role is Role.INDICATOR for step in program.steps):
        return "the event satisfies the query, but no indicator has its values"
    return "the event satisfies the query, but a pipe leaves it out"
