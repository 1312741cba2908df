"""Documents: nested JSON objects, seen as a list of values per dotted field name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Flat = dict[str, list[Any]]
"""Field name to its values; a missing field has no entry."""


class FlatDocument(Flat):
    """The values of a document, and the document itself, whose objects nested conditions speak of.

    Attributes:
        document: the nested JSON.
        prefix: the name of the object that it is, or empty for a whole document.
    """

    __slots__ = ("document", "prefix")

    def __init__(self, document: Mapping[str, Any], prefix: str) -> None:
        super().__init__()
        self.document = document
        self.prefix = prefix


def flatten(document: Mapping[str, Any], prefix: str = "") -> FlatDocument:
    """The values of a document by dotted field name.

    Objects in arrays add up (as Elasticsearch flattens them); null, ``[]`` and ``[null]`` are no values.

    Args:
        document: nested JSON.
        prefix: the name of the object that it is; field names start with it.
    """
    flat = FlatDocument(document, prefix)
    _add_fields(flat, f"{prefix}." if prefix else "", document, _DEEP)
    return flat


_DEEP = 100
"""Objects inside objects that Python's own stack is used for."""
_PLAIN = frozenset({str, int, float, bool})


def _add_fields(flat: Flat, prefix: str, node: Mapping[str, Any], depth: int) -> None:
    for key, value in node.items():
        name = f"{prefix}{key}"
        if type(value) in _PLAIN:
            if name in flat:
                flat[name].append(value)
            else:
                flat[name] = [value]
        elif depth and isinstance(value, Mapping):
            _add_fields(flat, f"{name}.", value, depth - 1)
        elif value is not None:
            _add_values(flat, name, value)


def _add_values(flat: Flat, name: str, node: Any) -> None:
    """Add what may be a list, or nested deeply."""
    stack = [(name, node)]
    while stack:
        name, node = stack.pop()
        if isinstance(node, Mapping):
            stack.extend((f"{name}.{key}", value) for key, value in reversed(list(node.items())))
        elif isinstance(node, list | tuple):
            stack.extend((name, item) for item in reversed(node))
        elif node is not None:
            flat.setdefault(name, []).append(node)


def copied(flat: Flat) -> Flat:
    """A document to which fields can be added."""
    if not isinstance(flat, FlatDocument):
        return dict(flat)
    copy = FlatDocument(flat.document, flat.prefix)
    copy.update(flat)
    return copy


def objects(flat: Flat, path: str) -> list[FlatDocument]:
    """The objects that a document holds at a path, each flattened on its own; in order, those in arrays one by one."""
    if not isinstance(flat, FlatDocument):
        return []
    found: list[FlatDocument] = []
    stack: list[tuple[str, Any]] = [(flat.prefix, flat.document)]
    while stack:
        name, node = stack.pop()
        if isinstance(node, list | tuple):
            stack.extend((name, item) for item in reversed(node))
        elif isinstance(node, Mapping):
            if name == path:
                found.append(flatten(node, path))
                continue
            below = f"{name}." if name else ""
            inner = [(f"{below}{key}", value) for key, value in node.items()]
            stack.extend((key, value) for key, value in reversed(inner) if key == path or path.startswith(f"{key}."))
    return found


def nest(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A nested document from dotted names, in their order.

    A name that is both a value and the start of another name keeps the longer name dotted.
    """
    document: dict[str, Any] = {}
    for name, value in values:
        node = document
        parts = name.split(".")
        for depth, part in enumerate(parts[:-1]):
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                parts = [*parts[:depth], ".".join(parts[depth:])]
                break
            node = below
        node[parts[-1]] = value
    return document
