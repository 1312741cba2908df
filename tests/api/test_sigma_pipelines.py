"""Sigma rules through the pipelines and backends of pySigma."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from compile_rule import command_of_group as call

pytest.importorskip("sigma.plugins")

RULE = """\
title: Odd helper
id: 3c9f0e37-6a0c-4a53-8f4a-5f5d0f0f6b1e
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\helper.exe'
    CommandLine|contains: ' -x '
  filter:
    ParentImage|startswith: 'C:\\Program Files\\'
  condition: selection and not filter
"""
REGEX = RULE.replace("CommandLine|contains: ' -x '", "CommandLine|re: ' -x{1,3} '")


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "helper.yml"
    path.write_text(RULE)
    return path


def codes(*args: str | Path) -> list[tuple[str, str]]:
    report = json.loads(call("check", "--report", "-", *args).stdout)
    return [(finding["code"], finding["message"]) for finding in report["rules"][0]["findings"]]


def test_fields_of_ecs(rule: Path, tmp_path: Path) -> None:
    events, mappings = tmp_path / "events.ndjson", tmp_path / "mappings.json"
    done = call("generate", "-n", "3", "-p", "ecs_windows", "-o", events, "--mappings", mappings, rule)
    assert done.exit_code == 0, done.stderr
    found = [json.loads(line) for line in events.read_text().splitlines()]
    assert all(event["process"]["executable"].lower().endswith("\\helper.exe") for event in found)
    assert all("Image" not in event and " -x " in event["process"]["command_line"].lower() for event in found)
    assert "process" in json.loads(mappings.read_text())["mappings"]["properties"]
    assert call("match", "-p", "ecs_windows", rule, "--events", events, "--expect", "Odd helper").exit_code == 0
    assert call("match", rule, "--events", events, "--expect", "Odd helper").exit_code == 1


def test_numbers_that_become_strings(rule: Path) -> None:
    rule.write_text("title: t\nlogsource: {product: windows, service: security}\ndetection:\n  a: {EventID: 4625}\n  condition: a\n")
    done = call("generate", "--style", "plain", "-p", "ecs_windows", rule)
    assert json.loads(done.stdout)["event"]["code"] == "4625"


def test_a_pipeline_in_a_file(rule: Path, tmp_path: Path) -> None:
    pipeline = tmp_path / "mine.yml"
    pipeline.write_text(
        "name: mine\npriority: 10\ntransformations:\n"
        "  - type: field_name_mapping\n    mapping:\n      Image: [proc.path, proc.exe]\n      ParentImage: parent.path\n"
        "  - type: add_condition\n    conditions:\n      event.action: created\n"
    )
    done = call("generate", "-n", "20", "--style", "plain", "-p", pipeline, rule)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"]["action"] for event in found} == {"created"}
    assert {name for event in found for name in event["proc"]} == {"path", "exe"}
    assert all("CommandLine" in event for event in found)


def test_a_finding_stands_at_the_line_of_the_rule(rule: Path) -> None:
    rule.write_text(RULE.replace("    CommandLine|contains: ' -x '", "    Image: 'C:\\other.exe'\n    CommandLine|contains: ' -x '"))
    report = json.loads(call("check", "-p", "ecs_windows", "--report", "-", rule).stdout)
    finding = report["rules"][0]["findings"][0]
    assert (finding["code"], [span["line"] for span in finding["spans"]]) == ("unsatisfiable", [8, 9])


def test_pipelines_that_do_more_are_refused(rule: Path, tmp_path: Path) -> None:
    pipeline = tmp_path / "mine.yml"
    pipeline.write_text("name: mine\npriority: 10\ntransformations:\n  - type: replace_string\n    regex: x\n    replacement: 'y'\n")
    ((code, message),) = codes("-p", pipeline, rule)
    assert code == "unsupported"
    assert "changes the values of `Image`" in message


def test_unknown_pipelines(rule: Path) -> None:
    done = call("check", "-p", "nobody", rule)
    assert done.exit_code == 2
    assert "`nobody` is neither a pipeline nor a file" in done.stderr


def test_without_pysigma(rule: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from triggerfish.rules.sigma import pipelines

    pipelines._loaded.cache_clear()
    monkeypatch.setitem(sys.modules, "sigma.plugins", None)
    done = call("check", "-p", "ecs_windows", rule)
    assert "processing pipelines need pySigma: pip install 'triggerfish[sigma]'" in done.stderr
    assert call("check", rule).exit_code == 0


def test_conversions_that_mean_the_same(rule: Path) -> None:
    assert codes("--converted", "lucene", rule) == []
    assert codes("--converted", "eql", rule) == []
    assert codes("--converted", "eql", "-p", "ecs_windows", rule) == []


def test_a_regular_expression_no_longer_searches(rule: Path) -> None:
    rule.write_text(REGEX)
    report = json.loads(call("check", "--converted", "lucene", "--report", "-", rule).stdout)
    finding = report["rules"][0]["findings"][0]
    assert finding["message"] == "the conversion to lucene misses events that the rule catches"
    assert finding["span"]["line"] == 12
    event = json.loads(finding["notes"][0].removeprefix("such as "))
    from triggerfish import Rule, SourceEvents, match

    assert Rule.from_sigma(rule).matches(event)
    query = finding["notes"][1].removeprefix("it is ")
    assert not list(match(query, [event], language="lucene", schema={"Image": {"type": "keyword"}, "CommandLine": {"type": "keyword"}}))
    assert SourceEvents.from_query(query, language="lucene")


def test_es_ql_is_named(rule: Path) -> None:
    ((code, message),) = codes("--converted", "esql", rule)
    assert code == "conversion"
    assert message.endswith("was not decided: ES|QL is not supported yet")


def test_what_pysigma_cannot_convert(rule: Path) -> None:
    rule.write_text(RULE.replace("CommandLine|contains: ' -x '", "CommandLine|expand: '%a%'"))
    values = rule.with_name("values.yml")
    values.write_text("a: b\n")
    ((code, message),) = codes("--converted", "lucene", "--placeholders", values, rule)
    assert code == "conversion"
    assert message.startswith("the rule cannot be converted to lucene: ")
