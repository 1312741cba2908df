"""Table of value domains: one row per kind of field, with how to draw one value and how to prepare many."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from ...compiler.ir.formula import LengthIn, Test
from ...compiler.schema.field_types import CONSTANT_KEYWORD, Kind
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.sets import Interval
from .analysed_text import draw_text
from .fill import word
from .numbers import draw_ordered, usual_addresses, usual_dates, usual_floats, usual_integers
from .strings import draw_string
from .value_sets import ValueSet, boolean_set, ordered_set, string_set
from .versions import usual_versions

if TYPE_CHECKING:
    from .draw import Drawer
    from .prepare import PreparedSets

_LENGTH = 12
_LONG = LengthIn(Interval(_LENGTH, None))

Tests = tuple[Test, ...]
Draw = Callable[["Drawer", FieldSpec, Tests, Tests], Any]
Prepare = Callable[["PreparedSets", FieldSpec, Tests, Tests, Random], ValueSet | None]


@dataclass(frozen=True, slots=True)
class ValueDomain:
    """How the values of one kind are drawn.

    Attributes:
        draw: draws a JSON value that passes the wanted tests and fails the unwanted ones; None if none was found.
        prepare: the set of such values, or a subset that can be sampled without a search; None if only a list of drawn values is possible.
        usual_ranges: where the numbers that stand for values usually lie, the most usual first; ``now`` is in epoch milliseconds.
        json: the types of a JSON value; empty if the field is never added to a document.
    """

    draw: Draw
    prepare: Prepare | None = None
    usual_ranges: Callable[[FieldSpec, int], Sequence[Interval]] = lambda spec, now: ()
    json: tuple[type, ...] = ()


def _draw_string(drawer: Drawer, spec: FieldSpec, wanted: Tests, unwanted: Tests) -> Any | None:
    def check(value: Any) -> bool:
        return drawer.fits(spec, value, wanted, unwanted)

    if spec.type is CONSTANT_KEYWORD:
        return _draw_constant(drawer, spec, wanted, unwanted)
    usual = spec.allowed or spec.expected
    if spec.name in drawer.identifying and not usual:
        longer = draw_string(
            [*wanted, _LONG], list(unwanted), lambda text: len(text) >= _LENGTH and check(text), drawer.rng, (), drawer.searcher
        )
        if longer:
            return longer
    return draw_string(list(wanted), list(unwanted), check, drawer.rng, usual, drawer.searcher)


def _draw_constant(drawer: Drawer, spec: FieldSpec, wanted: Tests, unwanted: Tests) -> Any | None:
    """Draw the value of a constant_keyword: an index has only one, so every document uses the same."""

    def check(value: Any) -> bool:
        return drawer.fits(spec, value, wanted, unwanted)

    same = drawer.constants.get(spec.name)
    if same is not None and (check(same) or spec.name in drawer.fixed):
        return same if check(same) else None
    # Not from the document's own random numbers: the next document of the run would draw another value.
    rng = drawer.rng if drawer.run is None else Random(f"{spec.name}|{drawer.run}")
    drawn = draw_string(list(wanted), list(unwanted), check, rng, spec.allowed or spec.expected)
    if drawn is not None:
        drawer.constants[spec.name] = drawn
    return drawn


def _draw_text(drawer: Drawer, spec: FieldSpec, wanted: Tests, unwanted: Tests) -> Any | None:
    return draw_text(list(wanted), list(unwanted), lambda value: drawer.fits(spec, value, wanted, unwanted), drawer.rng, spec.name)


def _draw_version(drawer: Drawer, spec: FieldSpec, wanted: Tests, unwanted: Tests) -> Any | None:
    def check(value: Any) -> bool:
        return drawer.fits(spec, value, wanted, unwanted)

    usual = next(filter(check, usual_versions(wanted, drawer.rng)), None)
    return usual or draw_string(list(wanted), list(unwanted), check, drawer.rng, (), drawer.searcher)


def _draw_nested(drawer: Drawer, spec: FieldSpec, wanted: Tests, unwanted: Tests) -> Any | None:
    return drawer.draw_object(drawer, spec, wanted, unwanted)


def _draw_object(drawer: Drawer, spec: FieldSpec, wanted: Tests, unwanted: Tests) -> Any | None:
    """Draw an object with one key; for a flattened field, with a value under the key that passes the tests."""
    if spec.type.name == "flattened" and (wanted or unwanted):
        text = draw_string(
            list(wanted), list(unwanted), lambda value: drawer.fits(spec, value, wanted, unwanted), drawer.rng, (), drawer.searcher
        )
        return None if text is None else {word(drawer.rng): text}
    return {word(drawer.rng): word(drawer.rng)}


def _untested(make: Callable[[Random], Any]) -> ValueDomain:
    """Returns the row of a kind whose values no test evaluates."""
    return ValueDomain(lambda drawer, spec, wanted, unwanted: make(drawer.rng))


DOMAINS: Mapping[Kind, ValueDomain] = {
    Kind.STRING: ValueDomain(_draw_string, string_set, json=(str,)),
    Kind.TEXT: ValueDomain(_draw_text, json=(str,)),
    Kind.VERSION: ValueDomain(_draw_version, json=(str,)),
    Kind.INTEGER: ValueDomain(draw_ordered, ordered_set, usual_integers, (int,)),
    Kind.FLOAT: ValueDomain(draw_ordered, None, usual_floats, (int, float)),
    Kind.BOOLEAN: ValueDomain(draw_ordered, boolean_set, json=(bool,)),
    Kind.IP: ValueDomain(draw_ordered, ordered_set, usual_addresses, (str,)),
    Kind.DATE: ValueDomain(draw_ordered, None, usual_dates, (str,)),
    Kind.NESTED: ValueDomain(_draw_nested),
    Kind.GEO_POINT: _untested(lambda rng: f"{rng.uniform(-90, 90):.4f},{rng.uniform(-180, 180):.4f}"),
    Kind.BINARY: _untested(lambda rng: base64.b64encode(word(rng).encode()).decode()),
    Kind.IP_RANGE: _untested(lambda rng: f"10.{rng.randint(0, 255)}.0.0/16"),
}
"""Rows by kind; `domain_of_kind` returns the object row for kinds that are not listed."""

_OBJECTS = ValueDomain(_draw_object)


def domain_of_kind(spec: FieldSpec) -> ValueDomain:
    """The row of a field's kind."""
    return DOMAINS.get(spec.type.kind, _OBJECTS)
