"""Solving: what is said to match does, what is said to be impossible is, and cores are minimal."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import event, example, given, settings

from formulas import FIELDS, formulas
from triggerfish.backends.decide.solve_program import Solution, solve
from triggerfish.backends.solver.query import Decision, Outcome, SolverQuery
from triggerfish.backends.values.strings import draw_string
from triggerfish.backends.z3.decide import decide
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.formula import And, Atom, Formula, Lexical, PhraseMatch
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.normal_form.nnf import Conj, Disj, Lit, Normal, normalise
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.compiler.semantics.match_group import GroupMatcher
from triggerfish.compiler.values.patterns import exact
from triggerfish.compiler.values.sets import Phrase

START = 1_700_000_000_000


def program_of(formula: Formula) -> Program:
    return Program(ShapeKind.EVENT, (Step(formula),), "")


def solved(query: str) -> tuple[Program, Solution]:
    program = compile_query(query, ecs_schema(), START).program
    return program, solve(program, "seed", START)


def asked(*normals: Normal) -> Decision:
    *_, last = decide(question_of(*normals))
    return last


def question_of(*normals: Normal, cores: int = 1) -> SolverQuery:
    return SolverQuery(tuple((0, normal) for normal in normals), seed=1, cores=cores)


@settings(max_examples=300, deadline=None)
@given(formulas)
@example(And((Atom(FIELDS[0], Lexical("?", "?a", True, True)), Atom(FIELDS[-1], PhraseMatch((Phrase((exact("ab"),)),))))))
def test_every_formula_is_decided_and_rightly(formula: Formula) -> None:
    solution = solve(program_of(formula), "seed", START)
    event(solution.status)
    decision = asked(normalise(formula))
    match solution.status:
        case "ok":
            assert decision.outcome is not Outcome.UNSATISFIABLE
            assert solution.sampler is not None
            for number in range(3):
                group = solution.sampler.draw(Random(number), number)
                assert group is not None
                assert matches(formula, group[0])
        case "unsatisfiable":
            assert decision.outcome is Outcome.UNSATISFIABLE
        case _:
            pytest.fail(f"undecided: {solution.findings}")


@settings(max_examples=200, deadline=None)
@given(formulas, formulas)
def test_dropping_any_literal_of_a_core_makes_it_satisfiable(left: Formula, right: Formula) -> None:
    normal = normalise(And((left, right)))
    question = question_of(normal, cores=10)
    *_, decision = decide(question)
    event(decision.outcome)
    event(f"{len(decision.cores)} cores")
    literals = [literal for _, literal in question.literals()]
    for core in decision.cores if decision.minimal else ():
        places = {literals[number].place for number in core}
        assert asked(keeping(normal, places)).outcome is Outcome.UNSATISFIABLE
        for dropped in places:
            assert asked(keeping(normal, places - {dropped})).outcome is not Outcome.UNSATISFIABLE
    assert len(set(decision.cores)) == len(decision.cores)


def keeping(normal: Normal, places: set[int]) -> Normal:
    """The normal form with all other literals dropped, which is to say true."""
    match normal:
        case Conj(args):
            return Conj(tuple(keeping(arg, places) for arg in args))
        case Disj(args):
            return Disj(tuple(keeping(arg, places) for arg in args))
        case Lit(_, _, place):
            return normal if place in places else Conj(())
    raise AssertionError(normal)


@pytest.mark.parametrize(
    ("query", "core"),
    [
        ("destination.port < 1024 and destination.port > 1024", ["destination.port < 1024", "destination.port > 1024"]),
        ("process.name: a* and host.name: x and not process.name: *", ["process.name: a*", "process.name: *"]),
        ('process where process.name == "a" and user.name == "u" and process.name == "b"', ['process.name == "a"', 'process.name == "b"']),
        (
            'process where process.pid == process.parent.pid and process.pid > 5 and process.parent.pid < 3 and user.name != "x"',
            ["process.pid == process.parent.pid", "process.pid > 5", "process.parent.pid < 3"],
        ),
        (
            "source.ip: 10.0.0.0/8 and (source.ip: 192.168.0.0/16 or source.ip: 11.0.0.0/8)",
            ["source.ip: 10.0.0.0/8", "source.ip: 192.168.0.0/16 or source.ip: 11.0.0.0/8"],
        ),
        (
            'sequence by process.name [process where process.name == "a"] [process where process.name == "b"]',
            ['process.name == "a"', 'process.name == "b"'],
        ),
        (
            'process where length(process.name) > 5 and process.name in ("a", "bcd")',
            ["length(process.name) > 5", 'process.name in ("a", "bcd")'],
        ),
    ],
)
def test_a_contradiction_is_proved_with_its_places(query: str, core: list[str]) -> None:
    program, solution = solved(query)
    assert solution.status == "unsatisfiable"
    (finding,) = solution.findings
    assert [program.text[span.start : span.end] for span in finding.spans] == core


@pytest.mark.parametrize(
    ("query", "dead"),
    [
        ("destination.port < 1024 and (destination.port > 512 or destination.port > 1024)", ["destination.port > 1024"]),
        ('process where process.name : "*.exe" and process.name : ("a.exe", "b.dll", "c*", "d?")', ['"b.dll"', '"d?"']),
        (
            'process where (process.name == "a" and (user.name == "x" or process.name == "b")) or process.name == "c"',
            ['process.name == "b"'],
        ),
        ("process.name: (a or b) and not process.name: b", ["b"]),
    ],
)
def test_alternatives_that_nothing_can_take_are_found(query: str, dead: list[str]) -> None:
    program, solution = solved(query)
    assert solution.status == "ok"
    assert [program.text[finding.spans[0].start : finding.spans[0].end] for finding in solution.findings] == dead
    judge = GroupMatcher(program)
    assert solution.sampler is not None
    for number in range(20):
        group = solution.sampler.draw(Random(number), number)
        assert group is not None
        assert judge.accepts(group)


@pytest.mark.parametrize(
    "query",
    [
        " and ".join(
            f"process.command_line: *{word}*"
            for word in ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet"]
        ),
        "process.name: ("
        + " or ".join(f"n{number}*" for number in range(300))
        + ") and not process.name: ("
        + " or ".join(f"*{n}x" for n in range(10))
        + ")",
        "process.name: *foo*bar*baz* and not process.name: *foo*ba?z*",
    ],
)
def test_hard_patterns_are_met(query: str) -> None:
    _, solution = solved(query)
    assert solution.status == "ok"
    assert solution.questions == 0


@pytest.mark.parametrize(("low", "high"), [("8.10.0", "8.9.0"), ("abc", "abd"), ("\U0010ffff", None), ("b", "c")])
def test_a_text_between_two_bounds_needs_no_solver(low: str, high: str | None) -> None:
    bounds = Lexical(low, high, True, True)
    text = draw_string([bounds], [], lambda each: low < each and (high is None or each < high), Random(1))
    assert text is not None and low < text and (high is None or text < high)


def test_every_alternative_is_taken_by_the_cover() -> None:
    _, solution = solved('process where process.name in ("a", "b") and (user.name == "x" or (user.id == "y" and user.name == "z"))')
    assert solution.sampler is not None
    documents = [document for group in solution.sampler.cover("seed") for document in group]
    assert {document["process"]["name"] for document in documents} == {"a", "b"}
    assert {document["user"]["name"] for document in documents} == {"x", "z"}


def test_the_same_seed_gives_the_same_documents() -> None:
    query = 'process where process.name : ("*.exe", "*.dll") and not user.name : "a*" and process.pid > 4'
    first, second = (solved(query)[1].sampler for _ in range(2))
    assert first is not None and second is not None
    assert [first.draw(Random(f"{n}"), n) for n in range(20)] == [second.draw(Random(f"{n}"), n) for n in range(20)]
