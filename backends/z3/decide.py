"""Deciding solver queries with Z3: a model, a proof with minimal cores, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import perf_counter

import z3

from ...compiler.normal_form.nnf import Normal
from ..solver.query import Decision, Outcome, SolverQuery, unknown
from ..solver.unsat_cores import refutation
from .encode import Encoding
from .encode_cells import CellName

Values = dict[CellName, list[str | int | float]]
"""The values of cells in a model."""

_FIRST_CHARACTERS = ("!", " ")
"""Where the characters begin that the strings of a model are to have, if they can; the last one is `~`."""

_CANCELED = "canceled"
"""Z3's reason for giving up on a timeout, and on Ctrl-C."""

_OUTCOMES = {z3.sat.r: Outcome.SATISFIABLE, z3.unsat.r: Outcome.UNSATISFIABLE, z3.unknown.r: Outcome.UNKNOWN}


def decide(question: SolverQuery) -> Iterator[Decision]:
    """Decide whether the goals of a question are jointly satisfiable.

    Yields:
        Decisions, each more precise than the one before; the last is final. A refutation comes first with Z3's own core,
        then with a minimal core, then with further cores.
    """
    encoding = encode(question)
    solver = _solver(encoding, question.timeout)
    solver.set("random_seed", question.seed & 0x3FFFFFFF)

    def check(numbers: Sequence[int], timeout: int = question.timeout) -> tuple[Outcome, frozenset[int]]:
        solver.set("timeout", timeout)
        answer = _check(solver, encoding, numbers, timeout)
        core = frozenset(int(str(name)[1:]) for name in solver.unsat_core()) if answer == z3.unsat else frozenset()
        return _OUTCOMES[answer.r], core

    size = len(encoding.assumptions)
    outcome, core = check(range(size))
    if outcome is Outcome.SATISFIABLE:
        yield Decision(outcome, _values(solver, encoding, check))
        return
    if outcome is Outcome.UNKNOWN:
        why = solver.reason_unknown()
        yield unknown(f"Z3 gave no answer in {question.timeout} ms" if why == _CANCELED else f"Z3: {why}")
        return
    yield from refutation(question, check, size, core)


def _values(solver: z3.Solver, encoding: Encoding, check: Callable[[Sequence[int]], tuple[Outcome, frozenset[int]]]) -> Values:
    """The values of a model; of one in which all strings are printable ASCII, if there is one and the first one's are not."""
    values = encoding.values(solver.model())
    if all(text.isascii() and text.isprintable() for texts in values.values() for text in texts if isinstance(text, str)):
        return values
    for first in _FIRST_CHARACTERS:
        solver.push()
        solver.add(*encoding.printable(first))
        outcome, _ = check(range(len(encoding.assumptions)))
        if outcome is Outcome.SATISFIABLE:
            return encoding.values(solver.model())
        solver.pop()
    return values


def encode(question: SolverQuery) -> Encoding:
    """Encodes a question."""
    encoding = Encoding(question.goals, question.name_of, question.required, shared=question.shared)
    encoding.order(question.times, question.maxspan)
    return encoding


def holds(normal: Normal, values: Mapping[str, Sequence[str | int | float]], timeout: int) -> bool | None:
    """Whether one event's formula holds for one document according to Z3: an independent check of the matcher.

    Args:
        normal: the formula.
        values: the document, by field name: texts, and the numbers that stand for addresses, dates and booleans.
        timeout: milliseconds.

    Returns:
        None if Z3's answer is unknown, or a part of the formula cannot be encoded.
    """
    pinned = {(0, name): texts for name, texts in values.items()}
    encoding = Encoding([(0, normal)], lambda event, field: (event, field), [], pinned)
    if encoding.unencoded:
        return None
    solver = _solver(encoding, timeout)
    answer = _check(solver, encoding, range(len(encoding.assumptions)), timeout)
    return None if answer == z3.unknown else bool(answer == z3.sat)


def _solver(encoding: Encoding, timeout: int) -> z3.Solver:
    solver = z3.Solver(ctx=encoding.ctx)
    solver.set("timeout", timeout)
    solver.add(*encoding.formulas)
    return solver


def _check(solver: z3.Solver, encoding: Encoding, numbers: Sequence[int], timeout: int) -> z3.CheckSatResult:
    """Checks the formulas under these assumptions."""
    began = perf_counter()
    answer = solver.check(*(z3.Bool(f"a{number}", encoding.ctx) for number in numbers))
    if answer == z3.unknown and solver.reason_unknown() == _CANCELED and (perf_counter() - began) * 1000 < timeout:
        # Z3 catches Ctrl-C while it works.
        raise KeyboardInterrupt
    return answer
