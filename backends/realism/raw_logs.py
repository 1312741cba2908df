"""The realistic style for logs with raw field names: values are those of the field of the Elastic Common Schema that holds the same.

A match is renamed, restyled, and named back. What the style adds is kept where the log has a field for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from random import Random

from ...compiler.ir.formula import Like
from ...compiler.schema.field_types import KEYWORD, LONG
from ...compiler.schema.fields import FieldSpec
from ...compiler.schema.raw_log import RawLog
from ...compiler.values.patterns import exact
from ..generate.cells import Cell, Slot
from ..generate.restyle import Match, Scene, Styled
from ..generate.walk import CellName, Cells
from ..values.draw import Drawer
from ..values.value_sets import ValueSet
from .realistic import Realistic

ECS_NAMES: Mapping[str, str] = {
    # Sysmon, the Security channel, and their like on Linux and macOS
    "CommandLine": "process.command_line",
    "Computer": "host.name",
    "CurrentDirectory": "process.working_directory",
    "DestinationHostname": "destination.domain",
    "DestinationIp": "destination.ip",
    "DestinationPort": "destination.port",
    "Image": "process.executable",
    "ImageLoaded": "dll.path",
    "OriginalFileName": "process.pe.original_file_name",
    "ParentCommandLine": "process.parent.command_line",
    "ParentImage": "process.parent.executable",
    "ParentProcessId": "process.parent.pid",
    "ProcessId": "process.pid",
    "QueryName": "dns.question.name",
    "SourceIp": "source.ip",
    "SourcePort": "source.port",
    "TargetFilename": "file.path",
    "TargetObject": "registry.path",
    "TargetUserName": "user.name",
    # PowerShell
    "ScriptBlockText": "powershell.file.script_block_text",
    # Proxies and web servers
    "c-ip": "source.ip",
    "c-uri": "url.original",
    "c-useragent": "user_agent.original",
    "cs-host": "url.domain",
    "cs-method": "http.request.method",
    "cs-uri-query": "url.query",
    "cs-uri-stem": "url.path",
    "cs-user-agent": "user_agent.original",
    "cs-username": "user.name",
    "sc-status": "http.response.status_code",
    # Linux audit
    "exe": "process.executable",
    "comm": "process.name",
    "hostname": "host.name",
    # Cloud audit logs
    "awsRegion": "cloud.region",
    "eventName": "event.action",
    "sourceIPAddress": "source.ip",
    "userAgent": "user_agent.original",
    "userIdentity.userName": "user.name",
    "callerIpAddress": "source.ip",
}
"""By raw name, the field that holds the same in the Elastic Common Schema."""


_SYSTEM = "host.os.type"
"""Says to the style what machine the events come from; logs have no such field."""


@dataclass(frozen=True, slots=True)
class RawLogs:
    """The style.

    Attributes:
        style: the style of the Elastic Common Schema.
        log: the log, whose fields may be added.
    """

    style: Realistic
    log: RawLog

    def styled(self, cells: Cells, match: Match, drawer: Drawer) -> Styled:
        """See `Realistic.styled`."""
        names = _Names.of(cells, self.log)

        def name_of(event: int, name: str) -> CellName:
            return names.in_schema(match.name_of(event, names.raw.get(name, name)))

        given = names.renamed(cells)
        if self.log.os is not None:
            system = Cell(FieldSpec(_SYSTEM, KEYWORD), (Slot((Like((exact(self.log.os),)),), self.log.os),))
            given |= {match.name_of(event, _SYSTEM): system for event in range(len(match.events))}
        styled = self.style.styled(given, replace(match, name_of=name_of), drawer)
        found: Cells = {}
        for cell_name, cell in styled.cells.items():
            own = names.in_log(cell_name)
            before = cells.get(own)
            if before is not None:
                found[own] = replace(cell, spec=before.spec)
            elif own[1] in self.log.fields:
                found[own] = _added(cell, own[1])
        return Styled(found, styled.given_up, _RawScene(styled.scene, names))


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of one match: raw names by those of the schema, and the other way round."""

    raw: Mapping[str, str]
    ecs: Mapping[str, str]

    @classmethod
    def of(cls, cells: Cells, log: RawLog) -> _Names:
        """Where several raw names stand for one field, that of the match."""
        raw = {ECS_NAMES[name]: name for name in sorted(log.fields) if name in ECS_NAMES}
        raw.update({ECS_NAMES[name]: name for _, name in cells if name in ECS_NAMES})
        return cls(raw, {name: ecs for ecs, name in raw.items()})

    def in_schema(self, cell_name: CellName) -> CellName:
        return (cell_name[0], self.ecs.get(cell_name[1], cell_name[1]))

    def in_log(self, cell_name: CellName) -> CellName:
        return (cell_name[0], self.raw.get(cell_name[1], cell_name[1]))

    def renamed(self, cells: Cells) -> Cells:
        """The cells with the names of the schema."""
        return {self.in_schema(name): replace(cell, spec=_named(cell.spec, self.ecs)) for name, cell in cells.items()}


@dataclass(frozen=True, slots=True)
class _RawScene:
    """What may vary, by raw names."""

    scene: Scene
    names: _Names

    def columns(self, cells: Cells, frozen: Collection[CellName], rng: Random) -> dict[CellName, tuple[ValueSet, ...]]:
        """See `Scene`."""
        found = self.scene.columns(self.names.renamed(cells), frozenset(map(self.names.in_schema, frozen)), rng)
        return {self.names.in_log(name): sets for name, sets in found.items() if self.names.in_log(name) in cells}

    def lost(self, cells: Cells) -> frozenset[str]:
        """See `Scene`."""
        return self.scene.lost(self.names.renamed(cells))


def _named(spec: FieldSpec, names: Mapping[str, str]) -> FieldSpec:
    name = names.get(spec.name)
    return spec if name is None else replace(spec, name=name)


def _added(cell: Cell, name: str) -> Cell:
    """A cell of a field of the log."""
    return replace(cell, spec=FieldSpec(name, LONG if cell.spec.kind.traits.numeric else KEYWORD))
