"""The numbers of the matches of a rule: which are walked, which come in blocks, how parts share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


WALKED = 16


BLOCK = 4_096


class Unplannable(Exception):
    """Groups that a template cannot give; the message says why."""


def share(count: int, part: int, parts: int) -> tuple[int, int]:
    """The first and one past the last number of a part of a run of so many groups, cut where blocks begin.

    The groups before the first block go with it.
    """

    def cut(number: int) -> int:
        blocks = -(-count // BLOCK) * number // parts
        return min(count, WALKED + blocks * BLOCK) if blocks else 0

    return cut(part), count if part == parts - 1 else cut(part + 1)
