"""Everyday events: what happens in an organisation while nothing is wrong, as queries that the realistic style draws from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everyday:
    """A kind of everyday event.

    Attributes:
        query: of EQL; its events are drawn as matches of it.
        pattern: the index pattern that says where they come from.
        weight: how often it happens, beside the others.
    """

    query: str
    pattern: str
    weight: int = 2


EVERYDAY = (
    Everyday(
        """process where host.os.type == "windows" and event.type == "start" and process.name in
        ("chrome.exe", "msedge.exe", "OUTLOOK.EXE", "WINWORD.EXE", "EXCEL.EXE", "notepad.exe", "taskhostw.exe")
        and process.parent.name == "explorer.exe\"""",
        "logs-endpoint.events.process-*",
        6,
    ),
    Everyday(
        """process where host.os.type == "windows" and event.type == "start" and process.name in ("svchost.exe", "taskhostw.exe")
        and process.parent.name == "services.exe\"""",
        "logs-endpoint.events.process-*",
        3,
    ),
    Everyday(
        """process where host.os.type == "windows" and event.type == "end" and process.name in
        ("chrome.exe", "msedge.exe", "WINWORD.EXE", "notepad.exe")""",
        "logs-endpoint.events.process-*",
        3,
    ),
    Everyday(
        """process where host.os.type == "linux" and event.type == "start" and event.action == "exec" and process.name in
        ("ls", "cat", "grep", "tar", "git", "vim", "systemctl") and process.parent.name in ("bash", "sh")""",
        "logs-endpoint.events.process-*",
        4,
    ),
    Everyday(
        """process where host.os.type == "macos" and event.type == "start" and process.name in ("Safari", "Mail", "Terminal")
        and process.parent.name == "launchd\"""",
        "logs-endpoint.events.process-*",
    ),
    Everyday(
        """file where host.os.type == "windows" and event.type == "creation" and process.name in ("WINWORD.EXE", "EXCEL.EXE", "chrome.exe")
        and file.extension in ("docx", "xlsx", "pdf", "tmp") and file.path : "C:\\\\Users\\\\*\\\\Documents\\\\*\"""",
        "logs-endpoint.events.file-*",
        4,
    ),
    Everyday(
        """file where host.os.type == "linux" and event.action == "creation" and process.name in ("vim", "rsync", "tar")
        and file.extension in ("log", "txt", "conf") and file.path : "/var/log/app/*\"""",
        "logs-endpoint.events.file-*",
    ),
    Everyday(
        """network where host.os.type == "windows" and event.action == "connection_attempted" and process.name in
        ("chrome.exe", "msedge.exe", "OUTLOOK.EXE") and destination.port == 443""",
        "logs-endpoint.events.network-*",
        5,
    ),
    Everyday(
        """network where host.os.type == "linux" and event.action == "connection_attempted" and process.name == "curl"
        and destination.port == 443""",
        "logs-endpoint.events.network-*",
    ),
    Everyday(
        """network where host.os.type == "windows" and event.action == "lookup_requested" and process.name == "msedge.exe"
        and dns.question.name in ("www.example.com", "mail.example.com", "cdn.example.net")""",
        "logs-endpoint.events.network-*",
        3,
    ),
    Everyday(
        """registry where host.os.type == "windows" and event.type == "change" and process.name == "svchost.exe"
        and registry.path : "HKLM\\\\SOFTWARE\\\\Meridian\\\\*\"""",
        "logs-endpoint.events.registry-*",
    ),
    Everyday(
        """library where host.os.type == "windows" and dll.name in ("kernel32.dll", "advapi32.dll", "ws2_32.dll")
        and dll.path : "C:\\\\Windows\\\\System32\\\\*" and process.name == "svchost.exe\"""",
        "logs-endpoint.events.library-*",
    ),
    Everyday("""authentication where event.code == "4624" and winlog.event_data.LogonType == "2\"""", "logs-system.security-*", 3),
    Everyday("""authentication where event.code == "4634" and winlog.event_data.LogonType == "2\"""", "logs-system.security-*"),
    Everyday("""authentication where system.auth.ssh.event == "Accepted" and event.outcome == "success\"""", "logs-system.auth-*"),
    Everyday(
        """any where event.dataset == "aws.cloudtrail" and event.outcome == "success" and event.action in
        ("DescribeInstances", "ListBuckets", "DescribeVolumes", "GetBucketLocation")
        and aws.cloudtrail.user_identity.type == "AssumedRole\"""",
        "logs-aws.cloudtrail-*",
        4,
    ),
    Everyday(
        """any where event.dataset == "okta.system" and event.action == "user.authentication.sso" and event.outcome == "success\"""",
        "logs-okta.system-*",
        3,
    ),
    Everyday(
        """any where event.dataset == "azure.signinlogs" and event.outcome == "success" and event.action == "Sign-in activity\"""",
        "logs-azure.signinlogs-*",
        3,
    ),
    Everyday(
        """any where event.dataset == "o365.audit" and event.provider in ("SharePoint", "OneDrive") and event.action == "FileAccessed\"""",
        "logs-o365.audit-*",
        3,
    ),
    Everyday("""any where event.dataset == "google_workspace.drive" and event.action == "view\"""", "logs-google_workspace.drive-*"),
    Everyday("""any where event.dataset == "gcp.audit" and event.action == "v1.compute.instances.list\"""", "logs-gcp.audit-*"),
    Everyday("""any where event.dataset == "github.audit" and event.action == "pull_request.merge\"""", "logs-github.audit-*"),
    Everyday(
        """any where event.dataset == "kubernetes.audit_logs" and kubernetes.audit.verb in ("get", "list")
        and kubernetes.audit.objectRef.resource in ("deployments", "configmaps")""",
        "logs-kubernetes.audit_logs-*",
    ),
    Everyday(
        """network where event.dataset == "network_traffic.flow" and destination.port == 443 and network.transport == "tcp\"""",
        "logs-network_traffic.flow-*",
        3,
    ),
    Everyday("""network where event.dataset == "zeek.dns" and destination.port == 53""", "logs-zeek.dns-*"),
    Everyday(
        """network where event.dataset == "fortinet_fortigate.log" and event.type == "allowed" and destination.port == 443""",
        "logs-fortinet_fortigate.log-*",
    ),
)
"""The events of an ordinary day."""
