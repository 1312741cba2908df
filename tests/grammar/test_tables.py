"""The tables that lie beside the grammars are theirs, and parse as those that Lark makes anew."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import pytest

from triggerfish.grammar.eql import builder as eql_builder
from triggerfish.grammar.kuery import builder as kuery_builder
from triggerfish.grammar.lalr import compile_tables as lark_tables
from triggerfish.grammar.lalr import driver
from triggerfish.grammar.lalr import load_tables as loading
from triggerfish.grammar.lalr import tables as lalr
from triggerfish.grammar.lucene import builder as lucene_builder
from triggerfish.grammar.sigma import builder as sigma_builder

GRAMMARS = {"eql": eql_builder, "kuery": kuery_builder, "lucene": lucene_builder, "sigma": sigma_builder}
TEXTS = {
    "eql": (
        'sequence by host.id with maxspan=5m [process where name : ("a*", "b") and not (x > 3 or y in (1, 2))] with runs=2 '
        "![network where port == 80] [file where true] until [any where false] | head 3",
        'process where length(process.name) + 1 >= 3 and process.args regex~ """a|b""" and not ?user.name == "x"',
    ),
    "kuery": ('a: (b or "c d" and not e*) and f >= 3 and g: { h: i and not j: k }', "not a: * or b.*: c"),
    "sigma": ("(a and 1 of sel_*) or not (b AND all of them)", "2 of x* and not y"),
    "lucene": ('a:[1 TO 5} AND (b OR "c d"~2) -e:/x+/ +f:g*^2',),
}


@pytest.mark.parametrize("name", GRAMMARS)
def test_tables_are_of_the_grammar(name: str) -> None:
    tables = json.loads(lalr.tables_file(name).read_bytes())
    assert tables["checksum"] == lalr.checksum(lalr.source_of(name)), "update them: python -m triggerfish.grammar.lalr.compile_tables"


@pytest.mark.parametrize(("name", "actions"), GRAMMARS.items())
def test_tables_parse_as_those_made_anew(name: str, actions: ModuleType) -> None:
    parsers = [driver.LalrParser(name, actions, tables) for tables in (None, lark_tables.compile_grammar(lalr.source_of(name)))]
    for text in TEXTS[name]:
        first, second = (parser.parse(text) for parser in parsers)
        assert first == second
        for end in range(len(text)):
            assert _outcome(parsers[0], text[:end]) == _outcome(parsers[1], text[:end])


def _outcome(parser: driver.LalrParser, text: str) -> object:
    try:
        return parser.parse(text)
    except driver.Unexpected as unexpected:
        return unexpected.lexeme.type, unexpected.lexeme.span, unexpected.accepted
    except Exception as error:
        return type(error), str(error)


def test_tables_of_another_grammar_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"checksum": 0}
    monkeypatch.setattr(lark_tables, "compile_grammar", lambda source: made)
    assert loading.load_tables("kuery") is not made
    monkeypatch.setattr(loading, "checksum", lambda source: 0)
    assert loading.load_tables("kuery") is made


def test_parsing_does_not_import_lark() -> None:
    program = "import sys; from triggerfish.grammar.eql.parser import parse; parse('any where true'); sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
