"""The tour as a terminal shows it: run in an empty folder, in an environment of its own."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

from examples import examples, run


def transcript(page: str, repository: Path) -> str:
    """What happens when all examples of a page are run, each with the time it took.

    Args:
        page: the text of the page.
        repository: what is installed; its last commit, in a clone beside the empty folder.

    Raises:
        ValueError: commands end with another exit code than the page says.
    """
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["git", "clone", "--quiet", "--no-local", repository, f"{place}/triggerfish"], check=True)
        folder = Path(place) / "tour"
        folder.mkdir()
        began = perf_counter()
        shown = []
        for example in examples(page):
            start = perf_counter()
            code, printed = run(example.commands, folder, folder / ".venv" / "bin")
            seconds = perf_counter() - start
            if code != example.code:
                raise ValueError(f"line {example.line}: exit code {code} where {example.code} is expected, and printed:\n{printed}")
            shown.append(f"{_prompted(example.commands)}{printed}# {seconds:.1f} s{f', exit code {code}' if code else ''}\n")
        return "\n".join((*shown, f"# {perf_counter() - began:.0f} s in all\n"))


def _prompted(commands: str) -> str:
    """Commands behind a prompt, and further lines of the same one behind another."""
    lines = []
    ends: str | None = None
    for line in commands.rstrip("\n").split("\n"):
        lines.append(f"{'> ' if ends is not None else '$ '}{line}")
        if ends is None and "<<'" in line:
            ends = line.split("<<'")[1].split("'")[0]
        elif line == ends:
            ends = None
    return "".join(f"{line}\n" for line in lines)
