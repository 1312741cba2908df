"""Time, memory and how figures spread."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

Figures = dict[str, Any]
"""What a stage found out: numbers by name, as JSON has them."""


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
    # Byte code that is not kept would be compiled anew by every process, which no user of an installed package sees.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**inherited, **(environment or {})},
    )
    assert process.stdin is not None and process.stdout is not None
    with process.stdin, process.stdout:
        try:
            process.stdin.write(data)
            process.stdin.close()
        except BrokenPipeError:
            pass
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    divisor = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Run(perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / divisor, output, process.returncode)


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
    return {name: median([each[name] for each in runs]) if isinstance(runs[0][name], float) else runs[0][name] for name in runs[0]}


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
