"""Every code that the source gives a finding is known, and documented."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from triggerfish.compiler.diagnostics.codes import FINDING_CODES, level
from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, Severity

ROOT = Path(__file__).parents[2]
STAGES = ("api", "backends", "compiler", "grammar", "rules")


def strings(node: ast.expr | None) -> Iterator[str]:
    """The strings that an expression may be."""
    match node:
        case ast.Constant(str(value)):
            yield value
        case ast.IfExp():
            yield from strings(node.body)
            yield from strings(node.orelse)


def emitted() -> set[str]:
    """What stands in the source as the first argument of a finding or a note, or as a `code`."""
    found: set[str] = set()
    for path in (path for stage in STAGES for path in (ROOT / stage).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name("Diagnostic") | ast.Attribute(attr="note"), args=[first, *_]):
                    found.update(strings(first))
            match node:
                case ast.Call(keywords=keywords):
                    found.update(value for keyword in keywords if keyword.arg == "code" for value in strings(keyword.value))
                case ast.FunctionDef(args=ast.arguments(kwonlyargs=names, kw_defaults=defaults)):
                    pairs = zip(names, defaults, strict=True)
                    found.update(value for name, default in pairs if name.arg == "code" for value in strings(default))
    return found - {""}


def documented() -> dict[str, set[str]]:
    """The codes in the tables of the page, with the severities beside them."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / "docs" / "findings.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 3 and cells[2] in set(Severity):
            for code in re.findall("`([a-z-]+)`", cells[1]):
                found.setdefault(code, set()).add(cells[2])
    return found


def test_codes_that_are_emitted_are_those_known() -> None:
    assert emitted() == set(FINDING_CODES)


def test_codes_that_are_known_are_those_documented() -> None:
    found = documented()
    assert set(found) == set(FINDING_CODES)
    assert {code for code, kind in FINDING_CODES.items() if kind.severity not in found[code]} == set()


def test_descriptions_are_sentences() -> None:
    for kind in FINDING_CODES.values():
        assert re.fullmatch(r"[A-Z].*\.", kind.summary) and re.fullmatch(r"[A-Z].*\.", kind.advice)


@pytest.mark.parametrize(
    ("code", "severity", "expected"),
    [("unsupported", "error", "note"), ("unknown", "error", "warning"), ("syntax", "error", "error"), ("wrong-case", "note", "note")],
)
def test_level(code: str, severity: str, expected: str) -> None:
    assert level(Diagnostic(code, Severity(severity), "m", ())) == expected
