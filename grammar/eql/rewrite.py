"""Rewrites of EQL trees."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ..span import Span
from . import tree as tree

if TYPE_CHECKING:
    pass


def without_unmapped(query: tree.Query, is_mapped: Callable[[str], bool]) -> tree.Query:
    """The query with null in the place of optional fields that are not mapped; join keys stay."""

    def nulled(found: tree.Field) -> tree.Expression:
        return tree.Null(found.span) if found.optional and not is_mapped(found.name) else found

    def conditions(found: tree.EventQuery) -> tree.EventQuery:
        return replace(found, condition=map_nodes(found.condition, tree.Field, nulled))

    rewritten: tree.Query = map_nodes(query, tree.EventQuery, conditions)
    return rewritten


def without_aliases(item: tree.Item, aliases: Collection[str]) -> tree.Item:
    """The item with `field` in the place of `alias.field`."""

    def plain(found: tree.Field) -> tree.Field:
        named = found.path[0] in aliases and len(found.path) > 1
        return replace(found, path=found.path[1:]) if named else found

    rewritten: tree.Item = map_nodes(item, tree.Field, plain)
    return rewritten


Found = TypeVar("Found")


def map_nodes(node: Any, kind: type[Found], change: Callable[[Found], Any]) -> Any:
    """A tree in which every node of a kind is changed; nothing below such a node is looked at."""
    if isinstance(node, kind):
        return change(node)
    if isinstance(node, tuple):
        mapped = tuple(map_nodes(each, kind, change) for each in node)
        return mapped if any(new is not old for new, old in zip(mapped, node, strict=True)) else node
    if is_dataclass(node) and not isinstance(node, type | Span):
        found = {each.name: getattr(node, each.name) for each in fields(node)}
        changed = {name: map_nodes(value, kind, change) for name, value in found.items()}
        return replace(node, **changed) if any(changed[name] is not found[name] for name in found) else node
    return node
