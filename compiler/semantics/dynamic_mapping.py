"""What indexing adds to documents: types for fields that no mapping names, and values that stand for null.

The types are those of Elasticsearch's dynamic field mapping; a text is a keyword here, for EQL compares it with the
keyword field beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..schema.field_types import BOOLEAN, DATE, FIELD_TYPES, KEYWORD, LONG, FieldType
from ..schema.fields import FieldSpec, Schema
from .document import Flat, flatten
from .windows_events import TIME_CREATED, raw_fields, windows_event

_DATE = re.compile(r"\d{4}[-/]\d{2}[-/]\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)


def with_dynamic_fields(schema: Schema, flats: Iterable[Flat]) -> Schema:
    """The schema with the fields that documents hold and it does not know; the first value of each decides."""
    found: dict[str, FieldSpec] = {}
    for flat in flats:
        for name, values in flat.items():
            if name not in found and schema.lookup(name) is None:
                found[name] = FieldSpec(name, _type_of(values[0]), array=True, array_stated=False)
    return schema.with_fields(found) if found else schema


def _type_of(value: Any) -> FieldType:
    match value:
        case bool():
            return BOOLEAN
        case int():
            return LONG
        case float():
            return FIELD_TYPES["float"]
        case str() if _DATE.fullmatch(value):
            return DATE
    return KEYWORD


def indexed(document: Mapping[str, Any], schema: Schema) -> Flat:
    """The values of a document as an index holds them: a null is the field's ``null_value`` where its mapping has one.

    Of a Windows event as EVTX converters write it, the fields have their raw names as well.
    """
    flat = flatten(document)
    if (event := windows_event(document)) is not None:
        for name, values in raw_fields(event).items():
            flat.setdefault(name, values)
        if TIME_CREATED in flat:
            flat.setdefault("@timestamp", flat[TIME_CREATED])
    if not schema.replaces_nulls():
        return flat
    for name in _nulls(document, ""):
        spec = schema.lookup(name)
        if spec is not None and spec.null_value is not None:
            flat.setdefault(name, []).append(spec.null_value)
    return flat


def _nulls(node: Any, name: str) -> Iterator[str]:
    """The dotted names under which a document says null."""
    if node is None:
        yield name
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _nulls(value, f"{name}.{key}" if name else str(key))
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _nulls(value, name)
