"""Change the product in one place at a time, and see whether a test fails.

    python -m benchmarks.mutation --folder compiler --folder rules/lowering --folder backends --count 200 --seed 1

In a temporary copy of the tree all tests are run once, to record which lines each executes (`--record` keeps that). Then each mutant
meets the tests that execute the changed expression, or failing those its file: of every test file the fastest first, until one fails
or `--seconds` are used up. `--rest` runs all other tests on the survivors. Needs Python 3.12.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter

import click

from .code_mutants import CodeMutant, code_mutants
from .executed_lines import Recording, load

ROOT = Path(__file__).resolve().parents[1]
_PARTS = ("api", "backends", "compiler", "grammar", "rules")
_PYTEST = ("-m", "pytest", "-q", "-p", "benchmarks.executed_lines", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=")
_OPTIONS = (*_PYTEST, "--import-mode=importlib", "-m", "not live")
_TO_START = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the tests say of a mutant.

    Attributes:
        noticed: by which test, or that the time limit ended them; empty if it survived.
        ran, of: how many tests were chosen, of how many that execute what was changed.
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

    def run(self, arguments: Sequence[str], limit: float | None = None, **variables: str) -> tuple[int, str]:
        """Pytest's exit code and output; -1 if the time limit ended it."""
        process = subprocess.Popen(
            [sys.executable, *_OPTIONS, *arguments],
            cwd=self.root,
            env={**self._environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return -1, process.communicate()[0]
        return process.returncode, output

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
    """The tests that execute what a mutant changes: of every test file the fastest first."""
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
    names.sort(key=recording.seconds.__getitem__)
    rank = Counter[str]()
    order: dict[str, int] = {}
    for name in names:
        order[name] = rank[name.partition("::")[0]]
        rank[name.partition("::")[0]] += 1
    return sorted(names, key=lambda name: (order[name], recording.seconds[name]))


def _within(names: Sequence[str], recording: Recording, seconds: float) -> list[str]:
    chosen, used = [], 0.0
    for name in names:
        if used + recording.seconds[name] <= seconds:
            used += recording.seconds[name]
            chosen.append(name)
    return chosen


def _judge(tree: Tree, recording: Recording, chosen: Sequence[str], of: int, choice: Path) -> Verdict:
    """Run chosen tests, and those that the recording does not know, on a tree with a mutant."""
    known = {*recording.lines, *recording.left_out}
    choice.write_text("\n".join(known) + "\0" + "\n".join(chosen), encoding="utf-8")
    files = dict.fromkeys(name.partition("::")[0] for name in chosen)
    new = {str(path.relative_to(tree.root)) for path in (tree.root / "tests").rglob("test_*.py")} - {
        name.partition("::")[0] for name in known
    }
    limit = _TO_START + 5 * sum(recording.seconds[name] for name in chosen)
    code, output = tree.run(["-x", *files, *sorted(new)], limit, TRIGGERFISH_CHOICE=str(choice))
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    noticed = "time limit" if code == -1 else "" if code in (0, 5) else failed[1] if failed else f"exit {code}"
    return Verdict(noticed, len(chosen), of)


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
@click.option("--seconds", default=60.0, show_default=True, help="Of tests for each mutant, as recorded.")
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
        files = sorted({file for name in folder for file in _files(name)})
        mutants = [mutant for file in files for mutant in code_mutants(ROOT, file)]
        chosen = list(enumerate(Random(seed).sample(mutants, min(count, len(mutants))), 1))
        numbers = {int(number) for number in only.split(",") if number}
        survivors, noticed, total = [], 0, 0
        for number, mutant in chosen:
            if numbers and number not in numbers:
                continue
            near = _nearest(recording, mutant)
            selected = _within(near, recording, seconds)
            with tree.changed(mutant):
                verdict = _judge(tree, recording, selected, len(near), choice)
                if rest and not verdict.noticed:
                    others = [name for name in recording.lines if name not in set(selected)]
                    verdict = _judge(tree, recording, others, len(recording.lines), choice)
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
