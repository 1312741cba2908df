"""Compares a Sigma rule with what pySigma's backends make of it: events that only one of them catches."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import orjson

from ...backends.compare.comparison import Outcome, Side
from ...backends.compare.programs import compare_programs
from ...backends.limits import Limits
from ...compiler.compile import compile_query
from ...compiler.diagnostics.diagnostic import Diagnostic, QueryError
from ...compiler.diagnostics.sigma_slips import Conversion
from ...compiler.ir.formula import And, Atom, Formula, Leaf, Like, conjunction, disjunction, with_leaves
from ...compiler.ir.program import Program, ShapeKind, Step
from ...grammar.span import Span
from ...grammar.syntax_error import QuerySyntaxError
from ...rules.sigma.conversion import LANGUAGES, ConversionError, converted
from ...rules.sigma.document import SigmaRule
from .compiled_rule import CompiledRule

_SHOWN = 300
_UNDECIDED = "neither an event nor a proof was found"


def conversion_findings(compiled: CompiledRule, backend: str, now: int, limits: Limits) -> tuple[Diagnostic, ...]:
    """What is different about the conversion of a rule.

    For Lucene, differences of case are left out: the mapping decides whether a query is case-sensitive.

    Args:
        compiled: the rule; nothing is said of one that is not a Sigma rule of single events.
        backend: a backend of pySigma.
        now: what ``now`` means in date math, in epoch milliseconds.
        limits: what each question may cost.

    Raises:
        PipelineError: pySigma or the backend is not installed.
    """
    sigma = compiled.rule.sigma
    programs = compiled.compilation.programs
    if sigma is None or len(programs) != 1 or programs[0].kind is not ShapeKind.EVENT:
        return ()
    span = _condition(sigma, programs[0])
    try:
        queries = converted(sigma, backend)
    except ConversionError as error:
        return (Conversion(variant="failed", backend=backend, query=None, event=None, why=str(error)).at(span),)
    if backend not in LANGUAGES:
        return (Conversion(variant="unknown", backend=backend, query=None, event=None, why="ES|QL is not supported yet").at(span),)
    query = " OR ".join(queries)
    shown = query if len(query) <= _SHOWN else f"{query[: _SHOWN - 3]}..."
    try:
        found = [compile_query(each, compiled.compilation.schema, now, LANGUAGES[backend]).program for each in queries]
    except (QuerySyntaxError, QueryError) as error:
        message = error.message if isinstance(error, QuerySyntaxError) else error.diagnostic.message
        return (Conversion(variant="invalid", backend=backend, query=shown, event=None, why=message).at(span),)
    other = disjunction(tuple(program.steps[0].formula for program in found), span)
    own = _without_assumed(programs[0])
    if backend == "lucene":
        own, other = _cased(own), _cased(other)
    comparison = compare_programs([_event(own, programs[0])], [_event(other, programs[0])], limits, most=1)
    sides: tuple[tuple[Literal["lost", "gained"], Side], ...] = (("lost", comparison.lost), ("gained", comparison.won))
    findings = []
    for variant, side in sides:
        if side.outcome is Outcome.WITNESS:
            event = orjson.dumps(side.parts[0].documents[0], default=str).decode()
            findings.append(Conversion(variant=variant, backend=backend, query=shown, event=event, why="").at(span))
        elif side.outcome is Outcome.UNKNOWN:
            findings.append(Conversion(variant="unknown", backend=backend, query=shown, event=None, why=side.why or _UNDECIDED).at(span))
    return tuple(findings)


def _condition(rule: SigmaRule, program: Program) -> Span:
    """Where the rule's condition stands in its text."""
    body = rule.document.body
    entry = body.entry("condition")
    whole = program.steps[0].span
    shift = whole.start - body.span.start
    return whole if entry is None else Span(entry.span.start + shift, entry.span.end + shift)


def _event(formula: Formula, program: Program) -> Program:
    return Program(ShapeKind.EVENT, (Step(formula, span=program.steps[0].span),), program.text)


def _without_assumed(program: Program) -> Formula:
    """What the rule states, without what its log source implies, which conversions leave to the index."""
    formula = program.steps[0].formula
    if not isinstance(formula, And):
        return formula
    return conjunction(tuple(arg for arg in formula.args if getattr(arg, "span", None) not in program.assumed), formula.span)


def _cased(formula: Formula) -> Formula:
    """The formula with strings compared as they are."""

    def changed(leaf: Leaf) -> Formula:
        if not isinstance(leaf, Atom) or not isinstance(leaf.test, Like):
            return leaf
        return replace(leaf, test=Like(tuple(replace(pattern, fold=False) for pattern in leaf.test.patterns)))

    return with_leaves(formula, changed)
