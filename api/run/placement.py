"""Placement: the index of each document of a rule, one for all or the one that the rule reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from ...backends.elasticsearch.index_names import concrete, index_of
from ...compiler.ir.program import Role
from ...rules import Rule

AUTO = "auto"
"""In place of the name of an index: the data stream or index that the rule reads."""

_OTHERWISE = "triggerfish"


@dataclass(slots=True)
class Placement:
    """Maps the documents of a rule to indices.

    Attributes:
        index: the index of all documents, or `AUTO`.
        patterns: the index patterns that the rule reads.
        indicators: those that it reads threat indicators from.
        used: the indices of the documents so far, where that depends on them.
    """

    index: str
    patterns: Sequence[str] = ()
    indicators: Sequence[str] = ()
    used: set[str] = field(default_factory=set)

    def __call__(self, role: Role, text: str) -> str:
        """The index of a document, given its role and its text in JSON."""
        if self.index != AUTO:
            return f"{self.index}-indicators" if role is Role.INDICATOR else self.index
        if role is Role.INDICATOR:
            name = concrete(tuple(self.indicators)) or f"{_OTHERWISE}-indicators"
        else:
            name = index_of(orjson.loads(text), self.patterns, _OTHERWISE)
        self.used.add(name)
        return name

    def note(self, roles: Sequence[Role], text: str) -> None:
        """Add the indices of documents to those used, for a format that does not name them."""
        for role, line in zip(roles, text[:-1].split("\n"), strict=True):
            self(role, line)


def placement_of(rule: Rule, index: str) -> Placement:
    """The placement of a rule's documents in an index, or with `AUTO` in those that the rule reads."""
    listed = rule.raw.get("threat_index")
    indicators = [listed] if isinstance(listed, str) else listed if isinstance(listed, list) else []
    return Placement(index, rule.index, [str(name) for name in indicators])
