"""Lint checks that need no solver.

Each check is a function from a program and its schema to findings; ``CHECKS`` lists them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Literal

from ..ir.formula import EVERYWHERE, Apply, Atom, FieldTerm, Formula, Leaf, Like, Predicate, Term, leaves
from ..ir.program import Program
from ..schema.fields import FieldSpec, Schema
from ..values.origin import Writing
from ..values.patterns import compile_patterns
from ..values.sets import Pattern
from .diagnostic import Diagnostic, Severity
from .notes import ObjectField, UnknownField
from .warnings import LiteralQuotes, LiteralWildcard, ValueOutside, ValueWithoutField, WrongCase

Check = Callable[[Program, Schema], Iterator[Diagnostic]]


def read_findings(program: Program, schema: Schema) -> tuple[Diagnostic, ...]:
    """The findings of all checks of a program, in the order of its text."""
    findings = [finding for check in CHECKS for finding in check(program, schema)]
    return tuple(sorted(findings, key=lambda finding: finding.spans[0]))


def literal_wildcards(program: Program, schema: Schema) -> Iterator[Diagnostic]:
    """Values with a `*` in comparisons without wildcards."""
    for pattern, atom in _patterns(program):
        if pattern.literal is None or "*" not in pattern.literal.removeprefix(_ANY_HOST) or pattern.writing in _DELIBERATE:
            continue
        operand = pattern.writing is Writing.OPERAND
        comparison: Literal["folded", "exact", "quoted"] = "quoted" if not operand else "folded" if pattern.fold else "exact"
        written = program.text[pattern.span.start : pattern.span.end]
        yield LiteralWildcard(variant=comparison, value=_shown(written), field=atom.field.name).at(pattern.span)


_ANY_HOST = "\\\\*\\"
"""With which Windows itself begins the names of shares in its events: ``\\\\*\\IPC$``."""
_DELIBERATE = (Writing.BARE, Writing.ESCAPED)
"""A backslash before each wildcard says that it is part of the value."""


def literal_quotes(program: Program, schema: Schema) -> Iterator[Diagnostic]:
    """Values between single quotes where only double ones are quotes."""
    for pattern, atom in _patterns(program):
        value = pattern.text
        if pattern.writing is Writing.BARE and len(value) > 2 and value[0] == value[-1] == "'":
            written = program.text[pattern.span.start : pattern.span.end]
            yield LiteralQuotes(value=_shown(written), field=atom.field.name).at(pattern.span)


def values_outside(program: Program, schema: Schema) -> Iterator[Diagnostic]:
    """Values that the Elastic Common Schema does not allow for their field, or knows in another case only.

    A note where the same list holds a usual value as well: it was written for other sources of events.
    """
    for pattern, atom in _patterns(program):
        spec = atom.field
        usual = spec.allowed or spec.expected
        if not usual or any(map(compile_patterns((pattern,)), usual)):
            continue
        assert isinstance(atom.test, Like)
        severity = Severity.NOTE if any(map(compile_patterns(atom.test.patterns), usual)) else Severity.WARNING
        written = _shown(program.text[pattern.span.start : pattern.span.end])
        close = next(iter(get_close_matches(pattern.text.lower(), usual, 1)), None)
        if not pattern.fold and close is not None and close == pattern.text.lower():
            yield WrongCase(value=written, usual=close, field=spec.name).at(pattern.span, severity=severity)
        elif spec.allowed:
            outside = ValueOutside(value=written, allowed=tuple(spec.allowed), close=close, field=spec.name)
            yield outside.at(pattern.span, severity=severity)


def unknown_fields(program: Program, schema: Schema) -> Iterator[Diagnostic]:
    """Fields that the schema does not know, each at its first place."""
    seen: set[str] = set()
    for leaf in _leaves(program):
        for spec in _fields(leaf):
            if spec.known or spec.multi_field_of is not None or spec.name in seen:
                continue
            seen.add(spec.name)
            inner = schema.first_below(spec.name)
            if inner is not None:
                yield ObjectField(field=spec.name, inner=inner).at(leaf.span)
                continue
            close = _closest(spec.name, schema)
            compared = isinstance(leaf, Predicate) and _compared_with(leaf.term) == spec
            severity = Severity.WARNING if compared or (close and _misspelt(spec.name, close)) else Severity.NOTE
            variant: Literal["unknown", "close", "compared"] = "compared" if compared else "close" if close else "unknown"
            unknown = UnknownField(variant=variant, field=spec.name, type=spec.type.name, close=close)
            yield unknown.at(leaf.span, severity=severity)


def tests_without_field(program: Program, schema: Schema) -> Iterator[Diagnostic]:
    """Values without a field that begin with the name of one: a test that lacks its colon."""
    seen: set[str] = set()
    for leaf in _leaves(program):
        written = " ".join(program.text[leaf.span.start : leaf.span.end].split())
        test = _TEST.fullmatch(written) if isinstance(leaf, Atom) and leaf.field == EVERYWHERE else None
        if test is None or written in seen or "." not in test["field"] or schema.lookup(test["field"]) is None:
            continue
        seen.add(written)
        meant = f"{'not ' if test['operator'] == '!=' else ''}{test['field']} : {_shown(test['value']) or '*'}"
        yield ValueWithoutField(value=_shown(written), meant=meant, field=test["field"]).at(leaf.span)


_TEST = re.compile(r"(?P<field>@?[\w.-]+)(?:\s*(?P<operator>==?|!=))?\s*(?P<value>.*)")


CHECKS: tuple[Check, ...] = (literal_wildcards, literal_quotes, values_outside, unknown_fields, tests_without_field)


def _formulas(program: Program) -> Iterator[Formula]:
    for step in (*program.steps, *((program.until,) if program.until is not None else ())):
        yield step.formula


def _leaves(program: Program) -> Iterator[Leaf]:
    for formula in _formulas(program):
        yield from leaves(formula)


def _patterns(program: Program) -> Iterator[tuple[Pattern, Atom]]:
    """Every pattern with the atom that it stands in; of places that were lowered twice, one."""
    seen: set[tuple[int, int]] = set()
    for leaf in _leaves(program):
        if isinstance(leaf, Atom) and isinstance(leaf.test, Like):
            for pattern in leaf.test.patterns:
                place = (pattern.span.start, pattern.span.end)
                if place[0] < place[1] and place not in seen:
                    seen.add(place)
                    yield pattern, leaf


def _fields(leaf: Leaf) -> list[FieldSpec]:
    return _term_specs(leaf.term) if isinstance(leaf, Predicate) else [leaf.field]


def _term_specs(term: Term) -> list[FieldSpec]:
    if isinstance(term, FieldTerm):
        return [term.field]
    return [spec for arg in getattr(term, "args", ()) for spec in _term_specs(arg)]


def _compared_with(term: Term) -> FieldSpec | None:
    """The field that another one is compared with."""
    match term:
        case Apply(_, (FieldTerm(), FieldTerm(spec))):
            return spec
    return None


def _closest(name: str, schema: Schema) -> str | None:
    """A known field of almost the same name: looked for among those around it and those that end as it does."""
    around, _, last = name.rpartition(".")
    near = [known for known in schema.names() if known.startswith(f"{around}.") or known.endswith(f".{last}")]
    close = get_close_matches(name, near, 1, 0.85)
    return close[0] if close else None


def _misspelt(name: str, known: str) -> bool:
    """Whether two names differ in some letters of their last part, and in nothing else."""
    around, _, last = name.rpartition(".")
    beside, _, meant = known.rpartition(".")
    return around == beside and bool(get_close_matches(last, [meant], 1, 0.75))


def _shown(written: str) -> str:
    text = " ".join(written.split())
    return text if len(text) <= 60 else f"{text[:35]} … {text[-20:]}"
