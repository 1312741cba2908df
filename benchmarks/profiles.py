"""Where the time goes: the functions that take most of it, in compiling and in drawing."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import RuleFile
from triggerfish.backends.limits import Strategy

from .measure import Figures
from .stages import Bench, plan_of
from .subjects import evenly, settings

LINES = 10


def profile(bench: Bench) -> Figures:
    """The ten functions with the largest share of their own time."""
    chosen = evenly(bench.subjects, 100)
    plain = replace(settings(1), strategy=Strategy(findings=False))
    compile_source(RuleFile(chosen[0].path), plain)
    plans = [plan for subject in evenly(bench.subjects, 20) if (plan := plan_of(subject)) is not None and plan.planned]
    for plan in plans:
        list(plan.texts(0, 20_000))
    return {
        "compile": _top(lambda: [compile_source(RuleFile(subject.path), plain) for subject in chosen]),
        "draw": _top(lambda: ["".join(filter(None, block)).encode() for plan in plans for block in plan.texts(20_000, 60_000)]),
    }


def _top(work: Callable[[], object]) -> list[Figures]:
    profiler = cProfile.Profile()
    profiler.runcall(work)
    stats = pstats.Stats(profiler).get_stats_profile()
    total = stats.total_tt
    functions = sorted(stats.func_profiles.items(), key=lambda item: item[1].tottime, reverse=True)[:LINES]
    return [
        {
            "function": name,
            "file": _short(function.file_name),
            "line": function.line_number,
            "calls": function.ncalls,
            "share": function.tottime / total,
        }
        for name, function in functions
    ]


def _short(name: str) -> str:
    """The last two parts of a path: where a file lies is nobody's business."""
    return "/".join(Path(name).parts[-2:])
