"""Small decisions of what decides, generates and explains, each of which a change of one operator would turn around."""

from __future__ import annotations

from random import Random

import pytest

from triggerfish.backends.decide import solve_program
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.inversion.conditions import bounds_of
from triggerfish.backends.generate.nested_objects import draw_entry
from triggerfish.backends.generate.sampler import Sampler
from triggerfish.backends.generate.walk import Goal, Walk
from triggerfish.backends.limits import Strategy
from triggerfish.backends.match.why import why
from triggerfish.backends.report.caret_text import render
from triggerfish.backends.report.explain.text import render_explanation
from triggerfish.backends.values.draw import CompiledTests, Drawer
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.checks.checked_query import CheckedQuery
from triggerfish.compiler.diagnostics.checks.table import read_findings
from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, Severity
from triggerfish.compiler.ir.formula import Apply, Constant, FieldTerm
from triggerfish.compiler.ir.program import Program
from triggerfish.compiler.normal_form.nnf import normalise
from triggerfish.compiler.schema.built_in import built_in_schema
from triggerfish.compiler.semantics.document import flatten

START = 1_700_000_000_000


def program(query: str, language: str | None = None) -> Program:
    return compile_query(query, built_in_schema(), START, language or ("eql" if " where " in query else "kuery")).program


@pytest.mark.parametrize(
    "query",
    [
        # A letter in capitals is one of a pattern that ignores case.
        'process where process.name : "abc" and process.name == "ABC"',
        # The last of two closing texts ends what lies between, if that is asked for.
        'process where between(process.command_line, "a", "b", true) == "xbx"',
    ],
)
def test_one_formula_for_z3_is_satisfiable(query: str) -> None:
    assert solve(program(query), "seed", START, strategy=Strategy("whole", findings=False)).status == "ok"


def test_a_pair_that_a_model_contradicts_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two conditions that are said to exclude each other, and do not: nothing is proved."""
    compiled = program("process.pid > 4 and process.pid > 5")
    (goal,) = Sampler(compiled, START).goals()
    core = tuple((0, literal) for literal in goal.normal.args)  # type: ignore[union-attr]
    monkeypatch.setattr(solve_program, "plain_cores", lambda drawer, goals: [core])
    monkeypatch.setattr(Sampler, "propose", lambda self, *args, **kwargs: None)
    monkeypatch.setattr(Sampler, "walk_succeeds", lambda self, *args, **kwargs: False)
    solution = solve(compiled, "seed", START)
    assert solution.status == "unknown"
    assert "disagreement" in {finding.code for finding in solution.findings}


def test_a_walk_ends_when_its_budget_is_spent() -> None:
    free = " and ".join(f"(labels.f{n}: a or labels.g{n}: b)" for n in range(12))
    clauses = f"{free} and (process.pid: 1 or process.parent.pid: 1) and (process.pid: 2 or process.parent.pid: 2)"
    clauses += " and (process.pid: 3 or process.parent.pid: 3)"
    formula = program(clauses).steps[0].formula
    drawer = Drawer(CompiledTests(), Random(1), START, draw_entry)
    walk = Walk(drawer, lambda event, field: (event, field), strict=False, budget=50)
    assert walk.run([Goal(0, normalise(formula))], {}) is None
    assert -200 < walk.budget <= 0


@pytest.mark.parametrize(
    ("operator", "holds", "is_value"), [("==", True, True), ("!=", True, False), ("==", False, False), ("!=", False, True)]
)
def test_what_a_comparison_with_a_constant_requires_of_a_function(operator: str, holds: bool, is_value: bool) -> None:
    spec = built_in_schema().lookup("user.name")
    assert spec is not None
    function = Apply("length", (FieldTerm(spec),))
    found = bounds_of(Apply(operator, (function, Constant(3))), holds)
    assert found is not None
    constraint = found[1]
    assert bool(constraint.wanted) is is_value and bool(constraint.unwanted) is not is_value


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ('process where process.name : "/usr/bin/x"', "/usr/bin/x"),
        ('process where process.name : "C:\\\\x.exe"', "C:\\\\x.exe"),
        ('process where process.name : "folder\\\\x.exe"', "folder\\\\x.exe"),
        ('process where process.name : "x.exe"', None),
    ],
)
def test_a_path_of_any_system_in_a_name(query: str, value: str | None) -> None:
    compilation = compile_query(query, built_in_schema(), START, "eql")
    checked = CheckedQuery(compilation.program, built_in_schema(), "eql", compilation.tree)
    found = [finding for finding in read_findings(checked) if finding.code == "path-in-name"]
    places = [query[finding.spans[0].start : finding.spans[0].end].strip('"') for finding in found]
    assert places == ([] if value is None else [value])


def test_an_anchor_is_named_at_its_place() -> None:
    query = 'process where process.name regex "^ab$"'
    compilation = compile_query(query, built_in_schema(), START, "eql")
    checked = CheckedQuery(compilation.program, built_in_schema(), "eql", compilation.tree)
    spans = [span for finding in read_findings(checked) if finding.code == "foreign-syntax" for span in finding.spans]
    assert [(query[span.start : span.end], span.start) for span in spans] == [("^", query.index("^")), ("$", query.index("$"))]


def test_why_shows_a_negated_condition_as_it_is_written() -> None:
    query = 'process where user.name != "root" and process.pid == 4'
    formula = program(query).steps[0].formula
    shown = why(formula, flatten({"event": {"category": "process"}, "user": {"name": "root"}, "process": {"pid": 4}}))
    lines = {query[line.span.start : line.span.end]: (line.words, line.mark.value) for line in shown.lines if line.span.end}
    assert lines['user.name != "root"'] == ("", "false")


@pytest.mark.parametrize("length", [999, 1000, 1001])
def test_a_message_is_shortened_beyond_its_limit(length: int) -> None:
    text = render(Diagnostic("syntax", Severity.ERROR, "x" * length, ()), None, "rule.toml")
    assert ("…" in text) is (length > 1000)


def test_an_explanation_is_no_wider_than_asked(tmp_path: object) -> None:
    from triggerfish.api.run.compile_one import compile_source
    from triggerfish.api.run.inputs import BareQuery
    from triggerfish.api.run.options import CompileOptions

    names = " or ".join(f"program-{number:04}.exe" for number in range(60))
    options = CompileOptions(built_in_schema(), START, explain=True, format="none")
    result = compile_source(BareQuery(f"process.name: ({names}) and process.pid > 4"), options)
    for width in (80, 100, 120):
        below = render_explanation(result, width).splitlines()
        assert all(len(line) <= width for line in below if "program-" in line and "-->" not in line and "|" not in line)
