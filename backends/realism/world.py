"""World: the hosts, accounts, programs and networks from which all documents of a run take their entities.

A world is drawn once from a seed. What a rule names and the world does not hold (a host, a user) is derived from its name with a
keyed hash, so that it has the same properties in every document of the run, whichever rule it comes from.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from .vocabulary import FIRST_NAMES, LINUX, MACOS, SURNAMES, WELL_KNOWN_USERS, WINDOWS

DEFAULT_SIZE = 100
"""The number of hosts, and of users, of a world."""


@dataclass(frozen=True, slots=True)
class System:
    """An operating system: the values of ``host.os.*``, and the kind of host that runs it."""

    os: str
    name: str
    family: str
    platform: str
    version: str
    full: str
    server: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """A host. Its id, MAC address and agent follow from its name."""

    name: str
    system: System
    address: str
    id: str
    mac: str
    agent_id: str
    instance_id: str


@dataclass(frozen=True, slots=True)
class Account:
    """A user.

    Attributes:
        name, full_name, mail, domain, group: as in ``user.*``.
        sid: the id on Windows.
        uid: the id on other systems.
    """

    name: str
    full_name: str
    mail: str
    domain: str
    group: str
    sid: str
    uid: str

    def id_on(self, os: str | None) -> str:
        """The ``user.id`` of the account on a system."""
        return self.sid if os == WINDOWS else self.uid


@dataclass(frozen=True, slots=True)
class World:
    """A population.

    Attributes:
        key: of the hashes that derive what the world does not hold.
        hosts, people: the hosts and users.
        logons: for each host the places in ``people`` of its users.
        domain, dns_domain, mail_domain: of the organisation.
        domain_sid: the prefix of the SIDs of its accounts.
        peers: addresses outside the organisation.
        resolver: the address of its name server.
        accounts, projects, regions: of its clouds.
        time_zone: of its hosts.
        pools: values to prefer, by field.
        environments: those of its users at its hosts, once they are known.
    """

    key: str
    hosts: tuple[Host, ...]
    people: tuple[Account, ...]
    logons: tuple[tuple[int, ...], ...]
    domain: str
    dns_domain: str
    mail_domain: str
    domain_sid: str
    peers: tuple[str, ...]
    resolver: str
    accounts: tuple[str, ...]
    projects: tuple[str, ...]
    regions: tuple[str, ...]
    time_zone: str = "UTC"
    pools: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    _hosts: dict[str, Host] = field(default_factory=dict, init=False, repr=False, compare=False)
    _people: dict[str, Account] = field(default_factory=dict, init=False, repr=False, compare=False)
    _by_value: dict[str, Host] = field(default_factory=dict, init=False, repr=False, compare=False)
    environments: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _seats: dict[str | None, tuple[tuple[int, int], ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._hosts.update((host.name.lower(), host) for host in self.hosts)
        self._people.update((person.name.lower(), person) for person in self.people)
        for host in self.hosts:
            self._by_value.update(dict.fromkeys((host.address, host.id, host.agent_id), host))

    # -- hosts -----------------------------------------------------------------------------------

    def host(self, name: str, os: str | None) -> Host:
        """The host with a name, on a system: one of the world's, or derived from the name."""
        host = self._hosts.get(name.lower())
        if host is None:
            host = host_of(self, name, self._system(name, os), _derived_address(self, name))
        return host if os is None or host.system.os == os else replace(host, system=self._system(name, os))

    def host_with(self, value: str, os: str | None) -> Host:
        """The host with an address, an id or the id of an agent; a derived one keeps the value as what it is."""
        host = self._by_value.get(value)
        if host is not None:
            return host if os is None or host.system.os == os else replace(host, system=self._system(host.name, os))
        letters = _letters(_digits(self.key, "host", value), "abcdefghijklmnopqrstuvwxyz234567", 7)
        return self.host(f"DESKTOP-{letters.upper()}" if os == WINDOWS else f"node-{letters}", os)

    def _system(self, name: str, os: str | None) -> System:
        server = any(part in name.lower() for part in ("srv", "dc", "sql", "file", "server", "exch"))
        fitting = [system for system in SYSTEMS if system.os == (os or LINUX) and (os != WINDOWS or system.server == server)]
        return fitting[_digits(self.key, "system", name.lower()) % len(fitting)]

    def seats(self, os: str | None) -> tuple[tuple[int, int], ...]:
        """The places of the hosts of a system, each with the place of one of its users; of all users for None."""
        known = self._seats.get(os)
        if known is None:
            everyone = ((place % len(self.hosts), place) for place in range(len(self.people)))
            own = (
                (place, user) for place, host in enumerate(self.hosts) if host.system.os == os for user in dict.fromkeys(self.logons[place])
            )
            known = self._seats[os] = tuple(everyone if os is None else own)
        return known

    # -- accounts --------------------------------------------------------------------------------

    def account(self, name: str, os: str | None) -> Account:
        """The account with a name, on a system: well known, one of the world's, or derived from the name."""
        for user_id, (known, domain) in WELL_KNOWN_USERS.get(os, {}).items():
            if known.lower() == name.lower():
                return Account(name, name, f"{name}@{self.mail_domain}".replace(" ", "."), domain, name, user_id, user_id)
        person = self._people.get(name.lower())
        if person is not None:
            return person if person.name == name else replace(person, name=name)
        relative = _BUILT_IN.get(name.lower())
        relative_id = relative or 100_000 + _digits(self.key, "rid", name.lower()) % 2_000_000_000
        uid = 100_000 + _digits(self.key, "uid", name) % 2_000_000_000
        local = name.rpartition("\\")[2].partition("@")[0].replace(" ", ".").lower()
        mail, sid = f"{local}@{self.mail_domain}", f"{self.domain_sid}-{relative_id}"
        return Account(name, _full_name(local), mail, self.domain, "Domain Users", sid, str(uid))

    def account_with_id(self, user_id: str, os: str | None) -> Account:
        """The account with an id on a system; a derived one has a name that follows from the id."""
        known = WELL_KNOWN_USERS.get(os, {}).get(user_id)
        if known is not None:
            return self.account(known[0], os)
        person = next((person for person in self.people if person.id_on(os) == user_id), None)
        if person is not None:
            return person
        built_in = next((name for name, relative in _BUILT_IN.items() if user_id == f"{self.domain_sid}-{relative}"), None)
        name = built_in.title() if built_in is not None else self._unused_name(user_id)
        return replace(self.account(name, os), sid=user_id, uid=user_id)

    def _unused_name(self, user_id: str) -> str:
        # Surname first: the other way around than the names of people, so that these are of nobody else.
        number = _digits(self.key, "name", user_id)
        while (name := ".".join(reversed(person_name(number).split(".")))) in self._people:
            number += 1
        return name

    def administrator(self) -> Account:
        """The built-in administrator of the domain."""
        return self.account("Administrator", WINDOWS)

    # -- programs --------------------------------------------------------------------------------

    def program_version(self, name: str) -> str:
        """The version of a program: one in the whole world."""
        number = _digits(self.key, "version", name.lower())
        return f"{number % 12 + 1}.{number // 12 % 10}.{number // 120 % 100}"

    def digest(self, algorithm: str, name: str, version: str = "") -> str:
        """The hash of a version of a program, by default of the one in use; ``imphash`` is the hash of what it imports."""
        identity = f"{self.key}|{name.lower()}|{version or self.program_version(name)}"
        if algorithm == "imphash":
            algorithm, identity = "md5", f"{identity}|imports"
        return hashlib.new(algorithm, identity.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()

    # -- clouds ----------------------------------------------------------------------------------

    def cloud_id(self, service: str, name: str) -> str:
        """The id of a user with a cloud service."""
        number = _digits(self.key, f"{service} user", name.lower())
        if service == "aws":
            return "AIDA" + _letters(number, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17)
        if service == "okta":
            return "00u" + _letters(number, "abcdefghijklmnopqrstuvwxyz0123456789", 17)
        return _uuid(self.key, f"{service} user", name.lower())


_BUILT_IN = {"administrator": 500, "guest": 501, "krbtgt": 502}
"""The relative ids of the accounts that every Windows domain has."""

SYSTEMS = (
    System(WINDOWS, "Windows", "windows", "windows", "10.0.19045", "Windows 10 Enterprise 22H2"),
    System(WINDOWS, "Windows", "windows", "windows", "10.0.22621", "Windows 11 Enterprise 22H2"),
    System(WINDOWS, "Windows", "windows", "windows", "10.0.22631", "Windows 11 Enterprise 23H2"),
    System(WINDOWS, "Windows", "windows", "windows", "10.0.17763", "Windows Server 2019 Standard 1809", server=True),
    System(WINDOWS, "Windows", "windows", "windows", "10.0.20348", "Windows Server 2022 Standard 21H2", server=True),
    System(LINUX, "Ubuntu", "debian", "ubuntu", "22.04", "Ubuntu 22.04.5 LTS", server=True),
    System(LINUX, "Ubuntu", "debian", "ubuntu", "24.04", "Ubuntu 24.04.1 LTS", server=True),
    System(LINUX, "Debian GNU/Linux", "debian", "debian", "12", "Debian GNU/Linux 12 (bookworm)", server=True),
    System(LINUX, "Red Hat Enterprise Linux", "redhat", "rhel", "9.4", "Red Hat Enterprise Linux 9.4 (Plow)", server=True),
    System(MACOS, "macOS", "darwin", "darwin", "13.6", "macOS 13.6.9"),
    System(MACOS, "macOS", "darwin", "darwin", "14.5", "macOS 14.5"),
    System(MACOS, "macOS", "darwin", "darwin", "15.1", "macOS 15.1"),
)


def host_of(world: World | str, name: str, system: System, address: str) -> Host:
    """Returns the host with a name; its ids follow from the name and the key of the world."""
    key = world if isinstance(world, str) else world.key
    number = _digits(key, "mac", name.lower())
    mac = "-".join(["02", *(f"{number >> shift & 255:02X}" for shift in (0, 8, 16, 24, 32))])
    instance = f"i-{_digits(key, 'instance', name.lower()) % (1 << 68):017x}"
    return Host(name, system, address, _uuid(key, "host", name.lower()), mac, _uuid(key, "agent", name.lower()), instance)


def _derived_address(world: World, name: str) -> str:
    """An address that no host of the world has: those are below 10.128.0.0."""
    number = _digits(world.key, "address", name.lower())
    return f"10.{128 + number % 128}.{number // 128 % 256}.{number // 32768 % 254 + 1}"


NAMES = 27 * len(FIRST_NAMES) * len(SURNAMES)
"""The number of names of people."""


def person_name(number: int) -> str:
    """A name of a person for each number: first name, perhaps an initial, and surname."""
    number, first = divmod(number, len(FIRST_NAMES))
    number, last = divmod(number, len(SURNAMES))
    initial = number % 27
    middle = f".{chr(96 + initial)}" if initial else ""
    return f"{FIRST_NAMES[first]}{middle}.{SURNAMES[last]}"


def _full_name(name: str) -> str:
    return " ".join(part.title() for part in name.replace("_", ".").split(".") if len(part) > 1)


@lru_cache(maxsize=65536)
def _digits(key: str, kind: str, name: str) -> int:
    text = f"{key}|{kind}|{name}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")


def _uuid(key: str, kind: str, name: str) -> str:
    return str(uuid.UUID(int=_digits(key, kind, name), version=4))


def _letters(number: int, alphabet: str, count: int) -> str:
    letters = []
    for _ in range(count):
        number, place = divmod(number, len(alphabet))
        letters.append(alphabet[place])
    return "".join(letters)
