"""The tables that a grammar is parsed with: those beside it, or new ones."""

from __future__ import annotations

import json

from .tables import Tables, checksum, source_of, tables_file


def load_tables(language: str) -> Tables:
    """The tables of a language: those beside its grammar or, if their checksum differs, compiled with Lark."""
    source = source_of(language)
    try:
        tables: Tables = json.loads(tables_file(language).read_bytes())
        if tables["checksum"] == checksum(source):
            return tables
    except (OSError, ValueError, KeyError):
        pass
    from .compile_tables import compile_grammar

    return compile_grammar(source)
