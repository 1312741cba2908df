"""A detection rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..grammar.source_map import TextMap
from .reading.attribute_locations import AttributeLocations


@dataclass(frozen=True, slots=True)
class Rule:
    """One detection rule.

    Attributes:
        path: the file it came from, as the caller named it, or None.
        name: as shown to people; the file's stem if the rule has none.
        type: its name, mostly a key of `RULE_TYPES`.
        language: the name of its query language, which may be one that does not compile; None for a type that has no query.
        query: its text, lines ending in LF, or None.
        rule_id: the rule's own id, or ``""``.
        index: index patterns, may be empty.
        filters: Kibana filters that must hold as well.
        event_category_override, timestamp_field, tiebreaker_field: what EQL is to use in place of ``event.category``,
            ``@timestamp`` and no tiebreaker; None where the rule does not say.
        raw: the whole ``[rule]`` table.
        query_map: from offsets in ``query`` to places in the file; the identity for a query that comes from no file;
            None if there is no query, or it was not found in the file's text.
        threat_query_map: the same for the ``threat_query`` in ``raw``.
        places: where its attributes are written, or None if it comes from no file.
        entry: which rule of its file it is, or ``""`` where a file holds one: the line of NDJSON, the number in a list, both
            from 1, or the file in an archive.
    """

    path: Path | None
    name: str
    type: str
    language: str | None
    query: str | None
    rule_id: str
    index: tuple[str, ...]
    filters: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    event_category_override: str | None = None
    timestamp_field: str | None = None
    tiebreaker_field: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)
    query_map: TextMap | None = field(default=None, compare=False, repr=False)
    threat_query_map: TextMap | None = field(default=None, compare=False, repr=False)
    places: AttributeLocations | None = field(default=None, compare=False, repr=False)
    entry: str = ""
