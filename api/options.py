"""Option declarations: a field of an options dataclass, with a row that describes the option.

The command line, its help, completion, the reference page, the settings file and the cache key are made from these rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

_T = TypeVar("_T")

INPUT = "What to compile"
DOCUMENTS = "Documents"
EXPLANATION = "Understanding a rule"
REPORTS = "Reports"
SOLVING = "Solving"
SCALE = "Thousands of rules"
PUSH = "Into Elasticsearch"
COMMAND = "This command"
SECTIONS = (INPUT, DOCUMENTS, EXPLANATION, REPORTS, SOLVING, SCALE, PUSH, COMMAND)
"""The sections of help, in order."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    Attributes:
        names: as they are typed: ``-n``, ``--count``; ``--strict/--no-strict`` for a switch with an opposite; none for what only a
            settings file gives.
        help: what it does, in a sentence or two.
        section: the section of the help that shows it.
        commands: the commands that have it.
        value: its metavar: ``FILE``, ``DIR``, ``TIME`` and so on; it decides how the value is read and what
            shells complete it to. Empty for switches, choices and numbers.
        choices: the values there are, if they can be listed.
        lowest, highest: the bounds of a number, both inclusive.
        shown: whether help shows the default.
        repeats: whether it may be given several times.
        writes: whether its value names a file that is written.
        keyed: whether the result of a rule depends on it; such options are part of the cache key.
        setting: whether a settings file may give it.
        default: its value where it is not given.
    """

    names: tuple[str, ...]
    help: str
    section: str
    commands: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    lowest: float | None
    highest: float | None
    shown: bool
    repeats: bool
    writes: bool
    keyed: bool
    setting: bool
    default: Any

    @property
    def name(self) -> str:
        """The longest name, without dashes: ``count``."""
        return max((name.split("/")[0] for name in self.names), key=len, default="").lstrip("-")


def option(
    *names: str,
    default: _T,
    help: str = "",
    section: str = "",
    commands: tuple[str, ...] = (),
    value: str = "",
    choices: tuple[str, ...] = (),
    lowest: float | None = None,
    highest: float | None = None,
    shown: bool = False,
    repeats: bool = False,
    writes: bool = False,
    keyed: bool = False,
    setting: bool = False,
) -> _T:
    """A field of a dataclass of options; the arguments are the attributes of `Option`."""
    row = Option(names, help, section, commands, value, choices, lowest, highest, shown, repeats, writes, keyed, setting, default)
    return field(default=default, metadata={"option": row})


def rows(options: type) -> Iterator[tuple[str, Option]]:
    """The options of a dataclass of options, each with the name of its field, in order."""
    for each in fields(options):
        if "option" in each.metadata:
            yield each.name, each.metadata["option"]
