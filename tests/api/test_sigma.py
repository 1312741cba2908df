"""Sigma rules through the commands and the Python API, as any other rule."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from compile_rule import command_of_group as call
from compile_rule import invoke
from triggerfish import Rule, RuleCollection, SourceEvents, match, why

RULE = """\
title: Odd helper
id: 3c9f0e37-6a0c-4a53-8f4a-5f5d0f0f6b1e
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\helper.exe'
    CommandLine|contains|all:
      - ' -x '
      - '.dat'
  filter:
    ParentImage|startswith: 'C:\\Program Files\\'
  condition: selection and not filter
"""
DEAD = RULE.replace("selection and not filter", "selection and other and not filter").replace(
    "  filter:", "  other:\n    Image: 'a'\n  filter:"
)
EVENT = {"Image": "C:\\x\\HELPER.exe", "CommandLine": "helper -x a.dat"}


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "rules" / "helper.yml"
    path.parent.mkdir()
    path.write_text(RULE)
    return path


def evtx(channel: str = "Microsoft-Windows-Sysmon/Operational", id_: int = 1, **data: Any) -> dict[str, Any]:
    return {"Event": {"System": {"EventID": id_, "Channel": channel}, "EventData": {**EVENT, **data}}}


def test_check_points_into_the_file(rule: Path) -> None:
    rule.write_text(DEAD)
    done = call("check", rule)
    assert done.exit_code == 1
    assert "no event can match this rule" in done.stderr
    assert f"{rule}:8:5" in done.stderr
    assert "Image|endswith: '\\helper.exe'" in done.stderr


def test_sarif_has_the_lines_of_the_file(rule: Path) -> None:
    rule.write_text(DEAD)
    done = call("check", "--report", "-", "--report-format", "sarif", rule)
    results = json.loads(done.stdout)["runs"][0]["results"]
    assert [place["physicalLocation"]["region"]["startLine"] for place in results[0]["locations"]] == [8]
    assert results[0]["ruleId"] == "unsatisfiable"


def test_generated_events_trigger_the_rule(rule: Path, tmp_path: Path) -> None:
    out = tmp_path / "events.ndjson"
    assert call("generate", "-n", "5", "-o", out, rule).exit_code == 0
    events = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(events) == 5
    assert {event["Channel"] for event in events} <= {"Microsoft-Windows-Sysmon/Operational", "Security"}
    assert not any("event" in event or "process" in event for event in events)
    done = call("match", rule, "--events", out, "--expect", "Odd helper")
    assert done.exit_code == 0


def test_windows_events_trigger_the_rule(rule: Path, tmp_path: Path) -> None:
    out = tmp_path / "events.ndjson"
    assert call("generate", "-n", "3", "-f", "evtx", "-o", out, rule).exit_code == 0
    events = [json.loads(line)["Event"] for line in out.read_text().splitlines()]
    assert {tuple(event) for event in events} == {("System", "EventData")}
    assert all("Image" in event["EventData"] and "EventID" in event["System"] for event in events)
    assert all(event["System"]["TimeCreated"]["#attributes"]["SystemTime"].startswith("2024-01-01T00:00:0") for event in events)
    assert len(list(match(Rule.from_sigma(rule), [json.loads(line) for line in out.read_text().splitlines()]))) == 3


def test_events_of_other_logs_do_not(rule: Path) -> None:
    sigma = Rule.from_sigma(rule)
    assert sigma.matches(EVENT)
    assert sigma.matches(evtx())
    assert sigma.matches(evtx("Security", 4688))
    assert not sigma.matches(evtx("System", 1))
    assert not sigma.matches(evtx(id_=11))
    assert not sigma.matches(evtx(ParentImage="c:\\program files\\a.exe"))


def test_system_attributes_and_user_data_have_raw_names() -> None:
    text = (
        "title: t\nlogsource: {product: windows}\ndetection:\n  a:\n    Provider_Name: p\n    Operation: o\n    Data: two\n  condition: a\n"
    )
    event = {
        "Event": {
            "System": {"Provider": {"#attributes": {"Name": "P"}}, "EventID": {"#text": 5, "#attributes": {"Qualifiers": 0}}},
            "UserData": {"Inner": {"#attributes": {"xmlns": "x"}, "Operation": "o"}},
            "EventData": {"Data": {"#text": ["one", "two"]}},
        }
    }
    rule = Rule.from_sigma(text)
    assert rule.matches(event)
    assert not rule.matches({"Event": {**event["Event"], "UserData": None}})
    assert Rule.from_sigma(text.replace("Operation: o", "EventID: 5")).matches(event)


def test_near_misses_do_not_trigger_the_rule(rule: Path, tmp_path: Path) -> None:
    done = call("near-misses", "-f", "groups", rule)
    groups = [json.loads(line) for line in done.stdout.splitlines()]
    misses = [group for group in groups if not group["match"]]
    assert {miss["miss"]["condition"].split(":")[0] for miss in misses} >= {"Image|endswith", "ParentImage|startswith"}
    assert not any(Rule.from_sigma(rule).matches(*group["docs"]) for group in misses)
    # What the log source implies is not a condition of the rule.
    assert not any("product" in miss["miss"]["condition"] for miss in misses)


def test_why(rule: Path) -> None:
    said = str(why(Rule.from_sigma(rule), {**EVENT, "CommandLine": "helper -x a"}))
    assert "false   '.dat'" in said
    assert "it would fire with CommandLine" in said


def test_explain(rule: Path) -> None:
    done = call("explain", rule)
    assert done.exit_code == 0
    assert "Image|endswith" in done.stdout
    assert "every match has" in done.stdout


def test_tests_beside_a_rule(rule: Path) -> None:
    assert call("test", "--init", rule).exit_code == 0
    beside = rule.with_name("helper.test.toml")
    assert "match = true" in beside.read_text()
    assert call("test", rule.parent).exit_code == 0
    assert call("test", beside).exit_code == 0
    beside.write_text(f"[[tests]]\nname = 'never'\nmatch = false\nevents = '{json.dumps(EVENT)}'\n")
    assert call("test", beside).exit_code == 1


def test_the_cache_knows_a_change(rule: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    assert "1 ok" in invoke("--cache", folder, "-n", "0", rule).stderr
    assert "1 ok" in invoke("--cache", folder, "-n", "0", rule).stderr
    rule.write_text(DEAD)
    assert "1 unsatisfiable" in invoke("--cache", folder, "-n", "0", rule).stderr


def test_changed_since(rule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = rule.with_name("other.yml")
    other.write_text(RULE.replace("Odd helper", "Other"))

    def git(*args: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *args], cwd=rule.parent, check=True, capture_output=True)

    git("init", "-b", "main")
    git("add", ".")
    git("commit", "-m", "first")
    other.write_text(RULE.replace("Odd helper", "Changed"))
    monkeypatch.chdir(rule.parent)
    assert "1 rule:" in call("check", "--changed-since", "HEAD", rule.parent).stderr


def test_standard_input(tmp_path: Path) -> None:
    done = invoke("-n", "1", "-", stdin=RULE.encode())
    assert done.exit_code == 0
    assert json.loads(done.stdout)["Image"].lower().endswith("helper.exe")


def test_python_api(rule: Path) -> None:
    rules = RuleCollection()
    loaded = rules.load_file(rule)
    assert (loaded.name, loaded.rule_id, loaded.type) == ("Odd helper", "3c9f0e37-6a0c-4a53-8f4a-5f5d0f0f6b1e", "sigma")
    assert [each.name for each in rules.load_directory(rule.parent)] == ["Odd helper"]
    first, second = (next(SourceEvents.from_rule(each, seed=3)) for each in (loaded, Rule.from_sigma(RULE)))
    assert first == second
    assert loaded.matches(*first)


def test_a_schema_of_the_user(rule: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"mappings": {"properties": {"Port": {"type": "long"}}}}))
    rule.write_text("title: t\nlogsource: {product: windows}\ndetection:\n  a: {Port: '80', B: '80'}\n  condition: a\n")
    done = call("generate", "--style", "plain", "--schema", schema, rule)
    assert json.loads(done.stdout) | {"@timestamp": 0} == {"Port": 80, "B": "80", "@timestamp": 0}


def test_regression_tests_in_the_layout_of_sigmahq(rule: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert call("generate", "-n", "4", "-f", "sigma-regression", "-o", out, rule).exit_code == 0
    folder = out / "regression_data" / "rules" / "helper"
    info = yaml.safe_load((folder / "info.yml").read_text())
    log = folder / "3c9f0e37-6a0c-4a53-8f4a-5f5d0f0f6b1e.json"
    assert info["rule_metadata"] == [{"id": "3c9f0e37-6a0c-4a53-8f4a-5f5d0f0f6b1e", "title": "Odd helper"}]
    assert info["regression_tests_info"][0]["match_count"] == 4
    assert info["regression_tests_info"][0]["path"] == str(log.relative_to(out))
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(list(match(Rule.from_sigma(rule), events))) == 4


def test_exemplars(rule: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert call("generate", "-n", "2", "--near-misses", "-f", "sigma-exemplars", "-o", out, rule).exit_code == 0
    found = yaml.safe_load((out / "rules" / "helper.exemplars.yml").read_text())
    exemplars = found["custom_attributes"]["rsigma.exemplars"]
    assert found["title"] == "Odd helper"
    assert [each["expect"] for each in exemplars[:2]] == ["match", "match"]
    assert len(exemplars) > 4
    sigma = Rule.from_sigma(rule)
    assert all(sigma.matches(each["event"]) == (each["expect"] == "match") for each in exemplars)


def test_a_format_of_files_needs_a_folder(rule: Path) -> None:
    done = call("generate", "-f", "sigma-regression", rule)
    assert done.exit_code == 2
    assert "the format sigma-regression writes a folder: give one with -o" in done.stderr


@pytest.mark.parametrize("code", ["unused-search", "foreign-field", "all-of-alternatives", "surrounding-blanks"])
def test_findings(code: str, rule: Path) -> None:
    text = {
        "unused-search": RULE.replace(" and not filter", ""),
        "foreign-field": RULE.replace("ParentImage", "TargetFilename"),
        "all-of-alternatives": RULE.replace(
            "filter:", "selection_b:\n    OriginalFileName: a\n  selection_c:\n    OriginalFileName: b\n  filter:"
        ).replace("selection and", "all of selection_* and"),
        "surrounding-blanks": RULE.replace("helper.exe'", "helper.exe '"),
    }[code]
    rule.write_text(text)
    report = json.loads(call("check", "--report", "-", rule).stdout)
    assert code in [finding["code"] for finding in report["rules"][0]["findings"]]


def test_a_dead_rule_says_so_with_the_place_of_the_log_source(rule: Path) -> None:
    rule.write_text(RULE.replace("ParentImage|startswith: 'C:\\Program Files\\'", "EventID: [1, 4688]"))
    report = json.loads(call("check", "--report", "-", rule).stdout)
    finding = report["rules"][0]["findings"][0]
    assert finding["code"] == "unsatisfiable"
    assert [span["line"] for span in finding["spans"]] == [13, 13, 4]


def test_query_dsl_is_refused(rule: Path) -> None:
    done = call("generate", "-f", "query-dsl", rule)
    assert "a Sigma rule has no Query DSL" in done.stderr


def test_placeholders(rule: Path, tmp_path: Path) -> None:
    rule.write_text(RULE.replace("ParentImage|startswith: 'C:\\Program Files\\'", "User|expand: ['x-%admins%', other]"))
    assert "the placeholder `%admins%` is not supported: it has no values" in call("check", "-v", rule).stderr
    values = tmp_path / "values.yml"
    values.write_text("admins: [ada, eve]\n'%more%': 7\n")
    events = tmp_path / "events.ndjson"
    users = ("x-ada", "X-EVE", "other", "x-bob", "x-%admins%")
    events.write_text("".join(f"{json.dumps({**EVENT, 'User': user})}\n" for user in users))
    done = call("match", "--placeholders", values, "-f", "ndjson", rule, "--events", events)
    assert [json.loads(line)["events"] for line in done.stdout.splitlines()] == [[3], [4]]
    assert call("check", "--placeholders", values, rule).exit_code == 0
    folder = tmp_path / "cache"
    first = invoke("--cache", folder, "--placeholders", values, "-n", "1", "--style", "plain", rule).stdout
    values.write_text("admins: [ada]\n")
    assert invoke("--cache", folder, "--placeholders", values, "-n", "1", "--style", "plain", rule).stderr.count("1 ok") == 1
    assert json.loads(first)["CommandLine"]
    values.write_text("- a\n")
    assert "placeholders are a mapping of names to values" in call("check", "--placeholders", values, rule).stderr
