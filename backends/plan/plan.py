"""The plan of a program: skeletons, made as drawing goes on, and the groups drawn from them.

The groups of a run are numbered. The first ``WALKED`` come from walks, one each, so that a few documents cost no preparation.
Those after them come in blocks of ``BLOCK``: what a block holds depends on the seed, the program and the block's number, so
that a group is the same however many were drawn before it, and blocks can be drawn by different processes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from math import isqrt
from random import Random

import orjson

from ...compiler.matcher import Reading
from ..sampler.drawing import Drawing
from ..sampler.sampler import Group, Proposal, Sampler
from .drawing import documents, texts
from .skeleton import Assurance, Planner, Skeleton, Unplannable

WALKED = 16
BLOCK = 4_096
SLOTS = 16
"""Skeletons that share a block."""
FIRST_SKELETONS = 16
MOST_SKELETONS = 256
"""Skeletons that are kept at a time."""
_REDRAWS = 8
_HANDED = 512


def share(count: int, part: int, parts: int) -> tuple[int, int]:
    """The first and one past the last number of a part of a run of so many groups, cut where blocks begin."""

    def cut(number: int) -> int:
        blocks = -(-count // BLOCK) * number // parts
        return min(count, WALKED + blocks * BLOCK) if number else 0

    return cut(part), count if part == parts - 1 else cut(part + 1)


class PlanError(Exception):
    """A document that does not match was drawn: an error in this program, found by the samples that are matched in full."""


class Plan:
    """Draws the groups of a run.

    Args:
        source: draws one group at a time; only what a plain `Sampler` draws can be planned.
        seed: names the run.

    Attributes:
        counts: how many groups were drawn by assurance: ``walked``, ``proved``, ``matched``; how many were matched in full
            though proved (``sampled``), and how many were drawn again (``redrawn``).
    """

    def __init__(self, source: Drawing, seed: str) -> None:
        self.source = source
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self._skeletons: OrderedDict[int, Skeleton | None] = OrderedDict()
        self._given: tuple[Proposal, ...] = ()

    @cached_property
    def _planner(self) -> Planner | Unplannable:
        # Made when it is first needed: many a rule gets no more than a few documents.
        try:
            return _planner(self.source, self.seed)
        except Unplannable as reason:
            return reason

    @property
    def planned(self) -> bool:
        """Whether groups come from skeletons at all."""
        return isinstance(self._planner, Planner)

    @property
    def refusal(self) -> str | None:
        """Why all groups are walked, or None."""
        return str(self._planner) if isinstance(self._planner, Unplannable) else None

    @property
    def pinned(self) -> tuple[str, ...]:
        """Fields of the skeletons at hand that functions tie to others: they vary from walk to walk only."""
        return tuple(sorted({name for skeleton in self._skeletons.values() if skeleton is not None for name in skeleton.pinned}))

    def texts(self, start: int, stop: int) -> Iterator[list[str | None]]:
        """The groups with the numbers from ``start`` up to ``stop``, in order and in lists of no fixed length.

        Each group is the text of its documents, a line of JSON for each; None where none was found within the limits.
        """
        at = start
        while at < stop:
            if at < WALKED or not self.planned:
                end = min(stop, WALKED if at < WALKED else at + SLOTS)
                yield [self.walked(number) for number in range(at, end)]
                at = end
                continue
            block = (at - WALKED) // BLOCK
            first = WALKED + block * BLOCK
            end = min(stop, first + BLOCK)
            drawn = self.block(block, range(first, first + BLOCK), range(at, end))
            # A block at a time is much to hold twice or thrice over, as text, joined and as bytes.
            for part in range(at, end, _HANDED):
                yield drawn[part - first : min(end, part + _HANDED) - first]
            del drawn
            at = end

    def block(self, block: int, numbers: Sequence[int], wanted: range) -> list[str | None]:
        """Groups of a block.

        Args:
            block: its number.
            numbers: the numbers of the groups in the run, ascending: what each is depends on all of them.
            wanted: those of them that count as drawn.
        """
        planner = self._planner
        if isinstance(planner, Unplannable):
            return [self.walked(number) for number in numbers]
        rng = Random(f"{self.seed}|block {block}")
        available = self._available(block)
        drawn: list[str | None] = [None] * len(numbers)
        slots = min(SLOTS, max(1, len(numbers) // SLOTS))
        sample: tuple[Skeleton, str | None] | None = None
        for slot in range(slots):
            own = numbers[slot::slots]
            number = rng.choice(available)
            skeleton = self._skeleton(planner, number)
            if skeleton is None:
                drawn[slot::slots] = [self.walked(each) for each in own]
            else:
                drawn[slot::slots] = self._drawn(planner, skeleton, own, rng)
                self.counts[skeleton.assurance.value] += bisect_left(own, wanted.stop) - bisect_left(own, wanted.start)
                sample = (skeleton, drawn[slot]) if slot == block % slots else sample
        if sample is not None:
            self._inspect(planner, *sample)
        return drawn

    def _drawn(self, planner: Planner, skeleton: Skeleton, numbers: Sequence[int], rng: Random) -> list[str]:
        found = texts(skeleton, numbers, rng)
        if skeleton.assurance is Assurance.PROVED:
            return found
        wrong = [at for at, text in enumerate(found) if not _matches(planner, skeleton, text)]
        for _ in range(_REDRAWS):
            if not wrong:
                return found
            self.counts["redrawn"] += len(wrong)
            again = texts(skeleton, numbers, rng)
            for at in wrong:
                found[at] = again[at]
            wrong = [at for at in wrong if not _matches(planner, skeleton, found[at])]
        for at in wrong:
            found[at] = _text(planner.sampler.documents(skeleton.base.cells, numbers[at]))
        return found

    def _inspect(self, planner: Planner, skeleton: Skeleton, text: str | None) -> None:
        """Match one group in full that is known to match, as a proof of the proofs."""
        self.counts["sampled"] += 1
        if text is None or not _matches(planner, skeleton, text):
            raise PlanError(f"a document that was proved to match does not: {text}")

    def bases(self, count: int) -> list[Proposal]:
        """The matches that the first skeletons are made of."""
        planner = self._planner
        if isinstance(planner, Unplannable):
            return []
        found = (self._skeleton(planner, number) for number in range(count))
        return [skeleton.base for skeleton in found if skeleton is not None]

    def give(self, bases: Sequence[Proposal]) -> None:
        """Take the first skeletons from these matches instead of walking for them."""
        self._given = tuple(bases)

    def _available(self, block: int) -> range:
        """The numbers of the skeletons that a block chooses from: ever more, so that the first groups need not wait for them."""
        last = FIRST_SKELETONS + 2 * isqrt(block)
        return range(max(0, last - MOST_SKELETONS), last)

    def _skeleton(self, planner: Planner, number: int) -> Skeleton | None:
        """The skeleton of that number; None where there is none, and groups are to be walked."""
        if number in self._skeletons:
            self._skeletons.move_to_end(number)
            return self._skeletons[number]
        proposal = self._given[number] if number < len(self._given) else _walked(planner.sampler, f"{self.seed}|skeleton {number}")
        try:
            made = None if proposal is None else planner.skeleton(proposal, number)
        except Unplannable:
            made = None
        self._skeletons[number] = made
        while len(self._skeletons) > MOST_SKELETONS:
            self._skeletons.popitem(last=False)
        return made

    def walked(self, number: int) -> str | None:
        """The group of that number, as the source draws it."""
        self.counts["walked"] += 1
        group = self.source.draw(Random(f"{self.seed}|{number}"), number)
        return None if group is None else _text(group)


def _walked(sampler: Sampler, seed: str) -> Proposal | None:
    found = sampler.propose(Random(seed), pinned=True)
    return found or (sampler.pool[0] if sampler.pool else None)


def _matches(planner: Planner, skeleton: Skeleton, text: str) -> bool:
    group = documents(text)
    accepts = planner.sampler.judge.accepts
    return accepts(group) and (not skeleton.strict or accepts(group, Reading.STRICT))


def _planner(source: Drawing, seed: str) -> Planner:
    if not isinstance(source, Sampler):
        raise Unplannable("its matches are put together from several searches")
    if source.pool_only:
        raise Unplannable("its documents are the solver's own")
    if source.style is not None:
        raise Unplannable("the realistic style looks at each match as a whole")
    return Planner(source, seed)


def _text(group: Group) -> str:
    return "".join(orjson.dumps(document).decode() + "\n" for document in group)
