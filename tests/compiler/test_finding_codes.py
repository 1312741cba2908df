"""Declarations of findings: complete, consistent, and the only place where findings are made."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from triggerfish.compiler.diagnostics.codes import FINDING_CODES, FINDINGS, level
from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, Severity
from triggerfish.compiler.diagnostics.errors import Invalid, UnknownFunction
from triggerfish.compiler.diagnostics.finding import Finding, Template, placeholders, texts
from triggerfish.compiler.diagnostics.notes import UnknownField
from triggerfish.compiler.diagnostics.warnings import ValueOutside
from triggerfish.grammar.span import Span

ROOT = Path(__file__).parents[2]
STAGES = ("api", "backends", "compiler", "grammar", "rules")
DECLARATIONS = {f"compiler/diagnostics/{name}.py" for name in ("errors", "warnings", "slips", "rule_slips", "notes")}


def trees() -> dict[str, ast.Module]:
    paths = (path for stage in STAGES for path in (ROOT / stage).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def parts_of(finding: type[Finding]) -> dict[str, object]:
    hints = get_type_hints(finding)
    return {name: hint for name, hint in hints.items() if name not in get_type_hints(Finding)}


def test_only_a_declaration_or_a_stored_result_makes_a_diagnostic() -> None:
    makers = {
        name
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Diagnostic"
    }
    assert makers == {"compiler/diagnostics/finding.py", "api/run/result_codec.py"}


def test_every_declaration_is_used() -> None:
    used = {
        node.id
        for name, tree in trees().items()
        if name not in DECLARATIONS
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    raised_by_code = {finding.__name__ for finding in FINDINGS if issubclass(finding, Invalid)}
    assert {finding.__name__ for finding in FINDINGS} - used - raised_by_code - {"Syntax"} == set()


def test_a_code_is_declared_once() -> None:
    codes = {id(finding.code): finding.code.name for finding in FINDINGS}
    assert sorted(codes.values()) == sorted(FINDING_CODES)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.__name__)
def test_templates_name_parts(finding: type[Finding]) -> None:
    parts = parts_of(finding)
    templates: tuple[Template | None, ...] = (finding.message, finding.help, *finding.notes)
    for template in templates:
        for text in texts(template):
            assert placeholders(text) <= set(parts)
        if template is not None and not isinstance(template, str):
            assert get_origin(parts["variant"]) is Literal
            assert set(template) == set(get_args(parts["variant"]))
    for text in texts(finding.message):
        assert not any(type(None) in get_args(parts[name]) for name in placeholders(text)), "a message is never left out"


def test_descriptions_are_sentences() -> None:
    for code in FINDING_CODES.values():
        for text in (code.summary, code.advice, code.detail or "None."):
            assert re.fullmatch(r"[A-Z*].*\.", text)


def test_messages_are_lower_case_sentences_without_a_stop() -> None:
    for finding in FINDINGS:
        for text in texts(finding.message):
            assert re.fullmatch(r"[a-z`{].*[^.]", text)


def test_a_part_in_a_message() -> None:
    found = UnknownField(variant="close", field="process.naem", type="keyword", close="process.name").at(Span(0, 3))
    assert found == Diagnostic(
        "unknown-field",
        Severity.NOTE,
        "unknown field `process.naem`; assuming keyword",
        (Span(0, 3),),
        "process.naem",
        (),
        "did you mean `process.name`?",
        {"variant": "close", "field": "process.naem", "type": "keyword", "close": "process.name"},
    )


def test_a_tuple_is_a_list_and_an_unknown_part_leaves_its_sentence_out() -> None:
    found = ValueOutside(value="x", allowed=("a", "b"), close=None, field="f").at(severity=Severity.NOTE, notes=("first",))
    assert (found.severity, found.notes, found.help) == ("note", ("first", "allowed values: `a`, `b`"), None)
    found = ValueOutside(value="x", allowed=(), close="a", field="f").at()
    assert (found.severity, found.notes, found.help) == ("warning", (), "did you mean `a`?")


def test_braces_of_a_query_are_not_placeholders() -> None:
    assert UnknownFunction(text="there is no `{x}`", remedy="{y}").at().message == "there is no `{x}`"


@pytest.mark.parametrize(
    ("code", "severity", "expected"),
    [("unsupported", "error", "note"), ("unknown", "error", "warning"), ("syntax", "error", "error"), ("wrong-case", "note", "note")],
)
def test_level(code: str, severity: str, expected: str) -> None:
    assert level(Diagnostic(code, Severity(severity), "m", ())) == expected
