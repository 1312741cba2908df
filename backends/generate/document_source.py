"""Document sources: the interface of everything that draws matching documents."""

from __future__ import annotations

from random import Random
from typing import Protocol

from ...compiler.ir.program import Program, Role
from .sampler import Group


class DocumentSource(Protocol):
    """Draws matches of a rule; each has passed the matcher."""

    def draw(self, rng: Random, number: int = 0) -> Group | None:
        """Draw the documents of a match; None if none was found.

        Args:
            rng: the source of randomness.
            number: the number of the match in the run; determines its timestamps.
        """

    def cover(self, seed: str, number: int = 0) -> list[Group]:
        """Draw matches that together take every alternative.

        Args:
            seed: the run's seed.
            number: the number of the first of them in the run.
        """


class EitherSource:
    """Draws matches of a rule with several programs, each with equal probability."""

    def __init__(self, ways: list[DocumentSource]) -> None:
        self.ways = ways

    def draw(self, rng: Random, number: int = 0) -> Group | None:
        """See `DocumentSource`."""
        groups = (way.draw(rng, number) for way in rng.sample(self.ways, len(self.ways)))
        return next((group for group in groups if group is not None), None)

    def cover(self, seed: str, number: int = 0) -> list[Group]:
        """See `DocumentSource`."""
        groups: list[Group] = []
        for at, way in enumerate(self.ways):
            groups += way.cover(f"{seed}|way {at}", number + len(groups))
        return groups


def roles_of(program: Program, size: int) -> tuple[Role, ...]:
    """Returns the role of each document of a match; those before the events of the program are its history."""
    roles = [step.role for step in program.steps if not step.missing for _ in range(step.runs)]
    return (*[Role.HISTORY] * (size - len(roles)), *roles)
