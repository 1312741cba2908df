"""Documents for Kuery by the type of the field: what they hold, and what is proved to be impossible."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from triggerfish import InvalidQueryError, SourceEvents, UnsolvableError, UnsupportedQueryError
from triggerfish.backends.elasticsearch.mappings import index_mappings
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.formula import fields_of
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.compiler.values.text_analysis import tokens

NOW = 1_614_686_400_000
SCHEMA = {
    "k": {"type": "keyword"},
    "args": {"type": "keyword", "normalize": ["array"]},
    "w": {"type": "wildcard"},
    "t": {"type": "text"},
    "n": {"type": "byte"},
    "u": {"type": "unsigned_long"},
    "h": {"type": "half_float"},
    "ip": {"type": "ip"},
    "d": {"type": "date"},
    "v": {"type": "version"},
    "g": {"type": "geo_point"},
    "c": {"type": "constant_keyword"},
    "f": {"type": "flattened"},
    "nest": {"type": "nested"},
    "nest.a": {"type": "keyword"},
    "nest.b": {"type": "keyword", "normalize": ["array"]},
    "nest.n": {"type": "long"},
    "nest.in": {"type": "nested"},
    "nest.in.x": {"type": "keyword"},
}


def emit(query: str, count: int = 8, schema: Any = SCHEMA, seed: int = 0) -> list[dict[str, Any]]:
    events = SourceEvents(schema, seed=seed, start=NOW)
    events.add_query(query, language="kuery")
    documents = events.emit(count, timestamp=False)
    formula = compile_query(query, schema_from(schema), NOW, "kuery").program.steps[0].formula
    for document in documents:
        assert matches(formula, document), document
    return documents


# -- nested ----------------------------------------------------------------------------------------


def test_conditions_hold_inside_one_object() -> None:
    for document in emit("nest:{ a:x and n > 5 }"):
        (only,) = document["nest"]
        assert only["a"] == "x" and only["n"] > 5


def test_two_groups_need_two_objects_where_one_cannot_do() -> None:
    for document in emit("nest:{ a:x } and nest:{ a:y }"):
        assert sorted(each["a"] for each in document["nest"]) == ["x", "y"]
    for document in emit("nest:{ a:x } and nest:{ n:1 }"):
        assert document["nest"] == [{"a": "x", "n": 1}]


def test_objects_inside_objects() -> None:
    for document in emit("nest:{ a:x and in:{ x:y } and not in:{ x:z } }"):
        (only,) = document["nest"]
        assert only["a"] == "x" and only["in"] == [{"x": "y"}]


def test_lists_inside_one_object() -> None:
    for document in emit("nest:{ b:(p and q) and not b:r }"):
        (only,) = document["nest"]
        assert {"p", "q"} <= set(only["b"]) and "r" not in only["b"]


def test_an_exclusion_of_an_object() -> None:
    for document in emit("nest:{ a:x } and not nest:{ a:x and n < 5 }"):
        assert all(each["n"] >= 5 for each in document["nest"] if each["a"] == "x")
    for document in emit("k:x and not nest:{ a:x }"):
        assert all(each.get("a") != "x" for each in document["nest"])


@pytest.mark.parametrize(
    "query",
    [
        "nest:{ a:x and not a:x }",
        "nest:{ a:(x and y) }",
        "nest:{ a:x and n:1 } and not nest:{ a:x }",
        "nest:{ a:x and in:{ x:y and not x:y } }",
        "nest:{ a:x and in:{ x:y } } and not nest:{ in:{ x:* } }",
        "nest:{ n < 5 and n > 5 }",
    ],
)
def test_what_no_object_can_be(query: str) -> None:
    with pytest.raises(UnsolvableError, match="nest"):
        emit(query)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("nest.a:x", "inside the nested object `nest`"),
        ("nest:{ a:x } and nest.n > 1", "inside the nested object `nest`"),
        ("nest:{ in.x:y }", "inside the nested object `nest.in`"),
        ("nest:*", "holds nested objects"),
        ("k:{ a:x }", "is of type keyword, not nested"),
        ("things:{ a:x } and things.a:y", "inside the nested object `things`"),
    ],
)
def test_places_of_nested_fields(query: str, says: str) -> None:
    with pytest.raises(InvalidQueryError, match=says) as caught:
        emit(query)
    assert caught.value.diagnostic.spans and caught.value.diagnostic.help


def test_a_path_that_no_schema_knows_is_nested_by_its_use() -> None:
    events = SourceEvents.from_query("things:{ name:a and size > 5 }", language="kuery")
    (document,) = events.emit(timestamp=False)
    (only,) = document["things"]
    assert only["name"] == "a" and only["size"] > 5
    things = events.mappings()["properties"]["things"]
    assert things == {"type": "nested", "properties": {"name": {"type": "keyword"}, "size": {"type": "long"}}}


def test_a_wildcard_name_reaches_into_nested_objects() -> None:
    documents = emit("n*.a:x", 3)
    assert all(document == {"nest": [{"a": "x"}]} for document in documents)


def test_mappings_of_nested_fields() -> None:
    formula = compile_query("nest:{ in:{ x:a } }", schema_from(SCHEMA), NOW, "kuery").program.steps[0].formula
    mapping = index_mappings(fields_of(formula).values(), schema_from(SCHEMA))
    inner = {"type": "nested", "properties": {"x": {"type": "keyword"}}}
    assert mapping == {"properties": {"nest": {"type": "nested", "properties": {"in": inner}}}}


# -- constant_keyword ------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["c:(a or b)", "c:* and k:x", "(c:a and k:x) or (c:b and k:y)", "not c:a", "c:a* or k:x"])
def test_a_constant_keyword_has_one_value_in_a_run(query: str) -> None:
    for seed in range(3):
        assert len({document["c"] for document in emit(query, 30, seed=seed) if "c" in document}) == 1


def test_the_value_of_a_constant_keyword_may_stand_in_the_mapping() -> None:
    schema = {"properties": {"c": {"type": "constant_keyword", "value": "logs"}, "k": {"type": "keyword"}}}
    assert SourceEvents.from_query("c:logs and k:x", language="kuery", schema=schema).emit(timestamp=False) == [{"c": "logs", "k": "x"}]
    for query in ("c:other", "not c:logs", "not c:*"):
        with pytest.raises(UnsolvableError):
            SourceEvents.from_query(query, language="kuery", schema=schema)


# -- text ------------------------------------------------------------------------------------------


def test_one_text_holds_what_it_must_and_nothing_that_it_must_not() -> None:
    query = 'powershell.file.script_block_text : ("A" and "B" and not "C D")'
    events = SourceEvents(seed=1)
    events.add_query(query, language="kuery")
    for document in events.emit(30, timestamp=False):
        text = document["powershell"]["file"]["script_block_text"]
        assert isinstance(text, str)
        words = tokens(text)
        assert {"a", "b"} <= set(words)
        assert ("c", "d") not in set(pairwise(words))


def test_phrases_stand_as_they_were_written() -> None:
    for document in emit('t:("[Convert]::FromBase64String" and "Get-Item" and not "Out-File")'):
        assert "[Convert]::FromBase64String" in document["t"] and "Get-Item" in document["t"]


def test_texts_and_their_multi_fields_agree() -> None:
    events = SourceEvents.from_query('process.command_line:*foo* and process.command_line.text:"bar baz"', language="kuery")
    for document in events.emit(5, timestamp=False):
        line = document["process"]["command_line"]
        assert "foo" in line and "bar baz" in line


# -- values without a field ------------------------------------------------------------------------


def test_a_bare_value_goes_into_the_message() -> None:
    (document,) = SourceEvents.from_query("process.name:cmd.exe and failed", language="kuery").emit(timestamp=False)
    assert document["process"]["name"] == "cmd.exe"
    assert "failed" in tokens(document["message"])


def test_a_bare_value_goes_into_a_text_where_there_is_no_message() -> None:
    assert all("foo" in tokens(document["t"]) for document in emit("foo and k:x"))
    assert emit("foo", 2, {"k": {"type": "keyword"}, "j": {"type": "keyword"}})


def test_an_excluded_bare_value_is_in_no_field() -> None:
    for document in emit("k:* and t:* and w:* and not foo", 20):
        assert document["k"] != "foo" and document["w"] != "foo" and "foo" not in tokens(document["t"])
    with pytest.raises(UnsolvableError):
        emit("k:foo and not foo")


def test_a_bare_value_is_looked_for_in_fields_that_the_query_does_not_name() -> None:
    formula = compile_query("foo and k:x", schema_from(SCHEMA), NOW, "kuery").program.steps[0].formula
    for other in ({"w": "foo"}, {"t": "a Foo b"}, {"any": {"thing": "foo"}}, {"f": {"key": "foo"}}):
        assert matches(formula, {"k": "x", **other}), other
    # Nested objects are documents of their own.
    for other in ({"w": "a foo"}, {"t": "food"}, {"nest": {"a": "foo"}}, {"n": 1}):
        assert not matches(formula, {"k": "x", **other}), other


def test_a_field_named_star_is_every_field() -> None:
    assert all("foo" in tokens(document["t"]) for document in emit("*:foo and k:x"))


# -- the other types -------------------------------------------------------------------------------


def test_numbers_keep_to_their_width() -> None:
    assert all(-128 <= document["n"] <= 127 for document in emit("n >= -500", 40))
    assert all(document["u"] > 2**63 for document in emit(f"u > {2**63}"))
    assert all(abs(document["h"]) <= 65504 for document in emit("h > 1"))
    for query in ("n:300", "u < 0", "h > 70000"):
        with pytest.raises(UnsolvableError):
            emit(query)


def test_versions_have_an_order() -> None:
    found = {document["v"] for document in emit("v > 1.5.0 and v < 1.11.3", 20)}
    assert len(found) > 3
    assert emit("v:1.5.0", 1) == [{"v": "1.5.0"}]


def test_dates_are_read_against_now() -> None:
    events = SourceEvents(SCHEMA, start=NOW, now=NOW - 10 * 86_400_000)
    events.add_query("d:now-1d/d", language="kuery")
    assert all(document["d"].startswith("2021-02-19T") for document in events.emit(5))
    assert all(document["d"].startswith("2021-03-01T") for document in emit("d:now-1d/d"))


def test_flattened_fields_hold_keys() -> None:
    for document in emit("f:x and f.key:y"):
        assert document["f"]["key"] == "y" and "x" in document["f"].values()
    assert all(any(value > "m" for value in document["f"].values()) for document in emit("f > m"))


def test_presence_of_a_point() -> None:
    assert all("g" in document for document in emit("g:*"))
    with pytest.raises(UnsupportedQueryError, match="presence"):
        emit("g:1")


@pytest.mark.parametrize("query", ["n:a*", "ip:10.*", "d:2021*", "n > abc", "k:null"])
def test_what_elasticsearch_refuses(query: str) -> None:
    with pytest.raises(InvalidQueryError):
        emit(query)


def test_white_space_takes_a_pattern_apart_unless_it_is_a_keyword() -> None:
    formula = compile_query("w:*foo bar*", schema_from(SCHEMA), NOW, "kuery").program.steps[0].formula
    assert matches(formula, {"w": "a foo"}) and matches(formula, {"w": "bar b"}) and not matches(formula, {"w": "x foo bar x"})
    whole = compile_query("k:*foo bar*", schema_from(SCHEMA), NOW, "kuery").program.steps[0].formula
    assert matches(whole, {"k": "x foo bar x"}) and not matches(whole, {"k": "a foo"})
    # Documents are made for both readings of it.
    assert all("foo bar" in document["w"] for document in emit("w:*foo bar*"))


# -- lists -----------------------------------------------------------------------------------------


def test_lists_hold_what_they_must_in_any_order_and_now_and_then_more() -> None:
    documents = [document for seed in range(4) for document in emit("args:(a and b) and not args:c*", 25, seed=seed)]
    orders = {tuple(value for value in document["args"] if value in "ab") for document in documents}
    assert orders == {("a", "b"), ("b", "a")}
    longer = [document for document in documents if len(document["args"]) > 2]
    assert 5 <= len(longer) <= 40
    assert not any(value.startswith("c") for document in documents for value in document["args"])


def test_one_value_does_for_two_patterns() -> None:
    assert all(any(value.startswith("a") and value.endswith("b") for value in document["args"]) for document in emit("args:(a* and *b)"))


def test_single_values_get_no_company() -> None:
    assert all(document == {"k": "a"} for document in emit("k:a", 40))
    schema = ecs_schema()
    spec = schema.lookup("process.name")
    assert spec is not None and not spec.array
    events = SourceEvents.from_query("process.name:a and event.category:process", language="kuery")
    assert all(document["process"]["name"] == "a" and document["event"]["category"] == ["process"] for document in events.emit(40))


def test_the_seed_decides() -> None:
    assert emit("args:(a and b) and t:foo and c:*", 20) == emit("args:(a and b) and t:foo and c:*", 20)
    assert emit("args:(a and b) and t:foo and c:*", 20) != emit("args:(a and b) and t:foo and c:*", 20, seed=1)


@pytest.mark.parametrize("schema", [{"n": {"type": "long"}}, {"v": {"type": "version"}}, {"b": {"type": "boolean"}}])
def test_a_value_without_a_field_is_put_into_a_message_where_no_field_is_a_text(schema: Any) -> None:
    (name,) = schema
    for document in emit(f"{name}: * and foo", schema=schema):
        assert "foo" in tokens(document["message"])


def test_a_word_for_a_pattern_stands_among_others() -> None:
    assert any(len(tokens(document["t"])) > 1 for document in emit("t: qui*", 10))
