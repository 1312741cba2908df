"""Population: draws the hosts, users and networks of a world from its seed, around those that a world file lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import ip_network
from random import Random
from typing import Any

from .vocabulary import HOST_STEMS, LINUX, MACOS, MAIL_DOMAIN, REGIONS, SERVERS, SERVICE_USERS, UNITS, WINDOWS
from .world import DEFAULT_SIZE, NAMES, SYSTEMS, Account, Host, System, World, host_of, person_name


@dataclass(frozen=True, slots=True)
class ListedHost:
    """A host of a world file; what it leaves open is drawn."""

    name: str
    os: str = ""
    role: str = ""
    version: str = ""
    address: str = ""
    id: str = ""
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedUser:
    """A user of a world file; what it leaves open is drawn."""

    name: str
    full_name: str = ""
    mail: str = ""
    domain: str = ""
    group: str = ""
    sid: str = ""
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """What the user says about a world; everything else is drawn.

    Attributes:
        size: the number of hosts, and of users; None for those that are listed, or if none are the usual number.
        hosts, users: those that it must have.
        naming: patterns of names, by what they name: ``workstation``, ``server``, ``domain-controller``, ``unix``, ``mac``, ``user``.
        domain, dns_domain, mail_domain, time_zone: of the organisation.
        internal, external: networks, in CIDR notation.
        resolver: the address of the name server.
        accounts, projects, regions: of the clouds.
        pools: values to prefer, by field.
    """

    size: int | None = None
    hosts: tuple[ListedHost, ...] = ()
    users: tuple[ListedUser, ...] = ()
    naming: Mapping[str, str] = field(default_factory=dict)
    domain: str = "CORP"
    dns_domain: str = "corp.example.com"
    mail_domain: str = MAIL_DOMAIN
    time_zone: str = "UTC"
    internal: tuple[str, ...] = ("10.1.0.0/20", "10.2.0.0/20", "10.20.0.0/16")
    external: tuple[str, ...] = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
    resolver: str = "10.0.0.53"
    accounts: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    regions: tuple[str, ...] = REGIONS
    pools: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def count(self, listed: Sequence[object]) -> int:
        """How many hosts or users there are, given those that are listed."""
        return max(len(listed), (len(listed) or DEFAULT_SIZE) if self.size is None else self.size)


NAMING = {
    "workstation": "ws-{unit}{n:02}",
    "server": "srv-{unit}{n:02}",
    "domain-controller": "dc{n:02}",
    "unix": "{unit}-{n:02}",
    "mac": "mac-{unit}-{n:02}",
    "user": "{first}.{last}",
}
"""The usual patterns of names. ``unit`` is a department or what a server serves, ``n`` a number."""

_ROLES = (
    *(["workstation"] * 9), *(["server"] * 3), "domain-controller", *(["unix"] * 5), *(["mac"] * 2),
)  # fmt: skip
"""The kinds of hosts, each as often as its share."""

OF_ROLE = {"workstation": WINDOWS, "server": WINDOWS, "domain-controller": WINDOWS, "unix": LINUX, "mac": MACOS}
_UNITS = {"workstation": UNITS, "server": SERVERS, "unix": HOST_STEMS, "mac": UNITS}
_PEERS = 48
_TRIES = 40
_MOST_TRIES = 400
_SPARE = (ip_network("10.64.0.0/10"),)
"""Where hosts are that find no place in the networks of the organisation."""


def draw_world(seed: object, outline: Outline | None = None) -> World:
    """Draw a world.

    Args:
        seed: the run's seed; the same seed and outline give the same world.
        outline: what is given of it.
    """
    outline = outline or Outline()
    key = f"{seed}|world"
    rng = Random(key)
    domain_sid = "-".join(("S-1-5-21", *(str(rng.randint(10**8, 2**31)) for _ in range(3))))
    people = tuple(_people(outline, domain_sid, rng))
    hosts = tuple(_hosts(outline, key, rng))
    by_name = {person.name: place for place, person in enumerate(people)}
    listed = {host.name: [by_name[user] for user in host.users if user in by_name] for host in outline.hosts}
    logons = tuple(tuple(listed.get(host.name) or _users_of(host, len(people), rng)) for host in hosts)
    networks = [ip_network(network) for network in outline.external]
    peers = dict.fromkeys(_address(rng.choice(networks), rng) for _ in range(_PEERS))
    return World(
        key=key,
        hosts=hosts,
        people=people,
        logons=logons,
        domain=outline.domain,
        dns_domain=outline.dns_domain,
        mail_domain=outline.mail_domain,
        domain_sid=domain_sid,
        peers=tuple(peers),
        resolver=outline.resolver,
        accounts=outline.accounts or tuple(str(rng.randint(10**11, 10**12 - 1)) for _ in range(3)),
        projects=outline.projects or tuple(f"example-{word}" for word in ("production", "staging", "data")),
        regions=outline.regions,
        time_zone=outline.time_zone,
        pools=outline.pools,
    )


@lru_cache(maxsize=4)
def usual_world(seed: object) -> World:
    """The world of a seed of which nothing is given."""
    return draw_world(seed)


def _people(outline: Outline, domain_sid: str, rng: Random) -> Iterator[Account]:
    taken = set()
    for place, listed in enumerate(outline.users):
        taken.add(listed.name)
        yield _account(outline, listed, domain_sid, place)
    pattern = outline.naming.get("user", NAMING["user"])
    services = [ListedUser(name, full_name=name, group="Service Accounts") for name in SERVICE_USERS]
    for place in range(len(outline.users), outline.count(outline.users)):
        serves = not outline.users and place % 12 == 11 and bool(services)
        listed = services.pop(0) if serves else ListedUser(_unused_name(pattern, taken, rng))
        taken.add(listed.name)
        yield _account(outline, listed, domain_sid, place)


def _unused_name(pattern: str, taken: Collection[str], rng: Random) -> str:
    """A name after a pattern: without an initial while there are such names."""
    for attempt in range(_TRIES):
        first, *_, last = person_name(rng.randrange(NAMES)).split(".")
        if attempt >= _TRIES // 4:
            first = f"{first}.{rng.choice('abcdefghijklmnoprstuvw')}"
        name = pattern.format(first=first, last=last, f=first[0], l=last[0])
        if name not in taken:
            return name
    return f"{pattern.format(first=first, last=last, f=first[0], l=last[0])}{len(taken)}"


def _account(outline: Outline, listed: ListedUser, domain_sid: str, place: int) -> Account:
    local = listed.name.replace(" ", ".").lower()
    return Account(
        name=listed.name,
        full_name=listed.full_name or " ".join(part.title() for part in local.split(".")),
        mail=listed.mail or f"{local}@{outline.mail_domain}",
        domain=listed.domain or outline.domain,
        group=listed.group or "Domain Users",
        sid=listed.sid or f"{domain_sid}-{1104 + place}",
        uid=listed.uid or str(20_001 + place),
    )


def _hosts(outline: Outline, key: str, rng: Random) -> Iterator[Host]:
    networks = [ip_network(network) for network in outline.internal]
    addresses = {listed.address for listed in outline.hosts} | {outline.resolver}

    def address() -> str:
        tries = (_address(rng.choice(networks if attempt < _TRIES else _SPARE), rng) for attempt in range(_MOST_TRIES))
        drawn = next(address for address in tries if address not in addresses)
        addresses.add(drawn)
        return drawn

    taken = {host.name for host in outline.hosts}
    numbers: Counter[str] = Counter()
    for listed in outline.hosts:
        yield _listed_host(listed, key, listed.address or address())
    drawn_roles = list(_drawn_roles(outline, rng))
    for role in drawn_roles:
        while True:
            unit = rng.choice(_UNITS.get(role, ("",)))
            numbers[f"{role} {unit}"] += 1
            name = outline.naming.get(role, NAMING[role]).format(unit=unit, n=numbers[f"{role} {unit}"])
            if name not in taken:
                break
        taken.add(name)
        yield host_of(key, name, rng.choice(_systems(OF_ROLE[role], role in ("server", "domain-controller"))), address())


def _drawn_roles(outline: Outline, rng: Random) -> Iterator[str]:
    """The kinds of the hosts to draw: in their usual proportions, and at least one of every system."""
    count = outline.count(outline.hosts) - len(outline.hosts)
    for place in range(count):
        yield _ROLES[place % len(_ROLES)] if place >= len(_FIRST) else _FIRST[place]
    known = {_os_of(listed) for listed in outline.hosts} | {OF_ROLE[role] for role in _FIRST[: max(0, count)]}
    yield from (role for role in ("workstation", "unix", "mac") if OF_ROLE[role] not in known)


_FIRST = ("workstation", "unix", "mac", "server", "domain-controller")


def _os_of(listed: ListedHost) -> str:
    return listed.os or OF_ROLE.get(listed.role, WINDOWS)


def _systems(os: str, server: bool) -> Sequence[System]:
    return [system for system in SYSTEMS if system.os == os and (os != WINDOWS or system.server == server)]


def _listed_host(listed: ListedHost, key: str, address: str) -> Host:
    os = _os_of(listed)
    systems = _systems(os, listed.role in ("server", "domain-controller"))
    system = next((system for system in SYSTEMS if system.os == os and system.version == listed.version), systems[0])
    host = host_of(key, listed.name, replace(system, version=listed.version or system.version), address)
    return replace(host, id=listed.id) if listed.id else host


def _users_of(host: Host, count: int, rng: Random) -> list[int]:
    """The users of a host: one of a workstation, some of a server."""
    several = 1 if not host.system.server else 3
    return [rng.randrange(count) for _ in range(several)]


def _address(network: Any, rng: Random) -> str:
    size = network.num_addresses
    return str(network[rng.randrange(1, size - 1)] if size > 2 else network[0])
