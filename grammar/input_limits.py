"""Limits on queries: length, characters, nesting depth."""

from __future__ import annotations

import re
from typing import Any

from .lalr.failure import Misuse
from .span import Span
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
    raise QuerySyntaxError("nested too deeply", span, text, language, (), f"queries can nest up to {MAX_DEPTH} levels; split this query")


def _children(node: Any) -> list[Any]:
    found = []
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        found += [child for child in (value if isinstance(value, tuple) else (value,)) if hasattr(child, "span")]
    return found


MAX_LENGTH = 1_000_000
"""Characters of a query. The longest rules that people publish have some thirty thousand."""


SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a UTF-16 pair, alone: no character, and nothing that JSON in UTF-8 can hold."""


def check_text(text: str, language: str) -> None:
    """Rejects texts that are too long or contain lone surrogates.

    Args:
        text: the query.
        language: ``"kuery"``, ``"eql"`` or ``"lucene"``.

    Raises:
        QuerySyntaxError: it is longer than ``MAX_LENGTH``, or holds a lone surrogate.
    """
    if len(text) > MAX_LENGTH:
        message = f"the query has {len(text):,} characters; the limit is {MAX_LENGTH:,}"
        raise QuerySyntaxError(message, Span(0, 1), text[:1], language, (), "split it up")
    if not text.isascii() and (found := SURROGATE.search(text)):
        message = f"invalid character U+{ord(found[0]):04X}"
        raise QuerySyntaxError(message, Span(*found.span()), text, language, (), "write the query in UTF-8")


def characters(text: str, span: Span) -> str:
    """The text with one character for each two UTF-16 units that escapes wrote it as.

    Args:
        text: what the escapes became.
        span: where it is written.

    Raises:
        Misuse: it holds half of such a pair.
    """
    if text.isascii() or not SURROGATE.search(text):
        return text
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if found := SURROGATE.search(text):
        raise Misuse(f"`\\u{ord(found[0]):04x}` is not a character", span)
    return text
