"""What is refused before it is parsed: texts too long to read in bounded time and memory, and texts that are not all characters."""

from __future__ import annotations

import re

from .lalr.failure import Misuse
from .span import Span
from .syntax_error import QuerySyntaxError

MAX_LENGTH = 1_000_000
"""Characters of a query. The longest rules that people publish have some thirty thousand."""

SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a UTF-16 pair, alone: no character, and nothing that JSON in UTF-8 can hold."""


def check_text(text: str, language: str) -> None:
    """Refuses a text that no query can be.

    Args:
        text: the query.
        language: ``"kuery"``, ``"eql"`` or ``"lucene"``.

    Raises:
        QuerySyntaxError: it is longer than ``MAX_LENGTH``, or holds a lone surrogate.
    """
    if len(text) > MAX_LENGTH:
        message = f"the query has {len(text):,} characters; at most {MAX_LENGTH:,} are read"
        raise QuerySyntaxError(message, Span(0, 1), text[:1], language, (), "split it up")
    if not text.isascii() and (found := SURROGATE.search(text)):
        message = f"there is no character U+{ord(found[0]):04X}"
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
        raise Misuse(f"there is no character `\\u{ord(found[0]):04x}`", span)
    return text
