"""Writing what a rule asks of a solver as SMT-LIB 2 files."""

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
    """Write one file per program of a rule: whether anything matches it.

    Args:
        programs: the ways in which the rule can match.
        name: what to call the files; whatever it holds, they end up in the folder.
        folder: an existing folder.
        limits: what it may cost.
        client: the process that writes out the formulas.

    Returns:
        The files.

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
    """A file's name made from any text: what is not plain is left out and a hash of the whole put behind, so that no two are the same."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:_LONGEST]
    return name if plain == name and name else f"{plain or 'rule'}-{sha256(name.encode()).hexdigest()[:12]}"
