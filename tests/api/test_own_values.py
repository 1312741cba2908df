"""The user's own values: world files, assignments, templates and pools, from the command and from Python."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from compile_rule import PORT_26, documents, invoke, report, rule
from compile_rule import command_of_group as call
from triggerfish import SourceEvents
from triggerfish.backends.realism.population import usual_world

QUERY = 'process where process.name : "cmd.exe" and not user.name : "bob"'


def drawn(tmp_path: Path, *options: object, query: str = QUERY, count: int = 30) -> list[dict[str, Any]]:
    return documents("-n", count, *options, rule(tmp_path, "own", query, "eql"))


# -- assignments and templates -------------------------------------------------------------------


def test_assigned_values_are_in_every_document(tmp_path: Path) -> None:
    options = ("--set", "host.name=web-99", "--set", "process.pid=4711", "--set", "labels.team=blue", "--set", 'tags=["a", "b"]')
    for document in drawn(tmp_path, *options):
        assert document["host"]["name"] == "web-99"
        assert document["process"]["pid"] == 4711
        assert document["labels"] == {"team": "blue"}
        assert document["tags"] == ["a", "b"]


def test_related_values_follow_an_assignment(tmp_path: Path) -> None:
    found = drawn(tmp_path, "--set", "user.name=alice.of.ours", "--set", "host.name=ours-1")
    assert {document["process"]["working_directory"] for document in found} <= {"C:\\Users\\alice.of.ours\\", "C:\\Windows\\System32\\"}
    for field in (("user", "id"), ("host", "id"), ("agent", "id")):
        assert len({document[field[0]][field[1]] for document in found}) == 1


def test_an_assigned_user_of_the_world_stays_in_all_documents(tmp_path: Path) -> None:
    person, host = usual_world(0).people[5], next(host for host in usual_world(0).hosts if host.system.os == "windows")
    for document in drawn(tmp_path, "--set", f"user.name={person.name}", "--set", f"host.name={host.name}", count=300):
        assert (document["user"]["name"], document["user"]["id"]) == (person.name, person.sid)
        assert (document["host"]["name"], document["host"]["id"]) == (host.name, host.id)


def test_the_rule_takes_precedence_and_the_report_says_so(tmp_path: Path) -> None:
    assert all(document["user"]["name"] != "bob" for document in drawn(tmp_path, "--set", "user.name=bob"))
    (entry,) = report("--set", "user.name=bob", rule(tmp_path, "own", QUERY, "eql"))["rules"]
    (finding,) = entry["findings"]
    assert finding["code"] == "preference" and finding["notes"] == ['user.name is `"bob"`']


def test_fields_of_a_template_are_kept(tmp_path: Path) -> None:
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"@timestamp": 1, "host": {"name": "h"}, "event.severity": 21, "my": {"own": [1, 2]}, "user.id": 1000}))
    for document in drawn(tmp_path, "--template", template, "--set", "event.severity=73"):
        assert document["host"]["name"] == "h"
        assert document["event"]["severity"] == 73
        assert document["my"]["own"] == [1, 2]
        assert document["user"]["id"] == "1000"
        assert document["@timestamp"] > "2000"


def test_a_field_below_or_above_a_given_one_is_not_added(tmp_path: Path) -> None:
    for document in drawn(
        tmp_path, "--set", "working.process=x", "--set", "process.parent=none", query='any where user.name == "a"', count=3
    ):
        assert document["process"]["parent"] == "none"
        assert document["working"] == {"process": "x"}


@pytest.mark.parametrize("count", [3, 400])
def test_documents_with_given_values_match(count: int) -> None:
    template = {"process.name": "x.exe", "process.executable": "C:\\y.exe", "event.category": "file", "user.name": "bob"}
    events = SourceEvents.from_query(QUERY, style="realistic", template=template)
    found = [next(events) for _ in range(count)]
    assert all(document["process"]["name"] == "cmd.exe" != document["user"]["name"] for (document,) in found)
    assert {document["process"]["executable"] for (document,) in found} == {"C:\\y.exe"}
    assert {note.partition(" is ")[0] for note in events.given_up} >= {"process.name", "user.name", "event.category"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "a"), "`a` is not an assignment; use FIELD=VALUE, such as `user.name=maria`"),
        (("--set", "process.pid=x"), '`process.pid` cannot be `"x"`: it is a field of type long'),
        (("--set", "a=1", "--set", "a.b=1"), "`a` cannot have a value beside `a.b`"),
        (("--template", "missing.json"), "missing.json: No such file or directory"),
        (("--world", "missing.toml"), "missing.toml: No such file or directory"),
    ],
)
def test_values_that_cannot_be_given(options: tuple[str, ...], message: str) -> None:
    found = invoke(*options, PORT_26)
    assert (found.exit_code, found.stdout) == (2, "")
    assert message in found.stderr


@pytest.mark.parametrize("option", ["--world", "--world-size", "--set", "--template"])
def test_own_values_require_the_realistic_style(option: str) -> None:
    found = invoke("--style", "plain", option, "7", PORT_26)
    assert found.exit_code == 2 and f"{option} requires --style realistic" in found.stderr
    with pytest.raises(ValueError, match="requires the style `realistic`"):
        SourceEvents(template={"a": 1})


# -- worlds --------------------------------------------------------------------------------------


def test_documents_take_their_entities_from_a_world_file(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    hosts = [{"name": f"OUR{number}", "os": "windows", "address": f"172.16.0.{number + 1}", "users": ["ana"]} for number in range(3)]
    path.write_text(json.dumps({"hosts": hosts, "users": [{"name": "ana", "sid": "S-1-5-21-1-2-3-1104"}, {"name": "ben"}]}))
    found = drawn(tmp_path, "--world", path, count=200)
    assert {(document["host"]["name"], *document["host"]["ip"]) for document in found} == {
        (f"OUR{at}", f"172.16.0.{at + 1}") for at in range(3)
    }
    assert {(document["user"]["name"], document["user"]["id"]) for document in found} == {("ana", "S-1-5-21-1-2-3-1104")}


def test_values_come_from_pools_wherever_the_rule_leaves_them_open(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text('[pools]\n"process.parent.name" = ["one.exe", "two.exe"]\n"process.name" = ["cmd.exe", "three.exe"]\n')
    found = drawn(tmp_path, "--world", path, count=200)
    assert {document["process"]["parent"]["name"] for document in found} == {"one.exe", "two.exe"}
    assert {document["process"]["name"] for document in found} == {"cmd.exe"}


def test_the_size_of_a_world(tmp_path: Path) -> None:
    few = {document["host"]["name"] for document in drawn(tmp_path, "--world-size", 4, count=300)}
    many = {document["host"]["name"] for document in drawn(tmp_path, count=300)}
    assert len(few) <= 3 < 20 < len(many)


def test_the_same_bytes_for_any_number_of_processes(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    assert call("world", "--init", path).exit_code == 0
    options = ("-n", 20_000, "--world", path, "--set", "labels.team=blue", rule(tmp_path, "own", QUERY, "eql"))
    one, two = (invoke("-j", jobs, *options).stdout for jobs in (1, 2))
    assert one == two != ""


def test_a_cached_result_depends_on_the_world(tmp_path: Path) -> None:
    path, source = tmp_path / "world.toml", rule(tmp_path, "own", QUERY, "eql")
    outputs = []
    for name in ("first", "second", "first"):
        path.write_text(f'[[hosts]]\nname = "{name}"\nos = "windows"\n')
        (document,) = documents("--cache", tmp_path / "cache", "--world", path, source)
        outputs.append(document["host"]["name"])
    assert outputs == ["first", "second", "first"]


def test_the_command_shows_a_world(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    assert call("world", "--init", path).exit_code == 0
    again = call("world", "--init", path)
    assert again.exit_code == 2 and "File exists" in again.stderr
    shown = call("world", path).stdout
    assert shown.startswith("100 hosts (") and re.search(r"srv-file01 +10\.1\.0\.21 ", shown) and "maria.lindqvist" in shown
    whole = json.loads(call("world", "--json", "--seed", "3", "--size", "7").stdout)
    assert len(whole["hosts"]) == len(whole["users"]) == 7
    assert call("world", "--init", "-").stdout == path.read_text()


def test_a_world_in_python() -> None:
    world = {"hosts": [{"name": "only", "os": "linux"}], "users": [{"name": "zed", "uid": "1234"}]}
    events = SourceEvents.from_query('process where host.os.type == "linux"', style="realistic", world=world)
    assert {(document["host"]["name"], document["user"]["id"]) for document in events.emit(40)} == {("only", "1234")}
