"""Our own sample rules, and real ones where they are at hand."""

from __future__ import annotations

import uuid
from collections import Counter
from pathlib import Path

import pytest

from triggerfish.grammar.span import LineMap
from triggerfish.rules import Rule, RuleCollection, find_rule_files, load_rule

SAMPLES = Path(__file__).parents[2] / "rules"
DOMAINS = ("cloud", "linux", "macos", "network", "windows")
GOOD = find_rule_files(SAMPLES / domain for domain in DOMAINS).files

# What the loader refuses; the other broken rules load, and their queries are what is wrong.
REFUSED = {
    "missing_query": ":9:1: a rule of type `query` needs a `query`",
    "no_rule_table": ": missing [rule] table",
    "query_is_a_number": ":23:9: `query` is not a string",
    "toml_syntax_error": ":11:1: expected `,` or `]` in an array, found `l`",
    "unclosed_block": ":10:9: the string that opens here is not closed",
}


def check_map(rule: Rule) -> None:
    """The map sends each character of the query to itself in the file (no sample or real rule needs more)."""
    assert rule.query is not None
    assert rule.query_map is not None
    text = rule.query_map.text
    lines = LineMap(text)
    for offset in {0, len(rule.query) - 1, len(rule.query.rstrip()) - 1}:
        place = rule.query_map.offset(offset)
        char = rule.query[offset]
        assert text[place] == char or text[place] == "\\" or (char == "\n" and text[place] == "\r")
        assert rule.query_map.position(offset) == lines.position(place)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_sample_loads(path: Path) -> None:
    rule = load_rule(path)
    check_map(rule)
    assert rule.raw["author"] == ["Triggerfish"]
    assert rule.raw["license"] == "Apache-2.0"
    assert uuid.UUID(rule.rule_id).version == 4
    assert {"description", "from", "language", "risk_score", "severity", "tags"} <= rule.raw.keys()


def test_samples_are_of_all_kinds() -> None:
    rules = [load_rule(path) for path in GOOD]
    assert len(rules) >= 25
    assert {rule.type for rule in rules} == {"query", "eql", "threshold", "new_terms", "threat_match"}
    assert len({rule.rule_id for rule in rules}) == len({rule.name for rule in rules}) == len(rules)
    queries = "\n".join(rule.query or "" for rule in rules if rule.language == "eql")
    for feature in ("sequence by", "maxspan=", "until", "with runs=", "![", "sample by", "regex~", "cidrMatch("):
        assert feature in queries, feature


@pytest.mark.parametrize(("name", "port"), [("command_and_control_port_26", 26), ("command_and_control_telnet_port", 23)])
def test_samples_of_the_walk_through(name: str, port: int) -> None:
    rule = load_rule(SAMPLES / "network" / f"{name}_activity.toml")
    assert (rule.type, rule.language) == ("query", "kuery")
    assert rule.query is not None
    fields = [rule.query.index(field) for field in ("event.category", "network.transport", "destination.port")]
    assert fields == sorted(fields)
    assert f"destination.port : {port}" in rule.query


def test_broken_samples() -> None:
    collection = RuleCollection()
    collection.load_directory(SAMPLES / "broken")
    refused = {error.path.stem: str(error).removeprefix(str(error.path)) for error in collection.errors if error.path}
    assert refused == REFUSED
    for rule in collection:
        assert rule.type == "machine_learning" or rule.query_map is not None


@pytest.mark.parametrize("path", find_rule_files([SAMPLES / "broken"]).files, ids=lambda path: path.stem)
def test_broken_sample_says_what_is_wrong(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_every_real_rule_loads(shared: Path) -> None:
    corpus = shared / "corpus"
    if not corpus.is_dir():
        pytest.skip("no real rules here")
    collection = RuleCollection()
    collection.load_directory(corpus)
    assert collection.errors == []
    assert len(collection) == len(list(corpus.rglob("*.toml")))
    kinds = Counter(rule.type for rule in collection)
    assert set(kinds) <= {"query", "eql", "threshold", "new_terms", "threat_match", "esql", "machine_learning"}
    for rule in collection:
        if rule.type == "machine_learning":
            assert (rule.query, rule.language, rule.query_map) == (None, None, None)
        else:
            check_map(rule)
