"""Microsoft's clouds: Entra ID, Azure and Microsoft 365."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .actions import FILEBEAT, GEO, full_name_of, kind_of, mail_of, of_actions, succeeded, tenant_of
from .source import COMMON, RELATED, Make, Record, Row, Source, always, copy_of, new_uuid, one_of

# -- Entra ID and Azure --------------------------------------------------------------------------

_APPS = {
    "Microsoft Office": "d3590ed6-52b3-4102-aeff-aad2292ab01c",
    "Azure Portal": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    "Microsoft Teams": "1fec8e78-bce4-4aaf-ab1b-5451cc387264",
}
_SIGNIN = "azure.signinlogs.properties"


def _error(record: Record) -> Iterable[int]:
    return (0,) if succeeded(record) else (50126, 50053)


def _result_type(record: Record) -> Iterable[str]:
    code = record.value(f"{_SIGNIN}.status.error_code")
    return (str(code),) if code is not None else ()


_AZURE: Mapping[str, Make] = {
    **COMMON,
    "azure.tenant_id": tenant_of,
    "azure.correlation_id": new_uuid,
    "cloud.provider": always("azure"),
    "log.level": always("Information", "4"),
    "source.address": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
}
_SIGNINS: Mapping[str, Make] = {
    **_AZURE,
    "event.outcome": lambda record: (
        ("failure", "success")
        if record.asked(f"{_SIGNIN}.status.error_code") and record.value(f"{_SIGNIN}.status.error_code")
        else ("success", "failure")
    ),
    f"{_SIGNIN}.status.error_code": _error,
    "azure.signinlogs.result_type": _result_type,
    "azure.signinlogs.result_signature": lambda record: ("SUCCESS",) if succeeded(record) else ("FAILURE",),
    "azure.signinlogs.category": always("SignInLogs", "NonInteractiveUserSignInLogs"),
    "azure.signinlogs.operation_name": always("Sign-in activity"),
    "azure.signinlogs.identity": full_name_of,
    "user.full_name": full_name_of,
    "user.email": mail_of,
    "user.id": copy_of(f"{_SIGNIN}.user_id"),
    f"{_SIGNIN}.user_principal_name": mail_of,
    f"{_SIGNIN}.user_display_name": full_name_of,
    f"{_SIGNIN}.user_id": lambda record: (record.text("user.id") or record.derived("directory id"),),
    f"{_SIGNIN}.user_type": always("Member", "Guest"),
    f"{_SIGNIN}.app_display_name": lambda record: (
        [name for name, id_ in _APPS.items() if id_ == record.text(f"{_SIGNIN}.app_id")] or record.rng.sample(list(_APPS), 3)
        if not record.asked(f"{_SIGNIN}.app_id") or record.text(f"{_SIGNIN}.app_id") in _APPS.values()
        else ("Microsoft Application",)
    ),
    f"{_SIGNIN}.app_id": lambda record: (
        [_APPS[record.text(f"{_SIGNIN}.app_display_name")]]
        if record.text(f"{_SIGNIN}.app_display_name") in _APPS
        else list(new_uuid(record))
    ),
    f"{_SIGNIN}.resource_display_name": always("Microsoft Graph", "Windows Azure Service Management API"),
    f"{_SIGNIN}.client_app_used": always("Browser", "Mobile Apps and Desktop clients"),
    f"{_SIGNIN}.conditional_access_status": always("notApplied", "success", "failure"),
    f"{_SIGNIN}.correlation_id": copy_of("azure.correlation_id"),
    f"{_SIGNIN}.id": new_uuid,
    f"{_SIGNIN}.is_interactive": always(True, False),
    f"{_SIGNIN}.device_detail.browser": always("Chrome 124.0.0", "Edge 124.0.0"),
    f"{_SIGNIN}.device_detail.operating_system": always("Windows10", "MacOs"),
    f"{_SIGNIN}.risk_level_during_signin": always("none", "low", "high"),
    f"{_SIGNIN}.risk_state": always("none", "atRisk"),
    **GEO,
    **RELATED,
}
_AUDIT = "azure.auditlogs.properties"
_AUDITS: Mapping[str, Make] = {
    **_AZURE,
    "azure.auditlogs.operation_name": copy_of("event.action"),
    "azure.auditlogs.category": always("AuditLogs"),
    "azure.auditlogs.identity": always("Azure AD Cloud Sync", "Microsoft Entra ID"),
    f"{_AUDIT}.activity_display_name": copy_of("azure.auditlogs.operation_name"),
    f"{_AUDIT}.category": lambda record: [
        next(
            (
                kind
                for word, kind in (
                    ("user", "UserManagement"),
                    ("group", "GroupManagement"),
                    ("application", "ApplicationManagement"),
                    ("service principal", "ApplicationManagement"),
                    ("role", "RoleManagement"),
                    ("policy", "Policy"),
                    ("device", "Device"),
                )
                if word in record.text("azure.auditlogs.operation_name").lower()
            ),
            "UserManagement",
        )
    ],
    f"{_AUDIT}.operation_type": lambda record: [
        next((word for word in ("Add", "Update", "Delete", "Assign") if word in record.text("azure.auditlogs.operation_name")), "Update")
    ],
    f"{_AUDIT}.logged_by_service": always("Core Directory"),
    f"{_AUDIT}.result": lambda record: ("success",) if succeeded(record) else ("failure",),
    f"{_AUDIT}.id": new_uuid,
    f"{_AUDIT}.correlation_id": copy_of("azure.correlation_id"),
    f"{_AUDIT}.initiated_by.user.userPrincipalName": mail_of,
    f"{_AUDIT}.initiated_by.user.id": lambda record: (record.derived("directory id"),),
    f"{_AUDIT}.initiated_by.user.ipAddress": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
    f"{_AUDIT}.target_resources.0.type": always("User", "ServicePrincipal", "Application"),
    f"{_AUDIT}.target_resources.0.display_name": always("Reports Portal", "Billing Sync"),
    f"{_AUDIT}.target_resources.0.id": new_uuid,
    "user.full_name": full_name_of,
    "user.email": mail_of,
    **RELATED,
}
_ACTIVITY: Mapping[str, Make] = {
    **_AZURE,
    "azure.activitylogs.operation_name": copy_of("event.action"),
    "azure.activitylogs.category": always("Administrative"),
    "azure.activitylogs.event_category": always("Administrative"),
    "azure.activitylogs.result_type": lambda record: ("Success",) if succeeded(record) else ("Failure",),
    "azure.activitylogs.result_signature": lambda record: ("Succeeded.OK",) if succeeded(record) else ("Failed.Forbidden",),
    "azure.activitylogs.identity.claims_initiated_by_user.name": mail_of,
    "azure.activitylogs.identity.claims_initiated_by_user.schema": always("http://schemas.xmlsoap.org/ws/2005/05/identity/claims"),
    "azure.activitylogs.identity.authorization.evidence.role": always("Contributor", "Owner"),
    "azure.activitylogs.identity.authorization.evidence.principal_type": always("User", "ServicePrincipal"),
    "azure.subscription_id": lambda record: (record.derived("subscription"),),
    "azure.resource.group": one_of("rg-reports", "rg-billing", "rg-web"),
    "azure.resource.provider": lambda record: (
        ["/".join(record.text("azure.activitylogs.operation_name").split("/")[:2])]
        if "/" in record.text("azure.activitylogs.operation_name")
        else ["MICROSOFT.COMPUTE/VIRTUALMACHINES"]
    ),
    "azure.resource.name": one_of("vm-reports", "vm-billing", "kv-web"),
    "azure.resource.id": lambda record: (
        f"/subscriptions/{record.text('azure.subscription_id')}/resourceGroups/{record.text('azure.resource.group')}/providers/{record.text('azure.resource.provider')}/{record.text('azure.resource.name')}",
    ),
    "user.full_name": full_name_of,
    "user.email": mail_of,
    **GEO,
    **RELATED,
}

# -- Microsoft 365 -------------------------------------------------------------------------------

_RECORD_TYPES = {
    "Exchange": "1",
    "AzureActiveDirectory": "8",
    "SharePoint": "6",
    "OneDrive": "6",
    "MicrosoftTeams": "25",
    "SecurityComplianceCenter": "18",
}
_M365_ACTIONS = {
    "UserLoggedIn": ("authentication", "start"),
    "UserLoginFailed": ("authentication", "start"),
    "FileAccessed": ("file", "access"),
    "FileDownloaded": ("file", "access"),
    "MailItemsAccessed": ("email", "info"),
    "New-InboxRule": ("email", "info"),
    "Set-Mailbox": ("email", "info"),
}
_WORKLOADS = {
    "UserLoggedIn": "AzureActiveDirectory",
    "UserLoginFailed": "AzureActiveDirectory",
    "FileAccessed": "SharePoint",
    "FileDownloaded": "OneDrive",
    "MailItemsAccessed": "Exchange",
    "New-InboxRule": "Exchange",
    "Set-Mailbox": "Exchange",
}


def _m365_rows(record: Record) -> Iterable[Row]:
    provider = record.text("event.provider") if record.asked("event.provider") else ""
    asked = record.options("event.action", words=("",))[:4] if record.asked("event.action") else []
    usual = [action for action, workload in _WORKLOADS.items() if not provider or workload == provider]
    for action in (*asked, *record.rng.sample(usual, len(usual))):
        workload = provider or _WORKLOADS.get(action) or _workload_of(action)
        category, type_ = _M365_ACTIONS.get(action) or kind_of(action)
        failed = {"event.outcome": "failure"} if action == "UserLoginFailed" else {}
        yield {"event.action": action, "event.provider": workload, "event.category": category, "event.type": type_, **failed}
        yield {"event.action": action, "event.provider": workload}


def _workload_of(action: str) -> str:
    lower = action.lower()
    found = (
        ("file", "SharePoint"),
        ("sharing", "SharePoint"),
        ("team", "MicrosoftTeams"),
        ("user", "AzureActiveDirectory"),
        ("application", "AzureActiveDirectory"),
        ("principal", "AzureActiveDirectory"),
    )
    return next((workload for word, workload in found if word in lower), "Exchange")


_M365: Mapping[str, Make] = {
    **COMMON,
    "event.code": lambda record: (
        (
            {
                "Exchange": "ExchangeAdmin",
                "AzureActiveDirectory": "AzureActiveDirectory",
                "SharePoint": "SharePointFileOperation",
                "OneDrive": "SharePointFileOperation",
            }.get(record.text("event.provider"), record.text("event.provider")),
        )
        if record.text("event.provider")
        else ()
    ),
    "event.outcome": lambda record: (
        ("failure", "success")
        if "fail" in record.text("o365.audit.ResultStatus").lower() or "Failed" in record.text("event.action")
        else ("success", "failure")
    ),
    "o365.audit.Workload": copy_of("event.provider"),
    "o365.audit.Operation": copy_of("event.action"),
    "o365.audit.RecordType": lambda record: (_RECORD_TYPES.get(record.text("event.provider"), "1"),),
    "o365.audit.ResultStatus": lambda record: ("Success", "Succeeded", "True") if succeeded(record) else ("Failed",),
    "o365.audit.UserId": mail_of,
    "o365.audit.UserKey": lambda record: (record.derived("mailbox key"),),
    "o365.audit.UserType": always("0", "2"),
    "o365.audit.Version": always("1"),
    "o365.audit.Id": copy_of("event.id"),
    "o365.audit.OrganizationId": tenant_of,
    "o365.audit.ClientIP": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
    "o365.audit.ObjectId": lambda record: (
        (f"https://example.sharepoint.com/sites/reports/{record.text('file.name') or 'report.docx'}",)
        if record.text("event.provider") in ("SharePoint", "OneDrive")
        else (record.environment.mail,)
    ),
    "organization.id": copy_of("o365.audit.OrganizationId"),
    "user.id": mail_of,
    "user.email": mail_of,
    "user.domain": lambda record: (record.environment.mail.partition("@")[2],),
    "client.ip": copy_of("source.ip"),
    "client.address": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
    **GEO,
    **RELATED,
}

_SIGNIN_ACTIONS = {"Sign-in activity": ("authentication", "start")}
_AUDIT_USUAL = ("Update user", "Add member to group", "Update application")
_ACTIVITY_USUAL = ("MICROSOFT.COMPUTE/VIRTUALMACHINES/READ", "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION")


def _audit_rows(record: Record) -> Iterable[Row]:
    return of_actions(
        {}, _AUDIT_USUAL, "azure.auditlogs.operation_name" if record.asked("azure.auditlogs.operation_name") else "event.action"
    )(record)


def _activity_rows(record: Record) -> Iterable[Row]:
    return of_actions(
        {}, _ACTIVITY_USUAL, "azure.activitylogs.operation_name" if record.asked("azure.activitylogs.operation_name") else "event.action"
    )(record)


M365 = Source("o365.audit", service="o365", marks=("o365.",), beats=FILEBEAT, rows=_m365_rows, fields=_M365)
MICROSOFT = (
    Source(
        "azure.signinlogs",
        service="azure",
        marks=("azure.signinlogs.",),
        beats=FILEBEAT,
        rows=of_actions(_SIGNIN_ACTIONS, ("Sign-in activity",)),
        fields=_SIGNINS,
    ),
    Source("azure.auditlogs", service="azure", marks=("azure.auditlogs.",), beats=FILEBEAT, rows=_audit_rows, fields=_AUDITS),
    Source("azure.activitylogs", service="azure", marks=("azure.activitylogs.",), beats=FILEBEAT, rows=_activity_rows, fields=_ACTIVITY),
    *(
        Source(
            f"azure.{name}",
            service="azure",
            marks=(f"azure.{name.replace('_', '')}.", f"azure.{name}."),
            beats=FILEBEAT,
            fields={**_AZURE, "user.email": mail_of, **GEO, **RELATED},
        )
        for name in ("platformlogs", "graphactivitylogs", "aadgraphactivitylogs", "identity_protection")
    ),
    M365,
)
