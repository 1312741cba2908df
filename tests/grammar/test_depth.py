"""Deep nesting ends in a tree or in an error that says so, never in Python's recursion limit."""

from __future__ import annotations

from typing import Any

import pytest

from triggerfish.grammar.eql import parser as eql
from triggerfish.grammar.eql import printer as eql_printer
from triggerfish.grammar.input_limits import MAX_DEPTH
from triggerfish.grammar.kuery import parser as kuery
from triggerfish.grammar.kuery import printer as kuery_printer
from triggerfish.grammar.syntax_error import QuerySyntaxError

N = 10_000
DEEP = {
    "eql functions": (eql, "any where " + "f(" * N + "a" + ")" * N),
    "eql negations": (eql, "any where " + "not " * N + "a"),
    "eql minus": (eql, "any where " + "-" * N + "a"),
    "eql sums": (eql, "any where " + "a + " * N + "a"),
    "eql alternating": (eql, "any where " + "a and (b or (" * N + "a" + "))" * N),
    "eql lineage": (eql, "any where " + "child of [any where " * N + "a" + "]" * N),
    "kuery negations": (kuery, "not (" * N + "a:b" + ")" * N),
    "kuery nested": (kuery, "a:{ " * N + "b:c" + " }" * N),
    "kuery values": (kuery, "a:" + "(b or (c and " * N + "d" + "))" * N),
}
FLAT = {
    "eql parentheses": (eql, "any where " + "(" * N + "a" + ")" * N),
    "eql alternatives": (eql, "any where " + "a or " * N + "a"),
    "eql list": (eql, "any where a in (" + "1, " * N + "1)"),
    "eql items": (eql, "sequence " + "[any where true]" * N),
    "kuery parentheses": (kuery, "(" * N + "a" + ")" * N),
    "kuery values": (kuery, "a:(" + "b or " * N + "b)"),
}


@pytest.mark.parametrize(("parser", "query"), DEEP.values(), ids=DEEP)
def test_deep_trees_are_refused(parser: Any, query: str) -> None:
    with pytest.raises(QuerySyntaxError, match="nested too deeply"):
        parser.parse(query)


@pytest.mark.parametrize(("parser", "query"), FLAT.values(), ids=FLAT)
def test_long_queries_are_not_deep(parser: Any, query: str) -> None:
    parser.parse(query)


@pytest.mark.parametrize(("parser", "query"), [(eql, "any where " + "(" * N), (kuery, "not (" * N)], ids=["eql", "kuery"])
def test_errors_in_deep_places(parser: Any, query: str) -> None:
    with pytest.raises(QuerySyntaxError, match="ends too early"):
        parser.parse(query)


@pytest.mark.parametrize(
    ("parser", "printer", "opening", "closing"),
    [(eql, eql_printer, "any where " + "not " * (MAX_DEPTH - 4), ""), (kuery, kuery_printer, "not (" * 180, ")" * 180)],
    ids=["eql", "kuery"],
)
def test_trees_within_the_limit_can_be_walked(parser: Any, printer: Any, opening: str, closing: str) -> None:
    tree = parser.parse(f"{opening}a{closing}")
    assert parser.parse(printer.render(tree)) == tree
    assert hash(tree) == hash(parser.parse(f"{opening}a{closing}"))
    assert repr(tree)
