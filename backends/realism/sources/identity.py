"""Identity and office services: Okta, Entra ID and Azure, Microsoft 365, Google Workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .source import COMMON, RELATED, Make, Record, Row, Rows, Source, always, copy_of, new_uuid, number, one_of

_FILEBEAT = ("filebeat-8.17.0",)


def _full_name(record: Record) -> str:
    return record.environment.full_name


def _mail(record: Record) -> Iterable[str]:
    return (record.environment.mail,)


def _display(record: Record) -> Iterable[str]:
    return (_full_name(record),)


def _succeeded(record: Record) -> bool:
    return record.text("event.outcome").lower() != "failure"


_GEO: Mapping[str, Make] = {
    "source.geo.country_iso_code": always("NL", "PT", "CA", "JP"),
    "source.geo.country_name": lambda record: (_COUNTRIES.get(record.text("source.geo.country_iso_code"), "Netherlands"),),
    "source.geo.city_name": lambda record: (_CITIES.get(record.text("source.geo.country_name"), "Utrecht"),),
    "source.as.number": always(64500, 64501, 64510),
    "source.as.organization.name": lambda record: (_CARRIERS.get(record.value("source.as.number"), "Example Transit"),),
}
_COUNTRIES = {"NL": "Netherlands", "PT": "Portugal", "CA": "Canada", "JP": "Japan"}
_CITIES = {"Netherlands": "Utrecht", "Portugal": "Porto", "Canada": "Halifax", "Japan": "Nagoya"}
_CARRIERS = {64500: "Example Transit", 64501: "Example Hosting", 64510: "Example Broadband"}


def of_actions(table: Mapping[str, tuple[str, str]], usual: Sequence[str], action: str = "event.action", words: Sequence[str] = ("",)) -> Rows:
    """Rows for a service whose events are told apart by their action: category and type of known ones, and by the words of others."""

    def make(record: Record) -> Iterable[Row]:
        names = record.options(action, words=words)[:4] if record.asked(action) else []
        for name in (*names, *record.rng.sample(list(usual), len(usual))):
            category, type_ = table.get(name) or _guessed(name)
            yield {action: name, "event.category": category, "event.type": type_}
            yield {action: name}

    return make


_VERBS = (
    ("delete", "deletion"), ("remove", "deletion"), ("create", "creation"), ("add", "creation"), ("new-", "creation"), ("list", "access"),
    ("get", "access"), ("read", "access"), ("view", "access"), ("download", "access"),
)  # fmt: skip


def _guessed(action: str) -> tuple[str, str]:
    lower = action.lower()
    if "logon" in lower or "loggedin" in lower or "sign-in" in lower or "session.start" in lower or "login" in lower:
        return "authentication", "start"
    type_ = next((type_ for word, type_ in _VERBS if word in lower), "change")
    if any(word in lower for word in ("user", "member", "group", "role")):
        return "iam", type_ if type_ in ("creation", "deletion", "change") else "info"
    return "configuration", type_


# -- Okta ----------------------------------------------------------------------------------------

_OKTA_ACTIONS = {
    "user.session.start": ("authentication", "start"), "user.authentication.sso": ("authentication", "start"), "user.authentication.auth_via_mfa": ("authentication", "info"),
    "user.session.end": ("authentication", "end"), "user.account.lock": ("iam", "change"), "policy.rule.update": ("configuration", "change"),
    "application.lifecycle.update": ("configuration", "change"), "user.mfa.factor.deactivate": ("iam", "change"), "group.user_membership.add": ("iam", "change"),
}  # fmt: skip


def _okta_reason(record: Record) -> Iterable[str]:
    return () if _succeeded(record) else ("INVALID_CREDENTIALS", "VERIFICATION_ERROR")


_OKTA: Mapping[str, Make] = {
    **COMMON,
    "okta.event_type": copy_of("event.action"),
    "okta.display_message": lambda record: ({"user.session.start": "User login to Okta", "user.authentication.sso": "User single sign on to app"}.get(record.text("event.action"), record.text("event.action").replace(".", " ").capitalize()),),
    "event.outcome": lambda record: ("failure", "success") if record.text("okta.outcome.result") in ("FAILURE", "DENY", "BLOCKED") else ("success", "failure", "unknown"),
    "okta.outcome.result": lambda record: ("SUCCESS", "ALLOW") if _succeeded(record) else ("FAILURE", "DENY"),
    "okta.outcome.reason": _okta_reason,
    "okta.actor.type": always("User"),
    "okta.actor.alternate_id": _mail,
    "okta.actor.display_name": _display,
    "okta.actor.id": lambda record: (record.environment.user_id,),
    "user.full_name": _display,
    "user.email": _mail,
    "okta.authentication_context.external_session_id": lambda record: (f"{record.rng.getrandbits(128):032x}",),
    "okta.authentication_context.authentication_step": always(0),
    "okta.client.device": always("Computer"),
    "okta.client.ip": copy_of("source.ip", "client.ip"),
    "client.ip": copy_of("source.ip"),
    "client.user.full_name": _display,
    "okta.client.user_agent.browser": always("CHROME"),
    "okta.client.user_agent.os": always("Windows 10"),
    "okta.client.user_agent.raw_user_agent": copy_of("user_agent.original"),
    "okta.client.zone": always("null"),
    "okta.debug_context.debug_data.request_uri": lambda record: ("/api/v1/authn",) if "session" in record.text("event.action") else (),
    "okta.security_context.is_proxy": always(False, True),
    "okta.transaction.id": lambda record: (f"{record.rng.getrandbits(128):032x}",),
    "okta.transaction.type": always("WEB"),
    "okta.uuid": copy_of("event.id"),
    "event.severity": always(2, 3),
    **_GEO,
    **RELATED,
}  # fmt: skip

# -- Entra ID and Azure --------------------------------------------------------------------------

_APPS = {"Microsoft Office": "d3590ed6-52b3-4102-aeff-aad2292ab01c", "Azure Portal": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Microsoft Teams": "1fec8e78-bce4-4aaf-ab1b-5451cc387264"}
_SIGNIN = "azure.signinlogs.properties"


_TENANT = "6f0a6bd2-1c1e-4c0b-9a39-2f6a4b7d1c55"


def _tenant(record: Record) -> Iterable[str]:
    return (_TENANT,)


def _error(record: Record) -> Iterable[int]:
    return (0,) if _succeeded(record) else (50126, 50053)


def _result_type(record: Record) -> Iterable[str]:
    code = record.value(f"{_SIGNIN}.status.error_code")
    return (str(code),) if code is not None else ()


_AZURE: Mapping[str, Make] = {
    **COMMON,
    "azure.tenant_id": _tenant,
    "azure.correlation_id": new_uuid,
    "cloud.provider": always("azure"),
    "log.level": always("Information", "4"),
    "source.address": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
}
_SIGNINS: Mapping[str, Make] = {
    **_AZURE,
    f"{_SIGNIN}.status.error_code": _error,
    "azure.signinlogs.result_type": _result_type,
    "azure.signinlogs.result_signature": lambda record: ("SUCCESS",) if _succeeded(record) else ("FAILURE",),
    "azure.signinlogs.category": always("SignInLogs", "NonInteractiveUserSignInLogs"),
    "azure.signinlogs.operation_name": always("Sign-in activity"),
    "azure.signinlogs.identity": _display,
    "user.full_name": _display,
    "user.email": _mail,
    "user.id": copy_of(f"{_SIGNIN}.user_id"),
    f"{_SIGNIN}.user_principal_name": _mail,
    f"{_SIGNIN}.user_display_name": _display,
    f"{_SIGNIN}.user_id": lambda record: (record.text("user.id") or record.derived("directory id"),),
    f"{_SIGNIN}.user_type": always("Member", "Guest"),
    f"{_SIGNIN}.app_display_name": lambda record: [name for name, id_ in _APPS.items() if id_ == record.text(f"{_SIGNIN}.app_id")] or record.rng.sample(list(_APPS), 3) if not record.asked(f"{_SIGNIN}.app_id") or record.text(f"{_SIGNIN}.app_id") in _APPS.values() else ("Microsoft Application",),
    f"{_SIGNIN}.app_id": lambda record: [_APPS[record.text(f"{_SIGNIN}.app_display_name")]] if record.text(f"{_SIGNIN}.app_display_name") in _APPS else list(new_uuid(record)),
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
    **_GEO,
    **RELATED,
}  # fmt: skip
_AUDIT = "azure.auditlogs.properties"
_AUDITS: Mapping[str, Make] = {
    **_AZURE,
    "azure.auditlogs.operation_name": copy_of("event.action"),
    "azure.auditlogs.category": always("AuditLogs"),
    "azure.auditlogs.identity": always("Azure AD Cloud Sync", "Microsoft Entra ID"),
    f"{_AUDIT}.activity_display_name": copy_of("azure.auditlogs.operation_name"),
    f"{_AUDIT}.category": lambda record: [next((kind for word, kind in (("user", "UserManagement"), ("group", "GroupManagement"), ("application", "ApplicationManagement"), ("service principal", "ApplicationManagement"), ("role", "RoleManagement"), ("policy", "Policy"), ("device", "Device")) if word in record.text("azure.auditlogs.operation_name").lower()), "UserManagement")],
    f"{_AUDIT}.operation_type": lambda record: [next((word for word in ("Add", "Update", "Delete", "Assign") if word in record.text("azure.auditlogs.operation_name")), "Update")],
    f"{_AUDIT}.logged_by_service": always("Core Directory"),
    f"{_AUDIT}.result": lambda record: ("success",) if _succeeded(record) else ("failure",),
    f"{_AUDIT}.id": new_uuid,
    f"{_AUDIT}.correlation_id": copy_of("azure.correlation_id"),
    f"{_AUDIT}.initiated_by.user.userPrincipalName": _mail,
    f"{_AUDIT}.initiated_by.user.id": lambda record: (record.derived("directory id"),),
    f"{_AUDIT}.initiated_by.user.ipAddress": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
    f"{_AUDIT}.target_resources.0.type": always("User", "ServicePrincipal", "Application"),
    f"{_AUDIT}.target_resources.0.display_name": always("Reports Portal", "Billing Sync"),
    f"{_AUDIT}.target_resources.0.id": new_uuid,
    "user.full_name": _display,
    "user.email": _mail,
    **RELATED,
}  # fmt: skip
_ACTIVITY: Mapping[str, Make] = {
    **_AZURE,
    "azure.activitylogs.operation_name": copy_of("event.action"),
    "azure.activitylogs.category": always("Administrative"),
    "azure.activitylogs.event_category": always("Administrative"),
    "azure.activitylogs.result_type": lambda record: ("Success",) if _succeeded(record) else ("Failure",),
    "azure.activitylogs.result_signature": lambda record: ("Succeeded.OK",) if _succeeded(record) else ("Failed.Forbidden",),
    "azure.activitylogs.identity.claims_initiated_by_user.name": _mail,
    "azure.activitylogs.identity.claims_initiated_by_user.schema": always("http://schemas.xmlsoap.org/ws/2005/05/identity/claims"),
    "azure.activitylogs.identity.authorization.evidence.role": always("Contributor", "Owner"),
    "azure.activitylogs.identity.authorization.evidence.principal_type": always("User", "ServicePrincipal"),
    "azure.subscription_id": lambda record: (record.derived("subscription"),),
    "azure.resource.group": one_of("rg-reports", "rg-billing", "rg-web"),
    "azure.resource.provider": lambda record: ["/".join(record.text("azure.activitylogs.operation_name").split("/")[:2])] if "/" in record.text("azure.activitylogs.operation_name") else ["MICROSOFT.COMPUTE/VIRTUALMACHINES"],
    "azure.resource.name": one_of("vm-reports", "vm-billing", "kv-web"),
    "azure.resource.id": lambda record: (f"/subscriptions/{record.text('azure.subscription_id')}/resourceGroups/{record.text('azure.resource.group')}/providers/{record.text('azure.resource.provider')}/{record.text('azure.resource.name')}",),
    "user.full_name": _display,
    "user.email": _mail,
    **_GEO,
    **RELATED,
}  # fmt: skip

# -- Microsoft 365 -------------------------------------------------------------------------------

_RECORD_TYPES = {"Exchange": "1", "AzureActiveDirectory": "8", "SharePoint": "6", "OneDrive": "6", "MicrosoftTeams": "25", "SecurityComplianceCenter": "18"}
_M365_ACTIONS = {"UserLoggedIn": ("authentication", "start"), "UserLoginFailed": ("authentication", "start"), "FileAccessed": ("file", "access"), "FileDownloaded": ("file", "access"),
                 "MailItemsAccessed": ("email", "info"), "New-InboxRule": ("email", "info"), "Set-Mailbox": ("email", "info")}  # fmt: skip
_WORKLOADS = {"UserLoggedIn": "AzureActiveDirectory", "UserLoginFailed": "AzureActiveDirectory", "FileAccessed": "SharePoint", "FileDownloaded": "OneDrive",
              "MailItemsAccessed": "Exchange", "New-InboxRule": "Exchange", "Set-Mailbox": "Exchange"}  # fmt: skip


def _m365_rows(record: Record) -> Iterable[Row]:
    provider = record.text("event.provider") if record.asked("event.provider") else ""
    asked = record.options("event.action", words=("",))[:4] if record.asked("event.action") else []
    usual = [action for action, workload in _WORKLOADS.items() if not provider or workload == provider]
    for action in (*asked, *record.rng.sample(usual, len(usual))):
        workload = provider or _WORKLOADS.get(action) or _workload_of(action)
        category, type_ = _M365_ACTIONS.get(action) or _guessed(action)
        failed = {"event.outcome": "failure"} if action == "UserLoginFailed" else {}
        yield {"event.action": action, "event.provider": workload, "event.category": category, "event.type": type_, **failed}
        yield {"event.action": action, "event.provider": workload}


def _workload_of(action: str) -> str:
    lower = action.lower()
    found = (("file", "SharePoint"), ("sharing", "SharePoint"), ("team", "MicrosoftTeams"), ("user", "AzureActiveDirectory"), ("application", "AzureActiveDirectory"), ("principal", "AzureActiveDirectory"))
    return next((workload for word, workload in found if word in lower), "Exchange")


_M365: Mapping[str, Make] = {
    **COMMON,
    "event.code": lambda record: ({"Exchange": "ExchangeAdmin", "AzureActiveDirectory": "AzureActiveDirectory", "SharePoint": "SharePointFileOperation", "OneDrive": "SharePointFileOperation"}.get(record.text("event.provider"), record.text("event.provider")),) if record.text("event.provider") else (),
    "event.outcome": lambda record: ("failure", "success") if "fail" in record.text("o365.audit.ResultStatus").lower() or "Failed" in record.text("event.action") else ("success", "failure"),
    "o365.audit.Workload": copy_of("event.provider"),
    "o365.audit.Operation": copy_of("event.action"),
    "o365.audit.RecordType": lambda record: (_RECORD_TYPES.get(record.text("event.provider"), "1"),),
    "o365.audit.ResultStatus": lambda record: ("Success", "Succeeded", "True") if _succeeded(record) else ("Failed",),
    "o365.audit.UserId": _mail,
    "o365.audit.UserKey": lambda record: (record.derived("mailbox key"),),
    "o365.audit.UserType": always("0", "2"),
    "o365.audit.Version": always("1"),
    "o365.audit.Id": copy_of("event.id"),
    "o365.audit.OrganizationId": _tenant,
    "o365.audit.ClientIP": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
    "o365.audit.ObjectId": lambda record: (f"https://example.sharepoint.com/sites/reports/{record.text('file.name') or 'report.docx'}",) if record.text("event.provider") in ("SharePoint", "OneDrive") else (record.environment.mail,),
    "organization.id": copy_of("o365.audit.OrganizationId"),
    "user.id": _mail,
    "user.email": _mail,
    "user.domain": lambda record: (record.environment.mail.partition("@")[2],),
    "client.ip": copy_of("source.ip"),
    "client.address": lambda record: (str(record.value("source.ip")),) if record.has("source.ip") else (),
    **_GEO,
    **RELATED,
}  # fmt: skip

# -- Google Workspace ----------------------------------------------------------------------------

_WORKSPACE: Mapping[str, Make] = {
    **COMMON,
    "event.outcome": always("success"),
    "google_workspace.kind": always("admin#reports#activity"),
    "google_workspace.actor.type": always("USER"),
    "google_workspace.event.type": always("USER_SETTINGS", "DOMAIN_SETTINGS"),
    "google_workspace.organization.domain": lambda record: (record.environment.mail.partition("@")[2],),
    "google_workspace.actor.email": _mail,
    "google_workspace.actor.profile.id": lambda record: (record.derived("profile id"),),
    "organization.id": always("C03az79cb"),
    "user.id": copy_of("google_workspace.actor.profile.id"),
    "user.email": _mail,
    "user.domain": lambda record: (record.environment.mail.partition("@")[2],),
    "cloud.provider": always("gcp"),
    "log.logger": lambda record: (record.text("event.provider"),) if record.text("event.provider") else (),
    "source.user.email": _mail,
    "source.user.name": copy_of("user.name"),
    "input.type": always("httpjson"),
    **_GEO,
    **RELATED,
}

_SIGNIN_ACTIONS = {"Sign-in activity": ("authentication", "start")}
_AUDIT_USUAL = ("Update user", "Add member to group", "Update application")
_ACTIVITY_USUAL = ("MICROSOFT.COMPUTE/VIRTUALMACHINES/READ", "MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION")
_WORKSPACE_ROWS = {
    "admin": ("CHANGE_USER_SETTINGS", "CREATE_USER", "ASSIGN_ROLE"), "login": ("login_success",), "drive": ("view", "download"), "token": ("authorize",), "device": ("DEVICE_REGISTER_UNREGISTER_EVENT",),
}  # fmt: skip


def _audit_rows(record: Record) -> Iterable[Row]:
    return of_actions({}, _AUDIT_USUAL, "azure.auditlogs.operation_name" if record.asked("azure.auditlogs.operation_name") else "event.action")(record)


def _activity_rows(record: Record) -> Iterable[Row]:
    return of_actions({}, _ACTIVITY_USUAL, "azure.activitylogs.operation_name" if record.asked("azure.activitylogs.operation_name") else "event.action")(record)


def _workspace(name: str) -> Source:
    rows = of_actions({"login_success": ("authentication", "start"), "view": ("file", "access"), "download": ("file", "access")}, _WORKSPACE_ROWS.get(name, ("view",)))
    return Source(f"google_workspace.{name}", service="google_workspace", marks=("google_workspace.",), beats=_FILEBEAT, fields={"event.provider": always(name), **_WORKSPACE}, rows=rows)


OKTA = Source("okta.system", service="okta", marks=("okta.",), beats=_FILEBEAT, rows=of_actions(_OKTA_ACTIONS, tuple(_OKTA_ACTIONS)), fields=_OKTA)
M365 = Source("o365.audit", service="o365", marks=("o365.",), beats=_FILEBEAT, rows=_m365_rows, fields=_M365)
IDENTITY = (
    OKTA,
    Source("azure.signinlogs", service="azure", marks=("azure.signinlogs.",), beats=_FILEBEAT, rows=of_actions(_SIGNIN_ACTIONS, ("Sign-in activity",)), fields=_SIGNINS),
    Source("azure.auditlogs", service="azure", marks=("azure.auditlogs.",), beats=_FILEBEAT, rows=_audit_rows, fields=_AUDITS),
    Source("azure.activitylogs", service="azure", marks=("azure.activitylogs.",), beats=_FILEBEAT, rows=_activity_rows, fields=_ACTIVITY),
    *(Source(f"azure.{name}", service="azure", marks=(f"azure.{name.replace('_', '')}.", f"azure.{name}."), beats=_FILEBEAT, fields={**_AZURE, "user.email": _mail, **_GEO, **RELATED})
      for name in ("platformlogs", "graphactivitylogs", "aadgraphactivitylogs", "identity_protection")),
    M365,
    *(_workspace(name) for name in ("admin", "login", "token", "device", "drive")),
)  # fmt: skip
