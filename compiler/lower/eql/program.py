"""Lowering EQL: event queries, sequences and samples become programs over typed fields.

Meaning follows Elasticsearch, and for what only the Endpoint knows, the reference of the ``eql`` package.
"""

from __future__ import annotations

from dataclasses import replace

from ....grammar.eql import tree as tree
from ....grammar.eql.rewrite import without_aliases, without_unmapped
from ...ir.program import Program, ShapeKind, Step
from ...schema.fields import Schema
from ...semantics.match_group import open_relation
from ...semantics.match_stream import key_family
from ..context import Lowering
from .conditions import EqlLowering
from .pipes import lower_pipes
from .type_inference import infer, infer_items


def lower_eql(
    query: tree.Query, text: str, schema: Schema, now: int, category_field: str = "event.category", *, unmapped_is_null: bool = False
) -> tuple[Program, Lowering]:
    """Lower an EQL tree.

    Args:
        query: the tree.
        text: the query it was parsed from.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.
        category_field: the field that a query's category is looked for in.
        unmapped_is_null: whether an optional field (``?f``) that the schema does not know is null. Documents that are
            still to be made can have every field, and there it is one like any other.

    Raises:
        InvalidQueryError: a value or an argument of the wrong type, an unknown function, keys that do not fit.
        UnsupportedQueryError: a construct that cannot be compiled yet.
    """
    context = Lowering(text, schema, now)
    lowering = EqlLowering(context, category_field)
    if unmapped_is_null:
        query = without_unmapped(query, lambda name: schema.lookup(name) is not None)
    shape = query.shape
    match shape:
        case tree.EventQuery():
            infer(shape.condition, context)
            program = Program(ShapeKind.EVENT, (lowering.step(tree.Item(shape, span=shape.span), ()),), text)
        case tree.Sequence(items, by, maxspan, until):
            every = (*items, *((until,) if until else ()))
            _check_sequence(shape, context)
            lowering.name_items(items)
            infer_items(tuple(without_aliases(item, lowering.aliases) for item in every), context)
            steps = tuple(lowering.step(item, by, number) for number, item in enumerate(items))
            last = lowering.step(until, by) if until else None
            span = maxspan.milliseconds if maxspan else None
            program = Program(ShapeKind.SEQUENCE, steps, text, span, last)
        case tree.Sample(items, by):
            _check_sample(shape, context)
            lowering.name_items(items)
            infer_items(tuple(without_aliases(item, lowering.aliases) for item in items), context)
            program = Program(ShapeKind.SAMPLE, tuple(lowering.step(item, by) for item in items), text)
    _check_key_types((*program.steps, *((program.until,) if program.until else ())), context)
    pipes = lower_pipes(query.pipes, lowering)
    program = replace(program, pipes=pipes, relations=tuple(lowering.relations))
    if program.relations and not unmapped_is_null:
        _check_relations(program, context)
    return program, context


def _check_key_types(steps: tuple[Step, ...], context: Lowering) -> None:
    """Keys of types whose values are never equal. Elasticsearch refuses a few more, such as an address and a keyword."""
    for first, *others in zip(*(step.keys for step in steps), strict=True):
        for key in others:
            if first.field.known and key.field.known and key_family(first.field) != key_family(key.field):
                context.invalid(
                    f"`{key.field.name}` of type {key.field.type.name} cannot be joined with `{first.field.name}` "
                    f"of type {first.field.type.name}",
                    key.span,
                    field=key.field.name,
                )


def _check_relations(program: Program, context: Lowering) -> None:
    """What cannot be generated about related events, though it can be matched."""
    too_many = open_relation(program)
    if too_many is not None:
        context.unsupported(
            "a relation to another event among so many alternatives", too_many.span, "their combinations are too many to try"
        )
    if program.kind is ShapeKind.SAMPLE:
        context.unsupported("a relation to another event in a sample", program.steps[0].span, "the events of a sample have no order")


def _check_sequence(shape: tree.Sequence, context: Lowering) -> None:
    """What Elasticsearch refuses about a sequence as a whole."""
    items = shape.items
    _check_keys((*items, *((shape.until,) if shape.until else ())), shape.by, context)
    if len(items) == 1 and items[0].runs == 1:
        context.invalid(
            "a sequence needs at least two events",
            shape.span,
            code="shape",
            help="add an item, repeat this one `with runs=2`, or write an event query",
        )
    if shape.until is not None and (shape.until.missing or shape.until.runs > 1):
        what = "a missing event" if shape.until.missing else "several with `runs`"
        context.invalid(f"`until` takes one event, not {what}", shape.until.span, code="shape", help="write `until [..]`")
    if shape.maxspan is not None and shape.maxspan.count == 0:
        context.invalid("`maxspan` must be longer than nothing", shape.maxspan.span, code="shape")
    missing = [item for item in items if item.missing]
    if missing and shape.maxspan is None:
        context.invalid(
            "a missing event (`![..]`) needs `with maxspan`",
            missing[0].span,
            code="shape",
            help="write `sequence with maxspan=1m`",
        )
    if len(missing) == len(items):
        context.invalid("a sequence needs at least one event that is not missing", shape.span, code="shape")


def _check_sample(shape: tree.Sample, context: Lowering) -> None:
    """What Elasticsearch refuses about a sample as a whole."""
    items = shape.items
    _check_keys(items, shape.by, context)
    if not shape.by and not items[0].by:
        context.invalid("a sample needs join keys", shape.span, code="shape", help="write `sample by host.id`")
    if len(items) == 1:
        context.invalid("a sample needs at least two items", shape.span, code="shape")
    for item in items:
        if item.missing:
            context.invalid("a sample has no order, so that no event of it can be missing", item.span, code="shape")
        if item.runs > 1:
            context.invalid("`runs` belongs to a sequence", item.span, code="shape", help="write the item twice")


def _check_keys(items: tuple[tree.Item, ...], by: tuple[tree.JoinKey, ...], context: Lowering) -> None:
    counts = {len(item.by) for item in items}
    if len(counts) > 1:
        wrong = next(item for item in items if len(item.by) != len(items[0].by))
        context.invalid(
            f"every item needs the same number of join keys: the first has {len(items[0].by)}, this one {len(wrong.by)}",
            wrong.span,
            code="shape",
        )
