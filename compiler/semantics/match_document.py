"""What a formula means: evaluation on a document.

A matcher is a formula compiled to Python closures. Two readings exist (``Reading``): Elasticsearch's,
which decides, and a strict one that generated documents satisfy as well wherever they can, so that they
also trigger in engines in which a comparison with a missing field is neither true nor false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from itertools import product
from typing import Any

from ..ir.formula import (
    EVERYWHERE,
    And,
    AnyOtherField,
    Apply,
    Atom,
    Constant,
    DualReading,
    Exists,
    FieldTerm,
    Formula,
    LengthIn,
    Lexical,
    Like,
    Matches,
    NestedMatch,
    Not,
    Or,
    PhraseMatch,
    Predicate,
    Term,
    Test,
    Truth,
    Within,
    fields_of,
)
from ..schema.field_types import KEYWORD
from ..schema.fields import FieldSpec
from ..values.functions import Value, utf16_length
from ..values.functions import evaluate as evaluate_function
from ..values.kinds import json_text, number_reader, value_reader
from ..values.literals import LiteralError, version_key
from ..values.patterns import compile_patterns
from ..values.regexp import acceptor
from ..values.sets import Interval, Phrase
from ..values.text_analysis import analyzer_of
from .document import Flat, flatten, objects

Judge = Callable[[Flat], bool | None]
"""A compiled formula: true, false, or None for undefined (in the strict reading only)."""


class Reading(Enum):
    """How a condition on a missing field reads: false, or undefined."""

    ELASTICSEARCH = "elasticsearch"
    STRICT = "strict"


def matches(formula: Formula, document: Mapping[str, Any], reading: Reading = Reading.ELASTICSEARCH) -> bool:
    """Whether a document, as nested JSON, satisfies a formula."""
    return compile_formula(formula, reading)(flatten(document)) is True


def compile_formula(formula: Formula, reading: Reading) -> Judge:
    """A function from a flattened document to the formula's truth on it."""
    match formula:
        case Truth(value):
            return lambda flat: value
        case Exists(spec):
            return _presence(spec)
        case Atom(spec, test):
            return _atom(spec, test, reading)
        case Predicate(term):
            undefined = None if reading is Reading.STRICT else False
            evaluate = _compile_values(term)
            return lambda flat: True in (values := evaluate(flat)) or (undefined if None in values else False)
        case DualReading(decisive, literal):
            if reading is Reading.ELASTICSEARCH:
                return compile_formula(decisive, reading)
            # A negation must hold in both readings too: where they differ, neither true nor false is safe.
            both = [compile_formula(decisive, reading), compile_formula(literal, reading)]
            return lambda flat: first if (first := both[0](flat)) == both[1](flat) else None
        case Not(arg):
            inner = compile_formula(arg, reading)
            return lambda flat: None if (value := inner(flat)) is None else not value
        case And(args):
            return _connective([compile_formula(arg, reading) for arg in sorted(args, key=_effort)], decides=False)
        case Or(args):
            return _connective([compile_formula(arg, reading) for arg in sorted(args, key=_effort)], decides=True)


def _effort(formula: Formula) -> int:
    """About how long it takes to evaluate a formula: of several arguments the quick ones come first, for one can decide."""
    match formula:
        case Truth() | Exists():
            return 1
        case Atom(_, Like(patterns)):
            return 2 if all(pattern.literal is not None for pattern in patterns) else 4 + 2 * len(patterns)
        case Atom(_, Within() | LengthIn()):
            return 8
        case And(args) | Or(args):
            return sum(map(_effort, args))
        case Not(arg):
            return _effort(arg) + 1
        case DualReading(decisive):
            return _effort(decisive)
    return 32


def _presence(spec: FieldSpec) -> Judge:
    """A field that holds fields is present when any of them is."""
    name = spec.stored
    if spec.kind.traits.container or not spec.known:
        below = name + "."
        return lambda flat: name in flat or any(other.startswith(below) for other in flat)
    return lambda flat: name in flat


def _connective(judges: list[Judge], *, decides: bool) -> Judge:
    """Kleene's and / or: one deciding argument decides, else one undefined argument leaves it undefined."""

    def judge(flat: Flat) -> bool | None:
        outcome: bool | None = not decides
        for one in judges:
            value = one(flat)
            if value is decides:
                return decides
            if value is None:
                outcome = None
        return outcome

    return judge


def _atom(spec: FieldSpec, test: Test, reading: Reading) -> Judge:
    name = spec.stored
    undefined = None if reading is Reading.STRICT else False
    if isinstance(test, AnyOtherField):
        return _elsewhere(test)
    if isinstance(test, NestedMatch):
        inner = compile_formula(test.formula, reading)
        around = _around(name, test.formula)
        return _inside(name, inner, around, undefined) if spec.kind.traits.nested else _one_value(name, inner, around, undefined)
    passes = compile_test(spec, test)
    if spec.type.name == "flattened":
        return _flattened(name, passes, undefined)

    def judge(flat: Flat) -> bool | None:
        values = flat.get(name)
        if values is None:
            return undefined
        if len(values) == 1:
            return passes(values[0])
        return any(map(passes, values))

    return judge


def _around(path: str, formula: Formula) -> list[str]:
    """The fields of a formula that lie outside the objects, or values, at a path."""
    return [spec.stored for spec in fields_of(formula).values() if spec.stored != path and not spec.stored.startswith(f"{path}.")]


def _inside(path: str, inner: Judge, around: list[str], undefined: bool | None) -> Judge:
    """Some object at the path satisfies a formula: true if one does, else undefined if one leaves it open or there is none."""

    def judge(flat: Flat) -> bool | None:
        found = objects(flat, path)
        if around:
            outer = {name: flat[name] for name in around if name in flat}
            for each in found:
                each.update(outer)
        return _some([inner(each) for each in found], undefined)

    return judge


def _one_value(name: str, inner: Judge, around: list[str], undefined: bool | None) -> Judge:
    """Some value of the field satisfies a formula in which the field has that value only."""

    def judge(flat: Flat) -> bool | None:
        outer = {other: flat[other] for other in around if other in flat}
        return _some([inner({**outer, name: [value]}) for value in flat.get(name, ())], undefined)

    return judge


def _some(outcomes: list[bool | None], undefined: bool | None) -> bool | None:
    return True if True in outcomes else undefined if not outcomes or None in outcomes else False


def _elsewhere(test: AnyOtherField) -> Judge:
    judges = {kind: compile_formula(template, Reading.ELASTICSEARCH) for kind, template in test.templates}

    def judge(flat: Flat) -> bool | None:
        for name, values in flat.items():
            if name in test.besides:
                continue
            spec = test.schema.lookup(name)
            one = judges.get(KEYWORD.kind if spec is None else spec.kind)
            if one is not None and (spec is None or spec.nested_path is None) and one({EVERYWHERE.name: values}):
                return True
        return False

    return judge


def _flattened(name: str, passes: Callable[[Any], bool], undefined: bool | None) -> Judge:
    """A flattened field has the values of all keys below it."""
    below = name + "."

    def judge(flat: Flat) -> bool | None:
        values = [value for other, found in flat.items() if other.startswith(below) for value in found]
        return any(map(passes, values)) if values else undefined

    return judge


def compile_test(spec: FieldSpec, test: Test) -> Callable[[Any], bool]:
    """A function that tells whether one JSON value passes a test, as the field's type reads that value."""
    match test:
        case Like(patterns):
            return _on_strings(compile_patterns(patterns))
        case Matches(regexps):
            acceptors = [acceptor(regexp.node) for regexp in regexps]
            return _on_strings(lambda text: any(accepts(text) for accepts in acceptors))
        case Lexical():
            return _on_strings(_between(spec, test))
        case LengthIn(interval):
            return _on_strings(lambda text: interval.contains(utf16_length(text)))
        case PhraseMatch(phrases):
            return _on_strings(_words(phrases, analyzer_of(spec.analyzer).words))
        case Within(intervals):
            return _within(spec, intervals)
        case AnyOtherField():
            return lambda value: False
        case NestedMatch(formula):
            inner, path = compile_formula(formula, Reading.ELASTICSEARCH), spec.stored
            if not spec.kind.traits.nested:
                return lambda value: inner({path: [value]}) is True
            return lambda value: isinstance(value, Mapping) and inner(flatten(value, path)) is True


def _between(spec: FieldSpec, test: Lexical) -> Callable[[str], bool]:
    key: Callable[[str], Any] = version_key if spec.kind.traits.precedence else str
    low, high = (None if bound is None else key(bound) for bound in (test.low, test.high))
    words = analyzer_of(spec.analyzer).words

    def passes(text: str) -> bool:
        at = key(text)
        return (low is None or at > low or (at == low and not test.low_open)) and (
            high is None or at < high or (at == high and not test.high_open)
        )

    return (lambda text: any(map(passes, _words_of(words, text)))) if test.words else passes


def _on_strings(test: Callable[[str], bool]) -> Callable[[Any], bool]:
    def passes(value: Any) -> bool:
        if type(value) is str:
            return test(value)
        if isinstance(value, Mapping):
            return any(map(passes, value.values()))
        return test(json_text(value))

    return passes


def _within(spec: FieldSpec, intervals: tuple[Interval, ...]) -> Callable[[Any], bool]:
    read = number_reader(spec)

    def passes(value: Any) -> bool:
        try:
            number = read(value)
        except LiteralError:
            return False
        return any(interval.contains(number) for interval in intervals)

    return passes


def _words(phrases: tuple[Phrase, ...], analyze: Callable[[str], list[str]]) -> Callable[[str], bool]:
    compiled = [[compile_patterns((pattern,)) for pattern in phrase.tokens] for phrase in phrases]

    def passes(text: str) -> bool:
        words = _words_of(analyze, text)
        return any(_holds_phrase(words, phrase) for phrase in compiled)

    return passes


@lru_cache(maxsize=64)
def _words_of(analyze: Callable[[str], list[str]], text: str) -> tuple[str, ...]:
    # Kept for a while: many conditions ask for the words of one text.
    return tuple(analyze(text))


def _holds_phrase(words: tuple[str, ...], phrase: list[Callable[[str], bool]]) -> bool:
    starts = range(len(words) - len(phrase) + 1)
    return any(all(fits(words[start + at]) for at, fits in enumerate(phrase)) for start in starts)


def compile_term(term: Term) -> Callable[[Flat], Value]:
    """A function from a flattened document to a term's value; a missing field is null."""
    match term:
        case Constant(value):
            return lambda flat: value
        case FieldTerm(spec):
            name, read = spec.stored, value_reader(spec)
            return lambda flat: read(flat[name][0]) if name in flat else None
        case Apply(function, args, fold):
            evaluators = [compile_term(arg) for arg in args]
            return lambda flat: evaluate_function(function, tuple(one(flat) for one in evaluators), fold)


def _compile_values(term: Term) -> Callable[[Flat], list[Value]]:
    """A function from a flattened document to all values of a term.

    Where a field holds several values, Elasticsearch's scripts try them all, for each place that names the field on its own.
    """
    match term:
        case Constant(value):
            return lambda flat: [value]
        case FieldTerm(spec):
            name, read = spec.stored, value_reader(spec)
            return lambda flat: [read(value) for value in flat[name]] if name in flat else [None]
        case Apply(function, args, fold):
            evaluators = [_compile_values(arg) for arg in args]
            return lambda flat: [evaluate_function(function, values, fold) for values in product(*(each(flat) for each in evaluators))]
