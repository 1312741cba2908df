"""Each offset in a query leads to the very place in the file where that character is written."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triggerfish.grammar.source_map import TextMap
from triggerfish.grammar.span import Position, Span
from triggerfish.rules.reading.toml_reader import parse_toml
from triggerfish.rules.reading.toml_scanner import ScanError, scan
from triggerfish.rules.reading.toml_strings import find_string
from triggerfish.rules.rule import load_rule

QUERY = ("rule", "query")


def query_map(text: str) -> TextMap | None:
    return find_string(text, QUERY, tomllib.loads(text)["rule"]["query"])


# Two characters are marked: (A) opens the query, (Z) ends it.
SPELLINGS = {
    "literal": ("[rule]\nquery = 'A b:c Z'\n", (2, 10), (2, 16)),
    "basic": ('[rule]\nquery = "A b:c Z"\n', (2, 10), (2, 16)),
    "literal block": ("[rule]\nquery = '''\nA b\n  c Z\n'''\n", (3, 1), (4, 5)),
    "basic block": ('[rule]\nquery = """\nA b\n  c Z\n"""\n', (3, 1), (4, 5)),
    "block on the line of its key": ("[rule]\nquery = '''A b\n  c Z'''\n", (2, 12), (3, 5)),
    "basic block on the line of its key": ('[rule]\nquery = """A b\n  c Z"""\n', (2, 12), (3, 5)),
    "blank first line": ("[rule]\nquery = '''\n\nA b Z'''\n", (4, 1), (4, 5)),
    "CRLF": ("[rule]\r\nquery = '''\r\nA b\r\n  c Z\r\n'''\r\n", (3, 1), (4, 5)),
    "CRLF in a basic block": ('[rule]\r\nquery = """\r\nA b\r\n  c Z\r\n"""\r\n', (3, 1), (4, 5)),
    "escapes": (r"[rule]" "\n" r'query = "A \"x\" \\ \t \u00e9 \U0001F41F Z"', (2, 10), (2, 42)),
    "escaped newline": ('[rule]\nquery = "A \\n Z"', (2, 10), (2, 15)),
    "line-ending backslash": ('[rule]\nquery = """\\\n\n   A \\\n     Z"""', (4, 4), (5, 6)),
    "line-ending backslash, CRLF": ('[rule]\r\nquery = """\\\r\n\r\n   A \\\r\n     Z"""', (4, 4), (5, 6)),
    "blanks after a line-ending backslash": ('[rule]\nquery = """A \\  \n  Z"""', (2, 12), (3, 3)),
    "tab": ("[rule]\nquery\t=\t'A\tb\tZ'", (2, 10), (2, 14)),
    "beyond the basic plane": ("[rule]\nquery = 'A 🐟🐠 Z'", (2, 10), (2, 15)),
    "quotes in a block": ("[rule]\nquery = '''A 'b' ''c'' Z'''", (2, 12), (2, 24)),
    "dotted key": ("rule.query = 'A Z'", (1, 15), (1, 17)),
    "spaced dotted key": ("rule . 'query' = 'A Z'", (1, 19), (1, 21)),
    "quoted keys": ('["rule"]\n"query" = "A Z"', (2, 12), (2, 14)),
    "escaped keys": ('["r\\u0075le"]\n\'query\' = "A Z"', (2, 12), (2, 14)),
    "spaced header": ("[ rule ] # a comment\n  query='A Z'", (2, 10), (2, 12)),
    "inline table": ("rule = { name = 'x', query = 'A Z' }", (1, 31), (1, 33)),
    "comment that looks like a key": ("[rule]\n# query = 'no'\nquery = 'A Z' # query = 'no'", (3, 10), (3, 12)),
    "string that looks like a key": ("[rule]\nnote = '''\nquery = \"no\"\n'''\nquery = 'A Z'", (5, 10), (5, 12)),
    "string that looks like a header": ("[rule]\nnote = '''\n[other]\n'''\nquery = 'A Z'", (5, 10), (5, 12)),
    "array before": ("[rule]\nindex = [\n 'a]', # ]\n \"b\",\n]\nquery = 'A Z'", (6, 10), (6, 12)),
    "tables in an array before": ("[rule]\nx = [{ query = 'no' }, { query = 'no' }]\nquery = 'A Z'", (3, 10), (3, 12)),
    "another table's query": ("[meta]\nquery = 'no'\n[rule.sub]\nquery = 'no'\n[rule]\nquery = 'A Z'", (6, 10), (6, 12)),
    "scalars before": (
        "[rule]\na = 1_0\nb = -1.5e3\nc = true\nd = 2024-05-01T00:00:00Z\ne = 1979-05-27 07:32:00\nquery = 'A Z'",
        (7, 10),
        (7, 12),
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_first_and_last_character_of_each_spelling(spelling: str) -> None:
    text, first, last = SPELLINGS[spelling]
    query = tomllib.loads(text)["rule"]["query"]
    found = query_map(text)
    assert found is not None
    assert found.position(query.index("A")) == Position(*first)
    assert found.position(query.index("Z")) == Position(*last)
    assert found.line_text(last[0])[last[1] - 1] == "Z"


def test_span_covers_escapes_whole() -> None:
    text = r"[rule]" "\n" r'query = "a:\"x\" or b"'
    found = query_map(text)
    assert found is not None
    span = found.span(Span(2, 5))
    assert text[span.start : span.end] == r"\"x\""
    assert found.span(Span(5, 5)) == Span(span.end, span.end)


def test_span_stops_before_a_line_ending_backslash() -> None:
    text = '[rule]\nquery = """a:b\\\n   c"""'
    found = query_map(text)
    assert found is not None
    span = found.span(Span(0, 3))
    assert text[span.start : span.end] == "a:b"


def test_offset_past_the_end_is_the_closing_quote() -> None:
    text = "[rule]\nquery = '''\na:b\n'''"
    found = query_map(text)
    assert found is not None
    assert found.position(4) == Position(4, 1)


@pytest.mark.parametrize("offset", [-1, 4])
def test_offset_outside_the_query(offset: int) -> None:
    with pytest.raises(ValueError, match="not in a text of 3 characters"):
        TextMap.identity("a:b").position(offset)


def test_empty_query() -> None:
    found = query_map("[rule]\nquery = ''")
    assert found is not None
    assert found.position(0) == Position(2, 10)


def test_identity() -> None:
    found = TextMap.identity("a:b\r\n and c:d")
    assert found.position(6) == Position(2, 2)
    assert found.position(13) == Position(2, 9)
    assert found.line_text(1) == "a:b"
    assert TextMap.identity("").position(0) == Position(1, 1)


def test_no_map_where_the_parser_read_something_else() -> None:
    assert find_string("[rule]\nquery = 'a'", QUERY, "b") is None
    assert find_string("[rule]\nquery = 3", QUERY, "3") is None
    assert find_string("[rule]\nname = 'a'", QUERY, "a") is None
    assert find_string("[rule]\nquery = 'a", QUERY, "a") is None


def test_map_survives_pickling() -> None:
    found = pickle.loads(pickle.dumps(query_map(SPELLINGS["escapes"][0])))
    assert found.position(0) == Position(2, 10)


def test_byte_order_mark_is_no_column(tmp_path: Path) -> None:
    file = tmp_path / "bom.toml"
    file.write_bytes(b"\xef\xbb\xbfrule = { type = 'query', query = 'a:b' }")
    rule = load_rule(file)
    assert rule.query_map is not None
    assert rule.query_map.position(0) == Position(1, 35)


# A small TOML writer: for each form, how each character of a value may be spelled. It returns the body and, for each
# character, where in the body its spelling begins.

CHARACTERS = st.text(
    st.one_of(
        st.sampled_from(list("ab:*()\"'\\ \t\n\n\r<>=#[]{}")),
        st.characters(exclude_categories=["Cs"], min_codepoint=0x20),
    ),
    max_size=40,
)
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@st.composite
def basic(draw: st.DrawFn, quote: str) -> tuple[str, str, list[int], int]:
    block = len(quote) == 3
    value = draw(CHARACTERS)
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    # A block's value may begin with a line ending, which would be trimmed if none stood before it.
    body = quote + (newline if block and (value.startswith("\n") or draw(st.booleans())) else "")
    places = []
    for char in value:
        if block and draw(st.integers(0, 9)) == 0:
            body += "\\" + draw(st.sampled_from(["", " ", "\t "])) + newline + draw(st.sampled_from(["", "  ", newline]))
            must_escape = char in " \t\n\r"
        else:
            must_escape = False
        places.append(len(body))
        spellings = [f"\\U{ord(char):08x}"]
        if ord(char) < 0x10000:
            spellings.append(f"\\u{ord(char):04X}")
        if char in SHORT_ESCAPES:
            spellings.append(SHORT_ESCAPES[char])
        plain = char not in '"\\\r\x7f' and (char != "\n" or block) and (char >= " " or char in "\t\n")
        if plain and not must_escape:
            spellings += [newline if char == "\n" else char] * 8
        body += draw(st.sampled_from(spellings))
    return value, body + quote, places, len(body)


@st.composite
def literal(draw: st.DrawFn, quote: str) -> tuple[str, str, list[int], int]:
    block = len(quote) == 3
    value = draw(CHARACTERS).replace("\r", "").replace("\x7f", "")
    value = value.replace("'", "") if not block else value.replace("'''", "")
    if not block:
        value = value.replace("\n", "")
    while "'''" in value:
        value = value.replace("'''", "")
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    body = quote + (newline if block and (value.startswith("\n") or draw(st.booleans())) else "")
    places = []
    for char in value:
        places.append(len(body))
        body += newline if char == "\n" else char
    return value, body + quote, places, len(body)


WRITTEN = st.one_of(basic('"'), basic('"""'), literal("'"), literal("'''"))
BEFORE = st.sampled_from(
    [
        "[rule]\n",
        "[rule]\r\nname = 'x' # '\r\n",
        "# [rule]\n[metadata]\nquery = 'no'\n[ 'rule' ]\nindex = ['[', \"]\", # ]\n]\n",
        "[rule]\nnote = '''\n[x]\nquery = '''\nfrom = \"\"\"\n'''\\\"\"\"\"\n",
    ]
)


@given(WRITTEN, BEFORE)
@example(("'", '"""' + "'" + '"""', [3], 4), "[rule]\n")
@example(('"', '"""' + '"' + '"""', [3], 4), "[rule]\n")
def test_every_offset_leads_to_its_character(written: tuple[str, str, list[int], int], before: str) -> None:
    value, token, places, end = written
    text = f"{before}query = {token} # end\ntype = 'query'\n"
    assert parse_toml(text)["rule"]["query"] == value
    found = find_string(text, QUERY, value)
    assert found is not None
    start = len(before) + len("query = ")
    assert [found.offset(offset) for offset in range(len(value) + 1)] == [start + place for place in [*places, end]]
    for offset, place in enumerate(places):
        position = found.position(offset)
        assert found.line_text(position.line)[position.column - 1 :][:1] in (text[start + place], "")


@given(st.text(st.sampled_from("ab.=[]{}'\"\\\n\r\t #,1-:u"), max_size=60))
def test_scanner_accepts_what_a_toml_parser_accepts(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    scan(text)


@given(st.text(st.sampled_from("ab.=[]{}'\"\\\n #,1-"), max_size=60))
def test_scanner_raises_nothing_else(text: str) -> None:
    try:
        scan(text)
    except ScanError as error:
        assert 0 <= error.offset <= len(text)
