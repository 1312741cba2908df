"""Value sets of a field, prepared for drawing many values, all of which pass the tests of the set.

Three forms: a list whose entries were tested one by one; shapes, patterns proved to pass with any letters in place of the
wildcards; and ranges of numbers, also proved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import TYPE_CHECKING, Any

import orjson

from ...compiler.ir.formula import Like, Test, Within
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.kinds import domain_of, json_value, values_of
from ...compiler.values.literals import V4_BASE, V4_LAST
from ...compiler.values.sets import Interval, Pattern, Wild
from .intervals import solution
from .numbers import preferred
from .strings import openness

if TYPE_CHECKING:
    from .prepare import PreparedSets

MOST_ENTRIES = 1 << 12
"""The maximum number of entries of a list of alternatives in one set; a random sample if there are more."""
MOST_SHAPES = 64
"""The same for patterns with wildcards."""
_ANYTHING = Pattern((Wild.RUN,))


@dataclass(frozen=True, slots=True)
class Fixed:
    """One value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Listed:
    """One of these values; ``texts`` holds them as JSON."""

    values: tuple[Any, ...]
    texts: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", tuple(orjson.dumps(value).decode() for value in self.values))


@dataclass(frozen=True, slots=True)
class Shaped:
    """Texts of these patterns, with letters in place of wildcards: 1 to ``LONGEST_RUN`` of them for a ``*``."""

    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Ranged:
    """Integers of one of these sets of closed intervals; IPv4 addresses are rendered as such."""

    choices: tuple[tuple[Interval, ...], ...]
    address: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """The first of these integers, and as many more as there are, ``step`` apart; at most 65,536."""

    first: int
    count: int
    step: int = 1


@dataclass(frozen=True, slots=True)
class Joint:
    """One of these values, in the same place as that of every other set of its group; ``texts`` holds them as JSON."""

    group: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]


def joint(group: str, values: tuple[Any, ...]) -> Joint:
    """Returns the set of a group with these values."""
    return Joint(group, values, tuple(orjson.dumps(value).decode() for value in values))


class IdForm(Enum):
    """The form of an identifier."""

    HEX_128 = "32 hexadecimal digits"
    HEX_256 = "64 hexadecimal digits"
    UUID = "UUID of version 4"


@dataclass(frozen=True, slots=True)
class Identifier:
    """Random identifiers of a form."""

    form: IdForm


@dataclass(frozen=True, slots=True)
class Stamped:
    """Dates so many milliseconds after the timestamp of an event; before it if negative."""

    event: int
    low: int
    high: int


ValueSet = Fixed | Listed | Shaped | Ranged | Counted | Joint | Identifier | Stamped
Tests = tuple[Test, ...]


def ordered_set(sets: PreparedSets, spec: FieldSpec, wanted: Tests, unwanted: Tests, rng: Random) -> ValueSet | None:
    """Returns all integers, or IPv4 addresses, that pass the tests; None for tests of other kinds or unbounded sets."""
    required = [test.intervals for test in wanted if isinstance(test, Within)]
    excluded = [test.intervals for test in unwanted if isinstance(test, Within)]
    if len(required) + len(excluded) < len(wanted) + len(unwanted):
        return None
    holes = [hole for intervals in excluded for hole in intervals]
    domain = domain_of(spec)
    # Each alternative of a list is equally likely.
    first = rng.sample(required[0], min(MOST_SHAPES, len(required[0]))) if required else [domain]
    options = [preferred(sets.drawer, spec, solution(domain, [(interval,), *required[1:]], holes, whole=True)) for interval in first]
    choices = tuple(tuple(parts) for parts in options if parts)
    bounds = [bound for parts in choices for part in parts for bound in (part.low, part.high)]
    address = values_of(spec).blocks
    if not choices or not all(isinstance(bound, int) and (not address or V4_BASE <= bound <= V4_LAST) for bound in bounds):
        return None
    single = [parts[0].low for parts in choices if len(parts) == 1 and parts[0].low == parts[0].high]
    if len(single) == len(choices):
        return Listed(tuple(dict.fromkeys(json_value(spec, number) for number in single if number is not None)))
    return Ranged(choices, address)


def boolean_set(sets: PreparedSets, spec: FieldSpec, wanted: Tests, unwanted: Tests, rng: Random) -> ValueSet | None:
    """Returns the booleans that pass the tests."""
    return Listed(tuple(value for value in (False, True) if sets.drawer.fits(spec, value, wanted, unwanted)))


def string_set(sets: PreparedSets, spec: FieldSpec, wanted: Tests, unwanted: Tests, rng: Random) -> ValueSet | None:
    """Returns the values of a list, or the patterns that no other test restricts; None if neither is certain."""
    lists = [test for test in wanted if isinstance(test, Like)]
    offered = min(lists, key=openness).patterns if lists else (_ANYTHING,)
    if not lists:
        usual = tuple(value for value in spec.allowed or spec.expected if sets.drawer.fits(spec, value, wanted, unwanted))
        if usual:
            return Listed(usual)
    if len(offered) > MOST_ENTRIES:
        offered = tuple(rng.sample(offered, MOST_ENTRIES))
    literals = [pattern.literal for pattern in offered]
    if None not in literals:
        fitting = dict.fromkeys(text for text in literals if text is not None and sets.drawer.fits(spec, text, wanted, unwanted))
        return Listed(tuple(fitting)) if fitting else None
    if len(offered) > MOST_SHAPES:
        offered = tuple(rng.sample(offered, MOST_SHAPES))
    shapes = tuple(
        pattern
        for pattern in offered
        if all(sets.shape_passes(spec, test, pattern) is True for test in wanted)
        and all(sets.shape_passes(spec, test, pattern) is False for test in unwanted)
    )
    return Shaped(shapes) if shapes else None
