"""The standard analyser, against tables from its documentation and against another implementation of UAX #29."""

from __future__ import annotations

import unicodedata
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggerfish.backends.decide.solve_program import solve
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.compiler.values.text_analysis import MAX_TOKEN_LENGTH, analyzer_of, lower, separates, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # The example of Elasticsearch's reference page on the standard analyser.
        (
            "The 2 QUICK Brown-Foxes jumped over the lazy dog's bone.",
            ["the", "2", "quick", "brown", "foxes", "jumped", "over", "the", "lazy", "dog's", "bone"],
        ),
        # Emoji and letters in circles, as Elasticsearch 8.19 and 9.5 return them.
        ("a\U0001f600b", ["a", "\U0001f600", "b"]),
        ("\U0001f600\U0001f600", ["\U0001f600", "\U0001f600"]),
        ("\U0001f468\u200d\U0001f469 \U0001f44d\U0001f3fd", ["\U0001f468\u200d\U0001f469", "\U0001f44d\U0001f3fd"]),
        ("\U0001f1e9\U0001f1ea\U0001f1e9", ["\U0001f1e9\U0001f1ea"]),
        ("#\ufe0f\u20e3 # \u2764\ufe0f \u00a9", ["#\ufe0f\u20e3", "\u2764\ufe0f", "\u00a9"]),
        ("a\u24b6 \u24b6", ["a\u24d0", "\u24d0"]),
        ("a\U0001f170", ["a\U0001f170"]),
        ("", []),
        (" \t\n", []),
        ("...", []),
        ("cmd.exe", ["cmd.exe"]),
        ("cmd.exe /c whoami", ["cmd.exe", "c", "whoami"]),
        ("a:b", ["a:b"]),
        ("a-b", ["a", "b"]),
        ("a_b", ["a_b"]),
        ("_a_", ["_a_"]),
        ("__", []),
        ("\u203f", []),
        ("C:\\Windows\\System32", ["c", "windows", "system32"]),
        ("C:Windows", ["c:windows"]),
        ("/etc/passwd", ["etc", "passwd"]),
        ("10.0.0.1", ["10.0.0.1"]),
        ("10.0.0.1:443", ["10.0.0.1", "443"]),
        ("3.14 1,000 1;2 1:2", ["3.14", "1,000", "1;2", "1", "2"]),
        ("a.1", ["a", "1"]),
        ("1.a", ["1", "a"]),
        ("v1.2", ["v1.2"]),
        ("a,b", ["a", "b"]),
        ("a..b", ["a", "b"]),
        (".a.", ["a"]),
        ("can\u2019t", ["can\u2019t"]),
        ("'quoted'", ["quoted"]),
        ("user@example.com", ["user", "example.com"]),
        ("-EncodedCommand", ["encodedcommand"]),
        ("x=1&y=2", ["x", "1", "y", "2"]),
        ("80%", ["80"]),
        ("\u4e2d\u6587", ["\u4e2d", "\u6587"]),
        ("\u3072\u3089", ["\u3072", "\u3089"]),
        ("\u30ab\u30bf", ["\u30ab\u30bf"]),
        ("\ud55c\uae00", ["\ud55c\uae00"]),
        ("e\u0301t\u00e9", ["e\u0301t\u00e9"]),
        ("a\u00adb", ["a\u00adb"]),
        ("a\u200bb", ["a", "b"]),
        ("\u05e6\u05d4\u05f4\u05dc", ["\u05e6\u05d4\u05f4\u05dc"]),
        ('\u05e6"\u05dc', ['\u05e6"\u05dc']),
        ("\u05e6' a", ["\u05e6'", "a"]),
        ("abc\u0e44\u0e17\u0e22", ["abc", "\u0e44\u0e17\u0e22"]),
        ("\u00b2", []),
        # Lucene lower-cases character by character.
        ("\u03a3\u0391\u03a3", ["\u03c3\u03b1\u03c3"]),
        ("\u0130x", ["ix"]),
        ("STRA\u1e9eE", ["stra\u00dfe"]),
        ("\u212aelvin", ["kelvin"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert tokens(text) == words


def test_long_words_are_cut() -> None:
    assert [len(word) for word in tokens("a" * (2 * MAX_TOKEN_LENGTH + 1))] == [MAX_TOKEN_LENGTH, MAX_TOKEN_LENGTH, 1]


ALPHABET = "abZ019._'\u2019:;,-/ \\\t\n@#\"\u00e9\u00df\u03a3\u0301\u05e7\u4e2d\u6587\u3072\u30ab\u30fc\ud55c\uae00\u203f\u2024\u200b\u00ad"


@given(st.text(st.sampled_from(ALPHABET), max_size=12))
@settings(max_examples=1000)
def test_boundaries_are_those_of_another_implementation(text: str) -> None:
    wordbreak: Any = pytest.importorskip("uniseg.wordbreak")
    words = [word for word in wordbreak.words(text) if any(unicodedata.category(char)[0] in "LN" for char in word)]
    assert tokens(text) == [lower(word) for word in words]


@given(st.text(max_size=40))
def test_words_are_pieces_of_the_text_in_order(text: str) -> None:
    at, folded = 0, lower(text)
    for word in tokens(text):
        at = folded.index(word, at) + len(word)
        assert tokens(word)


@given(st.text(max_size=40))
def test_no_word_holds_a_separator(text: str) -> None:
    assert not any(separates(char) for word in tokens(text) for char in word)


@pytest.mark.parametrize("char", "-\\/$%=@&()[]{}<> \t|!?~^`+\u2014\u00bb")
def test_separators(char: str) -> None:
    assert separates(char)


@given(st.text(max_size=40))
def test_every_letter_and_digit_is_in_a_word(text: str) -> None:
    """What is lost is neither a letter nor a decimal digit."""
    kept = [char for char in lower(text) if unicodedata.category(char) in ("Lu", "Ll", "Lo", "Nd")]
    assert kept == [char for word in tokens(text) for char in word if unicodedata.category(char) in ("Lu", "Ll", "Lo", "Nd")]


@pytest.mark.parametrize(
    ("analyzer", "text", "words"),
    [
        ("standard", "Get-Keystrokes a1_b", ["get", "keystrokes", "a1_b"]),
        ("simple", "Get-Keystrokes a1_b", ["get", "keystrokes", "a", "b"]),
        ("whitespace", "Get-Keystrokes  a1_b", ["Get-Keystrokes", "a1_b"]),
        ("powershell_script_analyzer", "Get-Keystrokes|a1_b é", ["get-keystrokes", "a1_b"]),
        ("one of the index", "a-b", ["a", "b"]),
    ],
)
def test_analysers(analyzer: str, text: str, words: list[str]) -> None:
    assert analyzer_of(analyzer).words(text) == words


@pytest.mark.parametrize(
    ("analyzer", "query", "match", "miss"),
    [
        ("powershell_script_analyzer", "t: Get-Keystrokes", "x Get-Keystrokes y", "get keystrokes"),
        ("powershell_script_analyzer", "t: *et-k*", "Get-Keystrokes", "get keystrokes"),
        ("standard", "t: Get-Keystrokes", "keystrokes", "gets"),
        ("whitespace", "t: Get", "a Get", "a get"),
        ("whitespace", "t: G*-x", "G1-x", "g1-x"),
        ("simple", "t: b1c", "b", "d1"),
    ],
)
def test_the_analyser_of_a_mapping(analyzer: str, query: str, match: str, miss: str) -> None:
    schema = schema_from({"properties": {"t": {"type": "text", "analyzer": analyzer}}})
    program = compile_query(query, schema, 0, "kuery").program
    (step,) = program.steps
    assert matches(step.formula, {"t": match}) and not matches(step.formula, {"t": miss})
    sampler = solve(program, "seed", 0).sampler
    assert sampler is not None and sampler.draw(Random(1)) is not None


def test_no_word_of_script_blocks_is_cut_at_a_hyphen() -> None:
    for analyzer, status in (("powershell_script_analyzer", "ok"), ("standard", "unsatisfiable")):
        schema = schema_from({"properties": {"t": {"type": "text", "analyzer": analyzer}}})
        assert solve(compile_query("t:x-y*", schema, 0, "kuery").program, "seed", 0).status == status
