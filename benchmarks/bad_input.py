"""Run the command on every bad input of the tests, each in a separate process; print its output and cost.

    python -m benchmarks.bad_input
    python -m benchmarks.bad_input --only YAML --full

Writes a table in Markdown. Exits with 1 when one of them ends otherwise than it should, or with a traceback.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from .measure import run

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bad_inputs import BAD_INPUTS, BadInput

_NOBODY = 65534
_PLACE = re.compile(r"^ *--> (.*)$", re.MULTILINE)


@click.command()
@click.option("--only", default="", help="Of the inputs, those whose name has this in it.")
@click.option("--full", is_flag=True, help="All that was printed, and no table.")
def main(only: str, full: bool) -> None:
    """Try the bad inputs one by one."""
    if not full:
        print("| input | exit code | seconds | MiB | printed |\n|---|---|---|---|---|")
    wrong = 0
    for name, bad in BAD_INPUTS.items():
        if only in name:
            wrong += not _tried(name, bad, full)
    print(f"\n{wrong} of them ended otherwise than they should.", file=sys.stderr)
    sys.exit(1 if wrong else 0)


def _tried(name: str, bad: BadInput, full: bool) -> bool:
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        # In a process of its own: what this one takes would count for that which is measured.
        subprocess.run([sys.executable, "-c", _PREPARE, name, str(folder)], check=True, env={**os.environ, "PYTHONPATH": sys.path[0]})
        stderr = folder / "stderr"
        command = shlex.join([sys.executable, "-m", "triggerfish", "compile-rule", *bad.args])
        if "may not be read" in name and os.geteuid() == 0:
            folder.chmod(0o777)
            command = shlex.join(["setpriv", f"--reuid={_NOBODY}", "--clear-groups"]) + " " + command
        script = f"cd {shlex.quote(directory)}; exec 2>{shlex.quote(str(stderr))}; {command} {bad.redirect}; exit ${{PIPESTATUS[0]}}"
        outcome = run(["/bin/bash", "-c", script])
        printed = stderr.read_text(encoding="utf-8", errors="replace")
        right = (
            outcome.code == bad.code and bad.says in printed and "Traceback" not in printed and (b"good.exe" in outcome.output) == bad.good
        )
        if full:
            print(f"## {name}: exit code {outcome.code}{'' if right else ', WRONG'}\n\n{printed}")
        else:
            place = _PLACE.search(printed)
            # What is wrong with an option is said below how to use the command.
            first = next((line for line in printed.splitlines() if line.startswith("Error:")), printed.partition("\n")[0])
            shown = f"{first} ({place[1]})" if place else first
            shown = shown.replace("|", "\\|").replace("<", "&lt;")
            limit = f"{shown[:120]}…" if len(shown) > 121 else shown
            print(f"| {name} | {outcome.code}{'' if right else ' WRONG'} | {outcome.wall:.1f} | {outcome.peak:.0f} | {limit} |", flush=True)
        return right


_PREPARE = """
import sys
from pathlib import Path
from bad_inputs import BAD_INPUTS, prepare
prepare(BAD_INPUTS[sys.argv[1]], Path(sys.argv[2]))
"""

if __name__ == "__main__":
    main()
