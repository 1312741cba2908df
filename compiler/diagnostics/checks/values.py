"""Checks of values and field names, on the compiled query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Literal

import orjson

from ...ir.formula import EVERYWHERE, Apply, Atom, FieldTerm, Formula, Leaf, Like, Predicate, Term, leaves
from ...ir.program import Program
from ...schema.fields import FieldSpec
from ...values.origin import Writing
from ...values.patterns import compile_patterns
from ...values.sets import Pattern
from ..diagnostic import Diagnostic, Severity
from ..notes import ObjectField, UnknownField
from ..slips import UnknownDataset, ValueUnexpected
from ..warnings import LiteralQuotes, LiteralWildcard, ValueOutside, ValueWithoutField, WrongCase
from .checked_query import CheckedQuery, shortened
from .field_names import nearest_dataset, nearest_name


def literal_wildcards(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Values with a `*` in comparisons without wildcards."""
    for pattern, atom in _patterns(query.program):
        if pattern.literal is None or "*" not in pattern.literal.removeprefix(_ANY_HOST) or pattern.writing in _DELIBERATE:
            continue
        written = query.written(pattern.span)
        entry = _ENTRY.search(written) if pattern.writing is Writing.OTHER else None
        comparison: Literal["folded", "exact", "quoted", "is", "matches"]
        if entry is not None:
            comparison, written = "matches" if entry["type"] == "wildcard" else "is", _value_of(written, pattern.text)
        elif pattern.writing is Writing.OPERAND:
            comparison = "folded" if pattern.fold else "exact"
        else:
            comparison = "quoted"
        yield LiteralWildcard(variant=comparison, value=shortened(written), field=atom.field.name).at(pattern.span)


_ENTRY = re.compile(r'^\{.*"type":"(?P<type>match|match_any|wildcard)"', re.DOTALL)
"""An entry of an exception item, as the text of a rule holds it."""


def _value_of(entry: str, text: str) -> str:
    """The value of an entry as the rule has it; that of an entry with several values, or within another, as it was compiled."""
    value = orjson.loads(entry).get("value")
    return value if isinstance(value, str) else text


_ANY_HOST = "\\\\*\\"
"""With which Windows itself begins the names of shares in its events: ``\\\\*\\IPC$``."""
_DELIBERATE = (Writing.BARE, Writing.ESCAPED)
"""A backslash before each wildcard says that it is part of the value."""


def literal_quotes(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Values between single quotes where only double ones are quotes."""
    for pattern, atom in _patterns(query.program):
        value = pattern.text
        if pattern.writing is Writing.BARE and len(value) > 2 and value[0] == value[-1] == "'":
            written = query.program.text[pattern.span.start : pattern.span.end]
            yield LiteralQuotes(value=shortened(written), field=atom.field.name).at(pattern.span)


def values_outside(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Values that the Elastic Common Schema does not allow or expect for their field, or knows in another case only.

    A note where the same list holds a usual value as well: it was written for other sources of events.
    """
    for pattern, atom in _patterns(query.program):
        spec = atom.field
        usual = spec.allowed or spec.expected
        if spec.name in query.schema.lower_case and not pattern.fold and pattern.text != pattern.text.lower():
            usual = (pattern.text.lower(),)
        if not usual or any(map(compile_patterns((pattern,)), usual)):
            continue
        assert isinstance(atom.test, Like)
        severity = Severity.NOTE if any(map(compile_patterns(atom.test.patterns), usual)) else Severity.WARNING
        written = query.shown(pattern.span)
        meant = next((value for value in usual if value.lower() == pattern.text.lower()), None)
        if meant is not None:
            if not pattern.fold:
                yield WrongCase(value=written, usual=meant, field=spec.name).at(pattern.span, severity=severity)
            continue
        other_name = _OTHER_NAMES.get(pattern.text.lower())
        close = other_name if other_name in usual else next(iter(get_close_matches(pattern.text.lower(), usual, 1)), None)
        if spec.allowed:
            outside = ValueOutside(value=written, allowed=spec.allowed, close=close, field=spec.name)
            yield outside.at(pattern.span, severity=severity)
        else:
            yield ValueUnexpected(value=written, expected=spec.expected, close=close, field=spec.name).at(pattern.span)


_OTHER_NAMES = {"darwin": "macos", "osx": "macos", "mac": "macos", "outgoing": "outbound", "incoming": "inbound"}
"""What other sources of events call an expected value."""


def unknown_datasets(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Names of data sets that differ from a known one in one letter."""
    for pattern, atom in _patterns(query.program):
        name = pattern.literal
        if atom.field.name not in ("event.dataset", "data_stream.dataset") or name is None or "." not in name:
            continue
        close = nearest_dataset(name, query.schema)
        if close is not None:
            yield UnknownDataset(value=query.shown(pattern.span), meant=close, field=atom.field.name).at(pattern.span)


def unknown_fields(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Fields that the schema does not know, each at its first place."""
    seen: set[str] = set()
    for leaf in _leaves(query.program):
        for spec in _fields(leaf):
            if spec.known or spec.multi_field_of is not None or spec.name in seen:
                continue
            seen.add(spec.name)
            inner = query.schema.first_below(spec.name)
            if inner is not None:
                yield ObjectField(field=spec.name, inner=inner).at(leaf.span)
                continue
            close = nearest_name(spec.name, query.schema)
            compared = isinstance(leaf, Predicate) and _compared_with(leaf.term) == spec
            severity = Severity.WARNING if compared or close else Severity.NOTE
            variant: Literal["unknown", "close", "compared"] = "compared" if compared else "close" if close else "unknown"
            unknown = UnknownField(variant=variant, field=spec.name, type=spec.type.name, close=close)
            yield unknown.at(leaf.span, severity=severity)


def tests_without_field(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Values without a field that begin with the name of one: a test that lacks its colon."""
    seen: set[str] = set()
    for leaf in _leaves(query.program):
        written = " ".join(query.program.text[leaf.span.start : leaf.span.end].split())
        test = _TEST.fullmatch(written) if isinstance(leaf, Atom) and leaf.field == EVERYWHERE else None
        if test is None or written in seen or "." not in test["field"] or query.schema.lookup(test["field"]) is None:
            continue
        seen.add(written)
        meant = f"{'not ' if test['operator'] == '!=' else ''}{test['field']} : {shortened(test['value']) or '*'}"
        yield ValueWithoutField(value=shortened(written), meant=meant, field=test["field"]).at(leaf.span)


_TEST = re.compile(r"(?P<field>@?[\w.-]+)(?:\s*(?P<operator>==?|!=))?\s*(?P<value>.*)")


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
