"""The world: one population per seed, from which the documents of all rules take their entities."""

from __future__ import annotations

import pickle
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from compile_rule import GOOD
from triggerfish import SourceEvents, TriggerfishError
from triggerfish.backends.realism.population import Outline, draw_world, usual_world
from triggerfish.backends.realism.vocabulary import LINUX, MACOS, WINDOWS
from triggerfish.backends.realism.world_file import EXAMPLE, WorldError, outline_of, read_world
from triggerfish.compiler.semantics.document import flatten
from triggerfish.rules import RuleCollection

WORLD = usual_world(0)

Flat = dict[str, Any]


def flat(document: Flat) -> Flat:
    return {name: values[0] for name, values in flatten(document).items()}


# -- the population ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 5, 100, 5_000])
def test_hosts_and_users_are_distinct(size: int) -> None:
    world = draw_world(1, Outline(size))
    assert len(world.people) == size
    for attribute in ("name", "sid", "uid", "mail"):
        assert len({getattr(person, attribute) for person in world.people}) == size
    for attribute in ("name", "address", "id", "mac", "agent_id"):
        assert len({getattr(host, attribute) for host in world.hosts}) == len(world.hosts) >= size
    assert {host.system.os for host in world.hosts} == {WINDOWS, LINUX, MACOS}


def test_a_world_follows_from_its_seed() -> None:
    assert draw_world(3) == draw_world(3) != draw_world(4)
    assert pickle.loads(pickle.dumps(WORLD)) == WORLD


def test_servers_run_builds_of_servers() -> None:
    builds = defaultdict(set)
    for host in WORLD.hosts:
        if host.system.os == WINDOWS:
            builds[host.name.startswith("ws-")].add(host.system.version)
    assert builds[True].isdisjoint(builds[False])
    assert all("Server" in host.system.full for host in WORLD.hosts if host.name.startswith(("srv-", "dc")))


def test_what_the_world_does_not_hold_follows_from_its_name() -> None:
    account = WORLD.account("svc_x", WINDOWS)
    assert account == WORLD.account("svc_x", WINDOWS)
    assert account.sid.startswith(f"{WORLD.domain_sid}-") and account.sid not in {person.sid for person in WORLD.people}
    host = WORLD.host("unheard-of", LINUX)
    assert host == WORLD.host("unheard-of", LINUX) and host.address not in {known.address for known in WORLD.hosts}
    assert WORLD.account(WORLD.people[3].name, LINUX) == WORLD.people[3]
    assert WORLD.host(WORLD.hosts[3].name, None) == WORLD.hosts[3]


@pytest.mark.parametrize(
    ("os", "user_id", "name"),
    [(WINDOWS, "S-1-5-18", "SYSTEM"), (LINUX, "0", "root"), (WINDOWS, f"{WORLD.domain_sid}-500", "Administrator")],
)
def test_well_known_accounts_by_id(os: str, user_id: str, name: str) -> None:
    assert WORLD.account_with_id(user_id, os).name == name
    assert WORLD.account(name, os).id_on(os) == user_id


def test_an_unknown_id_has_one_name() -> None:
    account = WORLD.account_with_id("S-1-5-21-1-2-3-1234", WINDOWS)
    assert account.sid == "S-1-5-21-1-2-3-1234"
    assert account == WORLD.account_with_id("S-1-5-21-1-2-3-1234", WINDOWS)
    assert account.name not in {person.name for person in WORLD.people}


# -- entities in documents -----------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::triggerfish.UnsolvableWarning")
def test_entities_are_the_same_in_the_documents_of_all_rules() -> None:
    rules = RuleCollection()
    for path in GOOD[:40]:
        rules.load_file(path)
    related: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    count = 0
    for rule in rules:
        try:
            events = SourceEvents.from_rule(rule, style="realistic", strict=False)
        except TriggerfishError:
            continue
        for document in map(flat, events.emit(40)):
            count += 1
            for left, right in (("host.name", "host.id"), ("host.name", "host.ip"), ("host.name", "agent.id"), ("host.ip", "host.name")):
                if left in document and right in document:
                    related[f"{left} {right}"][document[left]].add(document[right])
            if {"user.name", "user.id", "host.os.type"} <= document.keys():
                kind = document["host.os.type"] == "windows"
                related["user"][f"{document['user.name']} {kind}"].add(document["user.id"])
                related["id"][f"{document['user.id']} {kind}"].add(document["user.name"])
            if {"process.name", "process.hash.sha256"} <= document.keys():
                related["hash"][document["process.name"].lower()].add(document["process.hash.sha256"])
    assert count > 500 and len(related) == 7
    violations = {name: {left: found for left, found in table.items() if len(found) > 1} for name, table in related.items()}
    assert not any(violations.values()), violations


QUERIES = (
    'process where host.os.type == "windows" and user.name : "svc_x"',
    'file where host.os.type == "windows" and user.name : "svc_x" and file.path : "C:\\\\Users\\\\*"',
    'any where user.name : "svc_x" and event.code : "4624" and winlog.event_data.SubjectUserName : "svc_x"',
)


def test_an_account_of_a_rule_has_one_id_everywhere() -> None:
    documents = [document for query in QUERIES for document in SourceEvents.from_query(query, style="realistic").emit(30)]
    assert {document["user"]["id"] for document in documents} == {WORLD.account("svc_x", WINDOWS).sid}


def test_a_host_of_a_rule_keeps_what_belongs_to_it() -> None:
    host = next(host for host in WORLD.hosts if host.system.os == LINUX)
    for condition in (f'host.name == "{host.name}"', f'host.id == "{host.id}"', f'host.ip == "{host.address}"'):
        query = f'process where host.os.type == "linux" and process.name : "a*" and {condition}'
        for document in map(flat, SourceEvents.from_query(query, style="realistic").emit(30)):
            assert (document["host.name"], document["host.id"], document["host.ip"]) == (host.name, host.id, host.address)
            assert document["agent.id"] == host.agent_id and document["host.os.version"] == host.system.version


def test_names_and_ids_of_further_users_belong_together() -> None:
    query = 'any where event.code : "4720" and winlog.event_data.TargetUserName : "*" and winlog.event_data.TargetSid : "S-1-5-21-*"'
    for document in map(flat, SourceEvents.from_query(query, style="realistic").emit(40)):
        name = document["winlog.event_data.TargetUserName"]
        assert document["winlog.event_data.TargetSid"] == WORLD.account(name, WINDOWS).sid


# -- world files ---------------------------------------------------------------------------------


def test_the_example_is_a_world(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(EXAMPLE)
    world = draw_world(0, read_world(path))
    assert world.hosts[0].name == "srv-file01" and world.hosts[0].address == "10.1.0.21"
    assert [world.people[user].name for user in world.logons[0]] == ["maria.lindqvist"]
    assert len(world.hosts) == len(world.people) == 100


def test_only_listed_hosts_and_users_are_there_without_a_size() -> None:
    tables = {"hosts": [{"name": f"h{at}", "os": os} for at, os in enumerate((WINDOWS, LINUX, MACOS))], "users": [{"name": "zed"}]}
    world = draw_world(0, outline_of(tables))
    assert [host.name for host in world.hosts] == ["h0", "h1", "h2"] and [person.name for person in world.people] == ["zed"]


def test_names_follow_patterns() -> None:
    naming = {
        "workstation": "PC{n:04}",
        "server": "S-{unit}-{n}",
        "domain-controller": "AD{n}",
        "unix": "lx{n}",
        "mac": "m{n}",
        "user": "{f}{last}",
    }
    world = draw_world(0, outline_of({"naming": naming, "size": 40}))
    assert {host.name.rstrip("0123456789") for host in world.hosts if host.system.os != WINDOWS} == {"lx", "m"}
    assert all(host.name.startswith(("PC0", "S-", "AD")) for host in world.hosts if host.system.os == WINDOWS)
    assert sum("." not in person.name and person.name.isalpha() for person in world.people) > 30


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([], "`the file` must be a table"),
        ({"host": []}, "unknown key `host`; did you mean `hosts`?"),
        ({"hosts": {}}, "`hosts` must be a list of tables: use `[[hosts]]`"),
        ({"hosts": [{}]}, "`hosts[0]` has no `name`"),
        ({"hosts": [{"name": "a", "os": "plan9"}]}, "`hosts[0].os` is `plan9`; use one of `windows`, `linux`, `macos`"),
        ({"hosts": [{"name": "a", "address": "10.0.0.300"}]}, "`hosts[0].address`: `10.0.0.300` is not an IP address"),
        ({"hosts": [{"name": "a", "users": ["b"]}]}, "`hosts[0].users`: no user is called `b`"),
        (
            {"networks": {"internal": ["10.0.0.1/8"]}},
            "`networks.internal`: `10.0.0.1/8` is not a network; use CIDR notation, such as `10.1.0.0/16`",
        ),
        ({"naming": {"user": "{given}"}}, "`naming.user`: `{given}` is not a pattern of names; use `{first}`, `{last}`, `{f}`, `{l}`"),
        ({"size": 0}, "`size` must be a whole number from 1 to 100,000"),
        ({"pools": {"a": []}}, "`pools.a` must be a list of texts, numbers or booleans"),
        ({"organisation": {"domain": 1}}, "`organisation.domain` must be a text"),
    ],
)
def test_mistakes_in_a_world_file(tables: Any, message: str) -> None:
    with pytest.raises(WorldError) as error:
        outline_of(tables, "w.toml")
    assert str(error.value) == f"w.toml: {message}"


@pytest.mark.parametrize("content", ["a = ", "\x00", None])
def test_what_is_not_a_world_file(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(WorldError, match=r"world\.toml: "):
        read_world(path)
