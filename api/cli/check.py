"""``triggerfish check``: findings, and no documents."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ...backends.report.exit_codes import BY_DEFAULT
from ..run.run_options import RunOptions
from .run_command import execute

_FAIL_ON = tuple(sorted(BY_DEFAULT - {"unsupported"}))
"""A rule that is not supported yet is not at fault."""


def run(options: RunOptions, given: Collection[str]) -> int:
    """Check rules; returns the exit code."""
    fail_on = _FAIL_ON if options.fail_on is None else options.fail_on
    deprecated = options.deprecated and "deprecated" in given
    return execute(replace(options, count=0, format="none", fail_on=fail_on, deprecated=deprecated), given)
