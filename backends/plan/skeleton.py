"""One way to match a program, prepared for drawing: the documents' constant text, and what goes between.

A skeleton is made of one match that a walk found: its fields, and the tests that the walk placed on them. Its documents differ
in the values of those fields alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..generate.sampler import Proposal
from ..values.value_sets import ValueSet


class Assurance(StrEnum):
    """How it is known that all documents of a skeleton match."""

    PROVED = "proved"
    """Each leaf was decided once for all values."""
    MATCHED = "matched"
    """The matcher judges every group."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """
    Attributes:
        texts: the constant text of a group of documents, one more than there are holes.
        holes: what goes between: the numbers of parts, or of events for their times.
        sets: what varies.
        first, step: for each event its time in the first group of a run, and how much later it is in the next, in milliseconds.
        assurance: how it is known that all groups match.
        strict: whether the groups match in the strict reading as well.
        pinned: fields that vary only from skeleton to skeleton, because functions tie them to others.
        base: the match that the skeleton was made of.
    """

    texts: tuple[str, ...]
    holes: tuple[Hole, ...]
    sets: tuple[ValueSet, ...]
    first: tuple[int, ...]
    step: int
    assurance: Assurance
    strict: bool
    pinned: tuple[str, ...]
    base: Proposal


@dataclass(frozen=True, slots=True)
class Hole:
    """A place in the text of a group: for the time of an event, or a value of a part."""

    number: int
    time: bool = False
