"""Documents changed in one place, and the conditions of the rule that each was generated for: engine and matcher must agree."""

from __future__ import annotations

import copy
import ipaddress
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from common_index import Comparison, Gathered, mappings_of
from engine import Engine
from triggerfish.api.source_events import SourceEvents
from triggerfish.backends.limits import Limits
from triggerfish.backends.match.near_misses import near_misses_of_event
from triggerfish.compiler.schema.field_types import Kind
from triggerfish.compiler.schema.fields import FieldSpec
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, compile_formula
from triggerfish.compiler.semantics.match_group import fields_of_program

INDEX = "near"
GENERATED = "generated-near"
_GROUP = "near_misses_of"
"""The field that says which rule's documents one is changed from."""

Path = tuple[str | int, ...]


def _other_date(value: Any, milliseconds: int) -> str:
    """A date in ISO format, moved."""
    moved = datetime.fromisoformat(str(value).replace("Z", "+00:00")) + timedelta(milliseconds=milliseconds)
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _other_case(text: str) -> str:
    return text.swapcase() if text.isascii() else text


def _changes_of_text(value: Any, rng: Random) -> Iterator[Any]:
    text = str(value)
    at = rng.randrange(len(text) + 1)
    yield from (
        _other_case(text),
        text.upper(),
        text + "x",
        "x" + text,
        text[:-1],
        text[1:],
        text[:at] + rng.choice("x.-\\* é") + text[at:],
    )


def _changes_of_number(value: Any, rng: Random) -> Iterator[Any]:
    yield from (value + 1, value - 1, -value, rng.randint(0, 100))


def _changes_of_fraction(value: Any, rng: Random) -> Iterator[Any]:
    yield from (value + 1, value - 1, value + 0.5, -value)


def _changes_of_address(value: Any, rng: Random) -> Iterator[Any]:
    number, kind = int(ipaddress.ip_address(value)), type(ipaddress.ip_address(value))
    for other in (number + 1, number - 1, number ^ 1 << rng.randrange(32)):
        if 0 <= other < 1 << kind(0).max_prefixlen:
            yield str(kind(other))


def _changes_of_version(value: Any, rng: Random) -> Iterator[Any]:
    yield from (f"{value}.1", f"{value}-rc.1", f"0{value}", f"{value}+b")


_CHANGES: Mapping[Kind, Callable[[Any, Random], Iterator[Any]]] = {
    Kind.STRING: _changes_of_text,
    Kind.TEXT: _changes_of_text,
    Kind.INTEGER: _changes_of_number,
    Kind.FLOAT: _changes_of_fraction,
    Kind.BOOLEAN: lambda value, rng: iter((not value,)),
    Kind.IP: _changes_of_address,
    Kind.DATE: lambda value, rng: iter((_other_date(value, 1), _other_date(value, -1), _other_date(value, 86_400_000))),
    Kind.VERSION: _changes_of_version,
}
"""By kind of field, values close to one that it holds."""


def _places(node: Any, name: str = "", path: Path = ()) -> Iterator[tuple[str, Path, Any]]:
    """The name, the place and the value of each field of a document; of a list of values, the list."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _places(value, f"{name}.{key}" if name else key, (*path, key))
    elif isinstance(node, list) and any(isinstance(item, dict) for item in node):
        for number, item in enumerate(node):
            yield from _places(item, name, (*path, number))
    else:
        yield name, path, node


def _with(document: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The document with another value at a place; without any if it is None."""
    changed: Any = copy.deepcopy(document)
    node = changed
    for key in path[:-1]:
        node = node[key]
    if value is None:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return dict(changed)


def changed(document: Mapping[str, Any], fields: Mapping[str, FieldSpec], rng: Random, others: Mapping[str, list[Any]]) -> Iterator[Any]:
    """The documents that differ from one in one place.

    Args:
        document: nested JSON.
        fields: those that are changed, by the names under which documents hold their values.
        rng: decides where a character is put in, and which value of another document replaces one.
        others: values that other documents hold, by field.
    """
    for name, path, value in _places(document):
        spec = fields.get(name)
        if spec is None or spec.kind not in _CHANGES or spec.constant is not None:
            continue
        held = value if isinstance(value, list) else [value]
        if not held or any(item is None for item in held):
            continue
        near = [*_CHANGES[spec.kind](held[0], rng), rng.choice(others[name])]
        lowest, highest = spec.type.lowest, spec.type.highest
        if spec.kind in (Kind.INTEGER, Kind.FLOAT):
            near = [item for item in near if (lowest is None or item >= lowest) and (highest is None or item <= highest)]
        yield _with(document, path, None)
        for item in near:
            yield _with(document, path, [item, *held[1:]] if isinstance(value, list) else item)
        yield _with(document, path, [*held, near[-1]])
        yield _with(document, path, [near[0], *held])


def compare(engine: Engine, gathered: Gathered, seed: int) -> Comparison:
    """Put every condition to the engine and to the matcher over the changed documents of its rule."""
    rng, others = Random(seed), dict[str, list[Any]]()
    for document in gathered.documents:
        for name, values in flatten(document).items():
            others.setdefault(name, []).extend(values)
    ranges: dict[range, dict[str, FieldSpec]] = {}
    for query in gathered.queries:
        ranges.setdefault(query.rule, {}).update({spec.stored: spec for spec in fields_of_program(query.program).values()})
    near, rows = list[dict[str, Any]](), dict[range, range]()
    for numbers, fields in ranges.items():
        first = len(near)
        for number in numbers:
            near += [{**document, _GROUP: numbers.start} for document in changed(gathered.documents[number], fields, rng, others)]
        rows[numbers] = range(first, len(near))
    mappings = mappings_of(gathered.fields.values(), SourceEvents().schema)
    mappings["properties"][_GROUP] = {"type": "long"}
    refused = engine.index(INDEX, mappings, near)
    flat = [flatten(document) for document in near]
    comparison = Comparison(documents=len(near) - len(refused))
    for query in gathered.queries:
        hits = engine.hits(INDEX, {"bool": {"filter": [query.dsl, {"term": {_GROUP: query.rule.start}}]}})
        if isinstance(hits, str):
            comparison.refused[query.name] = hits
            continue
        matches = compile_formula(query.program.steps[0].formula, Reading.ELASTICSEARCH)
        numbers = [number for number in rows[query.rule] if number not in refused]
        comparison.add(query.name, hits, {number for number in numbers if matches(flat[number]) is True}, near, len(numbers))
    return comparison


def compare_generated(engine: Engine, gathered: Gathered, seed: int) -> Comparison:
    """Put every condition to the engine over the near misses that are generated for it: none of them may be a hit."""
    near, rows = list[dict[str, Any]](), dict[int, range]()
    for number, query in enumerate(gathered.queries):
        first = len(near)
        for at in query.own[:1]:
            formula, match = query.program.steps[0].formula, gathered.documents[at]
            for examined in near_misses_of_event(formula, match, f"{seed}|{query.name}", Limits(2.0)):
                near += [{**document, _GROUP: number} for miss in examined.misses for document in miss.documents]
        rows[number] = range(first, len(near))
    mappings = mappings_of(gathered.fields.values(), SourceEvents().schema)
    mappings["properties"][_GROUP] = {"type": "long"}
    refused = engine.index(GENERATED, mappings, near)
    comparison = Comparison(documents=len(near) - len(refused))
    for number, query in enumerate(gathered.queries):
        hits = engine.hits(GENERATED, {"bool": {"filter": [query.dsl, {"term": {_GROUP: number}}]}})
        if isinstance(hits, str):
            comparison.refused[query.name] = hits
        else:
            comparison.add(query.name, hits, set(), near, len([place for place in rows[number] if place not in refused]))
    return comparison
