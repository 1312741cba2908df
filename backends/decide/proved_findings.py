"""The findings that need a proof. ``docs/findings.md`` lists them all."""

from __future__ import annotations

from collections.abc import Sequence

from ...compiler.diagnostics.diagnostic import Diagnostic, Severity
from ...compiler.explain.core_reasons import CoreLiteral, explain, needs_several
from ...compiler.ir.program import Program
from ...grammar.span import Span

FURTHER = " for another reason as well"
"""Ends the message of a reason after the first."""

_UNSURE = "the solver could not tell whether all of these are needed"


def unsatisfiable(program: Program, core: Sequence[CoreLiteral], minimal: bool, further: bool) -> Diagnostic:
    """That nothing can match, and why; ``further`` for a reason after the first."""
    reasons = explain(core, program)
    places = _places(core)
    count = {1: "drop or correct this condition", 2: "both conditions are needed; drop or widen one of them"}
    help = count.get(len(places), "all of these conditions are needed; drop or widen one of them")
    message = "no event can match this rule" + (FURTHER if further else "")
    notes = tuple(f"{reason.field}: {reason.text}" for reason in reasons)
    return Diagnostic(
        "unsatisfiable",
        Severity.ERROR,
        message,
        places,
        reasons[0].field if reasons else None,
        notes if minimal else (*notes, _UNSURE),
        _help_for_several(core) or help,
    )


def more_reasons(named: int) -> Diagnostic:
    """That not all reasons were named."""
    message = f"there may be more reasons than the {named} named here: mend these, and compile the rule again"
    return Diagnostic("more-reasons", Severity.NOTE, message, ())


def dead_alternative(program: Program, core: Sequence[CoreLiteral], arm: Span, minimal: bool) -> Diagnostic:
    """That nothing can take an alternative, and why."""
    reasons = explain(core, program)
    notes = tuple(f"{reason.field}: {reason.text}" for reason in reasons)
    return Diagnostic(
        "dead-alternative",
        Severity.WARNING,
        "no matching event can take this alternative",
        _after(arm, _places(core)),
        reasons[0].field if reasons else None,
        notes if minimal else (*notes, _UNSURE),
        _help_for_several(core) or "drop it, or widen what excludes it",
    )


def undecided_alternative(arm: Span, why: str) -> Diagnostic:
    """That it is open whether an alternative can be taken."""
    message = f"neither a document nor a proof was found for this alternative: {why or 'the model is no document that matches'}"
    return Diagnostic("undecided-alternative", Severity.NOTE, message, (arm,))


def redundant(program: Program, core: Sequence[CoreLiteral], condition: Span, message: str, field: str | None) -> Diagnostic:
    """That dropping a condition changes nothing, and what makes it so."""
    others = tuple(place for place in _places(core) if not _inside(place, condition))
    quoted = [" ".join(program.text[span.start : span.end].split()) for span in others]
    shown = ", ".join(f"`{text if len(text) <= 80 else text[:50] + ' … ' + text[-25:]}`" for text in quoted)
    notes = (f"because of {shown}",) if shown else ()
    return Diagnostic("redundant-condition", Severity.WARNING, message, (condition, *others), field, notes, "drop it, or correct it")


def vacuous(program: Program) -> Diagnostic:
    """That everything matches."""
    return Diagnostic("vacuous-rule", Severity.WARNING, "every event matches this rule", (program.steps[0].span,), help="add a condition")


def _help_for_several(core: Sequence[CoreLiteral]) -> str | None:
    field = needs_several(core)
    if field is None:
        return None
    return f"`{field.stored}` would have to hold several values, and the schema says that it holds one: use `or`, or correct the schema"


def _places(core: Sequence[CoreLiteral]) -> tuple[Span, ...]:
    return tuple(sorted({literal.span for _, literal in core}))


def _after(first: Span, places: Sequence[Span]) -> tuple[Span, ...]:
    return (first, *(place for place in places if not _inside(place, first)))


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
