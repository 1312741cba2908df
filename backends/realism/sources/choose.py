"""Choosing the source of an event: from the rule's index patterns, its conditions on datasets and modules, and its fields."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ...elasticsearch.index_names import reads
from .alerts import OTHERS
from .aws import AWS
from .cloud import PLATFORMS
from .endpoint import CONTAINERS, DEFEND, ENDGAME, RIVALS
from .identity import IDENTITY
from .linux import LINUX_LOGS
from .microsoft import MICROSOFT
from .network import CAPTURE, FIREWALLS, SENSORS
from .source import COMMON, Source
from .windows import WINDOWS_LOGS

SOURCES: tuple[Source, ...] = (
    *DEFEND,
    *WINDOWS_LOGS,
    *LINUX_LOGS,
    *CONTAINERS,
    *AWS,
    *IDENTITY,
    *MICROSOFT,
    *PLATFORMS,
    *CAPTURE,
    *SENSORS,
    *FIREWALLS,
    *RIVALS,
    ENDGAME,
    *OTHERS,
)
"""All sources, in the order of preference."""

FIELDS = frozenset(name for source in SOURCES for name in source.fields)
"""All fields that sources add."""

_ALL_MARKS = tuple(sorted({mark for source in SOURCES for mark in source.marks}, key=len, reverse=True))
_NAMES = ("data_stream.dataset", "event.dataset")
_MACHINE = ("process.", "host.os.", "registry.", "dll.", "file.", "driver.")

Fits = Callable[[str, Any], bool]
"""Whether an event's field may have a value."""


def source_for(patterns: Sequence[str], names: Collection[str], category: str, fits: Fits, os: str | None) -> Source | None:
    """The source of an event; None if nothing says anything about it.

    Args:
        patterns: the rule's index patterns.
        names: the fields that the event has.
        category: its ``event.category``, as the rule says or its fields suggest.
        fits: tests a value for a field of the event.
        os: the ``host.os.type`` that the rule asks for.
    """
    candidates = _readable(tuple(patterns)) if patterns else SOURCES
    spoken = frozenset(names)
    asked = any(name in spoken for name in (*_NAMES, "event.module"))
    marked = {mark for mark in _ALL_MARKS if any(name.startswith(mark) for name in spoken)}
    if not patterns and not asked and not marked and not category:
        return None
    fitting = [source for source in candidates if _fits(source, fits, os)]
    if not fitting:
        return None
    # An index of Beats may hold anything; a data stream is of one source.
    streams = {source for source in fitting if patterns and reads(patterns, source.stream)}
    # Of equals the first: they are in the order of preference.
    best = max(fitting, key=lambda source: _score(source, spoken, marked, category) + 3 * (source in streams))
    if not patterns and _score(best, spoken, marked, category) <= 0:
        return None
    return best if not patterns or best in streams else replace(best, streams=False)


@lru_cache(maxsize=2048)
def _readable(patterns: tuple[str, ...]) -> tuple[Source, ...]:
    return tuple(source for source in SOURCES if any(reads(patterns, name) for name in source.indices))


def _fits(source: Source, fits: Fits, os: str | None) -> bool:
    if os is not None and source.systems and os not in source.systems:
        return False
    if os is not None and source.service not in ("", "network", "fortinet", "kubernetes"):
        return False
    if source.channel and not fits("winlog.channel", source.channel):
        return False
    module = source.module or source.dataset.partition(".")[0]
    return (
        all(fits(name, source.dataset) for name in _NAMES)
        and fits("event.module", module)
        and fits("agent.type", source.agent or "filebeat")
    )


def _score(source: Source, spoken: Collection[str], marked: Collection[str], category: str) -> int:
    own = max((len(mark) for mark in source.marks if mark in marked), default=0)
    score = 4 + (own > 8) if own else 0
    score -= 4 * sum(
        1 for mark in marked if not source.marks or not any(mark.startswith(other) or other.startswith(mark) for other in source.marks)
    )
    if category:
        score += 2 if category in source.categories else -1 if source.categories else 0
    machine = any(name.startswith(_MACHINE) for name in spoken)
    score += 1 if machine and source.systems else -2 if machine and source.service not in ("", "kubernetes") else 0
    lacking = any(name.startswith(source.lacks) for name in spoken) if source.lacks else False
    return score - lacking


def datasets(patterns: Sequence[str]) -> tuple[str, ...]:
    """The data sets that index patterns read, as far as they are known."""
    return (
        tuple(source.dataset for source in _readable(tuple(patterns)) if source.dataset and reads(patterns, source.stream))
        if patterns
        else ()
    )


def made_of(dataset: str) -> Source:
    """A source that is known by its dataset alone."""
    return Source(dataset, fields=COMMON)


def hints(sources: Iterable[Source | None]) -> list[tuple[str, str]]:
    """What the sources of a match's events say about where they happen, as fields and values."""
    found: list[tuple[str, str]] = []
    for source in sources:
        if source is None:
            continue
        if len(source.systems) == 1:
            found.append(("host.os.type", source.systems[0]))
        if source.service:
            found.append(("event.dataset", source.dataset))
    return found
