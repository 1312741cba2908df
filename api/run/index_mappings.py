"""Mappings of each index that the documents of a run go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...backends.elasticsearch.merged_mappings import MergedMappings
from ...backends.report.rule_result import RuleResult
from ...compiler.schema.fields import Schema, ecs_schema
from ...compiler.semantics.match_group import TIMESTAMP
from .placement import AUTO


class MappingsByIndex:
    """Collects the fields of rules for the indices of their documents.

    Args:
        schema: the fields.
        index: the index of all documents, or `AUTO`.
    """

    def __init__(self, schema: Schema, index: str) -> None:
        self._schema = schema
        self._by_index: dict[str, MergedMappings] = {} if index == AUTO else {index: MergedMappings(schema)}
        self._index = index

    def add(self, result: RuleResult) -> None:
        """Add the fields of a rule."""
        for index in result.indices if self._index == AUTO else (self._index,):
            self._by_index.setdefault(index, MergedMappings(self._schema)).add(result.fields, result.path)

    def merged(self, warn: Callable[[str], None]) -> dict[str, dict[str, Any]]:
        """The mappings of each index.

        Args:
            warn: receives a message for each field that is left out because it conflicts with an earlier one.
        """
        stamp = ecs_schema().lookup(TIMESTAMP)
        assert stamp is not None
        merged: dict[str, dict[str, Any]] = {}
        warned: dict[str, None] = {}
        for index, mappings in sorted(self._by_index.items()):
            merged[index], conflicts = mappings.merge(stamp)
            warned.update(dict.fromkeys(conflicts))
        for conflict in warned:
            warn(conflict)
        return merged


def mappings_for(merged: Mapping[str, Mapping[str, Any]], index: str, name: str) -> Mapping[str, Any]:
    """The mappings of an index of a bulk file; those of all documents unless each index has its own.

    Args:
        merged: by index.
        index: the index of all documents, or `AUTO`.
        name: the index in the file.
    """
    return merged.get(name, {}) if index == AUTO else merged[index]
