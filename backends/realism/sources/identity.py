"""Identity services: Okta and Google Workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .actions import FILEBEAT, GEO, full_name_of, mail_of, of_actions, succeeded
from .source import COMMON, RELATED, Make, Record, Source, always, copy_of

# -- Okta ----------------------------------------------------------------------------------------

_OKTA_ACTIONS = {
    "user.session.start": ("authentication", "start"),
    "user.authentication.sso": ("authentication", "start"),
    "user.authentication.auth_via_mfa": ("authentication", "info"),
    "user.session.end": ("authentication", "end"),
    "user.account.lock": ("iam", "change"),
    "policy.rule.update": ("configuration", "change"),
    "application.lifecycle.update": ("configuration", "change"),
    "user.mfa.factor.deactivate": ("iam", "change"),
    "group.user_membership.add": ("iam", "change"),
}


def _okta_reason(record: Record) -> Iterable[str]:
    return () if succeeded(record) else ("INVALID_CREDENTIALS", "VERIFICATION_ERROR")


_OKTA: Mapping[str, Make] = {
    **COMMON,
    "okta.event_type": copy_of("event.action"),
    "okta.display_message": lambda record: (
        {"user.session.start": "User login to Okta", "user.authentication.sso": "User single sign on to app"}.get(
            record.text("event.action"), record.text("event.action").replace(".", " ").capitalize()
        ),
    ),
    "event.outcome": lambda record: (
        ("failure", "success")
        if record.text("okta.outcome.result") in ("FAILURE", "DENY", "BLOCKED")
        else ("success", "failure", "unknown")
    ),
    "okta.outcome.result": lambda record: ("SUCCESS", "ALLOW") if succeeded(record) else ("FAILURE", "DENY"),
    "okta.outcome.reason": _okta_reason,
    "okta.actor.type": always("User"),
    "okta.actor.alternate_id": mail_of,
    "okta.actor.display_name": full_name_of,
    "okta.actor.id": lambda record: (record.environment.user_id,),
    "user.full_name": full_name_of,
    "user.email": mail_of,
    "okta.authentication_context.external_session_id": lambda record: (f"{record.rng.getrandbits(128):032x}",),
    "okta.authentication_context.authentication_step": always(0),
    "okta.client.device": always("Computer"),
    "okta.client.ip": copy_of("source.ip", "client.ip"),
    "client.ip": copy_of("source.ip"),
    "client.user.full_name": full_name_of,
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
    **GEO,
    **RELATED,
}

# -- Google Workspace ----------------------------------------------------------------------------

_WORKSPACE: Mapping[str, Make] = {
    **COMMON,
    "event.outcome": always("success"),
    "google_workspace.kind": always("admin#reports#activity"),
    "google_workspace.actor.type": always("USER"),
    "google_workspace.event.type": always("USER_SETTINGS", "DOMAIN_SETTINGS"),
    "google_workspace.organization.domain": lambda record: (record.environment.mail.partition("@")[2],),
    "google_workspace.actor.email": mail_of,
    "google_workspace.actor.profile.id": lambda record: (record.derived("profile id"),),
    "organization.id": always("C03az79cb"),
    "user.id": copy_of("google_workspace.actor.profile.id"),
    "user.email": mail_of,
    "user.domain": lambda record: (record.environment.mail.partition("@")[2],),
    "cloud.provider": always("gcp"),
    "log.logger": lambda record: (record.text("event.provider"),) if record.text("event.provider") else (),
    "source.user.email": mail_of,
    "source.user.name": copy_of("user.name"),
    "input.type": always("httpjson"),
    **GEO,
    **RELATED,
}

_WORKSPACE_ROWS = {
    "admin": ("CHANGE_USER_SETTINGS", "CREATE_USER", "ASSIGN_ROLE"),
    "login": ("login_success",),
    "drive": ("view", "download"),
    "token": ("authorize",),
    "device": ("DEVICE_REGISTER_UNREGISTER_EVENT",),
}


def _workspace(name: str) -> Source:
    rows = of_actions(
        {"login_success": ("authentication", "start"), "view": ("file", "access"), "download": ("file", "access")},
        _WORKSPACE_ROWS.get(name, ("view",)),
    )
    return Source(
        f"google_workspace.{name}",
        service="google_workspace",
        marks=("google_workspace.",),
        beats=FILEBEAT,
        fields={"event.provider": always(name), **_WORKSPACE},
        rows=rows,
    )


OKTA = Source(
    "okta.system", service="okta", marks=("okta.",), beats=FILEBEAT, rows=of_actions(_OKTA_ACTIONS, tuple(_OKTA_ACTIONS)), fields=_OKTA
)
IDENTITY = (OKTA, *(_workspace(name) for name in ("admin", "login", "token", "device", "drive")))
