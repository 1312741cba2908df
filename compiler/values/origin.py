"""How a query writes a part of its program: facts of the syntax tree that reports need and matching ignores."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import Enum
from typing import Any


class Writing(Enum):
    """How a query writes a literal."""

    OTHER = "other"
    """In a filter, or not at all."""
    BARE = "bare"
    """Without quotes: a wildcard that is part of the value has a backslash before it, and a quote is part of the value."""
    QUOTED = "quoted"
    """In quotes, which make wildcards part of the value."""
    ESCAPED = "escaped"
    """In quotes, with a backslash before each wildcard."""
    OPERAND = "operand"
    """In quotes, where the operator decides whether wildcards are part of the value."""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a query writes a condition or a join key.

    Attributes:
        negated: whether the text at the span of the condition says that it does not hold: ``f != 1``, ``f not in (1, 2)``.
        category: whether the condition is the category of an event query.
        marked: whether the key is marked as optional, with a ``?``.
    """

    negated: bool = False
    category: bool = False
    marked: bool = False


PLAIN = Origin()


def origin_attribute() -> Any:
    """A dataclass attribute for the origin of a node: not part of equality."""
    return dataclass_field(default=PLAIN, compare=False, repr=False)
