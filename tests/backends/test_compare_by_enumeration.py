"""Comparisons of random queries, and of random sequences, checked against every document and every short stream of a tiny domain."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import nan
from random import Random
from typing import Any

import pytest

import test_findings_by_enumeration as queries
import test_sequences_by_enumeration as sequences
from test_findings_by_enumeration import Clause, Syntax
from test_sequences_by_enumeration import Sequence
from triggerfish.backends.compare.comparison import Comparison, Outcome, Part, Relation
from triggerfish.backends.compare.programs import compare_programs
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.schema.fields import Schema

EXAMPLES = int(os.environ.get("TRIGGERFISH_EXAMPLES", "60"))
TWO = [None, ["a", "b"], ["b", "ab"], ["a", "ab"]]
DOCUMENTS: list[dict[str, Any]] = [
    *queries.DOCUMENTS,
    *({"n": n, "k": k, "k2": k2, "t": "x"} for n, k, k2 in product([None, [0, 1], [1, 2], [2, 5]], TWO, TWO)),
]
"""All of the domain, and some with two values in a field."""
ARRAYS = queries.SCHEMA.with_fields({name: replace(spec, array=True) for name in ("n", "k", "k2") if (spec := queries.SCHEMA.lookup(name))})
"""Fields that may hold several values; those of the other schema hold one."""

Query = tuple[tuple[Clause, ...], Syntax]


def compared(first: Query, second: Query, schema: Schema = ARRAYS) -> Comparison:
    programs = [
        (compile_query(queries.written(clauses, syntax)[0], schema, queries.START, syntax.language).program,)
        for clauses, syntax in (first, second)
    ]
    return compare_programs(*programs)


def takes(query: Query, document: Mapping[str, Any]) -> bool:
    return queries.matches(query[0], document, query[1])


def wrong_sides(first: Query, second: Query, found: Comparison, schema: Schema = ARRAYS) -> Iterator[str]:
    """The documents that refute what is said to be lost or won."""
    said = f"{queries.written(*first)[0]}  |  {queries.written(*second)[0]}"
    documents = DOCUMENTS if schema is ARRAYS else queries.DOCUMENTS
    for name, side, one, other in (("lost", found.lost, first, second), ("won", found.won, second, first)):
        if side.outcome is Outcome.NONE or side.by_several_values:
            for document in documents:
                has_several = any(isinstance(value, list) for value in document.values())
                if takes(one, document) and not takes(other, document) and (side.outcome is Outcome.NONE or not has_several):
                    yield f"{said}: nothing is {name} {'by single values' if side.by_several_values else ''}, but {document}"
        for part in side.parts:
            (document,) = part.documents
            if not takes(one, document) or takes(other, document):
                yield f"{said}: {name} is not {document}"
            if any(not (takes(one, beside) and takes(other, beside)) for beside in part.beside):
                yield f"{said}: {part.beside} is not common"
    if found.common is Outcome.NONE:
        yield from (f"{said}: disjoint, but {document}" for document in documents if takes(first, document) and takes(second, document))


def random_pair(rng: Random) -> tuple[Query, Query]:
    """Two queries, mostly with something in common."""
    syntax = rng.choice(list(queries.SYNTAXES.values()))
    first = queries.random_clauses(rng, syntax)
    if rng.random() < 0.3:
        other = rng.choice(list(queries.SYNTAXES.values()))
        return (first, syntax), (queries.random_clauses(rng, other), other)
    second = list(first)
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(second))
        change = rng.random()
        if change < 0.3 and len(second) > 1:
            del second[at]
        elif change < 0.6:
            second.insert(at, queries.random_clauses(rng, syntax)[0])
        else:
            second[at] = queries.random_clauses(rng, syntax)[0]
    rng.shuffle(second)
    return (first, syntax), (tuple(second), syntax)


CHECKS = (wrong_sides,)


def test_no_document_refutes_a_comparison() -> None:
    rng = Random(EXAMPLES)
    relations = set()
    for _ in range(EXAMPLES):
        first, second = random_pair(rng)
        schema = rng.choice((ARRAYS, queries.SCHEMA))
        found = compared(first, second, schema)
        relations.add(found.relation)
        assert list(wrong_sides(first, second, found, schema)) == []
    assert {Relation.NARROWER, Relation.WIDER, Relation.OVERLAPPING} <= relations


# -- sequences ---------------------------------------------------------------------------------------


def compared_sequences(first: Sequence, second: Sequence) -> Comparison:
    programs = [(compile_query(sequences.written(each)[0], sequences.SCHEMA, sequences.START, "eql").program,) for each in (first, second)]
    return compare_programs(*programs)


def is_match(sequence: Sequence, stream: tuple[sequences.Event, ...]) -> bool:
    """Whether a stream consists of the events of one match."""
    return len(stream) == sum(item.runs for item in sequence.items if not item.missing) and sequences.matches(sequence, stream)


def stream_of(part: Part) -> list[tuple[int, sequences.Event]]:
    """The events of a part, each with its time in milliseconds; a number that is missing is not equal to any, nor less or greater."""
    return [(document["@timestamp"], {"n": nan, "k": None, "u": None, **document}) for document in part.documents]


def matches_at(sequence: Sequence, events: list[tuple[int, sequences.Event]]) -> bool:
    """As `sequences.matches`, at the times of the events, which may lack a join key."""

    def taken(item: sequences.Item) -> sequences.Taken:
        numbers = [number for number, (_, event) in enumerate(events) if sequences.holds(item, event)]
        keys = {number: events[number][1]["u"] for number in numbers}
        joined = {
            number: frozenset({(key if sequence.joined else None,)})
            for number, key in keys.items()
            if key is not None or not sequence.joined
        }
        return sequences.Taken(joined, item.missing)

    steps = [step for item in sequence.items for step in [taken(item)] * item.runs]
    times = [time for time, _ in events]
    span = None if sequence.maxspan is None else sequence.maxspan * 1000
    return bool(sequences.sequences(steps, times, span, taken(sequence.until) if sequence.until else None))


def wrong_sequences(first: Sequence, second: Sequence, found: Comparison) -> Iterator[str]:
    """The streams that refute what is said to be lost or won."""
    said = f"{sequences.written(first)[0]}  |  {sequences.written(second)[0]}"
    for name, side, one, other in (("lost", found.lost, first, second), ("won", found.won, second, first)):
        if side.outcome is Outcome.NONE:
            refuting = next(
                (stream for stream in sequences.STREAMS if is_match(one, stream) and not sequences.matches(other, stream)), None
            )
            if refuting is not None:
                yield f"{said}: nothing is {name}, but {refuting}"
        for part in side.parts:
            events = stream_of(part)
            if not matches_at(one, events) or matches_at(other, events):
                yield f"{said}: {name} is not {events}"


def random_sequences(rng: Random) -> tuple[Sequence, Sequence]:
    """Two sequences, mostly of the same items but for one."""
    first = sequences.random_sequence(rng)
    other = sequences.random_sequence(rng)
    match rng.randrange(6):
        case 0:
            return first, other
        case 1:
            return first, replace(first, maxspan=other.maxspan if not any(item.missing for item in first.items) else first.maxspan)
        case 2:
            return first, replace(first, until=other.until)
        case 3:
            return first, replace(first, joined=not first.joined)
    at = rng.randrange(len(first.items))
    item = first.items[at]
    changed = item.clauses[1:] if rng.random() < 0.5 and len(item.clauses) > 1 else (*item.clauses, other.items[0].clauses[0])
    items = (*first.items[:at], replace(item, clauses=changed), *first.items[at + 1 :])
    return (first, replace(first, items=items)) if rng.random() < 0.5 else (replace(first, items=items), first)


def test_no_stream_refutes_a_comparison() -> None:
    rng = Random(EXAMPLES)
    for _ in range(EXAMPLES):
        first, second = random_sequences(rng)
        assert list(wrong_sequences(first, second, compared_sequences(first, second))) == []


def test_the_domain_refutes_a_false_comparison() -> None:
    """The check itself: an answer that is wrong on purpose is found."""
    first = ((queries.condition("k:a or b"),),), queries.KUERY
    second = ((queries.condition("k:a"),),), queries.KUERY
    found = compared(first, second)
    assert found.relation is Relation.NARROWER
    assert any("nothing is lost" in wrong for wrong in wrong_sides(first, second, replace(found, lost=found.won)))
    assert any("is not" in wrong for wrong in wrong_sides(second, first, found))


@pytest.mark.parametrize(
    ("first", "second", "relation", "single"),
    [
        ('any where k == "a"', 'any where k == "b"', Relation.OVERLAPPING, Relation.DISJOINT),
        ('any where k == "a" and not k == "b"', 'any where k == "a"', Relation.WIDER, Relation.EQUIVALENT),
        ("any where n > 1", "any where n >= 2", Relation.EQUIVALENT, Relation.EQUIVALENT),
    ],
)
def test_fields_may_hold_several_values(first: str, second: str, relation: Relation, single: Relation) -> None:
    programs = [(compile_query(text, ARRAYS, queries.START, "eql").program,) for text in (first, second)]
    found = compare_programs(*programs)
    assert (found.relation, found.relation_by_single_values) == (relation, single)
