"""The questions about a rule: how many are asked, and whether all of one is encoded."""

from __future__ import annotations

import pytest

from triggerfish.backends.decide.pairwise_cores import plain_cores
from triggerfish.backends.decide.problem import Problem
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.backends.solver.query import Outcome
from triggerfish.backends.solver_process.client import shared_client
from triggerfish.backends.z3.smtlib import script
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.schema.fields import ecs_schema


def problem(query: str, limits: Limits | None = None) -> Problem:
    return Problem(compile_query(query, ecs_schema(), 0).program, "s", 0, limits or Limits(), Strategy(), shared_client(2048))


def test_parts_of_a_rule_are_asked_about_so_many_times_at_most() -> None:
    asked = problem("any where process.pid == 1", Limits(questions=2))
    question = asked.question(asked.sampler.goals())
    answers = [asked.ask_about_part(question) for _ in range(3)]
    assert [answer.outcome for answer in answers] == [Outcome.SATISFIABLE, Outcome.SATISFIABLE, Outcome.UNKNOWN]
    assert asked.questions == 2


@pytest.mark.parametrize(
    ("query", "whole"),
    [
        ("any where process.pid == 1", True),
        ('any where between(user.name, "a", "b", true) == "x"', True),
        ("any where number(user.name, 16) == 5", False),
        ('any where concat(user.name, host.cpu.usage) == "a0.5"', False),
    ],
)
def test_a_script_says_whether_it_holds_all_of_the_question(query: str, whole: bool) -> None:
    asked = problem(query)
    assert script(asked.question(asked.sampler.goals())).whole is whole


@pytest.mark.parametrize(
    ("query", "cores"),
    [
        ('any where user.name : "a*" and user.name : "*b"', 0),
        ('any where user.name == "a" and user.name == "b"', 1),
        ('any where user.name == "a" and user.name : "b*" and user.name in ("c", "d")', 3),
        ('any where user.name in ("a", "b") and user.name in ("b", "c")', 0),
        ('any where user.name == "a" and not user.name : "a*"', 1),
        ('any where user.name == "a" and not user.name : "b*"', 0),
        ("any where user.name == null and user.name == null", 0),
        ('any where user.name == null and user.name : "a*"', 1),
        ('any where process.args == "a" and process.args == "b"', 0),
    ],
)
def test_contradictions_of_pairs(query: str, cores: int) -> None:
    asked = problem(query)
    assert len(plain_cores(asked.sampler.drawer, asked.sampler.goals())) == cores


@pytest.mark.parametrize("number", ["0", "7", "-7"])
def test_numbers_as_texts_in_z3(number: str) -> None:
    program = compile_query(f'any where string(process.pid) == "{number}"', ecs_schema(), 0).program
    solution = solve(program, "s", 0, strategy=Strategy(solver="whole"))
    assert solution.status == "ok"
