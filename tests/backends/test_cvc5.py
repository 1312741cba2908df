"""cvc5 and Z3 give the same answers, and files that both read."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from hypothesis import event, given, settings

from compile_rule import main
from formulas import formulas
from triggerfish.backends.decide.export_smtlib import emit_smt2, safe_name
from triggerfish.backends.decide.problem import Problem
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.backends.solver.query import Decision, Outcome, SolverQuery
from triggerfish.backends.solver_process.client import SolverClient, disagreement, shared_client
from triggerfish.backends.z3.decide import decide as decide_with_z3
from triggerfish.backends.z3.smtlib import script
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.formula import Formula
from triggerfish.compiler.ir.program import Program
from triggerfish.compiler.normal_form.nnf import normalise
from triggerfish.compiler.schema.fields import ecs_schema

cvc5 = pytest.importorskip("cvc5")

START = 1_700_000_000_000
QUERIES = [
    ('process where process.name : ("a*", "?b*") and process.pid > 4 and process.args : "x"', "ok"),
    ('process where process.name == "C:\\\\Users\\\\udead" and user.name regex "[a-z]{2,3}"', "ok"),
    ("process.name: a and process.name: b", "unsatisfiable"),
    ("destination.port < 1024 and destination.port > 1024 and process.name: a*", "unsatisfiable"),
    ("@timestamp > 2020-01-01 and source.ip: 10.0.0.0/8", "ok"),
    ('sequence by user.id [process where user.id == "a"] [process where user.id : "b*"]', "unsatisfiable"),
]


def program_of(query: str) -> Program:
    return compile_query(query, ecs_schema(), START).program


@pytest.mark.parametrize(("query", "status"), QUERIES)
@pytest.mark.parametrize("solver", ["propose", "whole", "cvc5"])
def test_all_solvers_decide_alike(query: str, status: str, solver: str) -> None:
    solution = solve(program_of(query), "seed", START, strategy=Strategy(solver))
    assert solution.status == status
    if solution.sampler is not None:
        assert solution.sampler.draw(Random(0)) is not None


@pytest.mark.parametrize(("query", "status"), QUERIES)
def test_cross_checking_finds_no_disagreement(query: str, status: str) -> None:
    solution = solve(program_of(query), "seed", START, strategy=Strategy(cross_check=True))
    assert solution.status == status
    assert "disagreement" not in {finding.code for finding in solution.findings}


@pytest.mark.parametrize(("truth", "lie"), [("a: 1 and a: 2 and a: *", Outcome.SATISFIABLE), ("process.name: a", Outcome.UNSATISFIABLE)])
def test_a_disagreement_is_an_error_of_ours(truth: str, lie: Outcome) -> None:
    class Liar(SolverClient):
        def ask(self, solver: str, question: SolverQuery, seconds: float) -> Decision:
            told = super().ask(solver, question, seconds)
            return Decision(lie, cores=((0,),)) if solver == "cvc5" else told

    client = Liar()
    query = "process.name: a and process.name: b" if lie is Outcome.SATISFIABLE else truth
    try:
        solution = solve(program_of(query), "seed", START, strategy=Strategy(cross_check=True), client=client)
    finally:
        client.close()
    assert solution.status == "unknown"
    assert "disagreement" in {finding.code for finding in solution.findings}


@settings(max_examples=60, deadline=None)
@given(formulas)
def test_z3_and_cvc5_agree_on_random_formulas(formula: Formula) -> None:
    question = SolverQuery(((0, normalise(formula)),), timeout=3_000)
    *_, first = decide_with_z3(question)
    second = shared_client(2048).ask("cvc5", question, 10)
    event(f"{first.outcome}, {second.outcome}")
    assert not disagreement(first, second)


@pytest.mark.parametrize(("query", "status"), QUERIES)
def test_files_are_read_by_both_and_mean_the_same(query: str, status: str, tmp_path: Path) -> None:
    z3 = pytest.importorskip("z3")
    (path,) = emit_smt2([program_of(query)], "rule", tmp_path, Limits())
    text = path.read_text(encoding="utf-8")
    solver = z3.Solver(ctx=z3.Context())
    solver.from_string(text)
    assert str(solver.check()) == ("sat" if status == "ok" else "unsat")
    terms = cvc5.TermManager()
    other = cvc5.Solver(terms)
    other.setOption("strings-exp", "true")
    symbols = cvc5.SymbolManager(terms)
    parser = cvc5.InputParser(other, symbols)
    parser.setFileInput(cvc5.InputLanguage.SMT_LIB_2_6, str(path))
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said += command.invoke(other, symbols)
    assert said.strip() == ("sat" if status == "ok" else "unsat")


@pytest.mark.parametrize("solver", ["propose", "whole", "cvc5"])
def test_the_command_takes_a_solver_and_writes_files(solver: str, tmp_path: Path) -> None:
    options = ["--query", "process.name: a* and process.pid > 4", "--solver", solver, "--cross-check", "--emit-smt2", str(tmp_path / "new")]
    result = CliRunner().invoke(main, [*options, "--timeout", "60", "--memory", "1024"])
    assert result.exit_code == 0, result.output
    (path,) = (tmp_path / "new").iterdir()
    assert path.suffix == ".smt2"


@pytest.mark.parametrize("wrong", [["--timeout", "0"], ["--memory", "1"], ["--solver", "other"]])
def test_the_command_refuses_what_cannot_be_meant(wrong: list[str]) -> None:
    assert CliRunner().invoke(main, ["--query", "a: 1", *wrong]).exit_code == 2


def test_the_files_hold_every_literal() -> None:
    problem = Problem(program_of(QUERIES[0][0]), "s", START, Limits(), Strategy(), shared_client(2048))
    made = script(problem.question(problem.sampler.goals()))
    assert made.whole
    assert len(made.assumptions) == len(problem.question(problem.sampler.goals()).literals())


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "nul\0", "é" * 300, "-rf", "C:x", " "])
def test_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (path,) = emit_smt2([program_of("process.name: a")], name, inside, Limits())
    assert path.resolve().parent == inside.resolve()
    assert [each.name for each in tmp_path.iterdir()] == ["inside"]


def test_different_names_give_different_files() -> None:
    names = ["a", "a/", "a_", "a b", "A", "é", "è", ""]
    assert len({safe_name(name) for name in names}) == len(names)
