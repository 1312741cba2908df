"""Runs ``compile-rule``, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from triggerfish.api.cli.command import command
from triggerfish.api.cli.commands import GROUP
from triggerfish.rules import find_rule_files

main = command("compile-rule")
group = command(GROUP)
ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "rules"
DOMAINS = ("cloud", "linux", "macos", "network", "windows")
GOOD = find_rule_files(SAMPLES / domain for domain in DOMAINS).files
PORT_26 = SAMPLES / "network" / "command_and_control_port_26_activity.toml"

RULE = """
[rule]
type = "{type}"
name = "{name}"
rule_id = "{name}"
query = '''{query}'''
"""


def rule(folder: Path, name: str, query: str, type: str = "query") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(RULE.format(type=type, name=name, query=query), encoding="utf-8")
    return path


def command_of_group(*args: str | Path) -> Result:
    """A command of ``triggerfish``."""
    result = CliRunner().invoke(group, [str(arg) for arg in args])
    assert "Traceback" not in result.output
    return result


def invoke(*args: str | Path, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)
    assert "Traceback" not in result.output
    return result


def refused(*args: str | Path) -> str:
    """The one line that a run which loads nothing says."""
    result = invoke("-q", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line[7:]


def documents(*args: str | Path) -> list[dict[str, Any]]:
    result = invoke(*args)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def report(*args: str | Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(invoke("-f", "none", "--report", "-", *args).stdout)
    return found


def command(*args: str | Path, stdin: bytes = b"", cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[bytes]:
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "triggerfish", "compile-rule", *args],
        cwd=cwd,
        env={**clean, **environment},
        input=stdin,
        capture_output=True,
        timeout=120,
    )


def start(*args: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "triggerfish", "compile-rule", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def git(folder: Path, *args: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", "-C", folder, *identity, *args], check=True, capture_output=True, text=True).stdout
