"""What each rule and terminal of ``grammar.lark`` becomes, under its name there.

A rule's action takes the list of its parts: nodes, lexemes (keywords and punctuation) and plain lists of nodes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from math import inf
from typing import Any

from ..lalr.failure import Misuse
from ..span import Span
from .keywords import RESERVED
from .tree import (
    MAX_RUNS,
    And,
    Arithmetic,
    ArithmeticOperator,
    Boolean,
    Call,
    CompareOperator,
    Comparison,
    Duration,
    EventQuery,
    Expression,
    Field,
    InList,
    Item,
    JoinKey,
    Lineage,
    LineageKind,
    ListOperator,
    Negative,
    Not,
    Null,
    Number,
    Or,
    Pipe,
    Query,
    Sample,
    Sequence,
    String,
    Variable,
)

_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|(.))")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}
_PATH_STEP = re.compile(r"`((?:[^`]|``)+)`|([A-Za-z_@][A-Za-z0-9_]*)|\[[ \t\r\n]*([0-9]+)")
_COMPARE = {operator.value: operator for operator in CompareOperator}
_LIST = {operator.value: operator for operator in ListOperator}
_ARITHMETIC = {operator.value: operator for operator in ArithmeticOperator}
_TIGHT = frozenset({ArithmeticOperator.MULTIPLY, ArithmeticOperator.DIVIDE, ArithmeticOperator.MODULO})
_LINEAGE = {kind.value: kind for kind in LineageKind}
_UNITS = ("ms", "s", "m", "h", "d")
_DIGITS = 400
_GROUPED = (And, Or, Not, Comparison, InList, Arithmetic, Negative)


def _span(lexeme: Any) -> Span:
    return Span(lexeme.start_pos, lexeme.end_pos)


def _across(first: Any, last: Any) -> Span:
    return Span(first.span.start, last.span.end)


# Terminals


def STRING(lexeme: Any) -> String:
    """A quoted string with its escapes decoded."""
    text = lexeme.value[1:-1]
    span = Span(lexeme.start_pos, lexeme.end_pos)
    if "\\" in text:
        for match in _ESCAPE.finditer(text):
            if match[1] and not _is_character(int(match[1], 16)):
                start = span.start + 1 + match.start()
                raise Misuse(f"`{match[0]}` is not a character", Span(start, start + len(match[0])))
        text = _ESCAPE.sub(_unescape, text)
    return String(text, False, span)


def _is_character(code: int) -> bool:
    return code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF


def _unescape(match: re.Match[str]) -> str:
    digits, char = match.groups()
    return chr(int(digits, 16)) if digits else _ESCAPES.get(char, char)


def RAW_STRING(lexeme: Any) -> String:
    """A raw string: the text between triple quotes."""
    return String(lexeme.value[3:-3], True, _span(lexeme))


def NUMBER(lexeme: Any) -> Number:
    """An integer, or a float if the text has a fraction or an exponent."""
    text = lexeme.value
    value = int(text) if text.isdecimal() and len(text) <= _DIGITS else float(text)
    if value == inf:
        raise Misuse("the number is too large", _span(lexeme))
    return Number(value, _span(lexeme))


def TRUE(lexeme: Any) -> Boolean:
    """The literal ``true``."""
    return Boolean(True, _span(lexeme))


def FALSE(lexeme: Any) -> Boolean:
    """The literal ``false``."""
    return Boolean(False, _span(lexeme))


def NULL(lexeme: Any) -> Null:
    """The literal ``null``."""
    return Null(_span(lexeme))


def FIELD(lexeme: Any) -> Field:
    """A dotted field path; ``?`` makes it optional, back-quotes allow keywords."""
    path, optional = _field_path(lexeme.value)
    quoted = "`" in lexeme.value
    if path[0] in RESERVED and not quoted:
        word = str(path[0])
        start = lexeme.start_pos + lexeme.value.index(word)
        raise Misuse(f"`{word}` is a keyword, not a field name", Span(start, start + len(word)), _back_quotes(word))
    return Field(path, optional, Span(lexeme.start_pos, lexeme.end_pos), quoted)


def _back_quotes(word: str) -> str:
    return f"put a field of that name in back-quotes: `` `{word}` ``"


@lru_cache(maxsize=4096)
def _field_path(text: str) -> tuple[tuple[str | int, ...], bool]:
    path: list[str | int] = []
    for quoted, name, index in _PATH_STEP.findall(text):
        if quoted:
            path += quoted.replace("``", "`").split(".")
        else:
            path.append(name or int(index))
    return tuple(path), text[0] == "?"


def VARIABLE(lexeme: Any) -> Variable:
    """A variable bound by an array function: ``$name``."""
    return Variable(_field_path(lexeme.value)[0], _span(lexeme))


# Lists


def pair(parts: list[Any]) -> list[Any]:
    """A list of two elements around a separator."""
    return [parts[0], parts[2]]


def start_list(parts: list[Any]) -> list[Any]:
    """A new list."""
    return parts


def append(parts: list[Any]) -> list[Any]:
    """The list with one more element."""
    nodes: list[Any] = parts[0]
    nodes.append(parts[1])
    return nodes


def append_after(parts: list[Any]) -> list[Any]:
    """The list with the element that follows a separator."""
    nodes: list[Any] = parts[0]
    nodes.append(parts[2])
    return nodes


items = pipes = start_list
spaced = start_list


# Expressions


def name_field(parts: list[Any]) -> Field:
    """A name used as a field."""
    lexeme = parts[0]
    if lexeme.value in RESERVED:
        raise Misuse(f"`{lexeme.value}` is a keyword, not a field name", _span(lexeme), _back_quotes(lexeme.value))
    return Field((lexeme.value,), False, Span(lexeme.start_pos, lexeme.end_pos))


def group(parts: list[Any]) -> Expression:
    """A compound node takes its parentheses into its span; ``not (a or b)`` ends where the user sees it end."""
    node: Expression = parts[1]
    return replace(node, span=Span(parts[0].start_pos, parts[2].end_pos)) if isinstance(node, _GROUPED) else node


def any_of(parts: list[Any]) -> Or:
    """A disjunction, with nested ones flattened."""
    return Or(_flattened(Or, parts[0]), _across(parts[0][0], parts[0][-1]))


def all_of(parts: list[Any]) -> And:
    """A conjunction, with nested ones flattened."""
    return And(_flattened(And, parts[0]), _across(parts[0][0], parts[0][-1]))


def _flattened(kind: type[And] | type[Or], nodes: list[Any]) -> tuple[Expression, ...]:
    if not any(isinstance(node, kind) for node in nodes):
        return tuple(nodes)
    return tuple(arg for node in nodes for arg in (node.args if isinstance(node, kind) else (node,)))


def negate(parts: list[Any]) -> Not:
    """``not expression``."""
    return Not(parts[1], Span(parts[0].start_pos, parts[1].span.end))


def compare(parts: list[Any]) -> Comparison:
    """``left == right`` and the other comparison operators."""
    left, operator, right = parts
    return Comparison(_COMPARE[operator.value], left, right, Span(left.span.start, right.span.end))


def match_one(parts: list[Any]) -> InList:
    """``subject : value`` and the other pattern operators, with one value."""
    subject, operator, value = parts[0], parts[-2], parts[-1]
    return InList(_LIST[operator.value], subject, (value,), False, len(parts) == 4, _across(subject, value))


def match_list(parts: list[Any]) -> InList:
    """``subject in (values)`` and the other list operators."""
    subject, operator, values, closing = parts[0], parts[-4], parts[-2], parts[-1]
    span = Span(subject.span.start, closing.end_pos)
    return InList(_LIST[operator.value], subject, tuple(values), True, len(parts) == 6, span)


def lineage(parts: list[Any]) -> Lineage:
    """``child of [...]``, ``descendant of [...]`` or ``event of [...]``."""
    name, closing = parts[0], parts[-1]
    if name.value not in _LINEAGE:
        raise Misuse(f"`{name.value} of` is not a relation between events", _span(name), "use `descendant of`, `child of` or `event of`")
    return Lineage(_LINEAGE[name.value], parts[3], Span(name.start_pos, closing.end_pos))


def start_terms(parts: list[Any]) -> list[Any]:
    """A new chain of terms and operators."""
    return parts


def extend_terms(parts: list[Any]) -> list[Any]:
    """The chain with one more operator and term."""
    terms: list[Any] = parts[0]
    terms += parts[1:]
    return terms


def arithmetic(parts: list[Any]) -> Expression:
    """Both levels of operators associate to the left; ``*``, ``/`` and ``%`` bind tighter."""
    first, *rest = parts[0]
    sums: list[Any] = [first]
    for lexeme, term in zip(rest[::2], rest[1::2], strict=True):
        operator = _ARITHMETIC[lexeme.value]
        if operator in _TIGHT:
            sums[-1] = Arithmetic(operator, sums[-1], term, _across(sums[-1], term))
        else:
            sums += [operator, term]
    result: Expression = sums[0]
    for operator, term in zip(sums[1::2], sums[2::2], strict=True):
        result = Arithmetic(operator, result, term, _across(result, term))
    return result


def minus(parts: list[Any]) -> Number | Negative:
    """A negative number, or a negated term."""
    sign, arg = parts
    span = Span(sign.start_pos, arg.span.end)
    return Number(-arg.value, span) if isinstance(arg, Number) else Negative(arg, span)


def plus(parts: list[Any]) -> Expression:
    """A term after a unary ``+``."""
    arg: Expression = parts[1]
    return arg


def call(parts: list[Any]) -> Call:
    """A function call; a trailing ``~`` makes it ignore case."""
    name = parts[0]
    args = tuple(parts[2]) if len(parts) == 4 else ()
    span = Span(name.start_pos, parts[-1].end_pos)
    return Call(name.value.rstrip("~"), args, name.type == "TILDE_NAME", span, _span(name))


# Queries


def category(parts: list[Any]) -> tuple[str | None, Span]:
    """An event category (None for ``any``) and its span."""
    part = parts[0]
    if isinstance(part, String):
        return part.value, part.span
    if part.value == "join":
        raise Misuse("`join` is not supported", _span(part), "use `sequence` or `sample`")
    return (None if part.type == "ANY" else part.value), _span(part)


def event_query(parts: list[Any]) -> EventQuery:
    """``category where condition``."""
    (name, name_span), _, condition = parts
    return EventQuery(name, condition, Span(name_span.start, condition.span.end), name_span)


def keys(parts: list[Any]) -> list[Any]:
    """A list that begins with the `by`, for its place."""
    found: list[Any] = [parts[0]] if len(parts) == 2 else parts[0]
    found.append(JoinKey(parts[-1], parts[-1].span))
    return found


def maxspan(parts: list[Any]) -> Duration:
    """``maxspan=1m`` as a duration."""
    count, unit = parts[3], parts[4]
    span = Span(count.span.start, unit.end_pos)
    if not isinstance(count.value, int):
        raise Misuse("`maxspan` takes a whole number", span, "use a smaller unit, such as `ms`")
    if unit.value not in _UNITS:
        raise Misuse(f"`{unit.value}` is not a unit of time", _span(unit), "use `ms`, `s`, `m`, `h` or `d`")
    return Duration(count.value, unit.value, span)


def options(parts: list[Any]) -> dict[str, Any]:
    """The options of a sequence by name: ``by``, ``maxspan``."""
    return {"maxspan" if isinstance(part, Duration) else "by": part for part in parts}


def sequence(parts: list[Any]) -> Sequence:
    """A sequence with options."""
    chosen = parts[1]
    return _sequence(parts[0], parts[2:], tuple(chosen.get("by", ())[1:]), chosen.get("maxspan"))


def bare_sequence(parts: list[Any]) -> Sequence:
    """A sequence without options."""
    return _sequence(parts[0], parts[1:], (), None)


def _sequence(opening: Any, rest: list[Any], by: tuple[JoinKey, ...], limit: Duration | None) -> Sequence:
    until = rest[2] if len(rest) == 3 else None
    last = until or rest[0][-1]
    return Sequence(tuple(rest[0]), by, limit, until, Span(opening.start_pos, last.span.end))


def sample(parts: list[Any]) -> Sample:
    """A sample with its join keys."""
    by = tuple(parts[1][1:]) if len(parts) == 3 else ()
    return Sample(tuple(parts[-1]), by, Span(parts[0].start_pos, parts[-1][-1].span.end))


def item(parts: list[Any]) -> Item:
    """One item of a sequence or sample: ``[query]`` or ``![query]``."""
    opening, query, closing = parts
    return Item(query, missing=opening.type == "MISSING_OPEN", span=Span(opening.start_pos, closing.end_pos))


def item_keys(parts: list[Any]) -> Item:
    """An item with join keys of its own."""
    node: Item = parts[0]
    by, *found = parts[1]
    if node.by:
        raise Misuse("an item can have only one `by`", _span(by), "separate its keys with commas: `by a, b`")
    return replace(node, by=tuple(found), span=_across(node, found[-1]))


def item_runs(parts: list[Any]) -> Item:
    """An item with ``with runs=n``."""
    node: Item = parts[0]
    count = parts[4]
    if not isinstance(count.value, int) or not 1 <= count.value <= MAX_RUNS:
        raise Misuse(f"`runs` takes a whole number from 1 to {MAX_RUNS}", count.span)
    return replace(node, runs=count.value, span=_across(node, count))


def item_alias(parts: list[Any]) -> Item:
    """An item with a name: ``[...] as name``."""
    node: Item = parts[0]
    name = parts[2]
    return replace(node, alias=name.value, span=Span(node.span.start, name.end_pos))


def item_fork(parts: list[Any]) -> Item:
    """An item with ``fork``."""
    node: Item = parts[0]
    if len(parts) == 2:
        return replace(node, fork=True, span=Span(node.span.start, parts[1].end_pos))
    return replace(node, fork=parts[3].value, span=_across(node, parts[3]))


def pipe(parts: list[Any]) -> Pipe:
    """A pipe with its arguments: ``| head 5``."""
    bar, name = parts[:2]
    args = tuple(parts[2]) if len(parts) == 3 else ()
    return Pipe(name.value, args, Span(bar.start_pos, args[-1].span.end if args else name.end_pos))


def query(parts: list[Any]) -> Query:
    """The whole query: an event query, sequence or sample, and its pipes."""
    shape = parts[0]
    found = tuple(parts[1]) if len(parts) == 2 else ()
    return Query(shape, found, _across(shape, found[-1] if found else shape))
