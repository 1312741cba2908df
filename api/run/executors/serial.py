"""Rules compiled by this process, one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from ....backends.report.rule_result import RuleResult
from ..compile_one import Write, compile_source
from ..inputs import Source
from ..options import CompileOptions


def compile_sources(sources: Iterable[Source], settings: CompileOptions, jobs: int, write: Write) -> Generator[RuleResult, None, None]:
    """Compile rules and write the lines of their documents, in order; see `CompileSources`."""
    for source in sources:
        yield compile_source(source, settings, write)
