"""Lowering Kuery: its trees become formulas over typed fields.

Meaning follows Kibana's translation to Query DSL and what Elasticsearch makes of that per field type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...grammar.kuery import tree as tree
from ...grammar.span import Span
from ..ir.formula import Atom, Formula, NestedMatch, Not, Truth, conjunction
from ..ir.program import Program, ShapeKind, Step
from ..schema.fields import FieldSpec, Schema
from ..values.origin import Writing
from ..values.patterns import from_pieces
from .context import Lowering, literal_type
from .field_tests import alternatives, anywhere, bounded, equal, nested_object, over, over_fields, present, split_wild


def lower_kuery(query: tree.Query, text: str, schema: Schema, now: int) -> tuple[Program, Lowering]:
    """Lower a Kuery tree.

    Args:
        query: the tree.
        text: the query it was parsed from.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.

    Raises:
        InvalidQueryError: a value that is not of its field's type, a field inside a nested object used outside one.
        UnsupportedQueryError: a construct that cannot be compiled yet.
    """
    context = Lowering(text, schema, now)
    _infer(query, None, context)
    formula = _query(query, None, context)
    return Program(ShapeKind.EVENT, (Step(formula, span=query.span),), text), context


# -- types of unknown fields ---------------------------------------------------------------------


def _infer(query: tree.Node, path: str | None, context: Lowering) -> None:
    """Types for the fields that no schema knows, from how the query uses them; ``path`` is the nested object around."""
    match query:
        case tree.Range(field, _, value) if not field.has_wildcard:
            name = _named(field, path, context)
            if kind := literal_type(value.literal, context.now):
                context.infer(name, kind, value.span)
        case tree.Is(tree.Text() as field, value) if not field.has_wildcard:
            name = _named(field, path, context)
            for text in _texts(value):
                if not text.has_wildcard and (text.literal in ("true", "false") or "/" in text.literal):
                    kind = literal_type(text.literal, context.now)
                    if kind in ("boolean", "ip"):
                        context.infer(name, kind, text.span)
        case tree.And(args) | tree.Or(args):
            for arg in args:
                _infer(arg, path, context)
        case tree.Is(tree.Text() as field) | tree.Range(field) if path is None and any(field.pieces):
            context.named.update(dict.fromkeys(spec.name for spec in over(context, field.pieces)))
        case tree.Not(arg):
            _infer(arg, path, context)
        case tree.Nested(inner, arg):
            name = _joined(path, inner.literal)
            context.infer(name, "nested")
            _infer(arg, name, context)
        case _:
            pass


def _named(field: tree.Text, path: str | None, context: Lowering) -> str:
    name = _joined(path, field.literal)
    if path is None:
        context.named.setdefault(name)
    return name


def _texts(value: tree.Node) -> list[tree.Text]:
    match value:
        case tree.Text():
            return [value]
        case tree.And(args) | tree.Or(args):
            return [text for arg in args for text in _texts(arg)]
        case tree.Not(arg):
            return _texts(arg)
    return []


# -- queries -------------------------------------------------------------------------------------


def _query(query: tree.Node, path: str | None, context: Lowering) -> Formula:
    """The formula of a query; ``path`` is the nested object that it stands in."""
    match query:
        case tree.MatchAll(span):
            return Truth(True, span)
        case tree.And(args, span):
            return conjunction(tuple(_query(arg, path, context) for arg in args), span)
        case tree.Or(args, span):
            return alternatives([_query(arg, path, context) for arg in args], span)
        case tree.Not(arg, span):
            return Not(_query(arg, path, context), span)
        case tree.Is(None, value, span) if path is None:
            return _without_field(value, span, context)
        case tree.Is(None, value, span):
            # Kibana takes a value without a field for one of the field `null` of the nested object.
            return _value(context.lookup(f"{path}.null"), value, span, context)
        case tree.Is(tree.Text(("", "")), tree.Text(("", ""), quoted=False), span) if path is None:
            return Truth(True, span)
        case tree.Is(tree.Text() as field, value, span):
            return _over_fields(field, path, span, context, lambda spec: _value(spec, value, span, context))
        case tree.Range(field, operator, value, span):
            return _over_fields(field, path, span, context, lambda spec: _range(spec, operator, value, span, context))
        case tree.Nested(inner, arg, span):
            name = _joined(path, inner.literal)
            return Atom(_nested_object(name, path, inner.span, context), NestedMatch(_query(arg, name, context)), span)
        case tree.Text():
            raise AssertionError("a value outside its field")
    raise AssertionError(query)


def _over_fields(field: tree.Text, path: str | None, span: Span, context: Lowering, build: Callable[[FieldSpec], Formula]) -> Formula:
    """One formula for the field, or the disjunction over all fields that a wildcard name matches."""
    if not field.has_wildcard:
        return build(_located(_joined(path, field.literal), path, field.span, context))
    if path is None:
        return over_fields(context, field.pieces, span, build)
    pieces = (f"{path}.{field.pieces[0]}", *field.pieces[1:])
    return alternatives([build(spec) for spec in over(context, pieces)] or [build(context.lookup("0".join(pieces)))], span)


def _located(name: str, path: str | None, at: Span, context: Lowering) -> FieldSpec:
    """The field of that name, which must lie directly inside the nested object it is used in, and outside any other."""
    spec = context.lookup(name)
    if not spec.known and spec.nested_path is None and spec.multi_field_of is None:
        around = next((each for each in _around(name) if context.is_nested(each)), None)
        spec = replace(spec, nested_path=around)
    if spec.nested_path == path:
        return spec
    if path is None or (spec.nested_path is not None and spec.nested_path.startswith(f"{path}.")):
        short = name.removeprefix(f"{spec.nested_path}.")
        message = f"`{name}` lies inside the nested object `{spec.nested_path}`"
        help = f"write `{spec.nested_path}:{{ {short} : ... }}`"
    else:
        message = f"`{name}` does not lie inside the nested object `{path}`"
        help = "take the condition out of the braces"
    context.invalid(message, at, code="nested-field", field=name, help=help)


def _nested_object(name: str, path: str | None, at: Span, context: Lowering) -> FieldSpec:
    spec = nested_object(context, name)
    if spec.type.name != "nested":
        message = f"`{name}` is of type {spec.type.name}, not nested"
        help = f"write `{name}.field : value` for each condition; they may then hold of different objects"
        context.invalid(message, at, code="nested-field", field=name, help=help)
    return spec if path is None else replace(spec, nested_path=path)


def _around(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]


def _joined(path: str | None, name: str) -> str:
    return name if path is None else f"{path}.{name}"


def _is_everything(text: tree.Text) -> bool:
    return text.pieces == ("", "")


def _without_field(value: tree.Value, span: Span, context: Lowering) -> Formula:
    """A value that stands alone is looked for in every field."""
    if isinstance(value, tree.Text) and value.has_wildcard and not any(value.pieces):
        return Truth(True, span)
    assert isinstance(value, tree.Text)
    return anywhere(context, span, lambda spec: _is(spec, value, span, context, bare=True))


# -- values --------------------------------------------------------------------------------------


def _value(spec: FieldSpec, value: tree.Node, span: Span, context: Lowering) -> Formula:
    match value:
        case tree.Text():
            return _is(spec, value, span, context)
        case tree.And(args, inner):
            return conjunction(tuple(_value(spec, arg, arg.span, context) for arg in args), inner)
        case tree.Or(args):
            return alternatives([_value(spec, arg, arg.span, context) for arg in args], span)
        case tree.Not(arg, inner):
            return Not(_value(spec, arg, arg.span, context), inner)
    raise AssertionError(f"a query among the values of a field: {value}")


def _is(spec: FieldSpec, value: tree.Text, span: Span, context: Lowering, *, bare: bool = False) -> Formula:
    """``field : value`` with one value, by the field's type."""
    if not value.quoted and value.literal == "null":
        message = "`null` without quotes is no text but the null value, and Elasticsearch refuses to look for it"
        help = 'write `not field : *` for a missing field, `"null"` in quotes for the word'
        context.invalid(message, value.span, code="null-value", field=spec.name, help=help)
    if _is_everything(value):
        return present(context, spec, span)
    if value.has_wildcard:
        return split_wild(context, spec, from_pieces(value.pieces, spec.caseless, value.span), span, bare=bare)
    return equal(
        context, spec, value.literal, span, value.span, phrase=value.quoted, writing=Writing.QUOTED if value.quoted else Writing.BARE
    )


def _range(spec: FieldSpec, operator: str, value: tree.Text, span: Span, context: Lowering) -> Formula:
    if value.has_wildcard:
        context.invalid(f"a range of `{spec.name}` cannot end at a wildcard", value.span, field=spec.name, help="write a plain value")
    return bounded(context, spec, operator, value.literal, span, value.span)
