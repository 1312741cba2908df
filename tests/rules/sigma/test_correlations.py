"""Correlations of Sigma: streams that fire and streams that do not, and what is refused."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from triggerfish import Rule, SourceEvents, match
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.rules.errors import RuleError
from triggerfish.rules.rule_files import members_of

BASE = """\
title: Refused logon
name: refused
logsource: {product: windows, service: security}
detection:
  sel: {EventID: 4625}
  condition: sel
---
title: Logon
name: logon
logsource: {product: windows, service: security}
detection:
  sel: {EventID: 4624}
  condition: sel
---
title: Group changed
name: group
logsource: {product: windows, service: security}
detection:
  sel: {EventID: [4728, 4732]}
  off: {User|endswith: '$'}
  condition: sel and not off
---
title: Task
name: task
logsource: {product: windows, service: security}
detection:
  sel: {EventID: 4698, TaskName|contains: temp}
  condition: sel
---
title: Lookup
name: lookup
logsource: {category: dns}
detection:
  sel: {query|endswith: '.example'}
  condition: sel
---
title: Upload
name: upload
logsource: {category: proxy}
detection:
  sel: {cs-method: [PUT, POST]}
  condition: sel
---
title: Many refused
name: many
correlation:
  type: event_count
  rules: refused
  group-by: [User]
  timespan: 10m
  condition: {gte: 3}
---
"""


@dataclass(frozen=True)
class Case:
    """A correlation with streams: for each event its second and its fields."""

    name: str
    correlation: str
    fires: tuple[tuple[tuple[int, dict[str, Any]], ...], ...]
    silent: tuple[tuple[tuple[int, dict[str, Any]], ...], ...]


def refused(user: str = "a", host: str = "h") -> dict[str, Any]:
    return {"EventID": 4625, "User": user, "Host": host}


def logon(user: str = "a", host: str = "h") -> dict[str, Any]:
    return {"EventID": 4624, "User": user, "Host": host}


def group(user: str = "a") -> dict[str, Any]:
    return {"EventID": 4728, "User": user}


def task(user: str = "a") -> dict[str, Any]:
    return {"EventID": 4698, "User": user, "TaskName": "Temp job"}


def lookup(name: str, source: str = "s") -> dict[str, Any]:
    return {"query": f"{name}.example", "src": source}


def upload(user: str = "a") -> dict[str, Any]:
    return {"cs-method": "put", "cs-username": user}


def each(*events: dict[str, Any], apart: int = 1) -> tuple[tuple[int, dict[str, Any]], ...]:
    return tuple((number * apart, event) for number, event in enumerate(events))


def correlation(kind: str, rules: str, timespan: str = "5m", group_by: str = "[User]", condition: str = "", more: str = "") -> str:
    written = f"  type: {kind}\n  rules: {rules}\n  timespan: {timespan}\n"
    written += f"  group-by: {group_by}\n" if group_by else ""
    written += f"  condition: {condition}\n" if condition else ""
    return f"title: Correlation\ncorrelation:\n{written}{more}"


COUNTS = [
    Case("three", correlation("event_count", "refused", condition="{gte: 3}"), (each(*[refused()] * 3),), (each(refused(), refused()),)),
    Case(
        "of one user",
        correlation("event_count", "[refused]", condition="{gte: 2}"),
        (each(refused("a"), refused("b"), refused("a")),),
        (each(refused("a"), refused("b")),),
    ),
    Case("more than two", correlation("event_count", "refused", condition="{gt: 2}"), (each(*[refused()] * 3),), (each(*[refused()] * 2),)),
    Case(
        "within a minute",
        correlation("event_count", "refused", "1m", condition="{gte: 2}"),
        (each(refused(), refused(), apart=60),),
        (each(refused(), refused(), apart=61),),
    ),
    Case(
        "the last two of three are close",
        correlation("event_count", "refused", "1m", condition="{gte: 2}"),
        (((0, refused()), (100, refused()), (130, refused())),),
        (((0, refused()), (100, refused()), (200, refused())),),
    ),
    Case(
        "by user and host",
        correlation("event_count", "refused", group_by="[User, Host]", condition="{gte: 2}"),
        (each(refused("a", "x"), refused("a", "y"), refused("a", "x")),),
        (each(refused("a", "x"), refused("a", "y")),),
    ),
    Case(
        "by nothing",
        correlation("event_count", "refused", group_by="", condition="{gte: 2}"),
        (each(refused("a"), refused("b")),),
        (each(refused("a"), logon("b")),),
    ),
    Case(
        "of two rules",
        correlation("event_count", "[refused, logon]", condition="{gte: 3}"),
        (each(refused(), logon(), refused()),),
        (each(refused(), logon(), task()),),
    ),
    Case(
        "with a filter in the rule",
        correlation("event_count", "group", condition="{gte: 2}"),
        (each(group("a"), group("a")),),
        (each(group("a$"), group("a$")),),
    ),
    Case(
        "in an hour",
        correlation("event_count", "task", "1h", condition="{gte: 2}"),
        (each(task(), task(), apart=3600),),
        (each(task(), task(), apart=3601),),
    ),
    Case(
        "without the field that it groups by",
        correlation("event_count", "task", condition="{gte: 2}"),
        (each(task(), task()),),
        (each(*[{"EventID": 4698, "TaskName": "temp"}] * 2),),
    ),
]
VALUES = [
    Case(
        "three users of a host",
        correlation("value_count", "refused", group_by="[Host]", condition="{gte: 3, field: User}"),
        (each(refused("a"), refused("b"), refused("c")), each(refused("a"), refused("a"), refused("b"), refused("c"))),
        (each(refused("a"), refused("b"), refused("a")),),
    ),
    Case(
        "two hosts of a user",
        correlation("value_count", "logon", condition="{gt: 1, field: Host}"),
        (each(logon("a", "x"), logon("a", "y")),),
        (each(logon("a", "x"), logon("b", "y")),),
    ),
    Case(
        "values too far apart",
        correlation("value_count", "logon", "10s", condition="{gte: 2, field: Host}"),
        (each(logon("a", "x"), logon("a", "y"), apart=10),),
        (each(logon("a", "x"), logon("a", "y"), apart=11),),
    ),
    Case(
        "names of one source",
        correlation("value_count", "lookup", group_by="[src]", condition="{gte: 3, field: query}"),
        (each(lookup("a"), lookup("b"), lookup("c")),),
        (each(lookup("a"), lookup("b"), lookup("c", "other")),),
    ),
    Case(
        "a value that is missing does not count",
        correlation("value_count", "task", condition="{gte: 2, field: Host}"),
        (each({**task(), "Host": "x"}, {**task(), "Host": "y"}),),
        (each({**task(), "Host": "x"}, task()),),
    ),
    Case(
        "values of two rules",
        correlation("value_count", "[refused, logon]", group_by="", condition="{gte: 2, field: Host}"),
        (each(refused("a", "x"), logon("b", "y")),),
        (each(refused("a", "x"), logon("b", "x")),),
    ),
    Case(
        "values without a group",
        correlation("value_count", "upload", group_by="", condition="{gte: 2, field: cs-username}"),
        (each(upload("a"), upload("b")),),
        (each(upload("a"), upload("a")),),
    ),
]
TEMPORAL = [
    Case("both", correlation("temporal", "[refused, logon]"), (each(refused(), logon()), each(logon(), refused())), (each(refused()),)),
    Case(
        "of one user only",
        correlation("temporal", "[refused, logon]"),
        (each(refused("a"), logon("b"), logon("a")),),
        (each(refused("a"), logon("b")),),
    ),
    Case(
        "too far apart",
        correlation("temporal", "[refused, logon]", "1m"),
        (each(refused(), logon(), apart=60),),
        (each(refused(), logon(), apart=61),),
    ),
    Case(
        "three in any order",
        correlation("temporal", "[refused, logon, task]"),
        (each(task(), refused(), logon()), each(logon(), task(), refused())),
        (each(task(), refused(), refused()),),
    ),
    Case(
        "without a group",
        correlation("temporal", "[group, task]", group_by=""),
        (each(group("a"), task("b")),),
        (each(group("a$"), task("b")),),
    ),
    Case(
        "by an alias",
        correlation("temporal", "[upload, logon]", group_by="[who]", more="  aliases:\n    who: {upload: cs-username, logon: User}\n"),
        (each(upload("a"), logon("a")),),
        (each(upload("a"), logon("b")),),
    ),
]
ORDERED = [
    Case(
        "one after the other",
        correlation("temporal_ordered", "[refused, logon]"),
        (each(refused(), logon()),),
        (each(logon(), refused()),),
    ),
    Case(
        "three in their order",
        correlation("temporal_ordered", "[refused, logon, task]"),
        (each(refused(), logon(), task()), each(refused(), logon(), refused(), task())),
        (each(refused(), task(), logon()),),
    ),
    Case(
        "the whole takes too long",
        correlation("temporal_ordered", "[refused, logon, task]", "100s"),
        (each(refused(), logon(), task(), apart=50),),
        (each(refused(), logon(), task(), apart=51),),
    ),
    Case(
        "the same rule twice",
        correlation("temporal_ordered", "[logon, logon]"),
        (each(logon(), logon()),),
        (each(logon("a"), logon("b")),),
    ),
    Case(
        "a count, then a logon",
        correlation("temporal_ordered", "[many, logon]", "10m"),
        (each(refused(), refused(), refused(), logon()),),
        (each(refused(), refused(), logon()), each(refused(), refused(), refused("b"), logon())),
    ),
    Case(
        "by an alias, in order",
        correlation("temporal_ordered", "[upload, task]", group_by="[who]", more="  aliases: {who: {upload: cs-username, task: User}}\n"),
        (each(upload("a"), task("a")),),
        (each(task("a"), upload("a")), each(upload("a"), task("b"))),
    ),
]
CASES = [
    (f"{kind}: {case.name}", case)
    for kind, cases in (("event_count", COUNTS), ("value_count", VALUES), ("temporal", TEMPORAL), ("temporal_ordered", ORDERED))
    for case in cases
]


def rule_of(written: str) -> Rule:
    return Rule.from_sigma(BASE + written)


def stamped(stream: tuple[tuple[int, dict[str, Any]], ...]) -> list[dict[str, Any]]:
    return [{"@timestamp": 1_704_067_200_000 + 1000 * second, **event} for second, event in stream]


def test_there_are_thirty() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_streams(case: Case) -> None:
    rule = rule_of(case.correlation)
    for stream in case.fires:
        assert list(match(rule, stamped(stream))), stream
    for stream in case.silent:
        assert not list(match(rule, stamped(stream))), stream


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_generated_streams(case: Case) -> None:
    rule = rule_of(case.correlation)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = SourceEvents.from_rule(rule)
        for _ in range(3):
            assert list(match(rule, next(source)))
    misses = source.near_misses()
    assert misses
    assert not any(list(match(rule, list(miss.documents))) for miss in misses)


@pytest.mark.parametrize(
    ("written", "construct"),
    [
        (correlation("value_sum", "upload", condition="{gte: 5, field: cs-bytes}"), "`value_sum`, a sum of values"),
        (correlation("value_avg", "upload", condition="{gte: 5, field: cs-bytes}"), "`value_avg`, an average of values"),
        (correlation("value_median", "upload", condition="{gte: 5, field: cs-bytes}"), "`value_median`, a median of values"),
        (correlation("value_percentile", "upload", condition="{gte: 5, field: cs-bytes}"), "`value_percentile`, a percentile of values"),
        (correlation("event_count", "refused", condition="{lt: 5}"), "`lt` in a condition"),
        (correlation("event_count", "refused", condition="{eq: 5}"), "`eq` in a condition"),
        (correlation("event_count", "refused", condition="{gte: 0}"), "a count of zero"),
        (correlation("event_count", "nobody", condition="{gte: 2}"), "a reference to `nobody`"),
        (correlation("temporal", "[refused, logon]", condition="refused and not logon"), "a condition that is an expression"),
        (correlation("temporal", "[refused, logon, group, task, lookup]"), "a `temporal` correlation of 5 rules"),
        (correlation("temporal_ordered", "[many, logon]", "1h"), "the correlation `many`"),
        (correlation("temporal_ordered", "[many, logon]", "10m", group_by="[Host]"), "the correlation `many`"),
        (correlation("event_count", "many", condition="{gte: 2}"), "a correlation of `event_count`"),
    ],
)
def test_what_is_refused(written: str, construct: str) -> None:
    with pytest.raises(QueryError, match="is not supported") as caught:
        SourceEvents.from_rule(rule_of(written))
    assert caught.value.diagnostic.parts["construct"] == construct


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (correlation("event_counts", "refused", condition="{gte: 2}"), "`event_counts` is not a type of correlation"),
        (correlation("event_count", "refused", "5 minutes", condition="{gte: 2}"), "`5 minutes` is not a time span"),
        (correlation("event_count", "refused"), "the correlation needs a `condition`"),
        (correlation("event_count", "refused", condition="{gte: many}"), "`gte` is not a whole number"),
        (correlation("value_count", "refused", condition="{gte: 2}"), "`value_count` needs the `field` whose values it counts"),
        (correlation("value_count", "refused", condition="{gte: 2, field: User}"), "events that agree on `User` cannot have 2 different"),
        (correlation("event_count", "refused", condition="{gte: 2}", more="  colour: red\n"), "`colour` is not a key of a correlation"),
    ],
)
def test_what_means_nothing(written: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        SourceEvents.from_rule(rule_of(written))
    assert caught.value.diagnostic.message.startswith(message)


def test_rules_that_a_correlation_refers_to_are_parts_of_it() -> None:
    text = BASE + correlation("event_count", "refused", condition="{gte: 2}")
    names = [member.rule.name for member in members_of(text.encode(), Path("r.yml")) if not isinstance(member.rule, RuleError)]
    assert names == ["Logon", "Group changed", "Task", "Lookup", "Upload", "Many refused", "Correlation"]
    text += "  generate: true\n"
    text = text.replace("  condition: {gte: 3}\n", "  condition: {gte: 3}\n  generate: true\n")
    names = [member.rule.name for member in members_of(text.encode(), Path("r.yml")) if not isinstance(member.rule, RuleError)]
    assert names[0] == "Refused logon"


def test_a_correlation_that_refers_to_itself() -> None:
    text = BASE + correlation("temporal", "[Correlation, logon]")
    found = [member.rule for member in members_of(text.encode(), Path("r.yml"))]
    assert [error.message for error in found if isinstance(error, RuleError)] == ["a correlation refers to itself"]


def test_times_of_windows_events() -> None:
    rule = rule_of(correlation("event_count", "refused", "1m", condition="{gte: 2}"))

    def event(second: int) -> dict[str, Any]:
        time = {"#attributes": {"SystemTime": f"2024-01-01T00:{second // 60:02}:{second % 60:02}.000000Z"}}
        return {"Event": {"System": {"EventID": 4625, "TimeCreated": time}, "EventData": {"User": "a"}}}

    assert list(match(rule, [event(0), event(59)]))
    assert not list(match(rule, [event(0), event(61)]))
