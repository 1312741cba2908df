"""Logs of Windows: the Security and System channels, Sysmon and PowerShell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..vocabulary import WINDOWS
from .source import COMMON, RELATED, Make, Record, Row, Rows, Source, always, new_uuid, number
from .windows_data import DATA, data_fields
from .windows_events import (
    AUDITING,
    CLEARED,
    POWERSHELL_EVENTS,
    PROVIDERS_OF_SYSTEM,
    SECURITY_EVENTS,
    SYSMON,
    SYSMON_EVENTS,
    SYSTEM_EVENTS,
    WindowsEvent,
)


def _rows(channel: str, provider: str, listed: Sequence[WindowsEvent]) -> Rows:
    """The events of a channel, those first whose data the rule names."""

    def make(record: Record) -> Iterable[Row]:
        named = {name.removeprefix(DATA) for number, name in record.assignment.cells if number == record.event and name.startswith(DATA)}
        usual = [
            name
            for name in _USUAL_IN
            if any(other == name or other.startswith(f"{name}.") for number, other in record.assignment.cells if number == record.event)
        ]
        likely = {code for name in usual for code in _USUAL_IN[name]}
        rest = {event.code: place for place, event in enumerate(listed)}
        ranked = sorted(listed, key=lambda event: (len(named - set(event.data)), event.code not in likely, rest[event.code]))
        for event in ranked:
            source = PROVIDERS_OF_SYSTEM.get(event.code, "Microsoft-Windows-Eventlog" if event.code == "1102" else provider)
            row = {
                "event.code": event.code,
                "event.provider": source,
                "winlog.channel": channel,
                "winlog.provider_name": source,
                "winlog.event_id": event.code,
            }
            row |= {"event.action": event.action, "event.category": event.category, "event.type": event.type}
            row |= {"event.outcome": event.outcome} if channel == "Security" else {}
            yield row
            yield {name: value for name, value in row.items() if name not in ("event.category", "event.type")}
        for event in ranked:
            yield {"event.code": event.code, "winlog.channel": channel, "winlog.event_id": event.code}

    return make


_USUAL_IN = {
    "registry": ("13", "4657"),
    "dll": ("7",),
    "dns": ("22",),
    "file": ("11", "4663"),
    "destination": ("3",),
    "winlog.logon": ("4624", "4625"),
    "process.parent": ("1", "4688"),
    "process.args": ("1", "4688"),
    "process.command_line": ("1", "4688"),
}
"""For a field: the codes of the events that have it."""


def _fields(listed: Sequence[WindowsEvent], channel: str) -> dict[str, Make]:
    return {
        **COMMON,
        "winlog.api": always("wineventlog"),
        "winlog.record_id": lambda record: (str(record.rng.randint(100_000, 9_000_000)),),
        "winlog.opcode": always("Info"),
        "winlog.keywords": lambda record: (
            [("Audit Failure" if record.text("event.outcome") == "failure" else "Audit Success",)] if channel == "Security" else ()
        ),
        "winlog.computer_name": lambda record: (f"{record.text('host.name')}.corp.example.com",) if record.text("host.name") else (),
        "winlog.process.pid": number(600, 4000),
        "winlog.process.thread.id": number(400, 9000),
        **data_fields({event.code: event for event in listed}),
        **({"winlog.logon.type": _logon_type} if channel == "Security" else {}),
        "host.hostname": lambda record: (record.text("host.name"),) if record.text("host.name") else (),
        "host.architecture": always("x86_64"),
        **RELATED,
    }


def _logon_type(record: Record) -> Iterable[str]:
    names = {
        "2": "Interactive",
        "3": "Network",
        "4": "Batch",
        "5": "Service",
        "7": "Unlock",
        "9": "NewCredentials",
        "10": "RemoteInteractive",
        "11": "CachedInteractive",
    }
    code = record.text(f"{DATA}LogonType")
    return (names[code],) if code in names else ()


_NO_DEFEND = ("process.entity_id", "process.working_directory", "process.parent.entity_id", "process.Ext.")
_BEATS = ("winlogbeat-8.17.0",)


def _source(
    dataset: str,
    channel: str,
    provider: str,
    listed: Sequence[WindowsEvent],
    lacks: tuple[str, ...] = (),
    more: Mapping[str, Make] | None = None,
) -> Source:
    categories = tuple(dict.fromkeys(event.category for event in listed))
    return Source(
        dataset,
        "winlogbeat",
        channel=channel,
        systems=(WINDOWS,),
        categories=categories,
        marks=("winlog.",),
        beats=_BEATS,
        rows=_rows(channel, provider, listed),
        fields={**_fields(listed, channel), **(more or {})},
        lacks=lacks,
    )


_SCRIPT: Mapping[str, Make] = {
    "powershell.file.script_block_id": new_uuid,
    "powershell.sequence": always(1),
    "powershell.total": always(1),
}

SYSMON_LOG = _source("windows.sysmon_operational", "Microsoft-Windows-Sysmon/Operational", SYSMON, SYSMON_EVENTS, ("process.Ext.",))
SECURITY = _source("system.security", "Security", AUDITING, (*SECURITY_EVENTS, CLEARED), _NO_DEFEND)
POWERSHELL = Source(
    "windows.powershell_operational",
    "winlogbeat",
    channel="Microsoft-Windows-PowerShell/Operational",
    systems=(WINDOWS,),
    categories=("process",),
    marks=("powershell.", "winlog."),
    beats=_BEATS,
    rows=_rows("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell", POWERSHELL_EVENTS),
    fields={**_fields(POWERSHELL_EVENTS, "Microsoft-Windows-PowerShell/Operational"), **_SCRIPT},
    lacks=(*_NO_DEFEND, "process.parent.", "process.args", "process.command_line", "process.hash"),
)
SYSTEM = _source("system.system", "System", "Service Control Manager", SYSTEM_EVENTS, (*_NO_DEFEND, "process."))
FORWARDED = _source("windows.forwarded", "Security", AUDITING, (*SECURITY_EVENTS, CLEARED), _NO_DEFEND)
WINDOWS_LOGS = (SECURITY, SYSMON_LOG, POWERSHELL, SYSTEM, FORWARDED)
"""In the order of preference."""
