"""Lucene's regular expressions: against Python's ``re`` where both mean the same, by laws where ``re`` has no such operator."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.compiler.values.regexp import ANYTHING, accepts, boundaries, complement, derivative, nullable
from triggerfish.compiler.values.regexp_parser import RegexpError, parse_regexp

ALPHABET = "abAB01_- \n\u00e9\u212a"
texts = st.text(st.sampled_from(ALPHABET), max_size=6)


def matches(expression: str, text: str, fold: bool = False) -> bool:
    return accepts(parse_regexp(expression, fold).node, text)


literals = st.sampled_from([re.escape(char) if char in "-" else char for char in ALPHABET])
classes = st.builds(
    lambda negated, members: f"[{'^' if negated else ''}{''.join(members)}]",
    st.booleans(),
    st.lists(st.sampled_from(["a", "b", "B", "0-1", "A-B", "a-b", "_", r"\-", r"\d", "\u00e9"]), min_size=1, max_size=3),
)


def compounds(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = inner.map(lambda expression: f"({expression})")
    return st.one_of(
        st.lists(group, min_size=2, max_size=3).map("|".join),
        st.lists(group | literals, min_size=2, max_size=4).map("".join),
        st.builds("{}{}".format, group, st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "{1,}", "{1,3}"])),
    )


# What follows means the same in both: no quotes, `~ @ & # <`, no anchors, lazy quantifiers, back-references.
expressions = st.recursive(literals | classes | st.sampled_from([".", r"\d", r"\D", r"\.", "()"]), compounds, max_leaves=6)


@given(expressions, texts)
@settings(max_examples=1500)
def test_common_operators_are_those_of_re(expression: str, text: str) -> None:
    assert matches(expression, text) == (re.fullmatch(expression, text, re.DOTALL | re.ASCII) is not None)


_PARTS = re.compile(r"\\.|\[\^?|\]|[^\\]-[^\\\]]|.", re.DOTALL)


def spelled_out(expression: str) -> str:
    """An expression with both cases of its letters, as Elasticsearch 9.5.3 folds them: also in a class, but not the ends of a range."""
    pieces, in_class = [], False
    for part in _PARTS.findall(expression):
        if len(part) == 1 and part.isascii() and part.isalpha():
            part = part.lower() + part.upper() if in_class else f"[{part.lower()}{part.upper()}]"
        in_class = (part[0] == "[" and len(part) < 3) or (in_class and part != "]")
        pieces.append(part)
    return "".join(pieces)


@given(expressions, texts)
@settings(max_examples=500)
def test_folding_spells_out_both_cases(expression: str, text: str) -> None:
    assert matches(expression, text, fold=True) == (re.fullmatch(spelled_out(expression), text, re.DOTALL | re.ASCII) is not None)


@given(expressions, expressions, texts)
@settings(max_examples=500)
def test_complement_intersection_and_union(left: str, right: str, text: str) -> None:
    in_left, in_right = matches(left, text), matches(right, text)
    assert matches(f"~({left})", text) != in_left
    assert matches(f"~~({left})", text) == in_left
    assert matches(f"({left})&({right})", text) == (in_left and in_right)
    assert matches(f"({left})|({right})", text) == (in_left or in_right)
    assert matches(f"~(({left})&({right}))", text) == matches(f"~({left})|~({right})", text)
    assert matches(f"({left})&@", text) == in_left
    assert matches(f"({left})|#", text) == in_left
    assert not matches(f"({left})#", text)


@given(expressions, st.characters(codec="utf-8"), texts)
def test_one_character_stands_for_its_span(expression: str, char: str, rest: str) -> None:
    node = parse_regexp(expression).node
    representative = max(bound for bound in boundaries(node) if bound <= ord(char))
    assert accepts(derivative(node, representative), rest) == accepts(derivative(node, ord(char)), rest)
    assert nullable(complement(node)) != nullable(node)


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 2500), st.integers(0, 2))
def test_intervals_hold_the_numbers_between(first: int, last: int, number: int, zeros: int) -> None:
    inside = min(first, last) <= number <= max(first, last)
    text = "0" * zeros + str(number)
    same_width = len(str(first)) == len(str(last))
    assert matches(f"<{first}-{last}>", text) == (inside and (not same_width or len(text) == len(str(first))))


@pytest.mark.parametrize(
    ("expression", "inside", "outside"),
    [
        ("", [""], ["a"]),
        ("()", [""], ["a"]),
        ("a", ["a"], ["", "A", "aa", "xa"]),
        (".", ["a", "\n", "\U0001f600"], ["", "ab"]),
        ("a.*", ["a", "a\nb"], ["ba"]),
        (r"a\.b", ["a.b"], ["axb"]),
        (r"\\", ["\\"], ["\\\\"]),
        ('"a.b*"', ["a.b*"], ["axb"]),
        ('"a""b"', ["ab"], ["a"]),
        ("a~bc", ["ac", "abbc", "axc"], ["abc", "a"]),
        ("ab|cd&c.", ["ab", "cd"], ["cx"]),
        ("#", [], ["", "#"]),
        ("#|a", ["a"], [""]),
        ("@", ["", "a\nb"], []),
        ("@x@&@y@", ["xy", "y x"], ["x", "y"]),
        ("<1-100>", ["1", "100", "007", "42"], ["0", "101", ""]),
        ("<01-31>", ["01", "31", "09"], ["1", "32", "031"]),
        ("<31-1>", ["1", "31"], ["0", "32"]),
        ("a{2}", ["aa"], ["a", "aaa"]),
        ("a{2,}", ["aa", "aaaa"], ["a"]),
        ("(ab){0,1}", ["", "ab"], ["abab"]),
        ("a?+", ["", "a", "aa"], ["b"]),
        ("[abc]", ["a", "c"], ["d", "", "ab"]),
        ("[^abc]", ["d", "\n"], ["a", ""]),
        ("[a-c0]", ["b", "0"], ["-", "d"]),
        ("[-a]", ["-", "a"], ["b"]),
        ("[.*]", [".", "*"], ["a"]),
        (r"[\]a]", ["]", "a"], ["\\"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[a^]", ["a", "^"], ["b"]),
        ("^a$", ["^a$"], ["a"]),
        # Classes of Lucene 9 and later (LUCENE-9336): ASCII, and only four kinds of white space.
        (r"\d", ["0", "9"], ["a", "\u0663", ""]),
        (r"\D", ["a", "\u0663"], ["0", ""]),
        (r"\s", [" ", "\t", "\n", "\r"], ["\f", "\v", "\u00a0", "s"]),
        (r"\S", ["\f", "\u00a0", "s"], [" ", "\n"]),
        (r"\w", ["a", "Z", "0", "_"], ["-", "\u00e9", ""]),
        (r"\W", ["-", "\u00e9"], ["a", "_"]),
        (r"[\d_]+", ["1_2"], ["a"]),
        (r"[^\s\d]", ["a"], [" ", "1"]),
        (r"[\Dx]", ["x", "-"], ["1"]),
        (r".*?net1\s+\w{4,15}\s.*?", ["net1 \t user x"], ["net1 abc x"]),
    ],
)
def test_operators(expression: str, inside: list[str], outside: list[str]) -> None:
    assert [text for text in inside if not matches(expression, text)] == []
    assert [text for text in outside if matches(expression, text)] == []


@pytest.mark.parametrize(
    ("expression", "inside", "outside"),
    [
        ("ab", ["ab", "AB", "aB"], []),
        # What Elasticsearch 9.5.3 answers to `case_insensitive`: a range does not fold, a single member does.
        ("[a-c]", ["a", "c"], ["B", "d"]),
        ("[^a-b]", ["A", "c"], ["a", "b"]),
        ("[a-a]", ["A"], ["b"]),
        ("[abc]", ["B"], ["d"]),
        ("[^ab]", ["C"], ["A", "b"]),
        ("[ab-d]", ["A", "c"], ["B"]),
        ("[a-cD]", ["d", "a"], ["A"]),
        ("~[a-c]", ["A", "d"], ["a"]),
        ("(a|b)&[ab]", ["A", "b"], []),
        ('"Ab"', ["aB"], []),
        ("k", ["K"], ["\u212a"]),
        ("s", ["S"], ["\u017f"]),
        ("i", ["I"], ["\u0130", "\u0131"]),
        ("\u00e9", ["\u00e9"], ["\u00c9"]),
        (r"\w", ["a"], ["\u212a"]),
    ],
)
def test_folding(expression: str, inside: list[str], outside: list[str]) -> None:
    assert [text for text in inside if not matches(expression, text, fold=True)] == []
    assert [text for text in outside if matches(expression, text, fold=True)] == []


@pytest.mark.parametrize(
    ("expression", "offset", "message"),
    [
        ("ab(c", 2, "unclosed `(`"),
        ("(", 0, "unclosed `(`"),
        ("ab)c", 2, "unexpected `)`"),
        ("a[bc", 1, "unclosed `[`"),
        ("a[]", 1, "unclosed `[`"),
        ("a[b-a]", 1, "the range `b-a` is empty"),
        ("[a-]", 0, "the range `a-]` is empty"),
        ('a"bc', 1, 'unclosed `"`'),
        ("*a", 0, "`*` has nothing to repeat"),
        ("a|+", 2, "`+` has nothing to repeat"),
        ("a|", 2, "an alternative is empty"),
        ("(a||b)", 3, "an alternative is empty"),
        ("a{x}", 2, "expected a number"),
        ("a{1", 3, "expected `}`"),
        ("a{3,2}", 1, "numbers must be in order"),
        ("a{1001}", 1, "at most 1000"),
        ("a<1-2147483648>", 1, "at most 2,147,483,647"),
        ("a<1>", 1, "expected an interval"),
        ("a<1-x>", 1, "expected an interval"),
        ("a<x-1>", 1, "expected an interval"),
        ("a<1-", 1, "expected an interval"),
        ("a<name>", 1, "expected an interval"),
        ("ab\\", 2, "a `\\` ends the expression"),
        (r"a\b", 1, "`\\b` is not an escape"),
        (r"[\q]", 1, "`\\q` is not an escape"),
        ("~", 1, "the expression ends"),
        ("a" * 1001, 1000, "longer than 1,000 characters"),
        ("(" * 200 + ")" * 200, 100, "nested too deeply"),
    ],
)
def test_errors_tell_where(expression: str, offset: int, message: str) -> None:
    with pytest.raises(RegexpError) as raised:
        parse_regexp(expression)
    assert message in raised.value.message
    assert raised.value.offset == offset


@pytest.mark.parametrize(
    ("expression", "text", "inside"),
    [
        pytest.param("(" + "ab" * 490 + ")*", "ab" * 980, True, id="a long word, repeated"),
        pytest.param("x*" * 300, "x" * 50, True, id="many that may be empty"),
        pytest.param("(a|b){1000}", "ab" * 500, True, id="counted"),
        pytest.param("a{0,1000}", "a" * 1001, False, id="counted, too many"),
        pytest.param("(a*)*b", "a" * 2000, False, id="nested stars"),
        pytest.param(".*a.{19}", "ab" * 1000, True, id="what a deterministic automaton has a million states for"),
    ],
)
def test_hard_ones_take_no_time(expression: str, text: str, inside: bool) -> None:
    start = time.process_time()
    assert matches(expression, text) == inside
    assert time.process_time() - start < 5


def test_everything_and_nothing() -> None:
    assert parse_regexp("@").node == ANYTHING
    assert complement(complement(ANYTHING)) == ANYTHING
    assert not matches("~@", "")
    assert matches("~#", "")
