"""The data of Windows events: what stands under each name of ``winlog.event_data``."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from .source import Make, Record, always, number
from .windows_events import WindowsEvent

DATA = "winlog.event_data."


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
    "SubjectUserSid": _of("user.id"),
    "SubjectUserName": _of("user.name"),
    "SubjectDomainName": _of("user.domain"),
    "SubjectLogonId": _logon_id,
    "TargetUserSid": _of("user.id"),
    "TargetUserName": _of("user.name"),
    "TargetDomainName": _of("user.domain"),
    "TargetLogonId": _logon_id,
    "TargetSid": lambda record: (record.environment.user_id,),
    "LogonType": always("3", "2", "10", "5"),
    "LogonProcessName": always("NtLmSsp", "Kerberos", "User32"),
    "AuthenticationPackageName": always("NTLM", "Kerberos", "Negotiate"),
    "WorkstationName": lambda record: (record.text("host.name").upper(),) if record.text("host.name") else (),
    "IpAddress": _of("source.ip"),
    "IpPort": _of("source.port"),
    "KeyLength": always("0", "128"),
    "Status": always("0x0", "0xc000006d"),
    "SubStatus": always("0xc000006a", "0xc0000064"),
    "FailureReason": always("%%2313"),
    "PrivilegeList": always("-", "SeDebugPrivilege", "SeBackupPrivilege"),
    "NewProcessId": lambda record: _hex(record, "process.pid"),
    "NewProcessName": _of("process.executable"),
    "CommandLine": _of("process.command_line"),
    "ParentProcessName": _of("process.parent.executable"),
    "TokenElevationType": always("%%1938", "%%1936"),
    "MandatoryLabel": always("S-1-16-8192", "S-1-16-12288"),
    "ProcessName": _of("process.executable"),
    "ProcessId": _of("process.pid"),
    "Image": _of("process.executable"),
    "User": lambda record: [rf"{record.text('user.domain') or 'CORP'}\{record.text('user.name')}"] if record.text("user.name") else (),
    "ParentImage": _of("process.parent.executable"),
    "ParentCommandLine": _of("process.parent.command_line"),
    "CurrentDirectory": _of("process.working_directory"),
    "OriginalFileName": lambda record: (
        [record.text("process.pe.original_file_name") or record.text("process.name")] if record.text("process.name") else ()
    ),
    "IntegrityLevel": lambda record: ("System", "High") if record.text("user.id") == "S-1-5-18" else ("Medium", "High", "System"),
    "LogonId": _logon_id,
    "TerminalSessionId": always("1", "0"),
    "ProcessGuid": _guid,
    "ParentProcessGuid": _guid,
    "SourceProcessGUID": _guid,
    "TargetProcessGUID": _guid,
    "SourceProcessGuid": _guid,
    "TargetProcessGuid": _guid,
    "LogonGuid": _guid,
    "RuleName": always("-"),
    "Company": always("Microsoft Corporation"),
    "Product": always("Microsoft® Windows® Operating System"),
    "Description": always("Windows component"),
    "FileVersion": always("10.0.19041.1 (WinBuild.160101.0800)"),
    "TargetFilename": _of("file.path"),
    "TargetObject": _of("registry.path"),
    "Details": always("DWORD (0x00000001)", "Binary Data"),
    "EventType": always("SetValue", "CreateKey"),
    "ImageLoaded": lambda record: (
        [record.text("dll.path") or record.text("file.path")] if record.text("dll.path") or record.text("file.path") else ()
    ),
    "Signed": always("true", "false"),
    "Signature": always("Microsoft Windows"),
    "SignatureStatus": always("Valid"),
    "SourceImage": _of("process.executable"),
    "TargetImage": always(r"C:\Windows\System32\lsass.exe", r"C:\Windows\explorer.exe"),
    "GrantedAccess": always("0x1410", "0x1fffff"),
    "CallTrace": always(r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e|UNKNOWN(00000245B1C3A2F0)"),
    "SourceThreadId": number(400, 9000),
    "Protocol": always("tcp", "udp"),
    "Initiated": always("true", "false"),
    "SourceIp": _of("source.ip"),
    "SourcePort": _of("source.port"),
    "DestinationIp": _of("destination.ip"),
    "DestinationPort": _of("destination.port"),
    "QueryName": _of("dns.question.name"),
    "QueryStatus": always("0"),
    "Hashes": lambda record: [f"SHA256={record.text('process.hash.sha256').upper()}"] if record.text("process.hash.sha256") else (),
    "PipeName": always(r"\lsass", r"\spoolss", r"\svcctl"),
    "ObjectServer": always("DS", "Security"),
    "ObjectType": always("%{19195a5b-6da0-11d0-afd3-00c04fd930c9}", "File"),
    "OperationType": always("Object Access", "%%14674"),
    "AccessList": always("%%7688", "%%1537"),
    "AccessMask": always("0x100", "0x2"),
    "HandleId": always("0x0"),
    "ServiceName": always("UpdateAgent", "BackupService", "krbtgt"),
    "ServiceFileName": always(r"C:\ProgramData\Meridian\agent.exe", r"%SystemRoot%\system32\svchost.exe -k netsvcs"),
    "ImagePath": always(r"C:\ProgramData\Meridian\agent.exe"),
    "ServiceType": always("user mode service", "0x10"),
    "StartType": always("auto start", "demand start"),
    "ServiceStartType": always("2", "3"),
    "AccountName": always("LocalSystem"),
    "ServiceAccount": always("LocalSystem"),
    "TaskName": always(r"\Meridian\Nightly", r"\Microsoft\Windows\UpdateOrchestrator\Reboot"),
    "DSName": always("corp.example.com"),
    "DSType": always("%%14676"),
    "ObjectClass": always("user", "computer", "groupPolicyContainer"),
    "ObjectGUID": _guid,
    "OpCorrelationID": _guid,
    "AttributeLDAPDisplayName": always("servicePrincipalName", "description"),
    "AttributeSyntaxOID": always("2.5.5.12"),
    "ShareName": always(r"\\*\IPC$", r"\\*\ADMIN$", r"\\*\shared"),
    "ShareLocalPath": always(r"C:\Windows"),
    "RelativeTargetName": always("svcctl", "winreg", "report.docx"),
    "TicketOptions": always("0x40810010", "0x40810000"),
    "TicketEncryptionType": always("0x12", "0x17"),
    "PreAuthType": always("2", "15"),
    "ServiceSid": lambda record: (
        (record.environment.user_id.rpartition("-")[0] + "-502",) if record.environment.user_id.startswith("S-1-5-21") else ()
    ),
    "SamAccountName": _of("user.name"),
    "UserPrincipalName": lambda record: (record.environment.mail,),
    "NewUacValue": always("0x10"),
    "OldUacValue": always("0x15"),
    "UserAccountControl": always("%%2048"),
}
"""By the name in ``EventData``: its values."""


def data_fields(codes: Mapping[str, WindowsEvent]) -> dict[str, Make]:
    """For each name in the data of some event: its values in the events that have it."""

    def of(name: str, make: Make) -> Make:
        def chosen(record: Record) -> Iterable[Any]:
            event = codes.get(record.text("event.code"))
            return make(record) if event is not None and name in event.data else ()

        return chosen

    return {f"{DATA}{name}": of(name, make) for name, make in _VALUES.items() if any(name in event.data for event in codes.values())}
