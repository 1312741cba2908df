"""Elastic Defend on Windows, Linux and macOS, and other agents that watch a machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ..vocabulary import LINUX, MACOS, WINDOWS
from .source import COMMON, RELATED, Make, Record, Row, Source, always, number, rows_of

_ALL = (WINDOWS, LINUX, MACOS)


def _row(category: str, type_: str, *actions: str) -> tuple[Row, ...]:
    return tuple({"event.category": category, "event.type": type_, "event.action": action} for action in actions)


_PROCESS = (
    *_row("process", "start", "start", "exec", "fork"),
    *_row("process", "end", "end"),
    *_row("process", "change", "uid_change", "gid_change", "session_id_change", "already_running"),
)
_FILE = (
    *_row("file", "creation", "creation"),
    *_row("file", "change", "modification", "overwrite", "rename", "extended_attributes_delete"),
    *_row("file", "deletion", "deletion"),
    *_row("file", "access", "open"),
    *_row("file", "creation", "launch_daemon"),
)
_REGISTRY = (
    *_row("registry", "change", "modification"),
    *_row("registry", "creation", "creation"),
    *_row("registry", "deletion", "deletion"),
    *_row("registry", "access", "query"),
)
_NETWORK = (
    *_row("network", "start", "connection_attempted", "connection_accepted", "lookup_requested", "ipv4_connection_attempt_event"),
    *_row("network", "end", "disconnect_received"),
    *_row("network", "info", "lookup_result"),
    *_row("network", "connection", "connection_attempted"),
)


def _process_rows(record: Record) -> Iterable[Row]:
    """On Windows a process starts; elsewhere a program is executed."""
    first = "start" if record.environment.os == WINDOWS else "exec"
    return sorted(_PROCESS, key=lambda row: row["event.action"] != first)


def _dns_first(record: Record) -> Iterable[Row]:
    asked = any(name.startswith("dns.") for number, name in record.assignment.cells if number == record.event)
    return sorted(_NETWORK, key=lambda row: (row["event.action"] != "lookup_requested") if asked else 0)


def _signed(record: Record) -> bool:
    return record.text("process.executable").lower().startswith(("c:\\windows\\", "c:\\program files"))


def _vendor(record: Record, path: str) -> str:
    return "Microsoft Windows" if path.lower().startswith("c:\\windows\\") else "Microsoft Corporation"


def on(*systems: str) -> Callable[[Make], Make]:
    """Only on these systems."""
    return lambda make: lambda record: make(record) if record.environment.os in systems else ()


def signature_of(role: str, path: str) -> Mapping[str, Make]:
    """Exists, subject, trust and status of a signature, which say the same."""
    prefix = f"{role}.code_signature"

    def exists(record: Record) -> Iterable[bool]:
        said = [name for name in ("subject_name", "trusted", "status", "valid") if record.has(f"{prefix}.{name}")]
        trusted = record.value(f"{prefix}.trusted")
        decided = bool(said) and not (trusted is False and len(said) == 1)
        where = record.text(path).lower()
        signed = decided or where.startswith(("c:\\windows\\", "c:\\program files", "/system/", "/usr/", "/applications/"))
        return (signed, not signed)

    def trusted(record: Record) -> Iterable[bool]:
        if record.value(f"{prefix}.exists") is False:
            return (False,) if record.has(f"{prefix}.trusted") else ()
        return (False, True) if record.text(f"{prefix}.status").startswith("error") else (True, False)

    def status(record: Record) -> Iterable[str]:
        if record.value(f"{prefix}.exists") is False:
            return ("noSignature",) if record.has(f"{prefix}.status") else ()
        return ("trusted",) if record.value(f"{prefix}.trusted") else ("errorBadDigest", "errorUntrustedRoot", "errorExpired")

    def subject(record: Record) -> Iterable[str]:
        if record.value(f"{prefix}.exists") is False:
            return ()
        if record.environment.os == MACOS:
            return ("Software Signing",)
        return (_vendor(record, record.text(path)), "Microsoft Corporation", "Example Software Ltd")

    return {f"{prefix}.exists": exists, f"{prefix}.trusted": trusted, f"{prefix}.status": status, f"{prefix}.subject_name": subject}


def _on_windows(fields: Mapping[str, Make]) -> dict[str, Make]:
    return {name: on(WINDOWS, MACOS)(make) for name, make in fields.items()}


def _level(record: Record) -> Iterable[str]:
    return ("system", "high", "medium") if record.text("user.id") == "S-1-5-18" else ("medium", "high", "system", "low")


def _variant(record: Record) -> Iterable[str]:
    return (record.text("host.os.name"),) if record.text("host.os.name") else ()


def _elsewhere(record: Record) -> Iterable[str]:
    """Nothing: other parts of the style choose the value."""
    return ()


MACHINE: Mapping[str, Make] = {
    **COMMON,
    "event.agent_id_status": always("verified"),
    "event.sequence": number(10_000, 900_000),
    "host.hostname": lambda record: (record.text("host.name"),) if record.text("host.name") else (),
    "host.architecture": lambda record: ("arm64", "x86_64") if record.environment.os == MACOS else ("x86_64", "arm64"),
    "host.mac": _elsewhere,
    "host.os.full": _elsewhere,
    "host.os.platform": _elsewhere,
    **RELATED,
    "related.hosts": lambda record: [(record.text("host.name"),)] if record.text("host.name") else (),
}
"""Fields of every event that Elastic Defend sends."""

_EXECUTED: Mapping[str, Make] = {
    **MACHINE,
    **_on_windows(signature_of("process", "process.executable")),
    "process.pe.original_file_name": on(WINDOWS)(lambda record: (record.text("process.name"),) if record.text("process.name") else ()),
    "process.Ext.token.integrity_level_name": on(WINDOWS)(_level),
    "process.Ext.authentication_id": on(WINDOWS)(
        lambda record: ("0x3e7",) if record.text("user.id") == "S-1-5-18" else (f"0x{record.rng.getrandbits(24):x}",)
    ),
    "process.hash.md5": _elsewhere,
    "process.hash.sha1": _elsewhere,
    "process.interactive": on(LINUX)(always(True, False)),
    "group.id": on(LINUX, MACOS)(lambda record: (record.text("user.id"),) if record.text("user.id") else ()),
    "group.name": on(LINUX, MACOS)(lambda record: (record.text("user.name"),) if record.text("user.name") else ()),
}


def _message(text: str) -> Mapping[str, Make]:
    return {"message": always(text)}


_BEATS = ("endgame-8.17.0",)
DEFEND = (
    Source(
        "endpoint.events.process",
        "endpoint",
        systems=_ALL,
        categories=("process",),
        rows=_process_rows,
        beats=_BEATS,
        fields={**_EXECUTED, **_message("Endpoint process event")},
    ),
    Source(
        "endpoint.events.file",
        "endpoint",
        systems=_ALL,
        categories=("file",),
        rows=rows_of(*_FILE),
        beats=_BEATS,
        fields={
            **MACHINE,
            **_on_windows(signature_of("process", "process.executable")),
            **_message("Endpoint file event"),
            "file.size": number(800, 900_000),
        },
    ),
    Source(
        "endpoint.events.registry",
        "endpoint",
        systems=(WINDOWS,),
        categories=("registry",),
        rows=rows_of(*_REGISTRY),
        fields={
            **MACHINE,
            **_on_windows(signature_of("process", "process.executable")),
            "registry.data.type": always("REG_SZ", "REG_DWORD"),
            "registry.data.strings": lambda record: (
                ("0x00000001",) if record.text("registry.data.type") == "REG_DWORD" else (r"C:\ProgramData\Meridian\agent.exe", "enabled")
            ),
            **_message("Endpoint registry event"),
        },
        beats=_BEATS,
    ),
    Source(
        "endpoint.events.network",
        "endpoint",
        systems=_ALL,
        categories=("network",),
        rows=_dns_first,
        beats=_BEATS,
        fields={**MACHINE, **_message("Endpoint network event")},
    ),
    Source(
        "endpoint.events.library",
        "endpoint",
        systems=(WINDOWS, MACOS),
        categories=("library", "driver"),
        beats=_BEATS,
        rows=rows_of(*_row("library", "start", "load"), *_row("driver", "start", "load")),
        fields={
            **MACHINE,
            **signature_of("dll", "dll.path"),
            **_on_windows(signature_of("process", "process.executable")),
            "dll.pe.original_file_name": lambda record: (record.text("dll.name"),) if record.text("dll.name") else (),
            **_message("Endpoint DLL load event"),
        },
    ),
    Source(
        "endpoint.events.security",
        "endpoint",
        systems=_ALL,
        categories=("authentication", "session"),
        beats=_BEATS,
        rows=rows_of(*_row("authentication", "start", "log_on", "logged-in"), *_row("session", "end", "log_off")),
        fields={**MACHINE, "event.outcome": always("success", "failure"), **_message("Endpoint security event")},
    ),
    Source(
        "endpoint.events.api",
        "endpoint",
        systems=(WINDOWS,),
        categories=("api", "intrusion_detection"),
        beats=_BEATS,
        rows=rows_of({"event.category": "api", "event.type": "change"}, {"event.category": "api", "event.type": "start"}),
        fields={**_EXECUTED, **_message("Endpoint API event")},
        marks=("process.Ext.api.",),
    ),
    Source(
        "endpoint.alerts",
        "endpoint",
        systems=_ALL,
        categories=("malware", "intrusion_detection"),
        beats=_BEATS,
        rows=rows_of(
            {
                "event.kind": "alert",
                "event.code": "malicious_file",
                "event.action": "execution",
                "event.category": "malware",
                "event.type": "info",
            },
            {
                "event.kind": "alert",
                "event.code": "behavior",
                "event.action": "rule_detection",
                "event.category": "malware",
                "event.type": "info",
            },
        ),
        fields={
            **_EXECUTED,
            "event.severity": number(21, 99),
            "event.outcome": lambda record: ("failure",) if record.text("event.type") == "denied" else ("success",),
            **_message("Malware Detection Alert"),
        },
    ),
)
"""Elastic Defend, by the category of the event."""

_RIVAL: Mapping[str, Make] = {**COMMON, **RELATED, "host.hostname": MACHINE["host.hostname"]}


def _rivals() -> tuple[Source, ...]:
    kinds = (("process", _PROCESS), ("file", _FILE), ("registry", _REGISTRY), ("network", _NETWORK))
    named = (("crowdstrike.fdr", ""), ("m365_defender.event", ""), ("sentinel_one_cloud_funnel.event", ""))
    return tuple(
        Source(dataset, "filebeat", systems=_ALL, categories=(category,), rows=rows_of(*rows), fields=_RIVAL)
        for dataset, _ in named
        for category, rows in kinds
    )


_BLOCKS = (
    {"event.kind": "alert", "event.category": "malware", "event.type": "info"},
    {"event.kind": "event", "event.category": "process", "event.type": "start"},
)
ENDGAME = Source(
    "",
    "endpoint",
    systems=_ALL,
    marks=("endgame.",),
    beats=("endgame-8.17.0",),
    module="endgame",
    rows=rows_of(*_BLOCKS),
    fields={
        **{name: make for name, make in _EXECUTED.items() if not name.startswith("data_stream.")},
        "endgame.event_type_full": always("process_event"),
        "endgame.event_subtype_full": always("creation_event"),
        "event.severity": number(21, 99),
    },
)
"""Elastic Endgame, which writes to indices of its own."""

RIVALS = _rivals()
"""Agents of other vendors whose events integrations read."""

CONTAINERS = (
    Source(
        "cloud_defend.process",
        "cloud-defend",
        systems=(LINUX,),
        categories=("process",),
        rows=rows_of(*_row("process", "start", "exec", "fork"), *_row("process", "end", "end")),
        fields={
            **_EXECUTED,
            "container.id": lambda record: (f"{record.rng.getrandbits(256):064x}",),
            "container.image.name": always("registry.example.com/orders:1.4"),
            "orchestrator.namespace": always("default", "production"),
            "orchestrator.resource.name": lambda record: (f"orders-{record.rng.getrandbits(36):09x}",),
            "cloud.provider": always("aws", "gcp"),
        },
    ),
    Source(
        "cloud_defend.file",
        "cloud-defend",
        systems=(LINUX,),
        categories=("file",),
        rows=rows_of(*_FILE),
        fields={
            **MACHINE,
            "container.image.name": always("registry.example.com/orders:1.4"),
            "orchestrator.namespace": always("default", "production"),
            "orchestrator.resource.name": lambda record: (f"orders-{record.rng.getrandbits(36):09x}",),
            "cloud.provider": always("aws", "gcp"),
        },
    ),
    Source("cloud_defend.alerts", "cloud-defend", systems=(LINUX,), rows=rows_of(*_PROCESS), fields=_EXECUTED),
)
"""Elastic Defend for Containers."""
