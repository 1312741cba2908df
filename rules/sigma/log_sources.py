"""Log sources: which fields their events have, and what they imply about an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

from ...compiler.schema.field_types import KEYWORD, LONG, FieldType
from ...compiler.schema.fields import FieldSpec
from ...grammar.span import Span, span_attribute

_TABLE = Path(__file__).with_name("log_sources.json")

_FLAT_PRODUCTS = frozenset({"windows", "linux", "macos", "cisco", "fortigate", "fortios", "huawei", "juniper", "paloalto", "rpc_firewall"})
"""Products whose logs hold one value for each field; those of cloud services are JSON, where a field may be a list."""
_FLAT_CATEGORIES = frozenset({"antivirus", "firewall", "proxy", "webserver", "dns", "process_creation", "network_connection", "file_event"})
_LISTS = frozenset({"Data"})
"""Fields of flat logs that hold several values: the unnamed strings of a Windows event."""
NUMBERS = frozenset({"EventID", "ProcessId", "ParentProcessId", "SourcePort", "DestinationPort", "sc-status", "Level"})
"""Fields whose values are numbers unless a rule compares them with texts."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """A log source as a rule states it; empty for what it does not state."""

    product: str = ""
    category: str = ""
    service: str = ""
    span: Span = span_attribute()

    def __str__(self) -> str:
        return "/".join(part for part in (self.product, self.category, self.service) if part)

    @property
    def is_flat(self) -> bool:
        """Whether its events hold one value for each field."""
        return self.product in _FLAT_PRODUCTS or (not self.product and self.category in _FLAT_CATEGORIES)


Implied = Mapping[str, tuple[str | int, ...]]
"""By field, the values that an event of the log source has one of."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is known of a log source.

    Attributes:
        fields: the fields of its events; empty where they are not known.
        implied: what holds of an event; of several, one does. Empty where nothing does.
    """

    fields: frozenset[str] = frozenset()
    implied: tuple[Implied, ...] = ()


def facts_of(source: LogSource) -> SourceFacts:
    """What is known of a log source; nothing, where it is not in the table.

    A category and a service together have the fields of both, and imply what the category does.
    """
    found = [_facts().get(key) for key in ((source.product, source.category, ""), (source.product, "", source.service)) if any(key[1:])]
    known = [facts for facts in found if facts is not None]
    fields = [facts.fields for facts in known]
    implied = next((facts.implied for facts in known if facts.implied), ())
    # A table that does not list the fields of one of the two says nothing about the others.
    return SourceFacts(frozenset().union(*fields) if fields and all(fields) and len(known) == len(found) else frozenset(), implied)


@cache
def _facts() -> Mapping[tuple[str, str, str], SourceFacts]:
    found = {}
    for entry in orjson.loads(_TABLE.read_bytes()):
        # What a category without a product implies holds for one of the products that write such events.
        listed = entry.get("implied", ()) if entry["product"] else ()
        implied = tuple({name: tuple(values) for name, values in each.items()} for each in listed)
        found[entry["product"], entry["category"], entry["service"]] = SourceFacts(frozenset(entry["fields"]), implied)
    return found


def field_of(source: LogSource, name: str, type_: FieldType | None = None) -> FieldSpec:
    """A field of a log source's events.

    Args:
        source: the log source.
        name: the field.
        type_: the type of its values, where the rule's conditions want one.
    """
    found = type_ or (LONG if name in NUMBERS else KEYWORD)
    several = not source.is_flat or name in _LISTS
    return FieldSpec(name, found, array=several, known=not several, array_stated=False)
