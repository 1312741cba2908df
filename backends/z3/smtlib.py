"""The formulas of a question as SMT-LIB 2.6 that other solvers read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import z3

from ..solver.query import CellName, SolverQuery
from .decide import encode


@dataclass(frozen=True, slots=True)
class Place:
    """Room for one value of a cell.

    Attributes:
        there: the name of the condition under which it is there.
        value: the name of the value.
        usual: the value where the formulas say nothing of it.
    """

    there: str
    value: str
    usual: str | int


@dataclass(frozen=True, slots=True)
class Script:
    """Formulas, without a command that checks them.

    Attributes:
        text: the logic, declarations and assertions.
        assumptions: the names of the switches, one per literal of the question, in order.
        cells: for each cell its slots.
        whole: whether everything in the question could be encoded.
    """

    text: str
    assumptions: tuple[str, ...]
    cells: dict[CellName, tuple[Place, ...]]
    whole: bool


def script(question: SolverQuery) -> Script:
    """The formulas of a question."""
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
    return Script(text, tuple(encoding.assumptions), cells, not encoding.unencoded)


def problem(question: SolverQuery, comments: Iterable[str]) -> str:
    """A file that asks whether everything in a question holds together.

    Args:
        question: what to ask.
        comments: lines for its head.
    """
    made = script(question)
    head = "".join(f"; {' '.join(line.split())}\n" for line in comments)
    asserted = "".join(f"(assert (! {name} :named l{name[1:]}))\n" for name in made.assumptions)
    return f"{head}(set-option :produce-unsat-cores true)\n{made.text}{asserted}(check-sat)\n"
