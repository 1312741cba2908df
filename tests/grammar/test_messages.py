"""Messages for mistakes in which people got stuck."""

from __future__ import annotations

import pytest

from triggerfish.compiler.languages import LANGUAGES
from triggerfish.grammar.syntax_error import QuerySyntaxError

ENDLESS = '`\\"` is a quote within the value, which is never closed'
BACKSLASH = "write `\\\\` for a backslash at the end of a value"
MESSAGES = [
    # (language, query, message, help)
    (
        "kuery",
        'path: "C:\\foo\\"',
        ENDLESS,
        BACKSLASH,
    ),
    (
        "lucene",
        'path:"C:\\foo\\"',
        ENDLESS,
        BACKSLASH,
    ),
    (
        "eql",
        'file where file.path == "C:\\\\foo\\" and true',
        ENDLESS,
        BACKSLASH,
    ),
    ("kuery", 'path: "C:\\foo', 'a `"` is never closed', 'end the value with a `"`'),
    ("kuery", "source.ip: fe80::1", "the `:` in `fe80::1` is an operator", 'put the address in double quotes: `"fe80::1"`'),
    (
        "kuery",
        "source.ip:2001:db8::/32 or a:b",
        "the `:` in `2001:db8::/32` is an operator",
        'put the address in double quotes: `"2001:db8::/32"`',
    ),
    ("lucene", "source.ip:(fe80::1 OR ::1)", "the `:` in `fe80::1` is an operator", 'put the address in double quotes: `"fe80::1"`'),
    ("eql", "network where source.ip == fe80::1", "the `:` in `fe80::1` is an operator", 'put the address in double quotes: `"fe80::1"`'),
    ("kuery", "a: b:c", "unexpected `:`", "within a value write `\\:`, or put the value in double quotes"),
    (
        "eql",
        'process where process.name : ("a" or "b")',
        "`or` does not join the values of a list",
        "separate the values of a list by commas: `: (..., ...)`",
    ),
    ("eql", 'process where process.name in ("a", "b" and a == 1)', "unexpected `and`", None),
    ("eql", "process where process.name : *cmd*", "unexpected `*`", "put strings in double quotes"),
    ("eql", "process where process.name : /cmd.*/", "unexpected `/`", 'write a regular expression as `regex "..."`'),
    ("kuery", 'process.name: "a" AND', "the query ends too early, after `AND`", "write what it joins, or remove it"),
    ("kuery", 'process.name: "a" AND\n', "the query ends too early, after `AND`", None),
]


@pytest.mark.parametrize(("language", "query", "message", "help"), MESSAGES)
def test_a_message_says_what_is_wrong_and_what_to_write(language: str, query: str, message: str, help: str | None) -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        LANGUAGES[language].parse(query)
    assert (raised.value.message, raised.value.hint) == (message, help)
