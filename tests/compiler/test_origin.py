"""What programs carry of how their queries write things, so that reports need not search the text."""

from __future__ import annotations

import pytest

from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.formula import Atom, Like, leaves
from triggerfish.compiler.normal_form.nnf import Conj, Disj, Lit, Normal, Preferred, normalise
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.values.origin import Writing


def literals(normal: Normal) -> list[Lit]:
    match normal:
        case Lit():
            return [normal]
        case Conj(args) | Disj(args):
            return [literal for arg in args for literal in literals(arg)]
        case Preferred(decisive, literal):
            return [*literals(decisive), *literals(literal)]


# What a literal says of the text at its span: "" that it holds, "not" that it does not.
@pytest.mark.parametrize(
    ("language", "query", "expected"),
    [
        ("eql", 'any where process.name == "a"', {'process.name == "a"': ""}),
        ("eql", 'any where process.name != "a"', {'process.name != "a"': ""}),
        ("eql", 'any where not process.name != "a"', {'process.name != "a"': "not"}),
        ("eql", 'any where not process.name == "a"', {'process.name == "a"': "not"}),
        ("eql", 'any where process.name not in ("a", "b")', {'process.name not in ("a", "b")': ""}),
        ("eql", 'any where not process.name in ("a", "b")', {'process.name in ("a", "b")': "not"}),
        ("eql", "any where process.name == null", {"process.name == null": ""}),
        ("eql", "any where not process.name == null", {"process.name == null": "not"}),
        ("eql", "any where null != process.name", {"null != process.name": ""}),
        ("eql", "any where length(process.name) != 5", {"length(process.name) != 5": ""}),
        ("eql", "any where process.pid != process.parent.pid", {"process.pid != process.parent.pid": ""}),
        ("eql", 'any where startsWith(process.name, "a") == false', {'startsWith(process.name, "a")': "not"}),
        ("eql", "any where arrayCount(x, $y, $y.z > 1) == 0", {"arrayCount(x, $y, $y.z > 1) == 0": ""}),
        ("eql", 'any where process.name == "is not !="', {'process.name == "is not !="': ""}),
        ("kuery", "not process.name : a", {"process.name : a": "not"}),
        ("kuery", "process.name : (not a)", {"a": "not"}),
        ("kuery", "x : { not y : 1 }", {"x : { not y : 1 }": ""}),
        ("lucene", 'NOT process.name:"a not b"', {'process.name:"a not b"': "not"}),
    ],
)
def test_a_literal_knows_whether_its_text_says_the_opposite(language: str, query: str, expected: dict[str, str]) -> None:
    program = compile_query(query, ecs_schema(), 0, language).program
    found = literals(normalise(program.steps[0].formula))
    said = {program.text[each.span.start : each.span.end]: "" if each.as_written else "not" for each in found}
    assert said == expected


def test_an_entry_of_a_negated_list_is_not_negated_where_it_stands() -> None:
    program = compile_query('any where process.name not in ("a", "b")', ecs_schema(), 0, "eql").program
    (literal,) = literals(normalise(program.steps[0].formula))
    assert isinstance(literal.leaf, Atom) and isinstance(literal.leaf.test, Like)
    entry = Lit(literal.leaf, literal.positive, literal.place, literal.leaf.test.patterns[0].span)
    assert (literal.as_written, entry.as_written) == (True, False)


def test_the_category_of_an_event_query_is_marked() -> None:
    program = compile_query('"process" where event.category == "process"', ecs_schema(), 0, "eql").program
    assert [leaf.origin.category for leaf in leaves(program.steps[0].formula)] == [False, True]


def test_optional_keys_are_marked() -> None:
    program = compile_query("sequence by host.id, ?user.id [any where true] [any where true]", ecs_schema(), 0, "eql").program
    assert [key.origin.marked for key in program.steps[0].keys] == [False, True]


@pytest.mark.parametrize(
    ("language", "query", "expected"),
    [
        ("kuery", "process.name : a\\*", Writing.BARE),
        ("kuery", 'process.name : "a\\*"', Writing.QUOTED),
        ("kuery", "process.name : a*", Writing.BARE),
        ("lucene", "process.name:a\\*", Writing.BARE),
        ("lucene", 'process.name:"a*"', Writing.QUOTED),
        ("lucene", 'process.name:"a\\*"', Writing.ESCAPED),
        ("lucene", 'process.name:"a\\\\*"', Writing.QUOTED),
        ("eql", 'any where process.name == "a*"', Writing.OPERAND),
        ("eql", 'any where process.name : "a*"', Writing.OPERAND),
    ],
)
def test_a_pattern_knows_how_it_is_written(language: str, query: str, expected: Writing) -> None:
    program = compile_query(query, ecs_schema(), 0, language).program
    (leaf,) = leaves(program.steps[0].formula)
    assert isinstance(leaf, Atom) and isinstance(leaf.test, Like)
    assert [pattern.writing for pattern in leaf.test.patterns] == [expected]
