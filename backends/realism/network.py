"""What events are about: files, libraries, registry values, names and addresses on the network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from .assignment import Assignment, FieldValues
from .fill_patterns import Form
from .vocabulary import LABELS, NOUNS, PORTS, SITES

# -- the network ---------------------------------------------------------------------------------

_SERVER_PORTS = {port: (protocol, transport) for protocol, (transport, port) in reversed(PORTS.items())}


_ON_THE_WIRE = ("network", "fortinet")
"""Services that see packets; to the others, only who calls them matters."""
_CONNECTION = (
    "source.ip", "destination.ip", "source.port", "destination.port", "source.address", "destination.address",
    "network.type", "network.transport", "network.protocol", "network.direction",
)  # fmt: skip

_LOGONS = ("4624", "4625", "logged-in", "logon-failed")
"""What Windows calls them in its events: codes and actions."""


def settle_connection(draft: Assignment, event: int) -> None:
    """Addresses, ports, transport, protocol, direction."""
    if not any(draft.concerns(event, name) for name in _CONNECTION):
        return
    scene, rng = draft.scene, draft.rng
    action = draft.text(event, "event.action")
    web = draft.text(event, "event.category") == "web"
    # Who logs on to a machine comes from another one.
    logon = draft.text(event, "event.category") == "authentication" or draft.text(event, "event.code") in _LOGONS or action in _LOGONS
    incoming = (
        web or logon or draft.text(event, "network.direction") in ("ingress", "inbound", "incoming") or action == "connection_accepted"
    )
    if draft.text(event, "client.ip"):
        draft.offer(event, "source.ip", (draft.text(event, "client.ip"),))
    if draft.scene.service and draft.scene.service not in _ON_THE_WIRE and "source.ip" not in draft.drawer.identifying:
        draft.offer(event, "source.ip", (scene.peer,))
    near, far = ("destination", "source") if incoming else ("source", "destination")
    family = _address(draft, event, f"{far}.ip") if draft.asked(event, f"{far}.ip") else None
    own = [scene.address, f"192.168.1.{rng.randint(10, 200)}"]
    if family is not None and family.version == 6:
        own.insert(0, f"fd00::{rng.randint(1, 0xFFFF):x}")
    if f"{near}.ip" not in draft.drawer.identifying:
        draft.offer(event, f"{near}.ip", own)
    family = _address(draft, event, f"{near}.ip")
    peers = [scene.peer, f"10.{rng.randint(41, 60)}.{rng.randint(0, 20)}.{rng.randint(10, 250)}"]
    if family is not None and family.version == 6:
        peers.insert(0, f"2001:db8::{rng.randint(1, 0xFFFF):x}")
    if f"{far}.ip" not in draft.drawer.identifying:
        draft.offer(event, f"{far}.ip", peers)
    for side in ("source", "destination"):
        address = draft.value(event, f"{side}.ip")
        if address is not None:
            draft.offer(event, f"{side}.address", draft.options(event, f"{side}.address", (str(address),)))
    _ports(draft, event)
    addresses = [_address(draft, event, f"{side}.ip") for side in ("source", "destination")]
    known = [address for address in addresses if address is not None]
    if known:
        draft.offer(event, "network.type", ("ipv6" if known[0].version == 6 else "ipv4",))
    if len(known) == 2:
        inside = [_is_inside(address) for address in known]
        direction = {(True, False): "egress", (False, True): "ingress", (True, True): "internal"}.get((inside[0], inside[1]), "external")
        usual = [direction, {"egress": "outbound", "ingress": "inbound"}.get(direction, direction)]
        draft.offer(event, "network.direction", usual)
        said = (*usual, "outgoing" if direction == "egress" else "incoming")
        if draft.asked(event, "network.direction") and draft.text(event, "network.direction") not in said:
            draft.given_up.add("network.direction goes with the addresses")


def _address(draft: Assignment, event: int, name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(draft.text(event, name))
    except ValueError:
        return None


_DOCUMENTATION = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))


def _is_inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is of the own network; those of examples stand for the outside."""
    return address.is_private and not any(address in block for block in _DOCUMENTATION if block.version == address.version)


def _ports(draft: Assignment, event: int) -> None:
    rng = draft.rng
    protocol = draft.text(event, "network.protocol") if draft.asked(event, "network.protocol") else ""
    transport = draft.text(event, "network.transport") if draft.asked(event, "network.transport") else ""
    port = draft.value(event, "destination.port")
    choices: tuple[tuple[int, str, str], ...]
    dns = any(name.startswith("dns.") for number, name in draft.cells if number == event)
    if protocol in PORTS:
        usual_transport, usual_port = PORTS[protocol]
        choices = ((usual_port, usual_transport, protocol),)
    elif dns:
        choices = ((53, "udp", "dns"),)
    elif transport == "udp":
        choices = ((53, "udp", "dns"), (123, "udp", "ntp"))
    elif isinstance(port, int) and port in _SERVER_PORTS:
        choices = ((port, _SERVER_PORTS[port][1], _SERVER_PORTS[port][0]),)
    elif draft.text(event, "url.scheme") in PORTS:
        found, usual_transport = PORTS[draft.text(event, "url.scheme")][1], "tcp"
        choices = ((found, usual_transport, draft.text(event, "url.scheme").replace("https", "tls")),)
    else:
        found, usual_transport = rng.choice((443, 443, 80, 8080)), "tcp"
        choices = ((found, usual_transport, "http" if found in (80, 8080) else "tls"),)
    ports = [choice[0] for choice in choices if choice[0]]
    near = [port] if isinstance(port, int) and draft.asked(event, "destination.port") else []
    draft.offer(event, "destination.port", [*ports, *near, 8443, 8080, 22, 445, 4444])
    draft.offer(event, "network.transport", [choice[1] for choice in choices] + ["tcp", "udp"])
    settled = draft.value(event, "destination.port")
    usual = [choice[2] for choice in choices if choice[0] == settled or not choice[0]]
    draft.offer(event, "network.protocol", [*usual, "tls", "http", "dns"] if usual else ["tls", "http", "dns"])
    draft.offer(event, "source.port", [rng.randint(49152, 65535) for _ in range(3)])


def settle_names(draft: Assignment, event: int) -> None:
    """DNS questions, URLs and their parts, mail and web requests."""
    rng = draft.rng
    site = rng.choice(SITES)
    fresh = [f"{rng.choice(LABELS)}.{site}", site]
    if draft.concerns(event, "dns.question.name"):
        draft.settle(event, _questions(draft, event, fresh), "dns.question.registered_domain ends dns.question.name")
        draft.offer(event, "dns.question.type", ("A", "AAAA"))
    if any(name.startswith("url.") for number, name in draft.cells if number == event) or "url.full" in draft.adds[event]:
        draft.settle(event, _urls(draft, event, fresh), "url.full is made of its parts")
    for side in ("source", "destination"):
        if draft.cell(event, f"{side}.domain") is not None:
            draft.offer(event, f"{side}.domain", draft.options(event, f"{side}.domain", fresh, Form.DOMAIN))


def _questions(draft: Assignment, event: int, fresh: list[str]) -> Iterator[FieldValues]:
    for name in draft.options(event, "dns.question.name", fresh, Form.DOMAIN):
        labels = name.split(".")
        parts = {"dns.question.name": name, "dns.question.registered_domain": ".".join(labels[-2:])}
        if len(labels) > 1 and all(labels):
            yield {**parts, "dns.question.top_level_domain": labels[-1], "dns.question.subdomain": ".".join(labels[:-2]) or labels[0]}
        yield parts


def _urls(draft: Assignment, event: int, fresh: list[str]) -> Iterator[FieldValues]:
    rng = draft.rng
    domains = list(draft.options(event, "url.domain", fresh, Form.DOMAIN))
    page = rng.choice(NOUNS)
    paths = list(draft.options(event, "url.path", (f"/{page}", f"/files/{page}.html", "/"), Form.PATH))
    extensions = list(draft.options(event, "url.extension", ())) if draft.cell(event, "url.extension") is not None else []
    if extensions and not draft.asked(event, "url.path"):
        paths = [f"/files/{page}.{extension}" for extension in extensions]
    queries = list(draft.options(event, "url.query", ("id=17",))) if draft.cell(event, "url.query") is not None else [""]
    for domain in domains:
        for path in paths:
            for query in queries:
                for scheme in ("https", "http"):
                    rest = f"{path}?{query}" if query else path
                    parts: dict[str, object] = {"url.scheme": scheme, "url.domain": domain, "url.path": path}
                    parts["url.full"] = f"{scheme}://{domain}{rest}"
                    parts["url.original"] = rest
                    if query:
                        parts["url.query"] = query
                    end = path.rpartition("/")[2]
                    if "." in end:
                        parts["url.extension"] = end.rpartition(".")[2]
                    yield parts
