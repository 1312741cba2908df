"""Field types that users bring, on top of the built-in ones."""

from __future__ import annotations

from collections.abc import Iterable

from ...backends.limits import TimeUpError, ended_by
from ...compiler.schema.built_in import built_in_schema
from ...compiler.schema.fields import Schema
from ...compiler.schema.load import SchemaError, load_schema
from .time_limit import time_limit


def schema_with(paths: Iterable[str], timeout: float) -> Schema:
    """The built-in schema with those of files on top; later files win.

    Args:
        paths: the files.
        timeout: seconds for reading each.

    Raises:
        SchemaError: a file cannot be read, or is not a schema.
    """
    schema = built_in_schema()
    for path in paths:
        try:
            with time_limit(timeout):
                schema = schema.with_fields(load_schema(path))
        except TimeUpError:
            raise SchemaError(f"{ended_by(timeout)} while reading it", path) from None
    return schema
