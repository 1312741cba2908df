"""The documents of a match as text: a line of JSON each."""

from __future__ import annotations

from typing import Any

import orjson

from ..generate.sampler import Group


def documents(text: str) -> list[dict[str, Any]]:
    """The documents of a group's text."""
    if text.find("\n") == len(text) - 1:
        return [orjson.loads(text)]
    # Not splitlines(), which knows more ends of lines than JSON escapes.
    return [orjson.loads(line) for line in text[:-1].split("\n")]


def text_of(group: Group) -> str:
    """The text of a group's documents."""
    return "".join(orjson.dumps(document).decode() + "\n" for document in group)
