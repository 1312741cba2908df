"""``triggerfish generate`` and ``compile-rule``: documents, and whatever else is ordered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import click

from ...backends.elasticsearch.push import available as elasticsearch_available
from ..run.run_options import RunOptions
from .run_command import execute


def run(options: RunOptions, given: Collection[str]) -> int:
    """Compile rules and write their documents; returns the exit code."""
    if options.explain or options.draw is not None:
        options = _without_documents(options)
    elif options.push is not None:
        options = _pushed(options, given)
    return execute(options, given)


def _without_documents(options: RunOptions) -> RunOptions:
    """The options of a run that explains or draws, and does nothing else."""
    given = {
        "--out": options.out != "-",
        "--format": options.format not in ("ndjson", "none"),
        "--mappings": options.mappings,
        "--emit-plan": options.emit_plan,
        "--push": options.push,
    }
    other = next((name for name, value in given.items() if value), None)
    if other is not None:
        raise click.UsageError(f"{'--explain' if options.explain else '--draw'} does not write documents: omit {other}")
    return replace(options, count=0, format="none")


def _pushed(options: RunOptions, given: Collection[str]) -> RunOptions:
    """The options with what --push implies: the bulk format, and a file that can be read again."""
    if not elasticsearch_available():
        raise click.UsageError("the Elasticsearch client is not installed: pip install 'triggerfish[elasticsearch]'")
    if "format" not in given:
        options = replace(options, format="bulk")
    if options.format != "bulk":
        raise click.UsageError("--push loads documents in the bulk format: omit --format, or use --format bulk")
    if "out" in given and options.out == "-":
        raise click.UsageError("--push reads the documents back: use --out FILE, or omit --out")
    return options
