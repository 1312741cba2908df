"""What audit logs of services have in common: who acts, from where, and what kind of event an action is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .source import Make, Record, Row, Rows, always

FILEBEAT = ("filebeat-8.17.0",)
_COUNTRIES: Mapping[str, str] = {"NL": "Netherlands", "PT": "Portugal", "CA": "Canada", "JP": "Japan"}
_CITIES: Mapping[str, str] = {"Netherlands": "Utrecht", "Portugal": "Porto", "Canada": "Halifax", "Japan": "Nagoya"}
_CARRIERS: Mapping[Any, str] = {64500: "Example Transit", 64501: "Example Hosting", 64510: "Example Broadband"}


GEO: Mapping[str, Make] = {
    "source.geo.country_iso_code": always("NL", "PT", "CA", "JP"),
    "source.geo.country_name": lambda record: (_COUNTRIES.get(record.text("source.geo.country_iso_code"), "Netherlands"),),
    "source.geo.city_name": lambda record: (_CITIES.get(record.text("source.geo.country_name"), "Utrecht"),),
    "source.as.number": always(64500, 64501, 64510),
    "source.as.organization.name": lambda record: (_CARRIERS.get(record.value("source.as.number"), "Example Transit"),),
}


def mail_of(record: Record) -> Iterable[str]:
    return (record.environment.mail,)


def full_name_of(record: Record) -> Iterable[str]:
    return (record.environment.full_name,)


def succeeded(record: Record) -> bool:
    return record.text("event.outcome").lower() != "failure"


def of_actions(
    table: Mapping[str, tuple[str, str]], usual: Sequence[str], action: str = "event.action", words: Sequence[str] = ("",)
) -> Rows:
    """Rows for a service whose events differ by their action: category and type of known ones, and by the words of others."""

    def make(record: Record) -> Iterable[Row]:
        names = record.options(action, words=words)[:4] if record.asked(action) else []
        for name in (*names, *record.rng.sample(list(usual), len(usual))):
            category, type_ = table.get(name) or kind_of(name)
            row = {"event.action": name, action: name}
            yield {**row, "event.category": category, "event.type": type_}
            yield row
            yield {action: name}

    return make


_VERBS = (
    ("delete", "deletion"),
    ("remove", "deletion"),
    ("create", "creation"),
    ("add", "creation"),
    ("new-", "creation"),
    ("list", "access"),
    ("get", "access"),
    ("read", "access"),
    ("view", "access"),
    ("download", "access"),
)


def kind_of(action: str) -> tuple[str, str]:
    lower = action.lower()
    if "logon" in lower or "loggedin" in lower or "sign-in" in lower or "session.start" in lower or "login" in lower:
        return "authentication", "start"
    type_ = next((type_ for word, type_ in _VERBS if word in lower), "change")
    if any(word in lower for word in ("user", "member", "group", "role")):
        return "iam", type_ if type_ in ("creation", "deletion", "change") else "info"
    return "configuration", type_


_TENANT = "6f0a6bd2-1c1e-4c0b-9a39-2f6a4b7d1c55"


def tenant_of(record: Record) -> Iterable[str]:
    return (_TENANT,)
