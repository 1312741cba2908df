"""Index templates for the indices that documents are loaded into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..mapping_bodies import MAPPINGS_FORMATS, Body

PREFIX = "triggerfish-"
"""Before the name of an index: a template of its own, so that no other is replaced (Elasticsearch has one called `logs`)."""

_USUAL_LIMIT = 1000
"""What ``index.mapping.total_fields.limit`` is by default."""
_ROOM = 200
"""Fields for which there should be room beside those mapped."""


def template_name(index: str) -> str:
    """The name of the template of an index."""
    return f"{PREFIX}{index}"


def template_body(mappings: Mapping[str, Any], index: str) -> Body:
    """The body of ``PUT _index_template/name`` for one index, and no other: on a cluster in use, a pattern might fit indices of others."""
    body = MAPPINGS_FORMATS["template"](mappings, index)
    fields = _count(mappings)
    if fields + _ROOM > _USUAL_LIMIT:
        body["template"] = {"settings": {"index.mapping.total_fields.limit": fields + _USUAL_LIMIT}, **body["template"]}
    return {**body, "index_patterns": [index], "_meta": {"created_by": "triggerfish"}}


def _count(mapping: Mapping[str, Any]) -> int:
    """The fields of a mapping as that limit counts them: objects and multi-fields too."""
    inner = [*mapping.get("properties", {}).values(), *mapping.get("fields", {}).values()]
    return len(inner) + sum(map(_count, inner))
