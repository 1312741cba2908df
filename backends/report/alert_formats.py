"""Formats of alerts: how each rule that fired is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

import orjson

from .caret_text import visible
from .formats.xml_text import attributes, character_data, names_of, test_case, test_suite
from .wording import counted, cut

_SHOWN = 8
"""Alerts of one rule whose events a table shows."""
_LONGEST = 60


@dataclass(slots=True)
class FiredRule:
    """A rule, and the alerts that it gave.

    Attributes:
        path: the file or the name that it was given by.
        rule_id, name: its own, or None.
        count: how many alerts it gave.
        first: the positions of the events of the first of them.
        members: the positions of the events of all of them, where they are wanted.
        problem: why it fails the run, or "".
    """

    path: str
    rule_id: str | None = None
    name: str | None = None
    count: int = 0
    first: list[tuple[int, ...]] = field(default_factory=list)
    members: set[int] = field(default_factory=set)
    problem: str = ""

    def add(self, events: tuple[int, ...], *, every: bool) -> None:
        """Add an alert; all its events are kept only if every one is wanted."""
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(events)
        if every:
            self.members.update(events)

    def is_called(self, name: str) -> bool:
        """Whether the rule goes by this id, name, file or file name."""
        return name in (self.rule_id, self.name, self.path, PurePath(self.path).name)

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.rule_id or self.path


def alert_line(rule: FiredRule, events: Sequence[int]) -> bytes:
    """An alert as a line of NDJSON."""
    entry = {"rule": rule.path, "rule_id": rule.rule_id, "name": rule.name, "events": list(events)}
    return orjson.dumps(entry) + b"\n"


def table(rules: Sequence[FiredRule]) -> str:
    """The rules that fired, as columns of text; those with most alerts first."""
    fired = sorted((rule for rule in rules if rule.count), key=lambda rule: -rule.count)
    if not fired:
        return ""
    titles = [cut(visible(rule.title), _LONGEST) for rule in fired]
    width = max(len("rule"), *map(len, titles))
    rows = [f"{'alerts':>6}  {'rule':<{width}}  events"]
    for rule, title in zip(fired, titles, strict=True):
        rows.append(f"{rule.count:>6}  {title:<{width}}  {_shown(rule)}")
    return "\n".join(rows) + "\n"


def _shown(rule: FiredRule) -> str:
    """The events of the first alerts, those of one alert with a plus between."""
    shown = ", ".join("+".join(map(str, events)) for events in rule.first)
    return f"{shown}, and {counted(rule.count - _SHOWN, 'more alert')}" if rule.count > _SHOWN else shown


def matrix(rules: Sequence[FiredRule]) -> str:
    """CSV: a row for each event that is part of an alert, a column for each rule that fired; 1 where it is."""
    fired = [rule for rule in rules if rule.count]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["event", *(rule.rule_id or rule.title for rule in fired)])
    for position in sorted(set[int]().union(*(rule.members for rule in fired))):
        writer.writerow([position, *(int(position in rule.members) for rule in fired)])
    return text.getvalue()


def junit(rules: Sequence[FiredRule]) -> str:
    """JUnit's XML: a test case for each rule, which fails if the rule fires or stays silent against what was expected."""
    failures = str(sum(bool(rule.problem) for rule in rules))
    cases: list[str] = []
    for rule in rules:
        inner = [f"<failure{attributes(type='match', message=visible(rule.problem))}></failure>"] if rule.problem else []
        if rule.count:
            text = f"{counted(rule.count, 'alert')}: {_shown(rule)}"
            inner.append(f"<system-out>{character_data(text)}</system-out>")
        cases.append(test_case(names_of(rule.path), *inner))
    return test_suite("match", cases, tests=str(len(rules)), failures=failures, errors="0")


ALERT_FORMATS: Mapping[str, Callable[[Sequence[FiredRule]], str]] = {"table": table, "matrix": matrix, "junit": junit}
"""What is written once all events were read; alerts of ``ndjson`` are written as they come."""
