"""Index names: which index of those that a rule reads holds a document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

_NAMESPACE = "default"
_SUFFIX = "8.17.0"
"""What stands for the wildcard at the end of an index pattern of Beats."""


def index_of(document: Mapping[str, Any], patterns: Sequence[str], otherwise: str) -> str:
    """The index of those that a rule reads that a document belongs to.

    Args:
        document: nested JSON; the data stream that it names comes first.
        patterns: the rule's index patterns.
        otherwise: for a rule without patterns, and a document that names no data stream.
    """
    stream = document.get("data_stream")
    named = ""
    if isinstance(stream, dict) and isinstance(stream.get("dataset"), str):
        named = f"{stream.get('type', 'logs')}-{stream['dataset']}-{stream.get('namespace', _NAMESPACE)}"
        if reads(patterns, named):
            return named
    event = document.get("event")
    dataset = event.get("dataset") if isinstance(event, dict) else None
    if isinstance(dataset, str) and patterns and reads(patterns, f"logs-{dataset}-{_NAMESPACE}"):
        return f"logs-{dataset}-{_NAMESPACE}"
    agent = document.get("agent")
    kind = agent.get("type") if isinstance(agent, dict) else None
    if isinstance(kind, str) and patterns and reads(patterns, f"{kind}-{_SUFFIX}"):
        return f"{kind}-{_SUFFIX}"
    return concrete(tuple(patterns)) or named or otherwise


@lru_cache(maxsize=4096)
def concrete(patterns: tuple[str, ...]) -> str:
    """A name that index patterns match; empty if there is none."""
    for pattern in patterns:
        local = pattern.rpartition(":")[2]
        if local.startswith("-"):
            continue
        for name in _names(local):
            if reads(patterns, name):
                return name
    return ""


def _names(pattern: str) -> list[str]:
    """Names that a pattern matches: a data stream where it looks like one."""
    if pattern in _KNOWN:
        return [_KNOWN[pattern]]
    parts = pattern.split("-")
    if parts[0] in ("logs", "metrics", "traces") and len(parts) > 1:
        dataset = parts[1].rstrip("*").rstrip(".")
        dataset = f"{dataset}.events" if parts[1].endswith(".*") else dataset or "generic"
        return [f"{parts[0]}-{dataset}-{_NAMESPACE}", pattern.replace("*", _NAMESPACE)]
    return [pattern.replace("*", _SUFFIX), pattern.replace("*", "x")]


_KNOWN = {
    ".alerts-security.*": ".alerts-security.alerts-default",
    "apm-*-transaction*": "apm-8.17.0-transaction-000001",
    "traces-apm*": "traces-apm-default",
    "logs-ti_*": "logs-ti_custom.indicator-default",
    "logs-*": "logs-generic-default",
    "*": "logs-generic-default",
}


def reads(patterns: Sequence[str], name: str) -> bool:
    """Whether index patterns match a name: the last one that does decides, and one with a ``-`` in front excludes."""
    found = False
    for pattern in patterns:
        local = pattern.rpartition(":")[2]
        excluded = local.startswith("-")
        if _matches(local.removeprefix("-"), name):
            found = not excluded
    return found


@lru_cache(maxsize=16384)
def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None


def is_data_stream(name: str) -> bool:
    """Whether an index is a data stream, by its name."""
    return name.startswith(("logs-", "metrics-", "traces-")) and name.count("-") >= 2
