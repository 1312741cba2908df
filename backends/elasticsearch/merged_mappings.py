"""Merged mappings: one index mapping for the fields of many rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...compiler.schema.fields import FieldSpec, Schema
from .mappings import MappingError, index_mappings


class MergedMappings:
    """Collects the fields of rules, each with the first rule that uses it."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._fields: dict[tuple[str, str], tuple[FieldSpec, str]] = {}

    def add(self, fields: Iterable[FieldSpec], rule: str) -> None:
        """Add the fields of a rule."""
        for spec in fields:
            self._fields.setdefault((spec.name, spec.type.name), (spec, rule))

    def merge(self, stamp: FieldSpec) -> tuple[dict[str, Any], list[str]]:
        """Merge the fields and the timestamp field.

        Returns:
            The mapping, ``{"properties": ...}``, and a message for each field omitted because it conflicts with an earlier one.
        """
        before = dict(self._fields)
        conflicts: list[str] = []
        while True:
            try:
                return index_mappings([stamp, *(spec for spec, _ in before.values() if spec.name != stamp.name)], self.schema), conflicts
            except MappingError as error:
                clashing = [key for key in before if key[0] in error.fields]
                if not clashing:
                    raise
                spec, rule = before.pop(clashing[-1])
                conflicts.append(_conflict(error, spec, rule, {name: where for (name, _), (_, where) in before.items()}))


def _conflict(error: MappingError, spec: FieldSpec, rule: str, others: Mapping[str, str]) -> str:
    first = next((others[name] for name in error.fields if name in others), None)
    against = f", which conflicts with {first}" if first is not None and first != rule else ""
    return f"no mapping for `{spec.name}` as {spec.type}: {error.message} (in {rule}{against})"
