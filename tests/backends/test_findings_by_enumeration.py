"""Findings about queries checked against every document of a tiny domain.

A query is a conjunction of clauses, each of which is a disjunction of tests of lists of values. What is named dead no document may
take that matches; without all that is named redundant the query must match the same documents.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Any

import pytest

from triggerfish.backends.decide.solve_program import Solution, solve
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.schema.load import schema_from
from triggerfish.grammar.span import Span

EXAMPLES = int(os.environ.get("TRIGGERFISH_EXAMPLES", "60"))
START = 1_700_000_000_000
SCHEMA = schema_from({"n": {"type": "long"}, "k": {"type": "keyword"}, "k2": {"type": "keyword"}, "t": {"type": "text"}})
DOMAIN: dict[str, list[Any]] = {
    "n": [None, 0, 1, 2, 5],
    "k": [None, "a", "b", "ab"],
    "k2": [None, "a", "b", "ab"],
    "t": [None, "x", "y", "x y", "z"],
}
DOCUMENTS = [dict(zip(DOMAIN, values, strict=True)) for values in product(*DOMAIN.values())]


@dataclass(frozen=True)
class Syntax:
    """How a language writes a query.

    Attributes:
        language: its name.
        both, either, negation, values: `and`, `or` and `not`, and what stands between the values of a list.
        test: between a field and its values.
        start: of a query.
        fields: the values that conditions test, by field.
    """

    language: str
    both: str
    either: str
    negation: str
    values: str
    test: str
    start: str
    fields: Mapping[str, Sequence[str]]


KUERY = Syntax(
    *("kuery", " and ", " or ", "not ", " or ", ":", ""),
    {"n": ["1", "2", "0"], "k": ["a", "b", "a*", "ab", "*"], "k*": ["a", "b", "a*"], "t": ["x", "y", "x y", '"x y"', "y z"]},
)
LUCENE = Syntax(
    *("lucene", " AND ", " OR ", "NOT ", " OR ", ":", ""),
    {"n": ["1", "2", "0"], "k": ["a", "b", "a*", "ab", "*"], "k2": ["a", "?", "/a|b/"], "t": ["x", "y", '"x y"', "z"]},
)
EQL = Syntax(
    *("eql", " and ", " or ", "not ", ", ", " : ", "any where "),
    {"n": ["1", "2", "0"], "k": ['"a"', '"B"', '"a*"', '"ab"', '"*"'], "k2": ['"a"', '"?"', '"b*"']},
)
SYNTAXES = {syntax.language: syntax for syntax in (KUERY, LUCENE, EQL)}


@dataclass(frozen=True)
class Condition:
    """A test of a list of values."""

    negated: bool
    field: str
    values: tuple[str, ...]

    def text(self, syntax: Syntax) -> str:
        (first, *others) = self.values
        # A number does not match a pattern in EQL.
        test = syntax.test if syntax is not EQL or self.field != "n" else " in " if others else " == "
        return f"{self.field}{test}({syntax.values.join(self.values)})" if others else f"{self.field}{test}{first}"


Clause = tuple[Condition, ...]


def written(clauses: tuple[Clause, ...], syntax: Syntax = KUERY) -> tuple[str, dict[Span, tuple[int, ...]]]:
    """The query, and the number of the clause, of the condition and of the value at each place that a finding may name."""
    text, places = syntax.start, {}
    for at, clause in enumerate(clauses):
        text += (syntax.both if at else "") + "("
        opened = len(text)
        for number, condition in enumerate(clause):
            text += (syntax.either if number else "") + (syntax.negation if condition.negated else "")
            start = len(text)
            text += condition.text(syntax)
            places.setdefault(Span(start, len(text)), (at, number))
            if len(condition.values) > 1:
                value_at = text.index("(", start) + 1
                places[Span(value_at, len(text) - 1)] = (at, number)
                for place, value in enumerate(condition.values):
                    places[Span(value_at, value_at + len(value))] = (at, number, place)
                    value_at += len(value) + len(syntax.values)
            else:
                places[Span(len(text) - len(condition.values[0]), len(text))] = (at, number)
        text += ")"
        whole = (at,) if len(clause) > 1 else (at, 0)
        places.setdefault(Span(opened, len(text) - 1), whole)
        places[Span(opened - 1, len(text))] = whole
    return text, places


def parts_at(span: Span, places: dict[Span, tuple[int, ...]]) -> set[tuple[int, ...]]:
    """What is written at a place: one part, or the conditions and values that stand in it."""
    if span in places:
        return {places[span]}
    inside = {part for place, part in places.items() if len(part) >= 2 and span.start <= place.start and place.end <= span.end}
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


def takes(condition: Condition, document: Mapping[str, Any], syntax: Syntax) -> bool:
    """Whether a document satisfies a condition; all that is known of the product here is how a query is written."""
    return condition.negated != any(
        _takes_value(name, value, held, syntax)
        for name in (["k", "k2"] if condition.field == "k*" else [condition.field])
        for held in _listed(document.get(name))
        for value in condition.values
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _takes_value(field: str, value: str, held: Any, syntax: Syntax) -> bool:
    if field == "n":
        return bool(held == int(value))
    if field == "t":
        words, wanted = re.findall(r"\w+", held.lower()), value.strip('"').split()
        if value.startswith('"'):
            return any(words[at : at + len(wanted)] == wanted for at in range(len(words)))
        return any(word in words for word in wanted)
    if value.startswith("/"):
        return re.fullmatch(value.strip("/"), held) is not None
    pattern = re.escape(value.strip('"')).replace(r"\*", ".*").replace(r"\?", "." if syntax is not KUERY else r"\?")
    return re.fullmatch(pattern, held, re.DOTALL | (re.IGNORECASE if syntax is EQL else 0)) is not None


def matches(clauses: tuple[Clause, ...], document: Mapping[str, Any], syntax: Syntax) -> bool:
    return all(any(takes(condition, document, syntax) for condition in clause) for clause in clauses)


def solved(query: str, syntax: Syntax = KUERY) -> Solution:
    return solve(compile_query(query, SCHEMA, START, syntax.language).program, "seed", START)


def wrong_documents(clauses: tuple[Clause, ...], solution: Solution, syntax: Syntax) -> Iterator[str]:
    """The documents for a query that do not match it."""
    if solution.status == "ok" and solution.sampler is not None:
        for seed in range(3):
            for document in solution.sampler.draw(Random(seed)) or []:
                if not matches(clauses, document, syntax):
                    yield f"{written(clauses, syntax)[0]}: {document} does not match"


def false_proofs(clauses: tuple[Clause, ...], solution: Solution, syntax: Syntax) -> Iterator[str]:
    """The documents of the domain that match a query which is said to be unsatisfiable."""
    if solution.status == "unsatisfiable":
        for document in DOCUMENTS:
            if matches(clauses, document, syntax):
                yield f"{written(clauses, syntax)[0]}: unsatisfiable, but {document}"


def false_findings(clauses: tuple[Clause, ...], solution: Solution, syntax: Syntax) -> Iterator[str]:
    """The findings that a document of the domain refutes."""
    if not solution.findings:
        return
    query, places = written(clauses, syntax)
    named: list[set[tuple[int, ...]]] = []
    matching = [matches(clauses, document, syntax) for document in DOCUMENTS]
    for finding in solution.findings:
        if finding.code == "redundant-condition":
            named.append(parts_at(finding.spans[0], places))
        elif finding.code == "dead-alternative":
            for at, number, *place in parts_at(finding.spans[0], places):
                condition = clauses[at][number]
                only = replace(condition, values=(condition.values[place[0]],)) if place else condition
                for document, matched in zip(DOCUMENTS, matching, strict=True):
                    if matched and takes(only, document, syntax):
                        yield f"{query}: {only} is dead, but {document}"
    for dropped in (*named, {part for parts in named for part in parts}):
        left = without(clauses, dropped)
        for document, matched in zip(DOCUMENTS, matching, strict=True):
            if matches(left, document, syntax) != matched:
                yield f"{query}: {dropped} redundant, but {document}"


CHECKS = (wrong_documents, false_proofs, false_findings)


def false_answers(clauses: tuple[Clause, ...], syntax: Syntax = KUERY) -> Iterator[str]:
    """What is wrong about the answer to a query."""
    solution = solved(written(clauses, syntax)[0], syntax)
    for check in CHECKS:
        yield from check(clauses, solution, syntax)


def random_clauses(rng: Random, syntax: Syntax) -> tuple[Clause, ...]:
    """The clauses of a query. In Lucene, which is not Boolean, a negation stands alone."""

    def condition(negated: bool) -> Condition:
        field = rng.choice(sorted(syntax.fields))
        return Condition(negated, field, tuple(rng.choices(syntax.fields[field], k=rng.choice((1, 1, 2, 3)))))

    def clause() -> Clause:
        if syntax is LUCENE and rng.random() < 0.4:
            return (condition(True),)
        return tuple(condition(syntax is not LUCENE and rng.random() < 0.5) for _ in range(rng.randint(1, 3)))

    return tuple(clause() for _ in range(rng.randint(1, 6)))


@pytest.mark.parametrize("language", SYNTAXES)
def test_no_document_refutes_an_answer(language: str) -> None:
    rng = Random(f"{language}|{EXAMPLES}")
    for _ in range(EXAMPLES):
        assert list(false_answers(random_clauses(rng, SYNTAXES[language]), SYNTAXES[language])) == []


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
    assert list(false_answers(built)) == []
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
