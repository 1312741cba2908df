"""Lucene query strings: what parses, what it means, and documents for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from triggerfish import InvalidQueryError, QuerySyntaxError, RuleCollection, SourceEvents, UnsolvableError, UnsupportedQueryError
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.formula import fields_of
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.grammar.lucene import parser as lucene
from triggerfish.grammar.lucene import tree as tree
from triggerfish.grammar.lucene.tree import Clause, Conjunction, Fuzzy, Group, Modifier, Name, Phrase, Range, Regexp, Term, Wild, Wildcard

NOW = 1_614_686_400_000
SCHEMA = schema_from(
    {
        "k": {"type": "keyword"},
        "args": {"type": "keyword", "normalize": ["array"]},
        "t": {"type": "text"},
        "message": {"type": "text"},
        "n": {"type": "long"},
        "ip": {"type": "ip"},
        "d": {"type": "date"},
        "v": {"type": "version"},
        "b": {"type": "boolean"},
        "nest": {"type": "nested"},
        "nest.a": {"type": "keyword"},
    }
)


def single(query: str) -> Any:
    (clause,) = lucene.parse(query).clauses
    return clause.node


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a", Term("a")),
        ("a-b+c.d@e", Term("a-b+c.d@e")),
        ("a\\:b\\ c", Term("a:b c")),
        ("\\u0041", Term("A")),
        (">=10", Term(">=10")),
        ("or", Term("or")),
        ("ANDy", Term("ANDy")),
        ("a*b?", Wild(("a", Wildcard.RUN, "b", Wildcard.ONE))),
        ("*", Wild((Wildcard.RUN,))),
        ("a\\*b*", Wild(("a*b", Wildcard.RUN))),
        ('"a \\" b"', Phrase('a " b')),
        ('"a b"~2', Phrase("a b", 2)),
        ("a~", Fuzzy("a")),
        ("a~1", Fuzzy("a", 1.0)),
        ("a^2.5", Term("a")),
        ("/a\\/[b]+/", Regexp("a/[b]+")),
        ("[1 TO 5]", Range("1", "5")),
        ("{1 TO 5]", Range("1", "5", True, False)),
        ("[* TO 5}", Range(None, "5", False, True)),
        ('["a b" TO "c"]', Range("a b", "c")),
        ("[2020-01-01 TO now-1d/d]", Range("2020-01-01", "now-1d/d")),
    ],
)
def test_values(written: str, value: Any) -> None:
    assert single(written) == tree.Test(None, value)
    assert single(f"a.b:{written}") == tree.Test(Name(("a.b",)), value)
    assert single(f"( {written} )^3") == Group(None, (Clause(tree.Test(None, value)),))


def test_clauses() -> None:
    a, b, c = (tree.Test(None, Term(text)) for text in "abc")
    assert lucene.parse("a b").clauses == (Clause(a), Clause(b))
    assert lucene.parse("a AND b && c").clauses == (Clause(a), Clause(b, Conjunction.AND), Clause(c, Conjunction.AND))
    assert lucene.parse("a OR NOT b || !c").clauses == (
        Clause(a),
        Clause(b, Conjunction.OR, Modifier.PROHIBITED),
        Clause(c, Conjunction.OR, Modifier.PROHIBITED),
    )
    assert lucene.parse("+a -b").clauses == (Clause(a, None, Modifier.REQUIRED), Clause(b, None, Modifier.PROHIBITED))
    assert single("f:(a OR b)") == Group(Name(("f",)), (Clause(a), Clause(b, Conjunction.OR)))
    assert single("f.\\*:a") == tree.Test(Name(("f.", "")), Term("a"))
    assert lucene.parse("  ").clauses == ()


def test_spans_point_at_the_query() -> None:
    query = ' +a:"b c"~1  AND (d OR -e:[1 TO 2])'
    first, second = lucene.parse(query).clauses
    assert query[first.span.start : first.span.end] == '+a:"b c"~1'
    assert query[second.span.start : second.span.end] == "(d OR -e:[1 TO 2])"
    assert isinstance(second.node, Group)
    assert [query[clause.span.start : clause.span.end] for clause in second.node.clauses] == ["d", "-e:[1 TO 2]"]


@pytest.mark.parametrize(
    ("query", "column", "says"),
    [
        ("a AND", 6, "ends too early"),
        ("AND a", 1, "stands between two clauses"),
        ("a:(b", 5, "never closed"),
        ("a)", 2, "nothing opened"),
        ('a:"b', 3, 'a `"` is never closed'),
        ("a:/b", 3, "a `/` is never closed"),
        ("a:10.0.0.0/8", 11, "`\\/`"),
        ("a:[1 to 5]", 3, "with `TO` in capitals"),
        ("a:b:c", 3, "unexpected"),
        ("- a", 1, "leave no white space"),
        ("a\\", 2, "nothing follows"),
        ("a:", 3, "ends too early"),
    ],
)
def test_errors_say_where_and_why(query: str, column: int, says: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        lucene.parse(query)
    assert caught.value.language == "lucene"
    assert caught.value.position.column == column
    assert says in str(caught.value)


MEANING: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = [
    ("k:a", [{"k": "a"}], [{"k": "A"}, {"k": "a b"}, {}]),
    ("k:a*b?", [{"k": "axbc"}], [{"k": "ab"}, {"k": "Axbc"}]),
    ('k:"a*"', [{"k": "a*"}], [{"k": "ab"}]),
    ("k:/2[0-9]{3}/", [{"k": "2755"}], [{"k": "275"}, {"k": "x2755"}]),
    ("k:*", [{"k": ""}], [{}]),
    ("_exists_:k", [{"k": "x"}], [{}, {"n": 1}]),
    ("NOT _exists_:k", [{}, {"n": 1}], [{"k": "x"}]),
    ("t:(a b)", [{"t": "x b y"}, {"t": "a"}], [{"t": "c"}]),
    ('t:"a b"', [{"t": "x A b"}], [{"t": "b a"}]),
    ("t:a-b", [{"t": "only b"}], [{"t": "ab"}]),
    ("t:Fo*", [{"t": "a food"}], [{"t": "a fad"}]),
    ("n:[1 TO 5}", [{"n": 1}, {"n": 4}], [{"n": 5}, {"n": 0}, {}]),
    ("n:{1 TO *]", [{"n": 2}], [{"n": 1}]),
    ("n:>=10", [{"n": 10}], [{"n": 9}]),
    ("n:(>=10 AND <20)", [{"n": 19}], [{"n": 20}]),
    ("ip:\\:\\:1 OR ip:10.0.0.0\\/8", [{"ip": "10.1.2.3"}, {"ip": "::1"}], [{"ip": "11.0.0.1"}]),
    ("ip:[10.0.0.1 TO 10.0.0.9]", [{"ip": "10.0.0.9"}], [{"ip": "10.0.0.10"}]),
    ("d:[2021-03-01 TO 2021-03-02}", [{"d": "2021-03-01T23:59:59Z"}], [{"d": "2021-03-02T00:00:00Z"}]),
    ("d:{2021-03-01 TO now]", [{"d": "2021-03-02T12:00:00Z"}], [{"d": "2021-03-01T23:00:00Z"}, {"d": "2021-03-02T12:00:01Z"}]),
    ("v:>=1.5.0", [{"v": "1.11.3"}], [{"v": "1.4.9"}]),
    ("b:true", [{"b": True}], [{"b": False}]),
    ("k:[b TO d]", [{"k": "c"}], [{"k": "e"}]),
    # White space between plain words makes them one value of a keyword; `or` is such a word.
    ("k:(a or b)", [{"k": "a or b"}], [{"k": "a"}, {"k": "b"}]),
    ("k:(a OR b)", [{"k": "a"}, {"k": "b"}], [{"k": "a or b"}]),
    ("args:(a b* c)", [{"args": ["a"]}, {"args": ["bx"]}, {"args": ["c"]}], [{"args": ["a b c"]}]),
    # AND requires its two neighbours; what neither requires nor prohibits then only ranks.
    ("k:a OR n:1 AND t:x", [{"n": 1, "t": "x"}], [{"k": "a"}, {"k": "a", "n": 1}]),
    ("k:a AND n:1 OR t:x", [{"k": "a", "n": 1}], [{"t": "x"}]),
    ("+k:a n:1", [{"k": "a"}], [{"n": 1}]),
    ("k:a n:1", [{"k": "a"}, {"n": 1}], [{"k": "b"}]),
    ("k:a -n:1", [{"k": "a"}, {"k": "a", "n": 2}], [{"k": "a", "n": 1}, {"n": 2}]),
    ("k:a AND NOT n:1", [{"k": "a"}], [{"k": "a", "n": 1}]),
    ("NOT k:a", [{}, {"k": "b"}], [{"k": "a"}]),
    ("k:a AND (NOT n:1)", [{"k": "a"}], [{"k": "a", "n": 1}]),
    ("k:(+a* -ab)", [{"k": "ac"}], [{"k": "ab"}]),
    ("foo", [{"message": "a foo b"}], [{"message": "food"}]),
    ("foo AND k:x", [{"message": "foo", "k": "x"}], [{"k": "x"}]),
    ("NOT foo AND k:*", [{"k": "x"}], [{"k": "foo"}, {"k": "x", "message": "foo"}]),
    ("*:*", [{}, {"k": "x"}], []),
    ("", [{}], []),
    ("k\\*:a", [{"k": "a"}], [{"args": "a"}]),
    ("k:a^4 AND n:1^2", [{"k": "a", "n": 1}], [{"k": "a"}]),
]


@pytest.mark.parametrize(("query", "matching", "others"), MEANING, ids=[case[0] or "nothing" for case in MEANING])
def test_meaning(query: str, matching: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    formula = compile_query(query, SCHEMA, NOW, "lucene").program.steps[0].formula
    for document in matching:
        assert matches(formula, document), document
    for document in others:
        assert not matches(formula, document), document


@pytest.mark.parametrize("query", [case[0] for case in MEANING])
def test_documents_match(query: str) -> None:
    formula = compile_query(query, SCHEMA, NOW, "lucene").program.steps[0].formula
    for seed in range(5):
        events = SourceEvents(SCHEMA, seed=seed, start=NOW)
        events.add_query(query, language="lucene")
        for document in events.emit(4):
            assert matches(formula, document)


@pytest.mark.parametrize(
    ("query", "error", "says"),
    [
        ("k:a~1", UnsupportedQueryError, "fuzzy"),
        ('t:"a b"~2', UnsupportedQueryError, "distance"),
        ("t:/a/", UnsupportedQueryError, "regular expression"),
        ("k:/a(/", InvalidQueryError, "regular expression"),
        ("n:abc", InvalidQueryError, "of type long"),
        ("ip:10.*", InvalidQueryError, "wildcard"),
        ("nest.a:x", InvalidQueryError, "nested object"),
        ("k:a AND NOT k:a", UnsolvableError, "required and excluded"),
    ],
)
def test_refusals(query: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        SourceEvents.from_query(query, language="lucene", schema=SCHEMA)


def test_a_clause_that_only_ranks_is_pointed_out() -> None:
    query = "k:a AND n:1 OR t:x"
    (note,) = compile_query(query, SCHEMA, NOW, "lucene").notes
    assert note.code == "idle-clause"
    assert query[note.spans[0].start : note.spans[0].end] == "t:x"


def test_a_rule_in_lucene_compiles(tmp_path: Path) -> None:
    path = tmp_path / "rule.toml"
    path.write_text(
        '[rule]\nname = "Setgid"\nrule_id = "00000000-0000-4000-8000-000000000001"\ntype = "query"\nlanguage = "lucene"\n'
        "query = '''\nevent.category:process AND process.name:chmod AND process.args:(g\\+s OR /2[0-9]{3}/) AND NOT user.name:root\n'''\n",
        encoding="utf-8",
    )
    rules = RuleCollection()
    rules.load_file(path)
    (rule,) = rules
    (document,) = SourceEvents.from_rule(rule).emit(timestamp=False)
    assert document["event"]["category"] == ["process"]
    assert document["process"]["name"] == "chmod"
    assert document["user"]["name"] != "root"


@pytest.mark.parametrize(
    ("query", "kind"), [("x.flag:true", "boolean"), ("x.net:10.0.0.0\\/8", "ip"), ("x.name:a\\/b", "keyword"), ("x.name:truth", "keyword")]
)
def test_values_tell_the_type_of_an_unknown_field(query: str, kind: str) -> None:
    (spec,) = fields_of(compile_query(query, SCHEMA, NOW, "lucene").program.steps[0].formula).values()
    assert spec.type.name == kind
