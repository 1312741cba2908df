"""Findings from proofs: a core, and per field the reason why it is unsatisfiable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.diagnostics.errors import NOT_MINIMAL, Contradiction, Unsatisfiable, UnsatisfiableToo
from ...compiler.diagnostics.warnings import DeadAlternative, RedundantCondition, WhyRedundant
from ...compiler.explain.core_reasons import CoreLiteral, explain, needs_several
from ...compiler.ir.program import Program
from ...grammar.span import Span


@dataclass(frozen=True, slots=True)
class Core:
    """An unsatisfiable set of literals; ``minimal`` if every proper subset is satisfiable."""

    literals: tuple[CoreLiteral, ...]
    minimal: bool


def unsatisfiable(program: Program, core: Sequence[CoreLiteral], minimal: bool, further: bool) -> Diagnostic:
    """Returns the finding that no event can match, with its reasons; ``further`` for a core after the first."""
    variant, single = _contradiction(core)
    finding = (UnsatisfiableToo if further else Unsatisfiable)(variant=variant, single=single)
    field, notes = _reasons(program, core, minimal)
    return finding.at(*_places(core), field=field, notes=notes)


def dead_alternative(program: Program, cores: Sequence[Core], alternative: Span) -> Diagnostic:
    """Returns the finding that an alternative is dead, with a core for each of its parts."""
    variant, single = _contradiction(cores[0].literals)
    reasons = [_reasons(program, core.literals, core.minimal) for core in cores]
    notes = tuple(dict.fromkeys(note for _, notes in reasons for note in notes))
    places = _after(alternative, _places([literal for core in cores for literal in core.literals]))
    return DeadAlternative(variant=variant, single=single).at(*places, field=reasons[0][0], notes=notes)


def redundant(program: Program, core: Sequence[CoreLiteral], condition: Span, why: WhyRedundant, field: str | None) -> Diagnostic:
    """Returns the finding that a condition is redundant, with the conditions that imply it."""
    places = _after(condition, _places(core))
    quoted = tuple(_shortened(" ".join(program.text[span.start : span.end].split())) for span in places[1:])
    return RedundantCondition(variant=why, because=quoted).at(*places, field=field)


def _contradiction(core: Sequence[CoreLiteral]) -> tuple[Contradiction, str | None]:
    field = needs_several(core)
    if field is not None:
        return "single-valued", field.stored
    return ("alone" if len(_places(core)) == 1 else "contradiction"), None


def _reasons(program: Program, core: Sequence[CoreLiteral], minimal: bool) -> tuple[str | None, tuple[str, ...]]:
    """Returns the field that a core is about, and the reasons as notes."""
    reasons = explain(core, program)
    notes = tuple(f"{reason.field}: {reason.text}" for reason in reasons)
    return (reasons[0].field if reasons else None), (notes if minimal else (*notes, NOT_MINIMAL))


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:50]} … {text[-25:]}"


def _places(core: Sequence[CoreLiteral]) -> tuple[Span, ...]:
    return tuple(sorted({literal.span for _, literal in core}))


def _after(first: Span, places: Sequence[Span]) -> tuple[Span, ...]:
    return (first, *(place for place in places if not _inside(place, first)))


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
