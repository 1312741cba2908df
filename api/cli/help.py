"""Help texts: options by section, with examples, formats and exit codes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from ..on_demand import load
from ..options import COMMAND, SECTIONS
from .commands import GROUP, Command

WIDTH = 100
"""The most columns that help takes."""
EXIT_CODES = (
    ("0", "every rule is satisfiable, or no rule has an outcome of --fail-on"),
    ("1", "a rule is unsatisfiable, or has a dead alternative or a warning listed in --fail-on"),
    ("2", "an input cannot be read or parsed, an output cannot be written or loaded, or wrong usage"),
    ("3", "a rule is unknown (not decided within the limits) or unsupported"),
    ("130", "interrupted (always with --watch)"),
    ("143", "terminated"),
    ("141", "the reader closed the output"),
)
"""The exit codes and their meanings."""
EXIT_CODES_NOTE = """\
If several apply, 2 takes precedence over 1, and 1 over 3. A dead alternative is a warning: documents come from the other alternatives.
Findings in the --baseline do not change the exit code."""

_WIDEST_NAMES = 34
_PURPOSE_COLUMN = 46


def program(name: str, row: Command) -> str:
    """The command line of a command, without arguments."""
    return name if row.batch else f"{GROUP} {name}"


def sections(command: click.Command, placed: dict[str, str]) -> Iterator[tuple[str, list[click.Option]]]:
    """The options of a command by the section of help that shows them.

    Args:
        command: the command.
        placed: by the name of an option's parameter, its section; options in none are shown in the last.
    """
    context = click.Context(command, **command.context_settings)
    options = [parameter for parameter in command.get_params(context) if isinstance(parameter, click.Option)]
    for title in SECTIONS:
        found = [option for option in options if (placed.get(option.name or "") or COMMAND) == title]
        if found:
            yield title, found


def write_options(formatter: click.HelpFormatter, context: click.Context, row: Command, placed: dict[str, str]) -> None:
    """Write the options, section by section, with the examples of each section."""
    program = context.command_path
    records = [
        (title, [record for option in options if (record := option.get_help_record(context)) is not None])
        for title, options in sections(context.command, placed)
    ]
    # One width for the names in all sections.
    longest = min(max(len(names) for _, section in records for names, _ in section), _WIDEST_NAMES)
    for title, shown in records:
        with formatter.section(title):
            write_list(formatter, [(f"{names:<{longest}}", text) for names, text in shown])
        if title in row.examples:
            with formatter.indentation():
                formatter.write_paragraph()
                _write_examples(formatter, program, row.examples[title])
    if "" in row.examples:
        with formatter.section("Examples"):
            _write_examples(formatter, program, row.examples[""])


def write_epilog(formatter: click.HelpFormatter, row: Command) -> None:
    """Write what formats and exit codes there are."""
    if row.batch:
        with formatter.section("Document formats"):
            write_list(formatter, tuple(load(".run.run_options:DOCUMENT_FORMATS").items()))
    if row.has_outcomes:
        with formatter.section("Exit codes"):
            write_list(formatter, EXIT_CODES)
            formatter.write_text(EXIT_CODES_NOTE)


def write_list(formatter: click.HelpFormatter, rows: Sequence[tuple[str, str]]) -> None:
    """Write names with what each means beside it."""
    formatter.write_dl(rows, col_max=_WIDEST_NAMES)


def _write_examples(formatter: click.HelpFormatter, program: str, examples: Sequence[tuple[str, str]]) -> None:
    indent = " " * formatter.current_indent
    for call, purpose in examples:
        line = f"{indent}{program} {call}"
        beside = f"{line:<{_PURPOSE_COLUMN}}  # {purpose}"
        formatter.write(f"{beside}\n" if len(beside) <= formatter.width else f"{indent}# {purpose}\n{line}\n")
