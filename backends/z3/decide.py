"""Deciding goals: a witness, a proof with a minimal core, or neither."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import z3

from ...compiler.normalise import Literal, Normal
from ...compiler.schema import FieldSpec
from .encode import CellName, Encoding, NameOf

CoreLiteral = tuple[int, Literal]
"""An event's number and a literal of its formula."""


class Outcome(StrEnum):
    SATISFIABLE = "satisfiable"
    UNSATISFIABLE = "unsatisfiable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Decision:
    """What Z3 says of goals.

    Attributes:
        outcome: satisfiable, unsatisfiable or unknown.
        values: for satisfiable, the values of the cells in the model (a proposal that the matcher has yet to judge).
        core: for unsatisfiable, literals that cannot hold together.
        minimal: whether dropping any literal of the core makes the goals satisfiable, as far as Z3 could tell.
        reason: for unknown, what ended the search.
    """

    outcome: Outcome
    values: dict[CellName, list[str | int | float]] | None = None
    core: tuple[CoreLiteral, ...] = ()
    minimal: bool = True
    reason: str = ""


def decide(
    goals: Iterable[tuple[int, Normal]], name_of: NameOf, required: Iterable[tuple[CellName, FieldSpec]], seed: int, timeout: int
) -> Decision:
    """Decide whether the goals can hold together.

    Args:
        goals: pairs of an event's number and a normal form.
        name_of: the cell that holds a field of an event.
        required: cells that must have a value.
        seed: Z3's random seed.
        timeout: milliseconds per check; a wish, not a bound: Z3 may overrun it.
    """
    encoding = Encoding(goals, name_of, required)
    solver = z3.Solver(ctx=encoding.ctx)
    solver.set("timeout", timeout)
    # Else Z3 takes the interruption for itself, and only this question ends.
    solver.set("ctrl_c", False)
    solver.set("random_seed", seed & 0x3FFFFFFF)
    solver.add(*encoding.formulas)
    answer = solver.check(*_assume(encoding, encoding.assumptions))
    if answer == z3.sat:
        return Decision(Outcome.SATISFIABLE, encoding.values(solver.model()))
    if answer == z3.unknown:
        return Decision(Outcome.UNKNOWN, reason=f"Z3: {solver.reason_unknown()}")
    names, minimal = _minimised(solver, encoding)
    return Decision(Outcome.UNSATISFIABLE, core=tuple(encoding.assumptions[name] for name in names), minimal=minimal)


def holds(normal: Normal, values: Mapping[str, Sequence[str | int | float]], timeout: int) -> bool | None:
    """Whether one event's formula holds of one document, in Z3's opinion: the matcher's second.

    Args:
        normal: the formula.
        values: the document, by field name: texts, and the numbers that stand for addresses, dates and booleans.
        timeout: milliseconds.

    Returns:
        None when Z3 cannot tell, or something in the formula cannot be encoded.
    """
    pinned = {(0, name): found for name, found in values.items()}
    encoding = Encoding([(0, normal)], lambda event, field: (event, field), [], pinned)
    if encoding.unencoded:
        return None
    solver = z3.Solver(ctx=encoding.ctx)
    solver.set("timeout", timeout)
    # Else Z3 takes the interruption for itself, and only this question ends.
    solver.set("ctrl_c", False)
    solver.add(*encoding.formulas)
    answer = solver.check(*_assume(encoding, encoding.assumptions))
    return None if answer == z3.unknown else bool(answer == z3.sat)


def _assume(encoding: Encoding, names: Iterable[str]) -> list[z3.BoolRef]:
    return [z3.Bool(name, encoding.ctx) for name in names]


def _minimised(solver: z3.Solver, encoding: Encoding) -> tuple[list[str], bool]:
    """A minimal core by deletion; Z3's own core is only a start.

    The literals are tried from the last to the first, so that of two reasons the one that stands earlier is kept.
    """
    kept = sorted({str(name) for name in solver.unsat_core()}, key=_number)
    minimal = True
    for name in reversed(list(kept)):
        if name not in kept:
            continue
        rest = [other for other in kept if other != name]
        answer = solver.check(*_assume(encoding, rest))
        if answer == z3.unsat:
            left = {str(other) for other in solver.unsat_core()}
            kept = [other for other in rest if other in left]
        elif answer == z3.unknown:
            minimal = False
    return kept, minimal


def _number(name: str) -> int:
    return int(name[1:])
