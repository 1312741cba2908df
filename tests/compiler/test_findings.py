"""Findings: each query with what is to be said of it, and queries of which nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import event, example, given, settings

from formulas import FIELDS, formulas
from triggerfish.api.check import check
from triggerfish.backends.decide.solve_program import Strategy, solve
from triggerfish.backends.solver.query import Outcome, SolverQuery
from triggerfish.backends.z3.decide import decide
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.checks.checked_query import CheckedQuery
from triggerfish.compiler.diagnostics.checks.table import read_findings
from triggerfish.compiler.diagnostics.checks.values import unknown_fields
from triggerfish.compiler.diagnostics.codes import FINDING_CODES
from triggerfish.compiler.diagnostics.finding import Example
from triggerfish.compiler.diagnostics.rule_slips import RULE_SLIPS
from triggerfish.compiler.diagnostics.slips import SLIPS
from triggerfish.compiler.diagnostics.warnings import LiteralWildcard, ValueOutside
from triggerfish.compiler.ir.formula import And, Atom, Exists, Formula, Not, Or, Within, entries, with_entries
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.normal_form.alternatives import negated
from triggerfish.compiler.normal_form.nnf import Conj, Disj, Lit, Normal, normalise
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.values.sets import Interval
from triggerfish.grammar.span import Span
from triggerfish.rules import Rule

START = 1_700_000_000_000
DOCS = Path(__file__).resolve().parents[2] / "docs" / "findings.md"

REDUNDANT = "redundant-condition"
OLDER = (LiteralWildcard.code, ValueOutside.code)
FOUND = [
    # (query, [(code, the text it points at)])
    ("process.name: (a* or ab*)", [(REDUNDANT, "ab*")]),
    ("process.name: (ab* or a* or abc)", [(REDUNDANT, "ab*"), (REDUNDANT, "abc")]),
    ("process.name: (a or b or a)", [(REDUNDANT, "a")]),
    ("process.name: a* and not process.name: (ab or b)", [(REDUNDANT, "b")]),
    ("process.name: a* and not process.name: b*", [(REDUNDANT, "process.name: b*")]),
    ("process.name: a and process.name: *", [(REDUNDANT, "process.name: *")]),
    ("process.pid > 4 and process.pid > 2", [(REDUNDANT, "process.pid > 2")]),
    ("process.pid > 4 and not process.pid: 3", [(REDUNDANT, "process.pid: 3")]),
    ("(process.pid > 4 or process.pid > 10) and user.name: x", [(REDUNDANT, "process.pid > 10")]),
    ("user.name: x and (user.name: x or process.name: b)", [(REDUNDANT, "(user.name: x or process.name: b)")]),
    ('process where process.name in~ ("a.exe", "A.EXE", "b.exe")', [(REDUNDANT, '"A.EXE"')]),
    ('process where process.name : "*.exe" and process.name : ("a.exe", "b*")', []),
    ('process where event.category == "process" and process.pid > 1', [(REDUNDANT, 'event.category == "process"')]),
    ("process.name: a or not process.name: a", [("vacuous-rule", "process.name: a or not process.name: a")]),
    ("any where true", [("vacuous-rule", "any where true")]),
    ('process where process.name == "*.exe"', [("literal-wildcard", '"*.exe"')]),
    ('process.name: "*.exe"', [("literal-wildcard", '"*.exe"')]),
    ("process.name: ('cmd.exe' or 'a*' or \"'b'\" or it's)", [("literal-quotes", "'cmd.exe'"), ("literal-quotes", "'a*'")]),
    (r'process.executable: "C:\Windows\*"', [("literal-wildcard", r'"C:\Windows\*"')]),
    (r'process.executable: "C:\\Windows\\*"', [("literal-wildcard", r'"C:\\Windows\\*"')]),
    (r'winlog.event_data.ShareName: "\\\\*\\IPC$"', []),
    (r"process.executable: C\:\\Windows\\\*", []),
    (r"process.name: a\*", []),
    (r'process where process.executable == "C:\\Windows\\*"', [("literal-wildcard", r'"C:\\Windows\\*"')]),
    (r'process where process.executable : "C:\\Windows\\*"', []),
    ("process.name: *.exe", []),
    ('event.outcome: "Success"', [("wrong-case", '"Success"')]),
    ('process where event.outcome : "Success"', []),
    ("event.category: netwrok", [("value-outside", "netwrok")]),
    ("event.category: net*", []),
    ("process.name == cmd.exe", [("test-without-field", "process.name == cmd.exe")]),
    ("user.name: a and not destination.port 443", [("test-without-field", "destination.port 443")]),
    ("cmd.exe or message or name = x", []),
    ("process where process.name : cmd.exe", [("unknown-field", "process.name : cmd.exe")]),
    ("process.naem: a", [("unknown-field", "process.naem: a")]),
    ("process.name: (a or b) and not process.name: b", [("dead-alternative", "b")]),
    ("process.name: (a or b) and user.name: (c or d) and process.pid > 4", []),
    ("not process.name: (a or b) and process.name: *", []),
    ("process.args: a and process.args: b", []),
    ("process.args: (a* and ab*)", [(REDUNDANT, "a*")]),
    ("destination.ip: (10.0.0.0/8 or 10.1.0.0/16)", [(REDUNDANT, "10.1.0.0/16")]),
    ("process where length(process.name) > 3 and length(process.name) > 2", [(REDUNDANT, "length(process.name) > 2")]),
    ('process where child of [process where process.name == "a"]', []),
    ('file where event of [process where process.name == "a" and process.name : "a"]', [(REDUNDANT, 'process.name : "a"')]),
    ('sequence by user.id [process where user.id != null] [process where process.name == "a"]', [(REDUNDANT, "user.id != null")]),
]


def checked(query: str, language: str | None = None) -> CheckedQuery:
    compilation = compile_query(query, ecs_schema(), START, language)
    return CheckedQuery(compilation.program, ecs_schema(), compilation.language, compilation.tree)


def found_in(query: str) -> list[tuple[str, str]]:
    subject = checked(query)
    program = subject.program
    solution = solve(program, "seed", START)
    assert solution.status == "ok"
    findings = (*read_findings(subject), *solution.findings)
    return [(finding.code, program.text[finding.spans[0].start : finding.spans[0].end]) for finding in findings]


@pytest.mark.parametrize(("query", "expected"), FOUND)
def test_what_is_said_of_a_query(query: str, expected: list[tuple[str, str]]) -> None:
    assert found_in(query) == expected


@pytest.mark.parametrize(
    ("query", "severity"),
    [("event.outcome: Success", "warning"), ("event.outcome: (Success or success)", "note"), ("event.type: (started or start)", "note")],
)
def test_a_value_beside_the_usual_one_is_no_more_than_a_note(query: str, severity: str) -> None:
    (finding,) = read_findings(checked(query))
    assert finding.severity == severity


@pytest.mark.parametrize(
    ("query", "severity"),
    [("process.naem: a", "warning"), ("process.pidd > 4", "warning"), ("process.zzz: a", "note"), ("my.name: a", "note")],
)
def test_a_field_that_looks_misspelt_is_warned_of(query: str, severity: str) -> None:
    (finding,) = read_findings(checked(query))
    assert (finding.code, finding.severity) == ("unknown-field", severity)


@pytest.mark.parametrize(
    ("query", "help"),
    [
        ("process.name == cmd.exe", "write `process.name : cmd.exe` to test the field"),
        ("process.name != cmd.exe", "write `not process.name : cmd.exe` to test the field"),
        ("process.name=cmd.exe", "write `process.name : cmd.exe` to test the field"),
        ("destination.port 443", "write `destination.port : 443` to test the field"),
        ("process.name", "write `process.name : *` to test the field"),
        ("process where process.name : cmd.exe", 'write `"cmd.exe"` if it is a value; without quotes it is the name of a field'),
    ],
)
def test_what_to_write_for_a_test_that_is_none(query: str, help: str) -> None:
    (finding,) = read_findings(checked(query))
    assert (finding.severity, finding.help) == ("warning", help)


def test_fields_are_compared_without_a_warning() -> None:
    assert read_findings(checked("process where process.pid == process.parent.pid")) == ()


def test_findings_can_be_left_out() -> None:
    program = compile_query("process.name: (a* or ab*)", ecs_schema(), START).program
    assert solve(program, "seed", START, strategy=Strategy(findings=False)).findings == ()


REASONS = [
    ("destination.port < 1024 and destination.port > 1024", "destination.port: empty solution space, 1025 <= x <= 1023"),
    ("process.name: a and not process.name: a", "process.name: `a` is required and excluded"),
    ("process.name: a and process.name: b", "process.name: single-valued field cannot equal both `a` and `b`"),
    (
        'process where process.name : "*.exe" and not process.name : "*e"',
        'process.name: the pattern `process.name : "*.exe"` is inside the excluded `process.name : "*e"`',
    ),
    (
        'process where process.name : "a*" and process.name == "b"',
        'process.name: `b` is required and does not satisfy `process.name : "a*"`',
    ),
    (
        'process where length(process.name) > 5 and process.name in ("a", "bcd")',
        'process.name: no value of `process.name in ("a", "bcd")` has the length that `length(process.name) > 5` requires',
    ),
    ("source.ip: 10.0.0.1 and source.ip: 192.168.0.0/16", "source.ip: `source.ip: 10.0.0.1` is outside `source.ip: 192.168.0.0/16`"),
    (
        "process.pid > 9223372036854775807",
        "process.pid: `process.pid > 9223372036854775807` is outside the range of the type long, "
        "-9223372036854775808 to 9223372036854775807",
    ),
    ("process.name: a* and not process.name: *", "process.name: cannot be both present and missing"),
    (
        'sequence by user.id [process where user.id == "a"] [process where user.id == "b"]',
        'user.id: join keys cannot be equal: `user.id` of event 1 must satisfy `user.id == "a"`, `user.id` of event 2 must satisfy '
        '`user.id == "b"`: single-valued field cannot equal both `a` and `b`',
    ),
    (
        'sequence by user.id [process where user.name == "x"] [process where true] until [any where user.name == "x"]',
        'user.name: `until` ends the sequence at every event of `user.name == "x"`: not `user.name == "x"`',
    ),
    (
        "sequence by user.id [process where user.name == null] [process where true] until [process where true]",
        "event.category: `until` ends the sequence at every event of `process`: not `process`",
    ),
    ("any where false", "query: `false` is never true"),
    (
        "sequence by user.id [process where true] [file where true] until [any where true]",
        "query: `until` ends the sequence at every event",
    ),
    (
        "sequence by user.id [process where true] [file where true] [any where true] until [file where true]",
        "event.category: `until` ends the sequence at every event of `file`: not `file`",
    ),
    (
        'sequence by ?user.id [process where user.id == null] [process where user.id == "a"]',
        "user.id: join keys cannot be equal: `user.id` of event 1 must satisfy `user.id == null`, `user.id` of event 2 must satisfy "
        '`user.id == "a"`: cannot be both present and missing',
    ),
    (
        'sequence by user.id [process where not user.id != "a"] [process where user.id == "!="]',
        'user.id: join keys cannot be equal: `user.id` of event 1 must satisfy not `user.id != "a"`, `user.id` of event 2 must '
        'satisfy `user.id == "!="`: single-valued field cannot equal both `a` and `!=`',
    ),
    (
        'process where process.name : "?*" and process.name == ""',
        'process.name: `""` is required and does not satisfy `process.name : "?*"`',
    ),
    ("process where process.pid == 1.5", "process.pid: `process.pid == 1.5` requires a value that the type long cannot hold"),
    ("process where length(process.name) == 1.5", "process.name: no event satisfies `length(process.name) == 1.5`"),
    (
        "process where dll.code_signature.trusted and not dll.code_signature.trusted",
        "dll.code_signature.trusted: `dll.code_signature.trusted` is required and excluded",
    ),
    ("process where @timestamp == null", "@timestamp: every event has a timestamp"),
    (
        "process where process.pid / 3 * 3 != process.pid and process.pid % 3 == 0",
        "process.pid: these conditions contradict each other: `process.pid / 3 * 3 != process.pid` and `process.pid % 3 == 0`",
    ),
    ("any where not process.pid != 5 and process.pid != 5", "process.pid: not `process.pid != 5` is required and excluded"),
    (
        'any where user.name : "a*" and user.name : "*b" and process.pid == 1 and process.pid == 2',
        "process.pid: single-valued field cannot equal both `1` and `2`",
    ),
    ('any where user.name : "a*" and not user.name : "a*"', 'user.name: `user.name : "a*"` is required and excluded'),
    ("any where number(user.name, 37) == 5", "user.name: no event satisfies `number(user.name, 37) == 5`"),
    ("any where startsWith(user.name, null)", "query: `startsWith(user.name, null)` is never true"),
    ('any where substring(user.name, null) == "a"', 'query: `substring(user.name, null) == "a"` is never true'),
    ("any where process.pid + null == 1", "query: `process.pid + null == 1` is never true"),
    # A scaled_float is a whole number of thousandths.
    ("host.cpu.usage > 0.9991 and host.cpu.usage < 0.9999", "host.cpu.usage: empty solution space, 1.0 <= x <= 0.999"),
    ("event.risk_score > 2.5 and event.risk_score < 2.5", "event.risk_score: empty solution space, 2.5 < x < 2.5"),
    # What Z3 does not find by itself.
    (
        'process where between(process.name, "a", "b") == "xbx"',
        'process.name: no event satisfies `between(process.name, "a", "b") == "xbx"`',
    ),
    (
        'process where startsWith~("ABC", process.name) and length(process.name) > 6',
        'process.name: these conditions contradict each other: `startsWith~("ABC", process.name)` and `length(process.name) > 6`',
    ),
]


@pytest.mark.parametrize(("query", "reason"), REASONS)
def test_why_nothing_can_match(query: str, reason: str) -> None:
    program = compile_query(query, ecs_schema(), START).program
    solution = solve(program, "seed", START)
    assert solution.status == "unsatisfiable"
    assert [note for finding in solution.findings for note in finding.notes] == [reason]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("destination.port:[100 TO 10]", "destination.port: empty solution space, 100 <= x <= 10"),
        ("destination.port:{10 TO 11}", "destination.port: empty solution space, 11 <= x <= 10"),
        ("host.cpu.usage:{0.5 TO 0.5]", "host.cpu.usage: empty solution space, 0.501 <= x <= 0.5"),
        ("source.ip:[10.0.0.9 TO 10.0.0.1]", "source.ip: empty solution space, 10.0.0.9 <= x <= 10.0.0.1"),
        ("event.end:[2024-02 TO 2024-01]", "event.end: empty solution space, 2024-02-01T00:00:00.000Z <= x <= 2024-01-01T23:59:59.999Z"),
    ],
)
def test_why_no_value_lies_in_a_range(query: str, reason: str) -> None:
    program = compile_query(query, ecs_schema(), START, "lucene").program
    (finding,) = solve(program, "seed", START).findings
    assert finding.notes == (reason,)


def test_all_reasons_are_named() -> None:
    query = "process.pid > 5 and process.pid < 3 and process.name: a and process.name: b and user.name: x and not user.name: *"
    program = compile_query(query, ecs_schema(), START).program
    findings = solve(program, "seed", START).findings
    assert [finding.code for finding in findings] == ["unsatisfiable"] * 3
    assert [finding.field for finding in findings] == ["process.pid", "process.name", "user.name"] or {
        finding.field for finding in findings
    } == {"process.pid", "process.name", "user.name"}


def test_the_help_names_a_field_that_holds_one_value() -> None:
    program = compile_query("process.name: (a and b)", ecs_schema(), START).program
    (finding,) = solve(program, "seed", START).findings
    assert finding.help is not None
    assert "declares `process.name` as single-valued" in finding.help


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("process where process.pid > 4 and process.pid > 2", "the others imply it"),
        ("process where process.pid == 1 and length(user.name) >= 0 and user.name != null", "the others imply it"),
        ('process where process.pid == 1 and (user.id == "a" or user.id == null or user.id != "a")', "every event satisfies it"),
        ("sequence by user.id [process where user.id != null] [file where file.size > 1]", "a join key is never missing"),
    ],
)
def test_why_a_condition_changes_nothing(query: str, why: str) -> None:
    (finding,) = solve(compile_query(query, ecs_schema(), START).program, "seed", START).findings
    assert finding.message == f"this condition changes nothing: {why}"


def test_long_lists_are_looked_at_entry_by_entry() -> None:
    names = [f"name{number}" for number in range(1_500)]
    excluded = [f"other{number}" for number in range(1_500)]
    query = f"process.name: ({' or '.join([*names, 'name7*'])}) and not process.name: ({' or '.join(excluded)} or name1)"
    found = found_in(query)
    assert [text for code, text in found if code == "dead-alternative"] == ["name1"]
    redundant = {text for code, text in found if code == REDUNDANT}
    assert redundant == {name for name in names if name.startswith("name7")} | set(excluded)


# -- against the solver ------------------------------------------------------------------------------


def without(normal: Normal, places: set[Span]) -> Normal:
    match normal:
        case Conj(args):
            return Conj(tuple(without(arg, places) for arg in args))
        case Disj(args):
            return Disj(tuple(part for arg in args if (part := without(arg, places)) != Conj(()) or arg == Conj(())))
        case Lit(_, _, _, span) if span in places:
            return Conj(())
    return normal


def spanned(formula: Formula, numbers: Iterator[int]) -> Formula:
    """The formula with a span of its own on every part and every entry of a list."""
    span = Span(number := next(numbers) * 10, number + 5)
    match formula:
        case And(args) | Or(args):
            return replace(formula, args=tuple(spanned(arg, numbers) for arg in args), span=span)
        case Not(arg):
            return Not(spanned(arg, numbers), span)
        case Atom(_, test) if len(entries(test)) > 1:
            listed = [replace(entry, span=Span(at := next(numbers) * 10, at + 5)) for entry in entries(test)]
            return replace(formula, test=with_entries(test, listed), span=span)
    return replace(formula, span=span)


def dropping(normal: Normal, places: set[Span]) -> Normal:
    """The normal form without the conditions, alternatives and entries at some places."""
    match normal:
        case Conj(args) | Disj(args):
            return replace(normal, args=tuple(dropping(arg, places) for arg in args if arg.span not in places))
        case Lit(Atom(_, test) as leaf) if len(entries(test)) > 1:
            return replace(normal, leaf=replace(leaf, test=with_entries(test, [each for each in entries(test) if each.span not in places])))
    return normal


def may_differ(one: Normal, other: Normal) -> bool:
    """Whether Z3 finds a document that one normal form matches and the other does not."""
    questions = (Conj((one, negated(other))), Conj((other, negated(one))))
    # The first decision has the outcome; those after it only have smaller cores, for which Z3 may take minutes.
    return any(next(decide(SolverQuery(((0, each),)))).outcome is Outcome.SATISFIABLE for each in questions)


NAME, ARGS, PORT, PIDS = (next(spec for spec in FIELDS if spec.name == name) for name in ("name", "args", "port", "pids"))
NOT_TWO = Not(Atom(PORT, Within((Interval(1, 3, True, True),))))


# An alternative of the third condition adds nothing; only without it would the third imply the second.
@example(Exists(NAME), Or((Exists(ARGS), Exists(PIDS), NOT_TWO)), Or((Exists(ARGS), NOT_TWO, Not(Exists(PIDS)))))
@settings(max_examples=150, deadline=None)
@given(formulas, formulas, formulas)
def test_what_is_redundant_can_be_dropped_alone_and_together(one: Formula, two: Formula, three: Formula) -> None:
    formula = spanned(And((one, two, three)), count(1))
    normal = normalise(formula)
    solution = solve(Program(ShapeKind.EVENT, (Step(formula),), ""), "seed", START)
    places = {finding.spans[0] for finding in solution.findings if finding.code == REDUNDANT}
    event(f"{len(places)} places")
    for dropped in ({place} for place in places):
        assert not may_differ(normal, dropping(normal, dropped))
    assert not may_differ(normal, dropping(normal, places))


def test_an_object_is_no_field() -> None:
    (note,) = unknown_fields(checked('any where process.entry_leader == "a"'))
    assert note.message == "`process.entry_leader` is an object in the schema and has no value of its own"
    assert note.help == "name one of its fields, such as `process.entry_leader.args`"


EXAMPLES = [(code.name, example) for code in FINDING_CODES.values() for example in code.examples]


@pytest.mark.parametrize(("code", "example"), EXAMPLES)
def test_the_bad_example_of_a_code_has_its_finding_and_the_good_one_does_not(code: str, example: Example) -> None:
    def codes(text: str) -> set[str]:
        if example.language == "toml":
            return {finding.code for finding in check(Rule.from_toml(text))}
        if example.language == "sigma":
            return {finding.code for finding in check(Rule.from_sigma(text))}
        return {finding.code for finding in check(text, language=example.language)}

    assert code in codes(example.bad)
    assert code not in codes(example.good)


def test_every_slip_has_an_example() -> None:
    assert [finding.code.name for finding in SLIPS if not finding.code.examples and finding.code not in OLDER] == []


DELIBERATE = [
    # (language, query): what real rules write on purpose
    ("eql", 'process where process.args : ("%APPDATA%", "%userprofile%")'),
    ("eql", r'file where file.name : "\\*\\Pipe\\*"'),
    ("eql", r'process where process.executable == "\\\\?\\C:\\Windows\\cmd.exe"'),
    ("eql", r'process where process.executable : "\\Device\\HarddiskVolume?\\Windows\\*"'),
    ("eql", r'process where process.executable : ("\\\\server\\share\\*", "*\\\\*\\x.exe")'),
    ("eql", 'process where process.command_line : "* /c *" and process.args : " "'),
    ("eql", 'process where process.args == "-c whoami"'),
    ("eql", 'process where (event.type == "start" and process.name : "a") or (process.name : "b" and process.args : "c")'),
    ("eql", 'process where event.type == "start" and process.name : "a" or event.type == "end" and process.name : "b"'),
    ("eql", 'any where event.category == "process" and process.name : "a" or event.category == "file" and file.name : "b"'),
    ("eql", 'sequence by process.entity_id [process where event.type == "start"] [process where event.type == "end"]'),
    ("eql", 'sequence by process.entity_id [process where event.action == "fork"] [process where event.action == "exec"]'),
    ("eql", 'process where host.os.type == "windows" and process.executable : "/usr/*" or process.executable : "C:\\\\x"'),
    ("kuery", "user_agent.original: (*S3 Browser*)"),
    ("kuery", "event.action: (User Account Created)"),
    ("kuery", "process.command_line: (*/*oracle/CVU_19_oracle*/* or a)"),
    ("kuery", "message: (Get or Keystrokes)"),
    ("kuery", 'message: "Get-Keystrokes"'),
    ("kuery", "url.original: a?b and process.args: a?"),
    ("kuery", "url.path: //a"),
    ("kuery", "destination.port > 65535"),
    ("kuery", "source.ip: 10.0.0.0/8 and host.name: *10.0.0.0/8"),
    ("kuery", "event.dataset: (azure.aadgraphactivitylogs or zeek.dns)"),
    ("lucene", r"process.name:(a OR b) AND url.path:\/a"),
    ("lucene", "event.action:or"),
    ("lucene", "process.name:a AND malware"),
    ("kuery", "cmd.exe or powershell.exe"),
]
SLIP_CODES = {finding.code.name for finding in (*SLIPS, *RULE_SLIPS)} - {"literal-wildcard", "value-outside"}


@pytest.mark.parametrize(("language", "query"), DELIBERATE)
def test_what_is_written_on_purpose_is_not_a_slip(language: str, query: str) -> None:
    codes = {finding.code for finding in read_findings(checked(query, language)) if finding.severity == "warning"}
    if query.startswith("process where host.os.type"):
        assert codes == {"foreign-path", "escaping-alternative"}
    else:
        assert codes & SLIP_CODES == set()


def test_redundant_entries_of_one_list_are_one_finding() -> None:
    query = "process.name: (ab* or a* or abc or b) and user.name: (x or x)"
    first, second = check(query)
    assert [query[span.start : span.end] for span in first.spans] == ["ab*", "abc", "a*"]
    assert (first.message, first.parts["count"]) == ("these 2 entries add nothing: the others cover them", 2)
    assert [query[span.start : span.end] for span in second.spans] == ["x", "x"]
