"""NDJSON: the documents of a match as text, one line of JSON each."""

from __future__ import annotations

from typing import Any

import orjson

from ..generate.sampler import Group


def documents(text: str) -> list[dict[str, Any]]:
    """Parses the documents of a group."""
    if text.find("\n") == len(text) - 1:
        return [orjson.loads(text)]
    # Not splitlines(), which splits at characters that JSON does not escape.
    return [orjson.loads(line) for line in text[:-1].split("\n")]


def text_of(group: Group) -> str:
    """Serialises the documents of a group."""
    return "".join(orjson.dumps(document).decode() + "\n" for document in group)
