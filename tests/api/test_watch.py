"""``--watch``: what is compiled after which change, and what cannot be watched."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from subprocess import Popen
from typing import IO

import pytest

from compile_rule import invoke, rule, start
from triggerfish.api.cli.watch import Look, Round, Stamp, look, next_round, rounds
from triggerfish.api.run.run_options import RunOptions

A, B, C = (1, 10, 100), (2, 20, 200), (3, 30, 300)


@pytest.mark.parametrize(
    ("before", "after", "paths", "heading"),
    [
        ({"a": A}, {"a": A}, None, None),
        ({"a": A}, {"a": B}, ("a",), "1 changed: a"),
        ({"a": A, "c": C}, {"a": A, "b": B, "c": C}, ("b",), "1 added: b"),
        ({"a": A, "b": B}, {"b": B}, (), "1 removed: a"),
        ({"b": A, "d": A}, {"a": A, "b": B, "c": C}, ("a", "b", "c"), "1 changed: b, 2 added: a, c, 1 removed: d"),
        ({}, {str(number): A for number in range(7)}, tuple("0123456"), "7 added: 0, 1, 2, 3, 4 and 2 more"),
    ],
)
def test_what_is_compiled(before: dict[str, Stamp], after: dict[str, Stamp], paths: tuple[str, ...], heading: str) -> None:
    found = next_round(Look(before, {}), Look(after, {}))
    assert found == (None if paths is None else Round(paths, heading))


def test_a_schema_concerns_every_rule() -> None:
    rules = {"a": A, "b": B}
    assert next_round(Look(rules, {"s": A}), Look(rules, {"s": B})) == Round(("a", "b"), "schema changed: s")
    assert next_round(Look(rules, {"s": A}), Look({"a": B}, {"s": None})) == Round(("a",), "schema changed: s, 1 changed: a, 1 removed: b")


def _rounds(*looks: Look) -> list[Round]:
    """The rounds that a list of looks makes, the first being what the first round was about."""
    left = iter(looks[1:])

    def looking() -> Look:
        found = next(left, None)
        if found is None:
            raise KeyboardInterrupt
        return found

    made: list[Round] = []
    with pytest.raises(KeyboardInterrupt):
        for each in rounds(looks[0], looking, lambda: None):
            made.append(each)
    return made


def test_what_is_half_written_is_left_alone() -> None:
    """A file that changes from look to look is still being written; one that is gone for a moment is being replaced."""
    one, half, more, whole = ({"a": stamp} for stamp in (A, B, C, (4, 40, 400)))
    looks = [Look(found, {}) for found in (one, half, more, whole, whole, whole)]
    assert _rounds(*looks) == [Round(("a",), "1 changed: a")]
    looks = [Look(found, {}) for found in (one, {}, whole, whole)]
    assert _rounds(*looks) == [Round(("a",), "1 changed: a")]
    looks = [Look(found, {}) for found in (one, half, one, one)]
    assert _rounds(*looks) == []
    looks = [Look(found, {}) for found in (one, {}, {}, {}, one, one)]
    assert _rounds(*looks) == [Round((), "1 removed: a"), Round(("a",), "1 added: a")]


def test_looks_at_rules_and_schemas(tmp_path: Path) -> None:
    rule(tmp_path, "a", "b : 1")
    (tmp_path / "notes.txt").write_text("x")
    schema = tmp_path / "schema.yml"
    order = RunOptions(paths=(str(tmp_path), str(tmp_path / "nothing")), schema=(str(schema),))
    before = look(order)
    assert list(before.rules) == [str(tmp_path / "a.toml")] and before.schemas == {str(schema): None}
    (tmp_path / "a.toml").unlink()
    schema.write_text("a: {type: long}")
    after = look(order)
    assert list(after.rules) == [str(schema)] and after.schemas[str(schema)] is not None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--query", "a : 1"), "--query does not name a file"),
        (("-",), "standard input can be read only once"),
        (("x", "--resume", "-o", "y"), "--resume continues an earlier run"),
        (("x", "-o", "y"), "--out would contain only the rules of the last round"),
        (("x", "--report", "y"), "--report would contain"),
        (("x", "--mappings", "y"), "--mappings would contain"),
        (("x", "--style", "plain", "--emit-plan", "y"), "--emit-plan would contain"),
        (("x", "-f", "json"), "--format json would write one array"),
    ],
)
def test_what_cannot_be_watched(options: tuple[str, ...], why: str) -> None:
    found = invoke("--watch", *options)
    assert found.exit_code == 2 and f"--watch: {why}" in found.stderr


class _Watched:
    """A running command, and the lines that come from it."""

    def __init__(self, process: Popen[bytes]) -> None:
        self.process = process
        self.lines: dict[str, Queue[str]] = {"out": Queue(), "err": Queue()}
        assert process.stdout is not None and process.stderr is not None
        for name, stream in (("out", process.stdout), ("err", process.stderr)):
            threading.Thread(target=self._read, args=(stream, self.lines[name]), daemon=True).start()

    @staticmethod
    def _read(stream: IO[bytes], into: Queue[str]) -> None:
        for line in stream:
            into.put(line.decode())

    def until(self, stream: str, wanted: Callable[[str], bool]) -> str:
        """The first line that is wanted; fails if none comes."""
        seen: list[str] = []
        while True:
            try:
                seen.append(self.lines[stream].get(timeout=30))
            except Empty:
                pytest.fail(f"the line did not come; there were {seen}")
            if wanted(seen[-1]):
                return seen[-1]


def test_watching(tmp_path: Path) -> None:
    """A rule is added, spoilt, mended by a file put in its place, and its folder removed."""
    folder = tmp_path / "rules"
    folder.mkdir()
    rule(folder, "a", "destination.port : 1")
    (folder / "other.json").write_text("{}")
    watched = _Watched(start("--watch", "--style", "plain", folder))
    watched.until("err", lambda line: "1 ok" in line)
    assert json.loads(watched.until("out", bool))["destination"]["port"] == 1

    rule(folder, "b", "destination.port : 2")
    assert "1 added" in watched.until("err", lambda line: "b.toml" in line)
    assert json.loads(watched.until("out", bool))["destination"]["port"] == 2

    (folder / "other.json").write_text("[]")
    rule(folder, "b", "destination.port : (2")
    watched.until("err", lambda line: "error[syntax]" in line)
    watched.until("err", lambda line: "1 rule: 1 invalid" in line)

    rule(tmp_path, "fresh", "destination.port : 3").replace(folder / "b.toml")
    watched.until("err", lambda line: "1 changed" in line)
    assert json.loads(watched.until("out", bool))["destination"]["port"] == 3

    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    watched.until("err", lambda line: "removed" in line)
    watched.process.send_signal(signal.SIGINT)
    assert watched.process.wait(30) == 130
    assert watched.lines["out"].empty()
