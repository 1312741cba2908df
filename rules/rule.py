"""A detection rule, read from a file, a table of attributes or Kibana's export."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from ..compiler.alerts.engine import Watched, alerts_among
from ..compiler.languages import LANGUAGES, guess_language
from ..compiler.schema.built_in import built_in_schema
from ..compiler.schema.fields import Schema
from ..compiler.semantics.dynamic_mapping import indexed
from ..grammar.source_map import TextMap
from ..grammar.span import LineMap
from .errors import RuleError, listed
from .lowering.compile_rule import compile_rule
from .lowering.rule_types import RULE_TYPES, RuleType
from .reading.attribute_locations import AttributeLocations, TomlLocations
from .reading.attribute_locations import Path as PlacePath
from .reading.json_reader import JsonLocations
from .reading.text_file import decode, legible, read_text
from .reading.toml_reader import parse_toml
from .reading.yaml_nodes import NodeLocations, plain, read_nodes
from .sigma.document import SigmaRule, block_of, map_of, sigma_rules


@dataclass(frozen=True, slots=True)
class Rule:
    """One detection rule.

    Attributes:
        path: the file it came from, as the caller named it, or None.
        name: as shown to people; the file's stem if the rule has none.
        type: its name, mostly a key of `RULE_TYPES`.
        language: the name of its query language, which may be one that does not compile; None for a type that has no query.
        query: its text, lines ending in LF, or None.
        rule_id: the rule's own id, or ``""``.
        index: index patterns, may be empty.
        filters: Kibana filters that must hold as well.
        event_category_override, timestamp_field, tiebreaker_field: what EQL is to use in place of ``event.category``,
            ``@timestamp`` and no tiebreaker; None where the rule does not say.
        raw: the whole ``[rule]`` table.
        query_map: from offsets in ``query`` to places in the file; the identity for a query that comes from no file;
            None if the rule does not have a query, or the query was not found in the file.
        threat_query_map: the same for the ``threat_query`` in ``raw``.
        places: where its attributes are written, or None if it comes from no file.
        entry: which rule of its file it is, or ``""`` where a file holds one: the line of NDJSON, the number in a list, both
            from 1, or the file in an archive.
        sigma: a Sigma rule as it was read; None for all others.
    """

    path: Path | None
    name: str
    type: str
    language: str | None
    query: str | None
    rule_id: str
    index: tuple[str, ...]
    filters: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    event_category_override: str | None = None
    timestamp_field: str | None = None
    tiebreaker_field: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)
    query_map: TextMap | None = field(default=None, compare=False, repr=False)
    threat_query_map: TextMap | None = field(default=None, compare=False, repr=False)
    places: AttributeLocations | None = field(default=None, compare=False, repr=False)
    entry: str = ""
    sigma: SigmaRule | None = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        kind = self.type if self.language in (None, self.type) else f"{self.type}, {self.language}"
        return f"<Rule {self.name!r}: {kind}{f', {self.path}' if self.path else ''}{f':{self.entry}' if self.entry else ''}>"

    @classmethod
    def from_toml(cls, source: str | Path) -> Rule:
        """The rule in TOML of detection-rules' form.

        Args:
            source: a path, or the text: a string with a line break or a ``=`` is text.

        Raises:
            RuleError: the file cannot be read, it is not TOML, or it holds no rule of a known type.
        """
        return parse_rule(source) if isinstance(source, str) and ("\n" in source or "=" in source) else load_rule(source)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Rule:
        """The rule with these attributes: what stands under ``[rule]`` in TOML.

        Raises:
            RuleError: an attribute is missing, of the wrong type, or has an unknown value.
        """
        return rule_from_table(table)

    @classmethod
    def from_kibana(cls, source: str | bytes | Mapping[str, Any]) -> Rule:
        """A rule as Kibana has it: an answer of its API, or a line of its export.

        Args:
            source: the JSON object, or its text.

        Raises:
            RuleError: it is not a JSON object, or no rule of a known type.
        """
        if isinstance(source, Mapping):
            return rule_from_table(source)
        text = source if isinstance(source, str) else decode(source, Path("<rule>"))
        try:
            table = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise RuleError(f"not valid JSON: {error.msg}", None, error.lineno, error.colno) from None
        if not isinstance(table, dict):
            raise RuleError("the JSON value is not an object", hint="give a single rule, such as one line of Kibana's export")
        return rule_from_table(table, places=JsonLocations(text))

    @classmethod
    def from_sigma(cls, source: str | Path) -> Rule:
        """A Sigma rule; of a text with several documents the last rule, which may be a correlation of the others.

        Args:
            source: a path, or the YAML text: a string with a line break is text.

        Raises:
            RuleError: the file cannot be read, it is not YAML, or it holds no Sigma rule.
        """
        is_text = isinstance(source, str) and "\n" in source
        path = None if is_text else Path(source)
        text = str(source) if path is None else read_text(path)
        found = list(sigma_rules(read_nodes(text, path), text, path))
        if not found:
            raise RuleError("not a Sigma rule", path, hint="it has a `title`, a `logsource` and a `detection`")
        last = found[-1]
        if isinstance(last, RuleError):
            raise last
        return rule_from_sigma(last, path)

    def matches(self, *events: Mapping[str, Any], schema: Schema | None = None) -> bool:
        """Whether the rule fires on an event, or on several events together.

        Args:
            events: documents: nested JSON, or dotted names.
            schema: field types; by default the built-in ones. ``now`` in date math is the time of the call.

        Raises:
            QuerySyntaxError, InvalidQueryError, UnsupportedQueryError: the rule cannot be compiled.
        """
        types = built_in_schema() if schema is None else schema
        watched = Watched(compile_rule(self, types, int(time.time() * 1000)).programs, self.tiebreaker_field)
        return any(True for _ in alerts_among(watched, (indexed(event, types) for event in events)))


def rule_of_query(query: str, language: str | None = None) -> Rule:
    """A rule that is nothing but a query.

    Args:
        query: its text.
        language: its language; by default it is guessed between Kuery and EQL.
    """
    known = language or guess_language(query)
    return rule_from_table({"type": LANGUAGES[known].rule_type, "language": known, "query": query})


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
        message = "missing [rule] table" if table is None else "`rule` is not a table"
        line, column = _position(TomlLocations(text), ())
        raise RuleError(message, path, line, column, "put the query and the type under `[rule]`")
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


def rule_from_sigma(sigma: SigmaRule, path: Path | None = None, entry: str = "") -> Rule:
    """The rule that a Sigma document describes; its query is the text of its detection or correlation."""
    document = sigma.document
    block = block_of(document, sigma.text)
    return Rule(
        path=path,
        name=document.string("title") or (legible(path.stem) if path else ""),
        type="sigma",
        language="sigma",
        query=sigma.text[block.start : block.end],
        rule_id=document.string("id"),
        index=(),
        raw=plain(document.node),
        query_map=map_of(block, sigma.text),
        places=NodeLocations(sigma.text, node=document.node),
        entry=entry,
        sigma=sigma,
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
