"""``triggerfish overlaps``: the rules of a set that lie in others."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import click

from ..run.overlaps_options import OverlapsOptions
from ..run.overlaps_run import overlaps
from .run_command import guarded
from .terminal import Terminal


def run(options: OverlapsOptions, given: Collection[str]) -> int:
    """Find rules that lie in others; returns the exit code.

    Raises:
        click.UsageError: no rules are named.
    """
    if not options.paths:
        raise click.UsageError("no rules: name rule files or folders")
    if "-" in options.paths:
        raise click.UsageError("rules to compare are files or folders")
    return guarded(partial(overlaps, options, Terminal(-1 if options.quiet else 0)))
