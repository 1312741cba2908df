"""YAML documents as trees of nodes that keep their places, keys included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path as FilePath
from typing import Any

from ...compiler.file_input import YAML_STUMBLES
from ...grammar.source_map import TextMap
from ...grammar.span import Span
from .attribute_locations import AttributeLocations, Path
from .yaml_reader import parse_yaml

_MOST_NODES = 500_000
"""In one text, each counted as often as aliases repeat it."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value without parts.

    Attributes:
        value: a string, a number, true, false or None; a date is the string that it is written as.
        text: the value as a string, whatever YAML takes it for.
        span: where it is written, quotes included.
        style: ``'``, ``"``, ``|``, ``>``, or empty for one without quotes.
    """

    value: str | int | float | bool | None
    text: str
    span: Span
    style: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping and its value."""

    key: Scalar
    value: Node

    @property
    def span(self) -> Span:
        """From the key to the end of the value."""
        return self.key.span.to(self.value.span)


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping; its keys are unique unless the document repeats them."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """The value of the last entry with a key."""
        return next((entry.value for entry in reversed(self.entries) if entry.key.text == key), None)

    def entry(self, key: str) -> Entry | None:
        """The last entry with a key."""
        return next((entry for entry in reversed(self.entries) if entry.key.text == key), None)


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    items: tuple[Node, ...]
    span: Span


Node = Scalar | Map | Items


@dataclass(frozen=True, slots=True)
class NodeLocations(AttributeLocations):
    """The places in a YAML document that was read as nodes."""

    node: Node = Map((), Span(0, 0))

    def value(self, path: Path) -> Span | None:
        """See `AttributeLocations`."""
        node: Node | None = self.node
        for part in (*self.root, *path):
            match node:
                case Map():
                    node = node.get(str(part))
                case Items(items) if isinstance(part, int) and part < len(items):
                    node = items[part]
                case _:
                    return None
        return None if node is None else node.span

    def string(self, path: Path, value: str) -> TextMap | None:
        """See `AttributeLocations`. Strings are not looked for: what is compiled of such a document is not a string in it."""
        return None


def plain(node: Node) -> Any:
    """The value of a node as Python has it."""
    match node:
        case Scalar(value):
            return value
        case Items(items):
            return [plain(item) for item in items]
        case Map(entries):
            return {entry.key.text: plain(entry.value) for entry in entries}


def read_nodes(text: str, path: FilePath | None) -> list[Node]:
    """The documents of a YAML text.

    Raises:
        RuleError: it is not YAML, or PyYAML is missing.
    """
    try:
        # Without types of its own.
        yaml: Any = import_module("yaml")
    except ImportError:
        parse_yaml(text, path)
        raise
    fast = getattr(yaml, "CSafeLoader", None)
    if fast is not None:
        with suppress(yaml.YAMLError, RecursionError, *YAML_STUMBLES):
            return _documents(yaml, fast, text)
        # libyaml says what is wrong in other words, and at other places.
        parse_yaml(text, path)
    try:
        return _documents(yaml, yaml.SafeLoader, text)
    except (yaml.YAMLError, RecursionError, *YAML_STUMBLES):
        parse_yaml(text, path)
        raise


def _documents(yaml: Any, loader_type: Any, text: str) -> list[Node]:
    loader = loader_type(text)
    try:
        return list(_Reader(yaml, loader, text).documents())
    finally:
        loader.dispose()


class _Reader:
    def __init__(self, yaml: Any, loader: Any, text: str) -> None:
        self.yaml = yaml
        self.loader = loader
        self.text = text
        self.left = _MOST_NODES

    def documents(self) -> Iterator[Node]:
        while self.loader.check_node():
            yield self.node(self.loader.get_node())

    def node(self, found: Any) -> Node:
        self.left -= 1
        if self.left < 0:
            raise self.yaml.YAMLError(f"more than {_MOST_NODES:,} values")
        if isinstance(found, self.yaml.MappingNode):
            self.loader.flatten_mapping(found)
            entries = tuple(Entry(self.scalar(key), self.node(value)) for key, value in found.value)
            return Map(entries, self.around(found, [entry.span for entry in entries]))
        if isinstance(found, self.yaml.SequenceNode):
            items = tuple(map(self.node, found.value))
            return Items(items, self.around(found, [item.span for item in items]))
        return self.scalar(found)

    def scalar(self, found: Any) -> Scalar:
        span = Span(found.start_mark.index, found.end_mark.index)
        if not isinstance(found, self.yaml.ScalarNode):
            return Scalar(None, self.text[span.start : span.end], span)
        text = str(found.value)
        value = text if found.tag in _TEXTS else self.loader.construct_object(found)
        style = "" if found.style is None else str(found.style)
        if style in ("|", ">"):
            span = Span(span.start, span.start + len(self.text[span.start : span.end].rstrip()))
        return Scalar(value if isinstance(value, str | int | float | bool | None) else text, text, span, style)

    def around(self, found: Any, parts: list[Span]) -> Span:
        """Where a collection is written; a block one is taken to end where the last of its parts does."""
        start, end = found.start_mark.index, found.end_mark.index
        if parts and not found.flow_style:
            end = max(part.end for part in parts if part.start >= start) if any(part.start >= start for part in parts) else end
        return Span(start, end)


_TEXTS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "timestamp", "binary"))
