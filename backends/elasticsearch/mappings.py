"""Index mappings for generated documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...compiler.schema.field_types import ALIAS, FLATTENED, KEYWORD, TEXT, FieldType
from ...compiler.schema.fields import USUAL_MULTI_FIELDS, FieldSpec, Schema, prefixes
from ...grammar.errors import TriggerfishError

_BUILT_IN_ANALYZERS = ("simple", "whitespace")
"""Analysers that every index has; others need the settings of the index, which define them."""
# What ECS and Beats use.
_SCALING_FACTOR = 1000


class MappingError(TriggerfishError, ValueError):
    """The fields cannot be mapped in one index.

    Attributes:
        message: what clashes, field names in backticks.
        fields: the names of the fields that clash.
    """

    def __init__(self, message: str, fields: tuple[str, ...]) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields


def index_mappings(specs: Iterable[FieldSpec], schema: Schema | None = None) -> dict[str, Any]:
    """Return the mapping of an index with these fields: ``{"properties": ...}``, sorted by name.

    It includes the fields that they depend on: the target of an alias, the parent of a multi-field, the enclosing flattened
    or nested field. Wildcard names in queries that match no known field become ``dynamic_templates``.

    Args:
        specs: the fields, in any order; the same one may come several times.
        schema: defines those other fields; without it they get their most likely type.

    Raises:
        MappingError: a name is both a field and an object, or has two types.
    """
    fields: dict[str, FieldSpec] = {}
    for spec in specs:
        for field in (spec, *_foundations(spec, schema)):
            _note(fields, field)
    for spec in list(fields.values()):
        if (parent := spec.multi_field_of) and parent not in fields:
            fields[parent] = _known(schema, parent) or FieldSpec(parent, _usual_parent(spec))
    _forbid_fields_inside_fields(fields)
    properties = {"properties": _properties(fields, "", [name for name, spec in fields.items() if not spec.multi_field_of])}
    original = {spec.made_for: spec for _, spec in sorted(fields.items()) if spec.made_for}
    templates = [{pattern: {"path_match": pattern, "mapping": _attributes(spec)}} for pattern, spec in sorted(original.items())]
    return {"dynamic_templates": templates, **properties} if templates else properties


def _foundations(spec: FieldSpec, schema: Schema | None) -> list[FieldSpec]:
    """Returns the fields that this one depends on, except the parent of a multi-field, which may be listed later."""
    specs = []
    if spec.alias_of and spec.type is not ALIAS:
        specs.append(_known(schema, spec.alias_of) or FieldSpec(spec.alias_of, spec.type, multi_field_of=spec.multi_field_of))
    if spec.flattened_root:
        specs.append(_known(schema, spec.flattened_root) or FieldSpec(spec.flattened_root, FLATTENED))
    if spec.nested_path:
        around = (spec.nested_path, *prefixes(spec.nested_path))
        specs += [parent for name in around if (parent := _known(schema, name)) and parent.kind.traits.nested]
    return specs


def _known(schema: Schema | None, name: str) -> FieldSpec | None:
    return None if schema is None else schema.lookup(name)


def _usual_parent(spec: FieldSpec) -> FieldType:
    usual = USUAL_MULTI_FIELDS.get(spec.name.rpartition(".")[2])
    return TEXT if usual and usual.parent.traits.analysed else KEYWORD


def _note(fields: dict[str, FieldSpec], spec: FieldSpec) -> None:
    before = fields.setdefault(spec.name, spec)
    if before.type is not spec.type:
        raise MappingError(f"`{spec.name}` is used both as {before.type} and as {spec.type}", (spec.name,))


def _forbid_fields_inside_fields(fields: Mapping[str, FieldSpec]) -> None:
    for name, spec in sorted(fields.items()):
        for around in prefixes(name):
            outer = fields.get(around)
            if outer is None or around in (spec.multi_field_of, spec.flattened_root):
                continue
            if outer.alias_of or outer.type is FLATTENED or not outer.kind.traits.container:
                message = f"`{around}` is used both as a field of type {outer.type} and as the object that holds `{name}`"
                raise MappingError(message, (around, name))


def _properties(fields: Mapping[str, FieldSpec], prefix: str, names: Iterable[str]) -> dict[str, Any]:
    """Returns the mapping of the fields below ``prefix``; ``names`` are their names."""
    below: dict[str, list[str]] = {}
    for name in names:
        below.setdefault(name[len(prefix) :].partition(".")[0], []).append(name)
    return {
        short: _mapping(fields, prefix + short, [child for child in inner if child != prefix + short])
        for short, inner in sorted(below.items())
    }


def _mapping(fields: Mapping[str, FieldSpec], name: str, inner: list[str]) -> dict[str, Any]:
    spec = fields.get(name)
    if spec is not None and spec.type is FLATTENED:
        return {"type": FLATTENED.name}
    if inner:
        nested = {"type": "nested"} if spec is not None and spec.kind.traits.nested else {}
        return {**nested, "properties": _properties(fields, f"{name}.", inner)}
    assert spec is not None
    mapping = _attributes(spec)
    multi_fields = sorted(field for field in fields if fields[field].multi_field_of == name and not fields[field].alias_of)
    if multi_fields:
        mapping["fields"] = {field[len(name) + 1 :]: _attributes(fields[field]) for field in multi_fields}
    return mapping


def _attributes(spec: FieldSpec) -> dict[str, Any]:
    if spec.alias_of:
        return {"type": ALIAS.name, "path": spec.alias_of}
    mapping: dict[str, Any] = {"type": spec.type.name}
    if spec.type.name == "scaled_float":
        mapping["scaling_factor"] = spec.scaling_factor or _SCALING_FACTOR
    if spec.type.name == "constant_keyword":
        # Otherwise the first document of the index would set the value, and documents with another one would be rejected.
        mapping = {"type": KEYWORD.name} if spec.constant is None else {**mapping, "value": spec.constant}
    if spec.caseless:
        mapping["normalizer"] = "lowercase"
    if spec.analyzer in _BUILT_IN_ANALYZERS:
        mapping["analyzer"] = spec.analyzer
    if spec.null_value is not None:
        mapping["null_value"] = spec.null_value
    return mapping
