"""Completion in shells, in a real one where it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from compile_rule import invoke
from triggerfish.api.cli.commands import SHELLS
from triggerfish.backends.report.document_formats import FORMATS

_PROGRAM = "from triggerfish.api.cli.entry import compile_rule; compile_rule()"

# What bash has between two words when it calls for completions.
_DRIVER = """
compile-rule() {{ "{python}" -c '{program}' "$@"; }}
env() {{ local -x COMP_WORDS COMP_CWORD _COMPILE_RULE_COMPLETE; local "${{@:1:3}}"; "${{@:4}}"; }}
compopt() {{ echo compopt "$@"; }}
eval "$(compile-rule --completion bash)"
COMP_WORDS=({words})
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_compile_rule_completion compile-rule
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def _ask(shell: str, words: str, number: int) -> str:
    environment = {**os.environ, "_COMPILE_RULE_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    run = subprocess.run([sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def test_options_and_choices() -> None:
    assert "plain,--explain\n" in _ask("bash", "compile-rule\n--e", 1)
    assert _ask("bash", "compile-rule\n--style\npl", 2) == "plain,plain\n"
    assert _ask("bash", "compile-rule\n--format\n", 2).splitlines() == [f"plain,{name}" for name in FORMATS]


def test_files() -> None:
    assert _ask("bash", "compile-rule\n--schema\nab", 2) == "file,ab\n"
    assert _ask("bash", "compile-rule\n--emit-smt2\nab", 2) == "dir,ab\n"
    assert _ask("bash", "compile-rule\nru", 1) == "rules,ru\n"
    assert _ask("zsh", "compile-rule\nru", 1) == "file\nru\n_\n"
    assert _ask("fish", "compile-rule ru", "ru") == "file,ru\n"  # type: ignore[arg-type]


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts(shell: str) -> None:
    found = invoke("--completion", shell)
    assert found.exit_code == 0 and f"{shell}_complete" in found.stdout and found.stderr == ""
    environment = {**os.environ, "_COMPILE_RULE_COMPLETE": f"{shell}_source"}
    run = subprocess.run([sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, timeout=60)
    assert run.stdout.rstrip("\n") == found.stdout.rstrip("\n")
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed: its script was not read by it")
    assert subprocess.run([program, "-n"], input=found.stdout, capture_output=True, text=True, timeout=60).stderr == ""


def test_commands_are_completed() -> None:
    environment = {**os.environ, "_TRIGGERFISH_COMPLETE": "bash_complete", "COMP_WORDS": "triggerfish\nch", "COMP_CWORD": "1"}
    words = [sys.executable, "-m", "triggerfish"]
    assert subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60).stdout == "plain,check\n"
    environment |= {"COMP_WORDS": "triggerfish\nschema\n--sc", "COMP_CWORD": "2"}
    assert subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60).stdout == "plain,--schema\n"
    script = subprocess.run([*words, "completion", "bash"], capture_output=True, text=True, timeout=60).stdout
    assert "_TRIGGERFISH_COMPLETE=bash_complete" in script and "triggerfish\n" in script


def test_another_shell() -> None:
    assert invoke("--completion", "csh").exit_code == 2


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("compile-rule --dra", ["--draw"]),
        ("compile-rule r", ["compopt -o filenames", "rules", "rule one.toml", "rule.json"]),
        ("compile-rule rules/", ["compopt -o filenames", "rules/deeper", "rules/a.toml"]),
        ("compile-rule --out ''", ["compopt -o default", ""]),
        ("compile-rule -f bu", ["bulk"]),
    ],
)
def test_in_bash(words: str, wanted: list[str], tmp_path: Path) -> None:
    (tmp_path / "rules" / "deeper").mkdir(parents=True)
    for name in ("rule one.toml", "rule.json", "readme.md", "rules/a.toml", "rules/b.txt"):
        (tmp_path / name).write_text("")
    script = _DRIVER.format(python=sys.executable, program=_PROGRAM, words=words)
    run = subprocess.run(["bash", "--norc", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (run.stdout.splitlines(), run.stderr) == (wanted, "")
