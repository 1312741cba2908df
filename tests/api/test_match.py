"""``triggerfish match`` and ``test``: events in every form, alerts in every format, tests beside rules."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from compile_rule import SAMPLES, rule
from compile_rule import command_of_group as call

EVENTS = [{"process": {"name": "cmd.exe", "pid": pid}, "@timestamp": pid} for pid in range(4)]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    rule(folder, "low", "process.pid < 2")
    rule(folder, "three", "process.pid: 3")
    rule(folder, "never", "process.name: other.exe")
    return folder


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_text("".join(f"{json.dumps(event)}\n" for event in EVENTS))
    return path


def alerts(*args: str | Path) -> list[tuple[str, list[int]]]:
    done = call("match", "-f", "ndjson", *args)
    assert done.exit_code == 0, done.output
    return [(entry["rule_id"], entry["events"]) for entry in map(json.loads, done.stdout.splitlines())]


def test_alerts_as_lines(rules: Path, events: Path) -> None:
    expected = [("low", [0]), ("low", [1]), ("three", [3])]
    assert alerts(rules, "--events", events) == expected
    assert alerts(rules, "--events", events, "-j", "2") == expected
    assert alerts("--query", "process.pid: 2", "--events", events) == [(None, [2])]


FORMS = {
    "array.json": json.dumps(EVENTS, indent=1),
    "dotted.ndjson": "".join(f'{{"process.name":"cmd.exe","process.pid":{pid}}}\n' for pid in range(4)),
    "bulk.ndjson": "".join(f'{{"create":{{"_index":"x"}}}}\n{json.dumps(event)}\n' for event in EVENTS),
    "hits.json": json.dumps({"hits": {"hits": [{"_id": "1", "_source": event} for event in EVENTS]}}),
    "hit.ndjson": "".join(f"{json.dumps({'_index': 'x', '_id': '1', '_source': event})}\n" for event in EVENTS),
    "groups.ndjson": "".join(f"{json.dumps({'rule': 'r', 'docs': [event]})}\n" for event in EVENTS),
    "blank.log": "\n\n" + "\n\n".join(map(json.dumps, EVENTS)),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("zipped", [False, True])
def test_forms_of_events(rules: Path, tmp_path: Path, name: str, zipped: bool) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    path = folder / (f"{name}.gz" if zipped else name)
    data = FORMS[name].encode()
    path.write_bytes(gzip.compress(data) if zipped else data)
    for given in (path, folder):
        assert alerts(rules, "--events", given) == [("low", [0]), ("low", [1]), ("three", [3])]


def test_what_is_no_event_is_named_and_spoils_nothing(rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.ndjson"
    path.write_text(f'{json.dumps(EVENTS[0])}\n{{"a": \n7\n{{"delete":{{"_id":"1"}}}}\n{json.dumps(EVENTS[3])}\n')
    done = call("match", rules, "--events", path, "--events", tmp_path / "none.ndjson", "-f", "ndjson")
    assert done.exit_code == 2
    assert [json.loads(line)["events"] for line in done.stdout.splitlines()] == [[0], [1]]
    said = done.stderr.splitlines()
    assert said[0].startswith(f"error: {path}:2:")
    assert said[1] == f"error: {path}:3: not an event: a JSON object is expected, not a number"
    assert said[2] == f"error: {tmp_path / 'none.ndjson'}: cannot read the events: no such file or directory"


def test_table_matrix_and_junit(rules: Path, events: Path) -> None:
    shown = call("match", rules, "--events", events).stdout.splitlines()
    assert shown == ["alerts  rule   events", "     2  low    0, 1", "     1  three  3"]
    matrix = list(csv.reader(call("match", rules, "--events", events, "-f", "matrix").stdout.splitlines()))
    assert matrix == [["event", "low", "three"], ["0", "1", "0"], ["1", "1", "0"], ["3", "0", "1"]]
    done = call("match", rules, "--events", events, "-f", "junit", "--expect", "never", "--expect", "low", "--expect-none")
    assert done.exit_code == 1
    suite = ElementTree.fromstring(done.stdout)[0]
    assert {case.get("name"): [child.tag for child in case] for case in suite} == {
        "low.toml": ["system-out"],
        "never.toml": ["failure"],
        "three.toml": ["failure", "system-out"],
    }


def test_expectations_decide_the_exit_code(rules: Path, events: Path) -> None:
    assert call("match", rules, "--events", events, "--expect", "low").exit_code == 0
    assert call("match", rules, "--events", events, "--expect", "never").exit_code == 1
    assert call("match", rules, "--events", events, "--expect-none").exit_code == 1
    assert call("match", rules / "never.toml", "--events", events, "--expect-none").exit_code == 0
    assert call("match", rules, "--events", events, "--expect", "nope").exit_code == 2


def test_why_is_added_for_rules_that_do_not_fire(rules: Path, events: Path) -> None:
    shown = call("match", rules, "--events", events, "--why").stdout
    assert "never: does not fire" in shown
    assert 'it would fire with process.name = "other.exe"' in shown
    assert "low: does not fire" not in shown


def test_rules_that_cannot_be_matched_are_counted(events: Path) -> None:
    done = call("match", SAMPLES / "broken" / "unsupported_esql.toml", "--events", events)
    assert (done.exit_code, "not matched: 1 unsupported" in done.stderr) == (0, True)
    assert call("match", SAMPLES / "broken" / "unclosed_quote.toml", "--events", events).exit_code == 2


@pytest.mark.parametrize(
    "args", [("--events", "x"), ("r.toml",), ("-", "--events", "-"), ("r.toml", "--query", "a: b", "--events", "x")], ids=str
)
def test_wrong_usage(args: tuple[str, ...]) -> None:
    assert call("match", *args).exit_code == 2


# -- tests beside rules ------------------------------------------------------------------------------

SAMPLE = SAMPLES / "windows" / "defense_evasion_event_log_cleared.toml"


def test_written_tests_pass_and_notice_changes(tmp_path: Path) -> None:
    path = tmp_path / "rule.toml"
    path.write_text(SAMPLE.read_text())
    assert call("test", path).stderr.startswith("0 rules, 0 tests")
    assert call("test", "--init", tmp_path).exit_code == 0
    done = call("test", tmp_path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "passed" in done.stderr
    again = (tmp_path / "rule.test.toml").read_text()
    assert "left as it is" in call("test", "--init", tmp_path).stderr
    assert (tmp_path / "rule.test.toml").read_text() == again
    path.write_text(path.read_text().replace('"1102" or "104"', '"104"'))
    done = call("test", tmp_path, "--sarif", tmp_path / "s.sarif")
    assert done.exit_code == 1
    assert "the rule does not fire, and should" in done.stdout
    assert json.loads((tmp_path / "s.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "failed-test"
    cases = ElementTree.fromstring(call("test", tmp_path, "-f", "junit").stdout)[0]
    assert [child.tag for case in cases for child in case].count("failure") == done.stdout.count("failed  ")


def test_tests_in_a_rule_and_in_files(tmp_path: Path) -> None:
    path = rule(tmp_path, "low", "process.pid < 2")
    (tmp_path / "events.ndjson").write_text('{"process.pid": 1}\n')
    path.write_text(
        f"{path.read_text()}\n[[tests]]\nmatch = true\nfile = 'events.ndjson'\n"
        "[[tests]]\nname = 'two'\nmatch = false\nevents = [{process = {pid = 2}}]\n"
    )
    assert "2 tests: 2 passed" in call("test", path).stderr
    lines = [json.loads(line) for line in call("test", path, "-f", "ndjson").stdout.splitlines()]
    assert [(line["test"], line["outcome"]) for line in lines] == [("test 1", "passed"), ("two", "passed")]
    uncovered = call("test", "--coverage", path).stdout
    assert uncovered == ""
    path.write_text(path.read_text().replace("pid = 2", "pid = 1"))
    assert "the rule fires, and should not" in call("test", path).stdout


BROKEN = {
    "match = 1\nevents = ''": "`match` is not true or false",
    "match = true": "a test needs either `events` or a `file`",
    "match = true\nevents = 'x'": "`events`: not valid JSON",
    "match = true\nevents = ''\nwhat = 1": "`what` is not a part of a test",
    "match = true\nfile = 'none'": "cannot read the events",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_tests_have_a_place(tmp_path: Path, text: str) -> None:
    path = rule(tmp_path, "low", "process.pid < 2")
    (tmp_path / "low.test.toml").write_text(f"\n[[tests]]\n{text}\n")
    done = call("test", path)
    assert done.exit_code == 2
    assert BROKEN[text] in done.stdout
    assert f"{tmp_path / 'low.test.toml'}:" in done.stdout


def test_near_misses_are_labelled() -> None:
    lines = [json.loads(line) for line in call("near-misses", "--query", "process.pid > 4", "--style", "plain").stdout.splitlines()]
    assert [(line["match"], line["miss"]["condition"], line["miss"]["kind"]) for line in lines[:2]] == [
        (False, "process.pid > 4", "bound"),
        (False, "process.pid > 4", "missing"),
    ]
    assert lines[0]["miss"]["span"] == {"line": 1, "column": 1, "end_line": 1, "end_column": 16}
    both = call("generate", "--near-misses", "-f", "groups", "--query", "process.pid > 4").stdout.splitlines()
    assert [json.loads(line)["match"] for line in both][:2] == [True, False]
