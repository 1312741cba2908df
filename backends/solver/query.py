"""Solver queries and decisions, as picklable data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ...compiler.normal_form.nnf import Conj, Disj, Lit, Normal, Preferred
from ...compiler.schema.fields import FieldSpec

CellName = tuple[int, str]
"""An event's number and a field's name; where join keys make cells one, the first of them."""


class Outcome(StrEnum):
    SATISFIABLE = "satisfiable"
    UNSATISFIABLE = "unsatisfiable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SolverQuery:
    """A satisfiability query: are these goals jointly satisfiable?

    Attributes:
        goals: pairs of an event's number and the normal form that must hold of it.
        joined: maps each cell that a join key merges into another to that other cell.
        required: cells that must have a value (join keys).
        shared: groups of cells that have a value in common (join keys with several values).
        seed: the solver's random seed.
        timeout: milliseconds per check; a soft limit that a solver may overrun, unlike the limit on its process.
        cores: the number of minimal cores to look for if unsatisfiable.
        patience: milliseconds for making the first core minimal and for further ones.
        times: the timestamp cells of a sequence's events, in order; they must not decrease.
        maxspan: the maximum milliseconds between the first and the last of them.
    """

    goals: tuple[tuple[int, Normal], ...]
    joined: Mapping[CellName, CellName] = field(default_factory=dict)
    required: tuple[tuple[CellName, FieldSpec], ...] = ()
    shared: tuple[tuple[tuple[CellName, FieldSpec], ...], ...] = ()
    seed: int = 0
    timeout: int = 5_000
    cores: int = 1
    patience: int = 1_000
    times: tuple[CellName, ...] = ()
    maxspan: int | None = None

    def name_of(self, event: int, name: str) -> CellName:
        """The cell that holds a field of an event."""
        return self.joined.get((event, name), (event, name))

    def literals(self) -> list[tuple[int, Lit]]:
        """The literals with their events, in the order in which cores number them."""
        return [(event, literal) for event, normal in self.goals for literal in literals_of(normal)]


@dataclass(frozen=True, slots=True)
class Decision:
    """A solver's answer to a query.

    Attributes:
        outcome: satisfiable, unsatisfiable or unknown.
        values: for satisfiable, the values of the cells in the model (a proposal that the matcher has yet to check).
        cores: for unsatisfiable, sets of literals that cannot hold together, by their numbers.
        minimal: whether dropping any literal of a core makes the rest satisfiable, as far as the solver could tell.
        complete: whether these are all minimal cores.
        reason: for unknown, what ended the search.
    """

    outcome: Outcome
    values: Mapping[CellName, list[str | int | float]] = field(default_factory=dict)
    cores: tuple[tuple[int, ...], ...] = ()
    minimal: bool = True
    complete: bool = True
    reason: str = ""


def unknown(reason: str) -> Decision:
    """Returns an unknown decision with its reason."""
    return Decision(Outcome.UNKNOWN, reason=reason)


def literals_of(normal: Normal) -> Iterator[Lit]:
    """Yields the literals that the query switches with assumptions, in order."""
    match normal:
        case Lit():
            yield normal
        case Conj(args) | Disj(args):
            for arg in args:
                yield from literals_of(arg)
        case Preferred(decisive, _):
            yield from literals_of(decisive)
