"""What is proved without a solver: lengths that do not meet, terms of known values, and reasons that nothing waits for."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.solver.query import Decision, Outcome, SolverQuery
from triggerfish.backends.solver.unsat_cores import refutation
from triggerfish.backends.values.lengths import lengths_of
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.formula import LengthIn, Like, Matches, Test
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.values.functions import utf16_length
from triggerfish.compiler.values.patterns import compile_patterns, from_eql
from triggerfish.compiler.values.regexp import accepts
from triggerfish.compiler.values.regexp_parser import parse_regexp
from triggerfish.compiler.values.sets import Interval

SCHEMA = schema_from({"k": {"type": "keyword"}, "n": {"type": "long"}, "ip": {"type": "ip"}})


@pytest.mark.parametrize(
    ("test", "least", "most"),
    [
        (Like((from_eql("ab?c", False),)), 4, 5),
        (Like((from_eql("ab*", False), from_eql("x", False))), 1, None),
        (Like((from_eql("\U0001f600", False),)), 2, 2),
        (Matches((parse_regexp("[a-c]{3}(xy)?"),)), 3, 5),
        (Matches((parse_regexp("a|bcd|.."),)), 1, 4),
        (Matches((parse_regexp("a{2,4}b"),)), 3, 5),
        (Matches((parse_regexp("a.*"),)), 1, None),
        (Matches((parse_regexp("(ab|c)&.."),)), 2, 2),
        (Matches((parse_regexp("~(abc)"),)), 0, None),
        (LengthIn(Interval(3, None)), 3, None),
    ],
)
def test_lengths(test: Test, least: int, most: int | None) -> None:
    assert lengths_of(test) == (least, most)


@pytest.mark.parametrize("text", ["", "a", "ab", "abc", "abcx", "abxy", "cccxy", "aab", "aaaab", "\U0001f600", "a\U0001f600"])
@pytest.mark.parametrize("expression", ["[a-c]{3}(xy)?", "a|bcd|..", "a{2,4}b", "a.*", "(ab|c)&..", "~(abc)", "."])
def test_no_text_is_longer_or_shorter_than_its_expression_allows(expression: str, text: str) -> None:
    regexp = parse_regexp(expression)
    least, most = lengths_of(Matches((regexp,)))
    if accepts(regexp.node, text):
        assert least <= utf16_length(text) and (most is None or utf16_length(text) <= most)


@pytest.mark.parametrize(
    "condition",
    [
        'k regex ".{255}" and length(k) < 255',
        'k like "a?b" and length(k) >= 4000',
        'number(k, 16) == 10 and k == "b"',
        'number(k) > 1 and k in ("ab", "cd")',
        'k == "11.1.1.1" and cidrMatch(k, "10.0.0.0/8")',
        'n in (1, 2, 3) and k == "b" and n + length(k) > 4',
        'ip == "10.0.0.1" and string(ip) != "10.0.0.1"',
    ],
)
def test_no_solver_is_asked(condition: str) -> None:
    solution = solve(compile_query(f"any where {condition}", SCHEMA, 0, "eql").program, "seed", 0)
    assert (solution.status, solution.questions) == ("unsatisfiable", 0)
    assert [finding.code for finding in solution.findings] == ["unsatisfiable"]


def test_a_keyword_holds_no_longer_text_than_it_indexes() -> None:
    solution = solve(compile_query("any where length(k) > 40000", SCHEMA, 0, "eql").program, "seed", 0)
    (finding,) = solution.findings
    assert finding.notes == ("k: `length(k) > 40000` requires a longer text than the type keyword indexes",)


def test_further_reasons_are_still_looked_for() -> None:
    query = 'any where n > 3 and n < 2 and n % 5 == 7 and k == "a"'
    solution = solve(compile_query(query, SCHEMA, 0, "eql").program, "seed", 0)
    assert len([finding for finding in solution.findings if finding.code == "unsatisfiable"]) > 1


def test_the_verdict_does_not_wait_for_reasons() -> None:
    asked: list[Sequence[int]] = []

    def check(numbers: Sequence[int], milliseconds: int) -> tuple[Outcome, frozenset[int]]:
        asked.append(numbers)
        return Outcome.SATISFIABLE, frozenset()

    decisions = list(refutation(SolverQuery((), cores=5, patience=0), check, 3, frozenset({0, 1, 2})))
    assert decisions[0] == Decision(Outcome.UNSATISFIABLE, cores=((0, 1, 2),), minimal=False, complete=False)
    assert (decisions[-1].cores, decisions[-1].minimal, decisions[-1].complete, asked) == (((0, 1, 2),), False, False, [])
    (*_, last) = refutation(SolverQuery((), cores=5, patience=60_000), check, 3, frozenset({0, 1, 2}))
    assert last.minimal and last.complete and asked


def test_many_patterns_match_what_each_of_them_does() -> None:
    texts = [f"{first}{middle}{last}" for first in ("", "a", "b?") for middle in ("x1", "X2", "y33") for last in ("", "z", "é")]
    patterns = [f"*x{number}*" for number in range(150)] + [f"a?{number}z" for number in range(100)] + ["*y3?*", "b*é"]
    for fold in (False, True):
        tests = tuple(from_eql(pattern, fold) for pattern in patterns)
        every = compile_patterns(tests)
        assert [every(text) for text in texts] == [any(compile_patterns((test,))(text) for test in tests) for text in texts]
