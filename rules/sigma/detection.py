"""The `detection` of a Sigma rule: searches with their fields, modifiers and values, read from YAML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...grammar.span import Span
from ..reading.yaml_nodes import Entry, Items, Map, Node, Scalar
from .modifiers import values_of_entry
from .values import Faults, FieldReference, Placeholders, Value


@dataclass(frozen=True, slots=True)
class Test:
    """A field compared with values; without a field, values that any field may have.

    Attributes:
        field: the name; None for values without a field.
        values: the values.
        every: whether all of them are wanted, and not one.
        negated: whether none of them is wanted.
        span: from the field's name to the last value.
        name_span: of the name.
    """

    field: str | None
    values: tuple[Value, ...]
    every: bool
    negated: bool
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """Tests that all hold, or one of which does."""

    kind: Literal["all", "any"]
    args: tuple[Test | Group, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Search:
    """A search identifier and what it stands for."""

    name: str
    group: Test | Group
    span: Span


NOT_SEARCHES = frozenset({"condition", "timeframe"})
"""Keys of a detection that are not search identifiers."""


def searches_of(detection: Map, faults: Faults, placeholders: Placeholders) -> dict[str, Search]:
    """The searches of a detection by name.

    Raises:
        InvalidQueryError: a search has no meaning.
        UnsupportedQueryError: it has something that cannot be compiled.
    """

    def group(node: Node, name: Scalar) -> Test | Group:
        match node:
            case Map(entries, span) if entries:
                return _several("all", [test(entry) for entry in entries], span)
            case Items(items, span) if items:
                maps = [item for item in items if isinstance(item, Map)]
                words = [item for item in items if isinstance(item, Scalar)]
                if len(maps) + len(words) < len(items):
                    faults.invalid("a list within a list has no meaning in a search", span, "write one list of values or of maps")
                found: list[Test | Group] = [group(each, name) for each in maps]
                if words:
                    values, every, negated = values_of_entry((), words, faults, placeholders, name)
                    found.insert(0, Test(None, values, every, negated, words[0].span.to(words[-1].span), name.span))
                return _several("any", found, span)
            case Scalar(value, _, span) if value is not None:
                values, every, negated = values_of_entry((), [node], faults, placeholders, name)
                return Test(None, values, every, negated, span, name.span)
        faults.invalid(f"the search `{name.text}` is empty", name.span, "give it fields and values, or a list of keywords")

    def test(entry: Entry) -> Test:
        name, *modifiers = entry.key.text.split("|")
        match entry.value:
            case Items(items):
                if not items:
                    faults.invalid(f"`{entry.key.text}` has no values", entry.span, "give it a value, or `null` for a field without one")
                listed: Sequence[Node] = items
            case node:
                listed = [node]
        scalars = [item for item in listed if isinstance(item, Scalar)]
        if len(scalars) < len(listed):
            faults.invalid(f"a value of `{entry.key.text}` is not a string, a number, true, false or null", entry.value.span)
        values, every, negated = values_of_entry(tuple(modifiers), scalars, faults, placeholders, entry.key)
        return Test(name or None, values, every, negated, entry.span, entry.key.span)

    found = {}
    for entry in detection.entries:
        if entry.key.text not in NOT_SEARCHES:
            found[entry.key.text] = Search(entry.key.text, group(entry.value, entry.key), entry.span)
    return found


def _several(kind: Literal["all", "any"], args: list[Test | Group], span: Span) -> Test | Group:
    return args[0] if len(args) == 1 else Group(kind, tuple(args), span)


def tests_of(group: Test | Group) -> list[Test]:
    """The tests of a search, in the order of the text."""
    return [group] if isinstance(group, Test) else [test for arg in group.args for test in tests_of(arg)]


def renamed(group: Test | Group, names: Callable[[str], tuple[str, ...]]) -> Test | Group:
    """The search with other names of fields; a test of a field with several is true of any of them."""
    if isinstance(group, Group):
        return replace(group, args=tuple(renamed(arg, names) for arg in group.args))
    if group.field is None:
        return group
    values = tuple(replace(value, name=names(value.name)[0]) if isinstance(value, FieldReference) else value for value in group.values)
    found = [replace(group, field=name, values=values) for name in names(group.field)]
    return found[0] if len(found) == 1 else Group("any", tuple(found), group.span)
