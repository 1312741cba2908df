"""Findings about queries checked against every document of a tiny domain.

A query is a conjunction of clauses, each of which is a disjunction of tests of lists of values. What is named dead no document may
take that matches; without all that is named redundant the query must match the same documents.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.backends.decide.solve_program import solve
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_document import Reading, compile_formula
from triggerfish.grammar.span import Span

EXAMPLES = int(os.environ.get("TRIGGERFISH_EXAMPLES", "100"))
START = 1_700_000_000_000
SCHEMA = schema_from({"n": {"type": "long"}, "k": {"type": "keyword"}, "k2": {"type": "keyword"}, "t": {"type": "text"}})
DOMAIN: dict[str, list[Any]] = {
    "n": [None, 0, 1, 2, 5],
    "k": [None, "a", "b", "ab"],
    "k2": [None, "a", "b", "ab"],
    "t": [None, "x", "y", "x y", "z"],
}
DOCUMENTS = [
    {name: [value] for name, value in zip(DOMAIN, values, strict=True) if value is not None} for values in product(*DOMAIN.values())
]
VALUES = {
    "n": st.sampled_from(["1", "2", "0"]),
    "k": st.sampled_from(["a", "b", "a*", "ab"]),
    "k*": st.sampled_from(["a", "b", "a*"]),
    "t": st.sampled_from(["x", "y", "x y", '"x y"', "y z"]),
}


@dataclass(frozen=True)
class Condition:
    """A test of a list of values."""

    negated: bool
    field: str
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        (first, *others) = self.values
        if not others:
            return f"{self.field}:{first}"
        return f"{self.field}:({' or '.join(self.values)})"


Clause = tuple[Condition, ...]


def written(clauses: tuple[Clause, ...]) -> tuple[str, dict[Span, tuple[int, ...]]]:
    """The query, and the number of the clause, of the condition and of the value at each place that a finding may name."""
    text, places = "", {}
    for at, clause in enumerate(clauses):
        text += (" and " if at else "") + "("
        opened = len(text)
        for number, condition in enumerate(clause):
            text += (" or " if number else "") + ("not " if condition.negated else "")
            start = len(text)
            text += condition.text
            places.setdefault(Span(start, len(text)), (at, number))
            if len(condition.values) > 1:
                value_at = start + len(condition.field) + len(":(")
                places[Span(value_at, len(text) - 1)] = (at, number)
                for place, value in enumerate(condition.values):
                    places[Span(value_at, value_at + len(value))] = (at, number, place)
                    value_at += len(value) + len(" or ")
            else:
                places[Span(len(text) - len(condition.values[0]), len(text))] = (at, number)
        text += ")"
        whole = (at,) if len(clause) > 1 else (at, 0)
        places.setdefault(Span(opened, len(text) - 1), whole)
        places[Span(opened - 1, len(text))] = whole
    return text, places


def parts_at(span: Span, places: dict[Span, tuple[int, ...]]) -> set[tuple[int, ...]]:
    """What is written at a place: one part, or the conditions of a list that was written as several."""
    if span in places:
        return {places[span]}
    inside = {part for place, part in places.items() if len(part) == 2 and span.start <= place.start and place.end <= span.end}
    assert inside, span
    return inside


def without(clauses: tuple[Clause, ...], dropped: set[tuple[int, ...]]) -> tuple[Clause, ...]:
    """The query without clauses, conditions and values; what has nothing left is dropped too."""

    def conditions(at: int, clause: Clause) -> Iterator[Condition]:
        for number, condition in enumerate(clause):
            left = tuple(value for place, value in enumerate(condition.values) if (at, number, place) not in dropped)
            if (at, number) not in dropped and left:
                yield replace(condition, values=left)

    kept = (tuple(conditions(at, clause)) for at, clause in enumerate(clauses) if (at,) not in dropped)
    return tuple(clause for clause in kept if clause)


def matcher(query: str) -> Callable[[dict[str, list[Any]]], bool]:
    judge = compile_formula(compile_query(query, SCHEMA, START, "kuery").program.steps[0].formula, Reading.ELASTICSEARCH)
    return lambda document: judge(document) is True


def false_findings(clauses: tuple[Clause, ...]) -> Iterator[str]:
    """The findings that a document of the domain refutes."""
    query, places = written(clauses)
    solution = solve(compile_query(query, SCHEMA, START, "kuery").program, "seed", START)
    matches = matcher(query)
    matching = [document for document in DOCUMENTS if matches(document)]
    if solution.status == "unsatisfiable" and matching:
        yield f"{query}: unsatisfiable, but {matching[0]}"
    named: list[set[tuple[int, ...]]] = []
    for finding in solution.findings:
        if finding.code == "redundant-condition":
            named.append(parts_at(finding.spans[0], places))
        elif finding.code == "dead-alternative":
            for at, number, *place in parts_at(finding.spans[0], places):
                condition = clauses[at][number]
                only = replace(condition, values=(condition.values[place[0]],)) if place else condition
                taken = matcher(("not " if only.negated else "") + only.text)
                yield from (f"{query}: {only} is dead, but {document}" for document in matching if taken(document))
    for dropped in (*named, {part for parts in named for part in parts}):
        left = without(clauses, dropped)
        remains = matcher(written(left)[0]) if left else lambda _: True
        yield from (f"{query}: {dropped} redundant, but {document}" for document in DOCUMENTS if remains(document) != matches(document))


tests = st.sampled_from(sorted(VALUES)).flatmap(
    lambda field: st.builds(Condition, st.booleans(), st.just(field), st.lists(VALUES[field], min_size=1, max_size=3).map(tuple))
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.lists(tests, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple))
def test_no_document_refutes_a_finding(clauses: tuple[Clause, ...]) -> None:
    assert list(false_findings(clauses)) == []


def condition(text: str) -> Condition:
    negated = text.startswith("not ")
    field, _, values = text.removeprefix("not ").partition(":")
    return Condition(negated, field, tuple(values.split(" or ")))


@pytest.mark.parametrize(
    ("clauses", "expected"),
    [
        # A word of a value, one field of several, one of two ranges: each is only a part of what is written.
        ([["not t:y"], ["t:x y"]], []),
        ([["k:a"], ["k*:b"]], []),
        ([["not k*:a"], ["k:b"]], []),
        # All words, all fields.
        ([["not t:x"], ["not t:y"], ["t:x y", "n:1"]], [("dead-alternative", "t:x y")]),
        ([["k:a"], ["k2:a"], ["k*:b", "n:1"]], [("dead-alternative", "k*:b")]),
        # Alternatives of one field with another one between them.
        ([["n:1", "not n:5", "n:2"], ["not n:5"]], [("redundant-condition", text) for text in ("n:1", "n:2", "n:5")]),
        ([["n:1 or 2", "k:a", "n:1"]], [("redundant-condition", "n:1")]),
        ([["k:a"], ["not k:b or ab"]], [("redundant-condition", "b or ab")]),
    ],
)
def test_a_finding_is_about_all_that_is_written_there(clauses: list[list[str]], expected: list[tuple[str, str]]) -> None:
    built = tuple(tuple(map(condition, clause)) for clause in clauses)
    assert list(false_findings(built)) == []
    query, _ = written(built)
    found = solve(compile_query(query, SCHEMA, START, "kuery").program, "seed", START).findings
    assert [(finding.code, query[finding.spans[0].start : finding.spans[0].end]) for finding in found] == expected


@pytest.mark.parametrize(
    ("query", "redundant"),
    [
        ("k: * and not (n: 1 and k: (a* or ab or b))", ["ab"]),
        ("k: a* and not (n: 1 and k: (a or b))", ["b"]),
        ("k: (a or b) and not (n: 1 and not k: (a* or ab))", ["ab"]),
        ("not (n: 1 and k: (a or b))", []),
    ],
)
def test_lists_inside_an_exclusion(query: str, redundant: list[str]) -> None:
    found = solve(compile_query(query, SCHEMA, START, "kuery").program, "seed", START).findings
    assert [query[finding.spans[0].start : finding.spans[0].end] for finding in found] == redundant


@pytest.mark.parametrize(
    "query",
    [
        'sequence [any where n <= 1] [any where k == "a"] until [any where n > 3]',
        'sequence [any where n == 1] [any where k == "a"] until [any where k == "b" and n == 2]',
        'sequence [any where n == 1] [any where k == "a"] until [any where n in (2, 3)]',
    ],
)
def test_until_is_not_redundant_because_of_the_items(query: str) -> None:
    assert solve(compile_query(query, SCHEMA, START, "eql").program, "seed", START).findings == ()


@pytest.mark.parametrize("query", ["any where length(k) != 0", "any where length(k) != 3 and n == 1"])
def test_a_range_that_no_length_is_in_is_not_what_was_written(query: str) -> None:
    assert solve(compile_query(query, SCHEMA, START, "eql").program, "seed", START).findings == ()


def test_places_are_whole_conditions() -> None:
    query = "(n:2 or n:(0 or 0)) and n >= 3"
    (finding,) = solve(compile_query(query, SCHEMA, START, "kuery").program, "seed", START).findings
    assert [query[span.start : span.end] for span in finding.spans] == ["(n:2 or n:(0 or 0))", "n >= 3"]
