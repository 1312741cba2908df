"""What is known about fields: their types, how many values they hold, and which values are usual.

A schema is a stack of layers, and the first to know a name wins. The built-in one has the Elastic Common Schema on top
of the fields that Beats, Elastic Endpoint and integrations add to it; it lives in ``ecs_table.json``, which
``generate_schema`` writes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from ..wildcard_regex import in_order
from .field_types import FIELD_TYPES, KEYWORD, MATCH_ONLY_TEXT, FieldType, Kind


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field, as a schema describes it.

    Attributes:
        name: its dotted name.
        type: the type of its values; for an alias, of the field that it stands for.
        array: it may hold several values: the schema says so of it or of an object around it, or cannot say. Inside a
            nested field, that is for each of its objects.
        known: a schema defines it.
        allowed: the values a closed vocabulary allows (ECS ``allowed_values``).
        expected: the values that are usual (ECS ``expected_values``).
        multi_field_of: the field whose values this one indexes in another way: documents hold that one.
        nested_path: the closest nested field around it.
        flattened_root: for a key below a flattened field, that field.
        alias_of: the field that it stands for: documents hold that one.
        constant: the one value of a constant_keyword, where the schema names it.
        null_value: what Elasticsearch indexes for an explicit null.
        caseless: values are lower-cased on both sides of a comparison (a ``lowercase`` normalizer).
        scaling_factor: of a scaled_float.
        made_for: the wildcard name in a query that matches no known field, and for which this one was made up.
        analyzer: of a text field: what takes its values apart into words, a name in ``text_analysis.ANALYZERS``.
        step: for a field of another event of the match (``event0.process.name``), the number of that event's step.
        array_stated: whether ``array`` is the schema's own word; if not, that of a schema below it in a stack counts.
    """

    name: str
    type: FieldType
    array: bool = False
    known: bool = True
    allowed: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    multi_field_of: str | None = None
    nested_path: str | None = None
    flattened_root: str | None = None
    alias_of: str | None = None
    constant: str | None = None
    null_value: str | int | float | bool | None = None
    caseless: bool = False
    scaling_factor: float | None = None
    array_stated: bool = True
    made_for: str | None = None
    step: int | None = None
    analyzer: str = "standard"

    def __hash__(self) -> int:
        # Formulas hash their fields often, and names hardly ever collide.
        return hash(self.name)

    @property
    def kind(self) -> Kind:
        return self.type.kind

    @property
    def stored(self) -> str:
        """The name under which documents hold its values: multi-fields and aliases have none of their own.

        That of a field of another event has blanks, so that no document has a field of that name.
        """
        name = self.alias_of or self.multi_field_of or self.name
        return name if self.step is None else f"{name} of step {self.step}"

    @property
    def held(self) -> FieldSpec:
        """The field as the document that has its values holds it: not a multi-field, an alias or a field of another event."""
        name = self.alias_of or self.multi_field_of or self.name
        if name == self.name and self.step is None:
            return self
        return replace(self, name=name, multi_field_of=None, alias_of=None, step=None)

    @property
    def several(self) -> bool:
        """Whether a document may hold several values of it; a flattened field has those of all its keys."""
        return self.array or self.type.name == "flattened" or not (self.known or self.multi_field_of)


def of_step(spec: FieldSpec, step: int) -> FieldSpec:
    """The field of the event of another step."""
    return replace(spec, alias_of=spec.stored, multi_field_of=None, step=step)


@dataclass(frozen=True, slots=True)
class UsualMultiField:
    """A multi-field that goes by the same name in most mappings.

    Attributes:
        parent: the kind of field it belongs to.
        type: its own type.
        caseless: whether it is lower-cased.
    """

    parent: Kind
    type: FieldType
    caseless: bool = False


USUAL_MULTI_FIELDS = {
    "text": UsualMultiField(Kind.STRING, MATCH_ONLY_TEXT),
    "caseless": UsualMultiField(Kind.STRING, KEYWORD, caseless=True),
    "keyword": UsualMultiField(Kind.TEXT, KEYWORD),
}
"""By the last part of their name."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields that are known; immutable.

    Attributes:
        layers: fields by name, the layer that wins first. A name that ends in ``.*`` stands for every key below it.
        event_types: the values of ``event.type`` expected with a value of ``event.category``.
        lower_case: the fields whose values are in lower case.
        datasets: names of data sets.
    """

    layers: tuple[Mapping[str, FieldSpec], ...]
    event_types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lower_case: frozenset[str] = frozenset()
    datasets: frozenset[str] = frozenset()
    _found: dict[str, FieldSpec | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    _sorted: list[tuple[str, ...]] = field(default_factory=list, init=False, repr=False, compare=False)
    _nulls: list[bool] = field(default_factory=list, init=False, repr=False, compare=False)

    def lookup(self, name: str) -> FieldSpec | None:
        """The field of this name, or None if the schema knows nothing of it.

        It is defined as such, or lies below a flattened field or an object whose keys are open, or is called like a
        usual multi-field of a known field.
        """
        try:
            return self._found[name]
        except KeyError:
            found = self._found[name] = self._locate(name)
            return found

    def matching(self, pieces: tuple[str, ...]) -> tuple[FieldSpec, ...]:
        """The fields that a wildcard field name stands for, sorted by name.

        Objects and nested fields, which hold no value themselves, are left out.

        Args:
            pieces: the parts of the name between its wildcards, case-sensitive: ``("process.", ".name")`` for
                ``process.*.name``.
        """
        found = map(self.lookup, self.names_like(pieces))
        return tuple(spec for spec in found if spec is not None and spec.type.name not in ("object", "passthrough", "nested"))

    def names_like(self, pieces: tuple[str, ...]) -> Iterator[str]:
        """Of `names`, those that hold the pieces in order, at either end the first and the last of them."""
        fits = re.compile(in_order([re.escape(piece) for piece in pieces]), re.DOTALL).fullmatch
        return (name for name in self.names() if fits(name))

    def names(self) -> tuple[str, ...]:
        """Every name that the schema defines, objects included, sorted."""
        if not self._sorted:
            known = set().union(*self.layers)
            self._sorted.append(tuple(sorted(name for name in known if not name.endswith(".*"))))
        return self._sorted[0]

    def replaces_nulls(self) -> bool:
        """Whether a field has a value that stands for null."""
        if not self._nulls:
            self._nulls.append(any(spec.null_value is not None for layer in self.layers for spec in layer.values()))
        return self._nulls[0]

    def first_below(self, name: str) -> str | None:
        """The first of `names` below a dotted name; None if nothing is."""
        names = self.names()
        place = bisect_left(names, f"{name}.")
        return names[place] if place < len(names) and names[place].startswith(f"{name}.") else None

    def with_fields(self, fields: Mapping[str, FieldSpec] | Schema) -> Schema:
        """This schema with others on top; the others win.

        Where they do not state how many values a field holds (an Elasticsearch mapping cannot), what this schema says
        of it stands, and so do its vocabularies.
        """
        above = fields.layers if isinstance(fields, Schema) else (fields,)
        event_types = {**self.event_types, **fields.event_types} if isinstance(fields, Schema) else self.event_types
        merged = tuple({name: self._completed(spec) for name, spec in layer.items()} for layer in above)
        return Schema(merged + self.layers, event_types, self.lower_case, self.datasets)

    def expected_event_types(self, category: str) -> tuple[str, ...]:
        """The values of ``event.type`` that ECS expects beside this ``event.category``; empty if it says nothing."""
        return self.event_types.get(category, ())

    def _completed(self, spec: FieldSpec) -> FieldSpec:
        below = None if spec.array_stated else self.lookup(spec.name)
        if below is None:
            return spec
        return replace(
            spec,
            array=below.array if below.array_stated else spec.array,
            array_stated=below.array_stated,
            allowed=spec.allowed or below.allowed,
            expected=spec.expected or below.expected,
        )

    def _locate(self, name: str) -> FieldSpec | None:
        for layer in self.layers:
            if name in layer and not name.endswith(".*"):
                return self._in_place(layer[name])
            for prefix in prefixes(name):
                if (around := layer.get(prefix)) is not None and around.type.name == "flattened":
                    below = FieldSpec(name, KEYWORD, array=True, flattened_root=prefix, array_stated=False)
                    return self._in_place(below)
                if (each := layer.get(f"{prefix}.*")) is not None:
                    return self._in_place(replace(each, name=name))
        return self._usual_multi_field(name)

    def _in_place(self, spec: FieldSpec) -> FieldSpec:
        """The field with what its surroundings add: the nested field or list of objects around it, an alias's target."""
        if spec.alias_of is not None:
            # An alias of an alias, which Elasticsearch refuses, could go round in circles.
            defined = self._defined(spec.alias_of)
            target = None if defined is not None and defined.alias_of else self.lookup(spec.alias_of)
            return spec if target is None else replace(target, name=spec.name, alias_of=spec.alias_of)
        for prefix in prefixes(spec.name):
            around = self._defined(prefix)
            if around is not None and around.kind.traits.nested:
                return replace(spec, nested_path=prefix)
            if around is not None and around.kind.traits.container and around.array and around.array_stated:
                # Elasticsearch sees a list of objects as lists of their fields' values.
                spec = replace(spec, array=True)
        return spec

    def _defined(self, name: str) -> FieldSpec | None:
        return next((layer[name] for layer in self.layers if name in layer), None)

    def _usual_multi_field(self, name: str) -> FieldSpec | None:
        parent_name, _, suffix = name.rpartition(".")
        usual = USUAL_MULTI_FIELDS.get(suffix)
        parent = self.lookup(parent_name) if usual and parent_name else None
        if usual is None or parent is None or parent.kind is not usual.parent or parent.multi_field_of or parent.flattened_root:
            return None
        return FieldSpec(
            name,
            usual.type,
            array=parent.several,
            known=False,
            multi_field_of=parent_name,
            nested_path=parent.nested_path,
            caseless=usual.caseless,
            array_stated=parent.array_stated,
        )


def unknown_field(name: str, type_name: str = "keyword") -> FieldSpec:
    """A field that no schema knows, of the type that was inferred for it. KeyError if there is no such type."""
    return FieldSpec(name, FIELD_TYPES[type_name], array=True, known=False, array_stated=False)


def prefixes(name: str) -> Iterator[str]:
    """The dotted names around this one, closest first."""
    end = name.rfind(".")
    while end > 0:
        yield name[:end]
        end = name.rfind(".", 0, end)


@dataclass(frozen=True, slots=True)
class _TableLayer(Mapping[str, FieldSpec]):
    """One section of the table: its fields come into being when they are looked up, since most never are."""

    types: dict[str, str]
    multi_fields: dict[str, str]
    arrays: frozenset[str] | None
    allowed: dict[str, tuple[str, ...]]
    expected: dict[str, tuple[str, ...]]
    scaling_factors: dict[str, float]
    aliases: dict[str, str]

    def __getitem__(self, name: str) -> FieldSpec:
        return self._spec(name, self.types.get(name) or self.multi_fields[name])

    def __iter__(self) -> Iterator[str]:
        yield from self.types
        yield from self.multi_fields

    def __len__(self) -> int:
        return len(self.types) + len(self.multi_fields)

    def __contains__(self, name: object) -> bool:
        return name in self.types or name in self.multi_fields

    def _spec(self, name: str, type_name: str) -> FieldSpec:
        parent = name.rpartition(".")[0] if name in self.multi_fields else None
        return FieldSpec(
            name,
            FIELD_TYPES[type_name],
            array=self.arrays is None or (parent or name) in self.arrays,
            allowed=self.allowed.get(name, ()),
            expected=self.expected.get(name, ()),
            multi_field_of=parent,
            caseless=parent is not None and name.endswith(".caseless"),
            alias_of=self.aliases.get(name),
            scaling_factor=self.scaling_factors.get(name),
            array_stated=self.arrays is not None,
        )


def _by_name(groups: Mapping[str, str]) -> dict[str, str]:
    """``{value: "name name ..."}`` turned round."""
    by_name: dict[str, str] = {}
    for value, names in groups.items():
        by_name.update(dict.fromkeys(names.split(" "), value))
    return by_name


def _vocabularies(groups: list[tuple[list[str], str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for values, names in groups for name in names.split(" ")}


def _table_layer(section: dict[str, Any]) -> _TableLayer:
    arrays = section.get("arrays")
    return _TableLayer(
        types=_by_name(section["types"]),
        multi_fields=_by_name(section.get("multi_fields", {})),
        arrays=None if arrays is None else frozenset(arrays.split(" ")),
        allowed=_vocabularies(section.get("allowed", [])),
        expected=_vocabularies(section.get("expected", [])),
        scaling_factors={name: float(factor) for name, factor in _by_name(section.get("scaling_factors", {})).items()},
        aliases=_by_name(section.get("aliases", {})),
    )


TABLE_PATH = Path(__file__).with_name("ecs_table.json")


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = orjson.loads(TABLE_PATH.read_bytes())
    return table


@cache
def ecs_schema() -> Schema:
    """The Elastic Common Schema, stacked on what Beats, Elastic Endpoint, Endgame and integrations define beside it."""
    table = _table()
    event_types = {category: tuple(types) for category, types in table["event_types"].items()}
    lower_case, datasets = (frozenset(table[name].split(" ")) for name in ("lower_case", "datasets"))
    return Schema((_table_layer(table["ecs"]), _table_layer(table["beside"])), event_types, lower_case, datasets)


ECS_VERSION: str = _table()["ecs_version"]
"""The version of the Elastic Common Schema that the table was made from."""
