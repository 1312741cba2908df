"""Logs of Linux: the audit daemon, authentication and syslog; and of macOS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..vocabulary import LINUX, MACOS
from .source import COMMON, RELATED, Make, Record, Source, always, number, rows_of

_SYSCALLS = {"exec": "execve", "start": "execve", "connect": "connect", "open": "openat", "chmod": "fchmodat", "delete": "unlinkat"}
_AUDIT_ROWS = (
    {"event.category": "process", "event.type": "start", "event.action": "executed", "auditd.message_type": "syscall"},
    {"event.category": "process", "event.type": "start", "event.action": "exec", "auditd.message_type": "syscall"},
    {"event.category": "process", "event.type": "start", "event.action": "process_started", "auditd.message_type": "syscall"},
    {"event.category": "file", "event.type": "change", "event.action": "opened-file", "auditd.message_type": "syscall"},
    {"event.category": "file", "event.type": "creation", "event.action": "creation", "auditd.message_type": "syscall"},
    {"event.category": "file", "event.type": "deletion", "event.action": "deleted", "auditd.message_type": "syscall"},
    {"event.category": "network", "event.type": "connection", "event.action": "connected-to", "auditd.message_type": "syscall"},
    {"event.category": "network", "event.type": "start", "event.action": "connected-to", "auditd.message_type": "syscall"},
    {"event.category": "authentication", "event.type": "start", "event.action": "logged-in", "auditd.message_type": "user_login"},
    {"event.category": "authentication", "event.type": "start", "event.action": "authenticated", "auditd.message_type": "user_auth"},
    {"event.category": "iam", "event.type": "creation", "event.action": "added-user-account", "auditd.message_type": "add_user"},
    {"event.category": "driver", "event.type": "start", "event.action": "loaded-kernel-module", "auditd.message_type": "kern_module"},
)


def _syscall(record: Record) -> Iterable[str]:
    if record.text("auditd.message_type") not in ("", "syscall"):
        return ()
    usual = {"network": "connect", "file": "openat", "driver": "finit_module"}.get(record.text("event.category"), "execve")
    return (usual, *_SYSCALLS.values())


_AUDITD: Mapping[str, Make] = {
    **COMMON,
    "auditd.sequence": number(1000, 900_000),
    "auditd.data.syscall": _syscall,
    "auditd.data.arch": lambda record: ("x86_64",) if record.has("auditd.data.syscall") else (),
    "auditd.data.tty": always("pts0", "(none)"),
    "auditd.result": lambda record: ("fail", "success") if record.text("event.outcome") == "failure" else ("success", "fail"),
    "auditd.session": lambda record: (record.digits(3),),
    "auditd.summary.actor.primary": lambda record: (record.text("user.name"),) if record.text("user.name") else (),
    "auditd.summary.actor.secondary": lambda record: (record.text("user.name"),) if record.text("user.name") else (),
    "auditd.summary.object.primary": lambda record: [
        value for name in ("process.executable", "file.path", "destination.ip") if (value := record.text(name))
    ][:1],
    "auditd.summary.object.type": lambda record: ({"file": "file", "network": "socket"}.get(record.text("event.category"), "file"),),
    "auditd.summary.how": lambda record: (record.text("process.executable"),) if record.text("process.executable") else (),
    "event.outcome": always("success", "failure"),
    "user.audit.id": lambda record: (record.environment.user_id,),
    "user.audit.name": lambda record: (record.environment.user,),
    "user.group.id": lambda record: (record.text("user.id"),) if record.text("user.id") else (),
    "user.group.name": lambda record: (record.text("user.name"),) if record.text("user.name") else (),
    "host.hostname": lambda record: (record.text("host.name"),) if record.text("host.name") else (),
    "host.architecture": always("x86_64"),
    **RELATED,
}

_LOGON_ROWS = (
    {
        "event.category": "authentication",
        "event.type": "start",
        "event.action": "ssh_login",
        "process.name": "sshd",
        "event.outcome": "success",
        "system.auth.ssh.event": "Accepted",
    },
    {
        "event.category": "authentication",
        "event.type": "start",
        "event.action": "ssh_login",
        "process.name": "sshd",
        "event.outcome": "failure",
        "system.auth.ssh.event": "Failed",
    },
    {
        "event.category": "authentication",
        "event.type": "info",
        "event.action": "ssh_login",
        "process.name": "sshd",
        "event.outcome": "failure",
        "system.auth.ssh.event": "Invalid",
    },
    {"event.category": "iam", "event.type": "creation", "process.name": "useradd"},
    {"event.category": "process", "event.type": "start", "process.name": "sudo"},
)


def _line(record: Record) -> Iterable[str]:
    user, address, port = record.text("user.name"), record.value("source.ip"), record.value("source.port")
    said = {"Accepted": "Accepted publickey", "Failed": "Failed password", "Invalid": "Invalid user"}.get(
        record.text("system.auth.ssh.event")
    )
    return (
        (f"{said} for {user} from {address} port {port or 50122} ssh2",)
        if said and user and address
        else (f"pam_unix(sshd:session): session opened for user {user or 'root'}",)
    )


_AUTH: Mapping[str, Make] = {
    **COMMON,
    "system.auth.ssh.method": lambda record: (
        ("publickey", "password")
        if record.text("system.auth.ssh.event") == "Accepted"
        else ("password",)
        if record.text("system.auth.ssh.event") == "Failed"
        else ()
    ),
    "process.pid": number(900, 60_000),
    "source.port": number(49_152, 65_535),
    "log.file.path": always("/var/log/auth.log", "/var/log/secure"),
    "host.hostname": lambda record: (record.text("host.name"),) if record.text("host.name") else (),
    "host.architecture": always("x86_64"),
    "message": _line,
    "input.type": always("log"),
    **RELATED,
}
_NO_FILES = (
    "process.parent.",
    "process.args",
    "process.command_line",
    "process.executable",
    "process.working_directory",
    "process.entity_id",
    "process.hash",
    "file.",
    "network.",
    "destination.",
)

AUDITD = Source(
    "auditd_manager.auditd",
    "auditbeat",
    systems=(LINUX,),
    marks=("auditd.",),
    beats=("auditbeat-8.17.0",),
    rows=rows_of(*_AUDIT_ROWS),
    fields=_AUDITD,
    module="auditd",
    categories=("process", "file", "network", "authentication", "iam", "driver"),
    lacks=("process.Ext.", "process.hash", "agent.ephemeral_id"),
)
AUTH = Source(
    "system.auth",
    "filebeat",
    systems=(LINUX, MACOS),
    marks=("system.auth.",),
    beats=("filebeat-8.17.0",),
    rows=rows_of(*_LOGON_ROWS),
    fields=_AUTH,
    categories=("authentication", "session", "iam"),
    lacks=_NO_FILES,
)
SYSLOG = Source(
    "system.syslog",
    "filebeat",
    systems=(LINUX, MACOS),
    marks=("system.syslog.",),
    beats=("filebeat-8.17.0",),
    lacks=_NO_FILES,
    fields={
        **COMMON,
        "log.file.path": always("/var/log/syslog"),
        "input.type": always("log"),
        "host.hostname": _AUTH["host.hostname"],
        **RELATED,
    },
)
LINUX_LOGS = (AUDITD, AUTH, SYSLOG)
