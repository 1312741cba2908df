"""Every field type: constraints on one field are solved, the value passes them, its mapping holds it, and its type reads it."""

from __future__ import annotations

import base64
import ipaddress
import json
import math
import os
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compile_rule import documents
from triggerfish.api.source_events import DEFAULT_START
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.elasticsearch.mappings import index_mappings
from triggerfish.backends.limits import Strategy
from triggerfish.backends.values.kinds import DOMAINS
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.diagnostic import InvalidQueryError
from triggerfish.compiler.ir.formula import Formula, Not, conjunction, disjunction
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.lower.context import Lowering
from triggerfish.compiler.lower.field_tests import bounded, equal, present, wild
from triggerfish.compiler.schema.field_types import FIELD_TYPES, Kind
from triggerfish.compiler.schema.fields import FieldSpec, Schema, ecs_schema
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.compiler.values.kinds import KINDS
from triggerfish.compiler.values.literals import parse_date
from triggerfish.compiler.values.patterns import from_lucene
from triggerfish.grammar.span import Span

EXAMPLES = int(os.environ.get("TRIGGERFISH_EXAMPLES", "60"))
"""Sets of constraints for each type; 200 for the figures."""
AT = Span(0, 1)
TYPES = (
    *("keyword", "constant_keyword", "wildcard", "text", "match_only_text", "flattened", "version"),
    *("long", "integer", "short", "byte", "unsigned_long", "double", "float", "half_float", "scaled_float"),
    *("boolean", "ip", "date", "date_nanos"),
)
"""The types whose values can be tested."""
PRESENCE = ("geo_point", "ip_range", "binary", "object")
"""The types that can only be tested for presence."""


def spec_of(name: str, array: bool) -> FieldSpec:
    return FieldSpec("f", FIELD_TYPES[name], array=array, scaling_factor=100.0 if name == "scaled_float" else None)


def context_of(spec: FieldSpec) -> Lowering:
    return Lowering("f", Schema(({spec.name: spec},)), DEFAULT_START)


# -- what queries say of a field of each kind ----------------------------------------------------


def literals(spec: FieldSpec) -> st.SearchStrategy[str]:
    low, high = spec.type.lowest, spec.type.highest
    match spec.kind:
        case Kind.INTEGER:
            assert isinstance(low, int) and isinstance(high, int)
            near = st.one_of(st.integers(low, min(high, low + 3)), st.integers(max(low, high - 3), high), st.integers(max(low, -5), 5))
            return st.one_of(near, st.integers(low, high)).map(str)
        case Kind.FLOAT:
            assert high is not None
            limit = min(high, 1e15)
            return st.one_of(
                st.sampled_from(("0.1", "-0.1", "1", "0", "0.333", "2.005", "1e3", "7.77")),
                st.floats(-limit, limit, allow_nan=False).map(lambda number: f"{number:.6f}"),
            )
        case Kind.BOOLEAN:
            return st.sampled_from(("true", "false"))
        case Kind.IP:
            return st.one_of(
                st.ip_addresses(v=4).map(str),
                st.ip_addresses(v=6).map(str),
                st.sampled_from(("10.0.0.0/8", "10.1.0.0/16", "::/0", "fe80::/10", "0.0.0.0", "255.255.255.255")),
            )
        case Kind.DATE:
            return st.sampled_from(
                (
                    "2024-01-01",
                    "2024-01-01T00:00:00Z",
                    "2023-12-31T23:59:59.999Z",
                    "1970-01-01",
                    "2200-06",
                    "now",
                    "now-1d/d",
                    "now+5m",
                    "1704067200123",
                )
            )
        case Kind.VERSION:
            return st.sampled_from(("1.0.0", "1.10.0", "1.9.9", "2.0.0-rc.1", "2.0.0", "0.0.1", "10.0.0+build", "1.0.0-alpha"))
    return st.sampled_from(("a", "b", "ab", "a b", "Ab", "c-d", "x.exe", "\u00e9", "C:\\x", "1"))


PATTERNS = st.sampled_from(("a*", "*b", "*a*b*", "a?", "?", "A*", "*.exe", "c*d"))
OPERATORS = st.sampled_from(("<", "<=", ">", ">="))


@st.composite
def conditions(draw: st.DrawFn, spec: FieldSpec, context: Lowering) -> Formula:
    kinds = ["equal", "present"]
    if spec.kind is not Kind.TEXT and spec.kind is not Kind.BOOLEAN:
        kinds += ["bounded", "bounded"]
    if not spec.kind.traits.ordered:
        kinds.append("wild")
    match draw(st.sampled_from(kinds)):
        case "equal":
            return equal(context, spec, draw(literals(spec)), AT, AT, phrase=draw(st.booleans()))
        case "bounded":
            return bounded(context, spec, draw(OPERATORS), draw(literals(spec)), AT, AT)
        case "wild":
            return wild(context, spec, from_lucene(draw(PATTERNS), False, AT), AT)
    return present(context, spec, AT)


def formulas(spec: FieldSpec, context: Lowering) -> st.SearchStrategy[Formula]:
    return st.recursive(
        conditions(spec, context),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=4).map(lambda args: conjunction(tuple(args), AT)),
            st.lists(inner, min_size=2, max_size=3).map(lambda args: disjunction(tuple(args), AT)),
        ),
        max_leaves=6,
    )


# -- what Elasticsearch's types read -------------------------------------------------------------


def _integer(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _float(form: str) -> Callable[[Any], bool]:
    def reads(value: Any) -> bool:
        try:
            stored = struct.unpack(form, struct.pack(form, value))[0]
        except (OverflowError, struct.error):
            return False
        return not isinstance(value, bool) and math.isfinite(stored)

    return reads


def _parses(parse: Callable[[str], Any]) -> Callable[[Any], bool]:
    def reads(value: Any) -> bool:
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return reads


def _geo_point(value: Any) -> bool:
    latitude, longitude = map(float, str(value).split(","))
    return abs(latitude) <= 90 and abs(longitude) <= 180


def _date(value: Any) -> bool:
    return isinstance(value, str) and value.endswith("Z") and bool(_parses(lambda text: parse_date(text, 0))(value))


def _text(value: Any) -> bool:
    # A keyword longer than this in bytes is refused by Lucene.
    return isinstance(value, str) and len(value.encode()) <= 32_766


READS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("keyword", "constant_keyword", "wildcard", "text", "match_only_text", "version"), _text),
    "flattened": lambda value: _text(value),
    "long": _integer(-(2**63), 2**63 - 1),
    "integer": _integer(-(2**31), 2**31 - 1),
    "short": _integer(-(2**15), 2**15 - 1),
    "byte": _integer(-128, 127),
    "unsigned_long": _integer(0, 2**64 - 1),
    "double": _float("<d"),
    "float": _float("<f"),
    "half_float": _float("<e"),
    "scaled_float": _float("<d"),
    "boolean": lambda value: isinstance(value, bool),
    "ip": _parses(ipaddress.ip_address),
    "date": _date,
    "date_nanos": lambda value: _date(value) and value < "2262-04-12",
    "geo_point": _geo_point,
    "ip_range": _parses(ipaddress.ip_network),
    "binary": _parses(lambda value: base64.b64decode(value, validate=True)),
    "object": lambda value: True,
}


ROUNDS: dict[str, Callable[[float], float]] = {
    "float": lambda value: float(struct.unpack("<f", struct.pack("<f", value))[0]),
    "half_float": lambda value: float(struct.unpack("<e", struct.pack("<e", value))[0]),
    "scaled_float": lambda value: math.floor(value * 100 + 0.5) / 100,
}
"""What fields of these types store, and find again."""


def check(name: str, formula: Formula, spec: FieldSpec) -> None:
    program = Program(ShapeKind.EVENT, (Step(formula, span=AT),), "f")
    solution = solve(program, "seed", DEFAULT_START, strategy=Strategy(findings=False))
    assert solution.status != "unknown", solution.findings
    if solution.sampler is None:
        return
    for number in range(3):
        group = solution.sampler.draw(Random(number), number)
        assert group is not None
        (document,) = (orjson.loads(orjson.dumps(each)) for each in group)
        assert matches(formula, document)
        flat = flatten(document)
        values = [value for other, found in flat.items() if other == "f" or other.startswith("f.") for value in found]
        assert all(READS[name](value) for value in values), values
        if name in ROUNDS and values:
            assert matches(formula, {"f": [ROUNDS[name](value) for value in values]})
        assert spec.several or len(values) <= 1 or name in ("flattened", "object")
    mapping = index_mappings([spec])["properties"]["f"]
    assert mapping["type"] == ("keyword" if name == "constant_keyword" else name) or name == "object"
    if name == "scaled_float":
        assert mapping["scaling_factor"] == 100


@pytest.mark.parametrize("array", [False, True], ids=["one", "several"])
@pytest.mark.parametrize("name", TYPES)
def test_constraints_on_a_type(name: str, array: bool) -> None:
    spec = spec_of(name, array)
    context = context_of(spec)

    @settings(max_examples=EXAMPLES // 2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(formulas(spec, context))
    def run(formula: Formula) -> None:
        check(name, formula, spec)

    run()


@pytest.mark.parametrize("name", ("keyword", "text", "flattened", "version", "long", "double", "scaled_float", "boolean", "ip", "date"))
def test_the_whole_formula_as_one_agrees(name: str) -> None:
    """Z3 decides all of the formula, one kind of field after the other: its models match, and its proofs are none of what matches."""
    spec = spec_of(name, True)
    context = context_of(spec)

    @settings(max_examples=max(4, EXAMPLES // 8), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(formulas(spec, context))
    def run(formula: Formula) -> None:
        program = Program(ShapeKind.EVENT, (Step(formula, span=AT),), "f")
        proposed = solve(program, "seed", DEFAULT_START, strategy=Strategy(findings=False))
        whole = solve(program, "seed", DEFAULT_START, strategy=Strategy("whole", findings=False))
        assert {proposed.status, whole.status} != {"ok", "unsatisfiable"}
        if whole.sampler is not None:
            group = whole.sampler.draw(Random(0))
            assert group is not None and matches(formula, group[0])

    run()


@pytest.mark.parametrize("name", PRESENCE)
def test_presence_of_a_type(name: str) -> None:
    spec = spec_of(name, False)
    context = context_of(spec)
    check(name, present(context, spec, AT), spec)
    check(name, Not(present(context, spec, AT)), spec)


# -- where types come from -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "language", "second", "first"),
    [
        ("my.x > 5 and my.x : abc", "kuery", "abc", "5"),
        ("my.x : 10.0.0.0/8 and my.x : abc", "kuery", "abc", "10.0.0.0/8"),
        ("my.x : true or my.x : 5", "kuery", "5", "true"),
        ("my.x:[1 TO 3] OR my.x:abc", "lucene", "abc", "[1 TO 3]"),
        ('any where my.x == 5 and my.x == "a"', "eql", '"a"', "5"),
    ],
)
def test_uses_that_need_different_types_are_an_error_with_both_places(query: str, language: str, second: str, first: str) -> None:
    with pytest.raises(InvalidQueryError) as raised:
        compile_query(query, ecs_schema(), DEFAULT_START, language)
    finding = raised.value.diagnostic
    assert finding.code == "type-mismatch"
    assert [query[span.start : span.end] for span in finding.spans] == [second, first]
    assert f"follows from `{first}`" in finding.notes[0]


def test_schemas_are_stacked(tmp_path: Path) -> None:
    for name, table in (("one", {"x": {"type": "long"}, "y": {"type": "ip"}}), ("two", {"x": {"type": "version"}})):
        (tmp_path / f"{name}.json").write_text(json.dumps(table))
    options = ("--style", "plain", "--schema", tmp_path / "one.json", "--schema", tmp_path / "two.json")
    (document,) = documents(*options, "--query", "x >= 1.2.0 and y : 10.0.0.0/8 and process.pid > 3")
    assert isinstance(document["x"], str)
    assert document["y"].startswith("10.")
    mappings = tmp_path / "mappings.json"
    documents(*options, "--mappings", mappings, "--query", "x : 1 and y : 10.0.0.1")
    assert json.loads(mappings.read_text())["mappings"]["properties"]["x"] == {"type": "version"}


def test_every_kind_whose_values_are_tested_has_its_rows() -> None:
    tested = {kind for kind in Kind if kind.traits.ordered or kind.traits.textual}
    assert tested == set(KINDS)
    assert tested <= set(DOMAINS)
    # What documents get of their own accord is what queries can test.
    assert {kind for kind, domain in DOMAINS.items() if domain.json} == tested
