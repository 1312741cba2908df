"""Lowering of Sigma searches and conditions to formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from ...compiler.ir.formula import (
    EVERYWHERE,
    AnyOtherField,
    Apply,
    Atom,
    DualReading,
    Exists,
    FieldTerm,
    Formula,
    Like,
    Matches,
    Not,
    Predicate,
    Truth,
    Within,
    conjunction,
    denial,
    disjunction,
    entries,
    with_entries,
)
from ...compiler.schema.field_types import KEYWORD
from ...compiler.schema.fields import FieldSpec, Schema
from ...compiler.values.kinds import json_text, values_of
from ...compiler.values.literals import LiteralError, parse_address_block
from ...compiler.values.origin import Writing
from ...compiler.values.patterns import make_pattern
from ...compiler.values.pcre import search_regexp
from ...compiler.values.pcre_parser import PcreError
from ...compiler.values.regexp_parser import Regexp
from ...compiler.values.sets import Interval, Pattern, Wild
from ...grammar.sigma.tree import And, Condition, Identifier, Or, Quantified
from ...grammar.sigma.tree import Not as NotCondition
from ...grammar.span import Span
from .address_blocks import block_regexp, network_of
from .detection import Group, Search, Test
from .strings import Tokens, literal_of
from .values import Absent, Block, Boolean, Faults, FieldReference, Number, Present, Regex, Strings, TimePart, Value

_MOST_COMBINATIONS = 2000
"""Combinations of searches that ``N of`` stands for."""
_TIME_PARTS = {"year": ("", 4), "month": ("[0-9]{4}-", 2), "day": ("[0-9]{4}-[0-9]{2}-", 2), "hour": (".{11}", 2), "minute": (".{14}", 2)}
"""By part of a date as ISO 8601 writes it: what precedes it, and its digits."""


@dataclass(slots=True)
class Lowered:
    """What one run of lowering knows.

    Attributes:
        faults: raises errors, and moves places of the file to the text that spans point into.
        specs: the fields, by name.
        free_text: the field in which documents hold what is looked for in any field.
        schema: the kinds of all fields.
    """

    faults: Faults
    specs: Mapping[str, FieldSpec]
    free_text: FieldSpec
    schema: Schema
    formulas: dict[str, Formula] = field(default_factory=dict)


# -- searches ------------------------------------------------------------------------------------


def search_formula(search: Test | Group, run: Lowered) -> Formula:
    """The events that a search finds."""
    if isinstance(search, Test):
        return _test(search, run)
    span = run.faults.at(search.span)
    args = tuple(search_formula(arg, run) for arg in search.args)
    return conjunction(args, span) if search.kind == "all" else disjunction(args, span)


def _test(test: Test, run: Lowered) -> Formula:
    span = run.faults.at(test.span)
    if test.field is None:
        found = [_anywhere(value, run, span if len(test.values) == 1 else run.faults.at(value.span)) for value in test.values]
    else:
        spec = run.specs[test.field]
        found = [_value(value, spec, run, span) for value in test.values]
    formula = _every(found, run, span, test) if test.every else _some(found, span, test, run)
    return denial(formula, span) if test.negated else formula


def _every(found: Sequence[Formula], run: Lowered, span: Span, test: Test) -> Formula:
    if len(found) == 1:
        return found[0]
    placed = [_at(formula, run.faults.at(value.span)) for formula, value in zip(found, test.values, strict=True)]
    return conjunction(tuple(placed), span)


def _some(found: Sequence[Formula], span: Span, test: Test, run: Lowered) -> Formula:
    """One of the values: those of one kind are one condition with a list."""
    if len(found) == 1:
        return found[0]
    lists: dict[type, list[Atom]] = {}
    others: list[Formula] = []
    for formula, value in zip(found, test.values, strict=True):
        if isinstance(formula, Atom) and entries(formula.test):
            lists.setdefault(type(formula.test), []).append(formula)
        else:
            others.append(_at(formula, run.faults.at(value.span)))
    whole = not others and len(lists) == 1
    merged = [_merged(atoms, span, whole) for atoms in lists.values()]
    return disjunction((*merged, *others), span)


def _merged(atoms: Sequence[Atom], span: Span, whole: bool) -> Formula:
    listed = tuple(entry for atom in atoms for entry in entries(atom.test))
    if not whole:
        span = Span(min(entry.span.start for entry in listed), max(entry.span.end for entry in listed))
    return Atom(atoms[0].field, with_entries(atoms[0].test, listed), span)


def _at(formula: Formula, span: Span) -> Formula:
    """The condition on one of several values, which stands where the value does."""
    match formula:
        case Atom() | Exists() | Predicate() | Truth():
            return replace(formula, span=span)
        case Not(arg):
            return Not(_at(arg, span), span)
    return formula


# -- values --------------------------------------------------------------------------------------


def _value(value: Value, spec: FieldSpec, run: Lowered, span: Span) -> Formula:
    at = run.faults.at(value.span)
    match value:
        case Absent():
            return denial(Exists(spec, span), span)
        case Present():
            return Exists(spec, span)
        case Regex():
            if spec.kind.traits.ordered:
                run.faults.invalid(f"a regular expression cannot match `{spec.name}`, which is of type {spec.type.name}", value.span)
            return Atom(spec, Matches((_regexp(value, run),)), span)
        case FieldReference():
            return _reference(value, spec, run, span)
        case TimePart(part, number):
            before, digits = _TIME_PARTS[part]
            regexp = search_regexp(f"^{before}{number:0{digits}d}(?![0-9])", span=at)
            return Atom(spec, Matches((regexp,)), span)
        case Block(text):
            return _block(text, spec, run, span, at)
        case Number(number, _, operator):
            return _number(number, operator, spec, run, span, at, value)
        case Boolean(truth):
            if spec.type.name == "boolean":
                return Atom(spec, Within((Interval(int(truth), int(truth), span=at),)), span)
            return Atom(spec, Like((make_pattern((json_text(truth),), True, at),)), span)
        case Strings():
            return _strings(value, spec, run, span, at)


def _strings(value: Strings, spec: FieldSpec, run: Lowered, span: Span, at: Span) -> Formula:
    if spec.kind.traits.ordered:
        return Atom(spec, Within(tuple(_interval(text, spec, value, run) for text in value.texts)), span)
    patterns = _patterns(value, at)
    if any(pattern.tokens == (Wild.RUN,) for pattern in patterns):
        return Exists(spec, span)
    return Atom(spec, Like(patterns), span)


def _interval(text: Tokens, spec: FieldSpec, value: Strings, run: Lowered) -> Interval:
    """The values of a field of numbers, dates or addresses that a text stands for."""
    literal = literal_of(text)
    try:
        if literal is not None:
            return replace(values_of(spec).parse(literal, 0), span=run.faults.at(value.span))
    except LiteralError:
        pass
    written = "".join(token.value if isinstance(token, Wild) else token for token in text)
    message = f"`{written}` is not a value of `{spec.name}`, which is of type {spec.type.name}"
    run.faults.invalid(message, value.span, f"write {values_of(spec).literal}, or correct the type")


def _patterns(value: Strings, at: Span) -> tuple[Pattern, ...]:
    return tuple(make_pattern(text, not value.cased, at, Writing.ESCAPED) for text in value.texts)


def _regexp(value: Regex, run: Lowered) -> Regexp:
    try:
        return search_regexp(value.text, value.flags, run.faults.at(value.span))
    except PcreError as error:
        if error.construct:
            run.faults.unsupported(error.construct, value.span, "no regular expression of Lucene says the same")
        run.faults.invalid(f"not a regular expression: {error.message}", value.span, f"see character {error.offset + 1}")


def _reference(value: FieldReference, spec: FieldSpec, run: Lowered, span: Span) -> Formula:
    other = run.specs[value.name]
    terms = (FieldTerm(spec, span), FieldTerm(other, run.faults.at(value.span)))
    return Predicate(Apply(value.function, terms, fold=not value.cased, span=span), span)


def _block(text: str, spec: FieldSpec, run: Lowered, span: Span, at: Span) -> Formula:
    network = network_of(text)
    if network is None:
        run.faults.invalid(f"`{text}` is not a block of addresses", _unmoved(at, run), "write it as `10.0.0.0/8`")
    if spec.type.name == "ip":
        return Atom(spec, Within((replace(parse_address_block(str(network)), span=at),)), span)
    regexp = block_regexp(network, at)
    if regexp is None:
        why = f"`{spec.name}` is compared with texts as well, and texts write an address in many ways"
        run.faults.unsupported("a block of IPv6 addresses", _unmoved(at, run), why)
    return Atom(spec, Matches((regexp,)), span)


def _unmoved(span: Span, run: Lowered) -> Span:
    return Span(span.start - run.faults.shift, span.end - run.faults.shift)


_ENDS = {"<": (False, True), "<=": (False, False), ">": (True, True), ">=": (True, False)}
"""By operator, whether the number is the lower end, and whether it is open."""


def _number(number: int | float, operator: str, spec: FieldSpec, run: Lowered, span: Span, at: Span, value: Value) -> Formula:
    if operator == "==":
        if spec.kind.traits.ordered and not spec.kind.traits.numeric:
            return Atom(spec, Within((_interval((json_text(number),), spec, Strings(((json_text(number),),), value.span), run),)), span)
        if not spec.kind.traits.numeric:
            return Atom(spec, Like((make_pattern((json_text(number),), True, at),)), span)
        return Atom(spec, Within((Interval(number, number, span=at),)), span)
    if not spec.kind.traits.numeric:
        why = f"`{spec.name}` is compared with texts as well"
        run.faults.unsupported(f"a comparison with `{operator}`", value.span, why)
    lower, is_open = _ENDS[operator]
    bound = Interval(number, None, is_open, False, at) if lower else Interval(None, number, False, is_open, at)
    return Atom(spec, Within((bound,)), span)


# -- keywords ------------------------------------------------------------------------------------


def _anywhere(value: Value, run: Lowered, span: Span) -> Formula:
    """A value that any field may have: a text that it holds."""

    def build(spec: FieldSpec) -> Formula:
        return Atom(spec, test, span)

    at = run.faults.at(value.span)
    match value:
        case Strings(texts, _, cased):
            around = tuple(make_pattern((Wild.RUN, *text, Wild.RUN), not cased, at, Writing.ESCAPED) for text in texts)
            test: Like | Matches = Like(around)
        case Number(number, _, "=="):
            test = Like((make_pattern((Wild.RUN, json_text(number), Wild.RUN), True, at),))
        case Regex():
            test = Matches((_regexp(value, run),))
        case _:
            run.faults.invalid("this value needs a field", value.span, "write it under the name of a field")
    own = [run.free_text, *(spec for spec in run.specs.values() if spec.kind is KEYWORD.kind and spec.name != run.free_text.name)]
    formulas = [build(spec) for spec in own]
    others = AnyOtherField(((KEYWORD.kind, build(EVERYWHERE)),), frozenset(spec.stored for spec in own), run.schema)
    return DualReading(disjunction((*formulas, Atom(EVERYWHERE, others, span)), span), formulas[0], span)


# -- conditions ----------------------------------------------------------------------------------


def condition_formula(condition: Condition, searches: Mapping[str, Search], run: Lowered, start: int) -> Formula:
    """The events that a condition describes.

    Args:
        condition: the condition.
        searches: the searches by name.
        run: the run of lowering.
        start: where the condition begins in the file.

    Raises:
        InvalidQueryError: it names a search that is not there.
    """

    def place(span: Span) -> Span:
        return run.faults.at(Span(span.start + start, span.end + start))

    def formula(node: Condition) -> Formula:
        match node:
            case And(args, span):
                return conjunction(tuple(map(formula, args)), place(span))
            case Or(args, span):
                return disjunction(tuple(map(formula, args)), place(span))
            case NotCondition(arg, span):
                return Not(formula(arg), place(span))
            case Identifier():
                return disjunction(tuple(search(name) for name in named(node)), place(node.span))
            case Quantified(count, name, span):
                found = tuple(search(each) for each in named(name))
                if count is None:
                    return conjunction(found, place(span))
                return _at_least(count, found, place(span), Span(span.start + start, span.end + start), run)

    def search(name: str) -> Formula:
        if name not in run.formulas:
            run.formulas[name] = search_formula(searches[name].group, run)
        return run.formulas[name]

    def named(identifier: Identifier) -> list[str]:
        found = names_of(identifier, searches)
        if not found:
            span = Span(identifier.span.start + start, identifier.span.end + start)
            what = "no search is called" if "*" not in identifier.name else "no search has a name like"
            run.faults.invalid(f"{what} `{identifier.name}`", span, "name a search of this detection")
        return found

    return formula(condition)


def names_of(identifier: Identifier, searches: Mapping[str, Search]) -> list[str]:
    """The searches that an identifier stands for: `them` for all whose name does not begin with `_`, `*` for any characters."""
    if identifier.name in searches:
        return [identifier.name]
    if identifier.name == "them":
        return [name for name in searches if not name.startswith("_")]
    pieces = identifier.name.split("*")
    return [name for name in searches if len(pieces) > 1 and _fits(name, pieces)]


def _fits(name: str, pieces: Sequence[str]) -> bool:
    first, *between, last = pieces
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for piece in between:
        at = name.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _at_least(count: int, found: tuple[Formula, ...], span: Span, written: Span, run: Lowered) -> Formula:
    if count > len(found):
        run.faults.invalid(f"{count} searches are wanted, and there are {len(found)}", written)
    if count == 1:
        return disjunction(found, span)
    ways = list(combinations(found, count)) if len(found) <= 20 else []
    if not ways or len(ways) > _MOST_COMBINATIONS:
        run.faults.unsupported(f"{count} of {len(found)} searches", written, f"the limit is {_MOST_COMBINATIONS} combinations")
    return disjunction(tuple(conjunction(way, span) for way in ways), span)
