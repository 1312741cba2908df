"""What the wildcards of names and of values have in common."""

from __future__ import annotations

from collections.abc import Sequence


def in_order(sources: Sequence[str]) -> str:
    """A regular expression for texts that begin and end with the first and the last of some pieces and hold the others in order.

    A piece between two ``*`` is taken where it is first found, once and for all: that decides, and trying other places
    would take time exponential in the number of ``*``.

    Args:
        sources: at least one regular expression for a text of one length, as it stands before, between and after the ``*``.
    """
    first, *between = sources
    if not between:
        return first
    return first + "".join(f"(?>.*?{piece})" for piece in between[:-1] if piece) + ".*" + between[-1]
