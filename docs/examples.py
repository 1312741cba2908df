"""Runs the examples of a page, and compares or replaces the output shown in it.

A block of shell commands after a line ``<!-- run -->`` is an example; ``<!-- run: exit 1 -->`` names the exit code of its last
command. What it prints, on standard output and standard error together, is the block after the next ``<!-- output -->``; without
such a block it prints nothing. The examples of a page run one after the other, in one folder that is empty at first.
Blocks after ``<!-- install -->`` are for readers and for the transcript; the tests run in an environment that is installed already.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"^<!-- (?P<kind>run|install)(?:: exit (?P<code>\d+))? -->\n```sh\n(?P<commands>.*?)^```\n"
    r"(?:(?P<between>(?:(?!^<!-- (?:run|install)).)*?)^<!-- output -->\n```\w+\n(?P<shown>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
_SECONDS = re.compile(r"\bin \d+\.\d+ s\b")


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a page.

    Attributes:
        line: where its commands begin, from 1.
        commands: for the shell.
        code: the exit code of the last of them.
        shown: the output in the page.
        place: where the output stands in the page's text; None if it shows none.
        install: whether it sets the environment up.
    """

    line: int
    commands: str
    code: int
    shown: str
    place: tuple[int, int] | None
    install: bool


def examples(text: str) -> Iterator[Example]:
    """The examples of a page, in order."""
    for found in _BLOCK.finditer(text):
        place = None if found["shown"] is None else found.span("shown")
        line = text.count("\n", 0, found.start("commands")) + 1
        yield Example(line, found["commands"], int(found["code"] or 0), found["shown"] or "", place, found["kind"] == "install")


def run(commands: str, folder: Path, scripts: Path | None = None) -> tuple[int, str]:
    """Run commands in a folder.

    Args:
        commands: for bash.
        folder: where to run them.
        scripts: the folder of the commands to use first; by default those beside this Python.

    Returns:
        The exit code of the last one, and what all of them printed.
    """
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=folder,
        env=environment(scripts or Path(sys.executable).parent),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
    )
    return done.returncode, done.stdout.decode()


def environment(scripts: Path) -> Mapping[str, str]:
    """The variables to run examples with: nothing of them colours or wraps what is printed."""
    kept = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "VIRTUAL_ENV", "PYTHONPATH", "COLUMNS")}
    return {**kept, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTHONUTF8": "1"}


def alike(text: str) -> str:
    """The text without what differs from run to run: how long it took."""
    return _SECONDS.sub("in N s", text)


def rewritten(text: str, folder: Path) -> str:
    """A page with the output of its examples as it is now; where only times differ it stays as it is.

    Raises:
        ValueError: an example ends with another exit code, or prints something and the page has no place for it.
    """
    pieces: list[str] = []
    end = 0
    for example in examples(text):
        if example.install:
            continue
        code, printed = run(example.commands, folder)
        if code != example.code or (example.place is None and printed):
            raise ValueError(f"line {example.line}: exit code {code} where {example.code} is expected, and printed:\n{printed}")
        if example.place is not None and alike(printed) != alike(example.shown):
            pieces += [text[end : example.place[0]], printed]
            end = example.place[1]
    return "".join((*pieces, text[end:]))
