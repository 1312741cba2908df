"""Tests beside rules: events, and whether the rule fires on them.

Tests of ``RULE.toml`` are the ``[[tests]]`` of ``RULE.test.toml`` beside it, or of the rule's own file; those of the Sigma rule
``RULE.yml`` stand beside it in ``RULE.test.toml`` as well::

    [[tests]]
    name = "cmd.exe, started by a person"
    match = true
    events = '''
    {"process": {"name": "cmd.exe"}, "user": {"name": "ada"}}
    '''

``events`` is a text of NDJSON, a list of tables, or with ``file`` the path of a file relative to this one. ``history`` and
``indicators`` are given like ``events``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from .errors import RuleError
from .reading.attribute_locations import TomlLocations
from .reading.text_file import decode, read_bytes
from .reading.toml_reader import parse_toml

ENDING = ".test.toml"
"""How the files of tests end."""
_KEYS = ("name", "match", "events", "file", "history", "indicators")
_HINT = "a test has `name`, `match`, and `events` or `file`"


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One test of a rule.

    Attributes:
        path: the file that it is in.
        line: the line of that file that it begins at.
        name: what people call it.
        match: whether the rule fires.
        events: the events, in the order of the input.
        file: the file of the events, if they are not written out.
        history, indicators: older events, and documents of threat intelligence.
    """

    path: Path
    line: int
    name: str
    match: bool
    events: tuple[Mapping[str, Any], ...] = ()
    file: Path | None = None
    history: tuple[Mapping[str, Any], ...] = ()
    indicators: tuple[Mapping[str, Any], ...] = ()


def test_file_of(rule: Path) -> Path:
    """The file of a rule's tests: beside it, with another ending."""
    return rule.with_name(f"{rule.stem}{ENDING}")


def rule_file_of(tests: Path) -> Path:
    """The rule of a file of tests: in TOML, or else a Sigma rule, if there is one."""
    stem = tests.name.removesuffix(ENDING)
    sigma = tests.with_name(f"{stem}.yml")
    rule = tests.with_name(f"{stem}.toml")
    return sigma if sigma.exists() and not rule.exists() else rule


def tests_of(rule: Path) -> list[RuleTest]:
    """The tests of the rule in a file: those of its own file, if that is TOML, then those of the file beside it.

    Raises:
        RuleError: a file cannot be read, or a test in it is not valid.
    """
    beside = test_file_of(rule)
    files = [*([rule] if rule.suffix == ".toml" else []), *([beside] if beside.exists() else [])]
    return [test for file in files for test in _tests_in(file)]


def _tests_in(path: Path) -> list[RuleTest]:
    text = decode(read_bytes(path), path)
    if "tests" not in text:
        return []
    tables = parse_toml(text, path).get("tests", [])
    places = TomlLocations(text, ())
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise RuleError("`tests` is not a list of tables", path, hint="begin each test with `[[tests]]`")
    return [_Table(path, table, places, number).test() for number, table in enumerate(tables)]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of ``[[tests]]``."""

    path: Path
    table: Mapping[str, Any]
    places: TomlLocations
    number: int

    def test(self) -> RuleTest:
        unknown = next((key for key in self.table if key not in _KEYS), None)
        if unknown is not None:
            raise self.error(f"`{unknown}` is not a part of a test", unknown)
        match = self.table.get("match")
        if not isinstance(match, bool):
            raise self.error("`match` is not true or false", "match")
        file = self.table.get("file")
        if (file is None) == ("events" not in self.table):
            raise self.error("a test needs either `events` or a `file`", "events")
        if file is not None and not isinstance(file, str):
            raise self.error("`file` is not a path", "file")
        name = self.table.get("name", f"test {self.number + 1}")
        return RuleTest(
            self.path,
            self.line("name"),
            str(name),
            match,
            self.events("events"),
            None if file is None else self.path.parent / file,
            self.events("history"),
            self.events("indicators"),
        )

    def events(self, key: str) -> tuple[Mapping[str, Any], ...]:
        value = self.table.get(key, [])
        if isinstance(value, str):
            return tuple(self._parsed(key, line) for line in value.splitlines() if line.strip())
        found = [value] if isinstance(value, Mapping) else value
        if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
            raise self.error(f"`{key}` is neither a text of NDJSON nor a list of tables", key)
        return tuple(found)

    def _parsed(self, key: str, line: str) -> Mapping[str, Any]:
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise self.error(f"`{key}`: not valid JSON: {error.msg}", key, "write one event per line") from None
        if not isinstance(event, dict):
            raise self.error(f"`{key}`: an event is a JSON object", key)
        return event

    def line(self, key: str) -> int:
        span = self.places.value(("tests", self.number, key)) or self.places.value(("tests", self.number))
        return 1 if span is None else self.places.text.count("\n", 0, span.start) + 1

    def error(self, message: str, key: str, hint: str = _HINT) -> RuleError:
        return RuleError(message, self.path, self.line(key), 1, hint)


def written_tests(rule: str, tests: Iterable[tuple[str, bool, Mapping[str, Sequence[Mapping[str, Any]]]]]) -> str:
    """Tests as the text of a file: for each its name, whether the rule fires, and documents by ``events`` and so on."""
    lines = [f"# Tests of {rule}"]
    for name, match, documents in tests:
        lines += ["", "[[tests]]", f"name = {orjson.dumps(name).decode()}", f"match = {str(match).lower()}"]
        for key, found in documents.items():
            if found:
                # An apostrophe could end the text.
                body = "\n".join(orjson.dumps(each).decode().replace("'", "\\u0027") for each in found)
                lines += [f"{key} = '''", body, "'''"]
    return "\n".join((*lines, ""))
