"""Lowering Kuery: its trees become formulas over typed fields.

Meaning follows Kibana's translation to Query DSL and what Elasticsearch makes of that per field type.
"""

from __future__ import annotations

from collections.abc import Callable

from ..grammar import kuery_tree as tree
from ..grammar.span import Span
from .analysis import lower, tokens
from .field_types import Kind
from .ir import (
    Atom,
    Exists,
    Formula,
    Lexical,
    Like,
    Not,
    Pattern,
    Phrase,
    Program,
    ShapeKind,
    Step,
    Truth,
    Words,
    conjunction,
    disjunction,
    entries,
    with_entries,
)
from .lower import ORDERED, STRINGS, Lowering
from .patterns import exact, from_pieces
from .schema import FieldSpec, Schema
from .values import LiteralError, parse_address_block, parse_date, parse_number

FREE_TEXT_FIELD = "message"
"""Where a value without a field is put, besides the fields that the query names."""


def lower_kuery(query: tree.Query, text: str, schema: Schema, now: int) -> tuple[Program, Lowering]:
    """Lower a Kuery tree.

    Args:
        query: the tree.
        text: the query it was parsed from.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.

    Raises:
        InvalidQueryError: a value that is not of its field's type.
        UnsupportedQueryError: a construct that cannot be compiled yet.
    """
    context = Lowering(text, schema, now)
    _infer(query, context)
    formula = _query(query, context)
    return Program(ShapeKind.EVENT, (Step(formula, span=query.span),), "kuery", text), context


def _infer(query: tree.Node, context: Lowering) -> None:
    """Types for the fields that no schema knows, from how the query uses them."""
    match query:
        case tree.Range(field, _, value) if not field.has_wildcard:
            if kind := _literal_type(value.literal, context):
                context.infer(field.literal, kind)
        case tree.Is(tree.Text() as field, value) if not field.has_wildcard:
            for text in _texts(value):
                if not text.has_wildcard and (text.literal in ("true", "false") or "/" in text.literal):
                    kind = _literal_type(text.literal, context)
                    if kind in ("boolean", "ip"):
                        context.infer(field.literal, kind)
        case tree.And(args) | tree.Or(args):
            for arg in args:
                _infer(arg, context)
        case tree.Not(arg) | tree.Nested(_, arg):
            _infer(arg, context)
        case _:
            pass


def _literal_type(text: str, context: Lowering) -> str | None:
    if text in ("true", "false"):
        return "boolean"
    for name, parse in (
        ("double", parse_number),
        ("ip", parse_address_block),
        ("date", lambda literal: parse_date(literal, context.now)),
    ):
        try:
            found = parse(text)
        except LiteralError:
            continue
        return "long" if isinstance(found, int) else name
    return None


def _texts(value: tree.Node) -> list[tree.Text]:
    match value:
        case tree.Text():
            return [value]
        case tree.And(args) | tree.Or(args):
            return [text for arg in args for text in _texts(arg)]
        case tree.Not(arg):
            return _texts(arg)
    return []


def _query(query: tree.Node, context: Lowering) -> Formula:
    match query:
        case tree.MatchAll(span):
            return Truth(True, span)
        case tree.And(args, span):
            return conjunction(tuple(_query(arg, context) for arg in args), span)
        case tree.Or(args, span):
            return _merged_alternatives([_query(arg, context) for arg in args], span)
        case tree.Not(arg, span):
            return Not(_query(arg, context), span)
        case tree.Is(None, value, span):
            return _without_field(value, span, context)
        case tree.Is(tree.Text() as field, value, span):
            return _over_fields(field, span, context, lambda spec: _value(spec, value, span, context))
        case tree.Range(field, operator, value, span):
            return _over_fields(field, span, context, lambda spec: _range(spec, operator, value, span, context))
        case tree.Nested(path, _, span):
            context.unsupported(f"a nested query on `{path.literal}`", span, "conditions inside one nested object cannot be solved yet")
        case tree.Text():
            raise AssertionError("a value outside its field")
    raise AssertionError(query)


def _over_fields(field: tree.Text, span: Span, context: Lowering, build: Callable[[FieldSpec], Formula]) -> Formula:
    """One formula for the field, or the disjunction over all fields that a wildcard name matches."""
    if not field.has_wildcard:
        return build(context.lookup(field.literal))
    if all(not piece for piece in field.pieces):
        context.unsupported("a condition on every field (`*`)", field.span, "name a field or a wildcard such as `process.*`")
    specs = context.schema.matching(field.pieces)
    if not specs:
        # A mapping is made of what documents hold, so a field of that name will be there once a document has it.
        return build(context.lookup("0".join(field.pieces)))
    formulas: list[Formula] = []
    for spec in specs:
        if spec.type.kind in STRINGS | ORDERED and spec.multi_field_of is None:
            try:
                formulas.append(build(spec))
            except ValueError:
                # Kibana sends lenient queries to wildcard fields: where the value is not of a field's type, it does not match there.
                continue
    return disjunction(tuple(formulas), span) if formulas else Truth(False, span)


def _without_field(value: tree.Value, span: Span, context: Lowering) -> Formula:
    """A value that stands alone: looked for in the message, and where the schema has none, in the fields named nearby."""
    if isinstance(value, tree.Text) and value.has_wildcard and not any(value.pieces):
        return Truth(True, span)
    return _value(context.lookup(FREE_TEXT_FIELD), value, span, context)


def _value(spec: FieldSpec, value: tree.Node, span: Span, context: Lowering) -> Formula:
    match value:
        case tree.Text():
            return _is(spec, value, span, context)
        case tree.And(args, inner):
            return conjunction(tuple(_value(spec, arg, arg.span, context) for arg in args), inner)
        case tree.Or(args):
            return _merged_alternatives([_value(spec, arg, arg.span, context) for arg in args], span)
        case tree.Not(arg, inner):
            return Not(_value(spec, arg, arg.span, context), inner)
    raise AssertionError(f"a query among the values of a field: {value}")


def _is(spec: FieldSpec, value: tree.Text, span: Span, context: Lowering) -> Formula:
    """``field : value`` with one value, by the field's type."""
    if value.pieces == ("", "") and not value.quoted:
        return Exists(spec, span)
    if spec.type.kind in ORDERED:
        if value.has_wildcard:
            context.invalid(
                f"a wildcard cannot match `{spec.name}`, which is of type {spec.type.name}",
                value.span,
                field=spec.name,
                help="use a CIDR block such as `10.0.0.0/8`" if spec.type.kind is Kind.IP else "use a range, or list the values",
            )
        interval = context.interval(spec, value.literal, value.span)
        holds = spec.type.kind is not Kind.INTEGER or isinstance(interval.low, int)
        return context.equals(spec, [interval] if holds else [], span)
    if spec.type.kind is Kind.TEXT:
        return _text(spec, value, span)
    if spec.type.kind in STRINGS or (spec.type.kind is Kind.OBJECT and spec.type.name == "flattened"):
        fold = spec.caseless
        return Atom(spec, Like((from_pieces(value.pieces, fold, value.span),)), span)
    context.unsupported(
        f"a value for `{spec.name}`",
        span,
        f"fields of type {spec.type.name} can only be tested for presence",
        field=spec.name,
    )


def _text(spec: FieldSpec, value: tree.Text, span: Span) -> Formula:
    """Analysed text: any token of a bare value, a phrase when quoted, a wildcard over single tokens."""
    if value.has_wildcard:
        pattern = from_pieces(tuple(lower(piece) for piece in value.pieces), span=value.span)
        return Atom(spec, Words((Phrase((pattern,), value.span),)), span)
    words = tokens(value.literal)
    if not words:
        return Truth(False, span)
    patterns: list[Pattern] = [exact(word, span=value.span) for word in words]
    phrases = (Phrase(tuple(patterns), value.span),) if value.quoted else tuple(Phrase((pattern,), value.span) for pattern in patterns)
    return Atom(spec, Words(phrases), span)


def _range(spec: FieldSpec, operator: str, value: tree.Text, span: Span, context: Lowering) -> Formula:
    if value.has_wildcard:
        context.invalid(
            f"a range of `{spec.name}` cannot end at a wildcard",
            value.span,
            field=spec.name,
            help="write a plain value",
        )
    if spec.type.kind in ORDERED:
        return context.bounded(spec, operator, context.interval(spec, value.literal, value.span), span)
    if spec.type.kind is Kind.STRING:
        low, high = (None, value.literal) if operator in ("<", "<=") else (value.literal, None)
        return Atom(spec, Lexical(low, high, operator == ">", operator == "<"), span)
    context.unsupported(f"a range of `{spec.name}`", span, f"fields of type {spec.type.name} cannot be ordered yet", field=spec.name)


def _merged_alternatives(args: list[Formula], span: Span) -> Formula:
    """A disjunction in which plain alternatives of one field become one set-valued atom, at the place of the first.

    Lists of 1,500 values stay one atom that way; every value keeps its own span.
    """
    merged: list[Formula] = []
    places: dict[tuple[str, type], int] = {}
    for arg in args:
        if isinstance(arg, Atom) and entries(arg.test):
            key = (arg.field.name, type(arg.test))
            at = places.setdefault(key, len(merged))
            if at < len(merged):
                first = merged[at]
                assert isinstance(first, Atom)
                test = with_entries(first.test, (*entries(first.test), *entries(arg.test)))
                merged[at] = Atom(first.field, test, first.span.to(arg.span))
                continue
        merged.append(arg)
    return disjunction(tuple(merged), span)
