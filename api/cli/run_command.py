"""A run as a command: options checked, the run reported on standard error, an exit code however it ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial

import click

from ...backends.elasticsearch.push.problems import PushError
from ...backends.realism.given_values import GivenValueError
from ...backends.realism.world_file import WorldError
from ...backends.report.baseline import BaselineError
from ...backends.report.exit_codes import exit_code
from ...compiler.schema.load import SchemaError
from ..on_demand import load
from ..run.crash_log import CrashLog
from ..run.git_changes import RevisionError
from ..run.graphviz_file import GraphvizError
from ..run.output_files import OutputError
from ..run.run import run
from ..run.run_options import RunOptions
from ..run.sigma_sources import PipelineError, PlaceholderError
from .interrupts import INTERRUPTED, interruptible
from .settings import SettingsError, as_toml, with_settings
from .terminal import Terminal, fail
from .usage import check_usage
from .watch import refusal, watch

_TERMINATED = 143
_BROKEN_PIPE = 141
_BAD_USAGE = 2


def execute(options: RunOptions, given: Collection[str]) -> int:
    """Check the options and run; returns the exit code.

    Args:
        options: what to do.
        given: the options that were given on the command line, by their fields.

    Raises:
        click.UsageError: the options do not go together.
    """
    try:
        options, path = with_settings(options, given)
    except SettingsError as error:
        fail(str(error))
        return _BAD_USAGE
    if options.show_settings:
        click.echo(as_toml(options, path), nl=False)
        return 0
    check_usage(options)
    if options.watch and (reason := refusal(options)):
        raise click.UsageError(f"--watch: {reason}")
    verbosity = -1 if options.quiet else int(options.verbose)
    if not options.watch:
        return guarded(partial(_run, options, verbosity))
    watching = partial(watch, options, partial(_run, verbosity=verbosity), Terminal(verbosity).heading)
    return guarded(watching, endless=True)


_REFUSED = (
    *(SchemaError, PlaceholderError, PipelineError, WorldError, GivenValueError, BaselineError, OutputError),
    *(RevisionError, GraphvizError, PushError),
)
"""What a user can put right: the message says how."""


class _Terminated(BaseException):
    """The process was asked to end."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Have what is half-done put away when the process is asked to end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def guarded(work: Callable[[], int], *, endless: bool = False) -> int:
    """The exit code of a run, however it ends; that an endless one was interrupted is not reported as a failure."""
    try:
        with _terminable(), interruptible():
            return work()
    except _REFUSED as error:
        fail(_with_notes(str(error), error))
        return _BAD_USAGE
    except BrokenPipeError:
        if sys.stdout is not None:
            # Python would try to flush it once more when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except KeyboardInterrupt as interrupt:
        if not endless:
            fail(_with_notes("interrupted", interrupt))
        return INTERRUPTED
    except _Terminated as end:
        fail(_with_notes("terminated", end))
        return _TERMINATED
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        fail(f"an error in triggerfish itself: {type(error).__name__}: {said}; {CrashLog().add(traceback.format_exc())}")
        return exit_code(["unknown"])


def _run(options: RunOptions, verbosity: int) -> int:
    """One run, reported on standard error, its explanations on standard output; returns the exit code."""
    if options.fix or options.diff:
        changed = load(".cli.fix:fix")(options, Terminal(verbosity))
        if options.diff:
            return int(changed)
    if not options.explain:
        return run(options, Terminal(verbosity))
    return run(options, Terminal(verbosity, findings=False), [load(".cli.explanations:Explainer")(sys.stdout.buffer).show])


def _with_notes(message: str, error: BaseException) -> str:
    return "; ".join((message, *getattr(error, "__notes__", ())))
