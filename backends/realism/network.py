"""Realistic network values: addresses, ports, DNS names, URLs, mail and web requests."""

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


def settle_connection(assignment: Assignment, event: int) -> None:
    """Addresses, ports, transport, protocol, direction."""
    if not any(assignment.concerns(event, name) for name in _CONNECTION):
        return
    environment, rng = assignment.environment, assignment.rng
    action = assignment.text(event, "event.action")
    web = assignment.text(event, "event.category") == "web"
    # Who logs on to a machine comes from another one.
    logon = (
        assignment.text(event, "event.category") == "authentication" or assignment.text(event, "event.code") in _LOGONS or action in _LOGONS
    )
    incoming = (
        web or logon or assignment.text(event, "network.direction") in ("ingress", "inbound", "incoming") or action == "connection_accepted"
    )
    if assignment.text(event, "client.ip"):
        assignment.offer(event, "source.ip", (assignment.text(event, "client.ip"),))
    if (
        assignment.environment.service
        and assignment.environment.service not in _ON_THE_WIRE
        and "source.ip" not in assignment.drawer.identifying
    ):
        assignment.offer(event, "source.ip", (environment.peer,))
    near, far = ("destination", "source") if incoming else ("source", "destination")
    _one_family(assignment, event, near, far)
    family = _address(assignment, event, f"{far}.ip") if assignment.asked(event, f"{far}.ip") else None
    own = [environment.address, f"192.168.1.{rng.randint(10, 200)}"]
    if family is not None and family.version == 6:
        own.insert(0, f"fd00::{rng.randint(1, 0xFFFF):x}")
    if f"{near}.ip" not in assignment.drawer.identifying:
        assignment.offer(event, f"{near}.ip", own)
    family = _address(assignment, event, f"{near}.ip")
    peers = [environment.peer, f"10.{rng.randint(41, 60)}.{rng.randint(0, 20)}.{rng.randint(10, 250)}"]
    if family is not None and family.version == 6:
        peers.insert(0, f"2001:db8::{rng.randint(1, 0xFFFF):x}")
    if f"{far}.ip" not in assignment.drawer.identifying:
        assignment.offer(event, f"{far}.ip", peers)
    for side in ("source", "destination"):
        address = assignment.value(event, f"{side}.ip")
        if address is not None:
            assignment.offer(event, f"{side}.address", assignment.options(event, f"{side}.address", (str(address),)))
    _ports(assignment, event)
    addresses = [_address(assignment, event, f"{side}.ip") for side in ("source", "destination")]
    known = [address for address in addresses if address is not None]
    if known:
        assignment.offer(event, "network.type", ("ipv6" if known[0].version == 6 else "ipv4",))
    if len(known) == 2:
        inside = [_is_inside(address) for address in known]
        direction = {(True, False): "egress", (False, True): "ingress", (True, True): "internal"}.get((inside[0], inside[1]), "external")
        usual = [direction, {"egress": "outbound", "ingress": "inbound"}.get(direction, direction)]
        assignment.offer(event, "network.direction", usual)
        said = (*usual, "outgoing" if direction == "egress" else "incoming")
        if assignment.asked(event, "network.direction") and assignment.text(event, "network.direction") not in said:
            assignment.given_up.add("network.direction goes with the addresses")


def _one_family(assignment: Assignment, event: int, near: str, far: str) -> None:
    """Addresses that were each drawn from a list of their own: one follows the other where its list has that family."""
    own = [_address(assignment, event, f"{side}.ip") for side in (near, far)]
    if own[0] is None or own[1] is None or own[0].version == own[1].version:
        return
    others = {4: ("10.20.8.14", "192.168.1.40", "198.51.100.23"), 6: ("fd00::24", "2001:db8::24")}
    for side, other in ((near, own[1]), (far, own[0])):
        for address in others[other.version]:
            if assignment.may_take_over(event, f"{side}.ip", address):
                assignment.take_over(event, {f"{side}.ip": address})
                return


def _address(assignment: Assignment, event: int, name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(assignment.text(event, name))
    except ValueError:
        return None


_DOCUMENTATION = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))


def _is_inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is of the own network; those of examples stand for the outside."""
    return address.is_private and not any(address in block for block in _DOCUMENTATION if block.version == address.version)


def _ports(assignment: Assignment, event: int) -> None:
    rng = assignment.rng
    protocol = assignment.text(event, "network.protocol") if assignment.asked(event, "network.protocol") else ""
    transport = assignment.text(event, "network.transport") if assignment.asked(event, "network.transport") else ""
    port = assignment.value(event, "destination.port")
    choices: tuple[tuple[int, str, str], ...]
    dns = any(name.startswith("dns.") for number, name in assignment.cells if number == event)
    if protocol in PORTS:
        usual_transport, usual_port = PORTS[protocol]
        choices = ((usual_port, usual_transport, protocol),)
    elif dns:
        choices = ((53, "udp", "dns"),)
    elif transport == "udp":
        choices = ((53, "udp", "dns"), (123, "udp", "ntp"))
    elif isinstance(port, int) and port in _SERVER_PORTS:
        choices = ((port, _SERVER_PORTS[port][1], _SERVER_PORTS[port][0]),)
    elif assignment.text(event, "url.scheme") in PORTS:
        port, usual_transport = PORTS[assignment.text(event, "url.scheme")][1], "tcp"
        choices = ((port, usual_transport, assignment.text(event, "url.scheme").replace("https", "tls")),)
    else:
        port, usual_transport = rng.choice((443, 443, 80, 8080)), "tcp"
        choices = ((port, usual_transport, "http" if port in (80, 8080) else "tls"),)
    ports = [choice[0] for choice in choices if choice[0]]
    near = [port] if isinstance(port, int) and assignment.asked(event, "destination.port") else []
    assignment.offer(event, "destination.port", [*ports, *near, 8443, 8080, 22, 445, 4444])
    assignment.offer(event, "network.transport", [choice[1] for choice in choices] + ["tcp", "udp"])
    settled = assignment.value(event, "destination.port")
    usual = [choice[2] for choice in choices if choice[0] == settled or not choice[0]]
    assignment.offer(event, "network.protocol", [*usual, "tls", "http", "dns"] if assignment.asked(event, "network.protocol") else usual)
    assignment.offer(event, "source.port", [rng.randint(49152, 65535) for _ in range(3)])


def settle_names(assignment: Assignment, event: int) -> None:
    """DNS questions, URLs and their parts, mail and web requests."""
    rng = assignment.rng
    site = rng.choice(SITES)
    fresh = [f"{rng.choice(LABELS)}.{site}", site]
    if assignment.concerns(event, "dns.question.name"):
        assignment.settle(event, _questions(assignment, event, fresh), "dns.question.registered_domain ends dns.question.name")
        assignment.offer(event, "dns.question.type", ("A", "AAAA"))
    if any(name.startswith("url.") for number, name in assignment.cells if number == event) or "url.full" in assignment.adds[event]:
        assignment.settle(event, _urls(assignment, event, fresh), "url.full is made of its parts")
    for side in ("source", "destination"):
        if assignment.cell(event, f"{side}.domain") is not None:
            assignment.offer(event, f"{side}.domain", assignment.options(event, f"{side}.domain", fresh, Form.DOMAIN))


def _questions(assignment: Assignment, event: int, fresh: list[str]) -> Iterator[FieldValues]:
    for name in assignment.options(event, "dns.question.name", fresh, Form.DOMAIN):
        labels = name.split(".")
        parts = {"dns.question.name": name, "dns.question.registered_domain": ".".join(labels[-2:])}
        if len(labels) > 1 and all(labels):
            yield {**parts, "dns.question.top_level_domain": labels[-1], "dns.question.subdomain": ".".join(labels[:-2]) or labels[0]}
        yield parts


def _urls(assignment: Assignment, event: int, fresh: list[str]) -> Iterator[FieldValues]:
    rng = assignment.rng
    domains = list(assignment.options(event, "url.domain", fresh, Form.DOMAIN))
    page = rng.choice(NOUNS)
    paths = list(assignment.options(event, "url.path", (f"/{page}", f"/files/{page}.html", "/"), Form.PATH))
    extensions = list(assignment.options(event, "url.extension", ())) if assignment.cell(event, "url.extension") is not None else []
    if extensions and not assignment.asked(event, "url.path"):
        paths = [f"/files/{page}.{extension}" for extension in extensions]
    queries = list(assignment.options(event, "url.query", ("id=17",))) if assignment.cell(event, "url.query") is not None else [""]
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
