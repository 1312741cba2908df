"""A small evaluator of Query DSL on documents: the part of Elasticsearch that Kuery needs.

It shares no code with the compiler, so that the two can be compared: its own flattening, analysis, patterns, addresses and dates,
each only as far as the tests go.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Types = Mapping[str, str]
"""The type of each field of the index; what lies below a flattened field or is not named is a keyword."""

_TEXTS = ("text", "match_only_text")
_WHOLE = ("long", "integer", "short", "byte")
_FRACTIONAL = ("double", "float")


class Index:
    """What an evaluation knows of the index.

    Args:
        types: the type of each field.
        now: what ``now`` is in date math.
        parents: the fields whose values multi-fields have, by the names of those.
    """

    def __init__(self, types: Types, now: datetime, parents: Mapping[str, str] | None = None) -> None:
        self.types = types
        self.now = now
        self.parents = parents or {}

    def matches(self, query: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
        """Whether a document, nested JSON, is found by a query."""
        return self._matches(query, document, "")

    def _matches(self, query: Mapping[str, Any], document: Any, path: str) -> bool:
        ((kind, body),) = query.items()
        match kind:
            case "match_all":
                return True
            case "bool":
                return self._bool(body, document, path)
            case "nested":
                return any(self._matches(body["query"], each, body["path"]) for each in _objects(document, path, body["path"]))
            case "exists":
                return any(name == body["field"] or name.startswith(f"{body['field']}.") for name in self._values(document, path))
            case "query_string":
                fields = body["fields"] if "fields" in body else self._all(document, path)
                return any(self._query_string(name, body["query"], document, path) for name in fields)
            case "multi_match":
                phrase = body["type"] == "phrase"
                return any(self._equal(name, body["query"], phrase, document, path, lenient=True) for name in self._all(document, path))
        ((field, argument),) = body.items()
        match kind:
            case "term":
                return self._equal(field, argument["value"], False, document, path)
            case "match" | "match_phrase":
                return self._equal(field, argument, kind == "match_phrase", document, path)
            case "wildcard":
                return self._wildcard(field, argument["value"], document, path)
            case "range":
                return any(self._in_range(field, value, argument) for value in self._of(field, document, path))
        raise AssertionError(f"no evaluation of `{kind}`")

    def _bool(self, body: Mapping[str, Any], document: Any, path: str) -> bool:
        def each(clause: str) -> Iterator[bool]:
            found = body.get(clause, [])
            return (self._matches(query, document, path) for query in (found if isinstance(found, list) else [found]))

        assert set(body) <= {"filter", "should", "must_not", "minimum_should_match"}
        wanted = body.get("minimum_should_match", 0)
        return all(each("filter")) and not any(each("must_not")) and (not wanted or any(each("should")))

    # -- values ----------------------------------------------------------------------------------

    def _values(self, document: Any, path: str) -> dict[str, list[Any]]:
        """The values that a query at this place sees: those of nested objects below it are out of its sight."""
        found: dict[str, list[Any]] = {}
        for name, value in _leaves(document, path):
            inside = [other for other, kind in self.types.items() if kind == "nested" and name.startswith(f"{other}.") and other != path]
            if not [other for other in inside if not path.startswith(f"{other}.")]:
                found.setdefault(name, []).append(value)
        return found

    def _of(self, field: str, document: Any, path: str) -> list[Any]:
        values = self._values(document, path)
        if self._type(field) == "flattened":
            return [value for name, found in values.items() if name.startswith(f"{field}.") for value in found]
        if "*" in field:
            # What Kibana knows no field for is left to Elasticsearch, where it stands for the fields that documents have.
            return [value for name, found in values.items() if _expression(field).fullmatch(name) for value in found]
        return values.get(self.parents.get(field, field), [])

    def _all(self, document: Any, path: str) -> list[str]:
        return list(self._values(document, path))

    def _type(self, field: str) -> str:
        return self.types.get(field, "keyword")

    # -- tests -----------------------------------------------------------------------------------

    def _equal(self, field: str, wanted: Any, phrase: bool, document: Any, path: str, lenient: bool = False) -> bool:
        written = {True: "true", False: "false"}.get(wanted, wanted) if isinstance(wanted, bool) else wanted
        values = self._of(field, document, path)
        kind = self._type(field)
        if kind in _TEXTS:
            words = _words(written)
            held = [_words(str(value)) for value in values]
            if phrase:
                return bool(words) and any(words == text[at : at + len(words)] for text in held for at in range(len(text)))
            return any(word in text for text in held for word in words)
        try:
            if kind == "date":
                return any(self._in_range(field, value, {"gte": written, "lte": written}) for value in values)
            if kind == "ip":
                network = ipaddress.ip_network(written, strict=False)
                return any(ipaddress.ip_address(value) in network for value in values)
            if kind in _WHOLE + _FRACTIONAL:
                return any(float(value) == float(written) for value in values)
            if kind == "boolean":
                if written not in ("true", "false", ""):
                    raise ValueError
                return any(bool(value) == (written == "true") for value in values)
        except ValueError:
            if lenient:
                return False
            raise
        return any(_text(value) == written for value in values)

    def _wildcard(self, field: str, pattern: str, document: Any, path: str) -> bool:
        expression = _expression(pattern)
        values = self._of(field, document, path)
        if self._type(field) in _TEXTS:
            folded = re.compile(expression.pattern.lower(), re.DOTALL)
            return any(folded.fullmatch(word) for value in values for word in _words(str(value)))
        return any(expression.fullmatch(_text(value)) for value in values)

    def _query_string(self, field: str, query: str, document: Any, path: str) -> bool:
        words: list[str] = []
        for word in query.split():
            if words and not _is_wild(word) and not _is_wild(words[-1]):
                words[-1] += f" {word}"
            else:
                words.append(word)
        if words == ["*"]:
            return bool(self._of(field, document, path))
        for word in words:
            if _is_wild(word):
                if self._type(field) in (*_TEXTS, "keyword", "constant_keyword", "wildcard", "flattened", "version") and self._wildcard(
                    field, word, document, path
                ):
                    return True
            elif self._equal(field, re.sub(r"\\(.)", r"\1", word), False, document, path, lenient=True):
                return True
        return False

    def _in_range(self, field: str, value: Any, bounds: Mapping[str, Any]) -> bool:
        for operator, bound in bounds.items():
            if operator == "time_zone":
                continue
            low, high = self._ordered(field, bound)
            at = self._ordered(field, value)[0]
            passed = {"gt": at > high, "gte": at >= low, "lt": at < low, "lte": at <= high}[operator]
            if not passed:
                return False
        return True

    def _ordered(self, field: str, literal: Any) -> tuple[Any, Any]:
        """The first and the last that a literal names, in what can be compared."""
        kind = self._type(field)
        if kind in _WHOLE + _FRACTIONAL:
            return float(literal), float(literal)
        if kind == "ip":
            network = ipaddress.ip_network(literal, strict=False)
            first, last = (int(address) + (0xFFFF << 32) if address.version == 4 else int(address) for address in (network[0], network[-1]))
            return first, last
        if kind == "boolean":
            return _text(literal) == "true", _text(literal) == "true"
        if kind == "version":
            numbers = tuple(map(int, literal.split(".")))
            return numbers, numbers
        return _dates(literal, self.now) if kind == "date" else (_text(literal), _text(literal))


def _dates(literal: Any, now: datetime) -> tuple[datetime, datetime]:
    if isinstance(literal, int):
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=literal)
        return at, at
    if math := re.fullmatch(r"now(?:-(\d+)d)?(/d)?", literal):
        at = now - timedelta(days=int(math[1] or 0))
        if not math[2]:
            return at, at
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return day, day + timedelta(days=1) - timedelta(milliseconds=1)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", literal):
        day = datetime.fromisoformat(literal).replace(tzinfo=UTC)
        return day, day + timedelta(days=1) - timedelta(milliseconds=1)
    at = datetime.fromisoformat(literal.replace("Z", "+00:00"))
    last = at if "." in literal else at + timedelta(milliseconds=999)
    return at, last


def _words(text: str) -> list[str]:
    """The words of the texts that the tests use: letters, digits and underscores, and dots, colons and apostrophes between letters."""
    return [word.lower() for word in re.findall(r"\w+(?:(?<=[^\W\d_])[.:'](?=[^\W\d_])\w+)*", text)]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_wild(word: str) -> bool:
    return bool(re.search(r"(?<!\\)(?:\\\\)*[*?]", word))


def _expression(pattern: str) -> re.Pattern[str]:
    source = ""
    for escaped, char in re.findall(r"\\(.)|(.)", pattern, re.DOTALL):
        source += re.escape(escaped) if escaped else {"*": ".*", "?": "."}.get(char, re.escape(char))
    return re.compile(source, re.DOTALL)


def _leaves(node: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, f"{name}.{key}" if name else key)
    elif isinstance(node, list):
        for each in node:
            yield from _leaves(each, name)
    elif node is not None:
        yield name, node


def _objects(node: Any, name: str, path: str) -> Iterator[Any]:
    if isinstance(node, list):
        for each in node:
            yield from _objects(each, name, path)
    elif isinstance(node, Mapping):
        if name == path:
            yield node
        else:
            for key, value in node.items():
                below = f"{name}.{key}" if name else key
                if below == path or path.startswith(f"{below}."):
                    yield from _objects(value, below, path)
