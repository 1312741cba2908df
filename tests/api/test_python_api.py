"""The Python API: what people guess is there."""

from __future__ import annotations

import builtins
import json
from pathlib import Path

import pytest

import triggerfish
from compile_rule import PORT_26, SAMPLES, rule
from triggerfish import Finding, Rule, RuleCollection, RuleError, SourceEvents, TriggerfishError, UnsolvableError, check, match_events

BROKEN = SAMPLES / "broken"


# -- errors --------------------------------------------------------------------------------------


def test_all_errors_have_one_base_and_keep_their_own() -> None:
    exported = {name: getattr(triggerfish, name) for name in triggerfish.__all__ if name.endswith("Error") and name != "TriggerfishError"}
    assert {"QuerySyntaxError", "QueryError", "RuleError", "UnsolvableError", "UndecidedError", "SchemaError", "PlanFileError"} <= set(
        exported
    )
    assert all(issubclass(error, TriggerfishError) for error in exported.values())
    assert {
        name: next(base.__name__ for base in error.__mro__ if hasattr(builtins, base.__name__)) for name, error in exported.items()
    } == {name: "RuntimeError" if name == "UndecidedError" else "ValueError" for name in exported}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SourceEvents.from_query("a : ("), "the query ends too early"),
        (lambda: SourceEvents.from_query("a : 1 and not a : *"), "Unsolvable constraints"),
        (lambda: SourceEvents(schema={"a": {"type": "lnog"}}), "lnog"),
        (lambda: Rule.from_toml(Path("nothing.toml")), "no such file"),
    ],
)
def test_one_except_clause_is_enough(call: object, message: str) -> None:
    with pytest.raises(TriggerfishError, match=message) as caught:
        call()  # type: ignore[operator]
    assert caught.value.rule_name is None


@pytest.mark.parametrize(
    ("name", "place"), [("contradictory_port_range", (24, 30)), ("unclosed_quote", (25, 22)), ("text_where_a_number_belongs", (24, 48))]
)
def test_errors_name_the_rule_and_its_place(name: str, place: tuple[int, int]) -> None:
    path = BROKEN / f"{name}.toml"
    loaded = Rule.from_toml(path)
    with pytest.raises(TriggerfishError) as caught:
        SourceEvents.from_rule(loaded)
    error = caught.value
    assert (error.rule_name, error.rule_path) == (loaded.name, path)
    assert error.rule_place is not None
    assert error.rule_place == place
    assert error.__notes__ == [f"in the rule `{loaded.name}` at {path}:{place[0]}:{place[1]}"]


def test_a_rule_of_no_file_has_its_name_in_errors() -> None:
    with pytest.raises(UnsolvableError) as caught:
        SourceEvents.from_rule(Rule.from_dict({"type": "query", "name": "x", "query": "a : 1 and not a : *"}))
    assert (caught.value.rule_name, caught.value.rule_place) == ("x", None)
    assert caught.value.__notes__ == ["in the rule `x`"]


# -- rules ---------------------------------------------------------------------------------------


def test_rules_from_toml() -> None:
    text = PORT_26.read_text(encoding="utf-8")
    from_text, from_path, from_name = Rule.from_toml(text), Rule.from_toml(PORT_26), Rule.from_toml(str(PORT_26))
    assert from_path == from_name and from_text.query == from_path.query
    assert (from_text.path, from_path.path) == (None, PORT_26)
    with pytest.raises(RuleError, match="no such file"):
        Rule.from_toml("nothing.toml")


def test_rules_from_kibana() -> None:
    table = {"type": "eql", "name": "x", "rule_id": "r", "query": "any where true", "risk_score": 3}
    line = json.dumps(table)
    assert Rule.from_kibana(table) == Rule.from_dict(table) == Rule.from_kibana(line) == Rule.from_kibana(line.encode())
    for wrong, message in (
        ('{"a', "1:4: not valid JSON"),
        ("[]", "the JSON value is not an object"),
        ('{"name":\n "x"}', "1:1: the rule has no `type`"),
        ('{"type":\n "query"}', "needs a `query`"),
    ):
        with pytest.raises(RuleError, match=message):
            Rule.from_kibana(wrong)


def test_a_folder_is_read_in_every_form(tmp_path: Path) -> None:
    rule(tmp_path, "one", "a : 1")
    table = {"type": "query", "name": "two", "rule_id": "2", "query": "a : 2"}
    (tmp_path / "two.json").write_text(json.dumps(table))
    (tmp_path / "three.ndjson").write_text(json.dumps({**table, "rule_id": "3"}) + "\n" + json.dumps({**table, "rule_id": "4"}) + "\n")
    (tmp_path / "package.json").write_text('{"name": "of something else"}')
    rules = RuleCollection()
    assert [loaded.rule_id for loaded in rules.load_directory(tmp_path)] == ["one", "3", "4", "2"]
    assert rules.errors == []
    named = RuleCollection()
    assert named.load_directory(tmp_path, "package.json") == () and len(named.errors) == 1, "a file that a pattern names is to hold rules"


# -- check ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "codes"),
    [
        ("process.pid : 1", []),
        ("destination.port < 1024 and destination.port > 1024", ["unsatisfiable"]),
        ("a : (", ["syntax"]),
        ("process where process.pid = 1", ["syntax"]),
        ("destination.port : abc", ["type-mismatch"]),
        ('event.category : "nonsense"', ["value-outside"]),
        ("process.pid : 1 or (process.pid : 2 and process.pid : 3)", ["dead-alternative"]),
    ],
)
def test_check_a_query(subject: str, codes: list[str]) -> None:
    found = check(subject)
    assert [finding.code for finding in found] == codes
    assert all(isinstance(finding, Finding) for finding in found)


def test_check_a_rule() -> None:
    assert [finding.code for finding in check(Rule.from_toml(BROKEN / "unsupported_esql.toml"))] == ["unsupported"]
    (finding,) = check(Rule.from_toml(BROKEN / "dead_alternative.toml"))
    assert (finding.code, finding.field) == ("dead-alternative", "network.transport")


def test_check_with_a_language_and_a_schema() -> None:
    assert check("a : [1 TO 2]", language="lucene", schema={"a": {"type": "long"}}) == []
    assert [finding.code for finding in check("a : x", schema={"a": {"type": "long"}})] == ["type-mismatch"]


# -- what a notebook shows -----------------------------------------------------------------------


def test_representations() -> None:
    loaded = Rule.from_toml(PORT_26)
    assert repr(loaded) == f"<Rule 'TCP Traffic to Port 26': query, kuery, {PORT_26}>"
    assert repr(Rule.from_dict({"type": "eql", "name": "x", "query": "any where true"})) == "<Rule 'x': eql>"
    events = SourceEvents(seed=3)
    assert repr(events.add_query("a : 1")) == "<Root 'a : 1'>"
    assert repr(events.add_rule(loaded)) == "<Root 'TCP Traffic to Port 26'>"
    assert repr(events) == "<SourceEvents roots=2 seed=3 style='plain'>"
    rules = RuleCollection()
    rules.load_directory(PORT_26.parent / "nothing")
    assert repr(rules) == "<RuleCollection rules=0 errors=1>"
    assert repr(check("a : (")) == "[<Finding error[syntax]: the query ends too early, after `(`>]"
    assert repr(match_events("any where x > 1", [{"x": 2}])) == "[Match(events=(0,), keys=(), count=None)]"


def test_one_name_for_a_finding() -> None:
    assert "Diagnostic" not in triggerfish.__all__ and not hasattr(triggerfish, "Diagnostic")
