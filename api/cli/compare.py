"""``triggerfish compare``: what a change of a rule gains and loses."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import click

from ..run.compare_options import CompareOptions
from ..run.compare_run import compare
from .run_command import guarded
from .terminal import Terminal


def run(options: CompareOptions, given: Collection[str]) -> int:
    """Compare rules; returns the exit code.

    Raises:
        click.UsageError: the options do not go together.
    """
    if options.against is not None:
        if options.query:
            raise click.UsageError("--against compares files with older versions of them; leave --query out")
        if not options.paths:
            raise click.UsageError("no rules: name the files or folders to compare with --against")
    elif len(options.paths) + len(options.query) != 2:
        raise click.UsageError("give two rules or two folders of them, two queries (--query), or --against REV with paths")
    if options.language is not None and not options.query:
        raise click.UsageError("--language requires --query: a rule names its own language")
    if "-" in options.paths:
        raise click.UsageError("rules to compare are files or folders; give a query with --query")
    return guarded(partial(compare, options, Terminal(-1 if options.quiet else 0)))
