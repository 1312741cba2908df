"""What pipes do with the matches of a query.

``head`` and ``tail`` are Elasticsearch's. The others belong to the Endpoint dialect, and mean what the reference of the
``eql`` package says: they look at the first event of a match unless they name another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ..ir.program import Pipe
from ..values.patterns import fold_ascii
from .document import Flat
from .match_document import Reading, compile_formula, compile_term
from .sequences import Match


def through_pipes(matches: list[Match], pipes: Sequence[Pipe], flats: Sequence[Flat]) -> list[Match]:
    """The matches that are left, in order; ``count`` and ``unique_count`` say how many each stands for."""
    for pipe in pipes:
        matches = _PIPES[pipe.name](pipe, matches, flats)
    return matches


def _head(pipe: Pipe, matches: list[Match], flats: Sequence[Flat]) -> list[Match]:
    return matches[: pipe.limit]


def _tail(pipe: Pipe, matches: list[Match], flats: Sequence[Flat]) -> list[Match]:
    return matches[-pipe.limit :]


def _filter(pipe: Pipe, matches: list[Match], flats: Sequence[Flat]) -> list[Match]:
    assert pipe.condition is not None
    judge = compile_formula(pipe.condition, Reading.ELASTICSEARCH)
    return [match for match in matches if judge(_event(match, 0, flats)) is True]


def _sort(pipe: Pipe, matches: list[Match], flats: Sequence[Flat]) -> list[Match]:
    read = _reader(pipe, flats)
    return sorted(matches, key=lambda match: tuple((value is not None, isinstance(value, str), value) for value in read(match)))


def _unique(pipe: Pipe, matches: list[Match], flats: Sequence[Flat]) -> list[Match]:
    read = _reader(pipe, flats)
    first: dict[tuple[Any, ...], Match] = {}
    for match in matches:
        first.setdefault(read(match), match)
    return list(first.values())


def _unique_count(pipe: Pipe, matches: list[Match], flats: Sequence[Flat]) -> list[Match]:
    """The first match of each combination of values, those that stand for most last."""
    read = _reader(pipe, flats)
    first: dict[tuple[Any, ...], Match] = {}
    for match in matches:
        kept = first.setdefault(read(match), replace(match, count=0))
        first[read(match)] = replace(kept, count=(kept.count or 0) + 1)
    return sorted(first.values(), key=lambda match: match.count or 0)


def _count(pipe: Pipe, matches: list[Match], flats: Sequence[Flat]) -> list[Match]:
    """One line for all, or one for each combination of values: no events any more, the values as keys."""
    if not pipe.values:
        return [Match((), (), len(matches))]
    read = _reader(pipe, flats)
    totals: dict[tuple[Any, ...], int] = {}
    for match in matches:
        totals[read(match)] = totals.get(read(match), 0) + 1
    return sorted((Match((), values, total) for values, total in totals.items()), key=lambda match: match.count or 0)


_PIPES: dict[str, Callable[[Pipe, list[Match], Sequence[Flat]], list[Match]]] = {
    "head": _head,
    "tail": _tail,
    "filter": _filter,
    "sort": _sort,
    "unique": _unique,
    "unique_count": _unique_count,
    "count": _count,
}

PIPES = frozenset(_PIPES)
"""The names of all pipes."""


def _reader(pipe: Pipe, flats: Sequence[Flat]) -> Callable[[Match], tuple[Any, ...]]:
    """A function from a match to the values that a pipe asks for; case does not tell texts apart."""
    terms = [(number, compile_term(term)) for number, term in pipe.values]

    def read(match: Match) -> tuple[Any, ...]:
        values = [evaluate(_event(match, number, flats)) for number, evaluate in terms]
        return tuple(fold_ascii(value) if isinstance(value, str) else value for value in values)

    return read


def _event(match: Match, number: int, flats: Sequence[Flat]) -> Flat:
    """The document of an event of a match, counted without missing ones; an empty one if there are not that many."""
    there = [position for position in match.events if position is not None]
    return flats[there[number]] if number < len(there) else {}
