"""Real rules and recorded verdicts: every query parses, prints and parses again, and its spans hold."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from triggerfish.grammar.eql import parser as eql
from triggerfish.grammar.eql import printer as eql_printer
from triggerfish.grammar.eql import tree as eql_tree
from triggerfish.grammar.kuery import parser as kuery
from triggerfish.grammar.kuery import printer as kuery_printer
from triggerfish.grammar.kuery import tree as kuery_tree
from triggerfish.grammar.syntax_error import QuerySyntaxError

LANGUAGES: dict[str, tuple[Any, Any]] = {"kuery": (kuery, kuery_printer), "eql": (eql, eql_printer)}


@cache
def corpus(shared: Path) -> dict[str, list[str]]:
    """The corpus' queries by language."""
    queries: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for path in sorted((shared / "corpus").rglob("*.toml")):
        rule = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
        if rule.get("language") in queries and "query" in rule:
            queries[rule["language"]].append(rule["query"])
    return queries


def nodes(tree: Any) -> Iterator[Any]:
    """Every node of a tree, parents first."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        for name in node.__dataclass_fields__:
            value = getattr(node, name)
            pending += [part for part in (value if isinstance(value, tuple) else (value,)) if hasattr(part, "span")]


def test_kibana_accepts_and_rejects_the_same(shared: Path) -> None:
    lines = (shared / "kuery" / "syntax-cases.ndjson").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 160
    for case in map(json.loads, lines):
        try:
            kuery.parse(case["query"])
        except QuerySyntaxError as error:
            assert not case["ok"], case["query"]
            # Kibana, too, names the place where the parse could not go on.
            assert error.span.start == int(case["error"].rpartition("@")[2]), case["query"]
        else:
            assert case["ok"], case["query"]


def test_elasticsearch_queries_round_trip(shared: Path) -> None:
    cases = json.loads((shared / "eql-qa" / "cases.json").read_text(encoding="utf-8"))
    assert len(cases) == 300
    for case in cases:
        tree = eql.parse(case["query"])
        assert eql.parse(eql_printer.render(tree)) == tree


@pytest.mark.parametrize(("language", "count"), [("kuery", 383), ("eql", 548)])
def test_corpus_round_trips(shared: Path, language: str, count: int) -> None:
    parser, printer = LANGUAGES[language]
    queries = corpus(shared)[language]
    assert len(queries) == count
    for query in queries:
        tree = parser.parse(query)
        assert parser.parse(printer.render(tree)) == tree


@pytest.mark.parametrize("language", LANGUAGES)
def test_leaves_cover_their_own_text(shared: Path, language: str) -> None:
    for query in corpus(shared)[language]:
        for node in nodes(LANGUAGES[language][0].parse(query)):
            text = query[node.span.start : node.span.end]
            match node:
                case kuery_tree.Text(quoted=True) | eql_tree.String():
                    assert text[0] == text[-1] == '"'
                case kuery_tree.Text() if "\\" not in text:
                    assert text == node.literal
                case kuery_tree.Text():
                    assert len(text) > len(node.literal)
                case eql_tree.Field():
                    assert text.replace("`", "").removeprefix("?") == node.name
                case eql_tree.Number() | eql_tree.Boolean() | eql_tree.Null() | eql_tree.Call() | eql_tree.Duration():
                    assert text == eql_printer.render(node) or isinstance(node, eql_tree.Call)
                case eql_tree.Item():
                    assert text.startswith(("[", "!["))
                case _:
                    assert text == text.strip() != ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_children_lie_within_parents_in_order(shared: Path, language: str) -> None:
    for query in corpus(shared)[language]:
        for node in nodes(LANGUAGES[language][0].parse(query)):
            if isinstance(node, kuery_tree.And | kuery_tree.Or | eql_tree.And | eql_tree.Or):
                assert node.span.start <= node.args[0].span.start
                assert node.args[-1].span.end <= node.span.end
                for left, right in zip(node.args, node.args[1:], strict=False):
                    assert left.span.end < right.span.start


@pytest.mark.parametrize("language", LANGUAGES)
def test_spans_hold_under_other_line_ends(shared: Path, language: str) -> None:
    parser, _ = LANGUAGES[language]
    for query in corpus(shared)[language]:
        plain = query.replace("\r\n", "\n")
        dos = plain.replace("\n", "\r\n")
        covered = [plain[n.span.start : n.span.end].replace("\n", "\r\n") for n in nodes(parser.parse(plain))]
        assert covered == [dos[n.span.start : n.span.end] for n in nodes(parser.parse(dos))]
