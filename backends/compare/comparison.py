"""Comparison: what came of comparing what two rules match."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from ...compiler.ir.program import Role
from ...grammar.span import NOWHERE, Span

Document = dict[str, Any]


class Relation(StrEnum):
    """How what a rule matches relates to what another one matches."""

    EQUIVALENT = "equivalent"
    """It matches the same."""
    NARROWER = "narrower"
    """It matches less: all that it matches, the other matches too."""
    WIDER = "wider"
    OVERLAPPING = "overlapping"
    """Each matches something that the other does not, and both match something."""
    DISJOINT = "disjoint"
    """Nothing that one matches is matched by the other."""
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """Whether there are events of a kind."""

    NONE = "none"
    """It is proved that there are none."""
    WITNESS = "witness"
    """There are, and some are given."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Part:
    """Events that one rule matches and the other does not.

    Attributes:
        span: the condition of the other rule that they fail, in the text that its program's spans point into.
        documents: the events, in the order of time, older events and indicators included.
        roles: what each of them is to the rule.
        beside: the nearest events that both rules match; empty if none are known.
        fields: the fields in which the two differ, by the names that documents hold them under.
        what: what they fail beside the conditions on single events, such as ``maxspan``; empty for such a condition.
        excluded: whether the condition is what an exclusion names: the events are those that meet it.
        condition: the text at the span.
        place: the condition's place in the file of its rule; None if it has none.
    """

    span: Span
    documents: tuple[Document, ...]
    roles: tuple[Role, ...] = (Role.EVENT,)
    beside: tuple[Document, ...] = ()
    fields: tuple[str, ...] = ()
    what: str = ""
    excluded: bool = False
    condition: str = ""
    place: Span | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """What one rule matches and the other does not.

    Attributes:
        outcome: whether there is anything.
        parts: what there is, one part for each condition that makes the difference.
        undecided: the conditions of the other rule of which it is not known.
        why: why it is unknown; empty otherwise.
        by_several_values: whether there is nothing if each field holds one value: every part then has a field with several.
    """

    outcome: Outcome
    parts: tuple[Part, ...] = ()
    undecided: tuple[Span, ...] = ()
    why: str = ""
    by_several_values: bool = False


def located(side: Side, text: str, in_file: Callable[[Span], Span | None]) -> Side:
    """A side with the text of its conditions, and their places in a file.

    Args:
        side: the side.
        text: what the spans of its conditions point into.
        in_file: from such a span to that in the file.
    """
    parts = (replace(part, condition=text[part.span.start : part.span.end], place=in_file(part.span)) for part in side.parts)
    return replace(side, parts=tuple(parts))


NOTHING = Side(Outcome.NONE)


def undecided(why: str, *spans: Span) -> Side:
    """A side of which nothing is known."""
    return Side(Outcome.UNKNOWN, undecided=spans or (NOWHERE,), why=why)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two rules match, compared.

    Attributes:
        lost: what only the first matches: what is lost if the second takes its place.
        won: what only the second matches.
        common: whether both match something; asked only where neither rule is known to match all that the other does.
        common_by_single: the same if each field holds one value.
    """

    lost: Side
    won: Side
    common: Outcome
    common_by_single: Outcome = Outcome.UNKNOWN

    @property
    def relation(self) -> Relation:
        """How what the second rule matches relates to what the first one matches."""
        return relation_of(self.lost.outcome, self.won.outcome, self.common)

    @property
    def relation_by_single_values(self) -> Relation:
        """The same if each field holds one value."""
        lost, won = (Outcome.NONE if side.by_several_values else side.outcome for side in (self.lost, self.won))
        return relation_of(lost, won, self.common_by_single)


def relation_of(lost: Outcome, won: Outcome, common: Outcome) -> Relation:
    """The relation that follows from what is lost, what is won, and what stays."""
    match lost, won:
        case Outcome.NONE, Outcome.NONE:
            return Relation.EQUIVALENT
        case Outcome.WITNESS, Outcome.NONE:
            return Relation.NARROWER
        case Outcome.NONE, Outcome.WITNESS:
            return Relation.WIDER
        case Outcome.WITNESS, Outcome.WITNESS:
            return _APART[common]
    return Relation.DISJOINT if common is Outcome.NONE else Relation.UNKNOWN


_APART = {Outcome.WITNESS: Relation.OVERLAPPING, Outcome.NONE: Relation.DISJOINT, Outcome.UNKNOWN: Relation.UNKNOWN}
