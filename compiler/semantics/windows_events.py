"""Windows events as EVTX converters write them (``{"Event": {"System": ..., "EventData": ...}}``), by the names that Sigma uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ATTRIBUTES = "#attributes"
_TEXT = "#text"
TIME_CREATED = "TimeCreated_SystemTime"
"""The raw name of an event's time."""


def windows_event(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The ``Event`` of a document that is a Windows event; None for any other."""
    event = document.get("Event")
    return event if isinstance(event, Mapping) and isinstance(event.get("System"), Mapping) else None


def raw_fields(event: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The values of a Windows event by raw name.

    Those of ``System`` with its attributes after an underscore (``Provider_Name``), and those of ``EventData`` and ``UserData``.
    """
    found: dict[str, list[Any]] = {}
    for name, value in event["System"].items():
        if isinstance(value, Mapping):
            for inner, each in _mapping(value.get(_ATTRIBUTES)).items():
                _add(found, f"{name}_{inner}", each)
            _add(found, name, value.get(_TEXT))
        else:
            _add(found, name, value)
    for part in ("EventData", "UserData"):
        _add_data(found, _mapping(event.get(part)))
    return found


def _add_data(found: dict[str, list[Any]], data: Mapping[str, Any]) -> None:
    for name, value in data.items():
        if name == _ATTRIBUTES:
            continue
        if isinstance(value, Mapping):
            _add(found, name, value.get(_TEXT))
            _add_data(found, {key: each for key, each in value.items() if key != _TEXT})
        else:
            _add(found, name, value)


def _add(found: dict[str, list[Any]], name: str, value: Any) -> None:
    values = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str | int | float | bool)]
    if values:
        found.setdefault(name, []).extend(values)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
