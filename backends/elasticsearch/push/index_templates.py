"""Index templates for the indices that documents are loaded into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..index_names import is_data_stream
from ..mapping_bodies import MAPPINGS_FORMATS, Body

PREFIX = "triggerfish-"
"""The prefix of template names, so that no other template is replaced (Elasticsearch has one named `logs`)."""

_USUAL_LIMIT = 1000
"""The default of ``index.mapping.total_fields.limit``."""
_ROOM = 200
"""The number of further fields to leave room for."""


def template_name(index: str) -> str:
    """Return the name of an index's template."""
    return f"{PREFIX}{index}"


def template_body(mappings: Mapping[str, Any], index: str) -> Body:
    """Return the body of ``PUT _index_template/name`` for exactly one index: a pattern might match other indices of the cluster."""
    body = MAPPINGS_FORMATS["template"](mappings, index)
    fields = _count(mappings)
    if fields + _ROOM > _USUAL_LIMIT:
        body["template"] = {"settings": {"index.mapping.total_fields.limit": fields + _USUAL_LIMIT}, **body["template"]}
    stream: Body = {"data_stream": {}} if is_data_stream(index) else {}
    return {**body, **stream, "index_patterns": [index], "_meta": {"created_by": "triggerfish"}}


def _count(mapping: Mapping[str, Any]) -> int:
    """Counts the fields of a mapping as the limit does: including objects and multi-fields."""
    inner = [*mapping.get("properties", {}).values(), *mapping.get("fields", {}).values()]
    return len(inner) + sum(map(_count, inner))
