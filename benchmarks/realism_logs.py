"""Contradictions between the fields of a log record: types and outcomes, event codes and channels, identities of cloud services."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .realism_checks import Check, Contradiction, Flat, first, text

# -- types and outcomes --------------------------------------------------------------------------

_TYPES = {
    "api": "access admin allowed change creation deletion denied end info start user",
    "authentication": "start end info",
    "configuration": "access change creation deletion info",
    "database": "access change info error",
    "driver": "change end info start",
    "email": "info",
    "file": "access change creation deletion info",
    "host": "access change end info start",
    "iam": "admin change creation deletion group info user",
    "intrusion_detection": "allowed denied info",
    "library": "start",
    "malware": "info",
    "network": "access allowed connection denied end info protocol start",
    "package": "access change deletion info installation start",
    "process": "access change end info start",
    "registry": "access change creation deletion",
    "session": "start end info",
    "threat": "indicator",
    "vulnerability": "info",
    "web": "access error info",
}
"""What ECS allows as ``event.type``, by ``event.category``."""

_ACTIONS = {
    "fork": "start", "exec": "start", "creation": "creation", "deletion": "deletion", "modification": "change", "rename": "change",
    "overwrite": "change", "end": "end", "log_on": "start", "log_off": "end", "logged-in": "start", "logon-failed": "start",
}  # fmt: skip
_FAILURES = {"logon-failed": "failure", "logged-in": "success", "authentication_failed": "failure"}


def type_category_and_outcome(event: Flat) -> Iterator[Contradiction]:
    kind = "event type, category and outcome"
    categories, types = list(map(str, event.get("event.category", ()))), list(map(str, event.get("event.type", ())))
    allowed = {type_ for category in categories for type_ in _TYPES.get(category, "").split()}
    for type_ in types:
        if allowed and type_ not in allowed:
            yield Contradiction(
                kind, f"{categories}: {type_}", ({"event.type": sorted(allowed)[0]}, {"event.type": None}, {"event.category": None})
            )
    action, outcome = text(event, "event.action"), text(event, "event.outcome")
    if action in _ACTIONS and types and _ACTIONS[action] not in types and "info" not in types:
        yield Contradiction(kind, f"{action} is {types}", ({"event.type": _ACTIONS[action]}, {"event.action": None}))
    failed = _FAILURES.get(action)
    if failed is not None and outcome and outcome.lower() != failed:
        yield Contradiction(kind, f"{action} with outcome {outcome}", ({"event.outcome": failed}, {"event.action": None}))
    if "denied" in types and outcome == "success" and "network" not in categories:
        yield Contradiction(kind, "denied with success", ({"event.outcome": "failure"}, {"event.type": None}))
    if outcome and outcome.lower() not in ("success", "failure", "unknown"):
        yield Contradiction(kind, f"outcome {outcome}", ({"event.outcome": "success"}, {"event.outcome": "failure"}))
    for field, bad in _RESULTS.items():
        result = str(first(event, field) or "")
        if result and outcome.lower() in ("success", "failure") and bool(bad.search(result)) != (outcome.lower() == "failure"):
            yield Contradiction(kind, f"{field} = {result} with outcome {outcome}", ({"event.outcome": None}, {field: None}))


_RESULTS = {
    "aws.cloudtrail.error_code": re.compile("."),
    "okta.outcome.result": re.compile("FAILURE|DENY|BLOCKED"),
    "o365.audit.ResultStatus": re.compile("Fail|False", re.IGNORECASE),
    "azure.signinlogs.properties.status.error_code": re.compile("[1-9]"),
    "azure.signinlogs.result_type": re.compile("[1-9]"),
    "azure.auditlogs.properties.result": re.compile("failure", re.IGNORECASE),
}
"""For each field, what says that it failed."""

# -- codes and channels --------------------------------------------------------------------------

_SECURITY = "Microsoft-Windows-Security-Auditing"
_SYSMON = "Microsoft-Windows-Sysmon"
_CHANNELS = {
    _SECURITY: "Security",
    "Microsoft-Windows-Eventlog": "Security",
    _SYSMON: "Microsoft-Windows-Sysmon/Operational",
    "Microsoft-Windows-PowerShell": "Microsoft-Windows-PowerShell/Operational",
    "PowerShell": "Windows PowerShell",
    "Service Control Manager": "System",
}


def _provider(code: str) -> tuple[str, ...]:
    """The providers that write a code, as far as that is known."""
    if not code.isdecimal():
        return ()
    number = int(code)
    if number in (4103, 4104, 4105, 4106):
        return ("Microsoft-Windows-PowerShell",)
    if number == 1102:
        return ("Microsoft-Windows-Eventlog",)
    if number in (7045, 7036, 7040):
        return ("Service Control Manager",)
    if 4608 <= number <= 4985 or 5024 <= number <= 5890 or 6272 <= number <= 6424:
        return (_SECURITY,)
    if 1 <= number <= 29 or number == 255:
        return (_SYSMON,)
    return ()


_DATA = {
    "4624": "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId TargetUserSid TargetUserName TargetDomainName TargetLogonId "
    "LogonType LogonProcessName AuthenticationPackageName WorkstationName LogonGuid TransmittedServices LmPackageName KeyLength ProcessId "
    "ProcessName IpAddress IpPort ImpersonationLevel RestrictedAdminMode TargetOutboundUserName TargetOutboundDomainName VirtualAccount "
    "TargetLinkedLogonId ElevatedToken RemoteCredentialGuard",
    "4625": "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId TargetUserSid TargetUserName TargetDomainName Status "
    "FailureReason SubStatus LogonType LogonProcessName AuthenticationPackageName WorkstationName TransmittedServices LmPackageName "
    "KeyLength ProcessId ProcessName IpAddress IpPort",
    "4688": "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId NewProcessId NewProcessName TokenElevationType ProcessId "
    "CommandLine TargetUserSid TargetUserName TargetDomainName TargetLogonId ParentProcessName MandatoryLabel",
    "4662": "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectServer ObjectType ObjectName OperationType HandleId "
    "AccessList AccessMask Properties AdditionalInfo AdditionalInfo2",
    "5136": "OpCorrelationID AppCorrelationID SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId DSName DSType ObjectDN "
    "ObjectGUID ObjectClass AttributeLDAPDisplayName AttributeSyntaxOID AttributeValue OperationType",
    "5145": "SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId ObjectType IpAddress IpPort ShareName ShareLocalPath "
    "RelativeTargetName AccessMask AccessList AccessReason",
    "7045": "ServiceName ImagePath ServiceType StartType AccountName",
}
"""By the code: the names that its ``EventData`` has."""


def codes_and_channels(event: Flat) -> Iterator[Contradiction]:
    kind = "codes and channels"
    code, provider, channel = text(event, "event.code"), text(event, "event.provider"), text(event, "winlog.channel")
    number = first(event, "winlog.event_id")
    windows = text(event, "host.os.type") == "windows" or any(name.startswith("winlog.") for name in event)
    if not windows:
        return
    name = text(event, "winlog.provider_name")
    usual = _provider(code)
    for field, said in (("event.provider", provider), ("winlog.provider_name", name)):
        if usual and said and said not in usual:
            yield Contradiction(kind, f"{code} by {said}", ({field: usual[0]}, {"event.code": None}))
    if provider in _CHANNELS and channel and channel.lower() not in (_CHANNELS[provider].lower(), "forwardedevents"):
        yield Contradiction(kind, f"{provider} in {channel}", ({"winlog.channel": _CHANNELS[provider]}, {"event.provider": None}))
    if usual and channel and channel.lower() not in (_CHANNELS[usual[0]].lower(), "forwardedevents"):
        yield Contradiction(kind, f"{code} in {channel}", ({"winlog.channel": _CHANNELS[usual[0]]}, {"event.code": None}))
    if code and number is not None and str(number) != code:
        yield Contradiction(kind, f"{code} and {number}", ({"winlog.event_id": code}, {"event.code": str(number)}))
    if code in _DATA:
        known = _DATA[code].split()
        for field in event:
            if field.startswith("winlog.event_data.") and field.split(".")[2] not in known:
                yield Contradiction(kind, f"{code} has {field}", ({field: None}, {"event.code": None}))
    elif not code and any(name.startswith("winlog.event_data.") for name in event):
        yield Contradiction(kind, "winlog.event_data without event.code", ({"event.code": "4688"}, {"event.code": "4624"}))


# -- identities of cloud services ----------------------------------------------------------------

_IDENTITY = "aws.cloudtrail.user_identity"
_ARNS = {"Root": ":root", "IAMUser": ":user/", "AssumedRole": ":assumed-role/", "FederatedUser": ":federated-user/", "Role": ":role/"}


def cloud_identities(event: Flat) -> Iterator[Contradiction]:
    type_, arn, user = text(event, f"{_IDENTITY}.type"), text(event, f"{_IDENTITY}.arn"), text(event, "user.name")
    account = text(event, "cloud.account.id")
    if type_ == "Root" and user and user.lower() not in ("root", "<root_account>", account):
        yield Contradiction("root logons by someone else", f"Root is {user}", ({"user.name": "root"}, {f"{_IDENTITY}.type": "IAMUser"}))
    if type_ in _ARNS and arn and _ARNS[type_] not in arn:
        yield Contradiction(
            "root logons by someone else",
            f"{type_} with {arn}",
            ({f"{_IDENTITY}.arn": f"arn:aws:iam::{account}{_ARNS[type_]}"}, {f"{_IDENTITY}.type": None}),
        )
    parts = arn.split(":")
    if account and len(parts) > 4 and parts[4].isdecimal() and parts[4] != account:
        yield Contradiction(
            "root logons by someone else", f"{arn} of {account}", ({"cloud.account.id": parts[4]}, {f"{_IDENTITY}.arn": None})
        )


LOG_CHECKS: tuple[Check, ...] = (type_category_and_outcome, codes_and_channels, cloud_identities)
