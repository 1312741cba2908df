"""The LALR tables of a grammar, as JSON has them."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any, TypedDict

_FOLDER = Path(__file__).parent.parent
GRAMMARS = tuple(sorted(path.parent.name for path in _FOLDER.glob("*/grammar.lark")))
"""The names of the languages: a folder with a grammar each."""


class Tables(TypedDict):
    """A compiled grammar, as JSON has it.

    Attributes:
        checksum: that of the grammar it was made from.
        start, end: the numbers of the first state, and of the one that is reached when all was read.
        states: by terminal the number of the state that it leads to or, if negative, the complement of the number of the rule
            that ends before it; by rule, the state after it.
        rules: for each its name, the number of its parts, the name of its action, whether a lone part stands for itself, and
            which of its parts are lists whose items are its parts.
        terminals: their names.
        expression: matches ignored text and one terminal, whose name its group has.
        keywords: the terminals that are plain words.
    """

    checksum: int
    start: int
    end: int
    states: list[dict[str, int]]
    rules: list[list[Any]]
    terminals: list[str]
    expression: str
    keywords: dict[str, str]


def source_of(language: str) -> str:
    """The text of a language's grammar."""
    return (_FOLDER / language / "grammar.lark").read_text(encoding="utf-8")


def tables_file(language: str) -> Path:
    """The file of a language's tables."""
    return _FOLDER / language / "tables.json"


def checksum(source: str) -> int:
    """Tells a grammar from an older one."""
    return zlib.crc32(source.encode())
