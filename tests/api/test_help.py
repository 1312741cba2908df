"""The command's help: complete, narrow, quick, and its examples are commands that there are."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from itertools import takewhile
from pathlib import Path

import click
import pytest

from compile_rule import invoke
from triggerfish.api.cli.command import main
from triggerfish.api.cli.help import OTHER, SECTIONS, WIDTH, name_of
from triggerfish.backends.report.document_formats import FORMATS
from triggerfish.backends.report.exit_codes import OUTCOMES

EXAMPLES = [example for section in SECTIONS for example, _ in section.examples]


def _options() -> list[click.Option]:
    return [option for option in main.get_params(click.Context(main, **main.context_settings)) if isinstance(option, click.Option)]


def test_every_option_has_its_section() -> None:
    listed = Counter(name for section in SECTIONS for name in section.options)
    assert listed == Counter(name_of(option) for option in _options()), "options belong in `triggerfish.api.cli.help.SECTIONS`"
    assert f"\n{OTHER}:" not in invoke("--help").stdout


def test_what_it_tells() -> None:
    shown = invoke("-h").stdout
    assert shown == invoke("--help").stdout
    for section in SECTIONS:
        assert f"\n{section.title}:\n" in shown
        assert all(purpose in shown for _, purpose in section.examples)
    for option in _options():
        assert f"--{name_of(option)}" in shown
    assert all(f"\n  {name} " in shown for name in FORMATS)
    assert all(f"\n  {code}  " in shown for code in {*(outcome.code for outcome in OUTCOMES.values()), 130, 141})


@pytest.mark.parametrize("columns", ["60", "80", "100", "250"])
def test_width(columns: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "triggerfish", "--help"], env={**os.environ, "COLUMNS": columns}, capture_output=True, text=True, timeout=60
    )
    # What can be typed is not broken: examples, and an option's choices.
    rows = [row for row in run.stdout.splitlines() if not re.fullmatch(r"  compile-rule .+|  -.+ \[\S+\|\S+\]", row)]
    assert max(map(len, rows)) <= min(int(columns), WIDTH)


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "--completion" not in example])
def test_examples_are_understood(example: str) -> None:
    """All options and values of an example are ones that the command knows; what only shells read is cut off."""
    words = list(takewhile(lambda word: word != "<", shlex.split(example)))
    given = main.make_context("compile-rule", words).params
    assert given["paths"] or given["query"]


def test_help_imports_little() -> None:
    calls = "main(['--help'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    script = f"import sys; from triggerfish.api.cli.command import main; {calls}"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    imported = {name.split(".")[0] for name in run.stderr.split()}
    assert "click" in imported and imported.isdisjoint({"rich", "z3", "cvc5", "lark", "graphviz", "eql", "multiprocessing"})
    assert "triggerfish.backends.report.explain.outline" not in run.stderr.split()


def test_an_option_without_a_section_is_not_lost() -> None:
    before = list(main.params)
    try:
        main.params.append(click.Option(["--new-one"], help="Something."))
        shown = invoke("--help").stdout
    finally:
        main.params[:] = before
    assert f"\n{OTHER}:\n  --new-one" in shown


def test_the_readme_names_the_help() -> None:
    assert "compile-rule --help" in (Path(__file__).parents[2] / "README.md").read_text()
