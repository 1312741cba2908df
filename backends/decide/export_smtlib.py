"""SMT-LIB 2 export of the satisfiability query of a rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from ...compiler.ir.program import Program
from ..limits import Limits, Strategy
from ..solver_process.client import SolverClient, shared_client
from .problem import Problem

_LONGEST = 80


def emit_smt2(programs: Sequence[Program], name: str, folder: Path, limits: Limits, client: SolverClient | None = None) -> list[Path]:
    """Write one file per program of a rule.

    Args:
        programs: the programs of the rule, of which one must match.
        name: names the files; it is sanitised, so that they stay in the folder.
        folder: an existing folder.
        limits: the solving limits.
        client: the solver process that renders the formulas; by default the shared one.

    Returns:
        The paths of the files.

    Raises:
        OSError: a file cannot be written.
    """
    client = client or shared_client(limits.memory)
    written = []
    for number, program in enumerate(programs):
        problem = Problem(program, name, 0, limits, Strategy(), client)
        text = client.smtlib(problem.question(problem.sampler.goals()), (name, *program.text.splitlines()), limits.timeout)
        if text is not None:
            path = folder / (safe_name(name) + (f".{number + 1}" if len(programs) > 1 else "") + ".smt2")
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def safe_name(name: str) -> str:
    """Returns a file name for any text: plain characters only, with a hash of the text so that names are unique."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:_LONGEST]
    return name if plain == name and name else f"{plain or 'rule'}-{sha256(name.encode()).hexdigest()[:12]}"
