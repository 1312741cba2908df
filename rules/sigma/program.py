"""Sigma rules to programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...compiler.ir.formula import Atom, DualReading, Exists, Formula, Like, Not, Within, conjunction, disjunction
from ...compiler.ir.program import Program, ShapeKind, Step
from ...compiler.schema.field_types import KEYWORD, WILDCARD, FieldType
from ...compiler.schema.fields import FieldSpec, Schema
from ...compiler.values.kinds import json_text
from ...compiler.values.patterns import make_pattern
from ...compiler.values.sets import Interval
from ...grammar.sigma.parser import parse
from ...grammar.sigma.tree import Condition
from ...grammar.span import Span
from ...grammar.syntax_error import QuerySyntaxError
from ..reading.yaml_nodes import Entry, Items, Map, Node, Scalar
from .detection import Search, Test, renamed, searches_of, tests_of
from .document import SigmaDocument, SigmaRule
from .field_types import types_of
from .log_sources import Implied, LogSource, facts_of, field_of
from .lower import Lowered, condition_formula, search_formula
from .pipelines import RefusedError, processed
from .values import Faults, FieldReference, Placeholders

_FREE_TEXT = {"windows": "Message"}
"""By product, the field that holds the text of an event; `message` elsewhere."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """A condition of a rule.

    Attributes:
        tree: its syntax tree.
        start: where its text begins in the file.
    """

    tree: Condition
    start: int


@dataclass(frozen=True, slots=True)
class ReadDetection:
    """The parts of a rule or a filter.

    Attributes:
        searches: its searches by name.
        conditions: its conditions: any of them is enough.
        added: searches that pipelines add, all of which hold.
    """

    searches: Mapping[str, Search]
    conditions: tuple[Conditions, ...]
    added: tuple[Search, ...] = ()

    def tests(self) -> list[Test]:
        """All tests, used or not."""
        return [test for search in (*self.searches.values(), *self.added) for test in tests_of(search.group)]


@dataclass(frozen=True, slots=True)
class Detected:
    """The formula of one rule.

    Attributes:
        formula: what an event satisfies.
        schema: the fields.
        assumed: the places of conditions that the log source implies.
        parts: what the formula was made from: the rule, then its filters.
    """

    formula: Formula
    schema: Schema
    assumed: tuple[Span, ...]
    parts: tuple[ReadDetection, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a detection is lowered with.

    Attributes:
        faults: by the start of a document's body, or of a log source, what moves its places.
        placeholders: values of placeholders.
        schema: types that the user states; the other fields are those of the log source.
        types: types that other rules of a correlation want.
        mapped: whether pipelines map fields to those of the schema, so that the log source says nothing about them.
    """

    faults: Mapping[int, Faults]
    placeholders: Placeholders
    schema: Schema
    types: Mapping[str, FieldType] = field(default_factory=dict)
    mapped: bool = False


def read_rule(rule: SigmaRule, around: Surroundings) -> tuple[ReadDetection, ...]:
    """The detection of a rule, and of each of its filters.

    Raises:
        QuerySyntaxError: a condition is not one.
        InvalidQueryError, UnsupportedQueryError: the detection means nothing, or cannot be compiled.
    """
    documents = (rule.document, *rule.filters)
    return tuple(
        processed_detection(read_detection(each, rule.text, around.faults[each.body.span.start], around.placeholders), each, rule, around)
        for each in documents
    )


def processed_detection(part: ReadDetection, document: SigmaDocument, rule: SigmaRule, around: Surroundings) -> ReadDetection:
    """A detection after the rule's pipelines."""
    if not rule.pipelines:
        return part
    faults = around.faults[document.source.span.start]
    try:
        found = processed(document, rule.pipelines)
    except RefusedError as error:
        faults.unsupported("the rule with these pipelines", document.source.span, str(error))
    searches = {name: replace(search, group=renamed(search.group, found.names)) for name, search in part.searches.items()}
    added = tuple(search for node in found.added for search in searches_of(_as_search(node), faults, around.placeholders).values())
    return replace(part, searches=searches, added=added)


def _as_search(node: Map) -> Map:
    return Map((Entry(Scalar("pipeline", "pipeline", node.span), node),), node.span)


def detected(rule: SigmaRule, parts: tuple[ReadDetection, ...], around: Surroundings) -> Detected:
    """The events that a rule with a detection describes.

    Args:
        rule: the rule.
        parts: its detection and those of its filters, as read.
        around: what they are lowered with.

    Raises:
        InvalidQueryError, UnsupportedQueryError: the detection means nothing, or cannot be compiled.
    """
    source, faults = rule.document.source, around.faults
    documents = (rule.document, *rule.filters)
    source_faults = faults[source.span.start]
    tests = [test for part in parts for test in part.tests()]
    specs = fields_of_source(source, tests, around)
    implied = () if around.mapped else facts_of(source).implied
    guard_specs = {name: specs.get(name) or field_of(source, name) for each in implied for name in each}
    free_text = specs.get(name := "message" if around.mapped else _FREE_TEXT.get(source.product, "message")) or field_of(
        source, name, KEYWORD
    )
    own = Schema(({**guard_specs, **specs, free_text.name: free_text}, *(around.schema.layers if around.mapped else ())))
    formulas: list[Formula] = []
    for document, part in zip(documents, parts, strict=True):
        run = Lowered(faults[document.body.span.start], specs, free_text, own)
        found = tuple(condition_formula(each.tree, part.searches, run, each.start) for each in part.conditions)
        formulas.append(disjunction(found, run.faults.at(document.body.span)))
        added = Lowered(faults[document.source.span.start], specs, free_text, own)
        formulas += (search_formula(search.group, added) for search in part.added)
    guard = _guard(implied, guard_specs, frozenset(specs), source_faults.at(source.span))
    body = conjunction(tuple(formulas), faults[rule.document.body.span.start].at(rule.document.body.span))
    if guard is None:
        return Detected(body, own, (), parts)
    return Detected(conjunction((guard, body), body.span), own, (source_faults.at(source.span),), parts)


def fields_of_source(source: LogSource, tests: Sequence[Test], around: Surroundings) -> dict[str, FieldSpec]:
    """The fields that tests name: as the user states them, else as the log source has them."""
    types = {**types_of(tests), **around.types}
    names: Iterable[str | None] = [
        name for test in tests for name in (test.field, *(value.name for value in test.values if isinstance(value, FieldReference)))
    ]
    found = (name for name in names if name is not None)
    return {name: _stated(name, around.schema) or field_of(source, name, types.get(name)) for name in found}


def _stated(name: str, schema: Schema) -> FieldSpec | None:
    """A field as the schema has it: of an analysed text, the whole text, which Sigma compares with.

    A multi-field has as many values as its field, even where the schema that defines it does not say.
    """
    spec = schema.lookup(name)
    if spec is None:
        return None
    if spec.kind.traits.analysed:
        spec = replace(spec, type=WILDCARD)
    parent = None if spec.multi_field_of is None else schema.lookup(spec.multi_field_of)
    return spec if parent is None or not parent.array_stated else replace(spec, array=parent.array, array_stated=True)


def read_detection(document: SigmaDocument, text: str, faults: Faults, placeholders: Placeholders) -> ReadDetection:
    """The searches and conditions of a rule or a filter."""
    body = document.body
    if document.kind == "filter":
        body = Map(tuple(entry for entry in body.entries if entry.key.text != "rules"), body.span)
    found = searches_of(body, faults, placeholders)
    entry = body.entry("condition")
    if entry is None:
        faults.invalid("the detection has no `condition`", body.span, "name the searches that have to hold")
    nodes: Sequence[Node] = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
    return ReadDetection(found, tuple(_condition(node, entry, text, faults) for node in nodes))


def _condition(node: Node, entry: Entry, text: str, faults: Faults) -> Conditions:
    if not isinstance(node, Scalar) or node.value is None:
        faults.invalid("the condition is not a string", entry.span)
    start, written = _written(node, text)
    try:
        return Conditions(parse(written), start)
    except QuerySyntaxError as error:
        place = faults.at(Span(error.span.start + start, error.span.end + start))
        raise QuerySyntaxError(error.message, place, faults.text, error.language, error.expected, error.hint) from None


def _written(node: Scalar, text: str) -> tuple[int, str]:
    """Where the text of a condition begins, and the text as the file has it: line breaks are as good as blanks."""
    start, end = node.span.start, node.span.end
    if node.style in ("'", '"'):
        start, end = start + 1, end - 1
    elif node.style:
        start = text.find("\n", start, end) + 1 or end
    written = text[start:end]
    return (start, written) if written.split() == node.text.split() else (start, node.text)


def _guard(implied: Sequence[Implied], specs: Mapping[str, FieldSpec], named: frozenset[str], span: Span) -> Formula | None:
    """What the log source implies.

    An event need not have the fields that the rule does not name: logs are often kept without them. Documents have them.
    """
    if not implied:
        return None

    def values(name: str, listed: Sequence[str | int]) -> Formula:
        spec = specs[name]
        if spec.kind.traits.numeric:
            return Atom(spec, Within(tuple(Interval(int(each), int(each), span=span) for each in listed)), span)
        return Atom(spec, Like(tuple(make_pattern((json_text(each),), True, span) for each in listed)), span)

    def lenient(name: str, listed: Sequence[str | int]) -> Formula:
        strict = values(name, listed)
        return strict if name in named else disjunction((Not(Exists(specs[name], span), span), strict), span)

    stated = tuple(conjunction(tuple(values(*each) for each in one.items()), span) for one in implied)
    weaker = tuple(conjunction(tuple(lenient(*each) for each in one.items()), span) for one in implied)
    return DualReading(disjunction(weaker, span), disjunction(stated, span), span)


def event_program(found: Detected, text: str) -> Program:
    """The program of a rule that a single event triggers."""
    return Program(ShapeKind.EVENT, (Step(found.formula, span=found.formula.span),), text, assumed=found.assumed)
