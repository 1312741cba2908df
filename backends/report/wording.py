"""Wording that several reports share."""

from __future__ import annotations


def left_out_words(number: int) -> str:
    """How many findings are in the baseline."""
    return f"{counted(number, 'finding')} in the baseline omitted"


def counted(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
