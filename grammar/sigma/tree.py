"""The syntax tree of a Sigma condition. Spans take no part in equality."""

from __future__ import annotations

from dataclasses import dataclass

from ..span import Span, span_attribute


@dataclass(frozen=True, slots=True)
class Identifier:
    """A search identifier; ``name`` may hold ``*``, which stands for several."""

    name: str
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Quantified:
    """``1 of name*``: at least ``count`` of the identifiers that ``name`` stands for; None for all of them."""

    count: int | None
    name: Identifier
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class And:
    args: tuple[Condition, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Or:
    args: tuple[Condition, ...]
    span: Span = span_attribute()


@dataclass(frozen=True, slots=True)
class Not:
    arg: Condition
    span: Span = span_attribute()


Condition = Identifier | Quantified | And | Or | Not


def searches(condition: Condition) -> list[Identifier | Quantified]:
    """The identifiers and quantified patterns of a condition, in the order of the text."""
    match condition:
        case And(args) | Or(args):
            return [found for arg in args for found in searches(arg)]
        case Not(arg):
            return searches(arg)
        case Identifier() | Quantified():
            return [condition]
