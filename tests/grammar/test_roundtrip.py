"""Any tree prints to a query that parses to the same tree."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.grammar.eql import parser as eql
from triggerfish.grammar.eql import printer as eql_printer
from triggerfish.grammar.eql import tree as e
from triggerfish.grammar.eql.keywords import RESERVED
from triggerfish.grammar.kuery import parser as kuery
from triggerfish.grammar.kuery import printer as kuery_printer
from triggerfish.grammar.kuery import tree as k
from triggerfish.grammar.kuery.builder import JAVASCRIPT_SPACE
from triggerfish.grammar.syntax_error import QuerySyntaxError

ODD = ["and", " or ", "NOT ", "not", "\\", '"', "'", "*", "?", ":", "(", "{", "]", ".", "`", "//", "$", "~"]
ODD += ["\t", "\n", "\xa0", "\u2003", "é", "😀"]
characters = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
texts = st.lists(st.one_of(characters, st.sampled_from(ODD)), max_size=4).map("".join)


# EQL


def distinct(kind: type, strategy: Any) -> Any:
    """Operands of an And or Or: two or more, none of its own kind."""
    return st.lists(strategy.filter(lambda node: not isinstance(node, kind)), min_size=2, max_size=4).map(tuple).map(kind)


names = st.from_regex(r"[A-Za-z_@][A-Za-z0-9_]{0,6}", fullmatch=True)
words = names.filter(lambda name: name not in RESERVED and name not in ("as", "fork", "runs"))
parts = st.one_of(names, st.sampled_from(sorted(RESERVED)), texts).filter(lambda part: part and not re.search(r"[.\r\n]", part))
subscripts = st.integers(0, 99)
paths = st.tuples(parts, st.lists(st.one_of(parts, subscripts), max_size=4)).map(lambda path: (path[0], *path[1]))
fields = st.builds(e.Field, paths, st.booleans())
variables = st.builds(e.Variable, st.tuples(names, st.lists(st.one_of(parts, subscripts), max_size=2)).map(lambda p: (p[0], *p[1])))
raw = texts.filter(lambda text: '"""' not in text and not re.search(r"[\r\n]", text))
strings = st.one_of(st.builds(e.String, texts), st.builds(e.String, raw, st.just(True)))
numbers = st.builds(e.Number, st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
literals = st.one_of(strings, numbers, st.builds(e.Boolean, st.booleans()), st.builds(e.Null))
leaves = st.one_of(fields, variables, literals)
categories = st.one_of(st.none(), names, texts)


def compound(inner: Any) -> Any:
    calls = st.builds(e.Call, words, st.lists(inner, max_size=3).map(tuple), st.booleans())
    single = sorted(set(e.ListOperator) - {e.ListOperator.IN, e.ListOperator.IN_FOLD})
    return st.one_of(
        calls,
        st.builds(e.Arithmetic, st.sampled_from(e.ArithmeticOperator), inner, inner),
        st.builds(e.Negative, inner.filter(lambda node: not isinstance(node, e.Number))),
        st.builds(e.Comparison, st.sampled_from(e.CompareOperator), inner, inner),
        st.builds(
            e.InList,
            st.sampled_from(e.ListOperator),
            inner,
            st.lists(inner, min_size=1, max_size=3).map(tuple),
            st.just(True),
            st.booleans(),
        ),
        st.builds(e.InList, st.sampled_from(single), inner, st.tuples(st.one_of(leaves, calls)), st.just(False), st.booleans()),
        st.builds(e.Lineage, st.sampled_from(e.LineageKind), st.builds(e.EventQuery, categories, inner)),
        st.builds(e.Not, inner),
        distinct(e.And, inner),
        distinct(e.Or, inner),
    )


expressions = st.recursive(leaves, compound, max_leaves=10)
event_queries = st.builds(e.EventQuery, categories, expressions)
keys = st.lists(st.builds(e.JoinKey, st.one_of(fields, expressions)), max_size=2).map(tuple)
items = st.builds(
    e.Item,
    query=event_queries,
    by=keys,
    runs=st.integers(1, 9),
    missing=st.booleans(),
    alias=st.one_of(st.none(), words),
    fork=st.one_of(st.none(), st.booleans()),
)
item_lists = st.lists(items, min_size=1, max_size=3).map(tuple)
durations = st.builds(e.Duration, st.integers(0, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]))
sequences = st.builds(e.Sequence, item_lists, keys, st.one_of(st.none(), durations), st.one_of(st.none(), items))
samples = st.builds(e.Sample, item_lists, keys)
pipes = st.lists(st.builds(e.Pipe, words, st.lists(expressions, max_size=2).map(tuple)), max_size=2).map(tuple)
eql_queries = st.builds(e.Query, st.one_of(event_queries, sequences, samples), pipes)


@settings(max_examples=300, deadline=None)
@given(eql_queries)
def test_eql_trees_round_trip(tree: e.Query) -> None:
    again = eql.parse(eql_printer.render(tree))
    assert again == tree
    assert repr(again) == repr(tree)


# Kuery


def trimmed(pieces: list[str]) -> k.Text:
    pieces[0] = pieces[0].lstrip(JAVASCRIPT_SPACE)
    pieces[-1] = pieces[-1].rstrip(JAVASCRIPT_SPACE)
    return k.Text(tuple(pieces))


quoted = st.builds(k.Text, st.tuples(texts), st.just(True))
unquoted = st.lists(texts, min_size=1, max_size=3).map(trimmed)
values = st.one_of(quoted, unquoted)
value_trees = st.recursive(
    values, lambda inner: st.one_of(st.builds(k.Not, inner), distinct(k.And, inner), distinct(k.Or, inner)), max_leaves=6
)
tests = st.one_of(
    st.builds(k.Is, st.none(), values),
    st.builds(k.Is, values, value_trees),
    st.builds(k.Range, values, st.sampled_from(k.RangeOperator), values),
)
kuery_queries = st.one_of(
    st.builds(k.MatchAll),
    st.recursive(
        tests,
        lambda inner: st.one_of(st.builds(k.Nested, values, inner), st.builds(k.Not, inner), distinct(k.And, inner), distinct(k.Or, inner)),
        max_leaves=6,
    ),
)


@settings(max_examples=300, deadline=None)
@given(kuery_queries)
def test_kuery_trees_round_trip(tree: k.Query) -> None:
    assert kuery.parse(kuery_printer.render(tree)) == tree


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(characters, st.sampled_from([*ODD, "a", " ", ":", "not ", ")", "}", ">="])), max_size=12).map("".join))
def test_any_text_parses_or_is_refused(text: str) -> None:
    """Nothing but ``QuerySyntaxError`` comes out, its message can be shown, and what parses round-trips."""
    for parser, printer, query in ((kuery, kuery_printer, text), (eql, eql_printer, f"any where {text}")):
        try:
            tree: Any = parser.parse(query)
        except QuerySyntaxError as error:
            assert 0 <= error.span.start <= error.span.end <= len(query)
            assert "^" in str(error)
            assert not any(term.isupper() for term in error.expected)
        else:
            assert parser.parse(printer.render(tree)) == tree
