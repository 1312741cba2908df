"""Checks of Sigma rules that need no solver: fields foreign to the log source, unused searches, blanks, `all of` for `1 of`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import combinations
from typing import Literal

from ...compiler.diagnostics.checks.outline import Branch, Comparison, Event, Value
from ...compiler.diagnostics.diagnostic import Diagnostic, Severity
from ...compiler.diagnostics.sigma_slips import AllOfAlternatives, ForeignField, UnusedSearch
from ...compiler.diagnostics.slips import SurroundingBlanks
from ...compiler.values.sets import Wild
from ...grammar.sigma.tree import Identifier, Quantified, searches
from ...grammar.span import Span
from .detection import Group, Search, Test, tests_of
from .log_sources import LogSource, facts_of
from .lower import names_of
from .program import ReadDetection
from .strings import literal_of
from .values import Faults, FieldReference, Strings


def outline_of_detection(part: ReadDetection, faults: Faults) -> Event:
    """The tests of a detection as lint checks read them: their lists of values."""
    found = tuple(
        Comparison(
            test.field,
            ":",
            tuple(Value(_text(value), faults.at(value.span)) for value in test.values),
            faults.at(test.span),
        )
        for test in part.tests()
    )
    start = faults.at(found[0].span) if found else faults.at(next(iter(part.searches.values())).span)
    return Event(Branch("or", found, start), span=start)


def _text(value: object) -> str:
    return (literal_of(value.texts[0]) or "") if isinstance(value, Strings) else ""


def findings_of(part: ReadDetection, source: LogSource, faults: Faults) -> Iterator[Diagnostic]:
    """The findings about a detection, or a filter, in the order of its text."""
    found = [*_foreign_fields(part, source, faults), *_unused(part, faults), *_blanks(part, faults), *_all_of(part, faults)]
    yield from sorted(found, key=lambda finding: finding.spans[0])


def _foreign_fields(part: ReadDetection, source: LogSource, faults: Faults) -> Iterator[Diagnostic]:
    known = facts_of(source).fields
    if not known:
        return
    seen: set[str] = set()
    for test in part.tests():
        references = [value.name for value in test.values if isinstance(value, FieldReference)]
        for name in (test.field, *references):
            if name is None or name in known or name in seen:
                continue
            seen.add(name)
            same = [each for each in known if each.lower() == name.lower()]
            close = next(iter([*same, *get_close_matches(name, known, 1, 0.8)]), None)
            yield ForeignField(field=name, source=str(source), close=close).at(faults.at(test.name_span))


def _unused(part: ReadDetection, faults: Faults) -> Iterator[Diagnostic]:
    used = {name for condition in part.conditions for each in searches(condition.tree) for name in _named(each, part.searches)}
    for name, search in part.searches.items():
        if name not in used:
            yield UnusedSearch(name=name).at(faults.at(search.span))


def _named(each: Identifier | Quantified, found: Mapping[str, Search]) -> Sequence[str]:
    return names_of(each.name if isinstance(each, Quantified) else each, found)


def _blanks(part: ReadDetection, faults: Faults) -> Iterator[Diagnostic]:
    """Texts with a blank at an end at which nothing else can follow."""
    for test in part.tests():
        if test.field is None:
            continue
        for value in test.values:
            if not isinstance(value, Strings) or not value.texts[0]:
                continue
            first, last = value.texts[0][0], value.texts[0][-1]
            begins = isinstance(first, str) and first[0].isspace()
            ends = isinstance(last, str) and last[-1].isspace()
            text = "".join(token for token in value.texts[0] if isinstance(token, str))
            if (begins or ends) and text.strip():
                written = "".join(token.value if isinstance(token, Wild) else token for token in value.texts[0])
                where: Literal["begins", "ends", "begins and ends"] = (
                    "begins and ends" if begins and ends else "begins" if begins else "ends"
                )
                # Beside a wildcard, a blank may be what is looked for; before a path it is not.
                open_ended = isinstance(first, Wild) or isinstance(last, Wild)
                severity = Severity.NOTE if open_ended and not _PATH.match(text) else Severity.WARNING
                yield SurroundingBlanks(value=written, where=where, field=test.field).at(faults.at(value.span), severity=severity)


_PATH = re.compile(r"\s+[A-Za-z]:\\")


def _all_of(part: ReadDetection, faults: Faults) -> Iterator[Diagnostic]:
    """``all of`` searches that want different values of one field, of which an event has one."""
    for condition in part.conditions:
        for each in searches(condition.tree):
            if not isinstance(each, Quantified) or each.count is not None:
                continue
            wanted = {name: _exact(part.searches[name].group) for name in _named(each, part.searches)}
            for one, other in combinations(wanted, 2):
                field = next((name for name, texts in wanted[one].items() if texts.isdisjoint(wanted[other].get(name, texts))), None)
                if field is not None:
                    span = faults.at(Span(condition.start + each.span.start, condition.start + each.span.end))
                    places = [faults.at(part.searches[name].span) for name in (one, other)]
                    yield AllOfAlternatives(one=one, other=other, field=field).at(span, *places)
                    break


def _exact(group: Test | Group) -> dict[str, set[str]]:
    """By field, the texts of which an event must have one; fields with other conditions are left out."""
    if isinstance(group, Group) and group.kind == "any":
        return {}
    found: dict[str, set[str]] = {}
    for test in tests_of(group) if isinstance(group, Test) else [arg for arg in group.args if isinstance(arg, Test)]:
        literals = [literal_of(value.texts[0]) if isinstance(value, Strings) and len(value.texts) == 1 else None for value in test.values]
        if test.field is not None and not test.negated and not test.every and None not in literals:
            found[test.field] = {str(literal).lower() for literal in literals}
    return found
