"""``compile-rule``: what goes in and what comes out."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from compile_rule import DOMAINS, GOOD, PORT_26, SAMPLES, documents, invoke, report, rule
from triggerfish.backends.elasticsearch.merged_mappings import MergedMappings
from triggerfish.compiler.schema.fields import ecs_schema

BROKEN = {
    "contradictory_across_and_or": ("unsatisfiable", "unsatisfiable", 24),
    "contradictory_join_key": ("unsatisfiable", "unsatisfiable", 25),
    "contradictory_port_range": ("unsatisfiable", "unsatisfiable", 24),
    "contradictory_wildcards": ("unsatisfiable", "unsatisfiable", 24),
    "dead_alternative": ("ok", "dead-alternative", 26),
    "join_keys_do_not_pair": ("invalid", "shape", 26),
    "missing_query": ("invalid", "rule-file", 9),
    "no_rule_table": ("invalid", "rule-file", None),
    "query_is_a_number": ("invalid", "rule-file", 23),
    "single_equals_in_eql": ("invalid", "syntax", 24),
    "single_quotes_in_eql": ("invalid", "syntax", 24),
    "syntax_error_on_third_line": ("invalid", "syntax", 26),
    "text_where_a_number_belongs": ("invalid", "type-mismatch", 24),
    "toml_syntax_error": ("invalid", "rule-file", 11),
    "unclosed_block": ("invalid", "rule-file", 10),
    "unclosed_bracket_in_eql": ("invalid", "syntax", 24),
    "unclosed_quote": ("invalid", "syntax", 25),
    "unknown_type": ("unsupported", "unsupported", 21),
    "unsupported_esql": ("unsupported", "unsupported", 21),
    "unsupported_machine_learning": ("unsupported", "unsupported", 22),
}
"""Status, first finding and its line."""

# Types of rules that take more than their query says.
NOT_YET = {"threshold", "new_terms", "threat_match"}


# -- samples -------------------------------------------------------------------------------------


def test_good_samples() -> None:
    found = report(*(SAMPLES / domain for domain in DOMAINS))
    assert [entry["path"] for entry in found["rules"] if entry["type"] != "sigma"] == [str(path) for path in GOOD]
    assert sum(entry["type"] == "sigma" for entry in found["rules"]) >= 4
    for entry in found["rules"]:
        errors = [finding["message"] for finding in entry["findings"] if finding["severity"] == "error"]
        assert entry["rule_id"] and entry["name"]
        if entry["status"] == "ok":
            assert (errors, entry["documents"] > 0) == ([], True)
        else:
            assert entry["status"] == "unsupported", errors
            assert entry["type"] in NOT_YET or "filters" in errors[0]
    assert found["summary"]["ok"] >= 30


def test_broken_samples() -> None:
    found = {}
    for entry in report(SAMPLES / "broken")["rules"]:
        first = entry["findings"][0]
        found[Path(entry["path"]).stem] = (entry["status"], first["code"], first["span"] and first["span"]["line"])
    assert found == BROKEN


def test_broken_rules_do_not_change_the_documents_of_others() -> None:
    alone = invoke("-n", "3", SAMPLES / "network").stdout
    together = invoke("-n", "3", SAMPLES / "broken" / "syntax_error_on_third_line.toml", SAMPLES / "network", SAMPLES / "broken")
    assert together.stdout.startswith(alone) and len(alone.splitlines()) > 10
    assert together.exit_code == 2


# -- what goes in --------------------------------------------------------------------------------


def test_a_rule_on_standard_input() -> None:
    found = invoke("-", "-f", "groups", stdin=PORT_26.read_bytes())
    assert found.exit_code == 0
    group = json.loads(found.stdout)
    assert (group["rule"], group["name"]) == ("<stdin>", "TCP Traffic to Port 26")
    assert found.stdout == invoke(PORT_26, "-f", "groups").stdout.replace(str(PORT_26), "<stdin>")


def test_a_broken_rule_on_standard_input() -> None:
    found = invoke("-", stdin=b"[rule]\nquery = 1\n# \xff\n")
    assert found.exit_code == 2
    assert " --> <stdin>:3:3" in found.stderr


def test_a_query() -> None:
    (document,) = documents("--query", "process.name : *.exe")
    assert document["process"]["name"].endswith(".exe")
    (document,) = documents("--query", 'process where process.name : "*.exe"')
    assert document["event"]["category"] == ["process"]
    (document,) = documents("--style", "plain", "--query", 'process where process.name : "*.exe"')
    assert document["event"] == {"category": ["process"]}
    assert documents("--query", "a where b", "--language", "kuery") != []


def test_a_query_that_is_wrong() -> None:
    found = invoke("--query", "process where pid = 4")
    assert found.exit_code == 2
    assert " --> <query>:1:19" in found.stderr
    assert invoke("--query", "process.pid : 4", "--language", "eql").exit_code == 2


def test_paths_that_hold_no_rules(tmp_path: Path) -> None:
    found = report(tmp_path, tmp_path / "missing", PORT_26)
    assert [entry["status"] for entry in found["rules"]] == ["invalid", "invalid", "ok"]
    messages = [entry["findings"][0]["message"] for entry in found["rules"][:2]]
    assert messages == ["no rules in this folder", "no such file or folder"]


def test_a_file_named_twice_is_compiled_once() -> None:
    assert len(report(PORT_26, PORT_26.parent, PORT_26)["rules"]) == len(list(PORT_26.parent.glob("*.toml")))


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "empty"),
        (b"\xff\xfe[\0r\0", "UTF-16"),
        (b"a\0b", "NUL"),
        (b"[rule]\r\nname = 'gr\xfc\xdfe'", ":2:11\n"),
        (b"[rule", "expected `]`"),
        (b'{"rule": 1}', "JSON"),
        (b"rule = 3", "`rule` is not a table"),
        (b"\xef\xbb\xbf[rule]\r\ntype = 'eql'\r\nquery = '''\r\n\tprocess where a = 1'''", ":4:18\n"),
        (b"[rule]\ntype = 'query'\nquery = '" + b"(" * 5000 + b"a'", ":3:"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else None,
)
def test_bad_files(content: bytes, place: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    found = invoke(path, PORT_26)
    assert found.exit_code == 2
    assert str(path) in found.stderr and place in found.stderr
    assert len(found.stdout.splitlines()) == 1


def test_schema(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"my.size": {"type": "long"}, "process.name": {"type": "long"}}')
    (document,) = documents("--query", "my.size > 5 and process.name : 7 and process.pid : 3", "--schema", schema)
    assert isinstance(document["my"]["size"], int)
    assert invoke("--query", "my.size : abc", "--schema", schema).exit_code == 2
    schema.write_text("{")
    found = invoke("--query", "a : 1", "--schema", schema)
    assert found.exit_code == 2
    assert re.fullmatch(rf"error: {re.escape(str(schema))}:1:2: not valid JSON: .*\n", found.stderr)


@pytest.mark.parametrize(
    ("start", "stamp"),
    [
        ("2024-01-01T00:00:00Z", 1_704_067_200_000),
        ("1714521600123", 1_714_521_600_123),
        ("2024-05-01", 1_714_521_600_000),
        ("2024-05-01T02:00:00.123+02:00", 1_714_521_600_123),
        ("1969-12-31T23:59:59.999", -1),
    ],
)
def test_start(start: str, stamp: int) -> None:
    (document,) = documents("--query", "a : 1", "--start", start, "--timestamp-format", "epoch")
    assert document["@timestamp"] == stamp


def test_start_now() -> None:
    (document,) = documents("--query", "a : 1", "--start", "now", "--timestamp-format", "epoch")
    assert abs(document["@timestamp"] / 1000 - time.time()) < 60


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "nothing to compile"),
        (["a", "--query", "b"], "not both"),
        (["a", "--language", "eql"], "--language requires --query"),
        (["a", "-q", "-v"], "cannot be used together"),
        (["a", "--report", "-"], "cannot both be standard output"),
        (["a", "-f", "none", "--report", "-", "--mappings", "-"], "cannot both be standard output"),
        (["a", "-o", "x", "--report", "x"], "cannot be the same file"),
        (["a", "--start", "yesterday"], "`yesterday` is not a time"),
        (["a", "--start", "99999999999999999"], "years 1 to 9999"),
        (["a", "-n", "-1"], "-1"),
        (["a", "--format", "xml"], "xml"),
        (["--query", "b", "--language", "sql"], "sql"),
        (["--quite"], "--quite"),
    ],
)
def test_bad_usage(args: Sequence[str], message: str) -> None:
    found = invoke(*args)
    assert found.exit_code == 2
    assert message in found.stderr


# -- what comes out ------------------------------------------------------------------------------


def test_formats() -> None:
    sequence = SAMPLES / "cloud" / "persistence_access_key_created_then_used.toml"

    def written(form: str) -> str:
        return invoke("-n", "2", "-f", form, "--timestamp-format", "iso", PORT_26, sequence).stdout

    lines = [json.loads(line) for line in written("ndjson").splitlines()]
    assert len(lines) == 6
    assert json.loads(written("json")) == lines
    groups = [json.loads(line) for line in written("groups").splitlines()]
    assert [document for group in groups for document in group["docs"]] == lines
    assert [(group["rule"], len(group["docs"])) for group in groups] == [(str(PORT_26), 1)] * 2 + [(str(sequence), 2)] * 2
    assert list(groups[0]) == ["rule", "rule_id", "name", "match", "docs"]
    assert all(group["match"] for group in groups)
    bulk = [json.loads(line) for line in written("bulk").splitlines()]
    assert (bulk[::2], bulk[1::2]) == ([{"create": {"_index": "triggerfish"}}] * 6, lines)
    assert json.loads(invoke("-f", "bulk", "--index", "logs-x", PORT_26).stdout.splitlines()[0]) == {"create": {"_index": "logs-x"}}
    assert written("none") == ""


def test_json_of_nothing() -> None:
    assert json.loads(invoke("-f", "json", SAMPLES / "broken" / "unclosed_quote.toml").stdout) == []
    assert json.loads(invoke("-f", "json", "-n", "0", PORT_26).stdout) == []


def test_matches_differ_and_times_go_on() -> None:
    found = documents("-n", "5", "--query", "a : x* and b : 1", "--timestamp-format", "epoch")
    assert [document["@timestamp"] - found[0]["@timestamp"] for document in found] == [0, 1000, 2000, 3000, 4000]
    assert len({document["a"] for document in found}) == 5
    assert list(found[0]) == ["a", "b", "@timestamp"]


def test_report() -> None:
    found = report("--seed", "7", "-n", "2", PORT_26, SAMPLES / "broken" / "dead_alternative.toml")
    assert list(found) == ["version", "fingerprint_version", "tool", "seed", "summary", "codes", "rules"]
    assert (found["version"], found["seed"]) == (1, 7)
    assert found["summary"] == {"ok": 2, "unsatisfiable": 0, "unknown": 0, "unsupported": 0, "invalid": 0}
    first, second = found["rules"]
    assert list(first) == ["path", "rule_id", "name", "type", "language", "status", "documents", "draws", "seconds", "findings"]
    assert (first["type"], first["language"], first["documents"]) == ("query", "kuery", 2)
    assert [(finding["code"], finding["severity"]) for finding in first["findings"]] == [("value-outside", "note")]
    assert list(first["seconds"]) == ["parse", "compile", "solve", "sample"]
    assert all(seconds > 0 for seconds in first["seconds"].values())
    (finding,) = second["findings"]
    assert (finding["code"], finding["severity"], finding["field"]) == ("dead-alternative", "warning", "network.transport")
    assert finding["span"] == {"line": 26, "column": 6, "end_line": 26, "end_column": 57}


def test_report_goes_to_a_file_beside_the_documents(tmp_path: Path) -> None:
    found = invoke(PORT_26, "--report", tmp_path / "r.json", "-o", tmp_path / "d.ndjson", "--mappings", tmp_path / "m.json")
    assert (found.exit_code, found.stdout) == (0, "")
    assert json.loads((tmp_path / "r.json").read_text())["summary"]["ok"] == 1
    document = json.loads((tmp_path / "d.ndjson").read_text())
    assert document["destination"]["port"] == 26
    properties = json.loads((tmp_path / "m.json").read_text())["mappings"]["properties"]
    destination = properties["destination"]["properties"]
    assert (destination["ip"], destination["port"]) == ({"type": "ip"}, {"type": "long"})
    assert document.keys() == properties.keys()
    assert properties["@timestamp"] == {"type": "date"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.ndjson", "m.json", "r.json"]


def test_mappings_that_clash(tmp_path: Path) -> None:
    rule(tmp_path, "one", "my.field : 1 and other : x")
    rule(tmp_path, "two", "my.field.inner : x and more : x")
    found = invoke("-f", "none", "--mappings", tmp_path / "m.json", tmp_path)
    assert found.exit_code == 0
    assert "warning: no mapping for `my.field.inner` as keyword: `my.field` is used both" in found.stderr
    assert f"(in {tmp_path / 'two.toml'}, which conflicts with {tmp_path / 'one.toml'})" in found.stderr
    assert json.loads((tmp_path / "m.json").read_text())["mappings"]["properties"].keys() == {"@timestamp", "more", "my", "other"}


def test_rules_share_their_mappings(tmp_path: Path) -> None:
    found = invoke("-f", "none", "--mappings", tmp_path / "m.json", *(SAMPLES / domain for domain in DOMAINS))
    assert "no mapping" not in found.stderr
    assert len(json.loads((tmp_path / "m.json").read_text())["mappings"]["properties"]) > 10


def test_time_stamp_is_mapped_once() -> None:
    stamp = ecs_schema().lookup("@timestamp")
    assert stamp is not None
    mappings = MergedMappings(ecs_schema())
    mappings.add([stamp], "a")
    assert mappings.merge(stamp) == ({"properties": {"@timestamp": {"type": "date"}}}, [])


def test_strict(tmp_path: Path) -> None:
    path = SAMPLES / "broken" / "dead_alternative.toml"
    assert invoke(path).exit_code == 0
    found = invoke("--strict", path)
    assert (found.exit_code, found.stdout) == (1, "")


def test_exit_codes(tmp_path: Path) -> None:
    unsatisfiable, unsupported, invalid = (
        SAMPLES / "broken" / f"{name}.toml" for name in ("contradictory_port_range", "unsupported_esql", "unclosed_quote")
    )
    assert invoke(PORT_26).exit_code == 0
    assert invoke(PORT_26, unsatisfiable).exit_code == 1
    assert invoke(PORT_26, unsupported).exit_code == 3
    assert invoke(PORT_26, unsupported, unsatisfiable).exit_code == 1
    assert invoke(PORT_26, unsupported, unsatisfiable, invalid).exit_code == 2


def test_duplicate_ids(tmp_path: Path) -> None:
    text = PORT_26.read_text(encoding="utf-8")
    for name in "ab":
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    first, second = report(tmp_path)["rules"]
    assert [finding["code"] for finding in first["findings"]] == ["value-outside"]
    finding = second["findings"][0]
    assert (finding["code"], finding["message"]) == ("duplicate-id", f"this rule has the same id as {tmp_path / 'a.toml'}")
    assert text.splitlines()[finding["span"]["line"] - 1].startswith("rule_id")


def test_duplicate_names(tmp_path: Path) -> None:
    text = PORT_26.read_text(encoding="utf-8")
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    (tmp_path / "b.toml").write_text(re.sub(r'rule_id = "[^"]*"', 'rule_id = "another"', text), encoding="utf-8")
    finding = report(tmp_path)["rules"][1]["findings"][0]
    assert (finding["code"], finding["message"]) == ("duplicate-name", f"this rule has the same name as {tmp_path / 'a.toml'}")
    assert text.splitlines()[finding["span"]["line"] - 1].startswith("name")
