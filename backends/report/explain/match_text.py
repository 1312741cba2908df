"""Description of a match of a program, in words."""

from __future__ import annotations

from collections.abc import Iterator

from ....compiler.explain.constraint_text import shortened
from ....compiler.ir.program import Program, ShapeKind, Step
from ....compiler.semantics.match_group import Event

_PIPE = 100
"""The maximum number of characters of a pipe to show."""


def heading(program: Program) -> str:
    """Describe the number of events of a match, and what joins them."""
    steps = [step for step in program.steps if not step.missing]
    count = sum(step.runs for step in steps)
    events = f"{count} event{'s' if count > 1 else ''}"
    alike = [key.field.name for key in steps[0].keys]
    if program.kind is ShapeKind.EVENT:
        return "an event and those it descends from" if program.relations else "an event"
    if len(steps) == 1 and program.kind is ShapeKind.SAMPLE:
        agree = f" that agree{'' if count > 1 else 's'} on {', '.join(alike)}" if alike else ""
        return f"{events}{agree}"
    joined = len({tuple(key.field.name for key in step.keys) for step in steps}) == 1 and alike
    keys = f" with the same {', '.join(alike)}" if joined else ", joined by their keys" if alike else ""
    within = f", no more than {_duration(program.maxspan)} apart" if program.maxspan is not None else ""
    return f"{f'a sequence of {events}' if program.kind is ShapeKind.SEQUENCE else f'{events} in any order'}{keys}{within}"


def remarks(program: Program) -> Iterator[str]:
    """Describe what a match must satisfy besides the conditions on its events."""
    for distinct in program.distinct:
        yield f"together they have at least {distinct.least} different values of {distinct.field.name}"
    if program.history is not None:
        names = ", ".join(key.field.name for key in program.steps[0].keys)
        newest, oldest = program.history.low, program.history.high
        yield f"this combination of {names} did not occur from {_duration(oldest)} to {_duration(newest)} before"
    for pipe in program.pipes:
        yield f"of the matches: {shortened(program.text[pipe.span.start : pipe.span.end], _PIPE) or pipe.name}"


def title(program: Program, event: Event, step: Step) -> str:
    """Describe the position and role of an event in a match."""
    if event.kin is not None:
        return "its ancestor or parent event"
    if len(program.steps) == 1:
        return "every match has" if program.kind is ShapeKind.EVENT else "each of them has"
    first = 1 + sum(other.runs for other in program.steps[: event.step] if not other.missing)
    which = f"event {first}" if step.runs == 1 else f"events {first} to {first + step.runs - 1}"
    role = f" ({step.role.value})" if step.role.value != "event" else ""
    names = [("?" if key.origin.marked else "") + key.field.name for key in step.keys]
    keys = f", joined by {', '.join(names)}" if names else ""
    return f"{which}{role}{keys}"


_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms"))


def _duration(milliseconds: int | float | None) -> str:
    """Renders a duration in the largest unit that divides it, or rounded in a unit not much smaller than it."""
    assert milliseconds is not None
    for size, unit in _UNITS:
        if milliseconds >= size and milliseconds % size == 0:
            return f"{int(milliseconds // size)}{unit}"
    size, unit = next((size, unit) for size, unit in _UNITS if milliseconds >= size or size == 1)
    return f"{milliseconds / size:.3g}{unit}"
