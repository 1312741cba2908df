"""Ctrl-C while the command is still being imported, and where interruptions are ignored."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from compile_rule import PORT_26

# Sends the interruption from within an import of the command's, so that it comes in the middle of it each time.
_IN_AN_IMPORT = """
import builtins, os, signal, sys
import triggerfish.api.cli.entry
real = builtins.__import__
def interrupting(name, *args, **options):
    if name == "{module}":
        os.kill(os.getpid(), signal.SIGINT)
    return real(name, *args, **options)
builtins.__import__ = interrupting
sys.argv = ["compile-rule", "-q", "-f", "none", sys.argv[1]]
triggerfish.api.cli.entry.compile_rule()
"""


@pytest.mark.parametrize("module", ["click", "orjson"])
def test_interrupted_in_an_import(module: str) -> None:
    script = _IN_AN_IMPORT.format(module=module)
    run = subprocess.run([sys.executable, "-c", script, str(PORT_26)], capture_output=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (130, b"", b"error: interrupted\n")


def test_what_ignores_interruptions_goes_on_doing_so() -> None:
    script = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)" + _IN_AN_IMPORT.format(module="click")
    run = subprocess.run([sys.executable, "-c", script, str(PORT_26)], capture_output=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, b"")


def test_the_script_starts_where_interruptions_are_heard() -> None:
    """Nothing that takes long is imported before."""
    script = "import sys, triggerfish.api.cli.entry; print(*(name for name in sys.modules if name.startswith(('triggerfish', 'click'))))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, text=True)
    assert sorted(run.stdout.split()) == [
        "triggerfish",
        "triggerfish.api",
        "triggerfish.api.cli",
        "triggerfish.api.cli.entry",
        "triggerfish.api.cli.interrupts",
        "triggerfish.api.on_demand",
    ]
    pyproject = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert 'compile-rule = "triggerfish.api.cli.entry:compile_rule"' in pyproject
    assert 'triggerfish = "triggerfish.api.cli.entry:main"' in pyproject


def test_the_library_leaves_interruptions_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    import triggerfish.api.cli.generate

    assert triggerfish.api.cli.generate.run is not None and signal.getsignal(signal.SIGINT) is before
