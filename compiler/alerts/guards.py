"""What an event must hold for a formula to be true: keys of an index, of which one has to be there.

A guard is necessary, never sufficient: a formula without one is evaluated on every event. Texts are compared with their
ASCII letters in lower case, so that one key serves both ways to compare them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ..ir.formula import And, AnyOtherField, Atom, DualReading, Exists, Formula, Like, NestedMatch, Or
from ..schema.fields import FieldSpec
from ..values.patterns import fold_ascii
from ..values.sets import Pattern


@dataclass(frozen=True, slots=True)
class Need:
    """One key of the index.

    Attributes:
        field: the name that documents hold its values under.
        text: one of its values, or None if any value will do.
        piece: whether the text only has to be in one of its values.
    """

    field: str
    text: str | None = None
    piece: bool = False


Guard = frozenset[Need]
"""Of these, one has to be there."""

_SHORTEST = 4
"""A piece shorter than this is in too many texts to be looked for."""
_MOST = 64
"""Guards that are looked at of the alternatives of a disjunction."""


def guards(formula: Formula) -> list[Guard]:
    """All guards that a formula offers, each of which an event has to pass; none for a formula that could be true of any event."""
    return list(dict.fromkeys(_guards(formula)))


def _guards(formula: Formula) -> Iterator[Guard]:
    match formula:
        case And(args):
            for arg in args:
                yield from _guards(arg)
        case Or(args):
            offered = [list(islice(_guards(arg), _MOST)) for arg in args]
            if all(offered):
                yield from _united(offered)
        case DualReading(decisive):
            yield from _guards(decisive)
        case Exists(spec) if _holds_values(spec):
            yield frozenset((Need(spec.stored),))
        case Atom(_, NestedMatch(inside)):
            yield from _guards(inside)
        case Atom(spec, test) if _holds_values(spec) and not isinstance(test, AnyOtherField):
            any_value = frozenset((Need(spec.stored),))
            yield any_value
            found = [_of_pattern(spec.stored, pattern) for pattern in test.patterns] if isinstance(test, Like) else []
            if found and None not in found:
                yield frozenset(each for each in found if each is not None)


def _united(offered: list[list[Guard]]) -> Iterator[Guard]:
    """Guards of a disjunction: for each guard of its first alternative those of the others on the same fields; else the narrowest."""
    narrowest = [min(each, key=_breadth) for each in offered]
    by_fields = [{fields_of(guard): guard for guard in sorted(each, key=_breadth, reverse=True)} for each in offered]
    for fields, guard in by_fields[0].items():
        if all(fields in each for each in by_fields[1:]):
            yield guard.union(*(each[fields] for each in by_fields[1:]))
    yield frozenset().union(*narrowest)


def fields_of(guard: Guard) -> frozenset[str]:
    """The fields that the needs of a guard are about."""
    return frozenset(need.field for need in guard)


def _breadth(guard: Guard) -> tuple[bool, bool, int, list[tuple[str, str]]]:
    """How many events are likely to pass: those with any value of a field, then those with a value that says little."""
    broad = any(need.field in BROAD for need in guard)
    return any(need.text is None for need in guard), broad, len(guard), sorted((need.field, need.text or "") for need in guard)


BROAD = frozenset({"event.category", "event.kind", "event.outcome", "event.type", "host.os.type"})
"""Fields whose few values most events share."""


def _holds_values(spec: FieldSpec) -> bool:
    """Whether documents hold the field's values under its own name, and not below it."""
    return not spec.kind.traits.container and spec.type.name != "flattened"


def _of_pattern(field: str, pattern: Pattern) -> Need | None:
    if pattern.literal is not None:
        return Need(field, fold_ascii(pattern.literal)) if pattern.literal.isascii() else None
    pieces = [token for token in pattern.tokens if isinstance(token, str) and token.isascii()]
    longest = max(pieces, key=len, default="")
    return Need(field, fold_ascii(longest), piece=True) if len(longest) >= _SHORTEST else None
