"""Formats of comparisons: what a rule catches that another does not, for people, for pull requests, for programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ...compiler.semantics.document import flatten
from ...grammar.span import LineMap
from ..compare.comparison import Comparison, Document, Outcome, Part, Relation, Side
from .caret_text import visible
from .wording import counted, cut, cut_line

_LONGEST = 100
_LONGEST_VALUE = 80
_MOST_PARTS = 10
"""Parts of one side that a text shows."""


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """Something outside the conditions in which two rules differ: its values in one alone and in the other alone."""

    what: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparedRule:
    """One of the rules of a comparison.

    Attributes:
        path: the file, as the user named it.
        text: what the file holds; None where no places are known.
        line: the line of the file at which the text begins.
    """

    path: str
    text: str | None = None
    line: int = 1

    def place_of(self, part: Part) -> tuple[int, int] | None:
        """Line and column of the condition of a part."""
        if self.text is None or part.place is None:
            return None
        position = LineMap(self.text).position(part.place.start)
        return position.line + self.line - 1, position.column


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """Two rules, or two versions of a rule, and how they compare.

    Attributes:
        name, rule_id: of the rule, or None.
        old, new: the rules; None for what is new or deleted.
        comparison: what came of comparing what they match; None if they were not compared.
        scope: in what they differ beside their conditions.
        problem: why they were not compared; empty otherwise.
        beside: for a rule that is new or deleted, the rules of the set that match all that it matches, or of which it does.
        versions: whether they are versions of one rule.
    """

    name: str | None
    rule_id: str | None
    old: ComparedRule | None
    new: ComparedRule | None
    comparison: Comparison | None = None
    scope: tuple[ScopeChange, ...] = ()
    problem: str = ""
    beside: tuple[str, ...] = ()
    versions: bool = True

    @property
    def relation(self) -> str:
        """How the second rule relates to the first, or ``new``, ``deleted`` or ``not compared``."""
        if self.comparison is not None:
            return self.comparison.relation.value
        return "not compared" if self.problem else "deleted" if self.new is None else "new"

    @property
    def path(self) -> str:
        """The file that stands for the pair."""
        known = self.new or self.old
        assert known is not None
        return known.path

    @property
    def is_unchanged(self) -> bool:
        """Whether nothing is different."""
        return self.relation == Relation.EQUIVALENT and not self.scope


Sided = tuple[str, Side, ComparedRule | None]
"""What a side is called, the side, and the rule whose conditions make the difference."""


def _sides(pair: ComparedPair) -> list[Sided]:
    assert pair.comparison is not None
    names = ("no longer caught", "newly caught")
    if not pair.versions and pair.old is not None and pair.new is not None:
        names = (f"caught by {pair.old.path} alone", f"caught by {pair.new.path} alone")
    return [(names[0], pair.comparison.lost, pair.new), (names[1], pair.comparison.won, pair.old)]


def values_in(document: Document, name: str) -> str:
    """The values of a field in a document, as JSON; "missing" without any."""
    found = flatten(document).get(name, [])
    if not found:
        return "missing"
    return visible(cut(", ".join(orjson.dumps(value, default=str).decode() for value in found), _LONGEST_VALUE))


def _changes(part: Part) -> Iterator[tuple[str, str, str]]:
    """The fields in which a witness differs from the events that both rules match: name, value there, value here."""
    for document, other in zip(part.documents, part.beside, strict=False):
        for name in part.fields:
            values = values_in(other, name), values_in(document, name)
            if values[0] != values[1]:
                yield name, *values


def _condition(part: Part, rule: ComparedRule | None) -> str:
    """What a part fails, with its place."""
    place = rule.place_of(part) if rule is not None else None
    where = f"{rule.path}:{place[0]}:{place[1]}: " if rule is not None and place is not None else ""
    return f"{visible(where)}{_words(part)}"


def _words(part: Part) -> str:
    """What a part fails: a condition as it is written, or what relates the events."""
    written = visible(cut_line(part.condition, _LONGEST))
    if written and not part.what and len(part.fields) == 1 and part.fields[0] not in part.condition:
        # Of `f: (a or b)`, the values are what is at the place.
        written = f"{part.fields[0]}: {written}"
    return written if not part.what else part.what if part.what in _WHOLE or not written else f"{part.what}: {written}"


_WHOLE = frozenset({"maxspan", "threshold", "look-back", "history", "suppression", "shape", "new terms"})
"""Parts whose place is a whole rule or step, which says nothing more."""

# -- for people ------------------------------------------------------------------------------------


def text(pairs: Sequence[ComparedPair]) -> str:
    """All that differs, as text."""
    return "".join(f"{line}\n" for pair in pairs for line in _text_of(pair))


def _text_of(pair: ComparedPair) -> Iterator[str]:
    title = f" ({visible(pair.name)})" if pair.name and pair.name not in pair.path else ""
    path = pair.path if pair.versions or pair.old is None or pair.new is None else f"{pair.old.path} and {pair.new.path}"
    yield f"{visible(path)}{title}: {_verdict(pair)}"
    for line in pair.beside:
        yield f"  {visible(line)}"
    if pair.comparison is not None and pair.comparison.relation is not Relation.EQUIVALENT:
        for name, side, rule in _sides(pair):
            yield from _side_text(name, side, rule)
    for change in pair.scope:
        yield f"  {change.what}: {_scope_text(change)}"


def _verdict(pair: ComparedPair) -> str:
    if pair.problem:
        return f"not compared: {visible(pair.problem)}"
    if pair.comparison is None:
        return pair.relation
    if pair.comparison.relation is Relation.EQUIVALENT:
        return "matches the same events (proved)"
    single = pair.comparison.relation_by_single_values
    if single != pair.comparison.relation:
        return f"{pair.relation}; {single.value} if each field holds one value"
    return pair.relation


def _side_text(name: str, side: Side, rule: ComparedRule | None) -> Iterator[str]:
    if side.outcome is Outcome.NONE:
        yield f"  {name}: nothing (proved)"
        return
    if side.outcome is Outcome.UNKNOWN:
        yield f"  {name}: unknown, {side.why}"
        return
    yield f"  {name}:"
    for part in side.parts[:_MOST_PARTS]:
        yield f"    events that {'meet the exclusion' if part.excluded else 'fail'} {_condition(part, rule)}"
        changes = list(_changes(part))
        for field, before, after in changes:
            yield f"      {field}: {after} instead of {before}"
        if not changes:
            yield from _documents(part)
    if len(side.parts) > _MOST_PARTS:
        yield f"    and {counted(len(side.parts) - _MOST_PARTS, 'further condition')}"
    if side.undecided:
        yield f"    unknown of {counted(len(side.undecided), 'further condition')}"


def _documents(part: Part) -> Iterator[str]:
    for role, document in zip(part.roles, part.documents, strict=True):
        shown = cut(orjson.dumps(document, default=str).decode(), 400)
        yield f"      {'' if role == 'event' else f'{role.value}: '}{visible(shown)}"


def _scope_text(change: ScopeChange) -> str:
    if len(change.removed) == len(change.added) == 1:
        return f"{_brief(change.removed[0])} -> {_brief(change.added[0])}"
    return ", ".join([*(f"- {_brief(value)}" for value in change.removed), *(f"+ {_brief(value)}" for value in change.added)])


def _brief(value: str) -> str:
    return visible(cut_line(value, _LONGEST_VALUE))


# -- for pull requests -----------------------------------------------------------------------------

_ESCAPED = str.maketrans({char: f"\\{char}" for char in "\\|`*_<>[]#"})


def markdown(pairs: Sequence[ComparedPair]) -> str:
    """All that differs, as Markdown for a comment."""
    if not pairs:
        return "No rules changed.\n"
    return "\n".join(line for pair in pairs for line in (*_markdown_of(pair), ""))


def _markdown_of(pair: ComparedPair) -> Iterator[str]:
    yield f"### {_plain(pair.name or pair.path)}: {_plain(_verdict(pair))}"
    yield ""
    yield _code(pair.path)
    for line in pair.beside:
        yield f"- {_plain(line)}"
    if pair.comparison is not None and pair.comparison.relation is not Relation.EQUIVALENT:
        for name, side, rule in _sides(pair):
            yield ""
            yield from _side_markdown(f"{name[0].upper()}{name[1:]}", side, rule)
    if pair.scope:
        yield ""
        yield from (f"- {change.what}: {_plain(_scope_text(change))}" for change in pair.scope)


def _side_markdown(name: str, side: Side, rule: ComparedRule | None) -> Iterator[str]:
    if side.outcome is not Outcome.WITNESS:
        yield f"**{_plain(name)}**: {'nothing (proved)' if side.outcome is Outcome.NONE else f'unknown, {side.why}'}"
        return
    yield f"**{_plain(name)}**: events that fail a condition or meet an exclusion"
    for part in side.parts[:_MOST_PARTS]:
        place = rule.place_of(part) if rule is not None else None
        yield ""
        kind = "exclusion " if part.excluded else ""
        yield f"- {kind}{_code(_words(part))}{f' (line {place[0]})' if place is not None else ''}"
        changes = list(_changes(part))
        if changes:
            yield ""
            yield "  | field | caught by both | caught by one |"
            yield "  |---|---|---|"
            yield from (f"  | {_plain(field)} | {_code(before)} | {_code(after)} |" for field, before, after in changes)
        else:
            yield from (f"  - {_code(line.strip())}" for line in _documents(part))
    if len(side.parts) > _MOST_PARTS:
        yield f"- {counted(len(side.parts) - _MOST_PARTS, 'further condition')}"


def _plain(value: str) -> str:
    return visible(value).translate(_ESCAPED)


def _code(value: str) -> str:
    """A text as code; a bar would end a cell, and backticks the code."""
    fence = "`" * (1 + max(map(len, re.findall("`+", value)), default=0))
    inner = value.replace("|", "\\|")
    return f"{fence} {inner} {fence}" if "`" in value else f"{fence}{inner}{fence}"


# -- for programs ----------------------------------------------------------------------------------


def json(pairs: Sequence[ComparedPair]) -> str:
    """One object per pair, in a list."""
    return orjson.dumps([_entry(pair) for pair in pairs], default=str, option=orjson.OPT_INDENT_2).decode() + "\n"


def _entry(pair: ComparedPair) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "rule_id": pair.rule_id,
        "name": pair.name,
        "old": pair.old and pair.old.path,
        "new": pair.new and pair.new.path,
        "relation": pair.relation,
        "scope": {change.what: {"removed": change.removed, "added": change.added} for change in pair.scope},
    }
    if pair.problem:
        entry["problem"] = pair.problem
    if pair.beside:
        entry["beside"] = pair.beside
    if pair.comparison is not None:
        entry["relation_by_single_values"] = pair.comparison.relation_by_single_values.value
        entry["lost"] = _side_entry(pair.comparison.lost, pair.new)
        entry["won"] = _side_entry(pair.comparison.won, pair.old)
    return entry


def _side_entry(side: Side, rule: ComparedRule | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"outcome": side.outcome.value, "parts": [_part_entry(part, rule) for part in side.parts]}
    if side.undecided:
        entry["undecided"] = len(side.undecided)
    if side.why:
        entry["why"] = side.why
    return entry


def _part_entry(part: Part, rule: ComparedRule | None) -> dict[str, Any]:
    place = rule.place_of(part) if rule is not None else None
    return {
        "what": part.what or "condition",
        "condition": part.condition,
        "excluded": part.excluded,
        "line": place and place[0],
        "column": place and place[1],
        "events": part.documents,
        "roles": [role.value for role in part.roles],
        "beside": part.beside,
        "fields": part.fields,
    }


COMPARISON_FORMATS: Mapping[str, Callable[[Sequence[ComparedPair]], str]] = {"text": text, "markdown": markdown, "json": json}
"""By name; SARIF is made from findings."""
