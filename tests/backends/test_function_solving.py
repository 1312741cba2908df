"""Functions are solved: documents for conditions on them, many and different, and proofs where there are none."""

from __future__ import annotations

import os
from random import Random

import pytest
from function_constraints import ARGUMENTS, constraints
from hypothesis import given, settings

from triggerfish.backends.decide.solve_program import Solution, solve
from triggerfish.backends.generate.inversion.conditions import CONDITIONS
from triggerfish.backends.generate.inversion.inverter import INVERSIONS
from triggerfish.backends.z3.decide import holds
from triggerfish.backends.z3.encode_terms import ENCODINGS, SPECIAL
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.program import Program
from triggerfish.compiler.normal_form.nnf import normalise
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, matches
from triggerfish.compiler.values.functions import BY_LOWER_NAME, FUNCTIONS, ArgumentType
from triggerfish.compiler.values.kinds import number_of

START = 1_704_067_200_000
CONSTRAINTS = int(os.environ.get("TRIGGERFISH_CONSTRAINTS", "15"))
"""How many random conditions on each function to solve."""

EXAMPLES = [
    "length(process.name) > 60",
    "user.risk.calculated_score % 2 > 1",
    "not stringContains(user.name, user.id) and startsWith(user.name, user.id)",
    'substring(file.name, 0, 1) == "."',
    'between(process.command_line, "-e ", " ") : "*=="',
    r'concat(user.domain, "\\", user.name) == winlog.user',
    "endsWith(file.path, file.name)",
    "startsWith~(process.executable, process.working_directory)",
    'indexOf(dns.question.name, ".") > 20',
    "number(process.args_count) % 2 == 1",
    "add(source.bytes, destination.bytes) > 1000000",
    'cidrMatch(source.ip, "10.0.0.0/8")',
    'string(process.pid) : "4*"',
    "not stringContains~(process.command_line, user.name)",
    "process.pid != process.parent.pid",
    "process.name == process.parent.name",
    'process.name regex "[a-c]{3}.+&~(abc.*)@"',
    'process.name regex~ "ab(c|d)+<1-9>@"',
    # Nested, and several on one field.
    "length(substring(process.command_line, 3)) == 40",
    'concat(process.name, ":", process.pid) : "svc*:1*"',
    "number(process.title) == process.pid and process.pid > 100",
    'length(between(process.command_line, "<", ">", true)) > 30 and process.command_line : "*cmd*"',
    "process.pid % 4 == 0 and process.pid % 6 == 2 and process.parent.pid == process.pid + 10",
    "source.port < destination.port and destination.port < client.port",
    r'endsWith~(process.executable, concat("\\", process.name)) and process.name : "*.exe"',
    'startsWith(concat(host.name, ".", host.domain), host.hostname)',
    "user.name in~ (process.name, host.name)",
    "multiply(source.bytes, destination.bytes) == 360",
    "length(user.name) == length(host.name)",
    "file.size / 1024 > 500 and file.size % 512 == 0",
    'indexOf(url.path, ".php") == 10 and endsWith(url.path, "x")',
    'indexOf(process.command_line, "powershell", 5) != null',
    'cidrMatch(host.name, "192.168.0.0/16", "10.0.0.0/8")',
    'string(cidrMatch(source.ip, "10.0.0.0/8")) == "false"',
    'concat(source.ip, "") : "10.*"',
    'substring(file.name, -4) in (".exe", ".dll")',
    "subtract(event.end, event.start) > 3600000",
    "length(process.name) == process.args_count",
]


def solved(condition: str) -> tuple[Program, Solution]:
    program = compile_query(f"any where {condition}", ecs_schema(), START, "eql").program
    return program, solve(program, "seed", START)


@pytest.mark.parametrize("condition", EXAMPLES)
def test_many_different_documents(condition: str) -> None:
    program, solution = solved(condition)
    assert solution.sampler is not None, solution.findings
    found = set()
    for seed in range(20):
        group = solution.sampler.draw(Random(seed), seed)
        assert group is not None
        (document,) = group
        assert matches(program.steps[0].formula, document)
        assert matches(program.steps[0].formula, document, Reading.STRICT)
        found.add(repr({name: values for name, values in flatten(document).items() if name != "@timestamp"}))
    assert len(found) >= 10


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_what_was_solved_evaluates_to_what_was_asked(name: str) -> None:
    @settings(max_examples=CONSTRAINTS, deadline=None)
    @given(constraints(name))
    def run(condition: str) -> None:
        program, solution = solved(condition)
        assert solution.sampler is not None, (condition, solution.findings)
        for seed in range(2):
            group = solution.sampler.draw(Random(seed), seed)
            assert group is not None
            assert matches(program.steps[0].formula, group[0]), condition

    run()


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_z3_evaluates_as_the_matcher_does(name: str) -> None:
    """Where Z3 has an encoding, a document that satisfies a condition does so in its opinion too."""

    @settings(max_examples=CONSTRAINTS, deadline=None)
    @given(constraints(name))
    def run(condition: str) -> None:
        program, solution = solved(condition)
        assert solution.sampler is not None
        group = solution.sampler.draw(Random(1), 1)
        assert group is not None
        values = {}
        for field, found in flatten(group[0]).items():
            spec = ecs_schema().lookup(field)
            assert spec is not None
            values[field] = [value if isinstance(value, str) and spec.type.name != "ip" else number_of(spec, value) for value in found]
        assert holds(normalise(program.steps[0].formula), values, 5_000) is not False, condition

    run()


@pytest.mark.parametrize(
    "condition",
    [
        'length(user.name) > 5 and substring(user.name, 3) == ""',
        'number(process.name) > 1 and process.name in ("ab", "cd")',
        "length(process.args) * 0 > 1",
        "stringContains(user.name, user.id) and length(user.id) == 0",
        'length(user.name) == 3 and user.name == "\U0001f600"',
        'substring(user.name, 0, 2) == "ab" and startsWith(user.name, "x")',
        "process.pid == process.parent.pid and process.pid > 5 and process.parent.pid < 3",
        "process.pid % 2 == 0 and process.pid % 2 == 1",
        'concat(user.name, "x") == "y"',
        'string(process.pid) : "a*"',
        'indexOf(user.name, "b") == 0 and substring(user.name, 0, 1) == "a"',
        'startsWith~(user.name, "AB") and substring(user.name, 0, 1) == "c"',
        'number(user.name) > 5 and user.name == "4"',
        'concat(user.name, null) == "x"',
        'user.name regex "a+" and length(user.name) == 2 and substring(user.name, 1) == "b"',
    ],
)
def test_contradictions_are_proved(condition: str) -> None:
    _, solution = solved(condition)
    assert solution.status == "unsatisfiable", solution.findings


def test_every_function_is_declared_solved_and_encoded() -> None:
    """One entry in each table; a function without one would be evaluated only."""
    boolean = {name for name, function in FUNCTIONS.items() if function.result is ArgumentType.BOOLEAN}
    assert set(CONDITIONS) == boolean
    assert set(INVERSIONS) == set(FUNCTIONS) - boolean
    assert set(ENCODINGS) | SPECIAL == set(FUNCTIONS)
    assert not set(ENCODINGS) & SPECIAL
    assert {name.lower() for name in ARGUMENTS} == set(BY_LOWER_NAME)
