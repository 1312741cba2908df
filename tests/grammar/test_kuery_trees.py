"""Random Kuery trees: what they print as, and what they mean, by the matcher and by an evaluator of their Query DSL."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from dsl_evaluator import Index
from kuery_trees import NOW_MS, SCHEMA, TYPES, trees
from kuery_trees import document as random_document
from triggerfish import to_query_dsl
from triggerfish.compiler.diagnostics.diagnostic import InvalidQueryError
from triggerfish.compiler.lower.kuery import lower_kuery
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, compile_formula
from triggerfish.grammar.kuery import parser as kuery
from triggerfish.grammar.kuery.printer import render
from triggerfish.grammar.kuery.tree import And, Is, Not, Or, Query

EXAMPLES = int(os.environ.get("TRIGGERFISH_KUERY_TREES", "150"))
"""How many trees to try; the full number is 5,000."""
DOCUMENTS = 50

schema = schema_from(SCHEMA)
index = Index(TYPES, datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=NOW_MS))


def lowered(tree: Query) -> Any:
    text = render(tree)
    parsed = kuery.parse(text)
    assert parsed == tree
    program, _ = lower_kuery(parsed, text, schema, NOW_MS)
    return program.steps[0].formula


def negated(tree: Any) -> Any:
    """The negation of a tree, pushed down to its tests and the lists of their values."""
    match tree:
        case Not(arg):
            return arg
        case And(args):
            return Or(tuple(inner for arg in args for inner in _opened(Or, negated(arg))))
        case Or(args):
            return And(tuple(inner for arg in args for inner in _opened(And, negated(arg))))
        case Is(field, value) if isinstance(value, And | Or | Not):
            return Is(field, negated(value))
    return Not(tree)


def _opened(kind: type, tree: Any) -> tuple[Any, ...]:
    return tree.args if isinstance(tree, kind) else (tree,)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees, st.integers(0, 2**32))
def test_trees_mean_what_their_query_dsl_does(tree: Query, seed: int) -> None:
    rng = Random(seed)
    try:
        formula = lowered(tree)
    except InvalidQueryError as error:
        # What Elasticsearch refuses below a flattened field.
        assert "a key of the flattened field" in str(error)
        return
    judge = compile_formula(formula, Reading.ELASTICSEARCH)
    twice = compile_formula(lowered(Not(Not(tree))), Reading.ELASTICSEARCH)
    dual = compile_formula(lowered(Not(negated(tree))), Reading.ELASTICSEARCH)
    strict = compile_formula(formula, Reading.STRICT)
    dsl = to_query_dsl(tree, schema)
    note(render(tree))
    for _ in range(DOCUMENTS):
        document = random_document(rng)
        flat = flatten(document)
        holds = judge(flat)
        assert holds == index.matches(dsl, document), (document, dsl)
        assert holds == twice(flat) == dual(flat), document
        # What is so in the strict reading is so in Elasticsearch's.
        assert strict(flat) in (None, holds), document
