"""Checks of operators and lists: conditions that a query joins otherwise than it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from ....grammar.span import Span
from ...ir.program import ShapeKind
from ..diagnostic import Diagnostic
from ..rule_slips import UnsharedKey
from ..slips import DanglingOperator, EscapingAlternative, ListWithoutOperator, LowerCaseOperator, ValueOutsideList
from .checked_query import CheckedQuery
from .outline import Branch, Comparison, Condition, Event, branches_of, comparisons_of, fields_in, required

_KIND_OF_EVENT = (
    "event.category",
    "event.type",
    "event.kind",
    "event.dataset",
    "event.module",
    "event.provider",
    "data_stream.dataset",
    "host.os.type",
    "host.os.family",
)
"""Fields that say what kind of event a query is about: conditions on them are meant for the whole query."""


def escaping_alternatives(query: CheckedQuery) -> Iterator[Diagnostic]:
    """In `a and b or c`, the `c` that `a` does not bind, where `a` says what kind of event is meant."""
    for event in query.events:
        for branch in branches_of(event.condition):
            if branch.kind == "or":
                yield from _escaping(query, branch)


def _escaping(query: CheckedQuery, branch: Branch) -> Iterator[Diagnostic]:
    first, *others = branch.args
    if not isinstance(first, Branch) or first.kind != "and" or query.written(first.span).startswith("("):
        return
    for bound in first.args:
        if not isinstance(bound, Comparison) or bound.field not in _KIND_OF_EVENT:
            continue
        free = [other for other in others if not fields_in(other) & set(_KIND_OF_EVENT)]
        if len(free) == len(others):
            variant: Literal["one", "several"] = "one" if len(free) == 1 else "several"
            found = EscapingAlternative(variant=variant, condition=query.shown(bound.span), field=bound.field)
            yield found.at(*(other.span for other in free), bound.span)
            return


def lower_case_operators(query: CheckedQuery) -> Iterator[Diagnostic]:
    """`and`, `or` and `not` of a Lucene query in lower case."""
    if query.language != "lucene":
        return
    for comparison in query.comparisons():
        for value in comparison.values:
            # With a field of its own, the word is meant.
            if value.bare and value.text in ("and", "or", "not") and comparison.span == value.span:
                yield LowerCaseOperator(word=value.text, operator=value.text.upper()).at(value.span)


def values_outside_lists(query: CheckedQuery) -> Iterator[Diagnostic]:
    """The tail of a list that lacks its parentheses."""
    if query.language not in ("kuery", "lucene"):
        return
    for event in query.events:
        for branch in branches_of(event.condition):
            for before, after in zip(branch.args, branch.args[1:], strict=False):
                last = _last(before)
                if last is None or last.grouped is not None or not isinstance(after, Comparison) or after.field is not None:
                    continue
                if after.values and _is_list(query, before, after):
                    yield ValueOutsideList(value=query.shown(after.values[0].span), field=last.field or "").at(after.span)


def _is_list(query: CheckedQuery, before: Condition, after: Condition) -> bool:
    """Whether two conditions may be meant as a list; in Lucene a value without a field is usual beside `AND`."""
    return query.language == "kuery" or query.written(Span(before.span.end, after.span.start)).strip() in ("OR", "||")


def _last(condition: Condition) -> Comparison | None:
    """The comparison with a field that a condition ends with."""
    *_, last = (None, *comparisons_of(condition))
    return last if last is not None and last.field is not None and last.span.end == condition.span.end else None


def dangling_operators(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Values that end with an operator."""
    if query.language != "kuery":
        return
    for comparison in query.comparisons():
        for value in comparison.values:
            word = re.search(r"\s(and|or|not)$", value.text, re.IGNORECASE) if value.bare else None
            if word is not None:
                yield DanglingOperator(word=word[1], value=query.shown(value.span)).at(value.span)


def lists_without_operator(query: CheckedQuery) -> Iterator[Diagnostic]:
    """`f : (a b)`, `f : (a, b)` and `f : (a|b)` of Kuery, which are one value."""
    if query.language != "kuery":
        return
    for comparison in query.comparisons():
        if comparison.grouped is None or comparison.field is None:
            continue
        for value in comparison.values:
            words = [word for word in _SEPARATORS.split(value.text) if word]
            if value.bare and len(words) > 1 and (_LISTED.search(value.text) or all(map(_NO_WORD.search, value.text.strip("*").split()))):
                found = ListWithoutOperator(value=query.shown(value.span), meant=" or ".join(words), field=comparison.field)
                yield found.at(value.span)


_LISTED = re.compile(r"[,|]\s*\S")
_NO_WORD = re.compile(r"[^\W\d_][.\\/*_@][^\W\d_]|\*$|^[*/.]")
"""A character that the words of a sentence do not contain."""
_SEPARATORS = re.compile(r"\s*[,|]\s*|\s+")


def unshared_keys(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Two starts of a process that are joined by the id of the process."""
    starts: list[Event] = []
    for event in query.events:
        if event.category != "process" or _JOINED not in event.keys or not _is_start(event):
            continue
        if starts and query.program.kind is ShapeKind.SEQUENCE:
            yield UnsharedKey(field=_JOINED).at(event.span, starts[0].span)
            return
        starts.append(event)


_JOINED = "process.entity_id"


def _is_start(event: Event) -> bool:
    """Whether an event must be the start of a process; a `fork` and the `exec` after it may share an id."""
    conditions = [each for each in required(event.condition) if isinstance(each, Comparison)]
    is_start = any(each.field == "event.type" and [value.text for value in each.values] == ["start"] for each in conditions)
    return is_start and not any(each.field == "event.action" for each in conditions)
