"""``triggerfish exceptions``: what exceptions exclude."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import click

from ..run.exceptions_options import ExceptionsOptions
from ..run.exceptions_run import exceptions
from .run_command import guarded
from .terminal import Terminal


def run(options: ExceptionsOptions, given: Collection[str]) -> int:
    """Find what exceptions exclude; returns the exit code.

    Raises:
        click.UsageError: the file of exceptions, or rules, are not named.
    """
    if len(options.paths) < 2:
        raise click.UsageError("name the file of exceptions, then rule files or folders")
    if "-" in options.paths:
        raise click.UsageError("exceptions and rules are files or folders")
    return guarded(partial(exceptions, options, Terminal(-1 if options.quiet else int(options.verbose))))
