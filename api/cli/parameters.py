"""Options as click has them, from their rows: how values are read, and what shells complete them to."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import TYPE_CHECKING, Any

import click
from click.types import StringParamType

from ..on_demand import load
from ..options import Option, rows
from .commands import Argument

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Named(StringParamType):
    """The name of something in the file system, as it was given.

    Args:
        kind: what shells complete it to: ``file``, ``dir`` or ``rules``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(self, context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """One item, for which the shell puts what it finds."""
        item: CompletionItem = load(".cli.completion:item")(incomplete, self.kind)
        return [item]


class _Time(StringParamType):
    """A time as epoch milliseconds."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if isinstance(value, int):
            return value
        if value == "now":
            return int(time.time() * 1000)
        try:
            moment = int(value) if re.fullmatch(r"-?\d{1,18}", value) else _milliseconds(datetime.fromisoformat(value))
        except (ValueError, OverflowError):
            self.fail(f"`{value}` is not a time: use ISO 8601 (2024-05-01T12:00:00Z), epoch milliseconds or `now`", parameter, context)
        first, last = (load(f"..compiler.schema.field_types:{name}") for name in ("YEAR_1_MS", "YEAR_9999_END_MS"))
        if not first <= moment <= last:
            self.fail(f"`{value}` is outside the years 1 to 9999", parameter, context)
        return moment


def _milliseconds(moment: datetime) -> int:
    # Not timestamp(), whose float would lose milliseconds far from 1970.
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)


class _Seconds(click.FloatRange):
    """A number of seconds, which `nan` is not, though it is in any range."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        seconds = super().convert(value, parameter, context)
        if isnan(seconds):
            self.fail("`nan` is not a number of seconds", parameter, context)
        return seconds


class _Names(StringParamType):
    """Names with commas between.

    Args:
        check: where the function is that raises ValueError for names that are not known; "" if any will do.
    """

    def __init__(self, check: str = "") -> None:
        self.check = check

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in value.split(","))
        try:
            if self.check:
                load(self.check)(names)
        except ValueError as error:
            self.fail(str(error), parameter, context)
        return names


class _Parsed(StringParamType):
    """A text that a function reads.

    Args:
        parser: where the function is; it raises ValueError for other texts.
    """

    def __init__(self, parser: str) -> None:
        self.parser = parser

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return load(self.parser)(value)
        except ValueError as error:
            self.fail(str(error), parameter, context)


class _Severities(StringParamType):
    """Codes with their severities, with commas between."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        try:
            return load(".run.selection:severity_pairs")(value.split(","))
        except ValueError as error:
            self.fail(str(error), parameter, context)


_VALUES: Mapping[str, click.ParamType[Any]] = {
    "FILE": Named("file"),
    "DIR": Named("dir"),
    "[FILE]": Named("file"),
    "PATH...": Named("rules"),
    "TIME": _Time(),
    "SECONDS": _Seconds(0, 1e6, min_open=True),
    "DURATION": _Parsed(".run.timeline:duration_of"),
    "COUNT/UNIT": _Parsed(".run.timeline:rate_of"),
    "FRACTION": click.FloatRange(0, 1),
    "HOURS": _Parsed(".run.timeline:hours_of"),
    "LIST": _Names("..backends.report.exit_codes:failures"),
    "CODES": _Names(".run.selection:known_codes"),
    "IGNORED": _Names(".run.selection:ignorable_codes"),
    "GLOBS": _Names(),
    "CODE=LEVEL": _Severities(),
    "RELATIONS": _Names(".run.compare_options:known_relations"),
}
"""By the word that stands for a value, how it is read; other words stand for text."""


_SHOWN = {"IGNORED": "CODES"}


def parameters(name: str, options: type) -> list[click.Parameter]:
    """The options of a command, given its name and the dataclass of options."""
    return [_parameter(field, row) for field, row in rows(options) if row.names and name in row.commands]


def argument(declared: Argument) -> click.Argument:
    """The positional argument of a command."""
    kind = click.Choice(declared.choices) if declared.choices else _VALUES.get(declared.value)
    several, optional = declared.value.endswith("..."), declared.value.startswith("[")
    return click.Argument(
        [declared.name], type=kind, metavar=declared.value, nargs=-1 if several else 1, required=not (several or optional)
    )


def _parameter(field: str, row: Option) -> click.Option:
    switch = isinstance(row.default, bool)
    return click.Option(
        [field, *row.names],
        type=None if switch else _type(row),
        is_flag=switch,
        multiple=row.repeats,
        default=row.default,
        show_default=row.shown,
        metavar=_SHOWN.get(row.value, row.value) or None,
        help=row.help,
    )


def _type(row: Option) -> click.ParamType[Any] | None:
    if row.choices:
        return click.Choice(row.choices)
    if row.lowest is not None:
        return click.IntRange(int(row.lowest), None if row.highest is None else int(row.highest))
    return _VALUES.get(row.value)
