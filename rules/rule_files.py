"""The forms in which rules come: TOML, Kibana's export, packages of JSON, YAML, and archives of those.

A file of detection-rules holds one rule as TOML. Kibana exports rules as NDJSON, with the items of their exception lists and a
summary on further lines. A package holds each rule as a saved object of type ``security-rule``; an export of saved objects, as one of type
``alert``. All but TOML may hold many rules.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from ..compiler.file_input import MAX_BYTES, TOO_LARGE
from .errors import RuleError
from .lowering.rule_types import RULE_TYPES
from .reading.attribute_locations import AttributeLocations
from .reading.json_reader import JsonLocations
from .reading.text_file import decode, legible, read_bytes
from .reading.yaml_nodes import Node, read_nodes
from .reading.yaml_reader import parse_yaml
from .rule import Rule, parse_rule, rule_from_sigma, rule_from_table
from .sigma.document import is_sigma, sigma_rules

PATTERNS = ("**/*.toml", "**/*.ndjson", "**/*.json", "**/*.yaml", "**/*.yml", "**/*.zip")
"""Globs of the files that may hold rules."""

_MOST_UNPACKED = 4 * MAX_BYTES
"""The most that the files in an archive may take: a small one may unpack to no end."""
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError)
"""What reading an archive that is damaged, encrypted or made on purpose raises."""
_YAML = (".yaml", ".yml")
_SIGMA = re.compile(rb"^(?:logsource|detection|correlation):", re.MULTILINE)
"""A key of Sigma rules at the beginning of a line, which is not TOML."""
_ASSETS = ("security-rule", "security_rule")


@dataclass(frozen=True, slots=True)
class Member:
    """A rule in a file, or the error that it gave.

    Attributes:
        name: the file, and after a colon which of its rules it is.
        rule: the rule, or what is wrong with it.
        text: the text that it stands in, if it could be read.
        line: the line of the file that the text begins at; None in an archive.
    """

    name: str
    rule: Rule | RuleError
    text: str | None = None
    line: int | None = 1


def holds_one(path: Path) -> bool:
    """Whether a file of this name is one rule, as far as the name tells."""
    return path.suffix.lower() not in (".ndjson", ".json", ".zip", *_YAML)


def read_members(path: Path) -> list[Member]:
    """The rules in a file, in order. What cannot be read at all is one member with the error."""
    try:
        data = read_bytes(path)
    except RuleError as error:
        return [Member(legible(path), error)]
    return members_of(data, path)


def members_of(data: bytes, path: Path) -> list[Member]:
    """The rules in a file's bytes, whose form the name tells; without a telling name, JSON opens with a brace, else it is TOML."""
    if path.suffix.lower() == ".zip":
        return list(_archived(data, path))
    text: str | None = None
    try:
        text = decode(data, path)
        return list(_found(text, path))
    except RuleError as error:
        # As much as is right before the first wrong byte has its place in it.
        quoted = data.decode("utf-8-sig", "replace") if text is None and error.line is not None else text
        return [Member(legible(path), error, quoted)]
    except RecursionError:
        return [Member(legible(path), RuleError("nested too deeply", path), text)]


def is_other_form(data: bytes) -> bool:
    """Whether bytes without a name are rules in JSON or Sigma rules rather than TOML."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or _SIGMA.search(data) is not None


def _found(text: str, path: Path) -> Iterator[Member]:
    suffix = path.suffix.lower()
    if suffix in _YAML or (suffix != ".toml" and _SIGMA.search(text.encode()) is not None and not text.lstrip().startswith("{")):
        nodes = read_nodes(text, path)
        if any(map(is_sigma, nodes)):
            yield from _sigma(nodes, text, path)
            return
        documents = parse_yaml(text, path)
        yield from _rules(
            [(value, places, str(at + 1) if len(documents) > 1 else "") for at, (value, places) in enumerate(documents)], path
        )
    elif suffix in (".ndjson", ".json") or text.lstrip().startswith("{"):
        yield from _rules(_json_values(text, path), path)
    else:
        yield Member(legible(path), parse_rule(text, path), text)


def _sigma(nodes: Sequence[Node], text: str, path: Path) -> Iterator[Member]:
    """The Sigma rules of a file."""
    found = list(sigma_rules(nodes, text, path))
    for number, each in enumerate(found, 1):
        entry = str(number) if len(found) > 1 else ""
        name = f"{legible(path)}:{entry}" if entry else legible(path)
        yield Member(name, each if isinstance(each, RuleError) else rule_from_sigma(each, path, entry), text)
    if not found:
        raise RuleError(_NO_RULE, path, hint="a Sigma filter applies to rules of its own file")


Value = tuple[Any, AttributeLocations, str]
"""A value, its places, and which of its file's values it is."""


def _json_values(text: str, path: Path) -> list[Value]:
    """One JSON value, or one on each line: what NDJSON has, and what comes without a name may have."""
    lines = [(number, line) for number, line in enumerate(re.split(r"\r?\n", text), 1) if line.strip()]
    if path.suffix.lower() != ".ndjson":
        try:
            return [(orjson.loads(text), JsonLocations(text), "")]
        except orjson.JSONDecodeError as error:
            if len(lines) < 2 or not lines[0][1].rstrip().endswith("}"):
                raise RuleError(f"not valid JSON: {error.msg}", path, error.lineno, error.colno) from None
    found: list[Value] = []
    for number, line in lines:
        try:
            found.append((orjson.loads(line), JsonLocations(line, line=number), str(number)))
        except orjson.JSONDecodeError as error:
            raise RuleError(f"not valid JSON: {error.msg}", path, number, error.colno) from None
    return found


def _archived(data: bytes, path: Path) -> Iterator[Member]:
    """The rules in the files of an archive; files of other kinds, and JSON that holds no rules, are passed over."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            inner = [info for info in archive.infolist() if not info.is_dir() and _may_hold_rules(info.filename)]
            if sum(info.file_size for info in inner) > _MOST_UNPACKED:
                yield Member(legible(path), RuleError(f"the archive unpacks to more than {_MOST_UNPACKED >> 20} MiB", path))
                return
            found = [member for info in sorted(inner, key=lambda info: info.filename) for member in _inside(archive, info, path)]
    except _ZIP_ERRORS as error:
        found = [Member(legible(path), RuleError(f"cannot read the archive: {str(error).lower()}", path))]
    yield from found or [Member(legible(path), RuleError("no rules in this archive", path))]


def _may_hold_rules(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in (".toml", ".ndjson", ".json", *_YAML)


def _inside(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Iterator[Member]:
    if info.file_size > MAX_BYTES:
        yield Member(f"{legible(path)}:{legible(info.filename)}", RuleError(TOO_LARGE, path))
        return
    if info.flag_bits & 1:
        yield Member(f"{legible(path)}:{legible(info.filename)}", RuleError("the file is encrypted", path))
        return
    try:
        data = archive.read(info)
    except _ZIP_ERRORS as damage:
        yield Member(f"{legible(path)}:{legible(info.filename)}", RuleError(f"cannot be unpacked: {str(damage).lower()}", path))
        return
    for member in members_of(data, Path(info.filename)):
        if isinstance(member.rule, RuleError):
            if member.rule.message == _NO_RULE:
                continue
            refused = RuleError(member.rule.message, path, member.rule.line, member.rule.column, member.rule.hint)
            yield replace(member, name=f"{legible(path)}:{member.name}", rule=refused, line=None)
        else:
            found = replace(member.rule, path=path, entry=member.name)
            yield replace(member, name=f"{legible(path)}:{member.name}", rule=found, line=None)


# -- rules among values --------------------------------------------------------------------------

_NO_RULE = "no rules in this file"


def is_without_rules(member: Member) -> bool:
    """Whether a file was read and just holds no rules, as many JSON files do."""
    return isinstance(member.rule, RuleError) and member.rule.message == _NO_RULE


def _rules(values: Sequence[Value], path: Path) -> Iterator[Member]:
    tables = [found for value in values for found in _tables(value)]
    items = _exception_items([table for table, _, _ in tables])
    count = 0
    for table, places, entry in tables:
        if not _is_rule(table):
            continue
        count += 1
        name = f"{legible(path)}:{entry}" if entry else legible(path)
        try:
            yield Member(name, rule_from_table(_with_items(table, items), path, places, entry), places.text, places.line)
        except RuleError as error:
            yield Member(name, error, places.text, places.line)
    if not count and any({"logsource", "detection"} <= set(table) for table, _, _ in tables):
        raise RuleError("this is a Sigma rule in JSON: Sigma rules are read from YAML", path, hint="save it as a file that ends in `.yml`")
    if not count:
        raise RuleError(_NO_RULE, path, hint="a rule is an object with a `type` such as `query` or `eql`")


def _tables(value: Value) -> Iterator[tuple[Mapping[str, Any], AttributeLocations, str]]:
    """The objects that may be rules: a value itself, elements of a list, what an answer of Kibana lists, a saved object's attributes."""
    found, places, entry = value
    match found:
        case list():
            for number, each in enumerate(found):
                inner = f"{entry}:{number + 1}" if entry else str(number + 1)
                yield from _tables((each, _deeper(places, number), inner))
        case {"type": str(kind), "attributes": dict(attributes)} if kind in _ASSETS:
            yield attributes, _deeper(places, "attributes"), entry
        case {"type": "alert", "attributes": {"alertTypeId": str(kind), "params": dict(params)}} if kind.startswith("siem."):
            yield _snake_case(found["attributes"] | params), _deeper(_deeper(places, "attributes"), "params"), entry
        case {"data": list(listed)} if "rule_id" not in found:
            yield from _tables((listed, _deeper(places, "data"), entry))
        case {"rules": list(listed)} if "rule_id" not in found:
            yield from _tables((listed, _deeper(places, "rules"), entry))
        case {"rule": dict(table)} if "rule_id" not in found:
            yield table, _deeper(places, "rule"), entry
        case dict():
            yield found, places, entry


def _snake_case(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a rule as its API names them; a saved object has them in camel case."""
    named = {_CAPITAL.sub(lambda found: f"_{found[0].lower()}", name): value for name, value in attributes.items()}
    if isinstance(suppression := named.get("alert_suppression"), dict):
        named["alert_suppression"] = _snake_case(suppression)
    return named


_CAPITAL = re.compile("[A-Z]")


def _deeper(places: AttributeLocations, part: str | int) -> AttributeLocations:
    return replace(places, root=(*places.root, part))


def _is_rule(table: Mapping[str, Any]) -> bool:
    """Whether an object is meant as a rule: it has a type of rules, or what only rules have."""
    kind = table.get("type")
    known = isinstance(kind, str) and kind in RULE_TYPES
    return known or ("rule_id" in table and ("query" in table or "risk_score" in table))


def _exception_items(tables: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The items of exception lists that are among the objects, by their list."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for table in tables:
        if isinstance(table.get("entries"), list) and isinstance(table.get("list_id"), str):
            found.setdefault(table["list_id"], []).append(table)
    return found


def _with_items(table: Mapping[str, Any], items: Mapping[str, list[Mapping[str, Any]]]) -> Mapping[str, Any]:
    """The rule with the items of its exception lists in them, as far as the file has them."""
    lists = table.get("exceptions_list")
    if not items or not isinstance(lists, list):
        return table
    named = [
        {**each, "items": items[each["list_id"]]} if isinstance(each, dict) and each.get("list_id") in items else each for each in lists
    ]
    return {**table, "exceptions_list": named}
