"""The click commands, each built from its row when it is called."""

from __future__ import annotations

import os
import sys
from typing import Any

import click
from click.core import ParameterSource

from triggerfish import __version__

from ..on_demand import load
from ..options import rows
from .commands import COMMANDS, GROUP, SHELLS, Command
from .help import WIDTH, write_epilog, write_list, write_options
from .parameters import argument, parameters

_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": WIDTH}


class _RowCommand(click.Command):
    """A command made from its row."""

    def __init__(self, name: str, row: Command) -> None:
        self.row = row
        self.options: type = load(row.options)
        self.sections = {field: option.section for field, option in rows(self.options)}
        extra = [_version(), _completion()] if row.batch else []
        super().__init__(
            name,
            context_settings=_SETTINGS,
            callback=self._call,
            params=[argument(row.argument), *parameters(name, self.options), *extra],
            help="\n\n".join(filter(None, (row.summary, row.details))),
        )

    def _call(self, **values: Any) -> None:
        source = click.get_current_context().get_parameter_source
        given = frozenset(name for name in values if source(name) is not ParameterSource.DEFAULT)
        sys.exit(load(self.row.run)(self.options(**values), given))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        write_options(formatter, ctx, self.row, self.sections)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what formats and exit codes there are."""
        write_epilog(formatter, self.row)


class _Group(click.Group):
    """All commands, none of which is built before it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of a name."""
        return command(name) if name in COMMANDS else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """See click; a name that is not a command's is an error that names the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = load("difflib:get_close_matches")(args[0], COMMANDS, 1)
            ctx.fail(f"`{args[0]}` is not a command{f'; did you mean `{near[0]}`?' if near else ''}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries, which need no command to be built."""
        with formatter.section("Commands"):
            write_list(formatter, [(name, row.summary) for name, row in COMMANDS.items()])
        formatter.write_paragraph()
        formatter.write_text(f"`{GROUP} COMMAND --help` shows the options of a command, and examples.")


def command(name: str) -> click.Command:
    """The command of a name in the table, or `GROUP`, which holds all of them."""
    if name != GROUP:
        return _RowCommand(name, COMMANDS[name])
    summary = "Events that trigger detection rules, or proofs that none can."
    return _Group(GROUP, context_settings=_SETTINGS, params=[_version()], help=summary)


def variable(program: str) -> str:
    """What a shell's script sets to ask a program for completions."""
    return f"_{program.upper().replace('-', '_')}_COMPLETE"


def start(program: str) -> None:
    """Run a program: a command of the table, or `GROUP`."""
    if variable(program) in os.environ:
        load(".cli.completion:register")()
    command(program)(prog_name=program)


def _version() -> click.Option:
    def show(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
        if wanted and not context.resilient_parsing:
            click.echo(f"{context.command_path} {__version__}")
            context.exit()

    return click.Option(
        ["-V", "--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version and exit."
    )


def _completion() -> click.Option:
    def show(context: click.Context, parameter: click.Parameter, shell: str | None) -> None:
        if shell is not None and not context.resilient_parsing:
            click.echo(load(".cli.completion:script")(context.command, context.command.name, shell), nl=False)
            context.exit()

    return click.Option(
        ["--completion"],
        type=click.Choice(SHELLS),
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Print what makes a shell complete this command's options and files.",
    )
