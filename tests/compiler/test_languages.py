"""The table of languages: what each row promises to those who read it."""

from __future__ import annotations

import pytest

from triggerfish.backends.elasticsearch.query_dsl import to_query_dsl
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.languages import LANGUAGES, guess_language, language_of_tree
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.grammar.lalr.tables import GRAMMARS
from triggerfish.grammar.syntax_error import QuerySyntaxError
from triggerfish.rules import RULE_TYPES

QUERIES = {
    "kuery": "process.name : cmd.exe and not process.pid > 4",
    "eql": 'process where process.name : "cmd.exe" and not process.pid > 4',
    "lucene": "process.name:cmd.exe AND NOT process.pid:>4",
}


def test_every_grammar_is_the_language_of_a_row() -> None:
    # The conditions of Sigma rules are no queries: they combine searches that are written in YAML.
    assert sorted(LANGUAGES) == sorted({*GRAMMARS} - {"sigma"}) == sorted(QUERIES)


@pytest.mark.parametrize("name", QUERIES)
def test_a_tree_belongs_to_the_language_that_parsed_it(name: str) -> None:
    row = LANGUAGES[name]
    tree = row.parse(QUERIES[name])
    assert language_of_tree(tree) is row
    assert [other.name for other in LANGUAGES.values() if other.is_tree(tree)] == [name]
    if row.render is not None:
        assert row.parse(row.render(tree)) == tree


def test_what_is_not_a_tree_has_no_language() -> None:
    with pytest.raises(TypeError, match="str is not the syntax tree of a query"):
        language_of_tree("process.name : cmd.exe")


@pytest.mark.parametrize("name", QUERIES)
def test_every_language_compiles_and_has_a_type_of_rule(name: str) -> None:
    assert compile_query(QUERIES[name], ecs_schema(), 0, name).program.steps
    assert name in RULE_TYPES[LANGUAGES[name].rule_type].languages
    assert to_query_dsl(QUERIES[name], language=name)


@pytest.mark.parametrize(("text", "expected"), [(QUERIES["kuery"], "kuery"), (QUERIES["eql"], "eql"), ("free words", "kuery")])
def test_the_language_is_guessed(text: str, expected: str) -> None:
    assert guess_language(text) == expected


def test_an_opening_of_eql_makes_an_error_one_of_eql() -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        guess_language("process where name :")
    assert raised.value.language == "eql"


def test_of_two_errors_the_one_further_on_is_raised() -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        guess_language("a : (b or c")
    assert raised.value.language == "kuery"
