"""Source: what collects a kind of event, with the fields and values that belong to its documents."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ..assignment import Assignment, matched_pattern
from ..environment import Environment
from .derived import DERIVED

Row = Mapping[str, Any]
"""Values of several fields that belong together."""


@dataclass(frozen=True, slots=True)
class Record:
    """One event while its fields are chosen."""

    assignment: Assignment
    event: int

    @property
    def environment(self) -> Environment:
        return self.assignment.environment

    @property
    def rng(self) -> Random:
        return self.assignment.rng

    def text(self, name: str) -> str:
        """The first value of a field if it is a text, or nothing."""
        return self.assignment.text(self.event, name)

    def value(self, name: str) -> Any | None:
        """The first value of a field, or None."""
        return self.assignment.value(self.event, name)

    def asked(self, name: str) -> bool:
        """Whether the rule constrains the values of a field."""
        return self.assignment.asked(self.event, name)

    def has(self, name: str) -> bool:
        """Whether the document has a value of a field."""
        return self.value(name) is not None

    def derived(self, what: str) -> str:
        """An identifier that follows from the environment: a key of `DERIVED`."""
        return DERIVED[what](self.environment)

    def options(self, name: str, fresh: Iterable[str] = (), words: Sequence[str] = ()) -> list[str]:
        """Values that a text field may have: those of these that the rule allows, then its patterns filled with words.

        Args:
            name: the field.
            fresh: values to choose from where the rule leaves the choice open.
            words: what may stand for the wildcards of a pattern.
        """
        cell = self.assignment.cell(self.event, name)
        if cell is None or not cell.slots:
            return list(fresh)
        pattern = matched_pattern(cell.slots[0])
        filled = []
        if pattern is not None and pattern.literal is None:
            filled = ["".join(token if isinstance(token, str) else word for token in pattern.tokens) for word in words]
        listed = self.assignment.options(self.event, name, [*fresh, *filled])
        return [value for value in dict.fromkeys(listed) if self.assignment.fits(self.event, name, value)]

    def digits(self, count: int) -> str:
        """A random number of so many digits."""
        return str(self.rng.randrange(10 ** (count - 1), 10**count))


Make = Callable[[Record], Iterable[Any]]
"""The values that a field may have, best first; nothing where it should not be there."""

Rows = Callable[[Record], Iterable[Row]]
"""The kinds of events that an event may be, best first."""


@dataclass(frozen=True, slots=True)
class Source:
    """What collects a kind of event.

    Attributes:
        dataset: ``event.dataset`` and ``data_stream.dataset``; empty for what writes to no data stream.
        agent: ``agent.type``; empty for events that no agent on a host collects.
        service: the key of the environment's service; empty for events of a machine.
        systems: the values of ``host.os.type`` that it runs on.
        categories: the values of ``event.category`` of its events; empty for any.
        marks: prefixes of the fields that only it and its like have.
        beats: names of other indices that hold its events.
        module: ``event.module``; by default the dataset up to the first dot.
        rows: the kinds of events, the most usual first: values that belong together.
        fields: the other fields, in the order in which they are chosen, so that one may follow from those before it.
        lacks: prefixes of fields that its documents do not get.
        channel: ``winlog.channel`` of its events.
        kind: the type of its data stream.
        streams: whether its documents are in a data stream, and not in an index of Beats.
    """

    dataset: str
    agent: str = ""
    service: str = ""
    systems: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    beats: tuple[str, ...] = ()
    module: str = ""
    rows: Rows = lambda record: ()
    fields: Mapping[str, Make] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    channel: str = ""
    kind: str = "logs"
    streams: bool = True

    def __hash__(self) -> int:
        return hash((self.dataset, self.categories))

    @property
    def stream(self) -> str:
        """The data stream of its documents."""
        return f"{self.kind}-{self.dataset}-default" if self.dataset else ""

    @property
    def indices(self) -> tuple[str, ...]:
        """The names of indices that may hold its documents, the usual one first."""
        return tuple(name for name in (self.stream, *self.beats) if name)


def always(*values: Any) -> Make:
    """These values, the first if it may be."""
    return lambda record: values


def one_of(*values: Any) -> Make:
    """These values in random order."""
    return lambda record: record.rng.sample(values, len(values))


def rows_of(*rows: Row) -> Rows:
    """These kinds of events: the first half of the time the first of them, otherwise in random order."""

    def make(record: Record) -> Sequence[Row]:
        rest = record.rng.sample(rows[1:], len(rows) - 1)
        return [rows[0], *rest] if record.rng.random() < 0.5 else [*rest, rows[0]]

    return make


def new_uuid(record: Record) -> Iterable[str]:
    return (str(uuid.UUID(int=record.rng.getrandbits(128), version=4)),)


def number(low: int, high: int) -> Make:
    return lambda record: (record.rng.randint(low, high),)


def copy_of(*names: str) -> Make:
    """The value of the first of these fields that has one."""
    return lambda record: [value for name in names if (value := record.value(name)) is not None][:1]


COMMON: Mapping[str, Make] = {
    "data_stream.type": always("logs"),
    "data_stream.namespace": always("default", "production"),
    "ecs.version": always("8.11.0"),
    "event.kind": always("event", "alert", "signal"),
    "event.id": new_uuid,
}
"""Fields that documents of all sources have."""

_MEMBERS = ("user.name", "user.target.name", "user.effective.name")


def related_users(record: Record) -> Iterable[Any]:
    return [tuple(dict.fromkeys(name for member in _MEMBERS if (name := record.text(member))))] if record.text("user.name") else ()


def related_addresses(record: Record) -> Iterable[Any]:
    found = [str(value) for name in ("source.ip", "destination.ip") if (value := record.value(name)) is not None]
    return [tuple(dict.fromkeys(found))] if found else ()


RELATED: Mapping[str, Make] = {"related.user": related_users, "related.ip": related_addresses}
"""Fields that gather what an event refers to."""
