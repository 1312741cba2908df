"""Write the built-in schema table from the published field lists.

    python -m triggerfish.compiler.schema.fields.generate_ecs_table SCHEMAS_DIR [--out FILE]

What SCHEMAS_DIR must hold is in ``SOURCES``. Only names, types and vocabularies are taken; the same sources give the
same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from .field_types import FIELD_TYPES
from .fields import TABLE_PATH, USUAL_MULTI_FIELDS, prefixes

SOURCES = {
    "ecs": "ecs_flat-*.json.gz",
    "endpoint": "endpoint_process.json.gz",
    "beats": "beats-main.json.gz",
    "rules": "non-ecs-schema.json",
    "endgame": "endgame-*/endgame_ecs_mapping.json.gz",
}
"""The sources, most trusted first: what an index really maps comes before what rule authors noted down.

- ecs: the Elastic Common Schema in its flat form.
- endpoint: the fields that Elastic Endpoint adds to process events, ``{name: type}``.
- beats: the field definitions of all Beats, as a tree of folders and files.
- rules: fields that rules use outside ECS, ``{index pattern: nested or dotted names}``.
- endgame: the fields of the Endgame mapping, ``{name: type}``.
"""

# Filebeat writes fields of this `type` without a mapping, so that dynamic mapping decides: a string becomes a keyword.
_BEATS_TYPES = {"array": "keyword", "number": "long", None: "keyword"}
# Test data and templates for authors of modules, not fields of any event.
_BEATS_SKIPPED = frozenset({"scripts", "test", "testdata", "tests"})


# How ECS says of a field that its values are in lower case.
_LOWER_CASE = "normalized to lowercase"


@dataclass(slots=True)
class Conflict:
    """A name that sources give different types; the first one counts."""

    name: str
    kept: tuple[str, str]
    dropped: tuple[str, str]


@dataclass(slots=True)
class Collected:
    """The fields of the sources beside ECS: type, multi-field type and alias target by name."""

    types: dict[str, str] = field(default_factory=dict)
    multi_fields: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def add(self, source: str, name: str, type_name: str) -> bool:
        """Note the type of a field unless an earlier source has done so; whether it was noted."""
        if type_name not in FIELD_TYPES:
            raise ValueError(f"{source}: `{name}` has the unknown type `{type_name}`")
        if name in self.types:
            if self.types[name] != type_name:
                kept = (self.types[name], self.origin[name])
                self.conflicts.append(Conflict(name, kept, (type_name, source)))
            return False
        self.types[name] = type_name
        self.origin[name] = source
        return True


def read_source(folder: Path, source: str) -> Any:
    """The JSON of a source. FileNotFoundError if no file, or not exactly one, fits its pattern."""
    paths = sorted(folder.glob(SOURCES[source]))
    if len(paths) != 1:
        raise FileNotFoundError(f"{folder}: expected one file named `{SOURCES[source]}`, found {len(paths)}")
    text = paths[0].read_bytes()
    return orjson.loads(gzip.decompress(text) if paths[0].suffix == ".gz" else text)


def ecs_version(folder: Path) -> str:
    """The version in the name of the ECS file."""
    (path,) = folder.glob(SOURCES["ecs"])
    return path.name.removeprefix("ecs_flat-").removesuffix(".json.gz")


def make_table(folder: Path) -> tuple[dict[str, Any], list[Conflict]]:
    """The table, ready for JSON, and the conflicts between the sources."""
    ecs: dict[str, dict[str, Any]] = read_source(folder, "ecs")
    beside = Collected()
    for name, type_name in sorted(read_source(folder, "endpoint").items()):
        beside.add("endpoint", name, type_name)
    for beat, tree in sorted(read_source(folder, "beats").items()):
        _collect_beats(beside, f"beats/{beat}", tree)
    for index, fields in sorted(read_source(folder, "rules").items()):
        for name, type_name in _flattened(fields):
            beside.add(f"rules/{index}", name, type_name)
    for name, type_name in sorted(read_source(folder, "endgame").items()):
        beside.add("endgame", name, type_name)

    multi_fields = {m["flat_name"]: m["type"] for spec in ecs.values() for m in spec.get("multi_fields", ())}
    ecs_types = _ecs_types(ecs)
    conflicts = _yield_to_ecs(beside, {**ecs_types, **multi_fields})
    _settle_shapes(beside, ecs_types)
    table = {
        "ecs_version": ecs_version(folder),
        "event_types": _event_types(ecs),
        "lower_case": " ".join(sorted(name for name, spec in ecs.items() if _LOWER_CASE in spec.get("description", ""))),
        "datasets": " ".join(sorted(_datasets(read_source(folder, "beats"), read_source(folder, "rules")))),
        "ecs": {
            "types": _grouped(ecs_types),
            "multi_fields": _grouped(multi_fields),
            "arrays": " ".join(sorted(name for name, spec in ecs.items() if "array" in spec["normalize"])),
            "allowed": _vocabularies(ecs, "allowed_values"),
            "expected": _vocabularies(ecs, "expected_values"),
            "scaling_factors": _grouped({n: str(s["scaling_factor"]) for n, s in ecs.items() if "scaling_factor" in s}),
        },
        "beside": {
            "types": _grouped(beside.types),
            "multi_fields": _grouped(beside.multi_fields),
            "aliases": _grouped({name: path for name, path in beside.aliases.items() if name in beside.types}),
        },
    }
    return table, conflicts + [each for each in beside.conflicts if each.name in beside.types]


def _yield_to_ecs(beside: Collected, ecs_types: Mapping[str, str]) -> list[Conflict]:
    """Take out what ECS defines; what it defines otherwise is returned."""
    conflicts = []
    for name, kept in ecs_types.items():
        beside.multi_fields.pop(name, None)
        dropped = beside.types.pop(name, kept)
        if dropped != kept:
            conflicts.append(Conflict(name, (kept, "ecs"), (dropped, beside.origin[name])))
    return conflicts


def _settle_shapes(beside: Collected, ecs_types: Mapping[str, str]) -> None:
    """Make each name either a field or an object.

    A name below a field is a multi-field if it looks like one; otherwise the field turns into an object, for an index
    cannot have both, and the sources that name the fields inside it know more.
    """
    for name in sorted(beside.types):
        parent, _, suffix = name.rpartition(".")
        above = ecs_types.get(parent) or beside.types.get(parent)
        if suffix in USUAL_MULTI_FIELDS and above in FIELD_TYPES and FIELD_TYPES[above].kind is USUAL_MULTI_FIELDS[suffix].parent:
            beside.multi_fields[name] = beside.types.pop(name)
    for name in sorted(beside.types):
        for around in prefixes(name):
            above = beside.types.get(around)
            if above is not None and not FIELD_TYPES[above].kind.traits.container:
                beside.conflicts.append(Conflict(around, ("object", beside.origin[name]), (above, beside.origin[around])))
                beside.types[around] = "object"


def _ecs_types(ecs: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    types = {name: spec["type"] for name, spec in ecs.items()}
    types.update({f"{name}.*": spec["object_type"] for name, spec in ecs.items() if "object_type" in spec})
    return types


def _datasets(beats: Mapping[str, Any], rules: Mapping[str, Any]) -> Iterator[str]:
    """The names of data sets: those of Beats, ``module.fileset``, and those in the index patterns of rules."""
    for tree in beats.values():
        for module, below in tree["folders"].get("module", {}).get("folders", {}).items():
            yield from (f"{module}.{name}" for name in below.get("folders", {}) if name not in _BEATS_SKIPPED and name != "_meta")
    for pattern in rules:
        if found := re.fullmatch(r"logs-([a-z0-9_]+\.[a-z0-9_]+)-\*", pattern):
            yield found[1]


def _event_types(ecs: Mapping[str, dict[str, Any]]) -> dict[str, list[str]]:
    return {each["name"]: each["expected_event_types"] for each in ecs["event.category"]["allowed_values"]}


def _vocabularies(ecs: Mapping[str, dict[str, Any]], key: str) -> list[tuple[list[str], str]]:
    """``[values, "name name ..."]``: many fields share one vocabulary."""
    names: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, spec in sorted(ecs.items()):
        if values := spec.get(key):
            names[tuple(each["name"] if isinstance(each, dict) else each for each in values)].append(name)
    return [(list(values), " ".join(group)) for values, group in sorted(names.items())]


def _grouped(by_name: Mapping[str, str]) -> dict[str, str]:
    """``{value: "name name ..."}``, sorted: a few long strings load many times faster than a pair for each field."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, value in sorted(by_name.items()):
        groups[value].append(name)
    return {value: " ".join(names) for value, names in sorted(groups.items())}


def _flattened(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, below in sorted(fields.items()):
        if isinstance(below, str):
            yield prefix + name, below
        else:
            yield from _flattened(below, f"{prefix}{name}.")


def _collect_beats(collected: Collected, source: str, tree: Mapping[str, Any], prefix: str = "") -> None:
    """The fields of a folder and all below it.

    Those of a module's filesets belong into the group that the module's own file ends with.
    """
    folders = tree.get("folders", {})
    files = [*tree.get("files", {}).items(), *folders.get("_meta", {}).get("files", {}).items()]
    inner = prefix
    for name, content in sorted(files):
        if name.startswith("fields") and isinstance(content, list):
            _collect_fields(collected, source, content, prefix)
            inner = prefix + _last_group(content)
    for name, below in sorted(folders.items()):
        if name not in _BEATS_SKIPPED and name != "_meta":
            within = inner if "module" in source.split("/") else prefix
            _collect_beats(collected, f"{source}/{name}", below, within)


def _last_group(content: list[dict[str, Any]]) -> str:
    """The prefix of fields in files that Beats appends to this one: ``"aws."``, or none."""
    last = (content[-1].get("fields") or [{}])[-1] if content else {}
    return f"{last['name']}." if last.get("type") == "group" and last.get("name") else ""


def _collect_fields(collected: Collected, source: str, fields: Iterable[dict[str, Any]], prefix: str) -> None:
    for spec in fields:
        name = prefix + str(spec["name"]) if spec.get("name") else prefix.rstrip(".")
        below = spec.get("fields")
        if below:
            if spec.get("type") == "nested":
                collected.add(source, name, "nested")
            _collect_fields(collected, source, below, f"{name}." if name else "")
        elif spec.get("name"):
            for each in _expanded(name):
                _collect_field(collected, source, each, spec)


def _collect_field(collected: Collected, source: str, name: str, spec: Mapping[str, Any]) -> None:
    type_name = spec.get("type")
    # Aliases for indices of version 6 are off unless asked for, and an empty group is no field.
    if spec.get("migration") or type_name == "group":
        return
    type_name = _BEATS_TYPES.get(type_name, type_name)
    if type_name == "object":
        # Keys of no stated type are mapped dynamically, which makes strings keywords.
        keys = spec.get("object_type", "keyword" if name.endswith(".*") else None)
        if isinstance(keys, str):
            collected.add(source, name if name.endswith(".*") else f"{name}.*", keys)
        if name.endswith(".*"):
            return
    if not collected.add(source, name, str(type_name)):
        return
    if type_name == "alias":
        collected.aliases[name] = str(spec["path"])
    for multi in spec.get("multi_fields", ()):
        collected.multi_fields.setdefault(f"{name}.{multi['name']}", multi["type"])


def _expanded(name: str) -> Iterator[str]:
    """The names that a Beats name stands for.

    ``a[0-3]`` is four; ``x.*.*`` is every key below x; a wildcard further in is none.
    """
    if span := re.search(r"\[(\d)-(\d)\]", name):
        for digit in range(int(span[1]), int(span[2]) + 1):
            yield name[: span.start()] + str(digit) + name[span.end() :]
        return
    name = re.sub(r"(\.\*)+$", ".*", name)
    if "*" not in name.removesuffix(".*"):
        yield name


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Write the built-in schema table from the published field lists.")
    parser.add_argument("schemas", type=Path, help="the folder with the field lists")
    parser.add_argument("--out", type=Path, default=TABLE_PATH, help="the table to write (default: the built-in one)")
    parser.add_argument("--conflicts", action="store_true", help="list the names to which sources give different types")
    chosen = parser.parse_args(arguments)
    table, conflicts = make_table(chosen.schemas)
    chosen.out.write_bytes(table_bytes(table))
    if chosen.conflicts:
        for each in sorted(conflicts, key=lambda conflict: conflict.name):
            sys.stdout.write(f"{each.name}: {each.kept[0]} ({each.kept[1]}), not {each.dropped[0]} ({each.dropped[1]})\n")


def table_bytes(table: Mapping[str, Any]) -> bytes:
    """The table as the file holds it."""
    return orjson.dumps(table) + b"\n"


if __name__ == "__main__":
    main()
