"""What events are about: files, libraries, registry values, names and addresses on the network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from .assignment import Assignment, Draft
from .fill_patterns import Form
from .known_programs import FILE_DIRECTORIES
from .processes import directory_of, in_directory, last_part
from .vocabulary import EXTENSIONS, LABELS, NOUNS, PORTS, PRODUCTS, SERVICES, SITES, STEMS, VENDORS, WINDOWS

FILE_ROLES = ("file", "dll", "file.Ext.original")


def settle_file(draft: Draft, event: int, role: str) -> None:
    """Path, directory, name and extension of a file."""
    path, name, extension, directory = (f"{role}.{part}" for part in ("path", "name", "extension", "directory"))
    if not any(draft.concerns(event, each) for each in (path, name, extension)):
        return
    draft.settle(event, _files(draft, event, role, path, name, extension, directory), f"{path} ends with {name}")


def _files(draft: Draft, event: int, role: str, path: str, name: str, extension: str, directory: str) -> Iterator[Assignment]:
    scene, rng = draft.scene, draft.rng
    usual = list(draft.options(event, extension, rng.sample(EXTENSIONS[scene.os], 3)))
    if role == "dll":
        usual = ["dll" if scene.os == WINDOWS else "so"]
    stems = [rng.choice(STEMS if role == "dll" else NOUNS) for _ in range(3)]
    key = path if path in draft.drawer.lengthy else name
    fresh = [draft.rare(key, f"{stem}.{each}" if each else stem) for each in usual[:3] for stem in stems]
    names = list(draft.options(event, name, fresh, Form.NAME))

    if draft.asked(event, extension) and draft.asked(event, name):
        names = [f"{each.rpartition('.')[0] or each}.{usual[0]}" for each in names] + names
    names = list(dict.fromkeys(each for each in names if draft.fits(event, name, each)))[:8]

    def whole(found: str) -> Assignment:
        end = last_part(found)
        suffix = end.rpartition(".")[2] if "." in end[1:] else None
        parts = {path: found, name: end, directory: directory_of(found)}
        return {**parts, extension: suffix} if suffix else parts

    places = [each.replace("{user}", scene.user) for each in FILE_DIRECTORIES[scene.os]]
    rng.shuffle(places)
    if draft.asked(event, directory):
        places = list(draft.options(event, directory, places, Form.PATH))
    if not draft.asked(event, path):
        for each in names:
            for place in places:
                yield whole(in_directory(place, each, scene))
        return
    if not draft.asked(event, name) and not draft.asked(event, extension):
        for found in draft.options(event, path, (), Form.PATH):
            yield whole(found)
    for each in names:
        for found in draft.options(event, path, [in_directory(place, each, scene) for place in places[:3]], Form.PATH, each):
            if last_part(found) == each:
                yield whole(found)
    for found in draft.options(event, path, (), Form.PATH):
        yield whole(found)


_HIVES = {
    "HKLM": "HKLM", "HKEY_LOCAL_MACHINE": "HKLM", "HKU": "HKEY_USERS", "HKEY_USERS": "HKEY_USERS", "HKCU": "HKCU",
    "HKEY_CURRENT_USER": "HKCU", "HKCR": "HKCR", "HKEY_CLASSES_ROOT": "HKCR",
}  # fmt: skip


def settle_registry(draft: Draft, event: int) -> None:
    """Hive, key, value and path of a registry entry."""
    if not any(draft.concerns(event, f"registry.{part}") for part in ("path", "key", "value", "hive", "data.strings")):
        return
    draft.settle(event, _entries(draft, event), "registry.path is hive, key and value")
    draft.offer(event, "registry.data.type", ("REG_SZ", "REG_DWORD"))


def _entries(draft: Draft, event: int) -> Iterator[Assignment]:
    rng = draft.rng

    def whole(found: str) -> Assignment:
        rest = found.removeprefix("\\REGISTRY\\")
        hive, _, below = rest.partition("\\")
        hive = {"MACHINE": "HKLM", "USER": "HKEY_USERS"}.get(hive.upper(), hive)
        key, _, value = below.rpartition("\\")
        parts = {"registry.path": found, "registry.key": key, "registry.value": value}
        return {**parts, "registry.hive": _HIVES[hive.upper()]} if hive.upper() in _HIVES else parts

    vendor, service = rng.choice(VENDORS), rng.choice(SERVICES)
    values = list(draft.options(event, "registry.value", ("Start", "ImagePath", service, rng.choice(PRODUCTS), "Enabled"), Form.NAME))
    keys = [
        rf"SOFTWARE\{vendor}\{rng.choice(PRODUCTS)}",
        rf"SYSTEM\CurrentControlSet\Services\{service}",
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Run",
    ]
    if draft.asked(event, "registry.key"):
        keys = list(draft.options(event, "registry.key", (), Form.REGISTRY))
    if not draft.asked(event, "registry.path"):
        for key in keys:
            for value in values:
                yield whole(rf"HKLM\{key}\{value}")
        return
    if not draft.asked(event, "registry.value"):
        for found in draft.options(event, "registry.path", (), Form.REGISTRY):
            yield whole(found)
    for value in values:
        for found in draft.options(event, "registry.path", (), Form.REGISTRY, value):
            yield whole(found)


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


def settle_connection(draft: Draft, event: int) -> None:
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
    if draft.scene.service and draft.scene.service not in _ON_THE_WIRE and "source.ip" not in draft.drawer.lengthy:
        draft.offer(event, "source.ip", (scene.peer,))
    near, far = ("destination", "source") if incoming else ("source", "destination")
    family = _address(draft, event, f"{far}.ip") if draft.asked(event, f"{far}.ip") else None
    own = [scene.address, f"192.168.1.{rng.randint(10, 200)}"]
    if family is not None and family.version == 6:
        own.insert(0, f"fd00::{rng.randint(1, 0xFFFF):x}")
    if f"{near}.ip" not in draft.drawer.lengthy:
        draft.offer(event, f"{near}.ip", own)
    family = _address(draft, event, f"{near}.ip")
    peers = [scene.peer, f"10.{rng.randint(41, 60)}.{rng.randint(0, 20)}.{rng.randint(10, 250)}"]
    if family is not None and family.version == 6:
        peers.insert(0, f"2001:db8::{rng.randint(1, 0xFFFF):x}")
    if f"{far}.ip" not in draft.drawer.lengthy:
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


def _address(draft: Draft, event: int, name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(draft.text(event, name))
    except ValueError:
        return None


_DOCUMENTATION = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))


def _is_inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is of the own network; those of examples stand for the outside."""
    return address.is_private and not any(address in block for block in _DOCUMENTATION if block.version == address.version)


def _ports(draft: Draft, event: int) -> None:
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


def settle_names(draft: Draft, event: int) -> None:
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


def _questions(draft: Draft, event: int, fresh: list[str]) -> Iterator[Assignment]:
    for name in draft.options(event, "dns.question.name", fresh, Form.DOMAIN):
        labels = name.split(".")
        parts = {"dns.question.name": name, "dns.question.registered_domain": ".".join(labels[-2:])}
        if len(labels) > 1 and all(labels):
            yield {**parts, "dns.question.top_level_domain": labels[-1], "dns.question.subdomain": ".".join(labels[:-2]) or labels[0]}
        yield parts


def _urls(draft: Draft, event: int, fresh: list[str]) -> Iterator[Assignment]:
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
