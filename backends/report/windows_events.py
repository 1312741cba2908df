"""Documents with raw field names as Windows events, in the JSON that EVTX converters write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

_SYSTEM = ("EventID", "Version", "Level", "Task", "Opcode", "Keywords", "EventRecordID", "Channel", "Computer")
_ATTRIBUTES = {
    "Provider_Name": ("Provider", "Name"),
    "Provider_Guid": ("Provider", "Guid"),
    "Execution_ProcessID": ("Execution", "ProcessID"),
    "Execution_ThreadID": ("Execution", "ThreadID"),
    "Security_UserID": ("Security", "UserID"),
    "Correlation_ActivityID": ("Correlation", "ActivityID"),
}
"""By raw name, the element of ``System`` and its attribute."""
_TIMESTAMP = "@timestamp"
_PROVIDERS = {
    "Security": "Microsoft-Windows-Security-Auditing",
    "System": "Service Control Manager",
    "Application": "Application",
    "Windows PowerShell": "PowerShell",
}
"""By channel, the usual provider; that of other channels is the first part of their name."""


def is_windows_event(document: Mapping[str, Any]) -> bool:
    """Whether a document is an event of a Windows log: it has a channel, or the id that such events have."""
    return "Channel" in document or "EventID" in document


def as_windows_event(document: Mapping[str, Any]) -> dict[str, Any]:
    """The event that a document with raw names describes; a document that is none stays as it is."""
    if not is_windows_event(document):
        return dict(document)
    left = dict(document)
    channel = left.get("Channel")
    provider = left.pop("Provider_Name", None)
    if provider is None and isinstance(channel, str):
        provider = _PROVIDERS.get(channel, channel.partition("/")[0])
    system: dict[str, Any] = {"Provider": {"#attributes": {"Name": provider}}} if provider is not None else {}
    system |= {name: left.pop(name) for name in _SYSTEM if name in left}
    if _TIMESTAMP in left:
        system["TimeCreated"] = {"#attributes": {"SystemTime": _written(left.pop(_TIMESTAMP))}}
    for name, (element, attribute) in _ATTRIBUTES.items():
        if name in left:
            system.setdefault(element, {"#attributes": {}})["#attributes"][attribute] = left.pop(name)
    return {"Event": {"System": system, "EventData": left}}


def _written(time: Any) -> str:
    if not isinstance(time, int | float):
        return str(time)
    return datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def event_lines(texts: str) -> str:
    """Lines of documents as lines of events."""
    return "".join(f"{orjson.dumps(as_windows_event(orjson.loads(line))).decode()}\n" for line in texts.splitlines())
