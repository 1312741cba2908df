"""Rules as TOML, Kibana's export, packages of JSON, YAML and archives."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from compile_rule import GOOD, invoke, report
from triggerfish.grammar.span import Span
from triggerfish.rules import Rule, RuleCollection, RuleError, load_rule, read_members

RULE = {
    "rule_id": "one",
    "name": "One",
    "type": "query",
    "language": "kuery",
    "query": 'process.name : "a\\\\b" and\n\tx : "\u00e9\U0001f600"',
}
OTHER = {"rule_id": "two", "name": "Two", "type": "eql", "query": "process where process.pid == 1 and process.pid == 2"}
SUMMARY = {"exported_count": 2, "exported_rules_count": 2, "missing_rules": []}


def ndjson(path: Path, *values: Any) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def rules(path: Path) -> list[Rule]:
    found = [member.rule for member in read_members(path)]
    assert all(isinstance(rule, Rule) for rule in found), found
    return [rule for rule in found if isinstance(rule, Rule)]


def check_places(rule: Rule) -> None:
    """Each character of the query stands where the map says, as itself or as an escape."""
    assert rule.query is not None and rule.query_map is not None
    text = rule.query_map.text
    for offset, char in enumerate(rule.query):
        place = rule.query_map.span(Span(offset, offset + 1))
        written = text[place.start : place.end]
        assert written == char or written.startswith("\\") or (char == "\n" and written == "\r\n")


def test_an_export_holds_many_rules(tmp_path: Path) -> None:
    path = ndjson(tmp_path / "export.ndjson", RULE, OTHER, SUMMARY)
    found = rules(path)
    assert [rule.name for rule in found] == ["One", "Two"]
    assert [member.name for member in read_members(path)] == [f"{path}:1", f"{path}:2"]
    assert [(rule.path, rule.entry) for rule in found] == [(path, "1"), (path, "2")]
    for rule in found:
        check_places(rule)


@pytest.mark.parametrize("ascii", [True, False])
def test_places_in_json(tmp_path: Path, ascii: bool) -> None:
    path = tmp_path / "rule.json"
    path.write_text(json.dumps(RULE, indent=2, ensure_ascii=ascii), encoding="utf-8")
    (rule,) = rules(path)
    check_places(rule)
    assert rule.places is not None
    name = rule.places.value(("name",))
    assert name is not None
    assert rule.places.text[name.start : name.end] == '"One"'
    assert rule.query_map is not None
    assert rule.query_map.position(0).line == 6


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"type": "security-rule", "id": "x", "attributes": RULE}, [""]),
        ([RULE, OTHER], [":1", ":2"]),
        ({"page": 1, "total": 2, "data": [RULE, OTHER]}, [":1", ":2"]),
        ({"rule": RULE, "metadata": {}}, [""]),
        ([{"type": "security-rule", "attributes": RULE}], [":1"]),
    ],
)
def test_forms_of_json(tmp_path: Path, value: Any, names: list[str]) -> None:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    assert [member.name for member in read_members(path)] == [f"{path}{name}" for name in names]
    for rule in rules(path):
        check_places(rule)


def test_archives(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("p-1.0.0/manifest.yml", "name: p\nversion: 1.0.0\n")
        archive.writestr("p-1.0.0/kibana/tag/x.json", json.dumps({"type": "tag", "attributes": {}}))
        archive.writestr("p-1.0.0/kibana/security_rule/b.json", json.dumps({"type": "security-rule", "attributes": OTHER}))
        archive.writestr("p-1.0.0/kibana/security_rule/a.json", json.dumps({"type": "security-rule", "attributes": RULE}))
        archive.writestr("p-1.0.0/readme.md", "text")
    assert [rule.rule_id for rule in rules(path)] == ["one", "two"]
    assert read_members(path)[0].name == f"{path}:p-1.0.0/kibana/security_rule/a.json"
    path.write_bytes(b"PK no archive")
    (member,) = read_members(path)
    assert isinstance(member.rule, RuleError)


YAML = """\
# a comment
- rule_id: one
  type: query
  name: One
  query: |
    process.name : cmd.exe and

      not process.pid : 4
- rule_id: two
  type: eql
  query: "process where true"
- rule_id: three
  type: query
  query: >
    a : b
    and c : d
"""


def test_yaml(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(YAML, encoding="utf-8")
    first, second, third = rules(path)
    assert first.query == "process.name : cmd.exe and\n\n  not process.pid : 4\n"
    check_places(first)
    check_places(second)
    assert first.query_map is not None
    assert first.query_map.position(first.query.index("not")).line == 8
    assert (third.query, third.query_map) == ("a : b and c : d\n", None)
    path.write_text("a: [1\n", encoding="utf-8")
    (member,) = read_members(path)
    assert isinstance(member.rule, RuleError)
    assert member.rule.line == 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "{", "not valid JSON"),
        ("a.json", '{"a": 1}', "no rules in this file"),
        ("a.json", '{"rule_id": "x", "query": "a", "type": 5}', "`type` is not a string"),
        ("a.ndjson", '{"rule_id": "x", "query": "a", "type": "query"}\n{', "not valid JSON"),
        ("a.ndjson", "", "the file is empty"),
    ],
)
def test_what_is_no_rule(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    errors = [member.rule for member in read_members(path) if isinstance(member.rule, RuleError)]
    assert len(errors) == 1
    assert message in errors[0].message


def test_one_broken_rule_leaves_the_others(tmp_path: Path) -> None:
    path = ndjson(tmp_path / "export.ndjson", RULE, {"rule_id": "x", "type": "query", "risk_score": 1}, OTHER)
    found = read_members(path)
    assert [isinstance(member.rule, Rule) for member in found] == [True, False, True]
    collection = RuleCollection()
    assert [rule.rule_id for rule in collection.load_rules(path)] == ["one", "two"]
    assert len(collection.errors) == 1
    with pytest.raises(RuleError, match="holds 3 rules"):
        collection.load_file(path)


def test_every_rule_of_a_file_has_a_record(tmp_path: Path) -> None:
    path = ndjson(tmp_path / "export.ndjson", RULE, OTHER, SUMMARY)
    found = report(path)["rules"]
    assert [(entry["path"], entry["status"]) for entry in found] == [(f"{path}:1", "ok"), (f"{path}:2", "unsatisfiable")]
    span = found[1]["findings"][0]["span"]
    line = path.read_text(encoding="utf-8").splitlines()[1]
    assert line[span["column"] - 1 :].startswith("process.pid == 1")


def test_folders_hold_all_forms(tmp_path: Path) -> None:
    ndjson(tmp_path / "export.ndjson", RULE)
    (tmp_path / "data.json").write_text('{"some": "data"}')
    (tmp_path / "rule.toml").write_text("[rule]\ntype = 'query'\nquery = 'a : b'\n")
    assert [Path(entry["path"]).name for entry in report(tmp_path)["rules"]] == ["export.ndjson:1", "rule.toml"]


def test_standard_input(tmp_path: Path) -> None:
    path = ndjson(tmp_path / "export.ndjson", RULE, OTHER)
    result = invoke("-f", "groups", "-", stdin=path.read_bytes())
    assert json.loads(result.stdout)["rule"] == "<stdin>:1"
    assert result.exit_code == 1


def test_samples_mean_the_same_in_every_form(tmp_path: Path) -> None:
    toml = [load_rule(path) for path in GOOD]
    exported = rules(ndjson(tmp_path / "samples.ndjson", *(rule.raw for rule in toml)))
    assert [(rule.name, rule.query, rule.filters) for rule in exported] == [(rule.name, rule.query, rule.filters) for rule in toml]
    for rule in exported:
        check_places(rule)


def test_exceptions_of_an_export_reach_their_rules(tmp_path: Path) -> None:
    listed = {**RULE, "query": "process.name : (a or b)", "exceptions_list": [{"list_id": "mine", "type": "detection"}]}
    item = {
        "list_id": "mine",
        "item_id": "i",
        "entries": [{"field": "process.name", "operator": "included", "type": "match", "value": "a"}],
    }
    path = ndjson(tmp_path / "export.ndjson", listed, {"list_id": "mine", "type": "detection", "name": "Mine"}, item)
    result = invoke("-n", "8", "--style", "plain", path)
    assert {json.loads(line)["process"]["name"] for line in result.stdout.splitlines()} == {"b"}


def test_a_saved_object_of_a_rule(tmp_path: Path) -> None:
    params = {
        "type": "threshold",
        "language": "kuery",
        "query": "process.name: x",
        "ruleId": "a",
        "threshold": {"field": ["host.id"], "value": 2},
    }
    saved = {"id": "x", "type": "alert", "attributes": {"name": "n", "alertTypeId": "siem.thresholdRule", "params": params}}
    (rule,) = rules(ndjson(tmp_path / "saved.ndjson", saved))
    assert (rule.rule_id, rule.name, rule.type, rule.query) == ("a", "n", "threshold", "process.name: x")
    check_places(rule)


def test_a_saved_object_of_another_alert_is_not_a_rule(tmp_path: Path) -> None:
    saved = {"id": "x", "type": "alert", "attributes": {"name": "n", "alertTypeId": "metrics.alert.threshold", "params": {}}}
    (member,) = read_members(ndjson(tmp_path / "saved.ndjson", saved))
    assert isinstance(member.rule, RuleError) and member.rule.message == "no rules in this file"


def test_a_sigma_rule_in_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    path.write_text(json.dumps({"title": "t", "logsource": {}, "detection": {"a": {"Image": "x"}, "condition": "a"}}))
    (member,) = read_members(path)
    assert isinstance(member.rule, RuleError)
    assert member.rule.message == "this is a Sigma rule in JSON: Sigma rules are read from YAML"


@pytest.mark.parametrize(("expires", "applied"), [("2023-12-31T00:00:00.000Z", False), ("2024-01-02T00:00:00.000Z", True)])
def test_an_exception_that_has_expired_is_not_applied(tmp_path: Path, expires: str, applied: bool) -> None:
    entries = [{"field": "process.name", "operator": "included", "type": "match", "value": "a"}]
    item = {"list_id": "mine", "item_id": "i", "entries": entries, "expire_time": expires}
    listed = {**RULE, "query": "process.name : a", "exceptions_list": [{"list_id": "mine", "type": "detection"}]}
    path = ndjson(tmp_path / "export.ndjson", listed, item)
    assert invoke(path, "-o", str(tmp_path / "out.ndjson")).exit_code == (1 if applied else 0)
