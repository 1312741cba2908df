"""Environment: the machine, user and logging service that all events of a match share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from .vocabulary import DOMAINS, HOST_STEMS, LINUX, MACOS, MAIL_DOMAIN, REGIONS, SURNAMES, USERS, WELL_KNOWN_USERS, WINDOWS


@dataclass(frozen=True, slots=True)
class Environment:
    """Where and to whom it happens.

    Attributes:
        os: ``windows``, ``linux`` or ``macos``; None if the events do not come from a machine.
        service: the cloud service or product that logs, such as ``aws``; empty on a machine.
        host, user, domain, user_id, mail: the machine's name and the person's.
        address, peer, resolver: addresses of the machine, of one far away, and of the name server.
        account, region: of a cloud.
    """

    os: str | None
    service: str
    host: str
    user: str
    domain: str
    user_id: str
    mail: str
    address: str
    peer: str
    resolver: str
    account: str
    region: str

    @property
    def separator(self) -> str:
        return "\\" if self.os == WINDOWS else "/"

    @property
    def home(self) -> str:
        return {WINDOWS: rf"C:\Users\{self.user}", MACOS: f"/Users/{self.user}"}.get(self.os or LINUX, f"/home/{self.user}")


def set_environment(facts: Iterable[tuple[str, object]], names: Iterable[str], rng: Random, *, rare: bool = False) -> Environment:
    """Choose an environment that is consistent with a rule.

    Args:
        facts: field names with values that the rule prescribes, all events together.
        names: every field that the rule uses.
        rng: decides what is left open.
        rare: whether its names should rarely repeat.
    """
    known = [(field, str(value)) for field, value in facts]
    spoken = set(names) | {field for field, _ in known}
    service = _service(spoken, known)
    machine = not service or any(field.startswith(("host.os.", "process.", "registry.")) for field in spoken)
    os = _operating_system(spoken, known) if machine else None
    local = ("process.", "dll.") if service else ("process.", "dll.", "file.", "host.")
    if os is None and any(field.startswith(local) for field in spoken):
        os = LINUX if service else rng.choice((WINDOWS, WINDOWS, LINUX))
    stem = rng.choice(HOST_STEMS.get(os, HOST_STEMS[None]))
    number = rng.randint(1, 40)
    user = rng.choice(USERS)
    if rare:
        number, user = rng.randint(1000, 9999), f"{user}.{rng.choice(SURNAMES)}{rng.randint(10, 999)}"
    sid = "-".join(["S-1-5-21", *(str(rng.randint(10**8, 2**31)) for _ in range(3)), str(rng.randint(1104, 1999))])
    return Environment(
        os=os,
        service=service,
        host=f"{stem}-{number:02}" if os != WINDOWS else f"{stem}{number:02}",
        user=user,
        domain=rng.choice(DOMAINS),
        user_id=sid if os == WINDOWS else str(rng.randint(501, 504) if os == MACOS else rng.randint(1000, 1020)),
        mail=f"{user}.{rng.choice(SURNAMES)}@{MAIL_DOMAIN}",
        address=f"10.{rng.randint(1, 40)}.{rng.randint(0, 20)}.{rng.randint(10, 250)}",
        peer=f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(1, 254)}",
        resolver="10.0.0.53",
        account=f"{rng.randint(10**11, 10**12 - 1)}",
        region=rng.choice(REGIONS),
    )


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
        if any(field.startswith(prefixes) for field in spoken):
            return service
        for field, value in known:
            if field in _TELLING_FIELDS and any(value == word or value.startswith(f"{word}.") or value.endswith(word) for word in words):
                return service
    return ""


_WINDOWS_FIELDS = ("registry.", "winlog.", "powershell.", "dll.", "process.pe.", "process.Ext.token", "Effective_process.")
_LINUX_FIELDS = ("auditd.", "process.thread.capabilities", "process.entry_leader", "process.group_leader", "process.session_leader")
_PLATFORMS = {"windows": WINDOWS, "linux": LINUX, "macos": MACOS, "darwin": MACOS, "mac": MACOS}
_HINTS = (
    (WINDOWS, re.compile(r"\\|\.exe$|\.dll$|\.ps1$|^[A-Z]:|^HK|^S-1-|^4\d{3}$|Microsoft-Windows|^windows\.|^system\.security", re.I)),
    (MACOS, re.compile(r"^/(Applications|Library|System|Users|Volumes|private)/|\.app/|\.plist$|osascript|launchctl", re.I)),
    (LINUX, re.compile(r"^/(usr|etc|bin|sbin|tmp|var|opt|home|root|proc|dev|sys|boot|lib|run)(/|$)|auditd|^/", re.I)),
)


def _operating_system(spoken: set[str], known: list[tuple[str, str]]) -> str | None:
    for field, value in known:
        if field in ("host.os.type", "host.os.family", "host.os.platform", "host.os.name", "agent.type") and value.lower() in _PLATFORMS:
            return _PLATFORMS[value.lower()]
        if field in _TELLING_FIELDS and (value.startswith(("windows", "winlog", "sysmon")) or value == "system.security"):
            return WINDOWS
        if field in _TELLING_FIELDS and value.startswith(("auditd", "linux")):
            return LINUX
    if any(field.startswith(_WINDOWS_FIELDS) for field in spoken):
        return WINDOWS
    for os, hint in _HINTS:
        if any(hint.search(value) for field, value in known if not field.startswith(("url.", "http.", "source.", "destination.", "dns."))):
            return os
    if any(field.startswith(_LINUX_FIELDS) for field in spoken):
        return LINUX
    if any(field.endswith(("process.name", "parent.name")) and "." not in value for field, value in known):
        return LINUX
    return None


def well_known(environment: Environment) -> Iterator[tuple[str, str, str]]:
    """Accounts that every machine has: id, name, domain."""
    for user_id, (name, domain) in WELL_KNOWN_USERS.get(environment.os, {}).items():
        yield user_id, name, domain
