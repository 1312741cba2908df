"""Usual values of single fields, by name."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from ...compiler.schema.field_types import Kind
from .environment import ATTRIBUTES, Environment
from .fill_patterns import Form
from .processes import entity_id
from .vocabulary import (
    ACTIONS,
    AGENTS,
    CAPABILITIES,
    CLOUD_AGENTS,
    CONTAINER_WORDS,
    ENVIRONMENT,
    FIRST_NAMES,
    LOG_LINES,
    MACOS,
    NOUNS,
    PROVIDERS,
    SERVICE_USERS,
    SERVICES,
    SITES,
    VENDORS,
    WINDOWS,
)

Make = Callable[[Environment, Random], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual content of a field: values to try in order, and the form of its strings."""

    make: Make
    form: Form = Form.PLAIN


def _one_of(*values: Any) -> Usual:
    def make(environment: Environment, rng: Random) -> Iterable[Any]:
        return rng.sample(values, len(values))

    return Usual(make)


def _always(*values: Any) -> Usual:
    return Usual(lambda environment, rng: values)


def _digest(algorithm: str) -> Usual:
    def make(environment: Environment, rng: Random) -> Iterable[Any]:
        return (hashlib.new(algorithm, rng.randbytes(16), usedforsecurity=False).hexdigest(),)

    return Usual(make)


def _number(low: int, high: int) -> Usual:
    return Usual(lambda environment, rng: (rng.randint(low, high) for _ in range(4)))


def _uuid(environment: Environment, rng: Random) -> Iterable[Any]:
    return (str(uuid.UUID(int=rng.getrandbits(128), version=4)),)


def _attribute(name: str) -> Usual:
    return Usual(lambda environment, rng: (getattr(environment, name),))


def _people(environment: Environment, rng: Random) -> Iterable[Any]:
    return (environment.user, *_names(environment, rng, 4), *SERVICE_USERS)


def _others(environment: Environment, rng: Random) -> Iterable[Any]:
    return [user for user in _names(environment, rng, 6) if user != environment.user]


def _names(environment: Environment, rng: Random, count: int) -> list[str]:
    """Names of users of the world."""
    people = environment.world.people
    return [person.name for person in rng.sample(people, min(count, len(people)))]


def _mail(environment: Environment, rng: Random) -> Iterable[Any]:
    return (environment.mail, f"{rng.choice(FIRST_NAMES)}@{rng.choice(SITES)}")


def _arn(environment: Environment, rng: Random) -> Iterable[Any]:
    return (
        f"arn:aws:iam::{environment.account}:user/{environment.user}",
        f"arn:aws:sts::{environment.account}:assumed-role/{rng.choice(NOUNS)}-role/{environment.user}",
    )


def _sid(environment: Environment, rng: Random) -> Iterable[Any]:
    return (environment.user_id, "S-1-5-18") if environment.os == WINDOWS else (environment.user_id, "0")


def _distinguished(environment: Environment, rng: Random) -> Iterable[Any]:
    suffix = ",".join(f"DC={label}" for label in environment.world.dns_domain.split("."))
    return (f"CN={environment.full_name},OU=Staff,{suffix}", suffix)


def _container(environment: Environment, rng: Random) -> Iterable[Any]:
    return (f"{rng.getrandbits(256):064x}",)


def _pod(environment: Environment, rng: Random) -> Iterable[Any]:
    return (f"{rng.choice(CONTAINER_WORDS)}-{rng.getrandbits(36):09x}-{rng.getrandbits(20):05x}",)


def _names_of_objects(environment: Environment, rng: Random) -> Iterable[Any]:
    return rng.sample(CONTAINER_WORDS, 4) if environment.service else rng.sample(NOUNS, 4)


def _directory(environment: Environment, rng: Random) -> Iterable[Any]:
    return (environment.home + "\\", "C:\\Windows\\System32\\") if environment.os == WINDOWS else (environment.home, "/", "/tmp")


def _private(environment: Environment, rng: Random) -> Iterable[Any]:
    return (environment.address, f"192.168.1.{rng.randint(10, 250)}", environment.peer)


def _public(environment: Environment, rng: Random) -> Iterable[Any]:
    """Addresses far away."""
    return (environment.peer, f"198.51.100.{rng.randint(1, 254)}", environment.address)


def _mac(environment: Environment, rng: Random) -> Iterable[Any]:
    return ("02-" + "-".join(f"{rng.getrandbits(8):02X}" for _ in range(5)),)


def _group(environment: Environment, rng: Random) -> Iterable[Any]:
    return (environment.group,) if environment.os == WINDOWS else ("staff",) if environment.os == MACOS else (environment.user, "root")


def _agents(environment: Environment, rng: Random) -> Iterable[Any]:
    if environment.service == "aws":
        return rng.sample(CLOUD_AGENTS, len(CLOUD_AGENTS))
    listed = list(AGENTS[environment.os]) if environment.os is not None else [agent for agents in AGENTS.values() for agent in agents]
    return rng.sample(listed, len(listed))


def _user_id(environment: Environment, rng: Random) -> Iterable[Any]:
    return (environment.user_id,) if environment.service and environment.os is None else _sid(environment, rng)


def _identities(environment: Environment, rng: Random) -> Iterable[Any]:
    """Ids of a user of AWS, of a role that they assume, and of one that a machine assumes."""
    role = "AROA" + environment.user_id.removeprefix("AIDA")
    return (environment.user_id, f"{role}:{environment.user}", f"{role}:{environment.instance}")


EXACT: dict[str, Usual] = {
    "aws user.id": Usual(_identities),
    "user_agent.name": _one_of("Chrome", "Firefox", "curl"),
    "user_agent.os.name": _one_of("Windows", "Linux", "Mac OS X"),
    "client.ip": Usual(_public),
    "server.ip": Usual(_private),
    "host.os.type": Usual(lambda environment, rng: (environment.os,)),
    **{name: _attribute(attribute) for name, attribute in ATTRIBUTES.items() if name.startswith(("host.", "agent."))},
    "agent.type": _always("endpoint", "auditbeat", "winlogbeat", "filebeat"),
    "agent.version": _always("8.17.0"),
    "ecs.version": _always("8.11.0"),
    "event.kind": _always("event", "alert"),
    "event.outcome": _always("success", "failure", "Success", "Failure", "unknown"),
    "event.action": Usual(
        lambda environment, rng: rng.sample(ACTIONS.get(environment.service, ()), len(ACTIONS.get(environment.service, ())))
    ),
    "event.provider": Usual(
        lambda environment, rng: rng.sample(PROVIDERS.get(environment.service, ()), len(PROVIDERS.get(environment.service, ())))
    ),
    "related.user": Usual(lambda environment, rng: (environment.user, environment.mail)),
    "related.ip": Usual(lambda environment, rng: (environment.address, environment.peer)),
    "related.hosts": Usual(lambda environment, rng: (environment.host,)),
    "event.timezone": Usual(lambda environment, rng: (environment.world.time_zone,)),
    "event.severity": _one_of(21, 47, 73),
    "event.duration": _number(10**6, 10**9),
    "event.id": Usual(_uuid),
    "message": _one_of(*LOG_LINES),
    "container.id": Usual(_container),
    "container.name": Usual(_names_of_objects),
    "container.image.name": _one_of("registry.example.com/orders:1.4", "registry.example.com/billing:2.0"),
    "orchestrator.resource.name": Usual(_pod),
    "orchestrator.namespace": _one_of("default", "production", "staging"),
    "orchestrator.cluster.name": _one_of("cluster-a", "cluster-b"),
    "cloud.provider": Usual(lambda environment, rng: (environment.service if environment.service in ("aws", "azure", "gcp") else "aws",)),
    "cloud.region": Usual(lambda environment, rng: (environment.region,)),
    "cloud.account.id": Usual(lambda environment, rng: (environment.project if environment.service == "gcp" else environment.account,)),
    "cloud.project.id": _attribute("project"),
    "cloud.instance.id": _attribute("instance"),
    "observer.name": _one_of("fw-edge-01", "sensor-01"),
    "http.request.method": Usual(
        lambda environment, rng: (
            *rng.sample(("GET", "POST"), 2),
            *rng.sample(("PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "TRACE"), 6),
        )
    ),
    "http.response.status_code": _always(200, 302, 403, 404, 500),
    "http.version": _always("1.1"),
    "http.request.referrer": _one_of("https://www.example.com/", "https://portal.example.com/login"),
    "http.request.body.bytes": _number(200, 4000),
    "network.application": _one_of("tls", "http", "dns"),
    "network.packets": _number(4, 400),
    "network.bytes": _number(500, 500_000),
    "destination.bytes": _number(500, 500_000),
    "source.bytes": _number(500, 500_000),
    "source.as.organization.name": _one_of("Example Transit", "Example Hosting", "Example Broadband"),
    "source.as.number": _one_of(64500, 64501, 64510),
    "source.geo.country_iso_code": _one_of("NL", "PT", "CA", "JP"),
    "rule.name": _one_of("Outbound connection to a rare host", "Odd user agent"),
    "process.working_directory": Usual(_directory, Form.PATH),
    "process.env_vars": _one_of(*ENVIRONMENT),
    "process.exit_code": _always(0, 1),
    "process.Ext.token.integrity_level_name": _one_of("medium", "high", "low", "system"),
    "winlog.channel": _always("Security", "System", "Application"),
    "winlog.computer_name": Usual(lambda environment, rng: (f"{environment.host}.{environment.world.dns_domain}",)),
    "winlog.event_data.ShareName": _always("\\\\*\\IPC$", "\\\\*\\ADMIN$", "\\\\*\\shared"),
    "winlog.event_data.RelativeTargetName": _one_of("report.docx", "svcctl", "winreg"),
    "winlog.event_data.ObjectDN": Usual(_distinguished),
    "winlog.event_data.ObjectClass": _one_of("user", "computer", "group"),
    "winlog.event_data.OperationType": _always("%%14674", "%%14675"),
    "winlog.event_data.GrantedAccess": _always("0x1410", "0x1fffff"),
    "winlog.event_data.AccessMask": _always("0x100", "0x2"),
    "winlog.event_data.Status": _always("0x0", "0xc000006d"),
    "winlog.event_data.IntegrityLevel": _always("Medium", "High"),
    "winlog.event_data.AttributeValue": Usual(_names_of_objects),
    "registry.data.strings": _one_of("1", r"C:\ProgramData\Meridian\agent.exe", "enabled"),
    "email.subject": _one_of("Invoice for March", "Updated schedule", "Meeting notes"),
    "aws.cloudtrail.user_identity.type": _always("IAMUser", "AssumedRole", "Root", "AWSService"),
    "aws.cloudtrail.user_identity.arn": Usual(_arn),
    "aws.cloudtrail.user_identity.invoked_by": _one_of("cloudformation.amazonaws.com", "autoscaling.amazonaws.com"),
    "aws.cloudtrail.request_parameters": Usual(lambda environment, rng: ("{instanceId=i-" + f"{rng.getrandbits(68):017x}" + "}",)),
    "azure.activitylogs.identity.authorization.evidence.principal_type": _one_of("User", "ServicePrincipal"),
    "kubernetes.audit.verb": _one_of("create", "get", "list", "patch", "delete"),
    "kubernetes.audit.stage": _always("ResponseComplete"),
    "kubernetes.audit.level": _always("RequestResponse", "Metadata"),
    "kubernetes.audit.user.username": Usual(
        lambda environment, rng: (
            environment.mail,
            f"system:serviceaccount:default:{rng.choice(CONTAINER_WORDS)}",
            environment.user,
        )
    ),
    "kubernetes.audit.user.groups": _one_of("system:authenticated", "developers"),
    "kubernetes.audit.objectRef.resource": _one_of("pods", "secrets", "configmaps", "deployments"),
    "kubernetes.audit.objectRef.namespace": _one_of("default", "production", "staging"),
    "kubernetes.audit.requestObject.spec.containers.image": _one_of("registry.example.com/orders:1.4", "registry.example.com/tools:latest"),
    "dns.question.type": _always("A", "AAAA"),
    "okta.target.alternate_id": Usual(_mail),
    "o365.audit.UserType": _always("0", "2"),
    "http.request.headers.authorization": _always("Basic ZGVtbzpkZW1v"),
    "http.response.headers.content-type": _always("text/html", "application/octet-stream"),
    "powershell.file.script_block_text": Usual(lambda environment, rng: ()),
}
"""By the field's name."""

LAST_PARTS: dict[str, Usual] = {
    "query": Usual(lambda environment, rng: ("SELECT name FROM orders",), Form.LINE),
    "md5": _digest("md5"),
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
    "sha384": _digest("sha384"),
    "sha512": _digest("sha512"),
    "imphash": _digest("md5"),
    "entity_id": Usual(lambda environment, rng: (entity_id(rng),)),
    "arn": Usual(_arn),
    "email": Usual(_mail),
    "address": Usual(_mail),
    "ip": Usual(_public),
    "mac": Usual(_mac),
    "port": _number(49152, 65535),
    "pid": _number(1200, 12000),
    "ppid": _number(1200, 12000),
    "original": Usual(lambda environment, rng: _agents(environment, rng)),
    "userAgent": Usual(lambda environment, rng: _agents(environment, rng)),
    "user_principal_name": Usual(_mail),
    "userPrincipalName": Usual(_mail),
    "executable": Usual(lambda environment, rng: (), Form.PATH),
    "path": Usual(lambda environment, rng: (), Form.PATH),
    "directory": Usual(_directory, Form.PATH),
    "SubjectUserSid": Usual(_sid),
    "TargetUserSid": Usual(_sid),
    "SubjectUserName": Usual(_people),
    "TargetUserName": Usual(_others),
    "SubjectDomainName": Usual(lambda environment, rng: (environment.domain,)),
    "TargetDomainName": Usual(lambda environment, rng: (environment.domain,)),
    "SubjectLogonId": Usual(lambda environment, rng: (f"0x{rng.getrandbits(24):x}",)),
    "TargetLogonId": Usual(lambda environment, rng: (f"0x{rng.getrandbits(24):x}",)),
    "ProcessName": Usual(lambda environment, rng: (r"C:\Windows\System32\svchost.exe",), Form.PATH),
    "TargetImage": Usual(lambda environment, rng: (r"C:\Windows\System32\lsass.exe",), Form.PATH),
    "region": Usual(lambda environment, rng: (environment.region,)),
    "namespace": _one_of("default", "production", "staging"),
    "version": _one_of("1.4.2", "2.0.1", "10.3"),
    "subject_name": _one_of("Example Software Ltd", "Example Devices Inc"),
    "signing_id": _one_of("com.example.notes", "com.example.agent"),
    "effective": _one_of(*CAPABILITIES),
    "permitted": _one_of(*CAPABILITIES),
    "status": _one_of("success", "active", "enabled"),
    "username": Usual(_people),
    "principal_email": Usual(_mail),
    "url": _one_of("https://www.example.com/", "https://files.example.com/package"),
    "size": _number(800, 900_000),
    "bytes": _number(300, 90_000),
    "country_name": _one_of("Netherlands", "Portugal", "Canada"),
    "city_name": _one_of("Utrecht", "Porto", "Halifax"),
    "extension": Usual(lambda environment, rng: ("txt", "log", "zip")),
    "entropy": _number(3, 7),
    "description": _one_of("Weekly report", "Background task"),
    "company": _one_of(*VENDORS),
    "product": _one_of(*VENDORS),
    "working_directory": Usual(_directory, Form.PATH),
    "CallTrace": Usual(
        lambda environment, rng: (r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e",), Form.PATH
    ),
    "CommandLine": Usual(lambda environment, rng: (r"C:\Windows\System32\cmd.exe /c dir",), Form.LINE),
    "args": _one_of("--verbose", "-f", "report.txt"),
    "command_line": Usual(lambda environment, rng: (), Form.LINE),
    "domain": Usual(lambda environment, rng: (environment.domain,), Form.DOMAIN),
    "title": Usual(lambda environment, rng: ("sh -c id",), Form.LINE),
    "ServiceName": _one_of(*SERVICES),
    "ForwardTo": Usual(_mail),
    "interactive": _always(True, False),
}
"""By the last part of the field's name."""

_LAST_PAIRS: dict[str, Usual] = {
    "user.id": Usual(_user_id),
    "role.name": _one_of("Help desk", "Auditors", "Billing administrators"),
    "user.name": Usual(_people),
    "group.id": Usual(lambda environment, rng: ("S-1-5-32-545",) if environment.os == WINDOWS else ("1000", "0")),
    "group.name": Usual(_group),
    "organization.name": _one_of("Example Transit", "Example Hosting"),
    "file.name": _one_of("report.pdf", "notes.txt"),
    "service.name": _one_of(*SERVICES),
    "pod.name": Usual(_pod),
}
"""By the last two parts of the field's name."""

_BY_KIND: dict[Kind, Usual] = {
    Kind.INTEGER: Usual(lambda environment, rng: (rng.randint(1, 100) for _ in range(4))),
    Kind.FLOAT: Usual(lambda environment, rng: (round(rng.uniform(0, 100), 2) for _ in range(4))),
    Kind.IP: Usual(_public),
    Kind.STRING: Usual(_names_of_objects),
    Kind.BOOLEAN: Usual(lambda environment, rng: ()),
    Kind.TEXT: Usual(lambda environment, rng: rng.sample(LOG_LINES, 3)),
}
_NOTHING = Usual(lambda environment, rng: ())


def usual_of(name: str, kind: Kind = Kind.STRING) -> Usual:
    """Return the usual content of a field by its full name, the end of its name, or else its kind."""
    parts = name.split(".")
    usual = EXACT.get(name) or _LAST_PAIRS.get(".".join(parts[-2:])) or LAST_PARTS.get(parts[-1])
    if usual is not None:
        return usual
    if parts[-1].lower().endswith("id") and kind is Kind.STRING:
        return Usual(_uuid)
    return _BY_KIND.get(kind, _NOTHING)
