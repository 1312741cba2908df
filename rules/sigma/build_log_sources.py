"""Builds the table of log sources from facts that Sigma's repository states.

    python -m triggerfish.rules.sigma.build_log_sources tests/logsource.json tests/thor.yml

writes ``log_sources.json`` beside this file: for each product, category and service the names of its fields, the channels and the
ids of events that it implies. It takes names and numbers, and no text.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

TABLE = Path(__file__).with_name("log_sources.json")
_EMPTY = "empty"
_EVENT_LOG = "WinEventLog:"
Key = tuple[str, str, str]
"""Product, category and service; empty where a log source does not state one."""


def table(fields: dict[str, Any], sources: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry for each log source, sorted."""
    found: dict[Key, dict[str, Any]] = {}
    for kind in ("legit", "addon"):
        for product, known in fields[kind].items():
            for level in ("category", "service"):
                for name, names in known[level].items():
                    key = _key(product, name if level == "category" else "", name if level == "service" else "")
                    entry = found.setdefault(key, {"fields": []})
                    if names:
                        entry["fields"] = sorted({*entry["fields"], *names, *known.get("common", ())})
    channels: dict[Key, list[str]] = {}
    for source in sources.values():
        named = [each.removeprefix(_EVENT_LOG) for each in source.get("sources", ()) if each.startswith(_EVENT_LOG)]
        if named:
            channels.setdefault(_of(source), []).extend(named)
    for key, named in channels.items():
        found.setdefault(key, {"fields": []})["implied"] = [{"Channel": sorted(set(named))}]
    for source in sources.values():
        if "conditions" not in source or "rewrite" not in source:
            continue
        implied: dict[str, list[Any]] = {name: _list(value) for name, value in source["conditions"].items()}
        if _of(source["rewrite"]) in channels:
            implied["Channel"] = sorted(set(channels[_of(source["rewrite"])]))
        found.setdefault(_of(source), {"fields": []}).setdefault("implied", []).append(implied)
    return [
        {"product": product, "category": category, "service": service, **found[product, category, service]}
        for product, category, service in sorted(found)
    ]


def _key(product: str, category: str, service: str) -> Key:
    return ("" if product == _EMPTY else product, category, service)


def _of(source: dict[str, Any]) -> Key:
    return (source.get("product", ""), source.get("category", ""), source.get("service", ""))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def main(fields: str, sources: str) -> None:
    """Write the table."""
    yaml = import_module("yaml")
    found = table(orjson.loads(Path(fields).read_bytes()), yaml.safe_load(Path(sources).read_text(encoding="utf-8"))["logsources"])
    lines = b",\n".join(orjson.dumps(entry) for entry in found)
    TABLE.write_bytes(b"[\n" + lines + b"\n]\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
