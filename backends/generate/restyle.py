"""Restyling a match: replacing its values while it still satisfies the rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from ...compiler.semantics.match_group import Event
from ..values.draw import Drawer
from ..values.value_sets import ValueSet
from .walk import CellName, Cells


class Scene(Protocol):
    """What may vary in a restyled match while its values still agree with each other."""

    def columns(self, cells: Cells, frozen: Collection[CellName], rng: Random) -> dict[CellName, tuple[ValueSet, ...]]:
        """Return the value sets of the cells that may vary, one for each value; sets that are one object are drawn once.

        Args:
            cells: the values of the match.
            frozen: the cells that must keep their values.
            rng: chooses among what there is.
        """
        ...

    def lost(self, cells: Cells) -> frozenset[str]:
        """Return the preferences that the values of the match do not have room for, of those that are only known in the end."""
        ...


@dataclass(frozen=True, slots=True)
class Styled:
    """A restyled match: its cells, the preferences that conflict with the rule, and what may vary in it."""

    cells: Cells
    given_up: frozenset[str]
    scene: Scene


class Style(Protocol):
    """Replaces the values of matches."""

    def styled(self, cells: Cells, match: Match, drawer: Drawer) -> Styled:
        """Return other values for a match.

        Args:
            cells: values that satisfy the rule.
            match: the match.
            drawer: tests values, and holds the source of randomness.
        """
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """The context of a match whose values are replaced.

    Attributes:
        events: its events.
        times: their timestamps, in epoch milliseconds.
        name_of: the cell that holds a field of an event.
        environment: a key; matches with the same key happen on the same machine to the same user, as far as their rules allow.
        fixed: whether existing values must stay, because their tests are unknown.
    """

    events: Sequence[Event]
    times: Sequence[int]
    name_of: Callable[[int, str], CellName]
    environment: str = ""
    fixed: bool = False


def apply_accepted(cells: Cells, changed: Cells, accepts: Callable[[Cells], bool]) -> Cells | None:
    """Apply as many of the changes as the matcher accepts; None if it does not accept the unchanged values.

    The returned values are the ones that were accepted last.

    Args:
        cells: the values before.
        changed: the values after.
        accepts: whether the matcher accepts the values.
    """
    if accepts(changed):
        return changed
    if not accepts(cells):
        return None
    names = [name for name, cell in changed.items() if cells.get(name) is not cell]
    base, stack = cells, [names]
    while stack:
        part = stack.pop()
        trial = {**base, **{name: changed[name] for name in part}}
        if part and accepts(trial):
            base = trial
        elif len(part) > 1:
            stack += [part[len(part) // 2 :], part[: len(part) // 2]]
    return base
