"""``compile-rule``: the same bytes each time, on a terminal and in a pipe, and when things go wrong."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from compile_rule import GOOD, PORT_26, SAMPLES, command, invoke, report, rule, start
from triggerfish.api.run import compile_one as batch
from triggerfish.compiler.ir.formula import fields_of

# -- seeds ---------------------------------------------------------------------------------------


def test_same_seed_same_bytes_whatever_the_order() -> None:
    found = invoke("-n", "3", "-f", "groups", *GOOD).stdout.splitlines()
    assert found == invoke("-n", "3", "-f", "groups", *GOOD).stdout.splitlines()
    assert sorted(found) == sorted(invoke("-n", "3", "-f", "groups", *reversed(GOOD)).stdout.splitlines())
    assert found != invoke("-n", "3", "-f", "groups", "--seed", "1", *GOOD).stdout.splitlines()


def test_more_matches_begin_with_the_same() -> None:
    few, many = (invoke("-n", count, "--query", "a : x* or b > 5").stdout for count in ("3", "9"))
    assert many.startswith(few)


def test_same_bytes_under_another_hash_seed() -> None:
    runs = [command("-n", "2", "-f", "groups", "rules", PYTHONHASHSEED=seed) for seed in ("0", "1", "4711")]
    assert {run.returncode for run in runs} == {2}
    assert len({run.stdout for run in runs}) == 1
    assert len({re.sub(rb"in \d+\.\d+ s", b"", run.stderr) for run in runs}) == 1


# -- on a terminal, in a pipe --------------------------------------------------------------------


def test_summary() -> None:
    found = invoke("-f", "none", PORT_26, SAMPLES / "broken" / "dead_alternative.toml", SAMPLES / "broken" / "unclosed_quote.toml")
    last = found.stderr.splitlines()[-1]
    assert re.fullmatch(r"3 rules: 2 ok \(1 with warnings\), 1 invalid; 2 documents in \d+\.\d\d s", last)
    assert re.fullmatch(r"1 rule: 1 ok; 1 document in \d+\.\d\d s", invoke(PORT_26).stderr.strip())


def test_unsupported_takes_one_line() -> None:
    path = SAMPLES / "broken" / "unsupported_esql.toml"
    assert [line.split(":")[0] for line in invoke(path).stderr.splitlines()] == ["unsupported", "1 rule"]
    assert "error[unsupported]: " in invoke("-v", path).stderr


def test_many_warnings_are_cut_short(tmp_path: Path) -> None:
    dead = " or ".join(f"(b : {number} and not b : {number})" for number in range(1, 9))
    path = rule(tmp_path, "dead", f"c : 1 or {dead}")
    assert invoke(path).stderr.count("warning[dead-alternative]") == 5
    assert f"{path}: 3 more warnings (shown with --verbose)" in invoke(path).stderr
    assert invoke("-v", path).stderr.count("warning[dead-alternative]") == 8


def test_verbose_names_the_slowest() -> None:
    lines = invoke("-v", SAMPLES / "network").stderr.splitlines()
    assert sum(line.startswith("ok ") for line in lines) >= 5
    assert re.fullmatch(r" +\d+\.\d{3} s  .*\(parse .*, compile .*, solve .*, sample .*\)", lines[lines.index("slowest") + 1])


def test_quiet() -> None:
    assert invoke("-q", SAMPLES).stderr == ""


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"NO_COLOR": "1"}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colours_in_a_pipe(environment: dict[str, str], coloured: bool) -> None:
    found = command("-f", "none", "rules/broken/dead_alternative.toml", TERM="xterm-256color", **environment)
    assert (b"\x1b[" in found.stderr) is coloured


def test_help_and_version() -> None:
    assert "Exit codes:" in invoke("--help").stdout
    assert re.fullmatch(r"compile-rule \d+\.\d+\.\d+\n", invoke("--version").stdout)


# -- when things go wrong ------------------------------------------------------------------------


def test_output_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.ndjson"
    out.write_text("before")
    out.chmod(0o640)
    real = batch.compile_source
    seen = []

    def interrupted(source: batch.Source, settings: batch.Settings, write: batch.Write) -> batch.Record:
        seen.append(out.read_text())
        if len(seen) == 3:
            raise KeyboardInterrupt
        return real(source, settings, write)

    with monkeypatch.context() as patch:
        patch.setattr("triggerfish.api.run.executors.serial.compile_source", interrupted)
        found = invoke(SAMPLES / "network", "-o", out)
    assert (found.exit_code, seen) == (130, ["before"] * 3)
    assert found.stderr.endswith("error: interrupted; 2 rules are done: repeat the command with --resume to continue\n")
    assert out.read_text() == "before"
    invoke(PORT_26, "-o", out)
    assert [path.name for path in tmp_path.iterdir()] == ["out.ndjson"]
    assert json.loads(out.read_text())["destination"]["port"] == 26
    assert out.stat().st_mode & 0o777 == 0o640


def test_output_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    assert invoke(PORT_26, "-o", tmp_path / "link").exit_code == 0
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() != ""


@pytest.mark.parametrize("option", ["--out", "--report", "--mappings"])
def test_output_that_cannot_be_written(option: str, tmp_path: Path) -> None:
    for path, why in ((tmp_path / "no" / "x", "no such file or directory"), (tmp_path, "it is a folder")):
        found = invoke(PORT_26, option, path)
        assert (found.exit_code, found.stderr) == (2, f"error: cannot write `{path}`: {why}\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_full_disk() -> None:
    found = command("-q", PORT_26, "-o", "/dev/full")
    assert (found.returncode, found.stderr) == (2, b"error: cannot write `/dev/full`: no space left on device\n")
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            [sys.executable, "-m", "triggerfish", "compile-rule", "-q", PORT_26], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert (run.returncode, run.stderr) == (2, b"error: cannot write standard output: no space left on device\n")


def test_closed_pipe_ends_quietly() -> None:
    process = start("-q", "-n", "1000", PORT_26, SAMPLES / "network")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    assert (process.wait(60), process.stderr.read()) == (141, b"")
    process.stderr.close()


def test_interrupted_after_whole_lines(tmp_path: Path) -> None:
    for number in range(2000):
        rule(tmp_path, f"{number:04}", f"a : x* and b : {number}")
    process = start("-n", "20", tmp_path)
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, b"error: interrupted\n")
    lines += rest.splitlines(keepends=True)
    assert all(line.endswith(b"}\n") and json.loads(line) for line in lines)


def test_an_error_of_ours_is_one_rules_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    real = batch.solve_rule

    def solve(programs: Any, *args: Any, **options: Any) -> Any:
        if "destination.port" in fields_of(programs[0].steps[0].formula):
            raise KeyError("a\nb")
        return real(programs, *args, **options)

    monkeypatch.setattr("triggerfish.api.run.compile_one.solve_rule", solve)
    found = report(SAMPLES / "network")
    bad = [entry for entry in found["rules"] if entry["status"] == "unknown"]
    assert len(bad) >= 2 and found["summary"]["ok"] >= 1
    (log,) = tmp_path.glob("triggerfish-*.log")
    for entry in bad:
        (finding,) = entry["findings"]
        assert finding["code"] == "internal-error"
        assert finding["message"] == r"an error in triggerfish itself: KeyError: 'a\nb'"
        assert finding["notes"] == [f"details are in {log}"]
    assert log.read_text().count("Traceback") == len(bad)


def test_the_last_resort(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def run(*args: Any) -> int:
        raise ZeroDivisionError("x")

    monkeypatch.setattr("triggerfish.api.cli.run_command.run", run)
    found = invoke(PORT_26)
    (log,) = tmp_path.glob("triggerfish-*.log")
    assert found.exit_code == 3
    assert found.stderr == f"error: an error in triggerfish itself: ZeroDivisionError: x; details are in {log}\n"
    assert "Traceback" in log.read_text()


def test_z3_is_not_loaded_for_what_needs_no_proof() -> None:
    script = """
import atexit, sys
atexit.register(lambda: print([name for name in ("z3", "rich") if name in sys.modules], file=sys.stderr))
from triggerfish.api.cli.command import command
main = command("compile-rule")
main(sys.argv[1:])
"""
    found = subprocess.run([sys.executable, "-c", script, "-q", str(PORT_26)], capture_output=True, text=True, timeout=60)
    assert found.stderr.strip() == "[]"
