"""Numbering of the matches of a run: which are walked, which are drawn in blocks, and how parallel parts share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


WALKED = 16


BLOCK = 4_096


class Unplannable(Exception):
    """The program's groups cannot be drawn from a template; the message says why."""


def share(count: int, part: int, parts: int) -> tuple[int, int]:
    """Returns the first number of one of the parts of a run, and one past its last; parts are cut at block boundaries.

    The groups before the first block belong to the same part as it.
    """

    def cut(number: int) -> int:
        blocks = -(-count // BLOCK) * number // parts
        return min(count, WALKED + blocks * BLOCK) if blocks else 0

    return cut(part), count if part == parts - 1 else cut(part + 1)
