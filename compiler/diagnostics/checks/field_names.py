"""The nearest known name of a field or a data set that the schema does not know."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from ...schema.fields import Schema

_ALIKE = 0.75
_LETTERS = 2
"""By how many letters a misspelt part is longer or shorter."""
_SHORTEST = 4
"""Letters that a part of a name has at least, to be taken for a misspelt one."""


def nearest_name(name: str, schema: Schema) -> str | None:
    """A known name that differs in some letters of one of its parts; None if there is none."""
    children = _children(schema.names())
    parts = name.split(".")
    for at, part in enumerate(parts):
        around = ".".join(parts[:at])
        known = children.get(around, ())
        if part in known:
            continue
        if len(part) < _SHORTEST:
            return None
        for close in get_close_matches(part, [each for each in known if abs(len(each) - len(part)) <= _LETTERS], 3, _ALIKE):
            meant = ".".join((*parts[:at], close, *parts[at + 1 :]))
            if schema.lookup(meant) is not None:
                return meant
        return None
    return None


def nearest_dataset(name: str, schema: Schema) -> str | None:
    """A known data set whose name differs in one letter; None if there is none, or if the name is known."""
    return _nearest_dataset(name, schema.datasets)


@lru_cache(maxsize=1000)
def _nearest_dataset(name: str, known: frozenset[str]) -> str | None:
    if name in known:
        return None
    return next((each for each in get_close_matches(name, known, 3, 0.9) if _one_letter_apart(name, each)), None)


def _one_letter_apart(name: str, other: str) -> bool:
    """Whether one letter is added, left out, replaced or exchanged with its neighbour."""
    at = next((at for at, (left, right) in enumerate(zip(name, other, strict=False)) if left != right), min(len(name), len(other)))
    left, right = name[at:], other[at:]
    return left[1:] == right or left == right[1:] or left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])


@lru_cache(maxsize=4)
def _children(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """By the start of a name, the parts that follow it in some name."""
    found: dict[str, dict[str, None]] = {}
    for name in names:
        around = ""
        for part in name.split("."):
            found.setdefault(around, {})[part] = None
            around = f"{around}.{part}" if around else part
    return {around: tuple(parts) for around, parts in found.items()}
