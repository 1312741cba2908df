"""``docs/ci.md``: what it shows can be run, and what it lists is what there is."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from compile_rule import PORT_26, SAMPLES, invoke
from triggerfish.backends.report.exit_codes import ANY, OUTCOMES
from triggerfish.backends.report.formats.registry import REPORT_FORMATS

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")
COMMANDS = [line for line in re.findall(r"(?<!id: )\bcompile-rule (-[^\n'`]+)", PAGE) if "--report -`" not in line]
ROWS = re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_shows_commands() -> None:
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_can_be_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules").mkdir()
    shutil.copy(PORT_26, "rules")
    shutil.copy(SAMPLES / "broken" / "dead_alternative.toml", "rules")
    if "--baseline" in command:
        assert invoke("-q", "-f", "none", "-n", "0", "--report", "baseline.json", "rules").exit_code == 0
    found = invoke(*shlex.split(command.partition(">>")[0]))
    assert found.exit_code == (1 if "dead" in command else 0), found.stderr


def test_tables_list_what_there_is() -> None:
    assert sorted(ROWS) == sorted((*OUTCOMES, ANY, *REPORT_FORMATS))


@pytest.mark.parametrize("block", blocks("yaml"))
def test_examples_are_yaml(block: str) -> None:
    found: Any = yaml.safe_load(block)
    assert found


def test_the_hook_is_that_of_this_repository() -> None:
    (hook,) = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert re.search(rf"- id: {hook['id']}$", PAGE, re.MULTILINE)
    assert all(name in OUTCOMES for name in hook["args"][1].split(","))
