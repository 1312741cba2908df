"""Bad input: one clear finding each, the exit code, no traceback, and what the good rule beside it gives."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bad_inputs import BAD_INPUTS, BadInput, prepare, rule
from compile_rule import main
from triggerfish.api.run import compiled_rule as batch
from triggerfish.api.run import inputs as sources
from triggerfish.rules import RuleError
from triggerfish.rules.reading.text_file import read_bytes

ROOT = Path(__file__).resolve().parents[2]
_FINDING = re.compile(r"^(?:error\[|warning\[|unsupported:)", re.MULTILINE)
_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def _shell(bad: BadInput, folder: Path) -> tuple[int, str, str]:
    command = shlex.join([sys.executable, "-m", "triggerfish", "compile-rule", *bad.args])
    script = f"{command} {bad.redirect}; exit ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    return run.returncode, run.stdout, run.stderr


@contextmanager
def _unprivileged(folder: Path) -> Iterator[None]:
    """Be a user for whom permissions count."""
    if os.geteuid() != 0:
        yield
        return
    folder.chmod(0o755)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_bad_input(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = BAD_INPUTS[name]
    if "/dev/full" in (*bad.args, bad.redirect) and not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    prepare(bad, tmp_path)
    if bad.redirect:
        code, stdout, stderr = _shell(bad, tmp_path)
    else:
        monkeypatch.chdir(tmp_path)
        with _unprivileged(tmp_path) if "may not be read" in name else nullcontext():
            found = CliRunner().invoke(main, bad.args, catch_exceptions=False)
        code, stdout, stderr = found.exit_code, found.stdout, found.stderr
    assert bad.says in stderr
    assert code == bad.code
    assert "Traceback" not in stderr and "error in triggerfish itself" not in stderr
    assert len(_FINDING.findall(stderr)) == bad.findings
    assert not _OBEYED.search(stderr) and len(stderr) < 4000
    assert ("good.exe" in stdout) == bad.good
    assert not (tmp_path / "called").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.endswith((".part", ".journal"))]


def test_bad_rules_do_not_change_what_several_processes_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("an open table", "no query", "half a character, Kuery", "deep JSON", "a pipe that nobody writes to", "999,999,999 runs")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    for at, name in enumerate(names):
        (tmp_path / "rules" / str(at)).mkdir()
        prepare(BAD_INPUTS[name], tmp_path / "rules" / str(at))
        (tmp_path / "rules" / str(at) / "good.toml").write_bytes(rule(f"process.name : good{at}", id=str(at)))
    one, two = (CliRunner().invoke(main, ["--timeout", "0.5", "--jobs", jobs, "rules"]) for jobs in "12")
    assert one.exit_code == two.exit_code == 2
    assert one.stdout == two.stdout and len(one.stdout.splitlines()) == len(names)
    assert re.sub(r"[\d.]+ s$", "", one.stderr, flags=re.M) == re.sub(r"[\d.]+ s$", "", two.stderr, flags=re.M)


# -- output paths --------------------------------------------------------------------------------

HOSTILE_IDS = ("../../escaped", "/tmp/escaped", "..", ".", "a/b", "a\\\\b", "x" * 5000, "CON", "-rf", "a\\u0000b", "a\\nb", "~", "$(id)")


def test_files_stay_in_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "work" / "inner"
    (inner / "rules").mkdir(parents=True)
    for at, rule_id in enumerate(HOSTILE_IDS):
        (inner / "rules" / f"{at}.toml").write_bytes(rule("process.pid : 1", id=rule_id))
    monkeypatch.chdir(inner)
    before = set(tmp_path.rglob("*"))
    found = CliRunner().invoke(main, ["-f", "none", "--emit-smt2", "smt", "rules"])
    assert found.exit_code == 0, found.stderr
    written = set(tmp_path.rglob("*")) - before - {inner / "smt"}
    assert len(written) == len(HOSTILE_IDS)
    assert {path.parent for path in written} == {inner / "smt"}
    assert not Path("/tmp/escaped.smt2").exists()


# -- rule text is data ---------------------------------------------------------------------------

PATHS = ("/etc/hostname", "../../../etc/passwd", "file:///etc/hostname", "C:\\\\Windows\\\\win.ini", "\\\\\\\\host\\\\share")
COMMANDS = (
    "$(touch called)",
    "`touch called`",
    "; touch called",
    "| touch called",
    "{0.__class__}",
    "%(x)s",
    "${jndi:ldap://x/y}",
    "__import__('os')",
)


def test_rule_text_is_data(tmp_path: Path) -> None:
    for at, text in enumerate((*PATHS, *COMMANDS)):
        basic = json.dumps(text.replace("\\\\", "\\"))
        more = f"name = {basic}\nindex = [{basic}]\ntags = [{basic}]\nnote = {basic}\nquery = {json.dumps(f'process.name : {basic}')}"
        content = f'[rule]\ntype = "query"\nrule_id = {basic}\n{more}\n'
        (tmp_path / f"{at:02}.toml").write_text(content, encoding="utf-8")
    script = """
import sys
seen = []
def note(event, args):
    if event == "open" or event.startswith(("subprocess.", "os.", "socket.", "urllib.", "import")):
        seen.append((event, args))
from triggerfish.api.cli.command import command
main = command("compile-rule")
import triggerfish.api.cli.generate
sys.addaudithook(note)
try:
    main(["-n", "2", "-f", "groups", "--no-findings", sys.argv[1]])
except SystemExit as end:
    code = end.code
import json
print(json.dumps([code, [[event, repr(args)] for event, args in seen]]), file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    code, seen = json.loads(run.stderr.splitlines()[-1])
    assert (code, len(run.stdout.splitlines())) == (0, 2 * len((*PATHS, *COMMANDS)))
    opened = {args for event, args in seen if event == "open"}
    assert any("00.toml" in args for args in opened)
    marks = ("hostname", "passwd", "win.ini", "share", "called", "jndi", "__class__", "__import__('os')")
    assert [(event, args) for event, args in seen if any(mark in args for mark in marks)] == []
    assert [event for event, _ in seen if event.startswith(("subprocess", "os.", "socket", "urllib")) and event not in _LISTING] == []
    assert not (tmp_path / "called").exists()


_LISTING = ("os.listdir", "os.scandir")


# -- the last resort -----------------------------------------------------------------------------


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("maximum recursion depth exceeded"), SystemError("x"), ImportError("x")])
def test_whatever_a_rule_raises_is_its_own(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.toml").write_bytes(rule("process.name : culprit"))
    (tmp_path / "good.toml").write_bytes(rule("process.name : good", id="good"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    real = batch.compile_rule

    def compile_rule(rule: Any, *args: Any) -> Any:
        if "culprit" in rule.query:
            raise error
        return real(rule, *args)

    monkeypatch.setattr("triggerfish.api.run.compiled_rule.compile_rule", compile_rule)
    found = CliRunner().invoke(main, [str(tmp_path)])
    assert found.exit_code == 3
    assert f"an error in triggerfish itself: {type(error).__name__}" in found.stderr and "Traceback" not in found.stderr
    assert len(found.stdout.splitlines()) == 1


def test_a_file_that_cannot_be_read_through_our_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.json").write_bytes(b"[]")
    (tmp_path / "good.toml").write_bytes(rule("process.name : good", id="good"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("triggerfish.api.run.inputs.read_members", lambda path: 1 / 0)
    found = CliRunner().invoke(main, [str(tmp_path)])
    assert (found.exit_code, len(found.stdout.splitlines())) == (3, 1)
    assert f"ZeroDivisionError: division by zero\n --> {tmp_path / 'bad.json'}\n" in found.stderr


def test_details_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    monkeypatch.setattr("triggerfish.api.cli.run_command.run", lambda *args: 1 / 0)
    found = CliRunner().invoke(main, ["x"])
    assert found.exit_code == 3
    assert found.stderr.endswith("details could not be written: No such file or directory\n")


_KILLED = """
import os, signal, sys
from triggerfish.api.run import compiled_rule as batch
real = batch.compile_rule
def compile_rule(rule, *args):
    if "culprit" in rule.query:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(rule, *args)
batch.compile_rule = compile_rule
from triggerfish.api.cli.command import command
main = command("compile-rule")
main(sys.argv[1:])
"""


def test_a_killed_process_loses_no_other_rule(tmp_path: Path) -> None:
    for at in range(24):
        (tmp_path / f"{at:02}.toml").write_bytes(rule(f"process.name : {'culprit' if at in (3, 20) else 'good'}{at}", id=str(at)))
    args = ["-j", "2", "--style", "plain", "--report", str(tmp_path / "r.json"), str(tmp_path)]
    run = subprocess.run([sys.executable, "-c", _KILLED, *args], capture_output=True, text=True, timeout=120)
    assert run.returncode == 3
    assert [json.loads(line)["process"]["name"] for line in run.stdout.splitlines()] == [
        f"good{at}" for at in range(24) if at not in (3, 20)
    ]
    entries = json.loads((tmp_path / "r.json").read_bytes())["rules"]
    assert {Path(entry["path"]).name for entry in entries if entry["status"] == "unknown"} == {"03.toml", "20.toml"}
    assert len(entries) == 24 and run.stderr.count("was killed or crashed twice") == 2


def test_a_file_that_goes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bad", "good"):
        (tmp_path / f"{name}.toml").write_bytes(rule("process.name : good", id=name))
    real = sources.rule_sources

    def rule_sources(*args: Any, **options: Any) -> Any:
        found = list(real(*args, **options))
        (tmp_path / "bad.toml").unlink()
        return iter(found)

    monkeypatch.setattr("triggerfish.api.run.inputs.rule_sources", rule_sources)
    found = CliRunner().invoke(main, [str(tmp_path)])
    assert (found.exit_code, len(found.stdout.splitlines())) == (2, 1)
    assert f"no such file\n --> {tmp_path / 'bad.toml'}" in found.stderr


# -- the clock -----------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that interrupt")
def test_a_rule_is_stopped_in_whatever_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(*args: Any, **options: Any) -> Any:
        while True:
            pass

    (tmp_path / "bad.toml").write_bytes(rule("process.name : good"))
    for step, missed in (
        ("compiled_rule.rule_of", "while reading the rule"),
        ("compiled_rule.compile_rule", "while compiling the rule"),
        ("compile_one.solve_rule", "while searching for a document or a proof"),
        ("compile_one.Plan.walk_group", "0 of 1 matches were drawn"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"triggerfish.api.run.{step}", forever)
            found = CliRunner().invoke(main, ["--timeout", "0.1", str(tmp_path)])
        assert (found.exit_code, found.stdout) == (3, ""), step
        assert missed in found.stderr
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_largest_file_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "bad.toml").open("wb") as file:
        file.truncate(1 << 36)
    with pytest.raises(RuleError, match="larger than 64 MiB"):
        read_bytes(tmp_path / "bad.toml")
