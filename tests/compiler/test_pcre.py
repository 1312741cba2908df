"""PCRE patterns as regular expressions of Lucene: the same texts match as with Python's `re`."""

from __future__ import annotations

import pickle
import random
import re

import pytest

from triggerfish.compiler.values.pcre import search_regexp
from triggerfish.compiler.values.pcre_parser import Flags, PcreError
from triggerfish.compiler.values.regexp import acceptor

PATTERNS = [
    r"ab", r"^ab", r"ab$", r"^ab$", r"^$", r"", r"a|", r"a|^b|c$", r"(a|^b|c$)x?", r"\.(exe|dll)$", r"[^/]{3,}$", r"(^|\/)\.[^.\/]",
    r"a{2}", r"a{2,}?b", r"a{,2}b", r"a{b", r"a{1,2", r"x+?y*?z??", r"(?:ab)+", r"(?P<n>a)b", r"(?i)aB", r"(?i:a)B", r"(?s)a.b",
    r"a.b", r"(?m)^a$", r"\bfoo\b", r"\Bfoo", r"^a\b.*\bc$", r"foo\b|^$", r"(?<=x)y", r"(?<!x)y", r"(?<=a|,)x", r"a(?!b)", r"a(?=b)",
    r"a(?!b$)", r"(?!a|b$)x", r"^(?!.*foo).*bar", r"x(?=.*y$)", r"[\w.-]+@[^\s]+\.com", r"[]a]b", r"[^]a]b", r"[a\-c]x", r"[a-c-]x",
    r"\d{1,3}(\.\d{1,3}){3}(?!\d)", r"\x41\u0042", r"\t|\n", r"\S+\s\W", r"a\+b\*c", r"(a|b)*?c+", r"(?:(?:25[0-5]|1\d)(?:\.|\b)){2}",
    r"(?x) a b # c",
]  # fmt: skip
ALPHABET = 'abcxyzfo.-\\/: 01,"\n\tEfABCexdl@+*'


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_same_texts_match(pattern: str) -> None:
    wanted, regexp, rng = re.compile(pattern, re.ASCII), search_regexp(pattern), random.Random(pattern)
    accepts = acceptor(regexp.node)
    literals = re.findall(r"[A-Za-z0-9:/.@]+", pattern) or ["a"]
    for _ in range(300):
        text = "".join(rng.choice(ALPHABET) if rng.random() < 0.6 else rng.choice(literals) for _ in range(rng.randrange(0, 9)))
        # `$` also stands before a line break at the end, which is left out.
        if not text.endswith("\n"):
            assert accepts(text) == (wanted.search(text) is not None), text


@pytest.mark.parametrize(
    ("pattern", "flags", "matches", "misses"),
    [
        ("a.c", Flags(), "abc", "a\nc"),
        ("a.c", Flags(dotall=True), "a\nc", "ac"),
        ("^b$", Flags(multiline=True), "a\nb\nc", "ab"),
        ("[a-f]X", Flags(fold=True), "Cx", "gx"),
        (r"\Qa.b\E+", Flags(), "a.bb", "axb"),
        (r"[[:alpha:]][^[:digit:]]", Flags(), "ab", "a1"),
        (r"\h\N", Flags(), "\tx", "x\t\n"),
    ],
)
def test_flags_and_what_re_lacks(pattern: str, flags: Flags, matches: str, misses: str) -> None:
    accepts = acceptor(search_regexp(pattern, flags).node)
    assert accepts(matches) and not accepts(misses)


@pytest.mark.parametrize(
    ("pattern", "construct"),
    [
        (r"(a)\1", "a backreference"),
        (r"(?>a)", "an atomic group"),
        (r"a++", "a possessive quantifier"),
        (r"(?R)", "recursion"),
        (r"(?(1)a|b)", "a conditional group"),
        (r"(*SKIP)a", "a control verb"),
        (r"\p{L}", "`\\p`"),
        (r"(\ba)*", "an assertion in a repetition"),
        (r"a(?=b).*(?<=c)d", "a look ahead before another assertion"),
        (r"(?=a\bc)", "an assertion inside an assertion"),
        (r"a{2000}", "more than 1000 repetitions"),
    ],
)
def test_what_is_refused_by_name(pattern: str, construct: str) -> None:
    with pytest.raises(PcreError) as caught:
        search_regexp(pattern)
    assert caught.value.construct == construct


@pytest.mark.parametrize("pattern", ["(a", "a)", "[a", "*a", "a\\", "a{3,2}", "[b-a]", r"\y", "(?Pa)", r"\x{zz}"])
def test_what_is_not_a_pattern(pattern: str) -> None:
    with pytest.raises(PcreError) as caught:
        search_regexp(pattern)
    assert not caught.value.construct or pattern == "(?Pa)"


def test_pickling_keeps_the_pattern() -> None:
    regexp = search_regexp("a{3}b$")
    copy = pickle.loads(pickle.dumps(regexp))
    assert (copy.node, copy.pcre) == (regexp.node, "a{3}b$")
