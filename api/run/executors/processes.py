"""Rules compiled by several processes: the same results and the same bytes as one process gives, in the same order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from ....backends.generate.match_numbers import BLOCK
from ....backends.report.document_formats import form_of
from ....backends.report.rule_result import RuleResult, Seconds, Status
from ....compiler.diagnostics.errors import WorkerKilled
from ..compile_one import Write, compile_source, with_all_drawn
from ..inputs import Failed, Source, Unreadable, in_file
from ..options import CompileOptions
from ..output_files import raising_output_errors
from ..process_context import process_context

DIVIDED = {"plain": 8 * BLOCK, "realistic": 2 * BLOCK}
"""By style, the matches of one rule from which on several processes share them: fewer where each takes longer."""
_KEPT = 1 << 20
"""Bytes of one rule's lines that are handed over in memory; more go through a file."""
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one process made: a result, and its lines in memory or, if there are many, in a file."""

    result: RuleResult
    lines: bytes
    file: str | None


def compile_sources(sources: Iterable[Source], settings: CompileOptions, jobs: int, write: Write) -> Generator[RuleResult, None, None]:
    """Compile rules and write the lines of their documents, in order, in `jobs` processes; see `CompileSources`."""
    context = process_context()
    with raising_output_errors(tempfile.gettempdir()):
        made = tempfile.TemporaryDirectory(prefix="triggerfish-")
    with made as folder:

        def start(processes: int) -> ProcessPoolExecutor:
            return ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(settings, folder))

        workers = _Workers(start, jobs)
        try:
            yield from _in_order(workers, sources, settings, jobs, write)
        finally:
            workers.close()


@dataclass(frozen=True, slots=True)
class _Task:
    """A rule, or a part of its matches, and what a process will have made of it."""

    source: Source
    part: tuple[int, int] | None
    future: Future[_Piece]


class _Workers:
    """Processes that work on rules, replaced when one of them dies.

    All that was given out and not done by then is lost with it, and nobody can tell whose fault it was. So each of these rules is
    compiled once more, in a process of its own; what ends that one too is the culprit.

    Args:
        start: makes a pool of so many processes.
        jobs: how many to have.
    """

    def __init__(self, start: Callable[[int], ProcessPoolExecutor], jobs: int) -> None:
        self._start = start
        self._jobs = jobs
        self._pool = start(jobs)

    def give(self, source: Source, part: tuple[int, int] | None) -> _Task:
        """Have a rule, or a part of its matches, worked on."""
        try:
            return _Task(source, part, self._pool.submit(_work, source, part))
        except BrokenProcessPool:
            self._pool.shutdown()
            self._pool = self._start(self._jobs)
            return _Task(source, part, self._pool.submit(_work, source, part))

    def take(self, task: _Task) -> _Piece | None:
        """What came of it; None if it ends every process that works on it."""
        try:
            return task.future.result()
        except BrokenProcessPool:
            with self._start(1) as alone:
                try:
                    return alone.submit(_work, task.source, task.part).result()
                except BrokenProcessPool:
                    return None

    def close(self) -> None:
        """End the processes; tasks that have not started are dropped."""
        self._pool.shutdown(cancel_futures=True)


def _in_order(workers: _Workers, sources: Iterable[Source], settings: CompileOptions, jobs: int, write: Write) -> Iterator[RuleResult]:
    waiting: deque[list[_Task] | Unreadable | Failed] = deque()
    for source in sources:
        if isinstance(source, Unreadable | Failed):
            waiting.append(source)
        else:
            divided = settings.count >= DIVIDED[settings.style]
            parts: list[tuple[int, int] | None] = [(part, jobs) for part in range(jobs)] if divided else [None]
            waiting.append([workers.give(source, part) for part in parts])
        if len(waiting) >= jobs * _AHEAD:
            yield _finished(workers, waiting.popleft(), settings, write)
    while waiting:
        yield _finished(workers, waiting.popleft(), settings, write)


def _finished(workers: _Workers, work: list[_Task] | Unreadable | Failed, settings: CompileOptions, write: Write) -> RuleResult:
    if isinstance(work, Unreadable | Failed):
        return compile_source(work, settings, write)
    pieces: list[RuleResult] = []
    for task in work:
        piece = workers.take(task)
        if piece is None:
            return _killed(_united(pieces) if pieces else in_file(RuleResult(task.source.name, Status.UNKNOWN), task.source))
        _copy(piece, write)
        pieces.append(piece.result)
    return pieces[0] if len(pieces) == 1 else with_all_drawn(_united(pieces), settings.count)


def _killed(result: RuleResult) -> RuleResult:
    """The result of a rule of which nothing more can be found out."""
    return replace(result, status=Status.UNKNOWN, findings=(*result.findings, WorkerKilled().at()))


def _copy(piece: _Piece, write: Write) -> None:
    if piece.lines:
        write(piece.lines)
    if piece.file is not None:
        path = Path(piece.file)
        with path.open("rb") as file:
            for block in iter(lambda: _next_piece(file), b""):
                write(block)
        path.unlink()


def _next_piece(file: IO[bytes]) -> bytes:
    """What stands next in a file of `_Spool`: the length of a piece, and the piece."""
    size = file.read(8)
    return file.read(int.from_bytes(size, "big")) if size else b""


def _united(results: list[RuleResult]) -> RuleResult:
    """The result of a rule from those of its parts."""
    first = results[0]
    draws: dict[str, int] = {}
    for result in results:
        for name, count in result.draws.items():
            draws[name] = draws.get(name, 0) + count
    return replace(
        first,
        documents=sum(result.documents for result in results),
        matches=sum(result.matches for result in results),
        draws=draws,
        indices=tuple(sorted({index for result in results for index in result.indices})),
        seconds=Seconds(first.seconds.parse, first.seconds.compile, first.seconds.solve, sum(result.seconds.sample for result in results)),
    )


# -- in the other processes ----------------------------------------------------------------------


@dataclass(slots=True)
class _Context:
    settings: CompileOptions
    folder: str


_CONTEXT: list[_Context] = []


def _begin(settings: CompileOptions, folder: str) -> None:
    _CONTEXT[:] = [_Context(settings, folder)]
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End when the process is gone that gives out the work, and so cannot say that there is none any more."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _work(source: Source, part: tuple[int, int] | None) -> _Piece:
    (context,) = _CONTEXT
    spool = _Spool(context.folder, form_of(context.settings.format).between)
    result = compile_source(source, replace(context.settings, part=part), spool.add)
    return spool.closed(result)


class _Spool:
    """Collects lines in memory, and in a file once they are many."""

    def __init__(self, folder: str, between: bytes) -> None:
        self.folder = folder
        self.between = between
        self.pieces: list[bytes] = []
        self.size = 0
        self.file: IO[bytes] | None = None

    def add(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.size += len(piece)
        if self.size > _KEPT:
            if self.file is None:
                self.file = tempfile.NamedTemporaryFile(dir=self.folder, delete=False)  # noqa: SIM115
            self._flush(self.file)

    def _flush(self, file: IO[bytes]) -> None:
        for piece in self.pieces:
            file.write(len(piece).to_bytes(8, "big"))
            file.write(piece)
        self.pieces, self.size = [], 0

    def closed(self, result: RuleResult) -> _Piece:
        if self.file is None:
            return _Piece(result, self.between.join(self.pieces), None)
        with self.file as file:
            self._flush(file)
        return _Piece(result, b"", file.name)
