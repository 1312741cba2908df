"""Arithmetic on doubles in Z3: what holds of a document holds of its encoding, so that no proof excludes it."""

from __future__ import annotations

from random import Random

import pytest

from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.limits import Strategy
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.diagnostic import InvalidQueryError
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_document import matches

START = 1_704_067_200_000
SCHEMA = schema_from({"d": {"type": "double"}, "e": {"type": "double"}, "n": {"type": "long"}})
VALUES = (0.1, 0.2, 0.3, 1.0, 1.5, 2.0, 3.0, 7.0, 10.0, 1e16, 1e-9, -2.5, 5e-324, 1.7e308, 0.30000000000000004)


def term(rng: Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(("d", "e", "n", repr(rng.choice(VALUES)), str(rng.randint(-3, 9))))
    return f"({term(rng, depth - 1)} {rng.choice('+-*/%')} {term(rng, depth - 1)})"


def holds(condition: str, document: dict[str, float]) -> bool:
    try:
        return matches(compile_query(f"any where {condition}", SCHEMA, START, "eql").program.steps[0].formula, document)
    except InvalidQueryError:  # a number that is too large
        return False


@pytest.mark.parametrize("seed", range(60))
def test_no_proof_excludes_a_document_that_matches(seed: int) -> None:
    rng = Random(seed)
    document = {"d": rng.choice(VALUES), "e": rng.choice(VALUES), "n": rng.randint(-5, 50)}
    known = f"d == {document['d']!r} and e == {document['e']!r} and n == {document['n']}"
    conditions = []
    for _ in range(2):
        condition = f"{term(rng, 2)} {rng.choice(('==', '<', '<=', '>', '>='))} {term(rng, 1)}"
        # One of them holds, unless a constant part of the condition is null.
        conditions += [form for form in (condition, f"not ({condition})") if holds(form, document)]
    # With the values known, and with two of them left open.
    for query in (
        f"any where {known} and {' and '.join(conditions or ['true'])}",
        f"any where {' and '.join(conditions or ['true'])} and n == {document['n']}",
    ):
        program = compile_query(query, SCHEMA, START, "eql").program
        assert matches(program.steps[0].formula, document)
        assert solve(program, "seed", START, strategy=Strategy("whole", findings=False)).status != "unsatisfiable", query


@pytest.mark.parametrize(
    "condition",
    [
        "d / 2 == 1 and d != 2",
        "d + 1 > 3 and d < 1",
        "d - d > 1",
        "d * d < -1",
        "d * 3 == 0.9 and d > 5",
        "d / 3 > 2 and d < 3",
        "d % 2 > 2",
        "d * 4 == e and e / 4 != d and d > 1 and d < 100",
        "n / 2.0 == 1.5 and n != 3",
    ],
)
def test_contradictions(condition: str) -> None:
    program = compile_query(f"any where {condition}", SCHEMA, START, "eql").program
    assert solve(program, "seed", START).status == "unsatisfiable"
