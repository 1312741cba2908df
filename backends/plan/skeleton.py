"""Skeletons: templates of a group of documents, constant text with holes for values and timestamps.

A skeleton comes from one match that a walk found: its fields, and the tests that the walk placed on them. Its documents
differ only in the values of those fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..generate.sampler import Proposal
from ..values.value_sets import ValueSet


class Assurance(StrEnum):
    """How the documents of a skeleton are known to match."""

    PROVED = "proved"
    """Each leaf was decided once, for all values."""
    MATCHED = "matched"
    """The matcher checks every group."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """
    Attributes:
        texts: the constant texts of a group of documents, one more than there are holes.
        holes: the holes between them.
        sets: the value sets of the holes.
        first, step: for each event, its timestamp in the first group of a run and the increment per group, in milliseconds.
        assurance: how the groups are known to match.
        strict: whether the groups match in the strict reading as well.
        pinned: fields that vary only between skeletons, because functions couple them to others.
        base: the match that the skeleton was created from.
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
    """A hole in the text of a group: for the timestamp of an event, or a value of a set."""

    number: int
    time: bool = False
