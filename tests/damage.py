"""What a generated match must not survive: an event taken away, two exchanged, another join key, too much time between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from triggerfish.compiler.ir.program import Program, ShapeKind
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_group import Event, events_of
from triggerfish.compiler.semantics.match_stream import TIMESTAMP, StreamMatcher, join_keys

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged match.

    Attributes:
        kind: ``removed``, ``swapped``, ``key`` or ``late``.
        what: what was done, for a message.
        documents: what is left.
    """

    kind: str
    what: str
    documents: list[Document]


def damages(program: Program, group: Sequence[Document]) -> Iterator[Damage]:
    """Every way to damage a match of a sequence or sample once."""
    events = events_of(program)
    for at in range(len(group)):
        yield Damage("removed", f"without event {at}", [*group[:at], *group[at + 1 :]])
    if program.kind is ShapeKind.SEQUENCE:
        for first, second in combinations(range(len(group)), 2):
            yield Damage("swapped", f"events {first} and {second} exchanged", _swapped(group, first, second))
    for at, event in enumerate(events):
        for key in event.keys if len(events) > 1 else ():
            changed = [*group[:at], _with(group[at], key.field.stored, _other(flatten(group[at]).get(key.field.stored))), *group[at + 1 :]]
            yield Damage("key", f"another {key.field.name} in event {at}", changed)
    if program.maxspan is not None and len(group) > 1:
        late = {**group[-1], TIMESTAMP: group[0][TIMESTAMP] + program.maxspan + 1}
        yield Damage("late", "the last event past maxspan", [*group[:-1], late])


def survives(matcher: StreamMatcher, damage: Damage) -> bool:
    """Whether there still is a match."""
    return bool(matcher.matches(damage.documents))


def interchangeable(program: Program, damage: Damage) -> bool:
    """Whether exchanged events each satisfy the other's step, keys included: then the sequence is one in either order."""
    if damage.kind != "swapped":
        return False
    ordered = sorted(damage.documents, key=lambda document: document[TIMESTAMP])
    return all(_fits(program, event, document) for event, document in zip(events_of(program), ordered, strict=True))


def _fits(program: Program, event: Event, document: Mapping[str, Any]) -> bool:
    alone = Program(ShapeKind.EVENT, (replace(program.steps[event.step], runs=1),), program.text)
    return bool(StreamMatcher(alone).matches([document])) and bool(join_keys(event.keys, flatten(document)))


def _swapped(group: Sequence[Document], first: int, second: int) -> list[Document]:
    documents = [dict(document) for document in group]
    times = documents[first][TIMESTAMP], documents[second][TIMESTAMP]
    documents[second][TIMESTAMP], documents[first][TIMESTAMP] = times
    return documents


def _other(values: list[Any] | None) -> Any:
    """A value of the same type that is not there."""
    match values[0] if values else None:
        case bool() as flag:
            return not flag
        case int() | float() as number:
            return number + 1
        case str() as text if text.count(".") == 3 and text.replace(".", "").isdigit():
            return "203.0.113.77" if text != "203.0.113.77" else "203.0.113.78"
        case str() as text:
            return f"{text}x"
    return "x"


def _with(document: Document, name: str, value: Any) -> Document:
    """A copy of a document with another value in a field."""
    changed = deepcopy(document)
    node: Any = changed
    *path, last = name.split(".")
    for part in path:
        node = node.setdefault(part, {})
    node[last] = value
    return changed
