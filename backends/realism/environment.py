"""Environment: the machine, user and logging service that all events of a match share, taken from the world."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from .vocabulary import LINUX, MACOS, WELL_KNOWN_USERS, WINDOWS
from .world import Account, Host, World, person_name


@dataclass(frozen=True, slots=True)
class Environment:
    """Where and to whom it happens.

    Attributes:
        os: ``windows``, ``linux`` or ``macos``; None if the events do not come from a machine.
        service: the cloud service or product that logs, such as ``aws``; empty on a machine.
        host, host_id, agent_id, mac, address, instance: the machine's.
        os_name, os_family, os_platform, os_version, os_full: of the machine's system.
        user, user_id, full_name, domain, mail, group: the person's; the id is that on the machine, or with the service.
        peer, resolver: addresses of a machine far away, and of the name server.
        account, project, region: of a cloud.
        world: where they are taken from.
        given_host, given_user: whether the rule names the machine, or the person.
    """

    os: str | None
    service: str
    host: str
    host_id: str
    agent_id: str
    mac: str
    address: str
    instance: str
    os_name: str
    os_family: str
    os_platform: str
    os_version: str
    os_full: str
    user: str
    user_id: str
    full_name: str
    domain: str
    mail: str
    group: str
    peer: str
    resolver: str
    account: str
    project: str
    region: str
    world: World = field(repr=False, compare=False)
    given_host: bool = False
    given_user: bool = False

    @property
    def separator(self) -> str:
        return "\\" if self.os == WINDOWS else "/"

    @property
    def home(self) -> str:
        return {WINDOWS: rf"C:\Users\{self.user}", MACOS: f"/Users/{self.user}"}.get(self.os or LINUX, f"/home/{self.user}")

    def on_host(self, host: Host) -> Environment:
        """The environment on another machine."""
        return replace(self, given_host=True, **_of_host(host))

    def as_user(self, account: Account) -> Environment:
        """The environment of another user."""
        return replace(self, given_user=True, **_of_account(account, self.os, self.service, self.world))

    def like(self, other: Environment) -> Environment:
        """The environment with the machine and the user that the rule names in another one."""
        changed = self
        if other.given_host:
            changed = replace(changed, given_host=True, **_copied(other, _HOST_FIELDS))
        if other.given_user:
            changed = replace(changed, given_user=True, **_copied(other, _USER_FIELDS))
        return changed


_HOST_FIELDS = (
    "host", "host_id", "agent_id", "mac", "address", "instance", "os_name", "os_family", "os_platform", "os_version", "os_full",
)  # fmt: skip
_USER_FIELDS = ("user", "user_id", "full_name", "domain", "mail", "group")


def _copied(environment: Environment, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(environment, name) for name in names}


def _of_host(host: Host) -> dict[str, Any]:
    system = host.system
    values = (host.name, host.id, host.agent_id, host.mac, host.address, host.instance_id)
    return dict(zip(_HOST_FIELDS, (*values, system.name, system.family, system.platform, system.version, system.full), strict=True))


def _of_account(account: Account, os: str | None, service: str, world: World) -> dict[str, Any]:
    user_id = world.cloud_id(service, account.name) if service and os is None else account.id_on(os)
    return dict(zip(_USER_FIELDS, (account.name, user_id, account.full_name, account.domain, account.mail, account.group), strict=True))


def seated(world: World, os: str | None, service: str, seat: tuple[int, int]) -> Environment:
    """The environment of a user at a host; one of the addresses far away is as good as another."""
    known: Environment | None = world.environments.get((os, service, seat))
    if known is None:
        host, person = world.hosts[seat[0]], world.people[seat[1]]
        known = world.environments[os, service, seat] = Environment(
            os=os,
            service=service,
            **_of_host(host),
            **_of_account(person, os, service, world),
            peer=world.peers[0],
            resolver=world.resolver,
            account=world.accounts[seat[1] % len(world.accounts)],
            project=world.projects[seat[1] % len(world.projects)],
            region=world.regions[seat[0] % len(world.regions)],
            world=world,
        )
    return known


ATTRIBUTES: dict[str, str] = {
    "host.name": "host",
    "host.hostname": "host",
    "host.id": "host_id",
    "host.ip": "address",
    "host.mac": "mac",
    "host.os.name": "os_name",
    "host.os.family": "os_family",
    "host.os.platform": "os_platform",
    "host.os.version": "os_version",
    "host.os.full": "os_full",
    "agent.id": "agent_id",
    "user.name": "user",
    "user.id": "user_id",
    "user.full_name": "full_name",
    "user.domain": "domain",
    "user.email": "mail",
    "cloud.account.id": "account",
    "cloud.project.id": "project",
    "cloud.region": "region",
    "cloud.instance.id": "instance",
}
"""By field: the attribute of the environment that it holds."""

_SEATS_TRIED = 24


def set_environment(
    world: World,
    facts: Iterable[tuple[str, object]],
    names: Iterable[str],
    rng: Random,
    *,
    rare: bool = False,
    suits: Callable[[Environment], bool] = lambda environment: True,
) -> Environment:
    """Choose an environment that is consistent with a rule.

    Args:
        world: where it is taken from.
        facts: field names with values that the rule prescribes, all events together.
        names: every field that the rule uses.
        rng: decides what is left open.
        rare: whether its names should rarely repeat.
        suits: whether the rule leaves room for all of it.
    """
    known = [(field, str(value)) for field, value in facts]
    spoken = set(names) | {field for field, _ in known}
    service = _service(spoken, known)
    machine = not service or any(field.startswith(("host.os.", "process.", "registry.")) for field in spoken)
    os = _operating_system(spoken, known) if machine else None
    local = ("process.", "dll.") if service else ("process.", "dll.", "file.", "host.")
    if os is None and any(field.startswith(local) for field in spoken):
        os = LINUX if service else rng.choice((WINDOWS, WINDOWS, LINUX))
    available = world.seats(os)
    peer = rng.choice(world.peers)
    first = environment = seated(world, os, service, rng.choice(available))
    if rare:
        number = rng.getrandbits(48)
        first = replace(first, peer=peer)
        return first.on_host(world.host(f"{first.host}-{number % 9000 + 1000}", os)).as_user(world.account(person_name(number), os))
    for _ in range(_SEATS_TRIED):
        if suits(environment):
            break
        environment = seated(world, os, service, rng.choice(available))
    else:
        environment = first
    return replace(environment, peer=peer)


_SERVICES = (
    ("aws", ("aws.",), ("aws", "amazonaws.com")),
    ("azure", ("azure.",), ("azure",)),
    ("gcp", ("gcp.",), ("gcp", "googleapis.com")),
    ("o365", ("o365.",), ("o365",)),
    ("okta", ("okta.",), ("okta",)),
    ("google_workspace", ("google_workspace.",), ("google_workspace",)),
    ("github", ("github.",), ("github",)),
    ("kubernetes", ("kubernetes.",), ("kubernetes",)),
    ("fortinet", ("fortinet.",), ("fortinet", "fortinet_fortigate")),
    ("network", ("zeek.", "network_traffic."), ("zeek", "network_traffic", "packetbeat", "suricata", "panw")),
)  # fmt: skip
_TELLING_FIELDS = ("event.dataset", "event.module", "event.provider", "data_stream.dataset", "cloud.provider", "service.type")


def _service(spoken: set[str], known: list[tuple[str, str]]) -> str:
    for service, prefixes, words in _SERVICES:
        if any(name.startswith(prefixes) for name in spoken):
            return service
        for name, value in known:
            if name in _TELLING_FIELDS and any(value == word or value.startswith(f"{word}.") or value.endswith(word) for word in words):
                return service
    return ""


_WINDOWS_FIELDS = ("registry.", "winlog.", "powershell.", "dll.", "process.pe.", "process.Ext.token", "Effective_process.")
_LINUX_FIELDS = ("auditd.", "process.thread.capabilities", "process.entry_leader", "process.group_leader", "process.session_leader")
_PLATFORMS = {"windows": WINDOWS, "linux": LINUX, "macos": MACOS, "darwin": MACOS, "mac": MACOS}
_WINDOWS_VALUE = (
    r"\\|\.exe$|\.dll$|\.ps1$|^[A-Z]:|^HK|^S-1-|^4\d{3}$|Microsoft-Windows|^windows\.|^system\.security|^10\.0\.\d{5}|^DESKTOP-"
)
_HINTS = (
    (WINDOWS, re.compile(_WINDOWS_VALUE, re.I)),
    (MACOS, re.compile(r"^/(Applications|Library|System|Users|Volumes|private)/|\.app/|\.plist$|osascript|launchctl", re.I)),
    (LINUX, re.compile(r"^/(usr|etc|bin|sbin|tmp|var|opt|home|root|proc|dev|sys|boot|lib|run)(/|$)|auditd|^/", re.I)),
)


def _operating_system(spoken: set[str], known: list[tuple[str, str]]) -> str | None:
    for name, value in known:
        if name in ("host.os.type", "host.os.family", "host.os.platform", "host.os.name", "agent.type") and value.lower() in _PLATFORMS:
            return _PLATFORMS[value.lower()]
        if name in _TELLING_FIELDS and (value.startswith(("windows", "winlog", "sysmon")) or value == "system.security"):
            return WINDOWS
        if name in _TELLING_FIELDS and value.startswith(("auditd", "linux")):
            return LINUX
    if any(name.startswith(_WINDOWS_FIELDS) for name in spoken):
        return WINDOWS
    for os, hint in _HINTS:
        if any(hint.search(value) for name, value in known if not name.startswith(("url.", "http.", "source.", "destination.", "dns."))):
            return os
    if any(name.startswith(_LINUX_FIELDS) for name in spoken):
        return LINUX
    if any(name.endswith(("process.name", "parent.name")) and "." not in value for name, value in known):
        return LINUX
    return None


def well_known(environment: Environment) -> Iterator[Account]:
    """Accounts that every machine has."""
    for name, _ in WELL_KNOWN_USERS.get(environment.os, {}).values():
        yield environment.world.account(name, environment.os)
