"""What people see on standard error while rules are compiled, and when they are."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

import click

from .backends.report.pretty import one_line, render, styled, visible
from .backends.report.record import STAGES, Record, Seconds, Status
from .compiler.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

COLOURS = {
    Status.OK: "green",
    Status.UNSATISFIABLE: "bold red",
    Status.UNKNOWN: "yellow",
    Status.UNSUPPORTED: "cyan",
    Status.INVALID: "bold red",
}

_MOST_WARNINGS = 5
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
        if not wanted or self._console is None or not sys.stderr.isatty():
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
        self._warned += record.status is Status.OK and any(each.severity is Severity.WARNING for each in record.findings)
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

    def advance(self, done: int) -> None:
        """So many of what the progress bar counts are done."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done)

    def say(self, message: str, label: str = "") -> None:
        """A line about the run; the label says that something in it failed."""
        if self.verbosity >= 0:
            self._line((f"{label}: " if label else "", "bold red"), (visible(message), ""))

    def close(self) -> None:
        """The run is over: show the summary."""
        if self.verbosity < 0:
            return
        if self.verbosity > 0 and self._counts.total() > 1:
            self._line(("slowest", "bold"))
            for path, seconds in self._slowest:
                stages = ", ".join(f"{stage} {getattr(seconds, stage):.3f}" for stage in STAGES)
                self._line((f"{seconds.total:9.3f} s  ", ""), (visible(path), ""), (f"  ({stages})", "dim"))
        pieces = [(f"{_counted(self._counts.total(), 'rule')}: ", "bold")]
        for status in Status:
            if self._counts[status]:
                warned = f" ({self._warned} with warnings)" if status is Status.OK and self._warned else ""
                pieces += [(", " if len(pieces) > 1 else "", ""), (f"{self._counts[status]} {status.value}", COLOURS[status]), (warned, "")]
        self._line(*pieces, (f"; {_counted(self._documents, 'document')} in {perf_counter() - self._began:.2f} s", ""))

    def _findings(self, record: Record) -> None:
        if record.status is Status.UNSUPPORTED and self.verbosity == 0:
            for finding in record.findings:
                self._line(("unsupported", COLOURS[Status.UNSUPPORTED]), (f": {one_line(finding, record.text, record.path)}", ""))
            return
        shown = [each for each in record.findings if each.severity is Severity.ERROR]
        warnings = [each for each in record.findings if each.severity is Severity.WARNING]
        shown += warnings if self.verbosity > 0 else warnings[:_MOST_WARNINGS]
        if self.verbosity > 0:
            shown += [each for each in record.findings if each.severity is Severity.NOTE]
        for finding in shown:
            self._finding(finding, record)
        if self.verbosity == 0 and len(warnings) > _MOST_WARNINGS:
            more = len(warnings) - _MOST_WARNINGS
            self._line((f"{visible(record.path)}: {_counted(more, 'more warning')} (shown with --verbose)\n", ""))

    def _finding(self, finding: Diagnostic, record: Record) -> None:
        if self._console is None:
            click.echo(render(finding, record.text, record.path) + "\n", err=True)
        else:
            self._console.print(styled(finding, record.text, record.path), end="\n\n", soft_wrap=True)

    def _line(self, *pieces: tuple[str, str]) -> None:
        if self._console is None:
            click.echo("".join(text for text, _ in pieces), err=True)
            return
        from rich.text import Text

        self._console.print(Text.assemble(*pieces), soft_wrap=True)


def fail(message: str) -> None:
    """Say what ended the run, in one line on standard error."""
    click.echo(f"error: {visible(message)}", err=True)


def _console() -> Console | None:
    """A console to print to in colour or to move a progress bar on; None where plain text is all that is wanted."""
    colourless = bool(os.environ.get("NO_COLOR"))
    if not sys.stderr.isatty() and (colourless or not os.environ.get("FORCE_COLOR")):
        return None
    # Importing Rich takes longer than compiling a few rules.
    from rich.console import Console

    return Console(stderr=True, color_system=None if colourless else "auto", highlight=False)


def _progress(console: Console) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    return Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
