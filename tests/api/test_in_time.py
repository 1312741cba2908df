"""Documents in the order of time, with noise, and in the indices that their rules read."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from compile_rule import invoke
from triggerfish.api.run.timeline import Timeline, duration_of, hours_of, rate_of
from triggerfish.rules import Rule

RULES = Path(__file__).resolve().parents[2] / "rules"
WINDOWS, CLOUD = RULES / "windows", RULES / "cloud"
HOUR = 3_600_000


def lines(*arguments: object) -> list[dict[str, Any]]:
    found = invoke("-q", *arguments)
    assert found.exit_code == 0, found.stderr
    return [json.loads(line) for line in found.stdout.splitlines()]


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_documents_of_all_rules_are_interleaved() -> None:
    documents = lines(WINDOWS, CLOUD, "-n", 3, "--spread", "8h")
    times = [document["@timestamp"] for document in documents]
    assert times == sorted(times)
    assert times[0] < "2024-01-01T01:00" and "2024-01-01T07:00" < times[-1] < "2024-01-01T08:01"
    datasets = [document.get("event", {}).get("dataset") for document in documents]
    assert sum(before != after for before, after in pairwise(datasets)) > len(documents) / 3


def test_matches_are_moved_as_a_whole() -> None:
    rule = WINDOWS / "execution_program_downloaded_then_started.toml"
    groups = lines(rule, "-n", 4, "--spread", "2d", "-f", "groups")
    assert len(groups) == 4
    assert all(Rule.from_toml(rule).matches(*group["docs"]) for group in groups)
    assert groups[-1]["docs"][0]["@timestamp"] - groups[0]["docs"][0]["@timestamp"] > 24 * HOUR
    for group in groups:
        for document in group["docs"]:
            assert 0 < moment(document["event"]["created"]) - document["@timestamp"] / 1000 < 10


def test_the_rate_decides_how_long_documents_take() -> None:
    documents = lines(CLOUD / "initial_access_console_login_without_second_factor.toml", "-n", 60, "--rate", "10/m", "--jitter", 0)
    times = [moment(document["@timestamp"]) for document in documents]
    assert 5.5 * 60 < times[-1] - times[0] < 6.5 * 60
    assert len({round(after - before) for before, after in pairwise(times)}) == 1


def test_from_and_to_bound_the_times() -> None:
    documents = lines(WINDOWS, "-n", 2, "--from", "2026-01-05T00:00:00Z", "--to", "2026-01-06T00:00:00Z")
    assert all("2026-01-05T00:00" <= document["@timestamp"] < "2026-01-06T00:01" for document in documents)


def test_most_documents_are_in_the_working_hours() -> None:
    documents = lines(
        CLOUD / "initial_access_console_login_without_second_factor.toml", "-n", 300, "--spread", "14d", "--working-hours", "8-18"
    )
    times = [datetime.fromisoformat(document["@timestamp"]) for document in documents]
    inside = [time for time in times if 8 <= time.hour < 18 and time.weekday() < 5]
    assert 0.85 < len(inside) / len(times) < 1


def test_noise_triggers_no_rule() -> None:
    rules = [Rule.from_toml(path) for path in sorted(WINDOWS.glob("*.toml")) if "[rule]" in path.read_text(encoding="utf-8")]
    noise = lines(WINDOWS, "-n", 0, "--noise", 120, "-f", "groups")
    assert len(noise) == 120 and all(group["noise"] and not group["match"] for group in noise)
    assert len({group["docs"][0]["event"]["dataset"] for group in noise}) > 15
    single = [rule for rule in rules if rule.type == "query"]
    assert single and not any(rule.matches(group["docs"][0]) for rule in single for group in noise)


def test_a_rule_that_everything_satisfies_leaves_no_room_for_noise() -> None:
    found = invoke("--query", "any where true", "-n", 1, "--noise", 5, "-f", "none")
    assert "0 of 5 events of noise" in found.stderr


def test_the_number_of_jobs_changes_nothing(tmp_path: Path) -> None:
    for jobs in (1, 2):
        found = invoke("-q", "-j", jobs, WINDOWS, CLOUD, "-n", 2, "--spread", "1d", "--noise", 40, "-o", tmp_path / f"{jobs}.ndjson")
        assert found.exit_code == 0, found.stderr
    assert (tmp_path / "1.ndjson").read_bytes() == (tmp_path / "2.ndjson").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "stamp", "created"),
    [
        (("-f", "ndjson"), "2024-01-01T00:00:00.000Z", str),
        (("-f", "json"), 1_704_067_200_000, str),
        (("-f", "ndjson", "--timestamp-format", "epoch"), 1_704_067_200_000, int),
        (("-f", "json", "--timestamp-format", "iso"), "2024-01-01T00:00:00.000Z", str),
    ],
)
def test_the_form_of_times(arguments: tuple[str, ...], stamp: object, created: type) -> None:
    found = invoke("-q", "--query", 'process.name: "cmd.exe"', *arguments)
    document = json.loads(found.stdout)
    document = document[0] if isinstance(document, list) else document
    assert document["@timestamp"] == stamp
    assert type(document["event"]["created"]) is created


def test_documents_go_to_the_index_that_their_rule_reads(tmp_path: Path) -> None:
    mappings = tmp_path / "m.json"
    found = invoke("-q", WINDOWS, CLOUD, "-n", 1, "-f", "bulk", "--index", "auto", "--mappings", mappings)
    actions = [json.loads(line)["create"]["_index"] for line in found.stdout.splitlines()[::2]]
    documents = [json.loads(line) for line in found.stdout.splitlines()[1::2]]
    assert len({*actions}) > 4
    for index, document in zip(actions, documents, strict=True):
        stream = document.get("data_stream")
        assert stream is None or index == f"{stream['type']}-{stream['dataset']}-{stream['namespace']}"
    bodies = json.loads(mappings.read_text(encoding="utf-8"))
    assert {*bodies} == {*actions}
    assert "aws" not in bodies["logs-endpoint.events.process-default"]["mappings"]["properties"]


def test_values_of_options() -> None:
    assert (duration_of("90s"), duration_of("1.5h"), duration_of("2d")) == (90_000, 5_400_000, 172_800_000)
    assert (rate_of("100/s"), rate_of("60/m"), hours_of("8-18")) == (0.1, 0.001, (8, 18))
    for parse, text in ((duration_of, "1x"), (duration_of, "0s"), (rate_of, "5"), (hours_of, "18-8"), (hours_of, "8-25")):
        with pytest.raises(ValueError, match=text):
            parse(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rate", "1/s", "--spread", "1h"),
        ("--to", "2020-01-01"),
        ("--spread", "1h", "--resume", "-o", "x"),
        ("--noise", "1", "--style", "plain"),
    ],
)
def test_options_that_exclude_each_other(arguments: tuple[str, ...]) -> None:
    found = invoke(WINDOWS, *arguments)
    assert found.exit_code == 2 and "Error: --" in found.stderr


def test_the_moments_of_a_timeline_do_not_depend_on_how_many_rules_there_are() -> None:
    timeline = Timeline(0, 10 * HOUR)
    moments = [timeline.moment("a", number, 50) for number in range(50)]
    assert moments == sorted(moments) and moments[0] >= 0 and moments[-1] <= 10 * HOUR
    assert all(number * HOUR / 5 <= time <= (number + 1) * HOUR / 5 for number, time in enumerate(moments))
