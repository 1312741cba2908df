"""Mutants: rules with a planted contradiction or a planted dead alternative."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from triggerfish.compiler.ir.formula import And, Atom, Exists, Formula, Like, Not, Or, Within
from triggerfish.compiler.ir.program import Program
from triggerfish.compiler.schema.field_types import Kind
from triggerfish.compiler.semantics.match_document import compile_test
from triggerfish.compiler.values.patterns import exact, make_pattern
from triggerfish.compiler.values.sets import Interval, Wild
from triggerfish.grammar.span import Span

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with something planted.

    Attributes:
        program: its text is that of the original, and a line that says what was planted.
        planted: where that line stands.
        target: the place of the condition that it contradicts.
        field: the field of both conditions.
        kind: what was planted.
    """

    program: Program
    planted: Span
    target: Span
    field: str
    kind: str


Condition = Exists | Atom


def mandatory(formula: Formula, path: Path = ()) -> Iterator[tuple[Path, Formula]]:
    """The parts that hold in every match, with the positions of arguments on the way to them."""
    match formula:
        case And(args):
            for at, arg in enumerate(args):
                yield from mandatory(arg, (*path, at))
        case _:
            yield path, formula


def contradictions(condition: Formula, span: Span) -> Iterator[tuple[str, Formula]]:
    """Conditions that cannot hold together with one."""
    match condition:
        case Exists(spec):
            yield "missing field", Not(Exists(spec, span), span)
        case Atom(spec, test):
            yield "missing field", Not(Exists(spec, span), span)
            passes = compile_test(spec, test)
            if isinstance(test, Like) and spec.kind is Kind.STRING:
                other = exact("planted value", spec.caseless, span)
                if not spec.several and not passes("planted value"):
                    yield "second value", Atom(spec, Like((other,)), span)
                yield "excluding pattern", Not(Atom(spec, Like((make_pattern((Wild.RUN,), False, span),)), span), span)
                yield "excluded list", Not(Atom(spec, Like(tuple(replace(pattern, span=span) for pattern in test.patterns)), span), span)
            if isinstance(test, Within) and not spec.several and spec.kind in (Kind.INTEGER, Kind.FLOAT, Kind.DATE):
                highs = [interval.high for interval in test.intervals]
                lows = [interval.low for interval in test.intervals]
                if None not in highs:
                    above = max(high for high in highs if high is not None)
                    yield "empty range", Atom(spec, Within((Interval(above, None, low_open=True, span=span),)), span)
                if None not in lows:
                    below = min(low for low in lows if low is not None)
                    yield "empty range", Atom(spec, Within((Interval(None, below, high_open=True, span=span),)), span)
        case Not(Exists(spec)):
            yield "present field", Exists(spec, span)


def changed(formula: Formula, path: Path, change: Callable[[Formula], Formula]) -> Formula:
    """The formula with what stands at a path changed."""
    if not path:
        return change(formula)
    assert isinstance(formula, And)
    at = path[0]
    return replace(formula, args=(*formula.args[:at], changed(formula.args[at], path[1:], change), *formula.args[at + 1 :]))


def plant(program: Program, rng: Random, *, dead_alternative: bool) -> Mutant | None:
    """Plant a defect in a program; None if there is no place for one.

    Args:
        program: a program that is ok.
        rng: chooses the place and what to plant.
        dead_alternative: plant an alternative that nothing can take instead of a contradiction.
    """
    start = len(program.text) + 1
    span = Span(start, start + len("planted"))
    steps = [number for number, step in enumerate(program.steps) if not step.missing]
    at = rng.choice(steps)
    formula = program.steps[at].formula
    parts = list(mandatory(formula))
    # What a query says of its own category is not for an author to contradict.
    chosen = [(path, part, mutation) for path, part in parts for mutation in contradictions(part, span) if part.span.start < part.span.end]
    chosen = [entry for entry in chosen if not isinstance(entry[1], Atom) or entry[1].field.name != "event.category"]
    if not chosen:
        return None
    path, target, (kind, planted) = rng.choice(chosen)
    if dead_alternative:
        others = [other for other, _ in parts if other != path and other]
        if not others:
            return None
        place = rng.choice(others)
        formula = changed(formula, place, lambda part: Or((*(part.args if isinstance(part, Or) else (part,)), planted), span))
    elif not path:
        formula = And((formula, planted) if rng.random() < 0.5 else (planted, formula), formula.span)
    else:
        around = path[:-1]

        def with_planted(part: Formula) -> Formula:
            assert isinstance(part, And)
            place = rng.randint(0, len(part.args))
            return replace(part, args=(*part.args[:place], planted, *part.args[place:]))

        formula = changed(formula, around, with_planted)
    mutated = tuple(replace(step, formula=formula) if number == at else step for number, step in enumerate(program.steps))
    spec = target.arg.field if isinstance(target, Not) and isinstance(target.arg, Exists) else target.field  # type: ignore[union-attr]
    return Mutant(replace(program, steps=mutated, text=f"{program.text}\nplanted"), span, target.span, spec.stored, kind)
