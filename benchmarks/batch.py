"""Benchmark the command on many rules: parallelism, memory, the cache, and resuming after kills.

    python -m benchmarks.batch ../shared/corpus
    python -m benchmarks.batch ../shared/corpus --only killed

Exits with 1 when an output is not that of an undisturbed run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import click

from .measure import Run, run

COPIES = 5
KILLS = 10


class Bench:
    """Runs of the command on one folder of rules.

    Args:
        rules: the folder.
        work: a folder for outputs.
    """

    def __init__(self, rules: Path, work: Path) -> None:
        self.rules = rules
        self.work = work
        self.wrong = False
        self.plain = self.compiled("plain", rules)

    def command(self, name: str, rules: Path, *options: str | Path) -> list[str]:
        """The command that writes an output of this name."""
        return [sys.executable, "-m", "triggerfish", "compile-rule", "-q", str(rules), "-o", str(self.work / name), *map(str, options)]

    def compiled(self, name: str, rules: Path, *options: str | Path) -> Run:
        """A run that writes an output of this name."""
        return run(self.command(name, rules, *options))

    def same(self, *names: str) -> str:
        """Whether outputs are that of the first run, in a word."""
        same = all((self.work / name).read_bytes() == (self.work / "plain").read_bytes() for name in names)
        self.wrong |= not same
        return "yes" if same else "NO"


def jobs(bench: Bench) -> Iterator[str]:
    """Two processes against one."""
    two = bench.compiled("jobs", bench.rules, "--jobs", "2")
    again = bench.compiled("plain", bench.rules)
    one = min(bench.plain.wall, again.wall)
    yield f"one process {one:.1f} s, two {two.wall:.1f} s: {one / two.wall:.2f} times as fast; the same output: {bench.same('jobs')}"


def memory(bench: Bench) -> Iterator[str]:
    """The rules once, and several copies of them."""
    copies = bench.work / "copies"
    for number in range(COPIES):
        shutil.copytree(bench.rules, copies / str(number))
    for count in ("1", "2"):
        once = bench.compiled("once", bench.rules, "--jobs", count)
        more = bench.compiled("more", copies, "--jobs", count)
        growth = more.peak / once.peak - 1
        yield f"peak memory with --jobs {count}: once {once.peak:.0f} MiB, {COPIES} times {more.peak:.0f} MiB ({growth:+.0%})"


def cache(bench: Bench) -> Iterator[str]:
    """A cache that is empty, and one that has it all."""
    options = ("--cache", bench.work / "kept")
    first, second = (bench.compiled(name, bench.rules, *options) for name in ("first", "second"))
    same = bench.same("first", "second")
    ratio = first.wall / second.wall
    yield f"filling a cache {first.wall:.1f} s, from it {second.wall:.1f} s: {ratio:.1f} times as fast; the same output: {same}"


def killed(bench: Bench) -> Iterator[str]:
    """Runs that are killed at a random moment, each then resumed."""
    rng = Random(0)
    right = 0
    for number in range(KILLS):
        moment = rng.uniform(0.3, bench.plain.wall)
        options = ("--resume", "--jobs", str(1 + number % 2))
        name = f"killed{number}"
        process = subprocess.Popen(bench.command(name, bench.rules, *options), stderr=subprocess.DEVNULL)
        time.sleep(moment)
        process.kill()
        process.wait()
        done = _lines(bench.work / f".{name}.journal")
        resumed = bench.compiled(name, bench.rules, *options)
        same = bench.same(name)
        right += same == "yes"
        yield f"  killed after {moment:.1f} s with {done} rules done, resumed in {resumed.wall:.1f} s; the same output: {same}"
    yield f"{right} of {KILLS} outputs are those of an undisturbed run"


def _lines(path: Path) -> int:
    return max(path.read_bytes().count(b"\n") - 1, 0) if path.exists() else 0


PARTS: dict[str, Callable[[Bench], Iterator[str]]] = {"jobs": jobs, "memory": memory, "cache": cache, "killed": killed}


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", type=click.Choice(tuple(PARTS)), multiple=True, help="Not all of it.")
def main(folder: Path, only: tuple[str, ...]) -> None:
    """Measure the command over the rules of FOLDER."""
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(folder, Path(work))
        for name in only or PARTS:
            for line in PARTS[name](bench):
                print(line, flush=True)
    sys.exit(bench.wrong)


if __name__ == "__main__":
    main()
