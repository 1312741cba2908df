"""Skeletons: templates of a group of documents, constant text with holes for values and timestamps.

A skeleton comes from one match that a walk found: its fields, and the tests that the walk placed on them. Its documents
differ only in the values of those fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..generate.sampler import Proposal
from ..values.value_sets import Joint, ValueSet


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


Template = tuple[tuple[str, ...], tuple[Hole, ...], tuple[ValueSet, ...]]
"""The texts, holes and value sets of a skeleton."""


def joined(texts: Sequence[str], holes: Sequence[Hole], sets: Sequence[ValueSet]) -> Template:
    """Returns a template in which consecutive holes for values that are drawn together, and the text between them, are one hole."""
    made: list[ValueSet] = list(sets)
    between, kept = [texts[0]], list[Hole]()
    for hole, after in zip(holes, texts[1:], strict=True):
        part, last = _joint(hole, made), _joint(kept[-1], made) if kept else None
        if part is not None and last is not None and part.group == last.group:
            both = tuple([f"{first}{between[-1]}{second}" for first, second in zip(last.texts, part.texts, strict=True)])
            made.append(Joint(part.group, (), both))
            kept[-1] = Hole(len(made) - 1)
            between[-1] = after
        else:
            kept.append(hole)
            between.append(after)
    used = sorted({hole.number for hole in kept if not hole.time})
    places = {number: place for place, number in enumerate(used)}
    renumbered = tuple(hole if hole.time else Hole(places[hole.number]) for hole in kept)
    return tuple(between), renumbered, tuple(made[number] for number in used)


def _joint(hole: Hole, sets: Sequence[ValueSet]) -> Joint | None:
    part = None if hole.time else sets[hole.number]
    return part if isinstance(part, Joint) else None
