"""``--cache``: the same output, and nothing compiled that was before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compile_rule import GOOD, SAMPLES, invoke, rule
from triggerfish.api.run import compile_one as batch
from triggerfish.api.run import result_cache as cache

BROKEN = SAMPLES / "broken"


class Counted:
    """Counts the rules that are compiled."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = batch._compile

        def compile_(*args: Any) -> Any:
            self.count += 1
            return real(*args)

        monkeypatch.setattr("triggerfish.api.run.compile_one._compile", compile_)

    def __call__(self, *args: str | Path) -> tuple[bytes, int]:
        """The output of a run and how many rules it compiled."""
        self.count = 0
        return invoke("-q", *args).stdout_bytes, self.count


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


@pytest.mark.parametrize("form", ["ndjson", "groups", "json", "bulk", "query-dsl", "none"])
def test_same_output_and_nothing_compiled(form: str, counted: Counted, tmp_path: Path) -> None:
    args = ("-n", "3", "-f", form, *GOOD[::6], BROKEN, "--report", str(tmp_path / "report"), "--mappings", str(tmp_path / "mappings"))
    without, _ = counted(*args)
    mappings = (tmp_path / "mappings").read_bytes()
    first, compiled = counted(*args, "--cache", tmp_path / "cache")
    assert (first, compiled > 20) == (without, True)
    assert counted(*args, "--cache", tmp_path / "cache") == (without, 0)
    assert (tmp_path / "mappings").read_bytes() == mappings


def test_findings_are_told_again(tmp_path: Path) -> None:
    runs = [invoke("-v", "-f", "none", "--cache", tmp_path / "cache", BROKEN).stderr for _ in range(2)]
    told = [[line for line in run.splitlines() if " = " in line or "-->" in line or "[" in line] for run in runs]
    assert told[0] == told[1] and len(told[0]) > 20


def test_what_it_depends_on(counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rule(tmp_path, "x", "a : x*")
    schema = tmp_path / "schema.json"
    schema.write_text('{"b": {"type": "long"}}')
    args = (path, "--cache", tmp_path / "cache", "--schema", schema)
    assert [counted(*args)[1] for _ in range(2)] == [1, 0]
    for option in (("--seed", "1"), ("-n", "2"), ("--style", "plain"), ("--start", "5"), ("--no-findings",), ("--strict",)):
        assert [counted(*args, *option)[1] for _ in range(2)] == [1, 0], option
    schema.write_text('{"a": {"type": "wildcard"}}')
    assert [counted(*args)[1] for _ in range(2)] == [1, 0]
    rule(tmp_path, "x", "a : y*")
    assert [counted(*args)[1] for _ in range(2)] == [1, 0]
    monkeypatch.setattr("triggerfish.api.run.cache_key.__version__", "0.0.0")
    assert [counted(*args)[1] for _ in range(2)] == [1, 0]


def test_what_another_run_might_decide_is_not_kept(counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rule(tmp_path, "x", "a : x*")

    def solve(*args: Any, **options: Any) -> Any:
        raise KeyError("x")

    with monkeypatch.context() as patch:
        patch.setattr("triggerfish.api.run.compile_one.solve_rule", solve)
        assert counted(path, "--cache", tmp_path / "cache") == (b"", 1)
    found, compiled = counted(path, "--cache", tmp_path / "cache")
    assert (found != b"", compiled) == (True, 1)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-3], lambda data: data.replace(b'"ok"', b'"no"')])
def test_damaged_entries_are_made_anew(damage: Any, counted: Counted, tmp_path: Path) -> None:
    args = (rule(tmp_path, "x", "a : x*"), "--cache", tmp_path / "cache")
    expected, _ = counted(*args)
    (entry,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    entry.write_bytes(damage(entry.read_bytes()))
    assert counted(*args) == (expected, 1)
    assert counted(*args) == (expected, 0)


def test_many_documents_are_not_kept(counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "LARGEST", 1000)
    args = (rule(tmp_path, "x", "a : x*"), "--cache", tmp_path / "cache", "-n", "200")
    runs = [counted(*args) for _ in range(2)]
    assert runs[0] == runs[1] and runs[0][1] == 1
    assert len(runs[0][0].splitlines()) == 200


def test_several_processes_share_it(tmp_path: Path) -> None:
    args = ("-q", "-n", "2", *GOOD, "--cache", tmp_path / "cache")
    outputs = [invoke(*args, "-j", jobs).stdout for jobs in ("2", "1", "2")]
    assert len(set(outputs)) == 1


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = invoke(GOOD[0], "--cache", tmp_path / "file")
    assert (found.exit_code, found.stderr) == (2, f"error: cannot write `{tmp_path / 'file'}`: file exists\n")


def test_a_cache_that_cannot_be_written_is_of_no_use_and_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.Path, "write_bytes", full)
    assert invoke(GOOD[0], "--cache", tmp_path).exit_code == 0
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
