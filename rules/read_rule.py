"""Reads a rule from its file or from a table of attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..grammar.source_map import TextMap
from ..grammar.span import LineMap
from .errors import RuleError, listed
from .lowering.rule_types import RULE_TYPES, RuleType
from .reading.attribute_locations import AttributeLocations, TomlLocations
from .reading.attribute_locations import Path as PlacePath
from .reading.text_file import legible, read_text
from .reading.toml_reader import parse_toml
from .rule import Rule


def load_rule(path: str | Path) -> Rule:
    """The rule in a TOML file of detection-rules' form.

    Raises:
        RuleError: the file cannot be read, is not TOML, or holds no rule.
    """
    path = Path(path)
    return parse_rule(read_text(path), path)


def parse_rule(text: str, path: Path | None = None) -> Rule:
    """The rule in the text of such a file.

    Args:
        text: the file's text, without a byte order mark.
        path: the file to name in errors.

    Raises:
        RuleError: it is not TOML, or holds no rule.
    """
    document = parse_toml(text, path)
    table = document.get("rule")
    if not isinstance(table, dict):
        message = "there is no [rule] table" if table is None else "`rule` is not a table"
        line, column = _position(TomlLocations(text), ())
        raise RuleError(message, path, line, column, "a rule's file has its query and its type under `[rule]`")
    return rule_from_table(table, path, TomlLocations(text))


def rule_from_table(table: Mapping[str, Any], path: Path | None = None, places: AttributeLocations | None = None, entry: str = "") -> Rule:
    """The rule that a ``[rule]`` table, or a rule exported by Kibana, describes.

    Args:
        table: the rule's attributes.
        path: the file to name in errors.
        places: where its attributes are written; without them, positions are those in the query.
        entry: which rule of its file it is.

    Raises:
        RuleError: an attribute is missing, or of the wrong type.
    """
    source = _Table(table, path, places)
    name = source.string("name") or (legible(path.stem) if path else "")
    type_name = source.string("type")
    if type_name is None:
        raise source.error("the rule has no `type`", "type", f"use one of {listed(RULE_TYPES)}")
    rule_type = RULE_TYPES.get(type_name)
    query = source.string("query")
    if query is None and rule_type is not None and rule_type.needs_query:
        raise source.error(f"a rule of type `{type_name}` needs a `query`", "query")
    return Rule(
        path=path,
        name=name,
        type=type_name,
        language=_language(source, type_name, rule_type),
        query=query,
        rule_id=source.string("rule_id") or "",
        index=source.strings("index"),
        filters=source.tables("filters"),
        event_category_override=source.string("event_category_override"),
        timestamp_field=source.string("timestamp_field"),
        tiebreaker_field=source.string("tiebreaker_field"),
        raw=table,
        query_map=source.text_map("query"),
        threat_query_map=source.text_map("threat_query"),
        places=places,
        entry=entry,
    )


def _language(source: _Table, type_name: str, rule_type: RuleType | None) -> str | None:
    language = source.string("language")
    if rule_type is None:
        return language
    if not rule_type.languages:
        return None
    if language is None:
        return rule_type.languages[0]
    if language not in rule_type.languages:
        message = f"a rule of type `{type_name}` cannot be written in `{language}`"
        raise source.error(message, "language", f"use {listed(rule_type.languages)}")
    return language


@dataclass(frozen=True, slots=True)
class _Table:
    """A rule's attributes, each read with its type checked."""

    table: Mapping[str, Any]
    path: Path | None
    places: AttributeLocations | None

    def string(self, key: str) -> str | None:
        value = self.table.get(key)
        if value is None or isinstance(value, str):
            return value
        raise self.error(f"`{key}` is not a string", key, "put it in quotes")

    def strings(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key)
        if value is None:
            return ()
        values = [value] if isinstance(value, str) else value
        if isinstance(values, list) and all(isinstance(item, str) for item in values):
            return tuple(values)
        raise self.error(f"`{key}` is not a list of strings", key)

    def tables(self, key: str) -> tuple[Mapping[str, Any], ...]:
        value = self.table.get(key)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return tuple(value)
        raise self.error(f"`{key}` is not a list of tables", key)

    def text_map(self, key: str) -> TextMap | None:
        value = self.table.get(key)
        if not isinstance(value, str):
            return None
        return TextMap.identity(value) if self.places is None else self.places.string((key,), value)

    def error(self, message: str, key: str, hint: str | None = None) -> RuleError:
        line, column = (None, None) if self.places is None else _position(self.places, (key,))
        return RuleError(message, self.path, line, column, hint)


def _position(places: AttributeLocations, path: PlacePath) -> tuple[int | None, int | None]:
    """Line and column of the value at a path, else of the table it is missing from, else none."""
    span = places.value(path) or places.value(path[:-1])
    if span is None:
        return None, None
    position = LineMap(places.text).position(span.start)
    return position.line, position.column
