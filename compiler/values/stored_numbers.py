"""What is left of a number in the field that stores it: fields of few bits round, and queries on them round as well.

See the number fields of Elasticsearch: ``float`` and ``half_float`` are IEEE 754 numbers, ``scaled_float`` is a long, the value times
its scaling factor.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from ..schema.fields import FieldSpec
from .sets import Interval

_USUAL_FACTOR = 1000.0
"""What ECS and Beats scale by."""


def _rounded(form: str) -> Callable[[float, FieldSpec], float]:
    def stored(number: float, spec: FieldSpec) -> float:
        try:
            found: float = struct.unpack(form, struct.pack(form, number))[0]
        except OverflowError:
            return math.copysign(math.inf, number)
        return found

    return stored


def scaling_factor(spec: FieldSpec) -> float | None:
    """What a scaled_float is multiplied by to become the whole number that it is stored as; None for the other types."""
    return spec.scaling_factor or _USUAL_FACTOR if spec.type.name == "scaled_float" else None


def _scaled(number: float, spec: FieldSpec) -> float:
    factor = scaling_factor(spec) or _USUAL_FACTOR
    # Java rounds halves up.
    return math.floor(number * factor + 0.5) / factor


_STORED: dict[str, Callable[[float, FieldSpec], float]] = {
    "float": _rounded("<f"),
    "half_float": _rounded("<e"),
    "scaled_float": _scaled,
}


def is_rounded(spec: FieldSpec) -> bool:
    """Whether the field stores other numbers than documents hold."""
    return spec.type.name in _STORED


def stored(spec: FieldSpec, number: int | float) -> int | float:
    """The number that a field stores for this one."""
    store = _STORED.get(spec.type.name)
    return number if store is None else store(float(number), spec)


def bound_domain(spec: FieldSpec) -> Interval | None:
    """The numbers that a whole-number field can be compared with; None where any number will do.

    Elasticsearch refuses a query with a bound outside them. It reads those of short types as an ``integer``.
    """
    if not spec.kind.traits.integral or spec.type.name == "unsigned_long":
        return None
    bits = 64 if spec.type.name == "long" else 32
    return Interval(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def stored_value(spec: FieldSpec, interval: Interval) -> Interval:
    """A literal that a field is to equal, as the field stores it."""
    if interval.low is None or interval.high is None or not is_rounded(spec):
        return interval
    return Interval(stored(spec, interval.low), stored(spec, interval.high), span=interval.span)


def stored_bound(spec: FieldSpec, interval: Interval) -> Interval:
    """A literal that a field is compared with; those of a scaled_float are exact."""
    return interval if spec.type.name == "scaled_float" else stored_value(spec, interval)
