"""Syntax-error hints for common mistakes in Kuery."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..lalr.failure import END, NO_TERMINAL, Advice, Lexeme, Slip, Unexpected, address, escaped_quote, quoted
from ..span import Span

_TERMS = {
    "AND": "`and`",
    "OR": "`or`",
    "NOT": "`not`",
    "COLON": "`:`",
    "RANGE": "`<`, `<=`, `>`, `>=`",
    "LPAREN": "`(`",
    "RPAREN": "`)`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    END: "the end of the query",
}
_SPECIAL = frozenset('():<>"{}\\')
_SIGNS = {"&&": "and", "||": "or"}
_TEXT = frozenset({"QUOTED", "UNQUOTED"})


def terms(failure: Unexpected) -> Iterable[str]:
    """What could have stood there, as a user calls it."""
    for terminal in failure.accepted:
        if terminal in _TERMS:
            yield _TERMS[terminal]
        elif failure.previous().type in ("COLON", "RANGE") or _in_values(failure):
            yield "a value"
        else:
            yield from ("a field name", "a value")


def _in_values(failure: Unexpected) -> bool:
    """Whether the place lies in a field's list of values."""
    opened = failure.open_brackets()
    while opened and failure.before[opened[-1]].type == "LPAREN":
        index = opened.pop()
        if index and failure.before[index - 1].type == "COLON":
            return True
    return False


def _after_a_value(failure: Unexpected) -> bool:
    return failure.previous().type in _TEXT and failure.previous(2).type in ("COLON", "RANGE")


def two_tests(failure: Unexpected) -> Advice | None:
    """``a:b c:d``: the second test's field was read as part of the first one's value."""
    value = failure.previous()
    if failure.lexeme.type not in ("COLON", "RANGE") or value.type != "UNQUOTED":
        return None
    if not _after_a_value(failure) and not _in_values(failure):
        return None
    if _in_values(failure):
        return Advice(f"close the list before the next field; within a value write `\\{failure.lexeme.word}`")
    pieces = value.word.split()
    if not pieces:
        return None
    *words, field = pieces
    if not words:
        return Advice(f"within a value write `\\{failure.lexeme.word}`, or put the value in double quotes")
    if words[-1] in _SIGNS:
        return Advice(f"Kuery has no `{words[-1]}`: write `{_SIGNS[words[-1]]}`")
    operator = failure.lexeme.word
    return Advice(f"join two tests with `and` or `or`: `{' '.join(words)} and {field} {operator} ...`")


def doubled_not(failure: Unexpected) -> Advice | None:
    """``not not a:b``."""
    if failure.lexeme.type != "NOT" or failure.previous().type != "NOT":
        return None
    return Advice("`not not` cancels out: drop both, or write `not (not ...)`")


def not_in_a_value(failure: Unexpected) -> Advice | None:
    """``a:b not c:d``: a connective is missing before ``not``."""
    if failure.lexeme.type != "NOT" or failure.previous().type not in _TEXT:
        return None
    return Advice("put `and` or `or` before `not`; if it belongs to the value, put the value in double quotes")


def backslash(failure: Unexpected) -> Advice | None:
    """An invalid escape in an unquoted value."""
    if not failure.rest.startswith("\\"):
        return None
    escape, start = failure.rest[:2].strip(), failure.lexeme.start_pos
    return Advice(
        "write `\\\\` for a backslash, or put the value in double quotes",
        f"{quoted(escape)} is not an escape in an unquoted value",
        Span(start, start + len(escape)),
    )


def quote(failure: Unexpected) -> Advice | None:
    """A double quote that is not closed, or inside an unquoted value."""
    if not failure.rest.startswith('"') or failure.lexeme.type != NO_TERMINAL:
        return None
    if failure.previous().type == "UNQUOTED" and failure.previous().end_pos == failure.lexeme.start_pos:
        return Advice('within a value write `\\"`, or put the whole value in double quotes')
    return Advice('end the value with a `"`', 'a `"` is never closed')


def equals(failure: Unexpected) -> Advice | None:
    """``a = "b"``, ``a == "b"`` or ``a != "b"``."""
    operator = re.search(r"(==|!=|=)\s*$", failure.previous().value)
    if failure.lexeme.type != "QUOTED" or failure.previous().type != "UNQUOTED" or not operator:
        return None
    if operator[1] == "!=":
        return Advice("Kuery has no `!=`: write `not field : value`")
    return Advice(f"Kuery has no `{operator[1]}`: write `field : value`")


def word_for_an_operator(failure: Unexpected) -> Advice | None:
    """``a like "b"`` and ``a in ("b", "c")``: words of EQL, which Kuery reads as text."""
    *before, word = failure.previous().word.split() or ("",)
    if failure.previous().type != "UNQUOTED" or len(before) != 1 or failure.previous(2).type in ("COLON", "RANGE"):
        return None
    if word.lower() in ("in", "in~") and failure.lexeme.type == "LPAREN":
        return Advice(f"Kuery has no `{word}`: write `field : (value or value)`")
    if word.lower() in ("like", "like~", "regex", "regex~") and failure.lexeme.type in ("QUOTED", "LPAREN"):
        return Advice(f"Kuery has no `{word}`: write `field : value`, with `*` for a wildcard and without quotes")
    return None


def trailing_operator(failure: Unexpected) -> Advice | None:
    """``a:"b" and`` at the end of the query."""
    word = failure.lexeme.word
    if failure.lexeme.type != "UNQUOTED" or word.lower() not in ("and", "or", "not") or failure.rest.strip() != word:
        return None
    return Advice("write what it joins, or remove it", f"the query ends too early, after `{word}`")


def tight_keyword(failure: Unexpected) -> Advice | None:
    """``not(a:b)`` and ``"a"and b:c``: without white space around it, a keyword is text."""
    for lexeme, other in ((failure.lexeme, failure.previous()), (failure.previous(), failure.lexeme)):
        word = re.match(r"(?:and|or|not)\b", lexeme.word, re.IGNORECASE)
        if lexeme.type == "UNQUOTED" and word and _touches(other):
            return Advice(f"`{word[0]}` needs white space on both sides")
    return None


def _touches(lexeme: Lexeme) -> bool:
    return lexeme.type in ("LPAREN", "RPAREN", "QUOTED")


def double_operators(failure: Unexpected) -> Advice | None:
    """``&&`` and ``||``."""
    for sign, keyword in _SIGNS.items():
        if failure.rest.startswith(sign) or failure.previous().word.endswith(sign):
            return Advice(f"Kuery has no `{sign}`: write `{keyword}`")
    return None


def range_after_colon(failure: Unexpected) -> Advice | None:
    """``a :< 1``."""
    if failure.lexeme.type != "RANGE" or failure.previous().type != "COLON":
        return None
    return Advice(f"leave out the `:`: `field {failure.lexeme.word} value`")


def range_of_list(failure: Unexpected) -> Advice | None:
    """``a < (1 or 2)``."""
    if failure.lexeme.type != "LPAREN" or failure.previous().type != "RANGE":
        return None
    return Advice("a range takes one value: write one test for each, joined with `or`")


def no_value(failure: Unexpected) -> Advice | None:
    """``a :`` at the end of the query."""
    if failure.lexeme.type != END or failure.previous().type != "COLON":
        return None
    return Advice("`field : *` tests whether the field is present")


def no_field(failure: Unexpected) -> Advice | None:
    """``: a`` without a field name."""
    if failure.lexeme.type not in ("COLON", "RANGE") or failure.previous().type in _TEXT:
        return None
    return Advice(f"write a field name before `{failure.lexeme.word}`")


def two_values(failure: Unexpected) -> Advice | None:
    """Two values without ``and`` or ``or`` between them."""
    if failure.lexeme.type not in _TEXT or failure.previous().type not in ("QUOTED", "RPAREN", "RBRACE"):
        return None
    return Advice("join the two with `and` or `or`")


def special_in_value(failure: Unexpected) -> Advice | None:
    """An unescaped special character in a value."""
    if failure.rest[:1] not in _SPECIAL or failure.previous().type not in _TEXT:
        return None
    if failure.rest[0] in ")}" and failure.rest[0] not in failure.text[failure.previous().start_pos :].rstrip(")}"):
        return None
    return Advice(f"within a value write `\\{failure.rest[0]}`, or put the value in double quotes")


_ESQL = re.compile(r"\s*(?:from|row|show|ts)\s[^|]*\|\s*[a-z]", re.IGNORECASE)


def another_language(failure: Unexpected) -> Advice | None:
    """``from logs-* | where a == 1``."""
    return Advice("this looks like ES|QL, which is not supported") if _ESQL.match(failure.text) else None


SLIPS: tuple[Slip, ...] = (
    address,
    escaped_quote,
    another_language,
    two_tests,
    doubled_not,
    trailing_operator,
    tight_keyword,
    not_in_a_value,
    backslash,
    equals,
    word_for_an_operator,
    quote,
    double_operators,
    range_after_colon,
    range_of_list,
    no_value,
    no_field,
    two_values,
    special_in_value,
)
