"""Documents: nested JSON objects, seen as a list of values per dotted field name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Flat = dict[str, list[Any]]
"""Field name to its values; a missing field has no entry."""


def flatten(document: Mapping[str, Any]) -> Flat:
    """The values of a document by dotted field name.

    Objects in arrays add up (as Elasticsearch flattens them); null, ``[]`` and ``[null]`` are no values.
    """
    flat: Flat = {}
    stack: list[tuple[str, Any]] = [("", document)]
    while stack:
        prefix, node = stack.pop()
        if isinstance(node, Mapping):
            stack.extend((f"{prefix}.{key}" if prefix else str(key), value) for key, value in reversed(list(node.items())))
        elif isinstance(node, list | tuple):
            stack.extend((prefix, item) for item in reversed(node))
        elif node is not None:
            flat.setdefault(prefix, []).append(node)
    return flat


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
