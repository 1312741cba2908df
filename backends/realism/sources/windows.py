"""Logs of Windows: the Security and System channels, Sysmon and PowerShell."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..vocabulary import WINDOWS
from .source import COMMON, RELATED, Make, Record, Row, Source, always, new_uuid, number

_AUDITING = "Microsoft-Windows-Security-Auditing"
_SYSMON = "Microsoft-Windows-Sysmon"
_DATA = "winlog.event_data."


@dataclass(frozen=True, slots=True)
class WindowsEvent:
    """A kind of event of a Windows channel.

    Attributes:
        code, action, category, type: as in ``event.*``.
        data: the names that its ``EventData`` has.
        outcome: as in ``event.outcome``.
    """

    code: str
    action: str
    category: str
    type: str
    data: tuple[str, ...]
    outcome: str = "success"


_SUBJECT = "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId"
_TARGET = "TargetUserSid TargetUserName TargetDomainName"
_MEMBER = f"{_SUBJECT} {_TARGET.replace('TargetUserSid', 'TargetSid')} PrivilegeList"
_ACCOUNT = (
    f"{_MEMBER} SamAccountName DisplayName UserPrincipalName AllowedToDelegateTo OldUacValue NewUacValue UserAccountControl SidHistory PrimaryGroupId "
    "NewUACList OldUACList"
)
_LOGON = f"{_SUBJECT} {_TARGET} LogonType LogonProcessName AuthenticationPackageName WorkstationName IpAddress IpPort ProcessId ProcessName KeyLength"
_TICKET = "TargetUserName TargetDomainName TargetSid ServiceName ServiceSid TicketOptions TicketEncryptionType IpAddress IpPort Status"
_OBJECT = f"{_SUBJECT} ObjectServer ObjectType ObjectName HandleId AccessList AccessMask"
_TASK = f"{_SUBJECT} TaskName TaskContent"
_DIRECTORY = f"{_SUBJECT} OpCorrelationID AppCorrelationID DSName DSType ObjectDN ObjectGUID ObjectClass"


def _events(*rows: tuple[str, str, str, str, str]) -> tuple[WindowsEvent, ...]:
    return tuple(WindowsEvent(code, action, category, type_, tuple(data.split())) for code, action, category, type_, data in rows)


SECURITY_EVENTS = (
    *_events(
        ("4688", "created-process", "process", "start",
         f"{_SUBJECT} NewProcessId NewProcessName TokenElevationType ProcessId CommandLine {_TARGET} TargetLogonId ParentProcessName MandatoryLabel"),
        ("4624", "logged-in", "authentication", "start",
         f"{_LOGON} TargetLogonId LogonGuid ImpersonationLevel ElevatedToken VirtualAccount TargetLinkedLogonId RestrictedAdminMode TransmittedServices LmPackageName "
         "TargetOutboundUserName TargetOutboundDomainName"),
    ),
    WindowsEvent("4625", "logon-failed", "authentication", "start", (*_LOGON.split(), "Status", "SubStatus", "FailureReason"), "failure"),
    *_events(
        ("4634", "logged-out", "authentication", "end", f"{_TARGET} TargetLogonId LogonType"),
        ("4648", "logged-in-explicit", "authentication", "start", f"{_SUBJECT} {_TARGET.replace('TargetUserSid ', '')} LogonGuid TargetLogonGuid TargetServerName TargetInfo ProcessId ProcessName IpAddress IpPort"),
        ("4662", "object-operation-performed", "iam", "admin", f"{_OBJECT} OperationType Properties AdditionalInfo AdditionalInfo2"),
        ("4663", "object-accessed", "file", "access", f"{_OBJECT} ProcessId ProcessName"),
        ("4656", "object-access-requested", "file", "access", f"{_OBJECT} TransactionId AccessReason PrivilegeList ProcessId ProcessName"),
        ("4672", "logged-in-special", "iam", "admin", f"{_SUBJECT} PrivilegeList"),
        ("4673", "privileged-service-called", "iam", "admin", f"{_SUBJECT} ObjectServer Service PrivilegeList ProcessId ProcessName"),
        ("4674", "privileged-operation", "iam", "admin", f"{_OBJECT} PrivilegeList ProcessId ProcessName"),
        ("4697", "service-installed", "configuration", "creation", f"{_SUBJECT} ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount ClientProcessId ParentProcessId"),
        ("4698", "scheduled-task-created", "configuration", "creation", f"{_TASK} ClientProcessStartKey ClientProcessId ParentProcessId RpcCallClientLocality FQDN"),
        ("4699", "scheduled-task-deleted", "configuration", "deletion", _TASK),
        ("4702", "scheduled-task-updated", "configuration", "change", f"{_TASK} TaskContentNew ClientProcessStartKey ClientProcessId ParentProcessId RpcCallClientLocality FQDN"),
        ("4719", "changed-audit-config", "configuration", "change", f"{_SUBJECT} CategoryId SubcategoryId SubcategoryGuid AuditPolicyChanges"),
        ("4720", "added-user-account", "iam", "creation", _ACCOUNT),
        ("4722", "enabled-user-account", "iam", "change", _MEMBER),
        ("4724", "reset-password", "iam", "change", _MEMBER),
        ("4726", "deleted-user-account", "iam", "deletion", _MEMBER),
        ("4728", "added-member-to-group", "iam", "change", f"{_MEMBER} MemberName MemberSid"),
        ("4732", "added-member-to-group", "iam", "change", f"{_MEMBER} MemberName MemberSid"),
        ("4738", "modified-user-account", "iam", "change", f"Dummy {_ACCOUNT}"),
        ("4741", "added-computer-account", "iam", "creation", f"{_ACCOUNT} ServicePrincipalNames DnsHostName"),
        ("4742", "changed-computer-account", "iam", "change", f"ComputerAccountChange {_ACCOUNT} ServicePrincipalNames DnsHostName"),
        ("4768", "kerberos-authentication-ticket-requested", "authentication", "start", f"{_TICKET} PreAuthType CertIssuerName CertSerialNumber CertThumbprint"),
        ("4769", "kerberos-service-ticket-requested", "authentication", "start", f"{_TICKET} LogonGuid TransmittedServices"),
        ("4781", "renamed-user-account", "iam", "change", f"{_SUBJECT} OldTargetUserName NewTargetUserName TargetDomainName TargetSid PrivilegeList"),
        ("4964", "special-groups-assigned", "authentication", "start", f"{_SUBJECT} {_TARGET} TargetLogonId SidList LogonGuid TargetLogonGuid"),
        ("4657", "registry-value-modified", "registry", "change", f"{_SUBJECT} ObjectName ObjectValueName HandleId OperationType OldValueType OldValue NewValueType NewValue ProcessId ProcessName"),
        ("4704", "user-right-assigned", "configuration", "change", f"{_SUBJECT} TargetSid PrivilegeList EnabledPrivilegeList"),
        ("4703", "token-right-adjusted-events", "iam", "change", f"{_SUBJECT} {_TARGET} TargetLogonId EnabledPrivilegeList DisabledPrivilegeList ProcessId ProcessName"),
        ("5136", "directory-service-object-modified", "configuration", "change", f"{_DIRECTORY} AttributeLDAPDisplayName AttributeSyntaxOID AttributeValue OperationType"),
        ("5137", "directory-service-object-created", "configuration", "creation", _DIRECTORY),
        ("5140", "network-share-object-accessed", "network", "access", f"{_SUBJECT} ObjectType IpAddress IpPort ShareName ShareLocalPath AccessMask AccessList"),
        ("5145", "network-share-object-access-checked", "network", "access",
         f"{_SUBJECT} ObjectType IpAddress IpPort ShareName ShareLocalPath RelativeTargetName AccessMask AccessList AccessReason"),
        ("5382", "vault-credentials-were-read", "iam", "info", f"{_SUBJECT} SchemaFriendlyName Schema Resource Identity PackageSid Flags ReturnCode ProcessCreationTime ClientProcessId"),
        ("5379", "credential-manager-credentials-were-read", "iam", "info", f"{_SUBJECT} TargetName Type CountOfCredentialsReturned ReadOperation ReturnCode ProcessCreationTime ClientProcessId"),
        ("6416", "new-device-was-recognised", "configuration", "creation", f"{_SUBJECT} DeviceId DeviceDescription ClassId ClassName VendorIds CompatibleIds LocationInformation"),
    ),
)  # fmt: skip
"""The channel Security."""

CLEARED = WindowsEvent("1102", "audit-log-cleared", "iam", "admin", ())
SYSTEM_EVENTS = (
    *_events(
        ("7045", "service-installed", "configuration", "creation", "ServiceName ImagePath ServiceType StartType AccountName"),
        ("104", "Log clear", "configuration", "deletion", "SubjectUserName SubjectDomainName Channel BackupPath"),
    ),
)  # fmt: skip
_PROVIDERS_OF_SYSTEM = {"7045": "Service Control Manager", "104": "Microsoft-Windows-Eventlog"}
_IMAGE = "RuleName UtcTime ProcessGuid ProcessId Image User"
SYSMON_EVENTS = _events(
    ("1", "Process Create (rule: ProcessCreate)", "process", "start",
     f"{_IMAGE} FileVersion Description Product Company OriginalFileName CommandLine CurrentDirectory LogonGuid LogonId TerminalSessionId "
     "IntegrityLevel Hashes ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser"),
    ("3", "Network connection detected (rule: NetworkConnect)", "network", "start",
     f"{_IMAGE} Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName"),
    ("11", "File created (rule: FileCreate)", "file", "creation", f"{_IMAGE} TargetFilename CreationUtcTime"),
    ("13", "Registry value set (rule: RegistryEvent)", "registry", "change", f"{_IMAGE} EventType TargetObject Details"),
    ("12", "Registry object added or deleted (rule: RegistryEvent)", "registry", "creation", f"{_IMAGE} EventType TargetObject"),
    ("5", "Process terminated (rule: ProcessTerminate)", "process", "end", _IMAGE),
    ("6", "Driver loaded (rule: DriverLoad)", "driver", "start", "RuleName UtcTime ImageLoaded Hashes Signed Signature SignatureStatus"),
    ("7", "Image loaded (rule: ImageLoad)", "process", "change",
     f"{_IMAGE} ImageLoaded FileVersion Description Product Company OriginalFileName Hashes Signed Signature SignatureStatus"),
    ("8", "CreateRemoteThread detected (rule: CreateRemoteThread)", "process", "change",
     "RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage SourceUser TargetProcessGuid TargetProcessId TargetImage TargetUser NewThreadId StartAddress StartModule StartFunction"),
    ("10", "Process accessed (rule: ProcessAccess)", "process", "access",
     "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage SourceUser TargetProcessGUID TargetProcessId TargetImage TargetUser GrantedAccess CallTrace"),
    ("15", "File stream created (rule: FileCreateStreamHash)", "file", "access", f"{_IMAGE} TargetFilename CreationUtcTime Hash Contents"),
    ("17", "Pipe Created (rule: PipeEvent)", "file", "creation", f"{_IMAGE} EventType PipeName"),
    ("18", "Pipe Connected (rule: PipeEvent)", "file", "access", f"{_IMAGE} EventType PipeName"),
    ("22", "Dns query (rule: DnsQuery)", "network", "connection", f"{_IMAGE} QueryName QueryStatus QueryResults"),
    ("23", "File Delete archived (rule: FileDelete)", "file", "deletion", f"{_IMAGE} TargetFilename Hashes IsExecutable Archived"),
)  # fmt: skip
"""The channel Microsoft-Windows-Sysmon/Operational."""

POWERSHELL_EVENTS = _events(
    ("4104", "execute-remote-command", "process", "info", ""),
    ("4103", "executing-pipeline", "process", "info", "ContextInfo UserData Payload"),
)


def _rows(channel: str, provider: str, listed: Sequence[WindowsEvent]) -> Callable[[Record], Iterable[Row]]:
    """The events of a channel, those first whose data the rule names."""

    def make(record: Record) -> Iterable[Row]:
        named = {name.removeprefix(_DATA) for number, name in record.assignment.cells if number == record.event and name.startswith(_DATA)}
        usual = [name for name in _USUAL_IN if any(other == name or other.startswith(f"{name}.") for number, other in record.assignment.cells if number == record.event)]
        likely = {code for name in usual for code in _USUAL_IN[name]}
        rest = {event.code: place for place, event in enumerate(listed)}
        ranked = sorted(listed, key=lambda event: (len(named - set(event.data)), event.code not in likely, rest[event.code]))
        for event in ranked:
            source = _PROVIDERS_OF_SYSTEM.get(event.code, "Microsoft-Windows-Eventlog" if event.code == "1102" else provider)
            row = {"event.code": event.code, "event.provider": source, "winlog.channel": channel, "winlog.provider_name": source, "winlog.event_id": event.code}
            row |= {"event.action": event.action, "event.category": event.category, "event.type": event.type}
            yield {**row, "event.outcome": event.outcome} if channel == "Security" else row

    return make


_USUAL_IN = {
    "registry": ("13", "4657"), "dll": ("7",), "dns": ("22",), "file": ("11", "4663"), "destination": ("3",), "winlog.logon": ("4624", "4625"),
    "process.parent": ("1", "4688"), "process.args": ("1", "4688"), "process.command_line": ("1", "4688"),
}  # fmt: skip
"""For a field: the codes of the events that have it."""

# -- the data of events --------------------------------------------------------------------------


def _of(event: str) -> Make:
    """The value of another field, as text."""
    return lambda record: [str(value)] if (value := record.value(event)) is not None else ()


def _hex(record: Record, name: str) -> list[str]:
    value = record.value(name)
    return [f"0x{value:x}"] if isinstance(value, int) else []


def _logon_id(record: Record) -> Iterable[str]:
    return ("0x3e7",) if record.text("user.id") == "S-1-5-18" else (f"0x{record.rng.getrandbits(24):x}",)


def _guid(record: Record) -> Iterable[str]:
    return ("{" + str(uuid.UUID(int=record.rng.getrandbits(128), version=4)).upper() + "}",)


_VALUES: Mapping[str, Make] = {
    "SubjectUserSid": _of("user.id"), "SubjectUserName": _of("user.name"), "SubjectDomainName": _of("user.domain"), "SubjectLogonId": _logon_id,
    "TargetUserSid": _of("user.id"), "TargetUserName": _of("user.name"), "TargetDomainName": _of("user.domain"), "TargetLogonId": _logon_id,
    "TargetSid": lambda record: (record.environment.user_id,), "LogonType": always("3", "2", "10", "5"), "LogonProcessName": always("NtLmSsp", "Kerberos", "User32"),
    "AuthenticationPackageName": always("NTLM", "Kerberos", "Negotiate"), "WorkstationName": lambda record: (record.text("host.name").upper(),) if record.text("host.name") else (),
    "IpAddress": _of("source.ip"), "IpPort": _of("source.port"), "KeyLength": always("0", "128"), "Status": always("0x0", "0xc000006d"),
    "SubStatus": always("0xc000006a", "0xc0000064"), "FailureReason": always("%%2313"), "PrivilegeList": always("-", "SeDebugPrivilege", "SeBackupPrivilege"),
    "NewProcessId": lambda record: _hex(record, "process.pid"), "NewProcessName": _of("process.executable"), "CommandLine": _of("process.command_line"),
    "ParentProcessName": _of("process.parent.executable"), "TokenElevationType": always("%%1938", "%%1936"), "MandatoryLabel": always("S-1-16-8192", "S-1-16-12288"),
    "ProcessName": _of("process.executable"), "ProcessId": _of("process.pid"), "Image": _of("process.executable"), "User": lambda record: [rf"{record.text('user.domain') or 'CORP'}\{record.text('user.name')}"] if record.text("user.name") else (),
    "ParentImage": _of("process.parent.executable"), "ParentCommandLine": _of("process.parent.command_line"), "CurrentDirectory": _of("process.working_directory"),
    "OriginalFileName": lambda record: [record.text("process.pe.original_file_name") or record.text("process.name")] if record.text("process.name") else (),
    "IntegrityLevel": lambda record: ("System", "High") if record.text("user.id") == "S-1-5-18" else ("Medium", "High", "System"), "LogonId": _logon_id, "TerminalSessionId": always("1", "0"),
    "ProcessGuid": _guid, "ParentProcessGuid": _guid, "SourceProcessGUID": _guid, "TargetProcessGUID": _guid, "SourceProcessGuid": _guid, "TargetProcessGuid": _guid, "LogonGuid": _guid,
    "RuleName": always("-"), "Company": always("Microsoft Corporation"), "Product": always("Microsoft® Windows® Operating System"), "Description": always("Windows component"),
    "FileVersion": always("10.0.19041.1 (WinBuild.160101.0800)"), "TargetFilename": _of("file.path"), "TargetObject": _of("registry.path"), "Details": always("DWORD (0x00000001)", "Binary Data"),
    "EventType": always("SetValue", "CreateKey"), "ImageLoaded": lambda record: [record.text("dll.path") or record.text("file.path")] if record.text("dll.path") or record.text("file.path") else (), "Signed": always("true", "false"), "Signature": always("Microsoft Windows"),
    "SignatureStatus": always("Valid"), "SourceImage": _of("process.executable"), "TargetImage": always(r"C:\Windows\System32\lsass.exe", r"C:\Windows\explorer.exe"),
    "GrantedAccess": always("0x1410", "0x1fffff"), "CallTrace": always(r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e|UNKNOWN(00000245B1C3A2F0)"),
    "SourceThreadId": number(400, 9000), "Protocol": always("tcp", "udp"), "Initiated": always("true", "false"), "SourceIp": _of("source.ip"), "SourcePort": _of("source.port"),
    "DestinationIp": _of("destination.ip"), "DestinationPort": _of("destination.port"), "QueryName": _of("dns.question.name"), "QueryStatus": always("0"),
    "Hashes": lambda record: [f"SHA256={record.text('process.hash.sha256').upper()}"] if record.text("process.hash.sha256") else (), "PipeName": always(r"\lsass", r"\spoolss", r"\svcctl"),
    "ObjectServer": always("DS", "Security"), "ObjectType": always("%{19195a5b-6da0-11d0-afd3-00c04fd930c9}", "File"), "OperationType": always("Object Access", "%%14674"),
    "AccessList": always("%%7688", "%%1537"), "AccessMask": always("0x100", "0x2"), "HandleId": always("0x0"), "ServiceName": always("UpdateAgent", "BackupService", "krbtgt"),
    "ServiceFileName": always(r"C:\ProgramData\Meridian\agent.exe", r"%SystemRoot%\system32\svchost.exe -k netsvcs"), "ImagePath": always(r"C:\ProgramData\Meridian\agent.exe"), "ServiceType": always("user mode service", "0x10"),
    "StartType": always("auto start", "demand start"), "ServiceStartType": always("2", "3"), "AccountName": always("LocalSystem"), "ServiceAccount": always("LocalSystem"),
    "TaskName": always(r"\Meridian\Nightly", r"\Microsoft\Windows\UpdateOrchestrator\Reboot"), "DSName": always("corp.example.com"), "DSType": always("%%14676"),
    "ObjectClass": always("user", "computer", "groupPolicyContainer"), "ObjectGUID": _guid, "OpCorrelationID": _guid, "AttributeLDAPDisplayName": always("servicePrincipalName", "description"),
    "AttributeSyntaxOID": always("2.5.5.12"), "ShareName": always(r"\\*\IPC$", r"\\*\ADMIN$", r"\\*\shared"), "ShareLocalPath": always(r"C:\Windows"),
    "RelativeTargetName": always("svcctl", "winreg", "report.docx"), "TicketOptions": always("0x40810010", "0x40810000"), "TicketEncryptionType": always("0x12", "0x17"),
    "PreAuthType": always("2", "15"), "ServiceSid": lambda record: (record.environment.user_id.rpartition("-")[0] + "-502",) if record.environment.user_id.startswith("S-1-5-21") else (), "SamAccountName": _of("user.name"), "UserPrincipalName": lambda record: (record.environment.mail,),
    "NewUacValue": always("0x10"), "OldUacValue": always("0x15"), "UserAccountControl": always("%%2048"),
}  # fmt: skip
"""By the name in ``EventData``: its values."""


def _data_fields(codes: Mapping[str, WindowsEvent]) -> dict[str, Make]:
    """For each name in the data of some event: its values in the events that have it."""

    def of(name: str, make: Make) -> Make:
        def chosen(record: Record) -> Iterable[Any]:
            event = codes.get(record.text("event.code"))
            return make(record) if event is not None and name in event.data else ()

        return chosen

    return {f"{_DATA}{name}": of(name, make) for name, make in _VALUES.items() if any(name in event.data for event in codes.values())}


def _fields(listed: Sequence[WindowsEvent], channel: str) -> dict[str, Make]:
    return {
        **COMMON,
        "winlog.api": always("wineventlog"),
        "winlog.record_id": lambda record: (str(record.rng.randint(100_000, 9_000_000)),),
        "winlog.opcode": always("Info"),
        "winlog.keywords": lambda record: [("Audit Failure" if record.text("event.outcome") == "failure" else "Audit Success",)] if channel == "Security" else (),
        "winlog.computer_name": lambda record: (f"{record.text('host.name')}.corp.example.com",) if record.text("host.name") else (),
        "winlog.process.pid": number(600, 4000),
        "winlog.process.thread.id": number(400, 9000),
        **_data_fields({event.code: event for event in listed}),
        **({"winlog.logon.type": _logon_type} if channel == "Security" else {}),
        "host.hostname": lambda record: (record.text("host.name"),) if record.text("host.name") else (),
        "host.architecture": always("x86_64"),
        **RELATED,
    }


def _logon_type(record: Record) -> Iterable[str]:
    names = {"2": "Interactive", "3": "Network", "4": "Batch", "5": "Service", "7": "Unlock", "9": "NewCredentials", "10": "RemoteInteractive", "11": "CachedInteractive"}
    code = record.text(f"{_DATA}LogonType")
    return (names[code],) if code in names else ()


_NO_DEFEND = ("process.entity_id", "process.working_directory", "process.parent.entity_id", "process.Ext.")
_BEATS = ("winlogbeat-8.17.0",)


def _source(dataset: str, channel: str, provider: str, listed: Sequence[WindowsEvent], lacks: tuple[str, ...] = (), more: Mapping[str, Make] | None = None) -> Source:
    categories = tuple(dict.fromkeys(event.category for event in listed))
    return Source(dataset, "winlogbeat", systems=(WINDOWS,), categories=categories, marks=("winlog.",), beats=_BEATS, rows=_rows(channel, provider, listed),
                  fields={**_fields(listed, channel), **(more or {})}, lacks=lacks)  # fmt: skip


_SCRIPT: Mapping[str, Make] = {
    "powershell.file.script_block_id": new_uuid,
    "powershell.sequence": always(1),
    "powershell.total": always(1),
}

SYSMON = _source("windows.sysmon_operational", "Microsoft-Windows-Sysmon/Operational", _SYSMON, SYSMON_EVENTS, ("process.Ext.",))
SECURITY = _source("system.security", "Security", _AUDITING, (*SECURITY_EVENTS, CLEARED), _NO_DEFEND)
POWERSHELL = Source(
    "windows.powershell_operational", "winlogbeat", systems=(WINDOWS,), categories=("process",), marks=("powershell.", "winlog."), beats=_BEATS,
    rows=_rows("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell", POWERSHELL_EVENTS),
    fields={**_fields(POWERSHELL_EVENTS, "Microsoft-Windows-PowerShell/Operational"), **_SCRIPT}, lacks=(*_NO_DEFEND, "process.parent.", "process.args", "process.command_line", "process.hash"),
)  # fmt: skip
SYSTEM = _source("system.system", "System", "Service Control Manager", SYSTEM_EVENTS, (*_NO_DEFEND, "process."))
FORWARDED = _source("windows.forwarded", "Security", _AUDITING, (*SECURITY_EVENTS, CLEARED), _NO_DEFEND)
WINDOWS_LOGS = (SECURITY, SYSMON, POWERSHELL, SYSTEM, FORWARDED)
"""In the order of preference."""
