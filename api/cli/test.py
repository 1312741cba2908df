"""``triggerfish test``: the tests beside rules."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import click

from ..run.test_options import TestOptions
from ..run.test_run import test
from .run_command import guarded
from .terminal import Terminal


def run(options: TestOptions, given: Collection[str]) -> int:
    """Run the tests of rules, or write some; returns the exit code.

    Raises:
        click.UsageError: the options do not go together.
    """
    if not options.paths:
        raise click.UsageError("no rules: name rule files or folders")
    if "-" in options.paths:
        raise click.UsageError("tests lie beside rules: name files or folders")
    return guarded(partial(test, options, Terminal(-1 if options.quiet else 0)))
