"""``--baseline``: only what is new is told, written and counted."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compile_rule import PORT_26, SAMPLES, invoke, report, rule
from triggerfish.backends.report.baseline import Baseline
from triggerfish.backends.report.fingerprint import fingerprint
from triggerfish.backends.report.rule_result import RuleResult, Status
from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, Severity
from triggerfish.compiler.diagnostics.errors import Unsatisfiable, UnsatisfiableToo
from triggerfish.grammar.span import Span

BROKEN = SAMPLES / "broken"
CHECK = ("-f", "none", "-n", "0")


def baseline(folder: Path, *paths: str | Path) -> Path:
    """The report of a first run."""
    path = folder / "baseline.json"
    invoke("-q", *CHECK, "--report", path, *paths)
    return path


def told(*args: str | Path) -> tuple[int, str, dict[str, Any]]:
    """Exit code, what is on the terminal and the report."""
    found = invoke(*CHECK, "--report", "-", *args)
    return found.exit_code, found.stderr, json.loads(found.stdout)


def test_nothing_new(tmp_path: Path) -> None:
    known = baseline(tmp_path, BROKEN, SAMPLES / "linux")
    code, shown, found = told("--fail-on", "any", "--baseline", known, BROKEN, SAMPLES / "linux")
    assert code == 0
    findings = sum(len(entry["findings"]) for entry in json.loads(known.read_text())["rules"])
    (line,) = shown.splitlines()
    assert f"; {findings} findings in the baseline omitted; 0 documents in " in line
    assert "19 known" in line and "unsatisfiable" not in line
    assert found["left_out"] == findings
    assert {status for status, count in found["summary"].items() if count} == {"ok", "known"}
    assert all(entry["findings"] == [] for entry in found["rules"])


@pytest.mark.parametrize("form", ["pretty", "sarif", "junit", "github", "markdown"])
def test_nothing_new_in_any_format(form: str, tmp_path: Path) -> None:
    known = baseline(tmp_path, BROKEN)
    written = invoke("-q", *CHECK, "--report", "-", "--report-format", form, "--baseline", known, BROKEN).stdout
    if form == "sarif":
        written = json.dumps(json.loads(written)["runs"][0]["results"])
    for word in ("no event can match", "is not supported", "dead-alternative", "unexpected", "<failure", "<error"):
        assert word not in written


def test_something_new(tmp_path: Path) -> None:
    known = baseline(tmp_path, BROKEN / "dead_alternative.toml", PORT_26)
    new = rule(tmp_path, "new", "source.port > 2 and source.port < 1")
    code, shown, found = told("--baseline", known, BROKEN / "dead_alternative.toml", PORT_26, new)
    assert code == 1
    assert [len(entry["findings"]) for entry in found["rules"]] == [0, 0, 1]
    assert "dead-alternative" not in shown and f" --> {new}:6:" in shown


def test_moved_lines_are_nothing_new(tmp_path: Path) -> None:
    path = rule(tmp_path, "moved", "a : 1 or\n(process.pid > 2 and process.pid < 1)")
    known = baseline(tmp_path, path)
    text = path.read_text()
    path.write_text("# one\n# more\n" + text.replace("or\n(process.pid > 2 and", "or\n\n    (process.pid > 2\n  and"))
    assert report(path)["rules"][0]["findings"] != []
    assert [entry["findings"] for entry in told("--baseline", known, path)[2]["rules"]] == [[]]


def test_moved_files_are_nothing_new_if_their_rules_have_ids(tmp_path: Path) -> None:
    path = rule(tmp_path, "moved", "source.port > 2 and source.port < 1")
    known = baseline(tmp_path, path)
    there = path.rename(tmp_path / "elsewhere.toml")
    assert told("--baseline", known, there)[0] == 0
    there.write_text(there.read_text().replace('rule_id = "moved"', 'rule_id = "other"'))
    assert told("--baseline", known, there)[0] == 1


def test_a_changed_condition_is_new(tmp_path: Path) -> None:
    path = rule(tmp_path, "changed", "source.port > 2 and source.port < 1")
    known = baseline(tmp_path, path)
    path.write_text(path.read_text().replace("port > 2", "port > 3"))
    assert told("--baseline", known, path)[0] == 1


def test_of_equal_findings_as_many_are_known_as_the_baseline_has(tmp_path: Path) -> None:
    path = rule(tmp_path, "equal", "c : 1 or (process.pid > 2 and process.pid < 1)")
    known = baseline(tmp_path, path)
    path.write_text(path.read_text().replace("c : 1 or", "c : 1 or (process.pid > 2 and process.pid < 1) or"))
    before = [finding["fingerprint"] for finding in report(path)["rules"][0]["findings"] if finding["code"] == "dead-alternative"]
    assert len(before) == 2 and len(set(before)) == 1
    (entry,) = told("--baseline", known, path)[2]["rules"]
    assert [finding["fingerprint"] for finding in entry["findings"] if finding["code"] == "dead-alternative"] == before[:1]


def test_a_second_reason_is_new_and_the_status_stays(tmp_path: Path) -> None:
    path = rule(tmp_path, "reasons", "source.port > 2 and source.port < 1")
    known = baseline(tmp_path, path)
    path.write_text(path.read_text().replace("port < 1", "port < 1 and process.pid > 2 and process.pid < 1"))
    code, _, found = told("--baseline", known, path)
    (entry,) = found["rules"]
    assert (code, entry["status"], [finding["field"] for finding in entry["findings"]]) == (1, "unsatisfiable", ["process.pid"])


def test_which_reason_comes_first_does_not_count() -> None:
    first, further = (finding(variant="alone", single=None).at(Span(0, 6)) for finding in (Unsatisfiable, UnsatisfiableToo))
    assert first.message != further.message
    assert fingerprint(first, RECORD) == fingerprint(further, RECORD)


def test_strict(tmp_path: Path) -> None:
    path = BROKEN / "dead_alternative.toml"
    known = baseline(tmp_path, path)
    assert invoke("-q", *CHECK, "--strict", path).exit_code == 1
    code, _, found = told("--strict", "--baseline", known, path)
    assert (code, found["rules"][0]["status"]) == (0, "known")


def test_the_same_with_several_processes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        rule(tmp_path, name, "c : 1 or (process.pid > 2 and process.pid < 1)")
    known = baseline(tmp_path, tmp_path / "one.toml")

    def found(jobs: str) -> list[tuple[str, list[str]]]:
        entries = told("--baseline", known, "--jobs", jobs, tmp_path / "one.toml", tmp_path / "two.toml")[2]["rules"]
        return [(entry["status"], [each["code"] for each in entry["findings"]]) for entry in entries]

    assert found("1") == found("2")
    assert found("1")[0] == ("ok", [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"cannot read the baseline `.*`: no such file or directory"),
        (b"", r".*:1:1: the baseline is not valid JSON: .*"),
        (b"\xff\xfe", r".*:1:1: the baseline is not valid JSON: .*"),
        (b"[]", r".*: the baseline is not a report of this command; create one with `--report FILE`"),
        (b'{"version": 1}', r".*: the baseline is not a report of this command; .*"),
        (b'{"version": 2, "rules": []}', r".*: the baseline is not a report of this command; .*"),
        (b'{"version": 1, "rules": []}', r".*: the baseline was written by an incompatible version; create it again"),
        (b'{"version": 1, "fingerprint_version": 2, "rules": [1]}', r".*: the baseline is not a report of this command; .*"),
        (
            b'{"version": 1, "fingerprint_version": 2, "rules": [{"findings": [{}]}]}',
            r".*: the baseline is not a report of this command; .*",
        ),
        (
            b'{"version": 1, "fingerprint_version": 2, "rules": [{"findings": [{"fingerprint": 1}]}]}',
            r".*: the baseline is not a report of this command; .*",
        ),
        (b'{"version": 1, "fingerprint_version": 2, "rules": [], "left_out": 3}', r".*: the baseline was itself created .*"),
    ],
)
def test_a_file_that_is_no_baseline(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    if content is not None:
        path.write_bytes(content)
    found = invoke("--baseline", path, PORT_26)
    assert found.exit_code == 2 and found.stdout == ""
    (line,) = found.stderr.splitlines()
    assert re.fullmatch(f"error: {message}", line)


def test_a_report_that_leaves_something_out_is_refused(tmp_path: Path) -> None:
    known = baseline(tmp_path, BROKEN / "dead_alternative.toml")
    second = tmp_path / "second.json"
    invoke("-q", *CHECK, "--baseline", known, "--report", second, BROKEN / "dead_alternative.toml")
    assert "create it without" in invoke("--baseline", second, PORT_26).stderr


def test_the_report_does_not_overwrite_the_baseline(tmp_path: Path) -> None:
    path = str(tmp_path / "b.json")
    found = invoke("--baseline", path, "--report", path, PORT_26)
    assert (found.exit_code, "cannot be the same file" in found.stderr) == (2, True)


# -- fingerprints --------------------------------------------------------------------------------

FINDING = Diagnostic("dead-alternative", Severity.WARNING, "m", (Span(0, 6),), "f", ("n",), "h", {"single": "x", "variant": "alone"})
RECORD = RuleResult("rules/a.toml", Status.OK, "id", text="(a\n b)  c", findings=(FINDING,))


def changed(field: str, value: Any) -> str:
    if hasattr(FINDING, field):
        return fingerprint(replace(FINDING, **{field: value}), RECORD)
    return fingerprint(FINDING, replace(RECORD, **{field: value}))


@pytest.mark.parametrize(
    ("field", "value"),
    [("message", "x"), ("notes", ()), ("help", None), ("path", "b"), ("name", "x"), ("text", "(a b) "), ("text", "(a b) more")],
)
def test_what_a_fingerprint_does_not_heed(field: str, value: Any) -> None:
    assert changed(field, value) == fingerprint(FINDING, RECORD)


@pytest.mark.parametrize(
    ("field", "value"),
    [("code", "x"), ("field", "x"), ("parts", {"single": "y", "variant": "alone"}), ("rule_id", "x"), ("text", "(a\n c)")],
)
def test_what_a_fingerprint_heeds(field: str, value: Any) -> None:
    assert changed(field, value) != fingerprint(FINDING, RECORD)


def test_the_path_stands_in_for_an_id() -> None:
    def of(path: str) -> str:
        return fingerprint(FINDING, RuleResult(path, Status.INVALID, text=RECORD.text))

    assert of("./rules/../rules/a.toml") == of("rules/a.toml") != of("rules/b.toml")


def test_fingerprints_stay_as_they_are() -> None:
    """A change of them makes all findings new: it needs another `FINGERPRINT_VERSION`."""
    assert fingerprint(FINDING, RECORD) == "7f784285a49560ee205e1af9feba7dc8"


def test_a_status_goes_with_what_it_is_due_to() -> None:
    error = Diagnostic("unknown", Severity.ERROR, "m", ())
    warning = Diagnostic("dead-alternative", Severity.WARNING, "m", ())
    record = RuleResult("a", Status.UNKNOWN, findings=(warning, error))
    known = Baseline([fingerprint(error, record)]).without_known(record)
    assert (known.status, known.findings) == (Status.KNOWN, (warning,))
    known = Baseline([fingerprint(warning, record)]).without_known(record)
    assert (known.status, known.findings) == (Status.UNKNOWN, (error,))
