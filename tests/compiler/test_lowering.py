"""Lowering: the errors of the cases as a user sees them, spans, shapes, and the forms that later stages count on."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from formula_cases import NOW, load_cases, lower_case
from triggerfish import match_events
from triggerfish.backends.decide.solve_program import solve
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.diagnostic import InvalidQueryError, QueryError
from triggerfish.compiler.ir.formula import And, Atom, DualReading, Exists, Formula, Like, Not, Or, PhraseMatch, Within, leaves
from triggerfish.compiler.ir.program import Program, ShapeKind
from triggerfish.compiler.lower.eql.program import lower_eql
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.grammar.eql import parser as eql


@pytest.mark.parametrize(("language", "case"), load_cases(errors=True))
def test_errors(language: str, case: dict[str, Any]) -> None:
    with pytest.raises(QueryError) as raised:
        lower_case(language, case)
    found, expected = raised.value.diagnostic, case["error"]
    span = found.spans[0]
    assert (found.code, case["query"][span.start : span.end], found.message) == (expected["code"], expected["at"], expected["message"])
    assert raised.value.text == case["query"]
    if "help" in expected:
        assert found.help == expected["help"]


def formula_of(language: str, query: str, **case: Any) -> Formula:
    return lower_case(language, {"query": query, **case})[0]


def covered(query: str, formula: Formula) -> list[str]:
    """The text under each leaf, in order."""
    return [query[leaf.span.start : leaf.span.end] for leaf in leaves(formula)]


@pytest.mark.parametrize(
    ("language", "query", "texts"),
    [
        ("kuery", "a:x and not (b:y or c > 5)", ["a:x", "b:y", "c > 5"]),
        ("kuery", "process.name:(a and not b)", ["a", "b"]),
        ("eql", 'any where a == "x" and not (b : ("y*", "z") or c != null)', ['a == "x"', 'b : ("y*", "z")', "c != null"]),
        ("eql", 'process where length(a) > 5 and startsWith(b, "x")', ["length(a) > 5", 'startsWith(b, "x")', "process"]),
    ],
)
def test_leaves_know_their_text(language: str, query: str, texts: list[str]) -> None:
    assert covered(query, formula_of(language, query)) == texts


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("kuery", "process.name:({})"),
        ("eql", "any where process.name in ({})"),
        ("eql", "any where process.name : ({})"),
        ("eql", "any where process.name like~ ({})"),
    ],
)
def test_long_lists_stay_one_atom(language: str, query: str) -> None:
    """1,500 values are one test, each with its own span."""
    separator = " or " if language == "kuery" else ", "
    values = [f'"value {number}"' for number in range(1500)]
    text = query.format(separator.join(values))
    formula = formula_of(language, text)
    assert isinstance(formula, Atom)
    assert isinstance(formula.test, Like)
    assert [text[pattern.span.start : pattern.span.end] for pattern in formula.test.patterns] == values


def test_alternatives_of_one_field_become_one_atom() -> None:
    text = "process.name:a or process.name:b* or host.name:h or process.name:c or not process.name:d"
    formula = formula_of("kuery", text)
    assert isinstance(formula, Or)
    assert [type(arg) for arg in formula.args] == [Atom, Atom, Atom, Not]
    first = formula.args[0]
    assert isinstance(first, Atom)
    assert isinstance(first.test, Like)
    assert [pattern.text for pattern in first.test.patterns] == ["a", "b*"]
    assert text[first.span.start : first.span.end] == "process.name:a or process.name:b*"


def test_ranges_are_not_merged_into_alternatives_of_conjunctions() -> None:
    formula = formula_of("kuery", "destination.port > 5 and destination.port < 9")
    assert isinstance(formula, And)
    assert all(isinstance(arg, Atom) and isinstance(arg.test, Within) for arg in formula.args)


def test_text_and_keyword_differ_in_their_tests() -> None:
    assert isinstance(formula_of("kuery", "message:a").test, PhraseMatch)  # type: ignore[union-attr]
    assert isinstance(formula_of("kuery", "process.name:a").test, Like)  # type: ignore[union-attr]


def test_a_star_alone_is_presence() -> None:
    assert isinstance(formula_of("kuery", "a:*"), Exists)
    assert isinstance(formula_of("eql", 'any where a : "*"'), Exists)
    assert isinstance(formula_of("eql", 'any where a like "*"'), Exists)
    assert isinstance(formula_of("eql", 'any where a == "*"'), Atom)


@pytest.mark.parametrize(
    ("call", "twofold"),
    [
        ('stringContains(a, "x*y")', True),
        ('endsWith~(a, "x?y")', True),
        (r'stringContains(a, "p=\\*")', True),
        ('stringContains(a, "xy")', False),
        ('endsWith(a, ".exe")', False),
        # A prefix query has nothing active.
        ('startsWith(a, "x*y")', False),
    ],
)
def test_parts_with_active_characters_are_read_in_two_ways(call: str, twofold: bool) -> None:
    assert isinstance(formula_of("eql", f"any where {call}"), DualReading) == twofold


def test_a_number_compared_with_a_keyword_is_noted() -> None:
    query = "any where process.name == 123 and process.name in (4.0, true)"
    _, context = lower_case("eql", {"query": query})
    assert [query[note.spans[0].start : note.spans[0].end] for note in context.notes] == ["123", "4.0", "true"]
    assert context.notes[0].message == "`123` is compared as text with `process.name`, which is of type keyword"
    assert context.notes[0].help == 'write it as a string: "123"'


def program_of(query: str) -> Program:
    return lower_eql(eql.parse(query), query, ecs_schema(), NOW)[0]


def test_a_sequence_keeps_its_shape() -> None:
    program = program_of(
        "sequence by host.id with maxspan=1m [process where true] by process.pid with runs=2 "
        "![file where true] by process.pid [network where true] by ?process.parent.pid until [any where false] by process.pid"
    )
    assert program.kind is ShapeKind.SEQUENCE
    assert program.maxspan == 60_000
    assert [(step.runs, step.missing) for step in program.steps] == [(2, False), (1, True), (1, False)]
    assert [[(key.field.name, key.optional) for key in step.keys] for step in program.steps] == [
        [("host.id", False), ("process.pid", False)],
        [("host.id", False), ("process.pid", False)],
        [("host.id", False), ("process.parent.pid", True)],
    ]
    assert program.until is not None
    assert program.until.keys[1].field.name == "process.pid"


def test_a_sample_keeps_its_shape() -> None:
    program = program_of("sample by host.id [process where true] [file where true]")
    assert program.kind is ShapeKind.SAMPLE
    assert len(program.steps) == 2


def test_a_category_may_lie_elsewhere() -> None:
    query = "start where true"
    program, _ = lower_eql(eql.parse(query), query, ecs_schema(), NOW, "event.type")
    assert [leaf.field.name for leaf in leaves(program.steps[0].formula) if isinstance(leaf, Atom)] == ["event.type"]


def test_a_text_field_is_searched_through_its_keyword() -> None:
    """As the recorded results of Elasticsearch show; without the keyword beside it the query is refused."""
    text: dict[str, Any] = {"type": "text", "fields": {"keyword": {"type": "keyword"}}}
    (match,) = match_events('any where f == "a b"', [{"f": "a b"}, {"f": "a"}], {"properties": {"f": text}})
    assert match.events == (0,)
    with pytest.raises(InvalidQueryError, match="EQL does not search `f`"):
        match_events('any where f == "a b"', [], {"properties": {"f": {"type": "text"}}})


@pytest.mark.parametrize(
    ("query", "language", "places"),
    [
        ("destination.port: abc and (user.name: x or source.ip: zz)", "kuery", ["abc", "zz"]),
        ('process where process.pid == "a" and process.parent.pid == "b"', "eql", ['"a"', '"b"']),
        ('sequence [process where process.pid == "a"] [file where true]', "eql", ['"a"']),
        ("destination.port: abc", "kuery", ["abc"]),
    ],
)
def test_a_query_has_all_its_errors(query: str, language: str, places: list[str]) -> None:
    with pytest.raises(InvalidQueryError) as raised:
        compile_query(query, ecs_schema(), 0, language)
    found = [raised.value.diagnostic, *raised.value.others]
    assert [query[error.spans[0].start : error.spans[0].end] for error in found] == places


CONSTANT = schema_from({"properties": {"d": {"type": "constant_keyword", "value": "x"}, "k": {"type": "keyword"}}})


@pytest.mark.parametrize(
    ("query", "language", "always"),
    [
        ("d: x", "kuery", True),
        ("d: x*", "kuery", True),
        ("d:*", "kuery", True),
        ("d: y", "kuery", False),
        ("not d: x", "kuery", False),
        ('any where d == "x"', "eql", True),
        ('any where d : "X"', "eql", True),
        ('any where d in ("x", "y")', "eql", True),
        ('any where d == "y"', "eql", False),
        ('any where d != "x"', "eql", False),
        ("any where d == null", "eql", False),
        ('any where d regex "x+"', "eql", True),
        ("any where length(d) > 3", "eql", False),
        ('any where startsWith(d, "x")', "eql", True),
        ("d:/y.*/", "lucene", False),
        ("d:[a TO z]", "lucene", True),
        ("_exists_:d", "lucene", True),
        ("NOT d:y", "lucene", True),
    ],
)
def test_a_field_whose_value_stands_in_the_mapping(query: str, language: str, always: bool) -> None:
    """Every document has it, with or without the field, and none has another one."""
    formula = compile_query(query, CONSTANT, NOW, language).program.steps[0].formula
    assert [matches(formula, document) for document in ({}, {"d": "x"}, {"k": "a"})] == [always] * 3
    solution = solve(compile_query(query, CONSTANT, NOW, language).program, "seed", NOW)
    assert solution.status == ("ok" if always else "unsatisfiable")
    if solution.sampler is not None:
        (document,) = solution.sampler.draw(Random(1)) or [{}]
        assert document.get("d") in (None, "x")
    else:
        assert any("is never true" in str(finding) or "never" in str(solution.reasons) for finding in solution.findings)


def test_a_value_of_the_mapping_stands_for_the_field_in_terms() -> None:
    formula = compile_query("any where d == k", CONSTANT, NOW, "eql").program.steps[0].formula
    assert [matches(formula, {"k": value}) for value in ("x", "y")] == [True, False]


@pytest.mark.parametrize("query", ["k: a and foo", "not k: foo and foo", "k: a and foo and bar"])
def test_free_text_beside_the_only_field_is_put_into_another(query: str) -> None:
    compilation = compile_query(query, schema_from({"k": {"type": "keyword"}}), NOW, "kuery")
    solution = solve(compilation.program, "seed", NOW)
    assert solution.status == "ok" and solution.sampler is not None
    (document,) = solution.sampler.draw(Random(1)) or [{}]
    assert matches(compilation.program.steps[0].formula, document)
    assert "foo" in str(document["message"])
