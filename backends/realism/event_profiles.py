"""Event profiles: the fields that an analyst expects in an event besides those of the rule."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ...compiler.schema.fields import prefixes
from .environment import Environment
from .vocabulary import WINDOWS

_ALWAYS = "event.kind event.category event.type event.created event.ingested ecs.version"
_HOST = "host.id host.name host.ip host.os.type host.os.family host.os.name host.os.version agent.id agent.type agent.version"
_USER = "user.id user.name user.domain"
_PROCESS = "process.pid process.entity_id process.name process.executable"
_FULL_PROCESS = (
    f"{_PROCESS} process.args process.args_count process.command_line process.working_directory process.hash.sha256 "
    "process.parent.pid process.parent.entity_id process.parent.name process.parent.executable process.parent.args "
    "process.parent.args_count process.parent.command_line"
)
_CONNECTION = "source.ip source.port destination.ip destination.port network.type network.transport network.direction"

BY_CATEGORY = {
    "process": f"{_USER} {_FULL_PROCESS}",
    "file": f"{_USER} {_PROCESS} file.path file.name file.extension file.directory",
    "registry": f"{_USER} {_PROCESS} registry.hive registry.key registry.path registry.value",
    "library": f"{_USER} {_PROCESS} dll.name dll.path dll.hash.sha256",
    "driver": f"{_USER} {_PROCESS} dll.name dll.path dll.hash.sha256",
    "network": f"{_USER} {_PROCESS} {_CONNECTION}",
    "authentication": f"{_USER} source.ip event.outcome",
    "session": f"{_USER} source.ip",
    "iam": f"{_USER} event.outcome",
    "web": f"{_CONNECTION} url.full url.scheme url.domain url.path http.request.method http.response.status_code user_agent.original",
    "configuration": f"{_USER} event.outcome",
    "database": f"{_CONNECTION}",
    "intrusion_detection": f"{_CONNECTION} rule.name",
    "malware": f"{_USER} {_PROCESS} file.path file.name",
    "email": "email.from.address email.to.address email.subject",
}
"""Fields that accompany a value of ``event.category`` on a machine."""

_DNS = "dns.question.name dns.question.registered_domain dns.question.type"
_CLOUD = "event.outcome user.name source.ip"
BY_SERVICE = {
    "aws": (
        f"{_CLOUD} cloud.provider cloud.region cloud.account.id user_agent.original event.provider event.module event.dataset "
        "aws.cloudtrail.user_identity.type aws.cloudtrail.user_identity.arn"
    ),
    "azure": f"{_CLOUD} cloud.provider event.module event.dataset",
    "gcp": f"{_CLOUD} user.email cloud.provider cloud.account.id event.module event.dataset",
    "o365": f"{_CLOUD} user.email event.module event.provider event.dataset",
    "okta": f"{_CLOUD} user_agent.original event.module event.dataset",
    "google_workspace": f"{_CLOUD} user.email event.module event.dataset",
    "github": "user.name event.module event.dataset",
    "kubernetes": (
        "event.module event.dataset kubernetes.audit.verb kubernetes.audit.user.username kubernetes.audit.objectRef.resource "
        "kubernetes.audit.objectRef.namespace kubernetes.audit.requestURI kubernetes.audit.stage"
    ),
    "fortinet": f"{_CONNECTION} event.module observer.name",
    "network": f"{_CONNECTION} observer.name",
}

_PREFIX_CATEGORIES = (
    ("registry.", "registry"),
    ("dll.", "library"),
    ("file.", "file"),
    ("url.", "web"),
    ("http.", "web"),
    ("dns.", "network"),
    ("destination.", "network"),
    ("source.", "network"),
    ("network.", "network"),
    ("process.", "process"),
)
"""The category that fields suggest, where the rule names none; the more telling first."""


def category_of(said: Iterable[str], names: Iterable[str], environment: Environment) -> str:
    """The category of an event: as it says, or as its fields suggest; empty where nothing does.

    Args:
        said: the values of ``event.category``.
        names: the fields that the rule uses.
        environment: where it happens.
    """
    for category in said:
        return category
    spoken = tuple(names)
    if environment.service or any(name.startswith("winlog.") for name in spoken):
        return ""
    return next((category for prefix, category in _PREFIX_CATEGORIES if any(name.startswith(prefix) for name in spoken)), "")


def additions(category: str, names: Iterable[str], environment: Environment, *, kind: str = "", code: str = "") -> frozenset[str]:
    """The fields to add to an event, without those below or above one that it has.

    Args:
        category: of the event, or what its fields suggest.
        names: the fields that it has.
        environment: where it happens.
        kind, code: its ``event.kind`` and ``event.code``, if the rule says them.
    """
    if kind == "enrichment":
        return frozenset(_ALWAYS.split())
    spoken = frozenset(names)
    windows_log = any(name.startswith("winlog.") for name in spoken) or (code.isdecimal() and environment.os == WINDOWS)
    added = _additions(category, environment.service, environment.os, any(name.startswith("dns.") for name in spoken), windows_log)
    if spoken.isdisjoint(_AROUND):
        return added
    return frozenset(name for name in added if spoken.isdisjoint(prefixes(name)))


@cache
def _additions(category: str, service: str, os: str | None, dns: bool, windows_log: bool) -> frozenset[str]:
    names = set(_ALWAYS.split())
    if service:
        names.update(BY_SERVICE[service].split())
        if os is None:
            return frozenset(names)
    if category in ("process", "file", "registry", "network", "library", "driver"):
        names.add("event.action")
    if os is not None or category:
        names.update(BY_CATEGORY.get(category, _USER).split())
    if os is not None:
        names.update(_HOST.split())
    else:
        names = {name for name in names if not name.startswith(("process.", "user."))}
    if dns:
        names.update(_DNS.split())
    if windows_log:
        names.update(("winlog.channel", "winlog.computer_name", "event.code", "event.provider", "event.action"))
        names -= {"process.working_directory", "process.entity_id"}
    if os != WINDOWS:
        names.discard("user.domain")
    return frozenset(names)


_OTHERS = "winlog.channel winlog.computer_name event.code event.provider event.action"
ADDED_NAMES = frozenset(" ".join((_ALWAYS, _HOST, _DNS, _OTHERS, *BY_CATEGORY.values(), *BY_SERVICE.values())).split())
"""Every field that may be added to some event."""

_AROUND = frozenset(prefix for name in ADDED_NAMES for prefix in prefixes(name))
