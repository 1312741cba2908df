"""``triggerfish explain``: what rules ask of events, as text or as a drawing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..run.run_options import RunOptions
from .run_command import execute


def run(options: RunOptions, given: Collection[str]) -> int:
    """Explain rules, or draw one; returns the exit code."""
    return execute(replace(options, explain=options.draw is None, count=0, format="none"), given)
