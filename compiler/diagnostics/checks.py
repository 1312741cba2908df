"""What is worth a word about a query although it compiles: found by reading it, without a solver.

Each finder is a function from a program and its schema to findings; ``FINDERS`` lists them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from ..ir.formula import EVERYWHERE, Apply, Atom, FieldTerm, Formula, Leaf, Like, Predicate, Term, leaves
from ..ir.program import Program
from ..schema.fields import FieldSpec, Schema
from ..values.origin import Writing
from ..values.patterns import compile_patterns
from ..values.sets import Pattern
from .diagnostic import Diagnostic, Severity

Finder = Callable[[Program, Schema], Iterator[Diagnostic]]


def read_findings(program: Program, schema: Schema) -> tuple[Diagnostic, ...]:
    """All that the finders have to say of a program, in the order of its text."""
    found = [finding for finder in FINDERS for finding in finder(program, schema)]
    return tuple(sorted(found, key=lambda finding: finding.spans[0]))


def literal_wildcards(program: Program, schema: Schema) -> Iterator[Diagnostic]:
    """Values that are compared as they are written, and hold a character that elsewhere is a wildcard."""
    for pattern, atom in _patterns(program):
        if pattern.literal is None or "*" not in pattern.literal.removeprefix(_ANY_HOST) or pattern.writing in _DELIBERATE:
            continue
        written = program.text[pattern.span.start : pattern.span.end]
        if pattern.writing is Writing.OPERAND:
            help = f"use `{':' if pattern.fold else 'like'}` if it is meant as a wildcard"
        else:
            help = "leave out the quotes if it is meant as a wildcard"
        message = f"the `*` in `{_shown(written)}` is an asterisk here, not a wildcard"
        yield Diagnostic("literal-wildcard", Severity.WARNING, message, (pattern.span,), atom.field.name, help=help)


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
            message = f"the single quotes of `{_shown(written)}` are part of the value"
            help = "use double quotes if the value is meant without them"
            yield Diagnostic("literal-quotes", Severity.WARNING, message, (pattern.span,), atom.field.name, help=help)


def values_outside(program: Program, schema: Schema) -> Iterator[Diagnostic]:
    """Values that the Elastic Common Schema does not allow for their field, or knows in another case only.

    No more than a note where the same list holds a usual value as well: it was written for other sources of events.
    """
    for pattern, atom in _patterns(program):
        spec = atom.field
        usual = spec.allowed or spec.expected
        if not usual or any(map(compile_patterns((pattern,)), usual)):
            continue
        assert isinstance(atom.test, Like)
        severity = Severity.NOTE if any(map(compile_patterns(atom.test.patterns), usual)) else Severity.WARNING
        written = _shown(program.text[pattern.span.start : pattern.span.end])
        same = get_close_matches(pattern.text.lower(), usual, 1)
        if not pattern.fold and same and same[0] == pattern.text.lower():
            message = f"`{written}` differs in case from `{same[0]}`, the value that `{spec.name}` has, and the comparison heeds case"
            yield Diagnostic("wrong-case", severity, message, (pattern.span,), spec.name, help=f"write `{same[0]}`")
        elif spec.allowed:
            message = f"`{written}` is not among the values that the Elastic Common Schema allows for `{spec.name}`"
            notes = (f"allowed are {', '.join(f'`{value}`' for value in spec.allowed)}",)
            help = f"did you mean `{same[0]}`?" if same else None
            yield Diagnostic("value-outside", severity, message, (pattern.span,), spec.name, notes, help)


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
                message = f"the schema has `{spec.name}` as an object, which holds no value of its own"
                help = f"name one of its fields, such as `{inner}`"
                yield Diagnostic("unknown-field", Severity.WARNING, message, (leaf.span,), spec.name, help=help)
                continue
            close = _closest(spec.name, schema)
            message = f"the schema does not know `{spec.name}`: it is taken to be of type {spec.type.name}"
            help = f"did you mean `{close}`?" if close else "give its type with a schema of your own"
            severity = Severity.WARNING if close and _misspelt(spec.name, close) else Severity.NOTE
            if isinstance(leaf, Predicate) and _compared_with(leaf.term) == spec:
                severity, help = Severity.WARNING, f'write `"{spec.name}"` if it is a value; without quotes it is the name of a field'
            yield Diagnostic("unknown-field", severity, message, (leaf.span,), spec.name, help=help)


def tests_without_field(program: Program, schema: Schema) -> Iterator[Diagnostic]:
    """Values without a field that begin with the name of one: a test that lacks its colon."""
    seen: set[str] = set()
    for leaf in _leaves(program):
        written = " ".join(program.text[leaf.span.start : leaf.span.end].split())
        found = _TEST.fullmatch(written) if isinstance(leaf, Atom) and leaf.field == EVERYWHERE else None
        if found is None or written in seen or "." not in found["field"] or schema.lookup(found["field"]) is None:
            continue
        seen.add(written)
        meant = f"{'not ' if found['operator'] == '!=' else ''}{found['field']} : {_shown(found['value']) or '*'}"
        message = f"`{_shown(written)}` is a value without a field: its words are looked for in all fields"
        yield Diagnostic(
            "test-without-field", Severity.WARNING, message, (leaf.span,), found["field"], help=f"write `{meant}` to test the field"
        )


_TEST = re.compile(r"(?P<field>@?[\w.-]+)(?:\s*(?P<operator>==?|!=))?\s*(?P<value>.*)")


FINDERS: tuple[Finder, ...] = (literal_wildcards, literal_quotes, values_outside, unknown_fields, tests_without_field)


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
