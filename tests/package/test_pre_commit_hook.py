"""The hook that repositories of rules take from here: run as pre-commit runs it, on files of a commit."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import yaml

from compile_rule import PORT_26, SAMPLES, git

ROOT = Path(__file__).parents[2]
BROKEN = SAMPLES / "broken"
KEYS = {"id", "name", "description", "entry", "args", "language", "files", "require_serial", "minimum_pre_commit_version"}


def hook() -> dict[str, Any]:
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert found.keys() == KEYS
    hook: dict[str, Any] = found
    return hook


def run(repository: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the hook on the files of the index that differ from the last commit."""
    changed = git(repository, "diff", "--cached", "--name-only", "--diff-filter=ACMR").splitlines()
    chosen = [path for path in changed if re.search(hook()["files"], path)]
    program, *options = shlex.split(hook()["entry"])
    assert entry_points(group="console_scripts")[program].value == "triggerfish.api.cli.entry:compile_rule"
    command = [sys.executable, "-m", "triggerfish", "compile-rule", *options, *(more or hook()["args"]), *chosen]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=60)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "rules").mkdir()
    shutil.copy(BROKEN / "unclosed_quote.toml", tmp_path / "rules" / "old.toml")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "old")
    return tmp_path


def test_language_installs_the_command() -> None:
    assert (hook()["id"], hook()["language"]) == ("compile-rule", "python")


@pytest.mark.parametrize(
    ("sample", "code", "said"),
    [
        (PORT_26, 0, "1 rule: 1 ok; 0 documents"),
        (BROKEN / "dead_alternative.toml", 1, "warning[dead-alternative]"),
        (BROKEN / "contradictory_port_range.toml", 1, "error[unsatisfiable]"),
        (BROKEN / "unclosed_quote.toml", 2, "error[syntax]"),
        (BROKEN / "unsupported_esql.toml", 0, "unsupported: rules/new.toml:21:8"),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else None,
)
def test_changed_rules_are_checked(sample: Path, code: int, said: str, repository: Path) -> None:
    shutil.copy(sample, repository / "rules" / "new.toml")
    (repository / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    git(repository, "add", ".")
    found = run(repository)
    assert (found.returncode, found.stdout) == (code, "")
    assert said in found.stderr and "old.toml" not in found.stderr and "pyproject" not in found.stderr


def test_other_arguments_can_be_given(repository: Path) -> None:
    shutil.copy(BROKEN / "dead_alternative.toml", repository / "rules" / "new.toml")
    git(repository, "add", ".")
    assert run(repository, "--fail-on", "unsatisfiable").returncode == 0


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        ("rules/windows/a.toml", True),
        ("rules_building_block/a.toml", True),
        ("detection/my-rules/x/a.toml", True),
        ("pyproject.toml", False),
        ("rules.toml", False),
        ("rules/README.md", False),
    ],
)
def test_files(path: str, chosen: bool) -> None:
    assert bool(re.search(hook()["files"], path)) is chosen
