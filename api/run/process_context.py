"""How other processes are started."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import BaseContext

FORKS = "fork" in multiprocessing.get_all_start_methods()
"""Whether another process can start with a copy of what this one holds."""


def process_context() -> BaseContext:
    """The context in which other processes are started."""
    return multiprocessing.get_context("fork" if FORKS else "spawn")
