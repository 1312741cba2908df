"""Reports as people and programs see them.

The texts in ``cases/reports`` for the broken sample rules are updated by
``TRIGGERFISH_ACCEPT=1 pytest tests/backends/test_reports.py``.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from compile_rule import main
from triggerfish.backends.report.caret_text import STYLES, one_line, render, styled
from triggerfish.backends.report.exit_codes import exit_code
from triggerfish.backends.report.fingerprint import fingerprint
from triggerfish.backends.report.formats.json_report import json_entry, json_report
from triggerfish.backends.report.rule_result import RuleResult, Seconds, Status
from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, Severity
from triggerfish.grammar.span import Span

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parents[1] / "cases" / "reports"
RENDERING = tomllib.loads((CASES / "rendering.toml").read_text(encoding="utf-8"))["case"]
BROKEN = sorted((ROOT / "rules" / "broken").glob("*.toml"))


def unmarked(source: str) -> tuple[str, list[Span]]:
    """A text without its marks, and the places that they mark, by where they begin, the outer one first."""
    text = ""
    open_marks: list[int] = []
    spans: list[Span | None] = []
    for char in source:
        match char:
            case "«":
                open_marks.append(len(spans))
                spans.append(Span(len(text), 0))
            case "»":
                number = open_marks.pop()
                begun = spans[number]
                assert begun is not None
                spans[number] = Span(begun.start, len(text))
            case _:
                text += char
    return text, [span for span in spans if span is not None]


def finding_of(case: dict[str, Any]) -> tuple[Diagnostic, str | None, str]:
    text, spans = unmarked(case["source"]) if "source" in case else (None, [])
    if "order" in case:
        spans = [spans[number] for number in case["order"]]
    finding = Diagnostic(
        case.get("code", "syntax"),
        Severity(case.get("severity", "error")),
        case.get("message", "x"),
        tuple(spans),
        notes=tuple(case.get("notes", ())),
        help=case.get("help"),
    )
    return finding, text, case.get("path", "p")


@pytest.mark.parametrize("case", RENDERING, ids=lambda case: case["name"])
def test_finding_is_rendered(case: dict[str, Any]) -> None:
    assert render(*finding_of(case)) == case["shown"].strip("\n")


@pytest.mark.parametrize("case", RENDERING, ids=lambda case: case["name"])
def test_colours_change_nothing_else(case: dict[str, Any]) -> None:
    found = styled(*finding_of(case))
    assert [line.rstrip() for line in found.plain.split("\n")] == render(*finding_of(case)).split("\n")
    assert {str(span.style) for span in found.spans} <= set(STYLES.values())


def test_places_on_one_line() -> None:
    finding = Diagnostic("unsupported", Severity.ERROR, "`x`\nis not supported", (Span(4, 5),))
    assert one_line(finding, "ab\nxyz", "p") == "p:2:2: `x`␊is not supported"
    assert one_line(finding, None, "p") == "p: `x`␊is not supported"


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_sample_is_shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = CliRunner().invoke(main, ["-f", "none", "-v", path.relative_to(ROOT).as_posix()]).stderr
    # The first and the last line tell how long it took.
    found = "\n".join(shown.splitlines()[1:-1]).strip() + "\n"
    expected = CASES / f"{path.stem}.txt"
    if os.environ.get("TRIGGERFISH_ACCEPT") == "1":
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


def test_every_broken_sample_has_its_report() -> None:
    assert {path.stem for path in CASES.glob("*.txt")} == {path.stem for path in BROKEN}


RECORD = RuleResult(
    "a.toml",
    Status.UNSATISFIABLE,
    "id",
    "name",
    "query",
    "kuery",
    seconds=Seconds(0.1234567, 0, 2, 0),
    findings=(Diagnostic("unsatisfiable", Severity.ERROR, "m", (Span(3, 6), Span(0, 1)), "f", ("n",), "h"),),
    text="a\nbcd\ne",
)


def test_json_report() -> None:
    report = json_report(7, [json_entry(RECORD), json_entry(RuleResult("b.toml", Status.OK, documents=3))], version="1.2")
    assert report["version"] == 1
    assert report["seed"] == 7
    assert report["tool"] == {"name": "triggerfish", "version": "1.2"}
    assert report["codes"] == {"unsatisfiable": 1}
    assert report["summary"] == {"ok": 1, "unsatisfiable": 1, "unknown": 0, "unsupported": 0, "invalid": 0}
    first, second = report["rules"]
    assert first == {
        "path": "a.toml",
        "rule_id": "id",
        "name": "name",
        "type": "query",
        "language": "kuery",
        "status": "unsatisfiable",
        "documents": 0,
        "draws": {},
        "seconds": {"parse": 0.123457, "compile": 0, "solve": 2, "sample": 0},
        "findings": [
            {
                "code": "unsatisfiable",
                "severity": "error",
                "message": "m",
                "field": "f",
                "span": {"line": 2, "column": 2, "end_line": 3, "end_column": 1},
                "spans": [
                    {"line": 2, "column": 2, "end_line": 3, "end_column": 1},
                    {"line": 1, "column": 1, "end_line": 1, "end_column": 2},
                ],
                "notes": ["n"],
                "help": "h",
                "fingerprint": fingerprint(RECORD.findings[0], RECORD),
            }
        ],
    }
    assert (second["documents"], second["findings"], second["rule_id"]) == (3, [], None)


def test_json_finding_without_a_place() -> None:
    finding = Diagnostic("rule-file", Severity.ERROR, "m", ())
    (found,) = json_entry(RuleResult("a", Status.INVALID, findings=(finding,)))["findings"]
    assert (found["span"], found["field"], found["help"], found["notes"]) == (None, None, None, [])


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([], 0),
        ([Status.OK], 0),
        ([Status.OK, Status.UNSATISFIABLE], 1),
        ([Status.UNKNOWN], 3),
        ([Status.UNSUPPORTED, Status.OK], 3),
        ([Status.UNSUPPORTED, Status.UNSATISFIABLE, Status.UNKNOWN], 1),
        ([Status.UNSUPPORTED, Status.UNSATISFIABLE, Status.INVALID], 2),
        ([Status.INVALID, Status.UNKNOWN], 2),
    ],
)
def test_exit_code(statuses: list[Status], code: int) -> None:
    assert exit_code(statuses) == code
