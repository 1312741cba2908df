"""Exceptions in files: items of Kibana's exception lists, and Kibana's filters, each as a rule that matches what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ..compiler.values.literals import LiteralError, parse_date
from .errors import RuleError
from .reading.text_file import read_text
from .rule import Rule, rule_from_table


@dataclass(frozen=True, slots=True)
class ListedException:
    """An exception.

    Attributes:
        name: what people call it.
        path: the file that it stands in.
        line: its line in the file, from 1; 0 where the file is one JSON value.
        rule: a rule that matches all events that the exception does not exclude.
        expired: when it expired, as written; None if it is in force.
    """

    name: str
    path: Path
    line: int
    rule: Rule
    expired: str | None = None

    @property
    def place(self) -> str:
        """The file, with the line."""
        return f"{self.path}:{self.line}" if self.line else str(self.path)


def read_exceptions(path: Path, now: int) -> tuple[ListedException, ...]:
    """The exceptions in a file: Kibana's export of a list (NDJSON), or items and filters as JSON.

    Args:
        path: the file.
        now: the time at which an exception may be past its expiry, in epoch milliseconds.

    Raises:
        RuleError: the file cannot be read, is not JSON, or holds no exceptions.
    """
    text = read_text(path)
    found = [_exception(table, path, line, now) for table, line in _tables(text, path) if _is_exception(table)]
    if not found:
        raise RuleError("no exceptions in this file", path, hint="items have `entries`, filters have `query` or `meta`")
    return tuple(found)


def _is_exception(table: Mapping[str, Any]) -> bool:
    return "entries" in table or isinstance(table.get("query"), Mapping) or "meta" in table


def _tables(text: str, path: Path) -> Iterator[tuple[Mapping[str, Any], int]]:
    """The objects of a file, each with its line."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    yield from ((table, number) for table in _objects(orjson.loads(line)))
                except orjson.JSONDecodeError as error:
                    raise RuleError(
                        f"not valid JSON: {error.msg}", path, number, error.colno, "one object per line, or one JSON value"
                    ) from None
        return
    yield from ((table, 0) for table in _objects(value))


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects in a value: itself, those of a list, or the items of a list of exceptions."""
    match value:
        case list():
            for each in value:
                yield from _objects(each)
        case {"items": list(items)}:
            yield from _objects(items)
        case {"data": list(items)}:
            yield from _objects(items)
        case dict():
            yield value


def _exception(table: Mapping[str, Any], path: Path, line: int, now: int) -> ListedException:
    meta = table.get("meta")
    alias = meta.get("alias") if isinstance(meta, Mapping) else None
    name = str(table.get("name") or table.get("item_id") or alias or "exception")
    attributes: dict[str, Any] = {"type": "query", "language": "kuery", "query": "*:*", "name": name}
    if "entries" in table:
        attributes["exceptions_list"] = [{"items": [{key: value for key, value in table.items() if key != "expire_time"}]}]
    else:
        attributes["filters"] = [{**table, "meta": {**(meta or {}), "negate": not (meta or {}).get("negate", False)}}]
    return ListedException(name, path, line, rule_from_table(attributes, path), _expired(table, path, line, now))


def _expired(table: Mapping[str, Any], path: Path, line: int, now: int) -> str | None:
    text = table.get("expire_time")
    if not text:
        return None
    try:
        low = parse_date(str(text), now).low
    except LiteralError as error:
        raise RuleError(f"the `expire_time` of an exception, `{text}`: {error}", path, line or None) from None
    return str(text) if low is not None and low <= now else None
