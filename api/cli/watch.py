"""``--watch``: rules are compiled again when their files change, until an interruption.

Files are looked at again and again rather than listened to: that works on every system, on network folders and in containers, and a
look at a thousand files takes some milliseconds. A change is acted on once two looks in a row found the same, so that a file which
an editor is still writing, or has removed to put another in its place, is left alone until it is whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from ...backends.report.caret_text import visible
from ...backends.report.wording import counted
from ...compiler.schema.load import SchemaError
from ...rules import find_rule_files, read_members
from ...rules.rule_files import PATTERNS, holds_one, is_without_rules
from ..options import rows
from ..run.graphviz_file import GraphvizError
from ..run.run_options import RunOptions
from ..run.selection import wanted_files
from ..run.sigma_sources import PipelineError, PlaceholderError
from .terminal import fail

INTERVAL = 0.3
"""Seconds between two looks."""

_MOST_NAMES = 5

Stamp = tuple[int, int, int]
"""What is different of a file once it was written or replaced: its time of change, its size and its number."""


@dataclass(frozen=True, slots=True)
class Look:
    """The files that are there: rules in the order in which they are compiled, and schemas."""

    rules: Mapping[str, Stamp]
    schemas: Mapping[str, Stamp | None]


@dataclass(frozen=True, slots=True)
class Round:
    """What is to be done after a change.

    Attributes:
        paths: the rule files to compile, in order.
        heading: what changed, for people.
    """

    paths: tuple[str, ...]
    heading: str


def look(order: RunOptions) -> Look:
    """Look at all files that an order names or that lie in folders that it names."""
    found = filter(wanted_files(order.paths, order.exclude, order.deprecated), find_rule_files(order.paths, *PATTERNS).files)
    stamped = ((str(path), _stamp(str(path))) for path in found)
    return Look({name: stamp for name, stamp in stamped if stamp is not None}, {path: _stamp(path) for path in order.schema})


def next_round(before: Look, after: Look) -> Round | None:
    """What to compile after a change from one look to another; None if nothing was changed."""
    if before == after:
        return None
    changed = [path for path, stamp in after.rules.items() if path in before.rules and before.rules[path] != stamp]
    added = [path for path in after.rules if path not in before.rules]
    removed = [path for path in before.rules if path not in after.rules]
    pieces = [
        f"{len(paths)} {word}: {_names(paths)}" for word, paths in (("changed", changed), ("added", added), ("removed", removed)) if paths
    ]
    if before.schemas != after.schemas:
        schemas = [path for path in after.schemas if before.schemas.get(path) != after.schemas[path]]
        return Round(tuple(after.rules), ", ".join([f"schema changed: {_names(schemas)}", *pieces]))
    fresh = {*changed, *added}
    return Round(tuple(path for path in after.rules if path in fresh), ", ".join(pieces))


def rounds(first: Look, looking: Callable[[], Look], wait: Callable[[], None]) -> Iterator[Round]:
    """The rounds after a first one, without end.

    Args:
        first: what the first round was about.
        looking: looks at the files.
        wait: returns when it is time for another look.
    """
    done = before = first
    while True:
        wait()
        now = looking()
        settled, before = now == before, now
        found = next_round(done, now) if settled else None
        if found is not None:
            done = now
            yield found


def watch(order: RunOptions, run: Callable[[RunOptions], object], heading: Callable[[str], None]) -> NoReturn:
    """Compile everything, then again and again what has changed; an interruption ends it.

    Args:
        order: what to do in each round.
        run: does one round.
        heading: takes a line on what is about to be done.

    Raises:
        OutputError, SchemaError, DrawingError: as `run`; the latter two in the first round only.
        BrokenPipeError, KeyboardInterrupt: whatever ends it.
    """
    found = look(order)
    heading(f"{_clock()}  {counted(len(found.rules), 'file')} watched, Ctrl-C ends it")
    run(order)
    changes = rounds(found, lambda: look(order), lambda: time.sleep(INTERVAL))
    while True:
        change = next(changes)
        paths = tuple(path for path in change.paths if path in order.paths or _holds_rules(Path(path)))
        heading(f"{_clock()}  {change.heading}")
        try:
            if paths:
                run(replace(order, paths=paths))
        except (SchemaError, PlaceholderError, PipelineError, GraphvizError) as error:
            # It may well be repaired in a moment.
            fail(str(error))


def _holds_rules(path: Path) -> bool:
    """Whether a file in a folder is to be compiled: much JSON and YAML is there for other reasons."""
    return holds_one(path) or not all(map(is_without_rules, read_members(path)))


def _clock() -> str:
    return time.strftime("%H:%M:%S")


def _stamp(path: str) -> Stamp | None:
    """The stamp of a file; None if it is not there or cannot be looked at."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _names(paths: list[str]) -> str:
    more = f" and {len(paths) - _MOST_NAMES} more" if len(paths) > _MOST_NAMES else ""
    return ", ".join(visible(path) for path in paths[:_MOST_NAMES]) + more


def refusal(order: RunOptions) -> str | None:
    """Why an order cannot be watched; None if it can."""
    if order.query is not None:
        return "--query does not name a file"
    if "-" in order.paths:
        return "standard input can be read only once"
    if order.resume:
        return "--resume continues an earlier run, but each round of --watch starts over"
    if order.push is not None:
        return "--push would load every intermediate version of a rule"
    outputs = {f"--{row.name}": getattr(order, field) for field, row in rows(RunOptions) if row.writes and field != "draw"}
    kept = {name: path for name, path in outputs.items() if (name, path) != ("--out", "-")}
    named = next((name for name, path in kept.items() if path), None)
    if named is not None:
        return f"{named} would contain only the rules of the last round; write documents to standard output"
    if order.format == "json":
        return "--format json would write one array per round; use ndjson"
    return None
