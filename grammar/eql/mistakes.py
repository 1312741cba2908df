"""Syntax-error hints for common mistakes in EQL."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..lalr.failure import END, NO_TERMINAL, Advice, Slip, Unexpected, address, escaped_quote, quoted
from ..span import Span
from .keywords import RESERVED

_TERMS = {
    "AND": "`and`",
    "AS": "`as`",
    "ASSIGN": "`=`",
    "BY": "`by`",
    "COMMA": "`,`",
    "COMPARE": "an operator",
    "FORK": "`fork`",
    "IN": "`in`",
    "LBRACKET": "`[`",
    "LIKE": "`like`",
    "LPAREN": "`(`",
    "MATCH": "`:`",
    "MAXSPAN": "`maxspan`",
    "MISSING_OPEN": "`![`",
    "NOT": "`not`",
    "OR": "`or`",
    "PIPE": "`|`",
    "PLUS": "an operator",
    "RBRACKET": "`]`",
    "REGEX": "`regex`",
    "RPAREN": "`)`",
    "RUNS": "`runs`",
    "SAMPLE": "`sample`",
    "SEQUENCE": "`sequence`",
    "UNTIL": "`until`",
    "WHERE": "`where`",
    "WITH": "`with`",
    END: "the end of the query",
}
_LISTS = ("IN", "IN_FOLD", "MATCH", "LIKE", "LIKE_FOLD", "REGEX", "REGEX_FOLD")
_OPERATORS = frozenset({"COMPARE", "IN", "LIKE", "MATCH", "NOT", "REGEX"})
_OPERANDS = frozenset({"FIELD", "FALSE", "NAME", "NOT", "NULL", "NUMBER", "RAW_STRING", "STRING", "TILDE_NAME", "TRUE"})
_NAME_AFTER = {"PIPE": "a pipe such as `head`", "AS": "a name", "NUMBER": "a unit of time such as `s`"}
_FOREIGN = (
    (re.compile(r"'"), "put strings in double quotes", "strings cannot be in single quotes"),
    (re.compile(r"[“”„‘’]"), 'use plain double quotes, `"`', "strings cannot be in typographic quotes"),
    (re.compile(r"&&?"), "use `and`", None),
    (re.compile(r"\|\|"), "use `or`", None),
    (re.compile(r"!(?!\[)"), "use `not`", None),
    (re.compile(r"=~"), "to ignore case use `:`, `like~` or `in~`", None),
    (re.compile(r"=(?!=)"), "to compare, write `==`, or `:` to ignore case and use wildcards", "`=` is not a comparison operator"),
    (re.compile(r"is\b", re.IGNORECASE), "test for a missing value with `== null`, for a present one with `!= null`", None),
    (re.compile(r"contains\b", re.IGNORECASE), 'use `field : "*text*"` or `stringContains(field, "text")`', None),
    (re.compile(r"`"), "end the field name with a back-quote", "a back-quote is never closed"),
    (re.compile(r"\?[\"']"), 'write it as `"""text"""`', "raw strings no longer begin with `?`"),
)


def terms(failure: Unexpected) -> Iterable[str]:
    """What could have stood there, as a user calls it."""
    accepted = failure.accepted
    hidden: frozenset[str] = frozenset()
    if "FIELD" in accepted:
        yield from ("a field name", "a function", "a value")
        hidden = frozenset({"AS", "FORK", "RUNS", "PLUS"})
    elif "ANY" in accepted:
        yield "an event category"
        hidden = frozenset({"AS", "FORK", "RUNS"})
    elif "NAME" in accepted:
        yield _NAME_AFTER.get(failure.previous().type, "a name")
    elif "NUMBER" in accepted:
        yield "a number"
    elif "TRUE" in accepted:
        yield from ("`true`", "`false`")
    elif "COMPARE" in accepted:
        hidden = _OPERATORS - {"COMPARE"} | {"LPAREN"}
    yield from (_TERMS[terminal] for terminal in accepted - hidden if terminal in _TERMS)


def upper_case(failure: Unexpected) -> Advice | None:
    """``a == 1 AND b == 2``; ``NOT a`` is noticed one word late."""
    for lexeme in (failure.lexeme, failure.previous()):
        word = lexeme.value.lower()
        if lexeme.type in ("NAME", "TILDE_NAME") and word != lexeme.value and word.rstrip("~") in RESERVED:
            message = None if lexeme is failure.lexeme else f"unexpected {quoted(lexeme.value)}"
            return Advice(f"keywords are lower case: `{word}`", message, lexeme.span)
    return None


def string(failure: Unexpected) -> Advice | None:
    """A string that is not closed or contains an invalid escape."""
    if failure.rest.startswith('"') and failure.text[: failure.lexeme.start_pos].endswith('""'):
        start = failure.lexeme.start_pos - 2
        return Advice('end it with `"""` on the same line', 'a `"""` is never closed', Span(start, start + 3))
    if failure.lexeme.type != NO_TERMINAL or not failure.rest.startswith('"'):
        return None
    read = re.match(r'"(?:[^"\\\r\n]|\\(?:[btnfr"\'\\]|u\{[0-9A-Fa-f]{2,8}\}))*+', failure.rest)
    end = failure.lexeme.start_pos + (read.end() if read else 1)
    escape = re.match(r"\\(?:u\{[^}\s\"]*\}?|.)?", failure.text[end:])
    if not escape:
        return Advice('end the string with a `"` on the same line', 'a `"` is never closed')
    hint = 'write `\\\\` for a backslash, or the whole string as `"""text"""`'
    if escape[0].startswith("\\u"):
        hint = "write a character by number as `\\u{200f}`, with 2 to 8 hexadecimal digits"
    return Advice(hint, f"{quoted(escape[0])} is not an escape", Span(end, end + len(escape[0])))


def comment(failure: Unexpected) -> Advice | None:
    """``/*`` without ``*/``."""
    if failure.lexeme.value != "*" or failure.previous().value != "/" or not failure.text[: failure.lexeme.start_pos].endswith("/"):
        return None
    start = failure.previous().start_pos
    return Advice("end the comment with `*/`", "a `/*` is never closed", Span(start, start + 2))


def no_where(failure: Unexpected) -> Advice | None:
    """A query without a category or without ``where``."""
    if failure.accepted == {"WHERE"}:
        category = failure.previous()
        if category.value == "join":
            return Advice("Elasticsearch dropped `join`; use `sequence` or `sample`", "`join` is not supported", category.span)
        return Advice(f"`where` follows the event category: `{category.value} where ...`")
    if failure.lexeme.type == "WHERE" and "ANY" in failure.accepted:
        return Advice("write an event category before `where`; `any where ...` matches any event")
    if failure.lexeme.type == "FIELD" and "ANY" in failure.accepted:
        return Advice(f"a query begins with an event category: `any where {failure.lexeme.word} ...`")
    return None


def misplaced_clause(failure: Unexpected) -> Advice | None:
    """``with``, ``by``, ``maxspan``, ``runs`` or ``until`` in the wrong place."""
    clauses = {
        "MAXSPAN": "`with maxspan=...` goes before the first `[`: `sequence with maxspan=1m [...] [...]`",
        "RUNS": "`with runs=...` goes after an item: `[...] with runs=3`",
        "WITH": "`with` belongs to a sequence: `sequence with maxspan=1m [...] [...]`",
        "BY": "`by` belongs to a sequence or sample: `sequence by user.id [...] [...]`",
        "UNTIL": "`until` belongs to a sequence, after its items: `sequence [...] [...] until [...]`",
    }
    hint = clauses.get(failure.lexeme.type)
    if failure.lexeme.type == "WITH" and failure.before and failure.before[0].type == "SAMPLE":
        hint = "a sample has no `maxspan` and no `runs`"
    return Advice(hint) if hint else None


def no_unit(failure: Unexpected) -> Advice | None:
    """``maxspan=5`` without a unit."""
    if failure.previous().type != "NUMBER" or failure.previous(3).type != "MAXSPAN":
        return None
    count = failure.previous().value
    return Advice(f"name the unit (`ms`, `s`, `m`, `h` or `d`): `maxspan={count}s`", "`maxspan` has no unit", failure.previous().span)


def list_operator(failure: Unexpected) -> Advice | None:
    """``in`` without parentheses, or a list after an operator that takes one value."""
    if failure.previous().type in ("IN", "IN_FOLD") and failure.accepted == {"LPAREN"}:
        word = failure.previous().value
        return Advice(f"`{word}` takes a list in parentheses: `{word} (...)`")
    opened = failure.open_brackets()
    if failure.lexeme.type != "COMMA" or not opened or not opened[-1]:
        return None
    operator = failure.before[opened[-1] - 1]
    if operator.type != "COMPARE":
        return None
    hint = {"==": "use `in (...)` or `: (...)` for a list", "!=": "use `not in (...)` for a list"}.get(operator.value)
    return Advice(hint, f"`{operator.value}` takes one value, not a list")


def listed_alternatives(failure: Unexpected) -> Advice | None:
    """``f : ("a" or "b")``: the values of a list are joined as in Kuery."""
    opened = failure.open_brackets()
    if not re.match(r'(?:or|and)\s*"', failure.rest) or not opened or not opened[-1]:
        return None
    operator = failure.before[opened[-1] - 1]
    if operator.type not in _LISTS:
        return None
    word = failure.lexeme.value
    return Advice(f"separate the values of a list by commas: `{operator.value} (..., ...)`", f"`{word}` does not join the values of a list")


def value_without_quotes(failure: Unexpected) -> Advice | None:
    """``f : *cmd*`` and ``f : /cmd.*/``: values of other languages."""
    if failure.previous().type not in ("COMPARE", *_LISTS) or failure.rest[:1] not in ("*", "/", "\\", "%"):
        return None
    regexp = failure.rest.startswith("/")
    return Advice('write a regular expression as `regex "..."`' if regexp else "put strings in double quotes")


def negated_operator(failure: Unexpected) -> Advice | None:
    """``a not == b``."""
    if failure.lexeme.type != "COMPARE" or failure.previous().type != "NOT" or "LIKE" not in failure.accepted:
        return None
    opposite = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
    operator = failure.lexeme.value
    return Advice(f"use `{opposite[operator]}`, or put `not` before the whole comparison")


def doubled_operator(failure: Unexpected) -> Advice | None:
    """Operators of other languages: ``<>``, ``=>``, ``===``."""
    signs = failure.previous().value + failure.lexeme.value
    if failure.lexeme.type not in ("COMPARE", "ASSIGN"):
        return None
    if failure.accepted == {"ASSIGN"}:
        return Advice("write one `=` here")
    meant = {"<>": "!=", "=>": ">=", "=<": "<=", "===": "==", "!==": "!="}.get(signs)
    return Advice(f"write `{meant}`") if meant else None


def trailing_comma(failure: Unexpected) -> Advice | None:
    """A comma before a closing bracket."""
    if failure.previous().type != "COMMA" or failure.lexeme.type not in ("RPAREN", "RBRACKET"):
        return None
    return Advice("drop the comma", "a comma with nothing after it", failure.previous().span)


def second_value(failure: Unexpected) -> Advice | None:
    """Two operands with nothing between them, in a list: a comma is missing."""
    if failure.lexeme.type in ("STRING", "RAW_STRING") and "COMMA" in failure.accepted and failure.open_brackets():
        return Advice("put a comma between the values of a list")
    return None


def keyword_field(failure: Unexpected) -> Advice | None:
    """A keyword used as a field name."""
    word = failure.lexeme.value
    if word not in RESERVED or word in ("and", "or") or "FIELD" not in failure.accepted:
        return None
    return Advice(f"`{word}` is a keyword; put a field of that name in back-quotes: `` `{word}` ``")


def foreign(failure: Unexpected) -> Advice | None:
    """Operators and quotes of other languages: see ``_FOREIGN``."""
    for pattern, hint, message in _FOREIGN:
        found = pattern.match(failure.rest)
        if found:
            start = failure.lexeme.start_pos
            return Advice(hint, message, Span(start, start + len(found[0])))
    return None


def two_conditions(failure: Unexpected) -> Advice | None:
    """Two conditions without ``and`` or ``or`` between them."""
    if failure.lexeme.type not in _OPERANDS or "AND" not in failure.accepted:
        return None
    return Advice("join two conditions with `and` or `or`")


SLIPS: tuple[Slip, ...] = (
    address,
    escaped_quote,
    upper_case,
    string,
    comment,
    doubled_operator,
    no_unit,
    trailing_comma,
    foreign,
    no_where,
    misplaced_clause,
    list_operator,
    listed_alternatives,
    value_without_quotes,
    negated_operator,
    second_value,
    keyword_field,
    two_conditions,
)
