"""Fuzzing mutations: of bytes, of tokens of a language, and of structure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

TOKENS: dict[str, tuple[str, ...]] = {
    "query": (
        "(", ")", "[", "]", "![", "{", "}", '"', '"""', "'", "`", ":", "==", "=", "!=", "<", ">", "<=", ">=", "*", "?", "/", "\\", ",",
        "|", "~", "#", "-", "+", "%", ".", "..", " ", "\n", "\t", "//", "/*", "*/", " and ", " or ", " not ", " AND ", " OR ", " NOT ",
        "&&", " in ", " in~ ", " like ", " like~ ", " regex ", " where ", "any where ", "process where ", "sequence ", "sample ", "join ",
        " by ", " with maxspan=", " with runs=", " until ", "until ", "fork", "event of ", "child of ", "descendant of ", "| head 1",
        "| tail 2", "| unique a", "| filter ", "| count", "| sort a", "true", "false", "null", "1", "0", "-1", "1.5", "1e5", "1e999",
        "9" * 25, "process.name", "process.pid", "source.ip", "@timestamp", "event.category", "file.size", "a", "a.b", "?a.b", "a*", "*",
        "*:*", "10.0.0.0/8", "::1", "now-1d/d", "2024-01-01", "1h", "length(", "substring(", "wildcard(", "cidrMatch(", "concat(",
        "stringContains(", "startsWith~(", "endsWith(", "between(", "indexOf(", "number(", "string(", "add(", "divide(", "modulo(",
        "match(", "arrayContains(", "\\u0041", "\\ud800", "\\ud83d\\ude00", "\\u{1f600}", "\\*", "\\:", "[a TO b]", "{1 TO *}",
        "_exists_:", "^2", "~2", "/a.*b/", "<1-5>", "@", "&", "é", "İ", "ß", "\u200f", "\x1b[31m", "\x00", "😀", "\ud800",
    ),
    "rule": (
        "[rule]", "[[rule.filters]]", "[rule.threshold]", "[rule.new_terms]", "[metadata]", "type = ", "query = ", "language = ",
        "rule_id = ", "name = ", "index = ", "'''", '"""', '"', "'", "\n", "=", "[", "]", "{", "}", ",", "#", ".", "true", "inf", "1e5",
        "2024-01-01", "2024-01-01T00:00:00Z", "0x1f", "1_000", "\\u0041", "\\U0001F600", "\\ud800", '"type":', '"query":', '"rule_id":',
        "null", "---\n", "- ", ": ", "&a ", "*a", "<<: ", "!!int ", "|\n  ", ">\n  ", "? ", "query", "eql", "threshold", "new_terms",
        "threat_match", "saved_query", "esql", "machine_learning", "kuery", "lucene", "exceptions_list", "alert_suppression",
        "threat_mapping", "threat_query", "filters", "meta", "negate", "match_phrase", "range", "bool", "must", "exists", "\ufeff", "\r\n",
        "\x00", "\x1b", "é",
    ),
    "schema": (
        "{", "}", "[", "]", ":", ",", '"', "null", "true", "1", "-1", "1e400", '"type"', '"properties"', '"mappings"', '"fields"',
        '"multi_fields"', '"normalize"', '"allowed_values"', '"expected_event_types"', '"dynamic_templates"', '"path_match"', '"mapping"',
        '"path"', '"alias"', '"nested"', '"object"', '"flattened"', '"keyword"', '"constant_keyword"', '"value"', '"scaled_float"',
        '"scaling_factor"', '"null_value"', '"normalizer"', '"object_type"', '"ip_range"', '"geo_point"', '"version"', '"date"', '"text"',
        '"process"', '"name"', '"@timestamp"', '"a.*"', '""', "- ", "---\n", "&a ", "*a", "!!int ",
    ),
}  # fmt: skip
"""What texts of a kind are made of, and what is hard on those who read them."""

_NUMBER = re.compile(r"\d+")
_NUMBERS = ("0", "1", "-1", "4096", "2147483648", "9223372036854775808", "18446744073709551616", "1" + "0" * 400, "0.1", "1e308", "00")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"), ("not (", ")"), ("(a or ", ")"))
_DEEPEST = 300


def mutated(data: bytes, others: Sequence[bytes], kind: str, rng: Random, longest: int) -> bytes:
    """Another input.

    Args:
        data: the input to begin with.
        others: inputs to take pieces from.
        kind: a key of `TOKENS`.
        rng: decides everything.
        longest: bytes that the result may have.
    """
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        if rng.random() < 0.15:
            data = _bytewise(data, rng)
        else:
            text = data.decode("utf-8", "surrogateescape")
            change = rng.choice(_CHANGES)
            text = change(text, _decoded(others, rng), TOKENS[kind], rng)
            data = text.encode("utf-8", "surrogatepass" if "\ud800" in text else "surrogateescape")
    return data[:longest]


def _decoded(others: Sequence[bytes], rng: Random) -> str:
    return rng.choice(others).decode("utf-8", "surrogateescape") if others else ""


def _bytewise(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data or b"\0")
    for _ in range(rng.choice((1, 1, 4))):
        at = rng.randrange(len(changed))
        changed[at] = rng.choice((rng.randrange(256), changed[at] ^ 1 << rng.randrange(8), 0, 0xFF))
    return bytes(changed)


_Change = Callable[[str, str, Sequence[str], Random], str]


def _place(text: str, rng: Random) -> int:
    return rng.randint(0, len(text))


def _stretch(text: str, rng: Random) -> tuple[int, int]:
    start = _place(text, rng)
    return start, min(len(text), start + rng.choice((1, 2, 5, 20, 100)))


def _insert(text: str, other: str, tokens: Sequence[str], rng: Random) -> str:
    at = _place(text, rng)
    return text[:at] + rng.choice(tokens) + text[at:]


def _drop(text: str, other: str, tokens: Sequence[str], rng: Random) -> str:
    start, end = _stretch(text, rng)
    return text[:start] + text[end:]


def _exchange(text: str, other: str, tokens: Sequence[str], rng: Random) -> str:
    start, end = _stretch(text, rng)
    return text[:start] + rng.choice(tokens) + text[end:]


def _repeat(text: str, other: str, tokens: Sequence[str], rng: Random) -> str:
    start, end = _stretch(text, rng)
    return text[:end] + text[start:end] * rng.choice((1, 2, 10, 50)) + text[end:]


def _splice(text: str, other: str, tokens: Sequence[str], rng: Random) -> str:
    start, end = _stretch(other, rng)
    at = _place(text, rng)
    return text[:at] + other[start:end] + text[at:] if rng.random() < 0.7 else text[:at] + other[_place(other, rng) :]


def _number(text: str, other: str, tokens: Sequence[str], rng: Random) -> str:
    matches = list(_NUMBER.finditer(text))
    if not matches:
        return _insert(text, other, _NUMBERS, rng)
    chosen = rng.choice(matches)
    return text[: chosen.start()] + rng.choice(_NUMBERS) + text[chosen.end() :]


def _nest(text: str, other: str, tokens: Sequence[str], rng: Random) -> str:
    start, end = _stretch(text, rng)
    opening, closing = rng.choice(_BRACKETS)
    levels = rng.choice((1, 1, 2, 10, _DEEPEST))
    return text[:start] + opening * levels + text[start:end] + closing * levels + text[end:]


_CHANGES: tuple[_Change, ...] = (_insert, _insert, _drop, _exchange, _exchange, _repeat, _splice, _number, _nest)
