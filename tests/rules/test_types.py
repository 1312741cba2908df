"""What documents each type of rule gets: counted and compared here, apart from what the program itself checks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from compile_rule import SAMPLES, invoke, report
from triggerfish import SourceEvents, UnsolvableError
from triggerfish.api.source_events import DEFAULT_START
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.rules import load_rule, rule_from_table
from triggerfish.rules.lowering.compile_rule import compile_rule
from triggerfish.rules.lowering.rule_types import RULE_TYPES

PLAIN = ("-f", "groups", "--style", "plain")


def groups(path: Path, count: int, *options: str) -> list[dict[str, Any]]:
    result = invoke(*PLAIN, "-n", str(count), *options, path)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def write(folder: Path, text: str) -> Path:
    path = folder / "rule.toml"
    path.write_text(text, encoding="utf-8")
    return path


def values(document: Mapping[str, Any], field: str) -> list[Any]:
    return flatten(document).get(field, [])


def one(document: Mapping[str, Any], field: str) -> Any:
    (value,) = values(document, field)
    return value


def matched(path: Path, documents: list[dict[str, Any]], step: int = 0) -> bool:
    rule = load_rule(path)
    program = compile_rule(rule, ecs_schema(), DEFAULT_START).programs[0]
    return all(matches(program.steps[step].formula, document) for document in documents)


def error_of(path: Path) -> tuple[str, dict[str, Any]]:
    """The status of a rule, and the first finding that is an error."""
    (entry,) = report(path)["rules"]
    return entry["status"], next(finding for finding in entry["findings"] if finding["severity"] == "error")


# -- threshold -----------------------------------------------------------------------------------

THRESHOLD = """
[rule]
name = "threshold"
rule_id = "t"
type = "threshold"
query = '''{query}'''

[rule.threshold]
field = {fields}
value = {value}
{cardinality}
"""
CARDINALITY = """
[[rule.threshold.cardinality]]
field = "{field}"
value = {value}
"""


def threshold(folder: Path, query: str, fields: list[str], value: int, **cardinality: int) -> Path:
    counted = "".join(CARDINALITY.format(field=name.replace("__", "."), value=least) for name, least in cardinality.items())
    return write(folder, THRESHOLD.format(query=query, fields=json.dumps(fields), value=value, cardinality=counted))


@pytest.mark.parametrize(
    ("name", "fields", "size", "counted", "least"),
    [
        ("cloud/credential_access_one_address_many_accounts", ["source.ip"], 12, "okta.actor.alternate_id", 12),
        ("linux/credential_access_ssh_logins_refused", ["host.id", "source.ip"], 20, None, 0),
        ("network/discovery_one_source_many_ports", ["source.ip", "destination.ip"], 25, "destination.port", 25),
    ],
)
def test_samples_of_threshold_rules(name: str, fields: list[str], size: int, counted: str | None, least: int) -> None:
    path = SAMPLES / f"{name}.toml"
    found = groups(path, 6)
    buckets = []
    for group in found:
        documents = group["docs"]
        assert len(documents) == size
        assert matched(path, documents)
        (bucket,) = {tuple(one(document, field) for field in fields) for document in documents}
        buckets.append(bucket)
        if counted is not None:
            assert len({one(document, counted) for document in documents}) >= least
    # One instance of the rule for each match that was asked for.
    assert len(set(buckets)) == len(found) == 6


def test_documents_of_a_threshold_vary(tmp_path: Path) -> None:
    path = threshold(tmp_path, "event.action : * and process.pid > 0", ["host.id"], 30)
    (group,) = groups(path, 1)
    assert len({one(document, "event.action") for document in group["docs"]}) > 20
    assert len({one(document, "@timestamp") for document in group["docs"]}) == 30


def test_alternatives_of_a_threshold_all_come(tmp_path: Path) -> None:
    path = threshold(tmp_path, "process.name : (a or b) or user.name : c", ["host.id"], 30)
    (group,) = groups(path, 1)
    kinds = Counter(
        json.dumps({name: found for name, found in flatten(document).items() if name in ("process.name", "user.name")})
        for document in group["docs"]
    )
    assert len(kinds) >= 3


def test_several_hundred_documents(tmp_path: Path) -> None:
    path = threshold(tmp_path, "destination.port : * and source.ip : 10.0.0.0/8", ["source.ip"], 400, destination__port=300)
    first, second = (group["docs"] for group in groups(path, 2))
    assert len(first) == len(second) == 400
    assert len({one(document, "destination.port") for document in first}) >= 300
    assert one(first[0], "source.ip") != one(second[0], "source.ip")


def test_a_vocabulary_that_just_suffices(tmp_path: Path) -> None:
    path = threshold(
        tmp_path,
        "process.name : (a or b or c or d) and process.pid < 3 and process.pid >= 0",
        ["host.id"],
        4,
        process__name=4,
        process__pid=3,
    )
    for group in groups(path, 5):
        assert {one(document, "process.name") for document in group["docs"]} == {"a", "b", "c", "d"}
        assert {one(document, "process.pid") for document in group["docs"]} == {0, 1, 2}


def test_groups_share_a_bucket_only_where_there_are_no_others(tmp_path: Path) -> None:
    path = threshold(tmp_path, "host.id : (a or b or c)", ["host.id"], 2)
    found = [one(group["docs"][0], "host.id") for group in groups(path, 5)]
    assert sorted(found[:3]) == ["a", "b", "c"]
    assert set(found[3:]) <= {"a", "b", "c"}


def test_a_threshold_without_fields_counts_all(tmp_path: Path) -> None:
    path = threshold(tmp_path, "process.name : a", [], 3)
    assert [len(group["docs"]) for group in groups(path, 2)] == [3, 3]


FEW = "events that match have only 2 different values of it"


@pytest.mark.parametrize(
    ("query", "fields", "cardinality", "message"),
    [
        ("process.name : (a or b)", ["host.id"], {"process__name": 3}, f"process.name: {FEW} (`a`, `b`), the rule wants 3"),
        ("x : a and not host.id : *", ["host.id"], {}, "host.id: cannot be both present and missing"),
        ("process.pid < 2 and process.pid >= 0", ["host.id"], {"process__pid": 3}, f"process.pid: {FEW} (`0`, `1`), the rule wants 3"),
    ],
)
def test_thresholds_that_nothing_reaches(tmp_path: Path, query: str, fields: list[str], cardinality: dict[str, int], message: str) -> None:
    status, finding = error_of(threshold(tmp_path, query, fields, 2, **cardinality))
    assert status == "unsatisfiable"
    # The values are listed in the order in which they were found.
    assert sorted(finding["notes"][0]) == sorted(message)
    assert finding["span"] is not None


@pytest.mark.parametrize(
    ("fields", "value", "cardinality", "status", "message"),
    [
        (["message"], 2, {}, "invalid", "documents cannot be gathered by `message`, which is of type match_only_text"),
        (["host.id"], 2, {"host__id": 2}, "invalid", "documents that agree on `host.id` cannot have 2 different values of it"),
        (["host.id"], 0, {}, "invalid", "`0` is not a number of documents or values"),
        (["host.id"], 100_000, {}, "unsupported", "100000 documents in one match is not supported: the limit is 10000"),
    ],
)
def test_wrong_thresholds(tmp_path: Path, fields: list[str], value: int, cardinality: dict[str, int], status: str, message: str) -> None:
    found, finding = error_of(threshold(tmp_path, "a : b", fields, value, **cardinality))
    assert (found, finding["message"]) == (status, message)
    assert finding["span"]["line"] >= 9


# -- new terms -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("cloud/privilege_escalation_first_privileged_pod_by_this_user", ["kubernetes.audit.user.username"]),
        ("linux/persistence_first_kernel_module_by_this_user", ["host.id", "user.name"]),
        ("windows/persistence_first_service_from_this_path", ["host.id", "winlog.event_data.ImagePath"]),
    ],
)
def test_samples_of_new_terms_rules(name: str, fields: list[str]) -> None:
    path = SAMPLES / f"{name}.toml"
    found = groups(path, 20)
    terms = []
    for group in found:
        (document,) = group["docs"]
        assert matched(path, [document])
        terms.append(tuple(one(document, field) for field in fields))
        assert all(len(term) >= 12 for term in terms[-1])
    assert len(set(terms)) == 20


def test_history_makes_the_rest_known() -> None:
    path = SAMPLES / "linux" / "persistence_first_kernel_module_by_this_user.toml"
    for group in groups(path, 5, "--history"):
        assert group["roles"] == ["history", "history", "event"]
        *older, newest = group["docs"]
        assert matched(path, group["docs"])
        known = [(one(document, "host.id"), one(document, "user.name")) for document in older]
        host, user = one(newest, "host.id"), one(newest, "user.name")
        assert host in {other for other, _ in known}
        assert user in {other for _, other in known}
        assert (host, user) not in known
        for document in older:
            before = one(newest, "@timestamp") - one(document, "@timestamp")
            assert 9 * 60_000 < before < 7 * 86_400_000
            changed = {name for name, found in flatten(document).items() if flatten(newest)[name] != found}
            assert changed <= {"@timestamp", "host.id", "user.name"}
            assert len(changed) == 2


def test_new_terms_as_kibana_writes_them() -> None:
    table = {"type": "new_terms", "query": "a : b", "new_terms_fields": ["user.name"], "history_window_start": "now-2d", "from": "now-1h"}
    (program,) = compile_rule(rule_from_table(table), ecs_schema(), DEFAULT_START).programs
    assert [key.field.name for key in program.steps[0].keys] == ["user.name"]
    assert program.history is not None
    assert 3_600_000 <= (program.history.low or 0) < (program.history.high or 0) <= 2 * 86_400_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"new_terms_fields": []}, "needs the names of its fields"),
        ({"new_terms_fields": ["message"]}, "documents cannot be gathered by `message`"),
        ({"history_window_start": "now-1m"}, "the history starts after the rule's own time range"),
        ({"history_window_start": "yesterday"}, "`yesterday`: expected a date"),
    ],
)
def test_wrong_new_terms(change: dict[str, Any], message: str) -> None:
    table = {"type": "new_terms", "query": "a : b", "new_terms_fields": ["user.name"], "history_window_start": "now-2d", **change}
    with pytest.raises(ValueError, match=message):
        compile_rule(rule_from_table(table), ecs_schema(), DEFAULT_START)


def test_terms_that_cannot_be_there() -> None:
    rule = rule_from_table({"type": "new_terms", "query": "a : b and not user.name : *", "new_terms_fields": ["user.name"]})
    with pytest.raises(UnsolvableError, match=r"user\.name"):
        SourceEvents.from_rule(rule)


# -- threat match --------------------------------------------------------------------------------

THREAT = """
[rule]
name = "threat"
rule_id = "t"
type = "threat_match"
query = '''{query}'''
threat_query = '''{threat_query}'''
"""
ENTRY = '[[rule.threat_mapping.entries]]\nfield = "{}"\ntype = "mapping"\nvalue = "{}"\n'


def threat(folder: Path, query: str, threat_query: str, *mapping: list[tuple[str, str]], filters: str = "") -> Path:
    entries = ["[[rule.threat_mapping]]\n" + "".join(ENTRY.format(*pair) for pair in group) for group in mapping]
    return write(folder, THREAT.format(query=query, threat_query=threat_query) + "".join(entries) + filters)


def test_sample_of_a_threat_match_rule() -> None:
    path = SAMPLES / "network" / "command_and_control_address_on_a_blocklist.toml"
    for group in groups(path, 5):
        event, indicator = group["docs"]
        assert group["roles"] == ["event", "indicator"]
        assert matched(path, [event]) and matched(path, [indicator], 1)
        assert one(event, "destination.ip") == one(indicator, "threat.indicator.ip")
        assert one(indicator, "threat.indicator.type") == "ipv4-addr"


def test_indicators_go_to_an_index_of_their_own() -> None:
    path = SAMPLES / "network" / "command_and_control_address_on_a_blocklist.toml"
    lines = [json.loads(line) for line in invoke("-f", "bulk", "--index", "logs", path).stdout.splitlines()]
    assert [line["create"]["_index"] for line in lines[::2]] == ["logs", "logs-indicators"]


def test_entries_are_anded_and_groups_ored(tmp_path: Path) -> None:
    path = threat(
        tmp_path,
        "event.category : network",
        "event.kind : enrichment",
        [("source.ip", "threat.indicator.ip"), ("source.port", "threat.indicator.port")],
        [("destination.domain", "threat.indicator.url.domain")],
    )
    seen = set()
    for group in groups(path, 20):
        event, indicator = group["docs"]
        if values(event, "source.ip"):
            seen.add("both")
            assert one(event, "source.ip") == one(indicator, "threat.indicator.ip")
            assert one(event, "source.port") == one(indicator, "threat.indicator.port")
        else:
            seen.add("domain")
            assert one(event, "destination.domain") == one(indicator, "threat.indicator.url.domain")
    assert seen == {"both", "domain"}


def test_groups_that_cannot_join_are_reported(tmp_path: Path) -> None:
    path = threat(
        tmp_path,
        "source.ip : 10.0.0.0/8 and destination.ip : 192.168.0.0/16",
        "threat.indicator.ip : 10.0.0.0/16",
        [("destination.ip", "threat.indicator.ip")],
        [("source.ip", "threat.indicator.ip")],
    )
    for group in groups(path, 5):
        assert one(group["docs"][0], "source.ip") == one(group["docs"][1], "threat.indicator.ip")
    (entry,) = report(path)["rules"]
    (finding,) = (each for each in entry["findings"] if each["code"] == "dead-alternative")
    assert (entry["status"], finding["span"]["line"]) == ("ok", 10)
    path = threat(tmp_path, "source.ip : 10.0.0.0/8", "threat.indicator.ip : 192.0.0.0/8", [("source.ip", "threat.indicator.ip")])
    (entry,) = report(path)["rules"]
    assert entry["status"] == "unsatisfiable"


def test_negated_entries_keep_values_apart(tmp_path: Path) -> None:
    pairs = [("source.ip", "threat.indicator.ip"), ("user.name", "threat.indicator.user")]
    path = threat(tmp_path, "user.name : (a or b)", "threat.indicator.user : (a or b)", pairs)
    path.write_text(path.read_text().rstrip() + "\nnegate = true\n")
    drawn = [group["docs"] for group in groups(path, 10)]
    assert all(one(event, "source.ip") == one(indicator, "threat.indicator.ip") for event, indicator in drawn)
    assert {(one(event, "user.name"), one(indicator, "threat.indicator.user")) for event, indicator in drawn} == {("a", "b"), ("b", "a")}
    path.write_text(path.read_text().replace("(a or b)", "a"))
    (entry,) = report(path)["rules"]
    assert entry["status"] == "unsatisfiable"


def test_a_group_of_negated_entries_alone_is_invalid(tmp_path: Path) -> None:
    path = threat(tmp_path, "*:*", "*:*", [("user.name", "threat.indicator.user")])
    path.write_text(path.read_text().rstrip() + "\nnegate = true\n")
    (entry,) = report(path)["rules"]
    assert entry["status"] == "invalid"
    assert entry["findings"][0]["message"] == "a group of mappings needs one that is not negated"


def test_an_alternative_is_dead_only_if_no_group_can_take_it(tmp_path: Path) -> None:
    pairs = [("source.ip", "threat.indicator.ip")], [("destination.ip", "threat.indicator.ip")]
    path = threat(tmp_path, "(x : a and not source.ip : *) or (x : b and not destination.ip : *)", "*:*", *pairs)
    (entry,) = report(path)["rules"]
    assert (entry["status"], [finding["code"] for finding in entry["findings"] if finding["code"] == "dead-alternative"]) == ("ok", [])
    assert {one(group["docs"][0], "x") for group in groups(path, 20)} == {"a", "b"}


def test_threat_filters(tmp_path: Path) -> None:
    filters = '[[rule.threat_filters]]\n[rule.threat_filters.query.match_phrase]\n"event.kind" = "enrichment"\n'
    path = threat(tmp_path, "a : b", "*:*", [("source.ip", "threat.indicator.ip")], filters=filters)
    (group,) = groups(path, 1)
    assert one(group["docs"][1], "event.kind") == "enrichment"
    assert values(group["docs"][0], "event.kind") == []


@pytest.mark.parametrize(
    ("threat_query", "column"),
    [("a : (", 24), ("threat.indicator.ip : x", 41), ("threat.indicator.port > 3 and threat.indicator.port < 2", 19)],
)
def test_places_in_the_threat_query(tmp_path: Path, threat_query: str, column: int) -> None:
    _, finding = error_of(threat(tmp_path, "a : b", threat_query, [("source.ip", "threat.indicator.ip")]))
    assert (finding["span"]["line"], finding["span"]["column"]) == (7, column)


# -- other types ---------------------------------------------------------------------------------


def test_saved_queries() -> None:
    rule = rule_from_table({"type": "saved_query", "query": "process.name : a", "saved_id": "x"})
    assert SourceEvents.from_rule(rule).emit(timestamp=False) == [{"process": {"name": "a"}}]
    with pytest.raises(ValueError, match="its query is stored in Kibana"):
        SourceEvents.from_rule(rule_from_table({"type": "saved_query", "saved_id": "x"}))


@pytest.mark.parametrize("type", ["esql", "machine_learning"])
def test_types_that_are_not_supported(tmp_path: Path, type: str) -> None:
    path = write(tmp_path, f"[rule]\nname = 'x'\ntype = '{type}'\n")
    (entry,) = report(path)["rules"]
    assert entry["status"] == "unsupported"
    assert entry["findings"][0]["span"] == {"line": 3, "column": 8, "end_line": 3, "end_column": 10 + len(type)}


SUPPRESSION = """
[rule]
type = "query"
query = '''{query}'''
[rule.alert_suppression]
group_by = ["host.name", "user.name"]
missing_fields_strategy = "{strategy}"
"""


def test_suppressed_alerts_can_be_seen(tmp_path: Path) -> None:
    path = write(tmp_path, SUPPRESSION.format(query="process.pid > 3", strategy="suppress"))
    found = groups(path, 5)
    keys = []
    for group in found:
        (key,) = {(one(document, "host.name"), one(document, "user.name")) for document in group["docs"]}
        keys.append(key)
        assert len(group["docs"]) == 2
    assert len(set(keys)) == 5


def test_fields_that_suppression_groups_by_may_be_missing(tmp_path: Path) -> None:
    query = "process.pid > 3 and not user.name : *"
    (group,) = groups(write(tmp_path, SUPPRESSION.format(query=query, strategy="suppress")), 1)
    assert [values(document, "user.name") for document in group["docs"]] == [[], []]
    (entry,) = report(write(tmp_path, SUPPRESSION.format(query=query, strategy="doNotSuppress")))["rules"]
    assert entry["status"] == "unsatisfiable"


def test_building_blocks_are_rules_like_others() -> None:
    rule = rule_from_table({"type": "query", "query": "process.name : a", "building_block_type": "default"})
    assert SourceEvents.from_rule(rule).emit(timestamp=False) == [{"process": {"name": "a"}}]


def test_every_sample_has_its_documents() -> None:
    entries = report("-n", "3", *(SAMPLES / domain for domain in ("cloud", "linux", "macos", "network", "windows")))["rules"]
    assert [entry["path"] for entry in entries if entry["status"] != "ok"] == []


def test_every_type_of_rule_is_built_or_says_why_not() -> None:
    assert [name for name, row in RULE_TYPES.items() if (row.build is None) != bool(row.unsupported)] == []


def test_a_type_that_is_not_known_is_unsupported_by_name(tmp_path: Path) -> None:
    (entry,) = report(write(tmp_path, '[rule]\ntype = "correlation"\nlanguage = "sql"\nquery = "a : b"\n'))["rules"]
    assert entry["status"] == "unsupported"
    (finding,) = entry["findings"]
    assert finding["message"].startswith("a rule of type `correlation` is not supported: the rule types are query, saved_query, eql,")
    assert (finding["span"]["line"], finding["span"]["column"]) == (2, 8)


def test_an_error_in_a_threat_query_is_shown_where_it_stands(tmp_path: Path) -> None:
    path = threat(
        tmp_path, "source.ip : *", "threat.indicator.type : a and\n  threat.indicator.ip : b", [("source.ip", "threat.indicator.ip")]
    )
    line = next(number for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if "threat.indicator.ip : b" in text)
    ((finding,),) = [entry["findings"] for entry in report(path)["rules"]]
    assert finding["message"].startswith("`b` is not a value of `threat.indicator.ip`")
    assert (finding["span"]["line"], finding["span"]["column"]) == (line, 25)
