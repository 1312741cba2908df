"""Replay of documents through the ``eql`` package, an engine that shares no code with Triggerfish.

The package predates Elasticsearch's EQL. For a construct that it cannot parse, or interprets so differently that its
answer would be meaningless, the answer is *unsupported* with the reason. Five differences from Elasticsearch are patched:
fields may hold several values, back-quoted names may contain dots, ``?`` is a wildcard, function names are
case-insensitive, and a ``cidrMatch`` block may be a plain address. :data:`DIFFERENCES` lists the remaining ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice, product
from typing import Any

import eql  # type: ignore[import-untyped]
from eql import ast
from eql import parser as package_parser
from eql.engine import Scope  # type: ignore[import-untyped]
from eql.functions import Wildcard, list_functions  # type: ignore[import-untyped]

from ...compiler.semantics.document import flatten, nest
from ...compiler.values.literals import LiteralError, parse_date
from ...grammar.eql import parser as grammar
from ...grammar.eql import tree as tree
from ...grammar.syntax_error import QuerySyntaxError

DIFFERENCES = {
    "case": "every comparison ignores case, all of Unicode's; Elasticsearch's `==`, `in` and `like` do not, and its `:` folds ASCII only",
    "null": "a comparison with a missing field is null, and so is its negation",
    "total": "`stringContains` and `cidrMatch` of a missing field are false, not null",
    "types": "values of different types never compare: the text `443` is not the number 443, and addresses and dates are texts",
    "address": "an address in a comparison is a text: a CIDR block or another spelling of the address does not match",
    "regex": "regular expressions are Python's, and need only match the start of a value",
    "newline": "a pattern's end may stand before a final line break",
    "literal": "`stringContains` and `endsWith` take `*`, `?` and `\\` literally",
}
"""Known semantic differences between the package and Elasticsearch, by short name."""

NO_CATEGORY = "generic"
MAX_COMBINATIONS = 256
"""The maximum number of combinations of one category per event."""

_SYNTAXES = (
    (
        package_parser.elasticsearch_syntax,
        package_parser.allow_sample,
        package_parser.allow_runs,
        package_parser.allow_negation,
        package_parser.skip_optimizations,
    ),
    (
        package_parser.elastic_endpoint_syntax,
        package_parser.allow_sample,
        package_parser.allow_runs,
        package_parser.allow_negation,
        package_parser.skip_optimizations,
    ),
)
# Optimisation rewrites `not x == 1` to `x != 1`, which differs for a field with several values.
_SPELLINGS: dict[str, str] = {name.lower(): name for name in list_functions()}
_LUCENE_ONLY = re.compile(r'(?<!\\)(?:[~@#&"]|<\d+-\d+>)')


class Verdict(StrEnum):
    MATCHED = "matched"
    NOT_MATCHED = "not matched"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Replay:
    """The package's answer for a query and a list of documents.

    Attributes:
        verdict: whether anything matched, or that the package does not support the query.
        events: the positions of the documents that are part of a match, ascending.
        reason: for ``UNSUPPORTED``, why, as one lower-case sentence.
    """

    verdict: Verdict
    events: tuple[int, ...] = ()
    reason: str | None = None


class _Unsupported(Exception):
    """The package does not support the query; the message is the reason."""


def replay(
    query: str,
    documents: Sequence[Mapping[str, Any]],
    *,
    category_field: str = "event.category",
    timestamp_field: str = "@timestamp",
) -> Replay:
    """Run documents through the package's engine.

    Args:
        query: in EQL, of Elasticsearch or of the Endpoint.
        documents: nested JSON or dotted names, in the order of time.
        category_field: the field that holds an event's category; each of its values is tried.
        timestamp_field: epoch milliseconds or ISO 8601; a document without it gets time 0.
    """
    try:
        parsed = _parse(query)
        flats = [flatten(document) for document in documents]
        datas = [nest((name, values[0] if len(values) == 1 else values) for name, values in flat.items()) for flat in flats]
        times = [_time(flat.get(timestamp_field)) for flat in flats]
        categories = [[str(value) for value in flat.get(category_field, ())] or [NO_CATEGORY] for flat in flats]
        matched: set[int] = set()
        choices = product(*categories)
        for choice in islice(choices, MAX_COMBINATIONS):
            events = [eql.Event(kind, time, data) for kind, time, data in zip(choice, times, datas, strict=True)]
            matched.update(_run(parsed, events))
        if not matched and next(choices, None) is not None:
            raise _Unsupported("the events have too many categories to try each")
    except _Unsupported as reason:
        return Replay(Verdict.UNSUPPORTED, reason=str(reason))
    return Replay(Verdict.MATCHED if matched else Verdict.NOT_MATCHED, tuple(sorted(matched)))


def _time(values: list[Any] | None) -> int | float:
    if not values:
        return 0
    if isinstance(values[0], int | float):
        return values[0]
    try:
        return parse_date(str(values[0]), 0).low or 0
    except LiteralError:
        raise _Unsupported(f"`{values[0]}` is not a time") from None


def _parse(query: str) -> Any:
    """The package's tree of a query.

    Raises:
        _Unsupported: the package cannot parse the query, or interprets it differently.
    """
    try:
        shape = grammar.parse(query)
    except QuerySyntaxError:
        spelt = query
    else:
        _refuse(shape)
        spelt = _respelt(shape, query)
    return _read(spelt)


@lru_cache(maxsize=256)
def _read(query: str) -> Any:
    reasons: list[str] = []
    for syntax in _SYNTAXES:
        with ExitStack() as stack:
            for option in syntax:
                stack.enter_context(option)
            try:
                return eql.parse_query(query)
            except (eql.EqlError, AttributeError) as error:
                # The Endpoint syntax in version 0.9.19 raises AttributeError for some sequences.
                reasons.append(str(error).replace("\n", " ").strip())
    raise _Unsupported(f"the package does not read the query: {reasons[0]}")


def _nodes(node: object) -> Iterator[Any]:
    """Yields the nodes of a Triggerfish EQL tree, parents first."""
    if isinstance(node, tuple):
        for item in node:
            yield from _nodes(item)
    elif is_dataclass(node) and not isinstance(node, type):
        yield node
        for attribute in fields(node):
            yield from _nodes(getattr(node, attribute.name))


def _refuse(query: tree.Query) -> None:
    for node in _nodes(query):
        match node:
            case tree.Sample():
                raise _Unsupported("the package lets one event stand for several items of a sample")
            case tree.Item(missing=True):
                raise _Unsupported("the package wants another event where one must be missing")
            case tree.Duration() if node.milliseconds % 1000:
                raise _Unsupported("the package counts maxspan in whole seconds")
            case (
                tree.InList(operator=tree.ListOperator.REGEX | tree.ListOperator.REGEX_FOLD, values=values)
                | tree.Call(name="match" | "matchLite", args=(_, *values))
            ):
                for value in values:
                    if isinstance(value, tree.String) and _LUCENE_ONLY.search(value.value):
                        raise _Unsupported(f"`{value.value}` has operators that only Lucene's regular expressions know")
            case tree.Call(name=name) if name.lower().startswith("array"):
                raise _Unsupported(f"`{name}` asks for objects, and documents are replayed field by field")


def _respelt(query: tree.Query, text: str) -> str:
    """Returns the query with the package's spelling of function names, and plain addresses as /32 blocks."""
    changes: list[tuple[int, int, str]] = []
    for node in _nodes(query):
        if not isinstance(node, tree.Call) or node.name.lower() not in _SPELLINGS:
            continue
        start, end = node.name_span.start, node.name_span.end
        changes.append((start, end, _SPELLINGS[node.name.lower()] + ("~" if text[start:end].endswith("~") else "")))
        if node.name.lower() == "cidrmatch":
            for block in node.args[1:]:
                if isinstance(block, tree.String) and "/" not in block.value:
                    changes.append((block.span.start, block.span.end, f'"{block.value}/{128 if ":" in block.value else 32}"'))
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _run(query: Any, events: Sequence[Any]) -> set[int]:
    """The positions of the events that are part of a match."""
    outputs: list[Any] = []
    positions = {id(event.data): position for position, event in enumerate(events)}
    try:
        # The engine's times are milliseconds: a thousand to the second.
        engine = _Engine({"time_unit": 1000})
        engine.add_query(query)
        engine.add_output_hook(outputs.append)
        engine.stream_events(events)
    except (eql.EqlError, TypeError, ValueError, re.error) as error:
        raise _Unsupported(f"the package fails: {error}") from error
    return {positions[id(event.data)] for output in outputs for event in output.events if id(event.data) in positions}


Callback = Callable[[Any], Any]


class _Engine(eql.PythonEngine):  # type: ignore[misc]
    """The package's engine, over fields that may hold several values.

    A condition holds if it holds for one value of each of its fields. Negation applies outside this choice, so it covers all values.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._inside = False

    def _convert_field(self, node: Any) -> Callback:
        """Converts a back-quoted dotted name to a path; the package would look up the whole name as one key."""
        first, *rest = _path(node)
        callback: Callback = super()._convert_field(ast.Field(first, rest))
        return callback

    def _convert_comparison(self, node: Any) -> Callback:
        if node.comparator != ast.Comparison.NE or self._inside:
            return self._over_values(node, super()._convert_comparison)
        equal = self._over_values(ast.Comparison(node.left, ast.Comparison.EQ, node.right), super()._convert_comparison)
        return lambda scope: None if (value := equal(scope)) is None else not value

    def _convert_in_set(self, node: Any) -> Callback:
        return self._over_values(node, super()._convert_in_set)

    def _convert_function_call(self, node: Any) -> Callback:
        return self._over_values(node, super()._convert_function_call)

    def _over_values(self, node: Any, convert: Callable[[Any], Callback]) -> Callback:
        if self._inside:
            return convert(node)
        self._inside = True
        try:
            callback = convert(node)
        finally:
            self._inside = False
        paths = list(dict.fromkeys(_path(part) for part in (node, *node) if isinstance(part, ast.Field)))

        def predicate(scope: Any) -> Any:
            event = scope.event
            several = [(path, values) for path in paths if isinstance(values := _at(event.data, path), list)]
            if not several:
                return callback(scope)
            outcomes = []
            for choice in product(*(values for _, values in several)):
                data = event.data
                for (path, _), value in zip(several, choice, strict=True):
                    data = _with(data, path, value)
                outcomes.append(callback(Scope([eql.Event(event.type, event.time, data)], scope.variables)))
            return any(outcomes) or (None if None in outcomes else False)

        return predicate

    def _function_wildcard(self, arguments: list[Any]) -> Callback:
        """The package's ``wildcard``, with ``?`` as a wildcard instead of a literal."""
        get_value = self.convert(arguments[0])
        patterns = [argument.value for argument in arguments[1:]]
        if not any("?" in pattern for pattern in patterns):
            test = Wildcard.get_callback(*arguments)
            return lambda scope: test(get_value(scope))
        source = "|".join("".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern) for pattern in patterns)
        full = re.compile(source, re.IGNORECASE | re.DOTALL).fullmatch
        return lambda scope: full(value) is not None if isinstance(value := get_value(scope), str) else None


def _path(field: Any) -> tuple[Any, ...]:
    steps = (field.base, *field.path)
    return tuple(part for step in steps for part in (step.split(".") if isinstance(step, str) else [step]))


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        if not isinstance(data, dict):
            return None
        data = data.get(step)
    return data


def _with(data: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Returns a copy of nested data with the value at a path replaced."""
    first, *rest = path
    return {**data, first: _with(data[first], tuple(rest), value) if rest else value}
