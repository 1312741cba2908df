"""Programs: the steps, keys and pipes of a query, over formulas."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ...grammar.span import Span, span_attribute
from ..schema.fields import FieldSpec
from ..values.origin import Origin, origin_attribute
from ..values.sets import Interval
from .formula import Formula, Term


class ShapeKind(StrEnum):
    """How the steps of a program relate."""

    EVENT = "event"
    SEQUENCE = "sequence"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Key:
    """A join key of one step: a field, and whether it may be missing (``?field``)."""

    field: FieldSpec
    optional: bool = False
    span: Span = span_attribute()
    origin: Origin = origin_attribute()


class Role(StrEnum):
    """What a document is to its rule."""

    EVENT = "event"
    INDICATOR = "indicator"
    """Threat intelligence that an event is compared with; it lives in an index of its own."""
    HISTORY = "history"
    """An older event that makes values known."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a shape: ``runs`` consecutive events that satisfy the formula, or with ``missing``, none in the gap."""

    formula: Formula
    keys: tuple[Key, ...] = ()
    runs: int = 1
    missing: bool = False
    span: Span = span_attribute()
    role: Role = Role.EVENT


@dataclass(frozen=True, slots=True)
class Distinct:
    """A field that has at least so many values among the documents of a match."""

    field: FieldSpec
    least: int
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Gathering:
    """When events that satisfy the one step of a program are a match.

    Attributes:
        least: how many events that agree on the join keys it takes.
        window: in milliseconds; events further apart are not seen by one run of the rule.
        alone: what an event satisfies that is a match on its own where it lacks a join key; None if such events count as agreeing.
    """

    least: int
    window: int
    alone: Formula | None = None


class Kinship(StrEnum):
    """How the process of one event is related to that of another (Endpoint dialect)."""

    DESCENDANT = "descendant"
    CHILD = "child"
    EVENT = "event"
    """The same process."""


@dataclass(frozen=True, slots=True)
class Relation:
    """``child of [query]`` and its like: a condition on what came before an event.

    Attributes:
        kinship: how the event's process is related to that of the other event.
        formula: what the other event satisfies.
        marker: the field that stands for the condition in formulas; no document holds it, and its name has a blank.
    """

    kinship: Kinship
    formula: Formula
    marker: FieldSpec
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Decided:
    """Whether a relation of one event holds.

    Attributes:
        site: the event: the number of its step, then the markers of the relations that lead from there to it.
        marker: the name of the relation's marker.
        truth: whether it holds.
    """

    site: tuple[int | str, ...]
    marker: str
    truth: bool


@dataclass(frozen=True, slots=True)
class Pipe:
    """What is done to the matches of a query, one after another.

    Attributes:
        name: ``head``, ``tail``, or a pipe of the Endpoint dialect: ``count filter sort unique unique_count``.
        limit: how many matches ``head`` and ``tail`` keep.
        values: the terms of the others, each over the event of a match that it names by its number.
        condition: what ``filter`` wants of the first event of a match.
    """

    name: str
    limit: int = 0
    values: tuple[tuple[int, Term], ...] = ()
    condition: Formula | None = None
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Program:
    """A lowered query.

    Attributes:
        kind, steps: its shape.
        text: what all spans point into: the query, and after it whatever else of a rule has conditions.
        maxspan: in milliseconds.
        until, pipes: of an EQL query.
        relations: the conditions on other events that its formulas hold markers of, those inside others first.
        distinct: fields that the events of a match must differ in.
        apart: whether no two matches of a run should agree on all join keys.
        gathered: how many events make a match, for a program whose one step stands for all of them.
        history: for values that must be new: how long before a match, in milliseconds, they must not have been seen.
        decided: relations among alternatives that are to hold, or not to, in the matches to generate; see :func:`ways_of`.
        assumed: places of conditions that the rule does not state: its log source implies them.
    """

    kind: ShapeKind
    steps: tuple[Step, ...]
    text: str
    maxspan: int | None = None
    until: Step | None = None
    pipes: tuple[Pipe, ...] = ()
    relations: tuple[Relation, ...] = ()
    distinct: tuple[Distinct, ...] = ()
    apart: bool = False
    gathered: Gathering | None = None
    history: Interval | None = None
    decided: tuple[Decided, ...] = ()
    assumed: tuple[Span, ...] = ()
