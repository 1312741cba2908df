"""Moves the spans of IR nodes and findings from a text to a text that contains it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from ...grammar.span import NOWHERE, Span
from ..schema.fields import FieldSpec, Schema

Node = TypeVar("Node")


def relocated(node: Node, start: int) -> Node:
    """The node with every span in it, at any depth, moved.

    Args:
        node: a program, a formula, a finding, or a tuple of them.
        start: the offset in the outer text at which the inner text begins.

    Returns:
        An equal node; parts without spans are shared with the original, and nodes that were not parsed stay nowhere.
    """
    found: Any = node
    match node:
        case Span():
            found = node if node == NOWHERE else Span(node.start + start, node.end + start)
        case tuple():
            parts = tuple(relocated(part, start) for part in node)
            found = node if all(map(_same, parts, node)) else parts
        case FieldSpec() | Schema():
            pass
        case _ if is_dataclass(node) and not isinstance(node, type):
            values = {each.name: getattr(node, each.name) for each in fields(node) if each.init}
            moved = {name: relocated(value, start) for name, value in values.items()}
            changed = {name: value for name, value in moved.items() if value is not values[name]}
            found = replace(node, **changed) if changed else node
    moved_node: Node = found
    return moved_node


def _same(one: Any, other: Any) -> bool:
    return one is other
