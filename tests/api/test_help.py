"""The command's help: complete, narrow, quick, and its examples are commands that there are."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import triggerfish
from compile_rule import invoke
from triggerfish.api.cli.command import command
from triggerfish.api.cli.commands import COMMANDS, GROUP
from triggerfish.api.cli.help import WIDTH
from triggerfish.api.options import SECTIONS, rows
from triggerfish.api.run.run_options import RunOptions
from triggerfish.backends.report.document_formats import FORMATS
from triggerfish.backends.report.exit_codes import OUTCOMES

EXAMPLES = [
    pytest.param(name, call, id=f"{name} {call}")
    for name, row in COMMANDS.items()
    for examples in row.examples.values()
    for call, _ in examples
    if "--completion" not in call
]
BATCH = COMMANDS["compile-rule"]


def _options(name: str = "compile-rule") -> list[click.Option]:
    built = command(name)
    return [option for option in built.get_params(click.Context(built, **built.context_settings)) if isinstance(option, click.Option)]


def _names(name: str) -> set[str]:
    return {max(option.opts, key=len) for option in _options(name)}


def test_every_option_has_its_section() -> None:
    assert {row.section for _, row in rows(RunOptions) if row.names} <= set(SECTIONS)
    assert set(BATCH.examples) <= set(SECTIONS)


def test_the_batch_command_has_all_options() -> None:
    for name in ("check", "generate", "explain"):
        assert _names(name) <= _names("compile-rule")
        assert "--now" in _names(name) and "--completion" not in _names(name)
    assert "--seed" not in _names("check") | _names("explain")
    assert "--push" in _names("generate") and "--report" not in _names("explain")
    assert "--explain" not in _names("explain")


def test_what_it_tells() -> None:
    shown = invoke("-h").stdout
    assert shown == invoke("--help").stdout
    for section in SECTIONS:
        assert f"\n{section}:\n" in shown
        assert all(purpose in shown for _, purpose in BATCH.examples[section])
    for name in _names("compile-rule"):
        assert name in shown
    assert all(f"\n  {name} " in shown for name in FORMATS)
    assert all(f"\n  {code}  " in shown for code in {*(outcome.code for outcome in OUTCOMES.values()), 130, 141})


@pytest.mark.parametrize("columns", ["60", "80", "100", "250"])
def test_width(columns: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "triggerfish", "compile-rule", "--help"],
        env={**os.environ, "COLUMNS": columns},
        capture_output=True,
        text=True,
        timeout=60,
    )
    # What can be typed is not broken: examples, and an option's choices.
    rows = [row for row in run.stdout.splitlines() if not re.fullmatch(r"  triggerfish compile-rule .+|  -.+ \[\S+\|\S+\]", row)]
    assert max(map(len, rows)) <= min(int(columns), WIDTH)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_examples_are_understood(name: str, example: str) -> None:
    """All options and values of an example are ones that the command knows; what only shells read is cut off."""
    words = list(takewhile(lambda word: word not in ("<", ">>"), shlex.split(example)))
    given = command(name).make_context(name, words).params
    assert any(given.get(key) for key in ("paths", "query", "fields", "shell", "file", "init", "size"))


HEAVY = {
    "rich",
    "z3",
    "cvc5",
    "lark",
    "graphviz",
    "eql",
    "multiprocessing",
    "orjson",
    "difflib",
    "triggerfish.compiler",
    "triggerfish.rules",
}


@pytest.mark.parametrize("name", [GROUP, "compile-rule", "check", "generate", "explain"])
def test_help_imports_little(name: str) -> None:
    calls = f"command('{name}').main(['--help'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    script = f"import sys; from triggerfish.api.cli.command import command; {calls}"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    imported = set(run.stderr.split())
    assert "click" in imported and imported.isdisjoint(HEAVY)


@pytest.mark.parametrize("program", ["main", "compile_rule"])
def test_the_version_imports_less(program: str) -> None:
    script = f"import sys; from triggerfish.api.cli import entry; entry.{program}(); print(*sys.modules, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", script, "--version"], capture_output=True, text=True, timeout=60)
    assert run.stdout == f"{'triggerfish' if program == 'main' else 'compile-rule'} {triggerfish.__version__}\n"
    assert not {"click", "dataclasses"} & set(run.stderr.split())


def test_the_group_lists_the_commands() -> None:
    found = CliRunner().invoke(command(GROUP), ["--help"])
    assert found.exit_code == 0 and re.findall(r"^  ([a-z-]+)  ", found.output.partition("Commands:")[2], re.MULTILINE) == list(COMMANDS)


def test_a_command_that_there_is_not() -> None:
    found = CliRunner().invoke(command(GROUP), ["chekc"])
    assert found.exit_code == 2 and "`chekc` is not a command; did you mean `check`?" in found.stderr


def test_the_readme_names_the_help() -> None:
    assert "compile-rule --help" in (Path(__file__).parents[2] / "README.md").read_text()
