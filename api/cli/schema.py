"""``triggerfish schema``: what is known of a field."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import click
import orjson

from ...backends.report.caret_text import visible
from ...compiler.schema.built_in import CUSTOM_SCHEMA, built_in_schema
from ...compiler.schema.fields import ECS_VERSION, USUAL_MULTI_FIELDS, FieldSpec, Schema, ecs_schema
from ...compiler.schema.load import SchemaError, load_schema, schema_from
from ..on_demand import load
from ..options import option
from .terminal import fail, in_colour

_UNKNOWN = 1
_BAD_USAGE = 2
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class SchemaOptions:
    """What ``triggerfish schema`` is given."""

    fields: tuple[str, ...] = ()
    schema: tuple[str, ...] = option(
        "--schema",
        default=(),
        value="FILE",
        repeats=True,
        commands=("schema",),
        help="Field types on top of the built-in ones: ECS's flat form or a mapping, JSON or YAML. Given several times, the last one wins.",
    )
    json: bool = option("--json", default=False, commands=("schema",), help="Print a list of objects, one per field.")


@dataclass(frozen=True, slots=True)
class _Origin:
    """A schema of the stack, and what people call it."""

    title: str
    schema: Schema


def run(options: SchemaOptions, given: Collection[str]) -> int:
    """Show fields; returns the exit code."""
    if not options.fields:
        raise click.UsageError("name a FIELD, such as `process.name`")
    try:
        origins = [_Origin(path, load_schema(path)) for path in reversed(options.schema)]
    except SchemaError as error:
        fail(str(error))
        return _BAD_USAGE
    schema = built_in_schema()
    for origin in reversed(origins):
        schema = schema.with_fields(origin.schema)
    origins.append(_Origin("built in beside ECS", schema_from(CUSTOM_SCHEMA)))
    described = [_described(name, schema, origins) for name in options.fields]
    if options.json:
        click.echo(orjson.dumps(described, option=orjson.OPT_INDENT_2))
    else:
        _show(described)
    return _UNKNOWN if any(not each["known"] for each in described) else 0


def _described(name: str, schema: Schema, origins: Sequence[_Origin]) -> dict[str, Any]:
    """What is known of a field, as a JSON value."""
    spec = schema.lookup(name)
    if spec is None:
        return {"field": name, "known": False, "similar": get_close_matches(name, schema.names(), _NEAREST)}
    found = {
        "field": name,
        "known": True,
        "type": spec.type.name,
        "kind": spec.kind.value,
        "multi_valued": spec.several,
        "allowed_values": spec.allowed,
        "expected_values": spec.expected,
        "source": _source(spec, origins),
        "multi_fields": tuple(_multi_fields(name, schema)),
        "multi_field_of": spec.multi_field_of,
        "alias_of": spec.alias_of,
        "nested_in": spec.nested_path,
        "key_of": spec.flattened_root,
        "constant": spec.constant,
    }
    return {key: value for key, value in found.items() if value not in (None, ())}


def _source(spec: FieldSpec, origins: Sequence[_Origin]) -> str:
    """Where the type of a field comes from: the first schema that defines it, or the field that it belongs to."""
    defined = spec.multi_field_of if not spec.known and spec.multi_field_of else spec.flattened_root or spec.name
    for origin in origins:
        if origin.schema.lookup(defined) is not None:
            return origin.title
    ecs, *_ = ecs_schema().layers
    return f"ECS {ECS_VERSION}" if defined in ecs else "Beats, Elastic Endpoint and integrations"


def _multi_fields(name: str, schema: Schema) -> Iterator[str]:
    """The multi-fields of a field: those of the schema, and those that most mappings have."""
    defined = (each for each in schema.names() if each.startswith(f"{name}."))
    usual = (f"{name}.{suffix}" for suffix in USUAL_MULTI_FIELDS)
    for each in dict.fromkeys((*defined, *usual)):
        spec = schema.lookup(each)
        if spec is not None and spec.multi_field_of == name:
            yield each


def _rows(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in described.items():
        if key in ("field", "known"):
            continue
        shown = ", ".join(value) if isinstance(value, tuple) else {True: "yes", False: "no"}.get(value, value)
        yield key.replace("_", " "), visible(str(shown))


def _show(described: Sequence[dict[str, Any]]) -> None:
    for number, each in enumerate(described):
        if not each["known"]:
            similar = each["similar"]
            near = f"; similar: {', '.join(f'`{name}`' for name in similar)}" if similar else ""
            fail(f"unknown field `{each['field']}`{near}")
            continue
        if in_colour(sys.stdout):
            _table(each)
            continue
        click.echo(("\n" if number else "") + visible(each["field"]))
        for key, value in _rows(each):
            click.echo(f"  {key:<16} {value}")


def _table(described: dict[str, Any]) -> None:
    table_class: Any = load("rich.table:Table")
    text: Any = load("rich.text:Text")
    table = table_class(title=text(visible(described["field"]), "bold"), title_justify="left", show_header=False)
    for key, value in _rows(described):
        table.add_row(text(key, "dim"), text(value))
    load("rich.console:Console")().print(table)
