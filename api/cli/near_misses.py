"""``triggerfish near-misses``: documents that only just do not trigger rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..run.run_options import RunOptions
from .run_command import execute


def run(options: RunOptions, given: Collection[str]) -> int:
    """Write the near misses of rules; returns the exit code."""
    return execute(replace(options, near_misses=True, count=0, format=options.format if "format" in given else "groups"), given)
