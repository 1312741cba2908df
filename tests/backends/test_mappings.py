"""Mappings made from the fields of a query."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish import SourceEvents
from triggerfish.backends.elasticsearch.mapping_bodies import MAPPINGS_FORMATS
from triggerfish.backends.elasticsearch.mappings import MappingError, index_mappings
from triggerfish.compiler.schema.field_types import FIELD_TYPES, Kind
from triggerfish.compiler.schema.fields import FieldSpec, ecs_schema, unknown_field
from triggerfish.compiler.schema.load import schema_from


def fields(*names: str) -> list[FieldSpec]:
    return [ecs_schema().lookup(name) or unknown_field(name) for name in names]


def test_shape() -> None:
    assert index_mappings(fields("network.transport", "event.category", "destination.port", "@timestamp")) == {
        "properties": {
            "@timestamp": {"type": "date"},
            "destination": {"properties": {"port": {"type": "long"}}},
            "event": {"properties": {"category": {"type": "keyword"}}},
            "network": {"properties": {"transport": {"type": "keyword"}}},
        }
    }


def test_empty() -> None:
    assert index_mappings([]) == {"properties": {}}


ONE_FIELD: dict[str, dict[str, Any]] = {
    "message": {"message": {"type": "match_only_text"}},
    "unheard": {"unheard": {"type": "keyword"}},
    "host.cpu.usage": {"host": {"properties": {"cpu": {"properties": {"usage": {"type": "scaled_float", "scaling_factor": 1000.0}}}}}},
    "data_stream.type": {"data_stream": {"properties": {"type": {"type": "keyword"}}}},
    "url.full.text": {"url": {"properties": {"full": {"type": "wildcard", "fields": {"text": {"type": "match_only_text"}}}}}},
    "process.name.caseless": {
        "process": {"properties": {"name": {"type": "keyword", "fields": {"caseless": {"type": "keyword", "normalizer": "lowercase"}}}}}
    },
    "file.elf.exports.a.b": {"file": {"properties": {"elf": {"properties": {"exports": {"type": "flattened"}}}}}},
    "dll.pe.sections.name": {
        "dll": {"properties": {"pe": {"properties": {"sections": {"type": "nested", "properties": {"name": {"type": "keyword"}}}}}}}
    },
    "labels.team": {"labels": {"properties": {"team": {"type": "keyword"}}}},
    "dll.pe.sections": {"dll": {"properties": {"pe": {"properties": {"sections": {"type": "nested"}}}}}},
}


@pytest.mark.parametrize("name", ONE_FIELD)
def test_one_field(name: str) -> None:
    assert index_mappings(fields(name), ecs_schema()) == {"properties": ONE_FIELD[name]}


@pytest.mark.parametrize("name", [name for name in ONE_FIELD if name not in ("url.full.text", "dll.pe.sections.name")])
def test_one_field_without_a_schema(name: str) -> None:
    assert index_mappings(fields(name)) == {"properties": ONE_FIELD[name]}


def test_nested_in_nested() -> None:
    mapping = index_mappings(fields("threat.enrichments.indicator.file.elf.sections.name"), ecs_schema())
    enrichments = mapping["properties"]["threat"]["properties"]["enrichments"]
    sections = enrichments["properties"]["indicator"]["properties"]["file"]["properties"]["elf"]["properties"]["sections"]
    assert enrichments["type"] == sections["type"] == "nested"


USER: dict[str, Any] = {
    "properties": {
        "event_type": {"type": "keyword"},
        "category": {"type": "alias", "path": "event_type"},
        "kind": {"type": "constant_keyword", "value": "demo"},
        "level": {"type": "long", "null_value": 0},
        "note": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
        "ratio": {"type": "scaled_float", "scaling_factor": 10.0},
    }
}


def test_a_mapping_comes_back_as_it_went_in() -> None:
    schema = schema_from(USER)
    specs = [spec for name in schema.names() if (spec := schema.lookup(name))]
    assert index_mappings(specs, schema) == USER
    assert index_mappings(reversed(specs)) == USER


def test_an_alias_brings_its_field() -> None:
    alias = schema_from(USER).lookup("category")
    assert alias is not None
    expected = {"category": {"type": "alias", "path": "event_type"}, "event_type": {"type": "keyword"}}
    assert index_mappings([alias]) == {"properties": expected}


def test_a_keyword_below_a_text_has_a_text_for_parent() -> None:
    inner = schema_from(USER).lookup("note.keyword")
    assert inner is not None
    expected = {"note": {"type": "text", "fields": {"keyword": {"type": "keyword"}}}}
    assert index_mappings([inner]) == {"properties": expected}


@pytest.mark.parametrize(
    ("specs", "message", "names"),
    [
        (
            [unknown_field("a.b"), unknown_field("a.b.c")],
            "`a.b` is used both as a field of type keyword and as the object that holds `a.b.c`",
            ("a.b", "a.b.c"),
        ),
        (
            [unknown_field("a.b.c.d"), unknown_field("a", "ip")],
            "`a` is used both as a field of type ip and as the object that holds `a.b.c.d`",
            ("a", "a.b.c.d"),
        ),
        (
            [unknown_field("a", "flattened"), unknown_field("a.b")],
            "`a` is used both as a field of type flattened and as the object that holds `a.b`",
            ("a", "a.b"),
        ),
        ([unknown_field("a"), unknown_field("a", "long")], "`a` is used both as keyword and as long", ("a",)),
    ],
)
def test_fields_that_clash(specs: list[FieldSpec], message: str, names: tuple[str, ...]) -> None:
    with pytest.raises(MappingError) as raised:
        index_mappings(specs)
    assert str(raised.value) == message
    assert raised.value.fields == names


@given(st.sets(st.sampled_from(ecs_schema().names()), max_size=30), st.randoms())
def test_reads_back_as_the_same_types(names: set[str], order: Any) -> None:
    specs = fields(*sorted(names))
    order.shuffle(specs)
    try:
        mapping = index_mappings(specs, ecs_schema())
    except MappingError:
        return
    back = schema_from(mapping)
    for spec in specs:
        found = back.lookup(spec.name)
        if spec.kind is Kind.OBJECT and spec.type.name != "flattened":
            continue
        assert found is not None
        # A constant_keyword whose value is not known is mapped as a keyword.
        assert found.type.name == spec.type.name.removeprefix("constant_")
        assert (found.multi_field_of, found.alias_of, found.nested_path) == (
            spec.multi_field_of,
            spec.alias_of,
            spec.nested_path,
        )


def test_wildcard_names_become_dynamic_templates() -> None:
    spec = FieldSpec("my.0.size", FIELD_TYPES["long"], known=False, made_for="my.*.size")
    assert index_mappings([spec]) == {
        "dynamic_templates": [{"my.*.size": {"path_match": "my.*.size", "mapping": {"type": "long"}}}],
        "properties": {"my": {"properties": {"0": {"properties": {"size": {"type": "long"}}}}}},
    }


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("index", {"mappings": {"properties": {}}}),
        ("component", {"template": {"mappings": {"properties": {}}}}),
        ("template", {"index_patterns": ["logs", "logs-*"], "priority": 500, "template": {"mappings": {"properties": {}}}}),
    ],
)
def test_bodies(form: str, body: dict[str, Any]) -> None:
    assert MAPPINGS_FORMATS[form](index_mappings([]), "logs") == body


def test_a_field_and_its_multi_field_are_both_mapped() -> None:
    mappings = SourceEvents.from_query("process.name.caseless: a and process.name: A and process.executable.text: b").mappings()
    process = mappings["properties"]["process"]["properties"]
    assert process["name"] == {"type": "keyword", "fields": {"caseless": {"type": "keyword", "normalizer": "lowercase"}}}
    assert set(process["executable"]["fields"]) == {"text"}
