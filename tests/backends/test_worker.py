"""Solvers in a process of their own: limits hold, crashes and kills cost one question, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import BareQuery
from triggerfish.api.run.options import CompileOptions
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.limits import Deadline, Limits, Strategy, TimeUpError
from triggerfish.backends.solver.query import Outcome, SolverQuery
from triggerfish.backends.solver_process.client import SolverClient, shared_client
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.formula import Atom, Like
from triggerfish.compiler.normal_form.nnf import Lit, normalise
from triggerfish.compiler.schema.field_types import KEYWORD
from triggerfish.compiler.schema.fields import FieldSpec, ecs_schema
from triggerfish.compiler.values.patterns import exact

START = 1_700_000_000_000
EASY = 'process where process.name == "a" and process.name == "b"'


@pytest.fixture
def client() -> Iterator[SolverClient]:
    made = SolverClient()
    yield made
    made.close()


def question(query: str) -> SolverQuery:
    program = compile_query(query, ecs_schema(), START).program
    return SolverQuery(((0, normalise(program.steps[0].formula)),), seed=1, timeout=600_000)


def test_a_question_is_answered_by_another_process(client: SolverClient) -> None:
    assert client.pid is None
    decision = client.ask("z3", question(EASY), 60)
    assert decision.outcome is Outcome.UNSATISFIABLE
    assert decision.cores == ((0, 1),)
    assert client.pid not in (None, os.getpid())


def test_one_process_answers_many_questions(client: SolverClient) -> None:
    client.ask("z3", question(EASY), 60)
    first = client.pid
    assert client.ask("z3", question('process where process.name == "a"'), 60).outcome is Outcome.SATISFIABLE
    assert client.pid == first


@pytest.mark.skipif(sys.platform == "win32", reason="processes end otherwise there")
@pytest.mark.parametrize("ended_by", [signal.SIGSEGV, signal.SIGKILL])
def test_a_crash_is_named_and_costs_one_question(client: SolverClient, ended_by: signal.Signals) -> None:
    client.ask("z3", question(EASY), 60)
    pid = client.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    Timer(0.2, lambda: (os.kill(pid, ended_by), os.kill(pid, signal.SIGCONT) if ended_by is signal.SIGSEGV else None)).start()
    decision = client.ask("z3", question(EASY), 60)
    assert decision.outcome is Outcome.UNKNOWN
    assert ended_by.name in decision.reason
    assert client.ask("z3", question(EASY), 60).outcome is Outcome.UNSATISFIABLE
    assert client.pid != pid


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be stopped there")
def test_what_takes_too_long_is_killed(client: SolverClient) -> None:
    client.ask("z3", question(EASY), 60)
    pid = client.pid
    assert pid is not None
    # A solver that does not heed its own limit.
    os.kill(pid, signal.SIGSTOP)
    decision = client.ask("z3", question(EASY), 0.3)
    assert decision.outcome is Outcome.UNKNOWN
    assert decision.reason == "timed out after 0.3 s"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert client.ask("z3", question(EASY), 60).outcome is Outcome.UNSATISFIABLE


@pytest.mark.skipif(sys.platform != "linux", reason="only there does the limit on memory hold for certain")
def test_what_takes_too_much_memory_is_ended() -> None:
    client = SolverClient(memory=400)
    listed = Like(tuple(exact(f"{number:x}" * 8) for number in range(400_000)))
    wide = SolverQuery(((0, Lit(Atom(FieldSpec("name", KEYWORD), listed), True, 0)),))
    try:
        decision = client.ask("z3", wide, 300)
        assert decision.outcome is Outcome.UNKNOWN
        assert decision.reason == "the memory limit of 400 MiB ended it"
        assert client.ask("z3", question(EASY), 60).outcome is Outcome.UNSATISFIABLE
    finally:
        client.close()


def test_no_time_is_no_answer(client: SolverClient) -> None:
    assert client.ask("z3", question(EASY), 0).reason == "no time was left"
    assert client.pid is None


def test_a_solver_that_is_not_there_is_no_crash(client: SolverClient) -> None:
    decision = client.ask("no such solver", question(EASY), 60)
    assert decision.outcome is Outcome.UNKNOWN
    assert "no such solver" in decision.reason


def test_without_a_process_the_question_is_answered_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    client = SolverClient()
    assert client.ask("z3", question(EASY), 60).outcome is Outcome.UNSATISFIABLE
    assert client.pid is None


def test_the_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    code = """
import os, sys
from triggerfish.backends.solver_process.client import shared_client
from triggerfish.backends.solver.query import SolverQuery
judge = shared_client(2048)
judge.ask("z3", SolverQuery(()), 60)
print(judge.pid, flush=True)
os._exit(1)
"""
    script = tmp_path / "unguarded.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("it still runs")


@pytest.mark.parametrize("how", ["script", "command", "standard input"])
def test_scripts_need_no_guard(tmp_path: Path, how: str) -> None:
    code = """
from triggerfish import SourceEvents, UnsolvableError
try:
    SourceEvents.from_query("process.name: a and not process.name: *")
except UnsolvableError as error:
    print(error)
"""
    script = tmp_path / "unguarded.py"
    script.write_text(code)
    arguments = {"script": [str(script)], "command": ["-c", code], "standard input": ["-"]}[how]
    done = subprocess.run([sys.executable, *arguments], input=code, capture_output=True, text=True, check=True)
    assert done.stdout == "Unsolvable constraints: process.name (cannot be both present and missing)\n"


def test_a_deadline_ends_proposals() -> None:
    deadline = Deadline(0)
    time.sleep(0.01)
    with pytest.raises(TimeUpError):
        deadline.check()
    program = compile_query(EASY, ecs_schema(), START).program
    solution = solve(program, "seed", START, Limits(timeout=1e-9))
    assert solution.status == "unknown"
    (finding,) = solution.findings
    assert "timed out" in finding.message


def test_one_rule_without_an_answer_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = CompileOptions(ecs_schema(), START, limits=Limits(timeout=1e-9))
    assert compile_source(BareQuery(EASY), settings).status == "unknown"
    assert compile_source(BareQuery(EASY), CompileOptions(ecs_schema(), START)).status == "unsatisfiable"


def test_no_process_is_started_for_rules_that_need_none() -> None:
    code = """
import sys
from triggerfish.backends.solver_process.client import shared_client
from triggerfish import SourceEvents
SourceEvents.from_query('process where process.name : ("a*", "b*") and not user.name == "x"').emit(5)
print(shared_client(2048).pid, "z3" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "None False\n"


def test_strategies_agree() -> None:
    for query, status in ((EASY, "unsatisfiable"), ('process where process.name : "a*" and process.pid > 4', "ok")):
        program = compile_query(query, ecs_schema(), START).program
        for strategy in (Strategy(), Strategy("whole")):
            assert solve(program, "seed", START, strategy=strategy).status == status
    assert shared_client(2048) is shared_client(2048)
