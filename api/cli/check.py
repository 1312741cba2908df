"""``triggerfish check``: findings, and no documents."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..run.run_options import RunOptions
from .run_command import execute


def run(options: RunOptions, given: Collection[str]) -> int:
    """Check rules; returns the exit code."""
    return execute(replace(options, count=0, format="none"), given)
