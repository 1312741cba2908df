"""How far a rule that needs several events got, and what stopped it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...compiler.alerts.engine import Watched, alerts_among
from ...compiler.ir.program import Gathering, Program, ShapeKind, Step
from ...compiler.semantics.document import Flat
from ...compiler.semantics.match_document import Reading, compile_formula
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class Progress:
    """The best partial match of a program in some events.

    Attributes:
        steps: how many steps it has, of those that events stand for.
        events: its events, by their positions.
        stopped: what stopped it, in words.
        span: where the rule says so.
        wanted: the step that no event satisfies, if that is what stopped it.
    """

    steps: int
    events: tuple[int, ...]
    stopped: str
    span: Span
    wanted: Step | None = None


def progress(program: Program, flats: Sequence[Flat]) -> Progress:
    """How far a program got in a list of events that does not match it."""
    if program.gathered is not None:
        return _of_group(program, program.gathered, flats)
    steps = program.steps
    there = [number for number, step in enumerate(steps) if not step.missing]
    best: tuple[int, ...] = ()
    reached = 0
    for count in range(len(there) - 1, 0, -1):
        part = replace(program, steps=steps[: there[count - 1] + 1], pipes=(), relations=program.relations)
        found = _first(part, flats)
        if found:
            best, reached = found, count
            break
    step = steps[there[reached]]
    satisfied = compile_formula(step.formula, Reading.ELASTICSEARCH)
    places = [place for place, flat in enumerate(flats) if satisfied(flat) is True]
    if len(places) < step.runs:
        words = "no event satisfies this step" if not places else f"only {len(places)} of {step.runs} events satisfy this step"
        return Progress(reached, best, words, step.span, step)
    whole = replace(program, steps=steps[: there[reached] + 1], pipes=())
    for words, eased in _eased(whole):
        if _first(eased, flats):
            return Progress(reached, best, words, step.span)
    return Progress(reached, best, "the events that satisfy this step do not come in this order", step.span)


def _first(program: Program, flats: Sequence[Flat]) -> tuple[int, ...]:
    found = next(alerts_among(Watched((program,)), flats), None)
    return () if found is None else found.events


def _eased(program: Program) -> list[tuple[str, Program]]:
    """The program without one of the things that relate its events, and what it then failed."""
    keyless = tuple(replace(step, keys=()) for step in program.steps)
    eased = [
        ("an `until` event ended the sequence before this step", replace(program, until=None)),
        ("the event of this step came later than `maxspan` allows", replace(program, maxspan=None)),
        (
            "an event that must be missing is there",
            replace(program, steps=tuple(step for step in program.steps if not step.missing)),
        ),
        ("the events come in another order", replace(program, kind=ShapeKind.SAMPLE, until=None)),
        (
            "the events have different join keys",
            replace(program, steps=keyless, until=None if program.until is None else replace(program.until, keys=())),
        ),
        (
            "the events have different join keys, and come in another order",
            replace(program, steps=keyless, kind=ShapeKind.SAMPLE, until=None),
        ),
    ]
    return [(words, each) for words, each in eased if each != program and not (each.kind is ShapeKind.SAMPLE and _repeats(each))]


def _repeats(program: Program) -> bool:
    return any(step.missing or step.runs > 1 for step in program.steps) or len(program.steps) < 2


def _of_group(program: Program, gathered: Gathering, flats: Sequence[Flat]) -> Progress:
    """Of a threshold: the group with most events, and what it lacks."""
    (step,) = program.steps
    for least in range(gathered.least, 0, -1):
        part = replace(program, gathered=replace(gathered, least=least), distinct=())
        found = _first(part, flats)
        if found:
            lacks = f"{least} of {gathered.least} events agree" if least < gathered.least else "too few different values are among them"
            return Progress(0, found, lacks, step.span)
    return Progress(0, (), "no event satisfies the query", step.span, step)
