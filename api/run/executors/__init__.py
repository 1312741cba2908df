"""Executors: how the rules of a run are spread over processes or machines. Each is a module with a `CompileSources`."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Protocol

from ....backends.report.rule_result import RuleResult
from ...on_demand import load
from ..compile_one import Write
from ..inputs import Source
from ..options import CompileOptions


class CompileSources(Protocol):
    def __call__(self, sources: Iterable[Source], settings: CompileOptions, jobs: int, write: Write) -> Generator[RuleResult, None, None]:
        """Compile rules and write the lines of their documents, in order; results and lines do not depend on the executor.

        Args:
            sources: the rules.
            settings: the options that apply to all of them.
            jobs: how many rules may be compiled at a time.
            write: takes the lines; the separator of the format is for it to add.

        Yields:
            The result of each rule, once its lines are written.
        """


EXECUTORS = {"serial": ".run.executors.serial:compile_sources", "processes": ".run.executors.processes:compile_sources"}


def executor(jobs: int) -> CompileSources:
    """The executor for so many jobs."""
    found: CompileSources = load(EXECUTORS["serial" if jobs == 1 else "processes"])
    return found
