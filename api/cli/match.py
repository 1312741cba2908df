"""``triggerfish match``: which rules fire on which events."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import click

from ..run.match_options import MatchOptions
from ..run.match_run import match
from .run_command import guarded
from .terminal import Terminal


def run(options: MatchOptions, given: Collection[str]) -> int:
    """Match events against rules; returns the exit code.

    Raises:
        click.UsageError: the options do not go together.
    """
    if options.query is None and not options.paths:
        raise click.UsageError("no rules: name rule files or folders, or use --query")
    if options.query is not None and options.paths:
        raise click.UsageError("use either paths or --query, not both")
    if options.language is not None and options.query is None:
        raise click.UsageError("--language requires --query: a rule names its own language")
    if not options.events:
        raise click.UsageError("no events: name a file or a folder with --events, or `--events -` for standard input")
    inputs = (*options.paths, *options.events, *options.history, *options.indicators)
    if inputs.count("-") > 1:
        raise click.UsageError("standard input can be read only once")
    if options.why and options.format != "table":
        raise click.UsageError("--why adds to the format `table`")
    if options.verbose and options.quiet:
        raise click.UsageError("--verbose and --quiet cannot be used together")
    return guarded(partial(match, options, Terminal(-1 if options.quiet else int(options.verbose))))
