"""Measuring time and memory, and statistics."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

Figures = dict[str, Any]
"""The results of a stage: numbers by name, as JSON."""


@dataclass(frozen=True, slots=True)
class Run:
    """A process that has ended.

    Attributes:
        wall, cpu: seconds; the latter with its own children.
        peak: MiB of memory at most.
        output: of its standard output.
        code: of its exit.
    """

    wall: float
    cpu: float
    peak: float
    output: bytes
    code: int


def run(command: Sequence[str | Path], data: bytes = b"", environment: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end.

    Args:
        command: the program and its arguments.
        data: what it reads on standard input.
        environment: variables beside those of this process.
    """
    # Without cached byte code every process would compile the sources, unlike with an installed package.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        process = subprocess.run(
            # The memory of a process counts from its parent's, so that a small one must be its parent.
            [sys.executable, "-I", "-S", "-c", _WATCH, str(report), *map(str, command)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**inherited, **(environment or {})},
        )
        watched = json.loads(report.read_bytes())
    return Run(watched["wall"], watched["cpu"], watched["peak"], process.stdout, watched["code"])


_WATCH = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - began
peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
with open(sys.argv[1], "w") as file:
    json.dump({"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": peak, "code": os.waitstatus_to_exitcode(status)}, file)
"""


def cpu_seconds(work: Callable[[], object]) -> float:
    """What a piece of work takes of one processor."""
    gc.collect()
    began = process_time()
    work()
    return process_time() - began


def median(values: Sequence[float]) -> float:
    return quantile(values, 0.5)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def medians(work: Callable[[], Figures], times: int) -> Figures:
    """The median of each number of several runs."""
    runs = [work() for _ in range(times)]
    return {name: median([figures[name] for figures in runs]) if isinstance(runs[0][name], float) else runs[0][name] for name in runs[0]}


def spread(values: Sequence[float]) -> Figures:
    """How values lie."""
    if not values:
        return {"count": 0}
    return {
        "count": len(values),
        "total": sum(values),
        "median": median(values),
        "p90": quantile(values, 0.9),
        "p99": quantile(values, 0.99),
        "max": max(values),
    }
