"""Schemas that users bring: field tables like that of ECS, and Elasticsearch mappings, as Python data or as files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeGuard

import orjson

from ...grammar.errors import TriggerfishError
from ..file_input import MAX_BYTES, STUMBLED, TOO_LARGE, YAML_STUMBLES, read_bounded, reason
from .field_types import ALIAS, FIELD_TYPES, FieldType, closest_type_name
from .fields import FieldSpec, Schema


class SchemaError(TriggerfishError, ValueError):
    """A schema that cannot be read.

    Attributes:
        message: what is wrong and what was expected, the user's text in backticks.
        origin: the file, or what the caller named the schema.
        field: the field at fault, or None.
    """

    def __init__(self, message: str, origin: str = "schema", field: str | None = None) -> None:
        super().__init__(f"{origin}: `{field}`: {message}" if field else f"{origin}: {message}")
        self.message = message
        self.origin = origin
        self.field = field


def load_schema(path: str | Path) -> Schema:
    """The schema in a file, in any form that `schema_from` takes.

    The file is YAML if its name ends in ``.yml`` or ``.yaml``, else JSON.

    Raises:
        SchemaError: it cannot be read, is no JSON or YAML, or holds no schema; or it is YAML and PyYAML is missing.
    """
    path = Path(path)
    try:
        text = read_bounded(path)
    except (OSError, ValueError) as error:
        raise SchemaError(f"cannot be read: {reason(error)}", str(path)) from error
    if len(text) > MAX_BYTES:
        raise SchemaError(TOO_LARGE, str(path))
    if path.suffix.lower() in (".yml", ".yaml"):
        return schema_from(_parse_yaml(text, str(path)), str(path))
    try:
        source = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise SchemaError(f"not valid JSON: {error.msg}", f"{path}:{error.lineno}:{error.colno}") from error
    return schema_from(source, str(path))


def schema_from(source: Mapping[str, Any] | Schema, origin: str = "schema") -> Schema:
    """The schema that ``source`` describes.

    Args:
        source: one of
            - a field table, ``{"x": {"type": "long"}}``: of each field the type and, if wanted, what ECS's flat form
              has: ``normalize``, ``allowed_values``, ``expected_values``, ``multi_fields``, ``object_type``,
              ``scaling_factor``;
            - an Elasticsearch mapping, ``{"mappings": {"properties": ...}}`` or ``{"properties": ...}``;
            - what ``GET index/_mapping`` answers, ``{index: {"mappings": ...}}``, the fields of all indices together.
        origin: how errors name it.

    Raises:
        SchemaError: it has none of these forms, or a field has no or an unknown type.
    """
    if isinstance(source, Schema):
        return source
    try:
        return _read(source, origin)
    except RecursionError:
        raise SchemaError("nested too deeply", origin) from None


def _read(source: Any, origin: str) -> Schema:
    read = _Reading(origin)
    table = read.mapping(source, "a schema")
    if (mappings := _mappings(table)) is not None:
        fields = {spec.name: spec for each in mappings for spec in read.mapped_fields(each)}
        return Schema((fields,))
    fields = {spec.name: spec for name, entry in table.items() for spec in read.table_fields(name, entry)}
    return Schema((fields,), read.event_types(table.get("event.category")))


def _parse_yaml(text: bytes, origin: str) -> Any:
    try:
        # Optional, and without types of its own.
        yaml = import_module("yaml")
    except ImportError as error:
        raise SchemaError("reading YAML needs PyYAML: `pip install pyyaml`, or give the schema as JSON", origin) from error
    try:
        return yaml.safe_load(text)
    except RecursionError:
        raise SchemaError("nested too deeply", origin) from None
    except yaml.MarkedYAMLError as error:
        place = "" if error.problem_mark is None else f":{error.problem_mark.line + 1}:{error.problem_mark.column + 1}"
        raise SchemaError(f"not valid YAML: {error.problem or error.context}", f"{origin}{place}") from error
    except yaml.YAMLError as error:
        raise SchemaError(f"not valid YAML: {' '.join(str(error).split())}", origin) from error
    except YAML_STUMBLES as error:
        raise SchemaError(STUMBLED, origin) from error


def _mappings(source: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The mappings in a source, or None if it is a field table.

    A field may well be called `properties`, but then it has a type.
    """
    if _is_object(source.get("properties")):
        return [source]
    if _is_object(inner := source.get("mappings")):
        return [inner]
    if source and all(isinstance(index, Mapping) and _is_object(index.get("mappings")) for index in source.values()):
        return [index["mappings"] for _, index in sorted(source.items())]
    return None


def _is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping) and not isinstance(value.get("type"), str)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads the parts of one source; what it raises names that source."""

    origin: str

    def mapping(self, value: Any, what: str, field: str | None = None) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise SchemaError(f"expected {what}, {_shown(value)} is not a mapping", self.origin, field)
        for name in value:
            if not isinstance(name, str) or not name:
                raise SchemaError(f"expected a field name, found {_shown(name)}", self.origin, field)
        return value

    def field_type(self, name: Any, field: str) -> FieldType:
        if isinstance(name, str) and name in FIELD_TYPES:
            return FIELD_TYPES[name]
        if name is None:
            raise SchemaError('has no type; expected one such as {"type": "keyword"}', self.origin, field)
        close = closest_type_name(name) if isinstance(name, str) else None
        hint = f"did you mean `{close}`?" if close else "expected the name of an Elasticsearch field type"
        raise SchemaError(f"unknown type {_shown(name)}; {hint}", self.origin, field)

    def names(self, value: Any, key: str, field: str) -> tuple[str, ...]:
        """A list of names, or of mappings with a ``name``."""
        entries = value if isinstance(value, list | tuple) else [value]
        named = [entry.get("name") if isinstance(entry, Mapping) else entry for entry in entries]
        names = tuple(name for name in named if isinstance(name, str))
        if len(names) != len(named):
            raise SchemaError(f"expected a list of strings under `{key}`", self.origin, field)
        return names

    def number(self, value: Any, key: str, field: str) -> float | None:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise SchemaError(f"expected a number under `{key}`, found {_shown(value)}", self.origin, field)
        if value is not None and not 0 < value <= sys.float_info.max:
            raise SchemaError(f"expected a number above 0 under `{key}`, found {_shown(value)}", self.origin, field)
        return None if value is None else float(value)

    def table_fields(self, name: str, entry: Any) -> Iterator[FieldSpec]:
        """The field of one entry of a field table, its multi-fields, and the keys below it."""
        entry = self.mapping(entry, 'a field such as {"type": "keyword"}', name)
        field_type = self.field_type(entry.get("type"), name)
        array = "array" in self.names(entry.get("normalize") or (), "normalize", name)
        counted = "normalize" in entry
        yield FieldSpec(
            name,
            field_type,
            array=array,
            allowed=self.names(entry.get("allowed_values") or (), "allowed_values", name),
            expected=self.names(entry.get("expected_values") or (), "expected_values", name),
            alias_of=self.alias(entry, field_type, name),
            scaling_factor=self.number(entry.get("scaling_factor"), "scaling_factor", name),
            array_stated=counted,
        )
        if keys := entry.get("object_type"):
            yield FieldSpec(f"{name}.*", self.field_type(keys, name), array=array, array_stated=counted)
        multi_fields = entry.get("multi_fields") or ()
        for suffix, each in zip(self.names(multi_fields, "multi_fields", name), multi_fields, strict=True):
            inner = f"{name}.{suffix}"
            inner_type = self.field_type(each.get("type") if isinstance(each, Mapping) else None, inner)
            yield FieldSpec(inner, inner_type, array=array, multi_field_of=name, caseless=suffix == "caseless", array_stated=counted)

    def mapped_fields(self, mapping: Mapping[str, Any], prefix: str = "") -> Iterator[FieldSpec]:
        """The fields of a mapping's ``properties``, at any depth, and those its dynamic templates make under a path."""
        templates = mapping.get("dynamic_templates") or ()
        if not isinstance(templates, list | tuple):
            raise SchemaError(f"expected a list under `dynamic_templates`, found {_shown(templates)}", self.origin)
        for each in templates:
            yield from self.dynamic_fields(each)
        properties = self.mapping(mapping.get("properties", {}), "fields under `properties`", prefix.rstrip(".") or None)
        for short_name, entry in properties.items():
            name = prefix + short_name
            entry = self.mapping(entry, 'a field such as {"type": "keyword"}', name)
            yield (spec := self.mapped_field(name, entry))
            for suffix, inner in self.mapping(entry.get("fields", {}), "multi-fields under `fields`", name).items():
                inner = self.mapping(inner, 'a multi-field such as {"type": "text"}', f"{name}.{suffix}")
                yield self.mapped_field(f"{name}.{suffix}", inner, multi_field_of=spec.name)
            yield from self.mapped_fields(entry, f"{name}.")

    def mapped_field(self, name: str, entry: Mapping[str, Any], multi_field_of: str | None = None) -> FieldSpec:
        field_type = self.field_type(entry.get("type", "object" if "properties" in entry else None), name)
        constant = entry.get("value") if field_type.name == "constant_keyword" else None
        null_value = entry.get("null_value")
        if not isinstance(null_value, str | int | float | None):
            raise SchemaError(f"expected a single value under `null_value`, found {_shown(null_value)}", self.origin, name)
        return FieldSpec(
            name,
            field_type,
            array=True,
            allowed=() if constant is None else (str(constant),),
            multi_field_of=multi_field_of,
            alias_of=self.alias(entry, field_type, name),
            constant=None if constant is None else str(constant),
            null_value=null_value,
            # Only the built-in normalizer can be known; others are defined in an index's settings, by names that tell.
            caseless="lowercase" in str(entry.get("normalizer", "")),
            scaling_factor=self.number(entry.get("scaling_factor"), "scaling_factor", name),
            array_stated=False,
            analyzer=str(entry.get("analyzer") or "standard"),
        )

    def dynamic_fields(self, template: Any) -> Iterator[FieldSpec]:
        """The keys of open objects: ``path_match: labels.*`` tells their type; other templates tell no names."""
        for rule in self.mapping(template, "a dynamic template").values():
            rule = self.mapping(rule, "a dynamic template")
            paths = self.names(rule.get("path_match") or (), "path_match", "dynamic_templates")
            made = self.mapping(rule.get("mapping", {}), "a mapping under `mapping`").get("type")
            for path in paths:
                if path.endswith(".*") and "*" not in path[:-2] and isinstance(made, str) and made in FIELD_TYPES:
                    yield FieldSpec(path, FIELD_TYPES[made], array=True, array_stated=False)

    def alias(self, entry: Mapping[str, Any], field_type: FieldType, name: str) -> str | None:
        if field_type is not ALIAS:
            return None
        if not isinstance(path := entry.get("path"), str):
            raise SchemaError("an alias needs the name of its field under `path`", self.origin, name)
        return path

    def event_types(self, entry: Any) -> dict[str, tuple[str, ...]]:
        """``expected_event_types`` of ECS's categories."""
        values = entry.get("allowed_values") if isinstance(entry, Mapping) else None
        categories = [each for each in values or () if isinstance(each, Mapping) and "expected_event_types" in each]
        return {
            each["name"]: self.names(each["expected_event_types"] or (), "expected_event_types", "event.category") for each in categories
        }


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return f"`{text if len(text) <= 40 else text[:37] + '...'}`"
