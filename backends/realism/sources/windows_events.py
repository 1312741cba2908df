"""Kinds of events of Windows channels: code, action, category and type, and the names that their data has."""

from __future__ import annotations

from dataclasses import dataclass

AUDITING = "Microsoft-Windows-Security-Auditing"
SYSMON = "Microsoft-Windows-Sysmon"


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
    f"{_MEMBER} SamAccountName DisplayName UserPrincipalName AllowedToDelegateTo OldUacValue NewUacValue UserAccountControl SidHistory "
    "PrimaryGroupId "
    "NewUACList OldUACList"
)
_LOGON = (
    f"{_SUBJECT} {_TARGET} LogonType LogonProcessName AuthenticationPackageName WorkstationName "
    "IpAddress IpPort ProcessId ProcessName KeyLength"
)
_TICKET = "TargetUserName TargetDomainName TargetSid ServiceName ServiceSid TicketOptions TicketEncryptionType IpAddress IpPort Status"
_OBJECT = f"{_SUBJECT} ObjectServer ObjectType ObjectName HandleId AccessList AccessMask"
_TASK = f"{_SUBJECT} TaskName TaskContent"
_DIRECTORY = f"{_SUBJECT} OpCorrelationID AppCorrelationID DSName DSType ObjectDN ObjectGUID ObjectClass"


def _events(*rows: tuple[str, str, str, str, str]) -> tuple[WindowsEvent, ...]:
    return tuple(WindowsEvent(code, action, category, type_, tuple(data.split())) for code, action, category, type_, data in rows)


SECURITY_EVENTS = (
    *_events(
        (
            "4688",
            "created-process",
            "process",
            "start",
            f"{_SUBJECT} NewProcessId NewProcessName TokenElevationType ProcessId CommandLine {_TARGET} TargetLogonId ParentProcessName "
            "MandatoryLabel",
        ),
        (
            "4624",
            "logged-in",
            "authentication",
            "start",
            f"{_LOGON} TargetLogonId LogonGuid ImpersonationLevel ElevatedToken VirtualAccount TargetLinkedLogonId RestrictedAdminMode "
            "TransmittedServices LmPackageName "
            "TargetOutboundUserName TargetOutboundDomainName",
        ),
    ),
    WindowsEvent("4625", "logon-failed", "authentication", "start", (*_LOGON.split(), "Status", "SubStatus", "FailureReason"), "failure"),
    *_events(
        ("4634", "logged-out", "authentication", "end", f"{_TARGET} TargetLogonId LogonType"),
        (
            "4648",
            "logged-in-explicit",
            "authentication",
            "start",
            f"{_SUBJECT} {_TARGET.replace('TargetUserSid ', '')} LogonGuid TargetLogonGuid TargetServerName TargetInfo ProcessId "
            "ProcessName IpAddress IpPort",
        ),
        ("4662", "object-operation-performed", "iam", "admin", f"{_OBJECT} OperationType Properties AdditionalInfo AdditionalInfo2"),
        ("4663", "object-accessed", "file", "access", f"{_OBJECT} ProcessId ProcessName"),
        ("4656", "object-access-requested", "file", "access", f"{_OBJECT} TransactionId AccessReason PrivilegeList ProcessId ProcessName"),
        ("4672", "logged-in-special", "iam", "admin", f"{_SUBJECT} PrivilegeList"),
        ("4673", "privileged-service-called", "iam", "admin", f"{_SUBJECT} ObjectServer Service PrivilegeList ProcessId ProcessName"),
        ("4674", "privileged-operation", "iam", "admin", f"{_OBJECT} PrivilegeList ProcessId ProcessName"),
        (
            "4697",
            "service-installed",
            "configuration",
            "creation",
            f"{_SUBJECT} ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount ClientProcessId ParentProcessId",
        ),
        (
            "4698",
            "scheduled-task-created",
            "configuration",
            "creation",
            f"{_TASK} ClientProcessStartKey ClientProcessId ParentProcessId RpcCallClientLocality FQDN",
        ),
        ("4699", "scheduled-task-deleted", "configuration", "deletion", _TASK),
        (
            "4702",
            "scheduled-task-updated",
            "configuration",
            "change",
            f"{_TASK} TaskContentNew ClientProcessStartKey ClientProcessId ParentProcessId RpcCallClientLocality FQDN",
        ),
        (
            "4719",
            "changed-audit-config",
            "configuration",
            "change",
            f"{_SUBJECT} CategoryId SubcategoryId SubcategoryGuid AuditPolicyChanges",
        ),
        ("4720", "added-user-account", "iam", "creation", _ACCOUNT),
        ("4722", "enabled-user-account", "iam", "change", _MEMBER),
        ("4724", "reset-password", "iam", "change", _MEMBER),
        ("4726", "deleted-user-account", "iam", "deletion", _MEMBER),
        ("4728", "added-member-to-group", "iam", "change", f"{_MEMBER} MemberName MemberSid"),
        ("4732", "added-member-to-group", "iam", "change", f"{_MEMBER} MemberName MemberSid"),
        ("4738", "modified-user-account", "iam", "change", f"Dummy {_ACCOUNT}"),
        ("4741", "added-computer-account", "iam", "creation", f"{_ACCOUNT} ServicePrincipalNames DnsHostName"),
        ("4742", "changed-computer-account", "iam", "change", f"ComputerAccountChange {_ACCOUNT} ServicePrincipalNames DnsHostName"),
        (
            "4768",
            "kerberos-authentication-ticket-requested",
            "authentication",
            "start",
            f"{_TICKET} PreAuthType CertIssuerName CertSerialNumber CertThumbprint",
        ),
        ("4769", "kerberos-service-ticket-requested", "authentication", "start", f"{_TICKET} LogonGuid TransmittedServices"),
        (
            "4781",
            "renamed-user-account",
            "iam",
            "change",
            f"{_SUBJECT} OldTargetUserName NewTargetUserName TargetDomainName TargetSid PrivilegeList",
        ),
        (
            "4964",
            "special-groups-assigned",
            "authentication",
            "start",
            f"{_SUBJECT} {_TARGET} TargetLogonId SidList LogonGuid TargetLogonGuid",
        ),
        (
            "4657",
            "registry-value-modified",
            "registry",
            "change",
            f"{_SUBJECT} ObjectName ObjectValueName HandleId OperationType OldValueType OldValue NewValueType NewValue ProcessId "
            "ProcessName",
        ),
        ("4704", "user-right-assigned", "configuration", "change", f"{_SUBJECT} TargetSid PrivilegeList EnabledPrivilegeList"),
        (
            "4703",
            "token-right-adjusted-events",
            "iam",
            "change",
            f"{_SUBJECT} {_TARGET} TargetLogonId EnabledPrivilegeList DisabledPrivilegeList ProcessId ProcessName",
        ),
        (
            "5136",
            "directory-service-object-modified",
            "configuration",
            "change",
            f"{_DIRECTORY} AttributeLDAPDisplayName AttributeSyntaxOID AttributeValue OperationType",
        ),
        ("5137", "directory-service-object-created", "configuration", "creation", _DIRECTORY),
        (
            "5140",
            "network-share-object-accessed",
            "network",
            "access",
            f"{_SUBJECT} ObjectType IpAddress IpPort ShareName ShareLocalPath AccessMask AccessList",
        ),
        (
            "5145",
            "network-share-object-access-checked",
            "network",
            "access",
            f"{_SUBJECT} ObjectType IpAddress IpPort ShareName ShareLocalPath RelativeTargetName AccessMask AccessList AccessReason",
        ),
        (
            "5382",
            "vault-credentials-were-read",
            "iam",
            "info",
            f"{_SUBJECT} SchemaFriendlyName Schema Resource Identity PackageSid Flags ReturnCode ProcessCreationTime ClientProcessId",
        ),
        (
            "5379",
            "credential-manager-credentials-were-read",
            "iam",
            "info",
            f"{_SUBJECT} TargetName Type CountOfCredentialsReturned ReadOperation ReturnCode ProcessCreationTime ClientProcessId",
        ),
        (
            "6416",
            "new-device-was-recognised",
            "configuration",
            "creation",
            f"{_SUBJECT} DeviceId DeviceDescription ClassId ClassName VendorIds CompatibleIds LocationInformation",
        ),
    ),
)
"""The channel Security."""

CLEARED = WindowsEvent("1102", "audit-log-cleared", "iam", "admin", ())
SYSTEM_EVENTS = (
    *_events(
        ("7045", "service-installed", "configuration", "creation", "ServiceName ImagePath ServiceType StartType AccountName"),
        ("104", "Log clear", "configuration", "deletion", "SubjectUserName SubjectDomainName Channel BackupPath"),
    ),
)
PROVIDERS_OF_SYSTEM = {"7045": "Service Control Manager", "104": "Microsoft-Windows-Eventlog"}
_IMAGE = "RuleName UtcTime ProcessGuid ProcessId Image User"
SYSMON_EVENTS = _events(
    (
        "1",
        "Process Create (rule: ProcessCreate)",
        "process",
        "start",
        f"{_IMAGE} FileVersion Description Product Company OriginalFileName CommandLine CurrentDirectory LogonGuid LogonId "
        "TerminalSessionId "
        "IntegrityLevel Hashes ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser",
    ),
    (
        "3",
        "Network connection detected (rule: NetworkConnect)",
        "network",
        "start",
        f"{_IMAGE} Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName DestinationIsIpv6 DestinationIp "
        "DestinationHostname DestinationPort DestinationPortName",
    ),
    ("11", "File created (rule: FileCreate)", "file", "creation", f"{_IMAGE} TargetFilename CreationUtcTime"),
    ("13", "Registry value set (rule: RegistryEvent)", "registry", "change", f"{_IMAGE} EventType TargetObject Details"),
    ("12", "Registry object added or deleted (rule: RegistryEvent)", "registry", "creation", f"{_IMAGE} EventType TargetObject"),
    ("5", "Process terminated (rule: ProcessTerminate)", "process", "end", _IMAGE),
    ("6", "Driver loaded (rule: DriverLoad)", "driver", "start", "RuleName UtcTime ImageLoaded Hashes Signed Signature SignatureStatus"),
    (
        "7",
        "Image loaded (rule: ImageLoad)",
        "process",
        "change",
        f"{_IMAGE} ImageLoaded FileVersion Description Product Company OriginalFileName Hashes Signed Signature SignatureStatus",
    ),
    (
        "8",
        "CreateRemoteThread detected (rule: CreateRemoteThread)",
        "process",
        "change",
        "RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage SourceUser TargetProcessGuid TargetProcessId TargetImage "
        "TargetUser NewThreadId StartAddress StartModule StartFunction",
    ),
    (
        "10",
        "Process accessed (rule: ProcessAccess)",
        "process",
        "access",
        "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage SourceUser TargetProcessGUID TargetProcessId "
        "TargetImage TargetUser GrantedAccess CallTrace",
    ),
    ("15", "File stream created (rule: FileCreateStreamHash)", "file", "access", f"{_IMAGE} TargetFilename CreationUtcTime Hash Contents"),
    ("17", "Pipe Created (rule: PipeEvent)", "file", "creation", f"{_IMAGE} EventType PipeName"),
    ("18", "Pipe Connected (rule: PipeEvent)", "file", "access", f"{_IMAGE} EventType PipeName"),
    ("22", "Dns query (rule: DnsQuery)", "network", "connection", f"{_IMAGE} QueryName QueryStatus QueryResults"),
    ("23", "File Delete archived (rule: FileDelete)", "file", "deletion", f"{_IMAGE} TargetFilename Hashes IsExecutable Archived"),
)
"""The channel Microsoft-Windows-Sysmon/Operational."""

POWERSHELL_EVENTS = _events(
    ("4104", "execute-remote-command", "process", "info", ""),
    ("4103", "executing-pipeline", "process", "info", "ContextInfo UserData Payload"),
)
