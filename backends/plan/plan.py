"""Plan: draws the groups of documents of a program, from walks first and then from templates.

The groups of a run are numbered. The first ``WALKED`` come from one walk each, so that a few documents need no preparation.
The others come in blocks of ``BLOCK``. The content of a block depends only on the seed, the program and the block's number:
a group does not depend on how many were drawn before it, and different processes can draw blocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from ..generate.document_source import DocumentSource
from ..generate.match_numbers import BLOCK, WALKED, Unplannable
from ..generate.sampler import Proposal, Sampler
from .ndjson import text_of

if TYPE_CHECKING:
    from .blocks import Blocks

_HANDED = 512
_WALKED_AT_ONCE = 16


class Plan:
    """Draws the groups of a run.

    Args:
        source: draws one group at a time; only a `Sampler` can be planned.
        seed: the run's seed.
        given: the matches of the first skeletons, if known.

    Attributes:
        counts: how many groups were drawn by assurance: ``walked``, ``proved``, ``matched``; how many were matched in full
            though proved (``sampled``), and how many were drawn again (``redrawn``).
    """

    def __init__(self, source: DocumentSource, seed: str, given: Sequence[Proposal] = ()) -> None:
        self.source = source
        self.seed = seed
        self.counts: Counter[str] = Counter()
        self._given = tuple(given)

    @cached_property
    def _blocks(self) -> Blocks | Unplannable:
        # Created, and its module imported, on first use: most rules get only a few documents.
        try:
            return _blocks(self.source, self.seed, self.counts, self._given)
        except Unplannable as reason:
            return reason

    @property
    def planned(self) -> bool:
        """Whether groups come from skeletons."""
        return not isinstance(self._blocks, Unplannable)

    @property
    def refusal(self) -> str | None:
        """The reason why all groups are walked, or None."""
        return str(self._blocks) if isinstance(self._blocks, Unplannable) else None

    @property
    def pinned(self) -> tuple[str, ...]:
        """Fields that functions couple to others: they vary only between skeletons."""
        return () if isinstance(self._blocks, Unplannable) else self._blocks.pinned

    def bases(self, count: int) -> list[Proposal]:
        """The matches of the first skeletons."""
        return [] if isinstance(self._blocks, Unplannable) else self._blocks.bases(count)

    def texts(self, start: int, stop: int) -> Iterator[list[str | None]]:
        """Yields the groups with the numbers from ``start`` up to ``stop``, in order, in lists of varying length.

        Each group is the text of its documents, a line of JSON for each; None if none was found within the limits.
        """
        at = start
        while at < stop:
            if at < WALKED or not self.planned:
                end = min(stop, WALKED if at < WALKED else at + _WALKED_AT_ONCE)
                yield [self.walk_group(number) for number in range(at, end)]
                at = end
                continue
            block = (at - WALKED) // BLOCK
            first = WALKED + block * BLOCK
            end = min(stop, first + BLOCK)
            drawn = self.block(block, range(first, first + BLOCK), range(at, end))
            # A whole block at a time would be in memory up to three times: as text, joined, and as bytes.
            for part in range(at, end, _HANDED):
                yield drawn[part - first : min(end, part + _HANDED) - first]
            del drawn
            at = end

    def block(self, block: int, numbers: Sequence[int], window: range) -> list[str | None]:
        """Draw the groups of a block.

        Args:
            block: the block's number.
            numbers: the numbers of its groups in the run, ascending; every group depends on all of them.
            window: the numbers of the groups to return; only these are counted, and walked if necessary.
        """
        blank: list[str | None] = [None] * len(numbers)
        drawn = blank if isinstance(self._blocks, Unplannable) else self._blocks.draw(block, numbers, window)
        if None in drawn:
            drawn = [self.walk_group(at) if text is None and at in window else text for at, text in zip(numbers, drawn, strict=True)]
        return drawn

    def walk_group(self, number: int) -> str | None:
        """Draw the group with a number from the source."""
        self.counts["walked"] += 1
        group = self.source.draw(Random(f"{self.seed}|{number}"), number)
        return None if group is None else text_of(group)


def _blocks(source: DocumentSource, seed: str, counts: Counter[str], given: Sequence[Proposal]) -> Blocks:
    if not isinstance(source, Sampler):
        raise Unplannable("its matches are put together from several searches")
    if source.pool_only:
        raise Unplannable("its documents are the solver's own")
    from .blocks import Blocks

    return Blocks(source, seed, counts, given)
