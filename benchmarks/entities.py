"""Entities of realistic documents: how many hosts, users, addresses, agents and hashes a run has, and which belong to several others.

    python -m benchmarks.entities ../shared/corpus --rules 50 --count 20000

Reads the documents as any consumer would; it does not share code with what draws them. A violation is a value of the left field of a
relation with two values of the right field, in any documents of the run. Exits with 1 if there are any.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import orjson

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import rule_sources
from triggerfish.api.run.options import CompileOptions
from triggerfish.api.source_events import DEFAULT_START, SourceEvents
from triggerfish.backends.limits import Strategy
from triggerfish.backends.report.rule_result import Status

RELATIONS = (
    ("host.name", "host.id"),
    ("host.id", "host.name"),
    ("host.name", "host.ip"),
    ("host.ip", "host.name"),
    ("host.name", "agent.id"),
    ("agent.id", "host.name"),
    ("host.name", "host.os.version"),
    ("host.name", "host.os.type"),
    ("account", "user.id"),
    ("user.id", "account"),
    ("program", "process.hash.sha256"),
    ("process.hash.sha256", "program"),
)
"""Left fields whose values have one value of the right field; ``account`` is domain, name and kind of id, ``program`` name and version."""

ENTITIES = ("host.name", "host.id", "host.ip", "agent.id", "account", "user.id", "process.hash.sha256")

Flat = dict[str, Any]


def flat(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of a document that have one value, by dotted names."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            yield f"{prefix}{key}", value
        elif len(value) == 1:
            yield f"{prefix}{key}", value[0]


def entities(document: Mapping[str, Any]) -> Flat:
    """The fields of a document, with those that stand for an account and a program."""
    fields = dict(flat(document))
    if "user.name" in fields and "user.id" in fields:
        user_id = str(fields["user.id"])
        kind = "SID" if user_id.startswith("S-1-") else "uid" if user_id.isdecimal() else str(fields.get("event.module", "cloud"))
        fields["account"] = (kind, fields["user.name"].lower())
    name = fields.get("process.pe.original_file_name") or fields.get("process.name")
    if name is not None and "process.hash.sha256" in fields:
        fields["program"] = (name.lower(), fields.get("process.pe.file_version"))
    return fields


class Tally:
    """Counts entities, and what belongs to several others."""

    def __init__(self) -> None:
        self.documents = 0
        self.values: dict[str, set[Any]] = defaultdict(set)
        self.related: dict[tuple[str, str], dict[Any, dict[Any, str]]] = defaultdict(lambda: defaultdict(dict))

    def add(self, document: Mapping[str, Any], rule: str) -> None:
        """Count a document of a rule."""
        self.documents += 1
        fields = entities(document)
        for name in ENTITIES:
            if name in fields:
                self.values[name].add(fields[name])
        for left, right in RELATIONS:
            if left in fields and right in fields:
                self.related[left, right][fields[left]].setdefault(fields[right], rule)

    def violations(self) -> list[str]:
        """What belongs to several others, with the rules that have them."""
        return [
            f"{left} {value}: {len(others)} of {right}: {', '.join(f'{other} ({rule})' for other, rule in list(others.items())[:3])}"
            for (left, right), values in self.related.items()
            for value, others in values.items()
            if len(others) > 1
        ]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rules", default=50, show_default=True, help="How many rules, evenly over the folder.")
@click.option("--count", default=20_000, show_default=True, help="Documents of each rule.")
@click.option("--seed", default=0, show_default=True)
def main(folder: Path, rules: int, count: int, seed: int) -> None:
    """Draw documents of rules under FOLDER and count their entities."""
    schema = SourceEvents().schema
    settings = CompileOptions(schema, DEFAULT_START, seed, 1, style="realistic", strategy=Strategy(findings=False))
    sources = list(rule_sources([folder]))
    tally, done = Tally(), 0
    for source in sources[:: max(1, len(sources) * 4 // (rules * 5))]:
        one = compile_source(source, settings)
        if done == rules or one.status is not Status.OK or not one.documents:
            continue
        done += 1

        def write(lines: bytes, rule: str = source.name) -> None:
            for line in lines.splitlines():
                tally.add(orjson.loads(line), rule)

        compile_source(source, replace(settings, count=-(-count // one.documents)), write)
    print(f"{tally.documents:,} documents of {done} rules")
    for name in ENTITIES:
        print(f"{len(tally.values[name]):8,} {name}")
    violations = tally.violations()
    print(f"{len(violations):8,} violations of {len(RELATIONS)} relations")
    for violation in violations:
        print(f"  {violation}")
    sys.exit(bool(violations))


if __name__ == "__main__":
    main()
