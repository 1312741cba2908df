"""The schema without any that users bring."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from .fields import Schema, ecs_schema
from .load import schema_from

CUSTOM_SCHEMA: dict[str, dict[str, Any]] = {
    "file.Ext.windows.zone_identifier": {"type": "long"},
    "process.parent.Ext.real.pid": {"type": "long"},
}
"""Types of fields outside ECS and the integrations."""


@cache
def built_in_schema() -> Schema:
    """ECS, the fields that integrations define beside it, and `CUSTOM_SCHEMA`."""
    return ecs_schema().with_fields(schema_from(CUSTOM_SCHEMA))


def schema_or_built_in(schema: Mapping[str, Any] | Schema | None) -> Schema:
    """A schema in any form that :func:`~.load.schema_from` takes; the built-in one in place of None."""
    if schema is None:
        return built_in_schema()
    return schema if isinstance(schema, Schema) else schema_from(schema)
