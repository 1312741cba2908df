"""What people see on standard error while rules are compiled, and when they are."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import perf_counter
from typing import TYPE_CHECKING

import click

from .backends.report.pretty import render, styled, visible
from .backends.report.record import STAGES, Record, Seconds, Status
from .backends.report.told import counted, is_warned_of, more_warnings, summary_of, told_of
from .compiler.diagnostics import Diagnostic
from .outputs import told

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

COLOURS = {
    Status.OK: "green",
    Status.UNSATISFIABLE: "bold red",
    Status.UNKNOWN: "yellow",
    Status.UNSUPPORTED: "cyan",
    Status.INVALID: "bold red",
    Status.KNOWN: "dim",
}

_SLOWEST = 5


class Terminal:
    """Tells of one run.

    Colours and the progress bar are for terminals; ``NO_COLOR`` turns colours off, ``FORCE_COLOR`` on.

    Args:
        verbosity: below 0 nothing is told; at 0 errors, warnings and a summary; above that notes and times as well.
    """

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity
        self._counts: Counter[Status] = Counter()
        self._documents = 0
        self._warned = 0
        self._slowest: list[tuple[str, Seconds]] = []
        self._began = perf_counter()
        self._console = _console() if verbosity >= 0 else None
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    @contextmanager
    def progress(self, rules: int, wanted: bool) -> Iterator[None]:
        """Show a progress bar during a block, if it is wanted and there is a terminal to show it on."""
        if not wanted or self._console is None or not _on_terminal():
            yield
            return
        self._progress = _progress(self._console)
        self._task = self._progress.add_task("", total=rules)
        with self._progress:
            yield
        self._progress = None

    def start(self, name: str) -> None:
        """A rule is about to be compiled."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=visible(name) if len(name) <= 48 else "…" + visible(name)[-47:])

    def tell(self, record: Record) -> None:
        """A rule is done: show its findings."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task)
        self._counts[record.status] += 1
        self._documents += record.documents
        self._warned += is_warned_of(record)
        if self.verbosity > 0:
            self._slowest.append((record.path, record.seconds))
            self._slowest = sorted(self._slowest, key=lambda each: each[1].total, reverse=True)[:_SLOWEST]
            seconds = f"  {record.seconds.total:.3f} s"
            self._line((f"{record.status.value:<13} ", COLOURS[record.status]), (visible(record.path), ""), (seconds, "dim"))
        if self.verbosity >= 0:
            self._findings(record)

    def warn(self, message: str) -> None:
        """Something is wrong, but with no single rule."""
        if self.verbosity >= 0:
            self._line(("warning", "bold yellow"), (f": {visible(message)}", "bold"))

    def close(self, left_out: int | None = None) -> None:
        """The run is over: show the summary, with how many findings are in the baseline if there is one."""
        if self.verbosity < 0:
            return
        if self.verbosity > 0 and self._counts.total() > 1:
            self._line(("slowest", "bold"))
            for path, seconds in self._slowest:
                stages = ", ".join(f"{stage} {getattr(seconds, stage):.3f}" for stage in STAGES)
                self._line((f"{seconds.total:9.3f} s  ", ""), (visible(path), ""), (f"  ({stages})", "dim"))
        summary = summary_of(self._counts, self._warned, left_out)
        (first, _), *others = ((text, "" if status is None else COLOURS[status]) for text, status in summary)
        documents = f"; {counted(self._documents, 'document')} in {perf_counter() - self._began:.2f} s"
        self._line((first, "bold"), *others, (documents, ""))

    def _findings(self, record: Record) -> None:
        chosen = told_of(record, self.verbosity > 0)
        for line in chosen.lines:
            self._line(("unsupported", COLOURS[Status.UNSUPPORTED]), (f": {line}", ""))
        for finding in chosen.findings:
            self._finding(finding, record)
        if chosen.more:
            self._line((f"{more_warnings(record, chosen.more)}\n", ""))

    def _finding(self, finding: Diagnostic, record: Record) -> None:
        if self._console is None:
            _echo(render(finding, record.text, record.path) + "\n")
        else:
            with told("standard error"):
                self._console.print(styled(finding, record.text, record.path), end="\n\n", soft_wrap=True)

    def _line(self, *pieces: tuple[str, str]) -> None:
        if self._console is None:
            _echo("".join(text for text, _ in pieces))
            return
        from rich.text import Text

        with told("standard error"):
            self._console.print(Text.assemble(*pieces), soft_wrap=True)


def _echo(text: str) -> None:
    with told("standard error"):
        click.echo(text, err=True)


def fail(message: str) -> None:
    """Say what ended the run, in one line on standard error; where nobody can be told, the exit code has to do."""
    with suppress(OSError):
        click.echo(f"error: {visible(message)}", err=True)


def _on_terminal() -> bool:
    # Python has none where the shell closed it.
    return sys.stderr is not None and sys.stderr.isatty()


def _console() -> Console | None:
    """A console to print to in colour or to move a progress bar on; None where plain text is all that is wanted."""
    colourless = bool(os.environ.get("NO_COLOR"))
    if not _on_terminal() and (colourless or not os.environ.get("FORCE_COLOR")):
        return None
    # Importing Rich takes longer than compiling a few rules.
    from rich.console import Console

    return Console(stderr=True, color_system=None if colourless else "auto", highlight=False)


def _progress(console: Console) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    return Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
