"""What schemas know of fields, the built-in one and those that users bring."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.compiler.schema import generate_ecs_table as generate_schema
from triggerfish.compiler.schema.field_types import FIELD_TYPES, Kind, closest_type_name
from triggerfish.compiler.schema.fields import ECS_VERSION, TABLE_PATH, FieldSpec, Schema, ecs_schema, unknown_field
from triggerfish.compiler.schema.load import SchemaError, load_schema, schema_from

# name, type, several values, and what else is told of it
BUILT_IN: list[tuple[str, str, bool, dict[str, Any]]] = [
    ("@timestamp", "date", False, {}),
    ("process.name", "keyword", False, {}),
    ("process.args", "keyword", True, {}),
    ("process.command_line", "wildcard", False, {}),
    ("process.command_line.text", "match_only_text", False, {"multi_field_of": "process.command_line"}),
    ("process.name.caseless", "keyword", True, {"multi_field_of": "process.name", "caseless": True}),
    ("destination.ip", "ip", False, {}),
    ("destination.port", "long", False, {}),
    ("host.ip", "ip", True, {}),
    ("message", "match_only_text", False, {}),
    ("data_stream.dataset", "constant_keyword", False, {"constant": None}),
    ("host.cpu.usage", "scaled_float", False, {"scaling_factor": 1000.0}),
    ("dll.pe.sections", "nested", True, {"nested_path": None}),
    ("dll.pe.sections.name", "keyword", False, {"nested_path": "dll.pe.sections"}),
    ("threat.enrichments.indicator.file.elf.sections.name", "keyword", False, {}),
    ("labels.team", "keyword", False, {}),
    ("dns.answers.name", "keyword", True, {}),
    ("file.elf.exports", "flattened", True, {"flattened_root": None}),
    ("file.elf.exports.some.key", "keyword", True, {"flattened_root": "file.elf.exports"}),
    ("process.Ext.token.integrity_level_name", "keyword", True, {}),
    ("auditd.data.a3", "keyword", True, {}),
    ("aws.cloudtrail.user_identity.type", "keyword", True, {}),
    ("okta.event_type", "keyword", True, {}),
    ("system.audit.host.uptime", "long", True, {}),
    ("zeek.connection.icmp.code", "integer", True, {}),
    ("winlog.event_data.NotListedAnywhere", "keyword", True, {}),
    ("o365.audit.Parameters.ForwardTo", "keyword", True, {}),
    ("azure.signinlogs.properties.authentication_details", "object", True, {}),
]


@pytest.mark.parametrize(("name", "type_name", "several", "more"), BUILT_IN, ids=[case[0] for case in BUILT_IN])
def test_built_in(name: str, type_name: str, several: bool, more: dict[str, Any]) -> None:
    spec = ecs_schema().lookup(name)
    assert spec is not None
    assert (spec.name, spec.type.name, spec.several, spec.known) == (name, type_name, several, True)
    assert {key: getattr(spec, key) for key in more} == more


@pytest.mark.parametrize("name", ["", ".", "process", "process.nmae", "okta.", "x", "message.text", "Process.Name"])
def test_not_known(name: str) -> None:
    assert ecs_schema().lookup(name) is None


def test_usual_multi_field_of_a_known_field() -> None:
    spec = ecs_schema().lookup("user.id.text")
    assert spec is not None and spec.kind is Kind.TEXT and spec.multi_field_of == "user.id"
    assert not spec.known and not spec.several


def test_vocabularies() -> None:
    schema = ecs_schema()
    category, platform = schema.lookup("event.category"), schema.lookup("host.os.type")
    assert category is not None and platform is not None
    assert "process" in category.allowed and category.array
    assert "windows" in platform.expected and not platform.allowed
    assert schema.expected_event_types("process") == ("access", "change", "end", "info", "start")
    assert schema.expected_event_types("no such category") == ()
    types = schema.lookup("event.type")
    assert types is not None
    for name in category.allowed:
        assert set(schema.expected_event_types(name)) <= set(types.allowed)


def test_version() -> None:
    assert ECS_VERSION == "9.5.0"


def test_unknown_field() -> None:
    spec = unknown_field("x.y", "long")
    assert (spec.kind, spec.known, spec.several) == (Kind.INTEGER, False, True)
    assert unknown_field("x").type.name == "keyword"


def test_aliases_stand_for_their_field() -> None:
    schema = ecs_schema()
    aliases = [spec for layer in schema.layers for spec in layer.values() if spec.alias_of]
    assert aliases
    for alias in aliases:
        spec = schema.lookup(alias.name)
        assert spec is not None and spec.kind is not Kind.ALIAS and spec.alias_of == alias.alias_of


def test_every_name_is_found() -> None:
    schema = ecs_schema()
    names = schema.names()
    assert len(names) > 14_000 and names == tuple(sorted(names))
    for name in names:
        spec = schema.lookup(name)
        assert spec is not None and spec.name == name and spec.known


class TestMatching:
    def test_all_of_a_prefix(self) -> None:
        names = [spec.name for spec in ecs_schema().matching(("dll.hash.", ""))]
        assert names == sorted(names)
        assert "dll.hash.sha256" in names and all(name.startswith("dll.hash.") for name in names)

    def test_multi_fields_too_but_no_objects(self) -> None:
        names = [spec.name for spec in ecs_schema().matching(("process.name", ""))]
        assert names == ["process.name", "process.name.caseless", "process.name.text"]
        assert not any(spec.type.name in ("object", "nested") for spec in ecs_schema().matching(("", "")))

    def test_case_sensitive(self) -> None:
        assert ecs_schema().matching(("PROCESS.", "")) == ()

    def test_pieces_are_literal(self) -> None:
        schema = schema_from({"a.b": {"type": "long"}, "aXb": {"type": "long"}, "a.b.c": {"type": "long"}})
        assert [spec.name for spec in schema.matching(("a.b",))] == ["a.b"]
        assert [spec.name for spec in schema.matching(("a", "b", ""))] == ["a.b", "a.b.c", "aXb"]

    @given(st.lists(st.text("ab.", max_size=3), min_size=1, max_size=4))
    def test_like_a_wildcard(self, pieces: list[str]) -> None:
        names = ["a", "b", "ab", "a.b", "ba", "b.a.b", "aabb", "abab"]
        schema = schema_from({name: {"type": "keyword"} for name in names})
        expected = [name for name in sorted(names) if _runs_through(name, pieces)]
        assert [spec.name for spec in schema.matching(tuple(pieces))] == expected


def _runs_through(name: str, pieces: list[str]) -> bool:
    if len(pieces) == 1:
        return name == pieces[0]
    return name.startswith(pieces[0]) and any(_runs_through(name[start:], pieces[1:]) for start in range(len(pieces[0]), len(name) + 1))


class TestFieldTable:
    def test_of_the_plainest_form(self) -> None:
        schema = schema_from({"x": {"type": "long"}})
        assert schema.lookup("x") == FieldSpec("x", FIELD_TYPES["long"], array_stated=False)
        assert schema.names() == ("x",)

    def test_with_all_that_ecs_has(self) -> None:
        schema = schema_from(
            {
                "event.category": {
                    "type": "keyword",
                    "normalize": ["array"],
                    "allowed_values": [{"name": "a", "expected_event_types": ["start"]}, {"name": "b"}],
                },
                "mood": {"type": "keyword", "normalize": [], "expected_values": ["good", "bad"]},
                "note": {
                    "type": "keyword",
                    "multi_fields": [{"flat_name": "note.text", "name": "text", "type": "match_only_text"}],
                },
                "tags": {"type": "object", "object_type": "keyword"},
            }
        )
        category, mood, text, tag = map(schema.lookup, ("event.category", "mood", "note.text", "tags.any.thing"))
        assert category is not None and category.array and category.allowed == ("a", "b")
        assert schema.expected_event_types("a") == ("start",) and schema.expected_event_types("b") == ()
        assert mood is not None and mood.expected == ("good", "bad") and not mood.several
        assert text is not None and text.kind is Kind.TEXT and text.multi_field_of == "note"
        assert tag is not None and tag.kind is Kind.STRING and tag.known

    def test_a_field_called_properties_or_mappings(self) -> None:
        schema = schema_from({"properties": {"type": "long"}, "mappings": {"type": "ip"}})
        assert schema.names() == ("mappings", "properties")

    def test_empty(self) -> None:
        assert schema_from({}).names() == ()

    def test_a_schema_is_one(self) -> None:
        assert schema_from(ecs_schema()) is ecs_schema()


MAPPING: dict[str, Any] = {
    "properties": {
        "@timestamp": {"type": "date"},
        "event_type": {"type": "keyword"},
        "event": {"properties": {"category": {"type": "alias", "path": "event_type"}}},
        "host.name": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}},
        "user": {"type": "keyword", "normalizer": "lowercase", "null_value": "nobody"},
        "kind": {"type": "constant_keyword", "value": "demo"},
        "people": {"type": "nested", "properties": {"name": {"type": "keyword"}, "pets": {"type": "nested"}}},
        "blob": {"type": "flattened"},
        "open": {"type": "object"},
        "ratio": {"type": "scaled_float", "scaling_factor": 10},
    },
    "dynamic_templates": [
        {"open": {"path_match": "open.*", "match_mapping_type": "*", "mapping": {"type": "ip"}}},
        {"strings": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}},
    ],
}


@pytest.mark.parametrize(
    "source",
    [MAPPING, {"mappings": MAPPING}, {"logs-1": {"mappings": MAPPING}, "logs-2": {"mappings": {}}}],
    ids=["bare", "index", "answer"],
)
class TestMapping:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("@timestamp", {"kind": Kind.DATE, "several": True, "known": True}),
            ("event.category", {"kind": Kind.STRING, "alias_of": "event_type"}),
            ("host.name", {"kind": Kind.TEXT}),
            ("host.name.keyword", {"kind": Kind.STRING, "multi_field_of": "host.name"}),
            ("user", {"caseless": True, "null_value": "nobody"}),
            ("kind", {"constant": "demo", "allowed": ("demo",)}),
            ("people", {"kind": Kind.NESTED, "nested_path": None}),
            ("people.name", {"kind": Kind.STRING, "nested_path": "people"}),
            ("people.pets", {"kind": Kind.NESTED, "nested_path": "people"}),
            ("blob.a.b", {"kind": Kind.STRING, "flattened_root": "blob"}),
            ("open.door", {"kind": Kind.IP}),
            ("ratio", {"scaling_factor": 10.0}),
        ],
    )
    def test_field(self, source: dict[str, Any], name: str, expected: dict[str, Any]) -> None:
        spec = schema_from(source).lookup(name)
        assert spec is not None
        assert {key: getattr(spec, key) for key in expected} == expected

    def test_nothing_else(self, source: dict[str, Any]) -> None:
        assert schema_from(source).lookup("nothing") is None


def test_circular_aliases_end() -> None:
    schema = schema_from({"properties": {"a": {"type": "alias", "path": "b"}, "b": {"type": "alias", "path": "a"}}})
    spec = schema.lookup("a")
    assert spec is not None and spec.kind is Kind.ALIAS


class TestStacking:
    def test_later_wins(self) -> None:
        schema = ecs_schema().with_fields(schema_from({"process.pid": {"type": "keyword"}, "x": {"type": "ip"}}))
        pid, x = schema.lookup("process.pid"), schema.lookup("x")
        assert pid is not None and pid.kind is Kind.STRING
        assert x is not None and x.kind is Kind.IP
        assert ecs_schema().lookup("x") is None

    def test_a_mapping_leaves_what_ecs_says_of_several_values(self) -> None:
        mapping = {"properties": {name: {"type": "keyword"} for name in ("event.category", "process.name", "x")}}
        schema = ecs_schema().with_fields(schema_from(mapping))
        category, name, x = map(schema.lookup, ("event.category", "process.name", "x"))
        assert category is not None and category.several and "file" in category.allowed
        assert name is not None and not name.several
        assert x is not None and x.several

    def test_a_table_that_says_so_makes_one_value_of_an_array(self) -> None:
        table = {"process.args": {"type": "keyword", "normalize": []}}
        spec = ecs_schema().with_fields(schema_from(table)).lookup("process.args")
        assert spec is not None and not spec.several

    def test_of_single_fields(self) -> None:
        schema = Schema(()).with_fields({"x": unknown_field("x")})
        assert schema.names() == ("x",)

    def test_flattened_on_top_of_fields(self) -> None:
        schema = ecs_schema().with_fields(schema_from({"process": {"type": "flattened"}}))
        spec = schema.lookup("process.pid")
        assert spec is not None and spec.flattened_root == "process"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "schema: expected a schema, `[]` is not a mapping"),
        ({"x": "long"}, 'schema: `x`: expected a field such as {"type": "keyword"}, `long` is not a mapping'),
        ({"x": {}}, 'schema: `x`: has no type; expected one such as {"type": "keyword"}'),
        ({"x": {"type": "keywrd"}}, "schema: `x`: unknown type `keywrd`; did you mean `keyword`?"),
        ({"x": {"type": "qqq"}}, "schema: `x`: unknown type `qqq`; expected the name of an Elasticsearch field type"),
        ({"x": {"type": 1}}, "schema: `x`: unknown type `1`; expected the name of an Elasticsearch field type"),
        ({1: {"type": "long"}}, "schema: expected a field name, found `1`"),
        ({"x": {"type": "long", "normalize": [1]}}, "schema: `x`: expected a list of strings under `normalize`"),
        (
            {"properties": {"a": {"properties": {"b": {"type": "strng"}}}}},
            "schema: `a.b`: unknown type `strng`; expected the name of an Elasticsearch field type",
        ),
        (
            {"properties": {"a": {"properties": []}}},
            "schema: `a`: expected fields under `properties`, `[]` is not a mapping",
        ),
        (
            {"properties": {"a": {"type": "alias"}}},
            "schema: `a`: an alias needs the name of its field under `path`",
        ),
        (
            {"properties": {"a": {"type": "scaled_float", "scaling_factor": "x"}}},
            "schema: `a`: expected a number under `scaling_factor`, found `x`",
        ),
        (
            {"x": {"type": "keyword", "multi_fields": [{"name": "text", "type": "txt"}]}},
            "schema: `x.text`: unknown type `txt`; did you mean `text`?",
        ),
    ],
)
def test_errors(source: Any, message: str) -> None:
    with pytest.raises(SchemaError) as raised:
        schema_from(source)
    assert str(raised.value) == message


class TestFiles:
    def test_json(self, tmp_path: Path) -> None:
        path = tmp_path / "mapping.json"
        path.write_bytes(orjson.dumps({"mappings": MAPPING}))
        assert load_schema(path).names() == schema_from(MAPPING).names()

    def test_yaml(self, tmp_path: Path) -> None:
        pytest.importorskip("yaml")
        path = tmp_path / "fields.yml"
        path.write_text("x:\n  type: long\n  normalize: [array]\n")
        spec = load_schema(str(path)).lookup("x")
        assert spec is not None and spec.array and spec.kind is Kind.INTEGER

    def test_yaml_without_pyyaml(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "yaml", None)
        path = tmp_path / "fields.yaml"
        path.write_text("x: {type: long}\n")
        with pytest.raises(SchemaError, match="pip install pyyaml"):
            load_schema(path)

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            ("bad.json", "{", "1:2: not valid JSON: "),
            ("bad.yml", "b: 1\na: [", "2:5: not valid YAML: "),
            ("list.json", "[]", " expected a schema"),
            ("bool.yml", "on: {type: long}", " expected a field name, found `True`"),
            ("empty.yml", "", " expected a schema"),
        ],
    )
    def test_what_they_cannot_hold(self, tmp_path: Path, name: str, text: str, message: str) -> None:
        if name.endswith(".yml"):
            pytest.importorskip("yaml")
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(SchemaError) as raised:
            load_schema(path)
        assert str(raised.value).startswith(f"{path}:{message}")

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(SchemaError, match="cannot be read: no such file"):
            load_schema(tmp_path / "none.json")


class TestFieldTypes:
    def test_bounds(self) -> None:
        bounds = {name: (each.lowest, each.highest) for name, each in FIELD_TYPES.items()}
        assert bounds["byte"] == (-128, 127)
        assert bounds["short"] == (-32768, 32767)
        assert bounds["long"] == (-9223372036854775808, 9223372036854775807)
        assert bounds["unsigned_long"] == (0, 18446744073709551615)
        assert bounds["half_float"] == (-65504, 65504)
        assert bounds["date"] == (-62135596800000, 253402300799999)
        assert bounds["date_nanos"] == (0, 9223372036854)
        assert bounds["keyword"] == (None, None)

    def test_bounded_exactly_where_values_are_numbers_or_dates(self) -> None:
        for each in FIELD_TYPES.values():
            assert (each.lowest is not None) == (each.kind in (Kind.INTEGER, Kind.FLOAT, Kind.DATE)), each.name

    def test_close_names(self) -> None:
        assert closest_type_name("Keyword ") == "keyword"
        assert closest_type_name("nothing like it") is None


def test_the_table_is_what_the_sources_give(shared: Path) -> None:
    table, conflicts = generate_schema.make_table(shared / "schemas")
    assert generate_schema.table_bytes(table) == TABLE_PATH.read_bytes()
    assert all(conflict.kept[0] != conflict.dropped[0] for conflict in conflicts)


def test_the_command_writes_the_same_bytes_again(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "table.json"
    generate_schema.main([str(shared / "schemas"), "--out", str(out), "--conflicts"])
    assert out.read_bytes() == TABLE_PATH.read_bytes()
    assert "url.path: wildcard (ecs), not keyword" in capsys.readouterr().out


def test_generating_says_what_source_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected one file named `ecs_flat"):
        generate_schema.make_table(tmp_path)


def test_deep_schemas_are_refused() -> None:
    deep: dict[str, Any] = {"type": "long"}
    for _ in range(2000):
        deep = {"properties": {"a": deep}}
    with pytest.raises(SchemaError, match="nested too deeply"):
        schema_from(deep)
