"""SMT-LIB 2.6 output of a solver query, for other solvers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import z3

from ..solver.query import CellName, SolverQuery
from .decide import encode


@dataclass(frozen=True, slots=True)
class Place:
    """The variables of one value of a cell.

    Attributes:
        there: the name of the presence condition.
        value: the name of the value.
        usual: the value if the formulas do not constrain it.
    """

    there: str
    value: str
    usual: str | int


_FUNCTION = re.compile(r"\(declare-fun (?:\|[^|]*\||\S+) \((?!\))")
"""A function without a meaning: some of its values are more than the question allows."""


@dataclass(frozen=True, slots=True)
class Script:
    """An SMT-LIB script without ``check-sat``.

    Attributes:
        text: the logic, declarations and assertions.
        assumptions: the names of the assumptions, one per literal of the question, in order.
        cells: maps each cell to its slots.
        whole: whether the script says all that the question does: nothing was left out, and no function is left open.
    """

    text: str
    assumptions: tuple[str, ...]
    cells: dict[CellName, tuple[Place, ...]]
    whole: bool


def script(question: SolverQuery) -> Script:
    """Renders the encoding of a question as SMT-LIB."""
    encoding = encode(question)
    solver = z3.Solver(ctx=encoding.ctx)
    solver.add(*encoding.formulas)
    body = solver.to_smt2().replace("(check-sat)", "")
    lines = [line for line in body.splitlines() if line and not line.startswith((";", "(set-info"))]
    cells = {
        name: tuple(Place(there.decl().name(), value.decl().name(), "a" if z3.is_string(value) else 1) for there, value, _ in cell.slots)
        for name, cell in encoding.cells.items()
    }
    declared = {line.split()[1] for line in lines if line.startswith("(declare-fun a")}
    missing = [f"(declare-fun {name} () Bool)" for name in encoding.assumptions if name not in declared]
    text = "\n".join(["(set-logic ALL)", *missing, *lines]) + "\n"
    is_open = any(map(_FUNCTION.match, lines))
    return Script(text, tuple(encoding.assumptions), cells, not encoding.unencoded and not is_open)


def problem(question: SolverQuery, comments: Iterable[str]) -> str:
    """Returns an SMT-LIB file with ``check-sat`` for all goals of a question.

    Args:
        question: the query.
        comments: comment lines for the head of the file.
    """
    rendered = script(question)
    head = "".join(f"; {' '.join(line.split())}\n" for line in comments)
    asserted = "".join(f"(assert (! {name} :named l{name[1:]}))\n" for name in rendered.assumptions)
    return f"{head}(set-option :produce-unsat-cores true)\n{rendered.text}{asserted}(check-sat)\n"
