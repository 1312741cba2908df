"""NDJSON: the documents of a match as text, one line of JSON each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from ..generate.sampler import Group


def documents(text: str) -> list[dict[str, Any]]:
    """Parses the documents of a group."""
    if text.find("\n") == len(text) - 1:
        return [orjson.loads(text)]
    # Not splitlines(), which splits at characters that JSON does not escape.
    return [orjson.loads(line) for line in text[:-1].split("\n")]


def groups_of(texts: Sequence[str | None]) -> Iterator[Group]:
    """Parses groups up to the first that is missing; those of one document each all at once."""
    given = texts[: texts.index(None)] if None in texts else texts
    lines = "".join([text for text in given if text is not None])
    if lines.count("\n") == len(given):
        for document in orjson.loads(f"[{lines.replace(_BREAK, ',')[:-1]}]"):
            yield [document]
    else:
        for text in given:
            assert text is not None
            yield documents(text)


_BREAK = "\n"


def text_of(group: Group) -> str:
    """Serialises the documents of a group."""
    return "".join(orjson.dumps(document).decode() + "\n" for document in group)
