"""Blocks of groups, drawn from skeletons that are created on demand."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Sequence
from math import isqrt
from random import Random

from ...compiler.semantics.match_document import Reading
from ..generate.match_numbers import Unplannable
from ..generate.sampler import Proposal, Sampler
from .ndjson import documents, text_of
from .planner import Planner
from .render import texts
from .skeleton import Assurance, Skeleton

SLOTS = 16
"""The number of skeletons per block."""
FIRST_SKELETONS = 16
MOST_SKELETONS = 256
"""The maximum number of cached skeletons."""
_REDRAWS = 8


class PlanError(Exception):
    """A drawn document does not match: a bug in Triggerfish, detected by full matching of sampled groups."""


class Blocks:
    """Draws the blocks of a run.

    Args:
        sampler: finds the matches that skeletons are created from.
        seed: the run's seed.
        counts: incremented by how each group was drawn; see `Plan.counts`.
        given: the matches of the first skeletons, if known.

    Raises:
        Unplannable: the sampler's matches cannot be drawn from skeletons.
    """

    def __init__(self, sampler: Sampler, seed: str, counts: Counter[str], given: Sequence[Proposal] = ()) -> None:
        self.sampler = sampler
        self.seed = seed
        self.counts = counts
        self.given = given
        self._planner = Planner(sampler, seed)
        self._skeletons: OrderedDict[int, Skeleton | None] = OrderedDict()

    @property
    def pinned(self) -> tuple[str, ...]:
        """Fields of the cached skeletons that functions couple to others: they vary only between skeletons."""
        return tuple(sorted({name for skeleton in self._skeletons.values() if skeleton is not None for name in skeleton.pinned}))

    def bases(self, count: int) -> list[Proposal]:
        """The matches of the first skeletons."""
        skeletons = map(self._skeleton, range(count))
        return [skeleton.base for skeleton in skeletons if skeleton is not None]

    def draw(self, block: int, numbers: Sequence[int], window: range) -> list[str | None]:
        """Draw the groups of a block; None for groups that have to be walked. See `Plan.block`."""
        name = f"{self.seed}|block {block}"
        rng, separate = Random(name), self.sampler.style is not None
        available = _available(block)
        drawn: list[str | None] = [None] * len(numbers)
        slots = min(SLOTS, max(1, len(numbers) // SLOTS))
        sample: tuple[Skeleton, str] | None = None
        for slot in range(slots):
            own = numbers[slot::slots]
            if separate:
                # Skeletons of a style take long to make: those of which no group is wanted are not made.
                if bisect_left(own, window.start) == bisect_left(own, window.stop):
                    continue
                rng = Random(f"{name}|slot {slot}")
            skeleton = self._skeleton(rng.choice(available))
            if skeleton is None:
                continue
            texts = self._drawn(skeleton, own, rng)
            drawn[slot::slots] = texts
            self.counts[skeleton.assurance.value] += bisect_left(own, window.stop) - bisect_left(own, window.start)
            sample = (skeleton, texts[0]) if slot == block % slots else sample
        if sample is not None:
            self._inspect(*sample)
        return drawn

    def _drawn(self, skeleton: Skeleton, numbers: Sequence[int], rng: Random) -> list[str]:
        lines = texts(skeleton, numbers, rng)
        if skeleton.assurance is Assurance.PROVED:
            return lines
        wrong = [at for at, text in enumerate(lines) if not self._matches(skeleton, text)]
        for _ in range(_REDRAWS):
            if not wrong:
                return lines
            self.counts["redrawn"] += len(wrong)
            again = texts(skeleton, numbers, rng)
            for at in wrong:
                lines[at] = again[at]
            wrong = [at for at in wrong if not self._matches(skeleton, lines[at])]
        for at in wrong:
            lines[at] = text_of(self.sampler.documents(skeleton.base.cells, numbers[at]))
        return lines

    def _inspect(self, skeleton: Skeleton, text: str) -> None:
        """Match one proved group in full, as a check of the proofs."""
        self.counts["sampled"] += 1
        if not self._matches(skeleton, text):
            raise PlanError(f"a document that was proved to match does not: {text}")

    def _matches(self, skeleton: Skeleton, text: str) -> bool:
        group = documents(text)
        accepts = self.sampler.matcher.accepts
        return accepts(group) and (not skeleton.strict or accepts(group, Reading.STRICT))

    def _skeleton(self, number: int) -> Skeleton | None:
        """Returns the skeleton with a number; None if there is none, so that its groups have to be walked."""
        if number in self._skeletons:
            self._skeletons.move_to_end(number)
            return self._skeletons[number]
        proposal = self.given[number] if number < len(self.given) else self._proposed(number)
        try:
            skeleton = None if proposal is None else self._planner.skeleton(proposal, number)
        except Unplannable:
            skeleton = None
        self._skeletons[number] = skeleton
        while len(self._skeletons) > MOST_SKELETONS:
            self._skeletons.popitem(last=False)
        return skeleton

    def _proposed(self, number: int) -> Proposal | None:
        proposal = self.sampler.propose(Random(f"{self.seed}|skeleton {number}"), pinned=True)
        return proposal or (self.sampler.pool[0] if self.sampler.pool else None)


def _available(block: int) -> range:
    """Returns the numbers of the skeletons that a block chooses from: they grow with the block, so that the first groups start early."""
    last = FIRST_SKELETONS + 2 * isqrt(block)
    return range(max(0, last - MOST_SKELETONS), last)
