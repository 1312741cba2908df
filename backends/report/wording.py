"""Phrases shared by several reports."""

from __future__ import annotations


def left_out_words(number: int) -> str:
    """Return the note on findings omitted because they are in the baseline."""
    return f"{counted(number, 'finding')} in the baseline omitted"


def cut(text: str, most: int) -> str:
    """Return a text, cut at its end if it is longer than so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def cut_line(text: str, most: int) -> str:
    """Return a text on one line, cut at its end if it is longer than so many characters."""
    return cut(" ".join(text.split()), most)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as "2 rules"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
