"""Query DSL of formulas, for those that Elasticsearch runs without a script."""

from __future__ import annotations

from typing import Any, NoReturn

from ...compiler.diagnostics.diagnostic import UnsupportedQueryError
from ...compiler.diagnostics.errors import NoQueryDsl
from ...compiler.ir.formula import (
    And,
    Atom,
    DualReading,
    Exists,
    Formula,
    LengthIn,
    Lexical,
    Like,
    Matches,
    Not,
    Or,
    PhraseMatch,
    Predicate,
    Truth,
    Within,
)
from ...compiler.ir.program import Program, ShapeKind
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.kinds import values_of
from ...compiler.values.regexp_parser import Regexp
from ...compiler.values.sets import Interval, Pattern, Wild
from ...grammar.span import Span

Dsl = dict[str, Any]


def program_dsl(program: Program) -> Dsl:
    """Return the Query DSL of an event query.

    Raises:
        UnsupportedQueryError: the program is a sequence or a sample, or a condition needs a script.
    """
    if program.kind is not ShapeKind.EVENT:
        _unsupported(program, f"a {program.kind}", program.steps[0].span, "it relates several events; Query DSL matches single documents")
    return _formula(program.steps[0].formula, program)


def _formula(formula: Formula, program: Program) -> Dsl:
    match formula:
        case Truth(value):
            return {"match_all": {}} if value else {"match_none": {}}
        case And(args):
            return {"bool": {"filter": [_formula(arg, program) for arg in args]}} if args else {"match_all": {}}
        case Or(args):
            return _any([_formula(arg, program) for arg in args])
        case Not(arg):
            return {"bool": {"must_not": [_formula(arg, program)]}}
        case DualReading(decisive):
            return _formula(decisive, program)
        case Exists(spec):
            return {"exists": {"field": spec.name}}
        case Atom(spec, Like(patterns)):
            return _likes(spec, patterns)
        case Atom(spec, Matches(regexps)):
            return _any([_regexp(spec, regexp) for regexp in regexps])
        case Atom(spec, Lexical(low, high, low_open, high_open)):
            return {"range": {spec.name: _bounds(low, high, low_open, high_open)}}
        case Atom(spec, Within(intervals)):
            return _within(spec, intervals)
        case Atom(_, LengthIn() | PhraseMatch(), span) | Predicate(_, span):
            _unsupported(program, "a function in a condition", span, "it needs a script; Query DSL alone cannot express it")
        case other:
            _unsupported(program, "this condition", other.span, "it cannot be converted to Query DSL yet")


def _likes(spec: FieldSpec, patterns: tuple[Pattern, ...]) -> Dsl:
    exact = [pattern.literal for pattern in patterns if pattern.literal is not None and not pattern.fold]
    parts: list[Dsl] = [{"terms": {spec.name: exact}}] if len(exact) > 1 else [{"term": {spec.name: {"value": text}}} for text in exact]
    for pattern in patterns:
        if pattern.literal is None:
            parts.append({"wildcard": {spec.name: _cased({"value": _wildcard(pattern)}, pattern.fold)}})
        elif pattern.fold:
            parts.append({"term": {spec.name: _cased({"value": pattern.literal}, True)}})
    return _any(parts)


def _wildcard(pattern: Pattern) -> str:
    """Renders a pattern for a wildcard query, with literal characters escaped."""
    return "".join(
        token.value if isinstance(token, Wild) else "".join(f"\\{char}" if char in "*?\\" else char for char in token)
        for token in pattern.tokens
    )


def _regexp(spec: FieldSpec, regexp: Regexp) -> Dsl:
    return {"regexp": {spec.name: _cased({"value": regexp.text, "flags": "ALL"}, regexp.fold)}}


def _cased(body: Dsl, fold: bool) -> Dsl:
    return {**body, "case_insensitive": True} if fold else body


def _within(spec: FieldSpec, intervals: tuple[Interval, ...]) -> Dsl:
    values = [
        values_of(spec).to_query(interval.low) for interval in intervals if interval.low is not None and interval.low == interval.high
    ]
    parts: list[Dsl] = []
    dates = values_of(spec).family == "date"
    if not dates:
        if len(values) > 1:
            parts.append({"terms": {spec.name: values}})
        else:
            parts += [{"term": {spec.name: {"value": value}}} for value in values]
    for interval in intervals:
        if interval.low is None or interval.low != interval.high or dates:
            parts.append({"range": {spec.name: _range(spec, interval)}})
    return _any(parts)


def _range(spec: FieldSpec, interval: Interval) -> Dsl:
    low = None if interval.low is None else values_of(spec).to_query(interval.low)
    high = None if interval.high is None else values_of(spec).to_query(interval.high)
    bounds = _bounds(low, high, interval.low_open, interval.high_open)
    return {**bounds, "format": "epoch_millis"} if values_of(spec).family == "date" else bounds


def _bounds(low: Any, high: Any, low_open: bool, high_open: bool) -> Dsl:
    bounds: Dsl = {}
    if low is not None:
        bounds["gt" if low_open else "gte"] = low
    if high is not None:
        bounds["lt" if high_open else "lte"] = high
    return bounds


def _any(parts: list[Dsl]) -> Dsl:
    if not parts:
        # A `should` without clauses matches every document.
        return {"match_none": {}}
    return parts[0] if len(parts) == 1 else {"bool": {"should": parts, "minimum_should_match": 1}}


def _unsupported(program: Program, construct: str, span: Span, why: str) -> NoReturn:
    raise UnsupportedQueryError(NoQueryDsl(construct=construct, why=why).at(span), program.text)
