"""Change the product in one place at a time, and see whether a test fails.

    python -m benchmarks.mutation --folder compiler --folder rules/lowering --folder backends --count 200 --seed 1

In a temporary copy of the tree all tests are run once, to record which lines each executes (`--record` keeps that). Then each mutant
meets the tests that execute the changed expression, or failing those its file, in batches of a few test files: those that noticed
most so far first, of each the fastest tests first, `--seconds` of them. `--rest` runs all tests that do not execute it on the
survivors. Needs Python 3.12.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from time import perf_counter, sleep
from typing import NoReturn

import click
import pytest

from .code_mutants import CodeMutant, code_mutants
from .executed_lines import Recording, load

ROOT = Path(__file__).resolve().parents[1]
_PARTS = ("api", "backends", "compiler", "grammar", "rules")
_OPTIONS = (
    *("-q", "--tb=no", "--assert=plain", "-p", "benchmarks.executed_lines", "-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-o", "addopts=", "--import-mode=importlib", "-m", "not live"),
)
_UNCHANGED = ("eql", "hypothesis.strategies", "jsonschema", "lark", "orjson", "pytoml", "rich.console", "yaml", "z3")
"""Packages that the tests import."""
_TO_START = 40.0
_BATCHES = (2, 4, 8)
"""Test files of the first batches; the last has all others."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests say of a mutant.

    Attributes:
        noticed: by which test, or that the time limit ended them; empty if it survived.
        ran, of: how many tests were run, of how many that execute what was changed.
    """

    noticed: str
    ran: int
    of: int


class Tree:
    """A copy of the source tree in which the package is importable, and its tests."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
        for name in filter(None, listed.splitlines()):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes((ROOT / name).read_bytes())
        for part in _PARTS:
            (folder / "triggerfish" / part).symlink_to(folder / part)
        shared = os.environ.get("TRIGGERFISH_SHARED") or str(ROOT.parent / "shared")
        self._environment = {**os.environ, "PYTHONPATH": str(folder), "TRIGGERFISH_SHARED": shared}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(self, arguments: Sequence[str], limit: float = 3600.0, **variables: str) -> tuple[int, str]:
        """Pytest's exit code and output; -1 if the time limit ended it.

        The process is a fork of this one, which has imported what does not change.
        """
        with tempfile.TemporaryFile() as output:
            child = os.fork()
            if not child:
                self._become_pytest(arguments, variables, output.fileno())
            until, status = perf_counter() + limit, 0
            while not status and perf_counter() < until:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    break
                sleep(0.05)
            else:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                ended = 0
            output.seek(0)
            return os.waitstatus_to_exitcode(status) if ended else -1, output.read().decode(errors="replace")

    def _become_pytest(self, arguments: Sequence[str], variables: Mapping[str, str], output: int) -> NoReturn:
        code = 3
        try:
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.chdir(self.root)
            os.environ.clear()
            os.environ.update(self._environment | variables)
            sys.path[:] = [str(self.root), *(place for place in sys.path if place and Path(place) != ROOT)]
            sys.dont_write_bytecode = False
            code = int(pytest.main([*_OPTIONS, *arguments]))
        finally:
            sys.stdout.flush()
            os._exit(code)

    @contextmanager
    def changed(self, mutant: CodeMutant) -> Iterator[None]:
        """The tree with a mutant, during a block."""
        path = self.root / mutant.file
        text = path.read_text(encoding="utf-8")
        try:
            self._write(path, mutant.apply(text))
            yield
        finally:
            self._write(path, text)

    def _write(self, path: Path, text: str) -> None:
        # Compiled files are valid by the second and the size of their source.
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()
        path.write_text(text, encoding="utf-8")


def _nearest(recording: Recording, mutant: CodeMutant) -> list[str]:
    """The tests that execute what a mutant changes."""
    file, (first, last) = mutant.file, mutant.lines
    wanted = (
        sum(1 << line for line in range(first, last + 1)),
        1 << mutant.statement,
        -1,
        0,
    )
    names: list[str] = []
    for mask in wanted:
        names = [name for name, lines in recording.lines.items() if lines.get(file, 0) & mask or not mask]
        if names:
            break
    return names


def _file_of(name: str) -> str:
    return name.partition("::")[0]


def _batches(names: Sequence[str], recording: Recording, notices: Mapping[str, int], seconds: float) -> Iterator[list[str]]:
    """Tests, a few files at a time: those that noticed most mutants so far first, of each the fastest tests first.

    Args:
        names: all tests that may be chosen.
        recording: how long each takes.
        notices: how many mutants each test file has noticed.
        seconds: how much of the tests of a batch are chosen.
    """
    by_file: dict[str, list[str]] = {}
    for name in sorted(names, key=recording.seconds.__getitem__):
        by_file.setdefault(_file_of(name), []).append(name)
    files = sorted(by_file, key=lambda file: (-notices.get(file, 0), -len(by_file[file])))
    sizes = iter(_BATCHES)
    while files:
        size = next(sizes, len(files))
        batch, used = [], 0.0
        for name in sorted((name for file in files[:size] for name in by_file[file]), key=recording.seconds.__getitem__):
            used += recording.seconds[name]
            if batch and used > seconds:
                break
            batch.append(name)
        files = files[size:]
        yield batch


def _judge(tree: Tree, recording: Recording, batches: Iterable[list[str]], of: int, choice: Path) -> Verdict:
    """Run batches of tests, in each first those of its files that the recording does not know, until one notices the mutant in the tree."""
    known = {*recording.lines, *recording.left_out}
    ran = 0
    for batch in batches:
        choice.write_text("\n".join(known) + "\0" + "\n".join(batch), encoding="utf-8")
        files = [*dict.fromkeys(map(_file_of, batch))]
        limit = _TO_START + 4 * sum(recording.seconds[name] for name in batch)
        code, output = tree.run(["-x", *files], limit, TRIGGERFISH_CHOICE=str(choice))
        ran += len(batch)
        if code not in (0, 5):
            failed = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
            return Verdict("time limit" if code == -1 else failed[1] if failed else f"exit {code}", ran, of)
    return Verdict("", ran, of)


def _files(name: str) -> list[str]:
    """The Python files of a folder of the product, or the file of that name."""
    path = ROOT / name
    return [str(file.relative_to(ROOT)) for file in (path.rglob("*.py") if path.is_dir() else [path])]


def _said(number: int, mutant: CodeMutant, verdict: Verdict, text: str) -> str:
    line = text.splitlines()[mutant.line - 1].strip()
    change = f"`{mutant.before.strip()}` -> `{mutant.after.strip()}`"
    place = f"{mutant.file}:{mutant.line}:{mutant.start - text.rfind(chr(10), 0, mutant.start)}"
    outcome = f"noticed by {verdict.noticed}" if verdict.noticed else f"SURVIVED {verdict.ran} of {verdict.of} tests"
    return f"{number:4} {place}  {change}  {outcome}\n       {line}"


@click.command()
@click.option("--folder", multiple=True, required=True, help="A folder or file of the product; may be repeated.")
@click.option("--count", default=20, show_default=True, help="How many mutants, of all that there are.")
@click.option("--seed", default=1, show_default=True, help="Of their choice.")
@click.option("--only", default="", help="Numbers of mutants, separated by commas.")
@click.option("--seconds", default=15.0, show_default=True, help="Of the tests of a batch, as recorded.")
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), help="Keep the recording here, or use the one that is here.")
@click.option("--rest", is_flag=True, help="Run all other tests on the survivors.")
@click.option("--tests", multiple=True, help="Record these tests only; may be repeated.")
def main(
    folder: tuple[str, ...], count: int, seed: int, only: str, seconds: float, record: Path | None, rest: bool, tests: tuple[str, ...]
) -> None:
    """Print a verdict for each mutant, and the share that was noticed."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as temporary:
        tree, began = Tree(Path(temporary) / "tree"), perf_counter()
        recorded, choice = record or Path(temporary) / "recording", Path(temporary) / "choice"
        if not recorded.is_file():
            _, output = tree.run(tests, TRIGGERFISH_RECORD=str(recorded.resolve()))
            print(f"recorded in {perf_counter() - began:.0f} s: {output.splitlines()[-1]}", flush=True)
        recording = load(recorded)
        for name in _UNCHANGED:
            import_module(name)
        files = sorted({file for name in folder for file in _files(name)})
        mutants = [mutant for file in files for mutant in code_mutants(ROOT, file)]
        chosen = list(enumerate(Random(seed).sample(mutants, min(count, len(mutants))), 1))
        numbers = {int(number) for number in only.split(",") if number}
        survivors, noticed, total, notices = list[str](), 0, 0, Counter[str]()
        for number, mutant in chosen:
            if numbers and number not in numbers:
                continue
            near = _nearest(recording, mutant)
            with tree.changed(mutant):
                verdict = _judge(tree, recording, _batches(near, recording, notices, seconds), len(near), choice)
                if rest and not verdict.noticed:
                    others = [name for name in recording.lines if name not in set(near)]
                    verdict = _judge(tree, recording, [others], len(recording.lines), choice)
            notices[_file_of(verdict.noticed)] += 1
            said = _said(number, mutant, verdict, (ROOT / mutant.file).read_text(encoding="utf-8"))
            print(said, flush=True)
            total += 1
            noticed += bool(verdict.noticed)
            if not verdict.noticed:
                survivors.append(said)
        print(f"\n{noticed} of {total} mutants noticed ({noticed / max(total, 1):.0%}), {perf_counter() - began:.0f} s; survivors:")
        print("\n".join(survivors))


if __name__ == "__main__":
    main()
