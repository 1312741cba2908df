"""What people see on standard error while rules are compiled, and when they are."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import perf_counter
from typing import TYPE_CHECKING, TextIO

import click

from ...backends.report.caret_text import render, styled, visible
from ...backends.report.formats.text import is_warned_of, more_warnings, selected, summary_of
from ...backends.report.rule_result import STAGES, RuleResult, Seconds, Status
from ...backends.report.wording import counted, left_out_words
from ...compiler.diagnostics.diagnostic import Diagnostic
from ..run.output_files import raising_output_errors

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
_BAR = 16
_BESIDE = 12
"""Columns that a progress bar takes beside its bar, its numbers and its words: the time left, and blanks."""
_SHORTEST_NAME = 12


class Terminal:
    """The observer that reports one run on standard error.

    Colours and the progress bar are for terminals; ``NO_COLOR`` turns colours off, ``FORCE_COLOR`` on.

    Args:
        verbosity: below 0 nothing is shown; at 0 errors, warnings and a summary; above that notes and times as well.
        findings: whether the findings of each rule are shown.
    """

    def __init__(self, verbosity: int = 0, *, findings: bool = True) -> None:
        self.verbosity = verbosity
        self._shows_findings = findings
        self._counts: Counter[Status] = Counter()
        self._documents = 0
        self._seconds = dict.fromkeys(Status, 0.0)
        self._warned = 0
        self._slowest: list[tuple[str, Seconds]] = []
        self._began = perf_counter()
        self._console = _console() if verbosity >= 0 else None
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._current = ""
        self._room = 0

    @contextmanager
    def progress(self, total: int, wanted: bool) -> Iterator[None]:
        """Show a progress bar during a block, if it is wanted and there is a terminal to show it on."""
        if not wanted or self._console is None or not _on_terminal():
            yield
            return
        self._progress = _progress(self._console)
        self._task = self._progress.add_task("", total=total)
        self._room = self._console.width - _BAR - 2 * len(str(total)) - _BESIDE
        with self._progress:
            yield
        self._progress = None

    def started(self, name: str) -> None:
        """A rule is about to be compiled."""
        self._current = name
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=self._doing())

    def _doing(self) -> str:
        """What went wrong so far, and the rule at hand, in as many columns as there are: of a path, its end tells most."""
        counts = {status: count for status, count in self._counts.items() if status is not Status.OK}
        trouble = "".join(f"{counts[status]} {status.value}  " for status in Status if status in counts)
        if self._room - len(trouble) < _SHORTEST_NAME:
            trouble = ""
        room, name = self._room - len(trouble), visible(self._current)
        if room < _SHORTEST_NAME:
            return ""
        return trouble + (name if len(name) <= room else f"…{name[1 - room :]}")

    def finished(self, result: RuleResult) -> None:
        """A rule is done: show its findings."""
        self._counts[result.status] += 1
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, advance=1, description=self._doing())
        self._seconds[result.status] += result.seconds.total
        self._documents += result.documents
        self._warned += is_warned_of(result)
        if self.verbosity > 0:
            self._slowest.append((result.path, result.seconds))
            self._slowest = sorted(self._slowest, key=lambda each: each[1].total, reverse=True)[:_SLOWEST]
            seconds = f"  {result.seconds.total:.3f} s"
            self._line((f"{result.status.value:<13} ", COLOURS[result.status]), (visible(result.path), ""), (seconds, "dim"))
        if self.verbosity >= 0 and self._shows_findings:
            self._findings(result)

    def heading(self, message: str) -> None:
        """Something new begins."""
        if self.verbosity >= 0:
            self._line((f"\n{visible(message)}", "bold"))

    def warned(self, message: str) -> None:
        """Something is wrong, but with no single rule."""
        if self.verbosity >= 0:
            self._line(("warning", "bold yellow"), (f": {visible(message)}", "bold"))

    def advanced(self, done: int) -> None:
        """So many of what the progress bar counts are done."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done)

    def noted(self, message: str, label: str = "") -> None:
        """A line about the run; the label says that something in it failed."""
        if self.verbosity >= 0:
            self._line((f"{label}: " if label else "", "bold red"), (visible(message), ""))

    def failed(self, message: str) -> None:
        """The run cannot do all of its work: say why, however little else is to be shown."""
        fail(message)

    def closed(self, left_out: int | None = None) -> None:
        """The run is over: show the summary, with how many findings are in the baseline if there is one."""
        if self.verbosity < 0:
            return
        if self.verbosity > 0 and self._counts.total() > 1:
            self._line(("slowest", "bold"))
            for path, seconds in self._slowest:
                stages = ", ".join(f"{stage} {getattr(seconds, stage):.3f}" for stage in STAGES)
                self._line((f"{seconds.total:9.3f} s  ", ""), (visible(path), ""), (f"  ({stages})", "dim"))
        # Whoever reads a log, or the last line of one, is helped by one line; people at a terminal by a table.
        tabular = self._counts.total() > 1 and (self._console is not None or self.verbosity > 0)
        if tabular:
            self._table()
            first = counted(self._counts.total(), "rule")
            others = [] if left_out is None else [(f"; {left_out_words(left_out)}", "")]
        else:
            summary = summary_of(self._counts, self._warned, left_out)
            (first, _), *others = ((text, "" if status is None else COLOURS[status]) for text, status in summary)
        documents = f"; {counted(self._documents, 'document')} in {perf_counter() - self._began:.2f} s"
        self._line((first, "bold"), *others, (documents, ""))

    def _table(self) -> None:
        """How many rules ended how, and the time that they took."""
        self._line((f"{'status':<13}  {'rules':>6}  {'time':>9}", "bold"))
        for status in Status:
            if self._counts[status]:
                numbers = f"  {self._counts[status]:>6}  {self._seconds[status]:>7.2f} s"
                warned = f"  {self._warned} with warnings" if status is Status.OK and self._warned else ""
                self._line((f"{status.value:<13}", COLOURS[status]), (numbers, ""), (warned, "dim"))

    def _findings(self, result: RuleResult) -> None:
        chosen = selected(result, self.verbosity > 0)
        for line in chosen.lines:
            self._line(("unsupported", COLOURS[Status.UNSUPPORTED]), (f": {line}", ""))
        for finding in chosen.findings:
            self._finding(finding, result)
        if chosen.more:
            self._line((f"{more_warnings(result, chosen.more)}\n", ""))

    def _finding(self, finding: Diagnostic, result: RuleResult) -> None:
        if self._console is None:
            _echo(render(finding, result.text, result.path) + "\n")
        else:
            with raising_output_errors("standard error"):
                self._console.print(styled(finding, result.text, result.path), end="\n\n", soft_wrap=True)

    def _line(self, *pieces: tuple[str, str]) -> None:
        if self._console is None:
            _echo("".join(text for text, _ in pieces))
            return
        from rich.text import Text

        with raising_output_errors("standard error"):
            self._console.print(Text.assemble(*pieces), soft_wrap=True)


def _echo(text: str) -> None:
    with raising_output_errors("standard error"):
        click.echo(text, err=True)


def fail(message: str) -> None:
    """Say what ended the run, in one line on standard error; if standard error is closed, only the exit code reports it."""
    with suppress(OSError):
        click.echo(f"error: {visible(message)}", err=True)


def _on_terminal() -> bool:
    # Python has none where the shell closed it.
    return sys.stderr is not None and sys.stderr.isatty()


def in_colour(stream: TextIO) -> bool:
    """Whether what is written to a stream is to have colours: on a terminal, unless ``NO_COLOR`` or ``FORCE_COLOR`` say otherwise."""
    return not os.environ.get("NO_COLOR") and (stream.isatty() or bool(os.environ.get("FORCE_COLOR")))


def _console() -> Console | None:
    """A console to print to in colour or to move a progress bar on; None where plain text is all that is wanted."""
    if sys.stderr is None or (not _on_terminal() and not in_colour(sys.stderr)):
        return None
    # Importing Rich takes longer than compiling a few rules.
    from rich.console import Console

    return Console(stderr=True, color_system="auto" if in_colour(sys.stderr) else None, highlight=False)


def _progress(console: Console) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(_BAR), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    return Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
