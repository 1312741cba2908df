"""How deeply a tree nests: a bound that lets every later pass recurse."""

from __future__ import annotations

from typing import Any

from .syntax_error import QuerySyntaxError

MAX_DEPTH = 200
"""Levels of nodes in a tree. A pass may spend four frames on each within Python's default limit."""

_LEVELS_EACH = 5
"""More levels than one bracket can bring: an `or` of `and` of a comparison of a call, say."""


def check_depth(query: Any, text: str, language: str, nesting: tuple[str, ...]) -> None:
    """Refuses a tree of more than ``MAX_DEPTH`` levels.

    Args:
        query: the tree.
        text: what it was read from.
        language: ``"kuery"`` or ``"eql"``.
        nesting: strings one of which the text holds for each level, so that most texts need no look at the tree.

    Raises:
        QuerySyntaxError: at the first node that lies too deep.
    """
    if sum(map(text.count, nesting)) < MAX_DEPTH // _LEVELS_EACH:
        return
    level = [query]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    span = level[0].span
    raise QuerySyntaxError("nested too deeply", span, text, language, (), f"a query nests up to {MAX_DEPTH} levels; split this one up")


def _children(node: Any) -> list[Any]:
    found = []
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        found += [child for child in (value if isinstance(value, tuple) else (value,)) if hasattr(child, "span")]
    return found
