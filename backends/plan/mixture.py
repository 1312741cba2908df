"""Mixtures of plans: a run whose groups each come from one of several plans, chosen at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from ..generate.match_numbers import BLOCK, WALKED
from .plan import Plan

_WIDEST = 8
"""The maximum factor by which blocks grow with the number of plans."""


class Mixture:
    """Draws the groups of a run from any of its plans.

    The group with a number depends only on the seed and the plans, as for a single plan.

    Args:
        plans: at least one.
        seed: the run's seed.
    """

    def __init__(self, plans: Sequence[Plan], seed: object) -> None:
        self.plans = plans
        self.seed = seed
        self.first = WALKED * len(plans)
        self.size = BLOCK * min(len(plans), _WIDEST)

    def texts(self, start: int, stop: int) -> Iterator[tuple[list[int], list[str | None]]]:
        """Yields the indices of the plans and the groups for the numbers from ``start`` up to ``stop``; see `Plan.texts`."""
        if len(self.plans) == 1:
            for texts in self.plans[0].texts(start, stop):
                yield [0] * len(texts), texts
            return
        at = start
        while at < stop:
            if at < self.first:
                place = Random(f"{self.seed}|root|{at}").randrange(len(self.plans))
                yield [place], [self.plans[place].walk_group(at)]
                at += 1
                continue
            block = (at - self.first) // self.size
            first = self.first + block * self.size
            end = min(stop, first + self.size)
            places, texts = self._block(block, first, range(at, end))
            yield places[at - first : end - first], texts[at - first : end - first]
            at = end

    def _block(self, block: int, first: int, window: range) -> tuple[list[int], list[str | None]]:
        places = Random(f"{self.seed}|roots|{block}").choices(range(len(self.plans)), k=self.size)
        own: dict[int, list[int]] = {}
        for at, place in enumerate(places):
            own.setdefault(place, []).append(at)
        texts: list[str | None] = [None] * self.size
        for place, line in own.items():
            plan = self.plans[place]
            for at, text in zip(line, plan.block(block, [first + at for at in line], window), strict=True):
                texts[at] = text
        return places, texts
