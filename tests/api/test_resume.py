"""``--resume``: however a run ends, the next one goes on where it was, and no line is lost or repeated."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compile_rule import GOOD, PORT_26, SAMPLES, invoke, rule
from triggerfish.api.run import compile_one as batch
from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import BareQuery, RuleFile
from triggerfish.api.run.options import CompileOptions
from triggerfish.api.run.result_codec import ResultCodecError, restore, store
from triggerfish.backends.report.rule_result import RuleResult
from triggerfish.compiler.schema.fields import ecs_schema

OPTIONS = ("-n", "3", "-f", "groups", "--style", "plain", "--no-findings")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    for number in range(60):
        rule(folder, f"{number:03}", f"a : x{number}* and (b : {number} or c > {number} or process.name : *.exe)")
    rule(folder, "020-broken", "a : (")
    rule(folder, "030-never", "a > 2 and a < 1")
    return folder


def order(rules: Path, out: Path, *more: str | Path) -> list[str | Path]:
    return ["-q", *OPTIONS, rules, "-o", out, *more]


def undisturbed(rules: Path, folder: Path, *more: str | Path) -> bytes:
    out = folder / "undisturbed"
    assert invoke(*order(rules, out, *more)).exit_code == 2
    return out.read_bytes()


def interrupted_after(rules: int, monkeypatch: pytest.MonkeyPatch, *args: str | Path) -> None:
    real, left = batch.compile_source, [rules]

    def compile_some(source: batch.Source, settings: CompileOptions, write: batch.Write) -> RuleResult:
        left[0] -= 1
        record = real(source, settings, write)
        if left[0] < 0:
            raise KeyboardInterrupt
        return record

    with monkeypatch.context() as patch:
        patch.setattr("triggerfish.api.run.executors.serial.compile_source", compile_some)
        assert invoke(*args).exit_code == 130


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killed_at_any_moment(jobs: str, rules: Path, tmp_path: Path) -> None:
    expected, rng, kills = undisturbed(rules, tmp_path), Random(jobs), 0
    out = tmp_path / "out"
    command = [sys.executable, "-m", "triggerfish", "compile-rule", *map(str, order(rules, out, "--resume", "-j", jobs))]
    while not out.exists():
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        # Some time after it began to write, or not killed at all once it was often enough.
        before = _size(tmp_path / ".out.part")
        while process.poll() is None and _size(tmp_path / ".out.part") <= before:
            time.sleep(0.002)
        time.sleep(rng.random() / 20)
        if kills < 4:
            process.kill()
            kills += 1
        process.wait(60)
    assert out.read_bytes() == expected
    assert not list(tmp_path.glob(".out.*"))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@pytest.mark.parametrize("done", [1, 21, 62])
def test_what_is_done_is_not_done_again(done: int, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = [tmp_path / name for name in ("report", "again")]
    wanted = ["--report", reports[0], "--mappings", tmp_path / "mappings"]
    expected = undisturbed(rules, tmp_path, *wanted)
    mappings = (tmp_path / "mappings").read_bytes()
    out = tmp_path / "out"
    again = order(rules, out, "--report", reports[1], "--mappings", tmp_path / "mappings")
    interrupted_after(done, monkeypatch, *again) if done < 62 else _fail_at_the_end(monkeypatch, *again)
    compiled: list[str] = []
    real = batch.compile_source
    monkeypatch.setattr(
        "triggerfish.api.run.executors.serial.compile_source",
        lambda source, *rest: (compiled.append(source.name), real(source, *rest))[1],
    )
    assert invoke(*again, "--resume").exit_code == 2
    assert len(compiled) == 62 - done
    assert out.read_bytes() == expected and (tmp_path / "mappings").read_bytes() == mappings
    assert _without_times(reports[0]) == _without_times(reports[1])


def test_the_baseline_of_a_resumed_run(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known, reports = tmp_path / "known", [tmp_path / name for name in ("report", "again")]
    undisturbed(rules, tmp_path, "--report", known)
    rule(rules, "010-new", "b : (")
    expected = undisturbed(rules, tmp_path, "--baseline", known, "--report", reports[0])
    out = tmp_path / "out"
    again = order(rules, out, "--baseline", known, "--report", reports[1])
    # Some of what the baseline knows, and what is new, is before the interruption, and some after.
    interrupted_after(25, monkeypatch, *again)
    assert invoke(*again, "--resume").exit_code == 2
    assert out.read_bytes() == expected
    found = _without_times(reports[1])
    assert found == _without_times(reports[0])
    assert [entry["rule_id"] for entry in found["rules"] if entry["findings"]] == ["010-new"]
    assert found["left_out"] == sum(len(entry["findings"]) for entry in json.loads(known.read_bytes())["rules"]) > 0


def _fail_at_the_end(monkeypatch: pytest.MonkeyPatch, *args: str | Path) -> None:
    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("triggerfish.api.run.run.indented", fail)
        assert invoke(*args).exit_code == 130


def _without_times(path: Path) -> Any:
    content = json.loads(path.read_bytes())
    for entry in content["rules"]:
        del entry["seconds"]
    return content


def test_rules_that_changed_are_compiled_anew(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    interrupted_after(40, monkeypatch, *order(rules, out))
    rule(rules, "017", "a : changed")
    (rules / "050.toml").unlink()
    assert invoke(*order(rules, out, "--resume")).exit_code == 2
    assert out.read_bytes() == undisturbed(rules, tmp_path)


def test_a_torn_end_is_cut_off(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, out = undisturbed(rules, tmp_path), tmp_path / "out"
    for name, torn in ((".out.journal", b'["abc'), (".out.part", b'{"rule": "x'), (".out.journal", b'["a", 1]\t{}\n')):
        interrupted_after(30, monkeypatch, *order(rules, out))
        with (tmp_path / name).open("ab") as file:
            file.write(torn)
        assert invoke(*order(rules, out, "--resume")).exit_code == 2
        assert out.read_bytes() == expected
        out.unlink()


def test_other_options_are_refused(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    interrupted_after(5, monkeypatch, *order(rules, out))
    found = invoke(*order(rules, out, "--resume", "--seed", "7"))
    assert found.exit_code == 2
    assert "the earlier run had other options" in found.stderr and "drop --resume" in found.stderr
    assert invoke(*order(rules, out, "--seed", "7")).exit_code == 2
    assert out.read_bytes() != undisturbed(rules, tmp_path)


def test_nothing_to_resume_is_a_run_like_any(rules: Path, tmp_path: Path) -> None:
    assert invoke(*order(rules, tmp_path / "out", "--resume")).exit_code == 2
    assert (tmp_path / "out").read_bytes() == undisturbed(rules, tmp_path)


@pytest.mark.parametrize("out", ["-", "/dev/null"])
def test_where_nothing_can_be_resumed(out: str) -> None:
    found = invoke(PORT_26, "--resume", "-o", out)
    assert (found.exit_code, "--resume requires --out FILE" in found.stderr) == (2, True)


def test_two_processes_do_not_write_one_file(rules: Path, tmp_path: Path) -> None:
    out, busy = tmp_path / "out", tmp_path / "busy"
    busy.mkdir()
    rule(busy, "slow", " or ".join(f"(a{n} : x* and b{n} > {n})" for n in range(300)))
    order_of_first = ("-q", "-n", "100000", "--timeout", "600", str(busy), "-o", str(out))
    first = subprocess.Popen([sys.executable, "-m", "triggerfish", "compile-rule", *order_of_first], stderr=subprocess.PIPE)
    while not _size(tmp_path / ".out.part"):
        assert first.poll() is None
        time.sleep(0.01)
    found = invoke(*order(rules, out))
    assert (found.exit_code, found.stderr) == (2, f"error: cannot write `{out}`: another process is writing it\n")
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 143
    assert first.stderr is not None and first.stderr.read() == b"error: terminated\n"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


# -- records -------------------------------------------------------------------------------------

SETTINGS = CompileOptions(ecs_schema(), 0, plans=True)


@pytest.mark.parametrize("path", [*GOOD[::5], *sorted((SAMPLES / "broken").iterdir())])
def test_records_are_stored_as_they_are(path: Path) -> None:
    record = compile_source(RuleFile(path), SETTINGS, lambda lines: None)
    assert restore(store(record), SETTINGS.schema) == record


@given(st.text(), st.sampled_from(["kuery", "eql", None]))
@settings(deadline=None, max_examples=30)
def test_records_of_any_query(text: str, language: str | None) -> None:
    record = compile_source(BareQuery(text, language), SETTINGS, lambda lines: None)
    assert restore(store(record), SETTINGS.schema) == record


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nodes":[],"fields":[0]}', "null"])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ResultCodecError):
        restore(text, SETTINGS.schema)
