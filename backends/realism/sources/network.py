"""What sees the network: packet capture, Zeek, Suricata, firewalls and web servers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .source import COMMON, RELATED, Make, Record, Source, always, number, one_of, rows_of

_ROWS = (
    {"event.category": "network", "event.type": "connection", "event.action": "network_flow"},
    {"event.category": "network", "event.type": "connection"},
    {"event.category": "network", "event.type": "start"},
    {"event.category": "network", "event.type": "protocol"},
)
_ALLOWED = (
    {"event.category": "network", "event.type": "allowed"},
    {"event.category": "network", "event.type": "denied"},
    {"event.category": "network", "event.type": "connection"},
    {"event.category": "network", "event.type": "start"},
)


def _mac(side: str) -> Make:
    """The machine's own, or that of the router to everything else."""

    def make(record: Record) -> Iterable[str]:
        address = record.value(f"{side}.ip")
        return () if address is None else (record.environment.mac if address == record.environment.address else "02-00-5E-10-00-01",)

    return make


def _total(record: Record) -> Iterable[int]:
    parts = [value for name in ("source.bytes", "destination.bytes") if isinstance(value := record.value(name), int)]
    return (sum(parts),) if len(parts) == 2 else ()


FLOW: Mapping[str, Make] = {
    **COMMON,
    "network.protocol": lambda record: [
        name for name, port in (("http", 80), ("tls", 443), ("dns", 53), ("ssh", 22)) if record.value("destination.port") == port
    ],
    "source.bytes": number(300, 90_000),
    "destination.bytes": number(300, 90_000),
    "network.bytes": _total,
    "source.packets": number(4, 200),
    "destination.packets": number(4, 200),
    "event.duration": number(10**6, 10**9),
    "source.address": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
    "destination.address": lambda record: (str(record.value("destination.ip")),) if record.has("destination.ip") else (),
    **RELATED,
}
_CAPTURED: Mapping[str, Make] = {
    **FLOW,
    "source.mac": _mac("source"),
    "destination.mac": _mac("destination"),
    "client.ip": lambda record: [record.value("source.ip")] if record.has("source.ip") else (),
    "server.ip": lambda record: [record.value("destination.ip")] if record.has("destination.ip") else (),
    "server.port": lambda record: [record.value("destination.port")] if record.has("destination.port") else (),
    "observer.hostname": always("sensor-01"),
}
_ZEEK: Mapping[str, Make] = {
    **FLOW,
    "zeek.session_id": lambda record: (f"{record.rng.getrandbits(128):032x}",),
    "zeek.connection.state": always("SF"),
    "zeek.connection.history": always("ShADadFf"),
    "observer.product": always("Zeek"),
    "observer.vendor": always("Zeek"),
    "observer.type": always("ids"),
}
_SURICATA: Mapping[str, Make] = {
    **FLOW,
    "suricata.eve.event_type": lambda record: ("alert", "flow") if record.text("event.kind") == "alert" else ("flow", "alert"),
    "suricata.eve.flow_id": lambda record: (str(record.rng.getrandbits(48)),),
    "observer.product": always("Suricata"),
    "observer.vendor": always("OISF"),
    "observer.type": always("ids"),
}


def _firewall(vendor: str, product: str) -> Mapping[str, Make]:
    return {
        **FLOW,
        "event.outcome": lambda record: ("failure",) if record.text("event.type") == "denied" else ("success",),
        "event.action": lambda record: ("deny", "drop") if record.text("event.type") == "denied" else ("accept", "allow"),
        "observer.type": always("firewall"),
        "observer.vendor": always(vendor),
        "observer.product": always(product),
        "observer.name": always("fw-edge-01"),
        "observer.ingress.zone": one_of("trust", "lan"),
        "observer.egress.zone": one_of("untrust", "wan"),
        "rule.name": one_of("allow-web", "allow-dns", "default"),
        "log.level": always("notice", "information"),
    }


_SEEN = ("network", "network_traffic", "web", "intrusion_detection")
_FILEBEAT, _PACKETBEAT = ("filebeat-8.17.0",), ("packetbeat-8.17.0",)
_PROTOCOLS = (
    "flow",
    "http",
    "dns",
    "icmp",
    "tls",
    "mysql",
    "pgsql",
    "redis",
    "mongodb",
    "memcached",
    "thrift",
    "rpc",
    "nfs",
    "amqp",
    "cassandra",
    "dhcpv4",
    "sip",
)
_ZEEK_LOGS = ("connection", "http", "dns", "ssl", "rdp", "smb_cmd", "smb_files", "smb_mapping", "dce_rpc", "irc", "ftp", "ssh", "notice")
CAPTURE = tuple(
    Source(
        f"network_traffic.{protocol}",
        "packetbeat",
        service="network",
        marks=(f"network_traffic.{protocol}.", *(("network_traffic.",) if protocol == "flow" else ())),
        beats=_PACKETBEAT,
        rows=rows_of(*_ROWS),
        categories=_SEEN,
        fields=_CAPTURED,
    )
    for protocol in _PROTOCOLS
)
SENSORS = (
    *(
        Source(
            f"zeek.{log}",
            service="network",
            marks=(f"zeek.{log}.", "zeek."),
            beats=_FILEBEAT,
            rows=rows_of(*_ROWS),
            categories=_SEEN,
            fields=_ZEEK,
        )
        for log in _ZEEK_LOGS
    ),
    *(
        Source(f"corelight.{log}", service="network", beats=_FILEBEAT, rows=rows_of(*_ROWS), categories=_SEEN, fields=_ZEEK)
        for log in ("conn", "dns", "http")
    ),
    Source(
        "suricata.eve", service="network", marks=("suricata.",), beats=_FILEBEAT, rows=rows_of(*_ROWS), categories=_SEEN, fields=_SURICATA
    ),
)
FIREWALLS = (
    Source(
        "panw.panos",
        service="network",
        marks=("panw.",),
        beats=_FILEBEAT,
        rows=rows_of(*_ALLOWED),
        categories=_SEEN,
        fields=_firewall("Palo Alto Networks", "PAN-OS"),
    ),
    Source(
        "fortinet_fortigate.log",
        service="fortinet",
        marks=("fortinet.",),
        beats=_FILEBEAT,
        rows=rows_of(*_ALLOWED),
        categories=_SEEN,
        fields=_firewall("Fortinet", "Fortigate"),
    ),
    Source("pfsense.log", service="network", rows=rows_of(*_ALLOWED), categories=_SEEN, fields=_firewall("netgate", "pfsense")),
    Source(
        "sonicwall_firewall.log", service="network", rows=rows_of(*_ALLOWED), categories=_SEEN, fields=_firewall("SonicWall", "Firewall")
    ),
    Source("cisco_ftd.log", service="network", rows=rows_of(*_ALLOWED), categories=_SEEN, fields=_firewall("Cisco", "ftd")),
    Source("iis.access", service="network", categories=_SEEN, fields=FLOW),
    Source("nginx.access", service="network", categories=_SEEN, fields=FLOW),
    Source("apache.access", service="network", categories=_SEEN, fields=FLOW),
    Source("apache_tomcat.access", service="network", categories=_SEEN, fields=FLOW),
    Source("traefik.access", service="network", categories=_SEEN, fields=FLOW),
)
