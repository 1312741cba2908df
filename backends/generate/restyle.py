"""Changes of the values of a match that keep what the rule requires."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...compiler.semantics.match_group import Event
from ..values.draw import Drawer
from .walk import CellName, Cells


class Style(Protocol):
    """Gives matches other values."""

    def styled(self, cells: Cells, match: Match, drawer: Drawer) -> tuple[Cells, frozenset[str]]:
        """Other values for a match, and the preferences for which the rule left no room.

        Args:
            cells: values that satisfy the rule.
            match: the match.
            drawer: tests values, and has the source of randomness.
        """
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """What is known of the match whose values are to change.

    Attributes:
        events: its events.
        times: when they happen, in epoch milliseconds.
        name_of: the cell that holds a field of an event.
        environment: matches that bear the same word happen on the same machine to the same person, as far as their rules let them.
        fixed: whether the values themselves stay, because their tests are not known.
    """

    events: Sequence[Event]
    times: Sequence[int]
    name_of: Callable[[int, str], CellName]
    environment: str = ""
    fixed: bool = False


def apply_accepted(cells: Cells, changed: Cells, accepts: Callable[[Cells], bool]) -> Cells | None:
    """As many of the changes as the matcher accepts; None if it does not accept the values as they were.

    What is returned was the last to be accepted.

    Args:
        cells: the values before.
        changed: the values after.
        accepts: asks the matcher.
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
