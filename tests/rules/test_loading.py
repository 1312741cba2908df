"""Reading one rule from one file, and what is said when that fails."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.grammar.span import Position
from triggerfish.rules import RULE_TYPES, RuleError, load_rule, rule_from_table
from triggerfish.rules.reading.text_file import decode
from triggerfish.rules.reading.toml_reader import parse_toml

RULE = """\
[metadata]
maturity = "production"

[rule]
index = ["logs-*", "filebeat-*"]
name = "Example"
rule_id = "5f0a9a34-6d1f-4d3c-9a53-1d1cd3c3f1b6"
type = "eql"
event_category_override = "event.type"
timestamp_field = "event.created"
tiebreaker_field = "event.sequence"
query = '''
start where true
'''

[[rule.filters]]
[rule.filters.query.term]
"host.name" = "a"
"""


def load(folder: Path, content: str | bytes) -> RuleError:
    file = folder / "x.toml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(RuleError) as caught:
        load_rule(file)
    assert caught.value.path == file
    assert "\n" not in str(caught.value)
    return caught.value


def test_all_attributes(tmp_path: Path) -> None:
    file = tmp_path / "example.toml"
    file.write_text(RULE)
    rule = load_rule(file)
    assert (rule.path, rule.name, rule.type, rule.language) == (file, "Example", "eql", "eql")
    assert rule.query == "start where true\n"
    assert rule.rule_id == "5f0a9a34-6d1f-4d3c-9a53-1d1cd3c3f1b6"
    assert rule.index == ("logs-*", "filebeat-*")
    assert rule.event_category_override == "event.type"
    assert rule.timestamp_field == "event.created"
    assert rule.tiebreaker_field == "event.sequence"
    assert rule.filters == ({"query": {"term": {"host.name": "a"}}},)
    assert rule.raw["name"] == "Example"
    assert rule.query_map is not None
    assert rule.query_map.position(0) == Position(13, 1)
    assert hash(rule) == hash(load_rule(str(file)))
    assert pickle.loads(pickle.dumps(rule)) == rule


def test_name_and_id_may_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "odd_port.toml"
    file.write_text("[rule]\ntype = 'query'\nquery = 'a:b'\n")
    rule = load_rule(file)
    assert (rule.name, rule.rule_id, rule.index, rule.filters) == ("odd_port", "", (), ())


@pytest.mark.parametrize(("name", "rule_type"), RULE_TYPES.items())
def test_language_a_type_has_without_naming_one(name: str, rule_type: object) -> None:
    rule = rule_from_table({"type": name, "query": "q"})
    assert rule.language == (RULE_TYPES[name].languages or (None,))[0]


def test_types_that_need_no_query() -> None:
    without = {name for name in RULE_TYPES if rule_from_table({"type": name, "query": "q"}).query_map and not needs(name)}
    assert without == {"saved_query", "esql", "machine_learning"}


def needs(name: str) -> bool:
    try:
        rule_from_table({"type": name})
    except RuleError:
        return True
    return False


def test_rule_without_a_file_has_positions_in_its_query() -> None:
    rule = rule_from_table({"type": "query", "query": "a:b\n or c:d", "index": "logs-*"})
    assert rule.query_map is not None
    assert rule.query_map.position(5) == Position(2, 2)
    assert (rule.name, rule.path, rule.index) == ("", None, ("logs-*",))


def test_threat_query_has_a_map(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("[rule]\ntype = 'threat_match'\nquery = 'a:b'\nthreat_query = 'c:d'\n")
    rule = load_rule(file)
    assert rule.threat_query_map is not None
    assert rule.threat_query_map.position(0) == Position(4, 17)


# content, what str() ends with after the path
WRONG_RULES = [
    ("[metadata]\nx = 1\n", "missing [rule] table"),
    ("rule = 3\n", ":1:8: `rule` is not a table"),
    ("[[rule]]\ntype = 'query'\n", ":1:1: `rule` is not a table"),
    ("[rule]\nname = 'x'\n", ":1:1: the rule has no `type`"),
    ("[rule]\ntype = 1\n", ":2:8: `type` is not a string"),
    ("# c\n[rule]\ntype = 'query'\n", ":2:1: a rule of type `query` needs a `query`"),
    ("[rule]\ntype = 'eql'\nquery = 26\n", ":3:9: `query` is not a string"),
    ("[rule]\ntype = 'esql'\nquery = [1]\n", ":3:9: `query` is not a string"),
    ("[rule]\ntype = 'eql'\nlanguage = 'kuery'\nquery = 'x'\n", ":3:12: a rule of type `eql` cannot be written in `kuery`"),
    ("[rule]\ntype = 'query'\nquery = 'x'\nname = 3\n", ":4:8: `name` is not a string"),
    ("[rule]\ntype = 'query'\nquery = 'x'\nindex = 3\n", ":4:9: `index` is not a list of strings"),
    ("[rule]\ntype = 'query'\nquery = 'x'\nfilters = ['a']\n", ":4:11: `filters` is not a list of tables"),
]


@pytest.mark.parametrize(("content", "said"), WRONG_RULES)
def test_wrong_rules(tmp_path: Path, content: str, said: str) -> None:
    error = load(tmp_path, content)
    separator = "" if said.startswith(":") else ": "
    assert str(error) == f"{error.path}{separator}{said}"


WRONG_TOML = [
    ("[rule]\nquery = '''\na:b\n", ":2:9: the string that opens here is not closed"),
    ('[rule]\r\nquery = "a:b\r\n', ":2:9: the string that opens here is not closed on its line"),
    ('[rule]\nquery = "C:\\Windows"\n', ":2:12: `\\W` is not an escape that TOML knows"),
    ('[rule]\nquery = """\n\tC:\\Windows"""\n', ":3:4: `\\W` is not an escape that TOML knows"),
    ('[rule]\nquery = "\\ud800"\n', ":2:10: `\\ud800` is not an escape that TOML knows"),
    ('[rule]\nquery = "a\x01"\n', ":2:11: a string cannot hold the control character U+0001"),
    ("[rule]\nindex = ['a' 'b']\n", ":2:14: expected `,` or `]` in an array, found `'`"),
    ("[rule]\nindex = ['a',\n", ":2:9: the array that opens here is not closed"),
    ("[rule\nname = 'x'\n", ":1:6: expected `]` after the table's name, found the end of the line"),
    ("[rule]\nname 'x'\n", ":2:6: expected `=` after the key `name`, found `'`"),
    ("[rule]\nname =\n", ":2:7: expected a value, found the end of the line"),
    ("[rule]\nname = x y\n", ":2:8: `x` is not a value"),
    ("[rule]\nenabled = True\n", ":2:11: `True` is not a value"),
    ("[rule]\nname = 'x' \x0c\n", ":2:12: expected the end of the line, found the character U+000C"),
    ("[rule]\nname = 'x' y = 1\n", ":2:12: expected the end of the line, found `y`"),
    ("[rule]\nname = 'x'\nname = 'y'\n", ":3:1: this key is defined twice"),
    ("[rule]\na = 1\n[rule]\n", ":3:1: this table is defined twice"),
    ("[rule]\nthreat = 1\n[rule.threat]\nx = 1\n[b]\n", ":3:1: a key and a table have the same name"),
    ("[[rule]]\n[rule]\n", ":2:1: a table and an array of tables have the same name"),
    ("[[rule]]\nx = 1\n[[rule]]\nx = 1\nx = 2\n", ":5:1: this key is defined twice"),
    ("[rule]\n[[rule]]\n", ":2:1: a table and an array of tables have the same name"),
    ("[rule]\nx.y = 1\n[rule.x]\n", ":3:1: this table is defined twice"),
    ("[rule]\nx.y = 1\nx.z = 2\nx = 3\n", ":4:1: a key and a table have the same name"),
    ("[rule]\nx = { y = 1 }\n[rule.x.z]\n", ":3:1: a key and a table have the same name"),
    ("[rule]\nx = 1\nx.y = 2\n", ":3:1: a key and a table have the same name"),
    ("[rule.x]\n[rule]\nx = 1\n", ":3:1: a key and a table have the same name"),
    ("[rule]\nx = 2024-02-31T00:00:00Z\n", ":2:5: `2024-02-31T00:00:00Z`: not a valid date"),
    ("x = " + "9" * 5000, ":1:5: `" + "9" * 40 + "…`: not a valid TOML value"),
    ("x = " + "[" * 2000, ":1:105: more than 100 arrays and tables inside each other"),
    ('a = "\t\t"\nb = "\t"\nb = 1\n', ":3:1: this key is defined twice"),
    ('{"type": "query"}', ":1:1: expected a key, found `{`"),
    ("[b.a]\n[[b]]\n", ":2:4: not valid TOML"),
]


@pytest.mark.parametrize(("content", "said"), WRONG_TOML)
def test_wrong_toml(tmp_path: Path, content: str, said: str) -> None:
    error = load(tmp_path, content)
    assert str(error) == f"{error.path}{said}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ": the file is empty"),
        (b"\xef\xbb\xbf\n \n", ": the file is empty"),
        ("[rule]".encode("utf-16"), ": the file is UTF-16, not UTF-8"),
        ("[rule]".encode("utf-16-be"), ": the file looks like UTF-16, not UTF-8"),
        ("[rule]".encode("utf-32"), ": the file is UTF-32, not UTF-8"),
        ("[rule]\nname = 'café'".encode("latin-1"), ":2:12: the file is not UTF-8 (byte 0xe9); it looks like Latin-1"),
        ("# “x”".encode("cp1252"), ":1:3: the file is not UTF-8 (byte 0x93); it looks like Windows-1252"),
        (b"[rule]\nname = 'a\0b'\n", ":2:10: the file holds a NUL character"),
    ],
)
def test_wrong_bytes(tmp_path: Path, content: bytes, said: str) -> None:
    error = load(tmp_path, content)
    assert str(error) == f"{error.path}{said}"


def test_unreadable_paths(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="it is a folder"):
        load_rule(tmp_path)
    with pytest.raises(RuleError, match="no such file"):
        load_rule(tmp_path / "none.toml")
    with pytest.raises(RuleError, match="not a directory"):
        file = tmp_path / "file"
        file.write_text("x")
        load_rule(file / "x.toml")
    with pytest.raises(RuleError, match="null byte"):
        load_rule("a\0b")


def test_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(RuleError("wrong", Path("x.toml"), 3, 7, "mend it")))
    assert str(error) == "x.toml:3:7: wrong"
    assert (error.message, error.line, error.column, error.hint) == ("wrong", 3, 7, "mend it")
    assert str(RuleError("wrong")) == "wrong"


# Valid TOML 1.0 that pytoml alone refuses.
SINCE_TOML_1 = [
    'a = "x\ty"',
    'a = "x\\"\ty"',
    'a = """x\ty\n\tz"""',
    'a = """x""""',
    'a = """\nx"""""',
    "a = '''x''''",
    "a = '''\nx\\n'''''",
    'a = """x\\  \n  y"""',
    'a = ["\t", "b"]\nc = { d = "\t" }\n[e]\nf = "\u00e9\t"',
    'a = """\r\n\tx\r\n"""\r\nb = 1\r\n',
    "[rule]\nx.y = 1\nx.z = 2",
    "x = [1, 'a', { b = 2 }]",
    "x = 0xff\ny = 0o17\nz = 0b11",
    "x = 2024-05-01\ny = 2024-05-01T00:00:00\nz = 10:20:30",
    "x = -inf",
]


@pytest.mark.parametrize("text", SINCE_TOML_1)
def test_all_of_toml_1_is_read(text: str) -> None:
    assert parse_toml(text) == tomllib.loads(text)


@given(st.text(st.sampled_from("ab.=[]{}'\"\\\n\r\t #,1-:Tu0Z\U0001f41f"), max_size=60))
def test_same_as_the_standard_library(text: str) -> None:
    """Whatever is read is read as the standard library reads it; nothing but RuleError is raised."""
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        expected = None
    try:
        tables = parse_toml(text)
    except RuleError:
        return
    assert expected is None or tables == expected


@given(st.binary(max_size=40))
def test_any_bytes(data: bytes) -> None:
    try:
        text = decode(data)
    except RuleError:
        return
    assert "\0" not in text
    try:
        parse_toml(text)
    except RuleError as error:
        assert error.message
