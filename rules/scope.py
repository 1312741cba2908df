"""The scope of a rule: what decides which events it sees and how it counts them, beside its conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from .rule import Rule


@dataclass(frozen=True, slots=True)
class ScopeDifference:
    """Something outside the conditions in which two rules differ.

    Attributes:
        what: what it is: ``index patterns``, ``threshold``.
        old, new: its values in each of them, as text; a single one where it is no list.
    """

    what: str
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def removed(self) -> tuple[str, ...]:
        """The values of the first rule alone."""
        return tuple(value for value in self.old if value not in self.new)

    @property
    def added(self) -> tuple[str, ...]:
        """The values of the second rule alone."""
        return tuple(value for value in self.new if value not in self.old)


def scope_differences(old: Rule, new: Rule) -> tuple[ScopeDifference, ...]:
    """The differences of two rules outside their conditions, in the order of the table."""
    found = (ScopeDifference(what, values(old), values(new)) for what, values in _SCOPE.items())
    return tuple(each for each in found if set(each.old) != set(each.new))


def _attribute(*names: str) -> Callable[[Rule], tuple[str, ...]]:
    """The values of an attribute that goes by the first of these names."""

    def values(rule: Rule) -> tuple[str, ...]:
        found: Any = next((value for name in names if (value := _at(rule.raw, name)) is not None), None)
        return _texts(found)

    return values


def _at(raw: Mapping[str, Any], path: str) -> Any:
    value: Any = raw
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _texts(value: Any) -> tuple[str, ...]:
    match value:
        case None | "" | [] | {}:
            return ()
        case str():
            return (value,)
        case Sequence():
            return tuple(text for each in value for text in _texts(each))
        case Mapping():
            return (orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode(),)
    return (str(value),)


_SCOPE: Mapping[str, Callable[[Rule], tuple[str, ...]]] = {
    "type": lambda rule: (rule.type,),
    "index patterns": lambda rule: rule.index,
    "data view": _attribute("data_view_id"),
    "operating systems": _attribute("os_list"),
    "threshold": _attribute("threshold"),
    "new terms": _attribute("new_terms.value", "new_terms.new_terms_fields", "new_terms_fields"),
    "history": _attribute("new_terms.history_window_start", "history_window_start"),
    "look-back": _attribute("from"),
    "interval": _attribute("interval"),
    "suppression": _attribute("alert_suppression"),
    "exceptions": _attribute("exceptions_list"),
    "threat indices": _attribute("threat_index"),
    "threat mapping": _attribute("threat_mapping"),
    "category field": _attribute("event_category_override"),
    "time field": _attribute("timestamp_override", "timestamp_field"),
}
"""By what they are called, in the order of reports."""
