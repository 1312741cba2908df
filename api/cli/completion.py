"""Completion in shells: options, their choices, files, and for PATH the files that may hold rules, and folders.

Imported when a shell asks, or to print the script that makes it ask. zsh and fish use click's scripts, and complete PATH to any file.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete, add_completion_class

from ...rules.rule_files import PATTERNS
from .command import command, variable
from .commands import GROUP

RULES = "rules"
"""The type of an item that stands for all files that may hold rules."""

_SUFFIXES = " ".join(pattern.removeprefix("**/*") for pattern in PATTERNS)

# The shell looks for the files itself, so that names with blanks are quoted and folders gone into as everywhere else.
_BASH = """\
%(complete_func)s() {
    local reply suffix IFS=$'\\n'
    COMPREPLY=()
    while read -r reply; do
        case $reply in
            plain,*) COMPREPLY+=("${reply#*,}") ;;
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            rules,*)
                compopt -o filenames
                COMPREPLY+=($(compgen -d -- "${reply#*,}"))
                while read -r -d ' ' suffix; do
                    COMPREPLY+=($(compgen -f -X "!*$suffix" -- "${reply#*,}"))
                done <<< 'SUFFIXES ' ;;
        esac
    done < <(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "$1")
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class _Bash(BashComplete):
    source_template = _BASH.replace("SUFFIXES", _SUFFIXES)

    @staticmethod
    def _check_version() -> None:
        """Starts no bash to ask for its version: the script may be read by another one."""


@add_completion_class
class _Zsh(ZshComplete):
    def format_completion(self, item: CompletionItem[Any]) -> str:
        return super().format_completion(_any_file(item))


@add_completion_class
class _Fish(FishComplete):
    def format_completion(self, item: CompletionItem[Any]) -> str:
        return super().format_completion(_any_file(item))


CLASSES: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """What ``triggerfish completion`` is given."""

    shell: str


def run(options: CompletionOptions, given: Collection[str]) -> int:
    """Print a shell's script for ``triggerfish``; returns the exit code."""
    click.echo(script(command(GROUP), GROUP, options.shell), nl=False)
    return 0


def script(command: click.Command, program: str, shell: str) -> str:
    """What a shell is to read so that it completes the arguments of a program."""
    return CLASSES[shell](command, {}, program, variable(program)).source()


def register() -> None:
    """Does nothing more: click asks the classes above for completions once this module is imported."""


def item(incomplete: str, kind: str) -> CompletionItem[Any]:
    """An item for which the shell puts the files that it finds.

    Args:
        incomplete: what was typed.
        kind: ``file``, ``dir`` or `RULES`.
    """
    return CompletionItem(incomplete, type=kind)


def _any_file(item: CompletionItem[Any]) -> CompletionItem[Any]:
    return CompletionItem(item.value, type="file", help=item.help) if item.type == RULES else item
