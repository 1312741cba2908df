"""Scaling benchmark: synthetic queries of increasing size."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from triggerfish.api.source_events import DEFAULT_START
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.match_numbers import WALKED
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.backends.plan.plan import Plan
from triggerfish.compiler.compile import compile_query

from .measure import Figures, cpu_seconds
from .stages import Bench
from .subjects import schema


def alternatives(count: int) -> str:
    """A list of wildcard patterns, one of which is to match."""
    return "process where process.args : (" + ", ".join(f'"*word{number}*"' for number in range(count)) + ")"


def exclusions(count: int) -> str:
    """Patterns that are not to match, beside one that is."""
    return (
        'process where process.executable : "*.exe" and not process.executable : ('
        + ", ".join(f'"C:\\\\Program Files\\\\Vendor {number}\\\\*"' for number in range(count))
        + ")"
    )


def sequence(count: int) -> str:
    """Events one after the other, of one host."""
    steps = " ".join(f'[process where process.name : "step{number}*"]' for number in range(count))
    return f"sequence by host.id with maxspan=1h {steps}"


def conjoined(count: int) -> str:
    """Patterns that one value has to match all at once."""
    return "process where " + " and ".join(f'process.command_line : "*part{number}*"' for number in range(count))


def branches(count: int) -> str:
    """Conjunctions one of which is to hold."""
    return "process where " + " or ".join(f'(process.name : "a{number}*" and process.pid > {number})' for number in range(count))


KINDS: dict[str, tuple[Callable[[int], str], tuple[int, ...]]] = {
    "alternatives": (alternatives, (10, 100, 1_000, 10_000)),
    "exclusions": (exclusions, (10, 100, 1_000)),
    "sequence": (sequence, (2, 5, 10, 20)),
    "conjoined patterns": (conjoined, (1, 3, 10, 30)),
    "branches": (branches, (2, 10, 50)),
}


def growth(bench: Bench) -> Figures:
    """Seconds to compile, to decide, and for a document, by kind and size; where time allows, to decide in Z3 as a whole."""
    return {
        name: {str(size): _measured(make(size), size, bench.quick) for size in sizes if not bench.quick or size <= 1_000}
        for name, (make, sizes) in KINDS.items()
    }


def _measured(query: str, size: int, quick: bool) -> Figures:
    began = perf_counter()
    program = compile_query(query, schema(), DEFAULT_START, "eql").program
    compiled = perf_counter()
    solution = solve(program, "growth", DEFAULT_START, Limits(timeout=60.0), Strategy(findings=False))
    decided = perf_counter()
    figures: Figures = {"compile": compiled - began, "decide": decided - compiled, "status": solution.status}
    if solution.sampler is not None:
        plan = Plan(solution.sampler, "growth")
        count = 2_000
        figures["walked document"] = cpu_seconds(lambda: list(plan.texts(0, WALKED))) / WALKED
        figures["first block"] = cpu_seconds(lambda: list(plan.texts(WALKED, WALKED + 1)))
        figures["document"] = cpu_seconds(lambda: list(plan.texts(WALKED, WALKED + count))) / count
    if size <= 100 and not quick:
        began = perf_counter()
        whole = solve(program, "growth", DEFAULT_START, Limits(timeout=10.0), Strategy("whole", findings=False))
        figures["whole formula in Z3"] = perf_counter() - began
        figures["whole status"] = whole.status
    return figures
