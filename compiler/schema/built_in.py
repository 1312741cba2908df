"""The schema without any that users bring."""

from __future__ import annotations

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
