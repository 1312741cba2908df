"""Other generators, each in an environment of its own, asked in the same run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from triggerfish.compiler.schema.fields import ecs_schema

from .measure import Run, run

GENEVE = "geneve==0.4.0"
DRIVER = Path(__file__).with_name("geneve_driver.py")


@dataclass(frozen=True, slots=True)
class Answer:
    """What geneve did: by path of a rule what `geneve_driver` says of it, the seconds of a processor for all of it, its memory."""

    rules: dict[str, dict[str, Any]]
    cpu: float
    run: Run

    def done(self) -> list[str]:
        """The paths of the rules that it has documents for."""
        return [path for path, answer in self.rules.items() if "error" not in answer]


@cache
def geneve_python(folder: Path | None) -> Path:
    """The interpreter of an environment with geneve, which is made when it is not there.

    Args:
        folder: where it is, or is to be; by default a folder for temporary files.
    """
    place = folder or Path(tempfile.gettempdir()) / "triggerfish-benchmarks" / GENEVE
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    known = subprocess.run([str(python), "-c", "import geneve.events_emitter, pytoml"], capture_output=True)
    if known.returncode:
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", GENEVE, "pytoml"], check=True)
    return python


def ask_geneve(python: Path, rules: Sequence[Path], count: int) -> Answer:
    """Have geneve compile rules, and draw so many documents of each."""
    order = {"rules": [str(path) for path in rules], "schema": geneve_schema(), "count": count}
    # Isolated: beside the driver lie modules that are called like packages.
    process = run([python, "-I", DRIVER], json.dumps(order).encode())
    if process.code:
        raise RuntimeError("geneve's driver failed")
    answer = json.loads(process.output)
    return Answer(answer["rules"], answer["cpu"], process)


def eql_package_parses(queries: Sequence[str]) -> bool:
    """Whether the ``eql`` package parses them all, in Elasticsearch's syntax and without looking at types."""
    import eql
    from eql import parser

    names = ("elasticsearch_syntax", "elasticsearch_validate_optional_fields", "ignore_missing_functions", "allow_sample", "allow_runs")
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(getattr(parser, name))
        try:
            for query in queries:
                eql.parse_query(query)
        except Exception:
            return False
    return True


@cache
def geneve_schema() -> dict[str, dict[str, str]]:
    """The types of ECS's fields, as geneve reads them."""
    schema = ecs_schema()
    specs = {name: schema.lookup(name) for name in schema.names()}
    return {name: {"type": spec.type.name} for name, spec in specs.items() if spec is not None}
