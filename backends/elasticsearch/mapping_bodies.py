"""Request bodies that give mappings to Elasticsearch: for an index, for a component template, for an index template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Body = dict[str, Any]


def _index(mappings: Mapping[str, Any], index: str) -> Body:
    return {"mappings": mappings}


def _component(mappings: Mapping[str, Any], index: str) -> Body:
    return {"template": {"mappings": mappings}}


def _template(mappings: Mapping[str, Any], index: str) -> Body:
    # Above the templates built into Elasticsearch, whose priorities end at 200.
    return {"index_patterns": [index, f"{index}-*"], "priority": 500, "template": {"mappings": mappings}}


MAPPINGS_FORMATS: dict[str, Callable[[Mapping[str, Any], str], Body]] = {"index": _index, "component": _component, "template": _template}
"""By name: the body of ``PUT index``, ``PUT _component_template/name`` or ``PUT _index_template/name`` from mappings and a name."""
