"""Formats of overlaps: the rules of a set that lie in others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from ..compare.overlaps import Overlap
from .caret_text import visible
from .wording import counted, cut_line

_LONGEST = 100
_MOST_CONDITIONS = 8


@dataclass(frozen=True, slots=True)
class OverlappingPair:
    """Two rules of a set, one of which lies in the other.

    Attributes:
        rule, other: their files, as the user named them; of two that match the same, the first is the inner one.
        name, other_name: their names.
        overlap: how.
        conditions: the exclusions of the other rule that make the difference, each with its line (0 if that is unknown).
        scope: in what they differ beside their conditions, each with the values of one alone and of the other alone.
    """

    rule: str
    other: str
    name: str
    other_name: str
    overlap: Overlap
    conditions: tuple[tuple[str, int], ...] = ()
    scope: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()


VERBS: Mapping[Overlap, str] = {
    Overlap.EQUIVALENT: "matches the same events as",
    Overlap.INSIDE: "matches nothing but what is matched by",
    Overlap.BUT_FOR_EXCLUSIONS: "matches nothing but what is matched, or excluded, by",
}


def text(pairs: Sequence[OverlappingPair]) -> str:
    """The pairs as text."""
    return "".join(f"{line}\n" for pair in pairs for line in _lines(pair))


def _lines(pair: OverlappingPair) -> Iterator[str]:
    yield f"{visible(pair.rule)}: {VERBS[pair.overlap]} {visible(pair.other)} (proved)"
    if pair.name or pair.other_name:
        yield f"  {visible(pair.name)} / {visible(pair.other_name)}"
    for condition, line in pair.conditions[:_MOST_CONDITIONS]:
        yield f"  excluded by the other{f' (line {line})' if line else ''}: {visible(cut_line(condition, _LONGEST))}"
    if len(pair.conditions) > _MOST_CONDITIONS:
        yield f"  and {counted(len(pair.conditions) - _MOST_CONDITIONS, 'further exclusion')}"
    for what, removed, added in pair.scope:
        values = [*(f"- {cut_line(value, _LONGEST)}" for value in removed), *(f"+ {cut_line(value, _LONGEST)}" for value in added)]
        yield f"  {what} of the other: {visible(', '.join(values))}"


def json(pairs: Sequence[OverlappingPair]) -> str:
    """The pairs as a list of objects."""
    return orjson.dumps([_entry(pair) for pair in pairs], option=orjson.OPT_INDENT_2).decode() + "\n"


def _entry(pair: OverlappingPair) -> dict[str, Any]:
    entry = asdict(pair)
    entry["overlap"] = pair.overlap.value
    entry["conditions"] = [{"condition": condition, "line": line or None} for condition, line in pair.conditions]
    entry["scope"] = {what: {"removed": removed, "added": added} for what, removed, added in pair.scope}
    return entry


OVERLAP_FORMATS: Mapping[str, Callable[[Sequence[OverlappingPair]], str]] = {"text": text, "json": json}
"""By name; SARIF is made from findings."""
