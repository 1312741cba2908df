"""Scene: what may vary in a realistic match while its values still agree: who, where, when, and identifiers.

The values of a scene that contain something of its environment (the name of the machine or the user, their addresses and ids) are
templates: for another seat of the world they contain the same of that one. All of them are drawn together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import repeat
from operator import attrgetter
from random import Random
from typing import Any

from ...compiler.schema.field_types import CONSTANT_KEYWORD
from ..generate.cells import Cell
from ..generate.walk import CellName, Cells
from ..values.draw import CompiledTests
from ..values.value_sets import Counted, Fixed, Identifier, IdForm, Joint, Stamped, ValueSet, joint
from .environment import ATTRIBUTES, Environment, seated
from .given_values import describe
from .sources.derived import DERIVED
from .vocabulary import WINDOWS

SEATS = 48
"""The number of seats that one scene has."""


@dataclass(frozen=True, slots=True)
class _Peer:
    """As much of an environment as an address far away."""

    peer: str


Read = Callable[[Any], str]
"""Reads a text of an environment."""

Template = tuple[str | Read, ...]
"""A text with texts of an environment in it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """
    Attributes:
        environment: of the match.
        tests: of the program.
        given: the values that cells were to have.
    """

    environment: Environment
    tests: CompiledTests
    given: Mapping[CellName, Any]

    def lost(self, cells: Cells) -> frozenset[str]:
        """See `restyle.Scene`."""
        shown = {name: cells[name].values if name in cells else [] for name in self.given}
        lacking = {name for name, value in self.given.items() if shown[name] != list(value if isinstance(value, tuple) else (value,))}
        return frozenset(f"{field} is {describe(self.given[event, field])}" for event, field in lacking)

    def columns(self, cells: Cells, frozen: Collection[CellName], rng: Random) -> dict[CellName, tuple[ValueSet, ...]]:
        """See `restyle.Scene`."""
        found: dict[CellName, list[ValueSet]] = {
            name: [Fixed(slot.value) for slot in cell.slots] for name, cell in cells.items() if cell.slots and name not in frozen
        }
        for group, attributes, others in (("seat", _SEAT, self._seats(rng)), ("peer", _PEER, self._peers())):
            for (name, at), column in self._joint(cells, frozen, group, attributes, others).items():
                found[name][at] = column
        drawn: dict[tuple[object, ...], ValueSet] = {}
        for name, sets in found.items():
            cell = cells[name]
            for at, slot in enumerate(cell.slots):
                if slot.wanted or cell.unwanted or self._chosen(name) is not None or not isinstance(sets[at], Fixed):
                    continue
                free = self._free(name, slot.value)
                if free is not None:
                    sets[at] = drawn.setdefault((slot.value, free), free)
        return {name: tuple(sets) for name, sets in found.items() if not all(isinstance(part, Fixed) for part in sets)}

    def _seats(self, rng: Random) -> list[Environment]:
        environment, available = self.environment, self.environment.world.seats(self.environment.os)
        chosen = rng.sample(available, min(SEATS, len(available)))
        return [seated(environment.world, environment.os, environment.service, seat).like(environment) for seat in chosen]

    def _peers(self) -> list[_Peer]:
        return [_Peer(peer) for peer in self.environment.world.peers]

    def _joint(
        self, cells: Cells, frozen: Collection[CellName], group: str, attributes: dict[str, Read], others: Sequence[Environment | _Peer]
    ) -> dict[tuple[CellName, int], Joint]:
        """Returns the columns of values that hold texts of an environment; none where one of them must not vary."""
        reads: dict[str, Read] = {}
        for read in attributes.values():
            text = read(self.environment)
            if len(text) >= _SHORTEST:
                reads.setdefault(text, read)
        if not reads:
            return {}
        templates: dict[tuple[CellName, int], Template] = {}
        for name, cell in cells.items():
            for at, slot in enumerate(cell.slots):
                template = self._template(name, slot.value, group, reads) if isinstance(slot.value, str) else None
                if template is None:
                    continue
                if name in frozen or cell.spec.type is CONSTANT_KEYWORD:
                    return {}
                templates[name, at] = template
        # The first row is that of the match itself.
        everyone = (self.environment, *others)
        filled = {part: _filled(part, everyone) for part in dict.fromkeys(templates.values())}
        rows = list(range(len(everyone)))
        for (name, at), part in templates.items():
            cell, texts, chosen = cells[name], filled[part], self._chosen(name)
            if chosen is not None:
                rows = [row for row in rows if texts[row] in chosen]
            if cell.unwanted or cell.slots[at].wanted:
                rows = [row for row in rows if row == 0 or self._fits(cell, at, texts[row])]
        if len(rows) < 2:
            return {}
        made = {part: joint(group, tuple([texts[row] for row in rows])) for part, texts in filled.items()}
        return {place: made[part] for place, part in templates.items() if len(set(made[part].values)) > 1}

    def _chosen(self, name: CellName) -> tuple[Any, ...] | None:
        """The values that the user has chosen for a cell, or None."""
        if name not in self.given:
            return self.environment.world.pools.get(name[1])
        value = self.given[name]
        return value if isinstance(value, tuple) else (value,)

    def _template(self, name: CellName, value: str, group: str, reads: dict[str, Read]) -> Template | None:
        attribute = ATTRIBUTES.get(name[1]) if group == "seat" else None
        if attribute is not None and value == getattr(self.environment, attribute):
            return (_read(attribute),)
        contained = tuple([text for text in reads if text in value])
        if not contained:
            return None
        parts = _searching(contained).split(value)
        return None if len(parts) == 1 else tuple(reads[part] if place % 2 else part for place, part in enumerate(parts))

    def _fits(self, cell: Cell, at: int, value: str) -> bool:
        passes = self.tests.passes
        return all(passes(cell.spec, test, value) for test in cell.slots[at].wanted) and not any(
            passes(cell.spec, test, value) for test in cell.unwanted
        )

    def _free(self, name: CellName, value: Any) -> ValueSet | None:
        """The set of a value that nothing determines."""
        event, field = name
        last = field.rpartition(".")[2]
        if isinstance(value, bool):
            return None
        if isinstance(value, int):
            if last in ("pid", "ppid") and value > _LOWEST_PID:
                step = 4 if self.environment.os == WINDOWS else 1
                return Counted(_LOWEST_PID, 31_200 // step, step)
            if last == "port" and value >= _EPHEMERAL:
                return Counted(_EPHEMERAL, 65_536 - _EPHEMERAL)
            return Counted(value // 2 + 1, min(value, 65_536)) if last in _AMOUNTS and value > 1 else None
        if isinstance(value, str):
            return self._free_text(event, field, last, value)
        return None

    def _free_text(self, event: int, field: str, last: str, value: str) -> ValueSet | None:
        if field.startswith("event.") and last in _AFTER:
            return Stamped(event, *_AFTER[last])
        if last == "start" and _DATE.fullmatch(value):
            return Stamped(event, -60_000, -10)
        if field != "event.id" and not _OF_EVENT.search(last):
            return None
        return next((Identifier(form) for form, shape in _FORMS.items() if shape.fullmatch(value)), None)


_LOWEST_PID = 800
_EPHEMERAL = 49_152
_AMOUNTS = frozenset(("bytes", "packets", "duration", "size", "record_id", "sequence"))
_AFTER = {"created": (1, 40), "ingested": (841, 4_040)}
"""By the last part of the field: how long after the event, in milliseconds."""

_OF_EVENT = re.compile("(entity|request|correlation|session|activity|log|audit|operation|transaction|event|trace|span)_?id$", re.IGNORECASE)
"""The last part of fields that identify what happens once; the ids of hosts, users and things stay."""

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_FORMS = {
    IdForm.HEX_128: re.compile("[0-9a-f]{32}"),
    IdForm.HEX_256: re.compile("[0-9a-f]{64}"),
    IdForm.UUID: re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
}
_SHORTEST = 3
"""Shorter texts of an environment may be there by chance."""


@cache
def _read(attribute: str) -> Read:
    return attrgetter(attribute)


_SEAT: dict[str, Read] = {
    **{name: _read(name) for name in ("host", "host_id", "agent_id", "mac", "address", "instance", "user", "user_id", "full_name", "mail")},
    **DERIVED,
    "account": _read("account"),
    "project": _read("project"),
    "role": lambda environment: "AROA" + environment.user_id.removeprefix("AIDA"),
}
"""The texts of a seat that are looked for within values."""
_PEER = {"peer": _read("peer")}


@lru_cache(maxsize=4096)
def _searching(texts: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(texts, key=lambda text: (-len(text), text))
    return re.compile(f"(?<![A-Za-z0-9])({'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])")


def _filled(template: Template, environments: Sequence[Environment | _Peer]) -> list[str]:
    """The texts of a template in several environments."""
    if len(template) == 1 and not isinstance(template[0], str):
        return list(map(template[0], environments))
    columns = [repeat(part) if isinstance(part, str) else map(part, environments) for part in template]
    return list(map("".join, zip(*columns, strict=False)))
