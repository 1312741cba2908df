"""What waits for the matches of one program in a stream of events, by the kind of program.

An event is read once, on its own: what a watcher needs of it is then taken in the order of time, and the event itself
is forgotten.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from ..ir.formula import Formula, Truth, disjunction, references
from ..ir.program import Gathering, Key, Program, Role, ShapeKind
from ..semantics.document import Flat
from ..semantics.match_document import Reading, compile_formula
from ..semantics.match_stream import StreamMatcher, distinct_events, join_keys, sorted_keys, with_references
from ..semantics.pipes import through_pipes
from ..semantics.sequences import UNTIL, JoinKeys, Match, OpenSequences
from .alternative_programs import AlternativesWatcher

Found = tuple[int, ...]
"""The events of a match, by their positions in the input."""

_BETWEEN_CLEANINGS = 4096
"""Events after which what is over is given out or forgotten."""


class Watcher(Protocol):
    """Finds the matches of one program.

    Attributes:
        conditions: what an event must satisfy, any of them, for the watcher to be asked.
        ordered: whether events have to be taken in the order of time.
    """

    conditions: tuple[Formula, ...]
    ordered: bool

    def read(self, flat: Flat, satisfied: Sequence[int]) -> Any:
        """What is needed of an event that satisfies these conditions, by their numbers; None if it plays no part after all."""

    def take(self, position: int, time: int | float, read: Any) -> list[Found]:
        """The matches that are known of with this event."""

    def finish(self) -> list[Found]:
        """The matches that are known of once there are no more events."""


class EventWatcher:
    """Each event that satisfies the formula is a match."""

    ordered = False

    def __init__(self, program: Program) -> None:
        self.conditions: tuple[Formula, ...] = (program.steps[0].formula,)

    def read(self, flat: Flat, satisfied: Sequence[int]) -> Any:
        """See `Watcher`."""
        return ()

    def take(self, position: int, time: int | float, read: Any) -> list[Found]:
        """See `Watcher`."""
        return [(position,)]

    def finish(self) -> list[Found]:
        """See `Watcher`."""
        return []


class SequenceWatcher:
    """Sequences, by their open runs."""

    ordered = True

    def __init__(self, program: Program) -> None:
        self.steps = program.steps if program.until is None else (*program.steps, program.until)
        self.conditions: tuple[Formula, ...] = tuple(step.formula for step in self.steps)
        self._until = len(program.steps)
        self._runs = OpenSequences(program)

    def read(self, flat: Flat, satisfied: Sequence[int]) -> Any:
        """By the number of a step, the join keys with which the event satisfies it."""
        found = ((number, join_keys(self.steps[number].keys, flat)) for number in satisfied)
        return {UNTIL if number == self._until else number: joins for number, joins in found if joins} or None

    def take(self, position: int, time: int | float, read: Any) -> list[Found]:
        """See `Watcher`."""
        joins: dict[int, list[JoinKeys]] = read
        return _found(self._runs.feed(position, time, lambda number: joins.get(number, ())))

    def finish(self) -> list[Found]:
        """See `Watcher`."""
        return _found(self._runs.finish())


def _found(matches: Sequence[Match]) -> list[Found]:
    return [tuple(position for position in match.events if position is not None) for match in matches]


class SampleWatcher:
    """Samples: for every combination of join keys that all steps have, distinct events, one for each step."""

    ordered = False

    def __init__(self, program: Program) -> None:
        self.steps = program.steps
        self.conditions: tuple[Formula, ...] = tuple(step.formula for step in program.steps)
        self._seen: list[dict[JoinKeys, list[int]]] = [{} for _ in program.steps]

    def read(self, flat: Flat, satisfied: Sequence[int]) -> Any:
        """By the number of a step, the join keys with which the event satisfies it."""
        found = ((number, join_keys(self.steps[number].keys, flat)) for number in satisfied)
        return [(number, joins) for number, joins in found if joins] or None

    def take(self, position: int, time: int | float, read: Any) -> list[Found]:
        """See `Watcher`."""
        for number, joins in read:
            for keys in joins:
                events = self._seen[number].setdefault(keys, [])
                # No more can be needed: one of so many is left when every other step has taken one.
                if len(events) < len(self.steps):
                    events.append(position)
        return []

    def finish(self) -> list[Found]:
        """One sample for each combination of keys, in the order of the keys."""
        shared = [keys for keys in self._seen[0] if all(keys in seen for seen in self._seen)]
        found: list[Found] = []
        for keys in sorted_keys(shared):
            found += islice(distinct_events([seen[keys] for seen in self._seen]), 1)
        return found


@dataclass(slots=True)
class _Burst:
    """Events of one group that one run of the rule sees together."""

    events: deque[tuple[int, int | float, tuple[frozenset[JoinKeys], ...]]] = field(default_factory=deque)
    complete: bool = False


class GroupWatcher:
    """Thresholds and suppressed alerts: events that agree on the join keys, enough of them within one run's look-back.

    A group's match has all events from the first of those that were enough, up to the end of the look-back.
    """

    ordered = True

    def __init__(self, program: Program, gathered: Gathering) -> None:
        (step,) = program.steps
        self.keys = step.keys
        self.gathered = gathered
        self.distinct = [(each.least, (Key(each.field),)) for each in program.distinct]
        self.conditions: tuple[Formula, ...] = (step.formula, *(() if gathered.alone is None else (gathered.alone,)))
        self._bursts: dict[JoinKeys, _Burst] = {}
        self._taken = 0

    def read(self, flat: Flat, satisfied: Sequence[int]) -> Any:
        """The event's join keys, none if it is a match alone, and its values of what is counted."""
        joins = join_keys(self.keys, flat) if 0 in satisfied else []
        return joins, tuple(frozenset(join_keys(key, flat)) for _, key in self.distinct)

    def take(self, position: int, time: int | float, read: Any) -> list[Found]:
        """See `Watcher`."""
        joins, values = read
        if not joins:
            return [(position,)]
        found: list[Found] = []
        for keys in joins:
            burst = self._bursts.setdefault(keys, _Burst())
            if burst.complete and time - burst.events[0][1] > self.gathered.window:
                found.append(_positions(burst))
                burst = self._bursts[keys] = _Burst()
            burst.events.append((position, time, values))
            if not burst.complete:
                while time - burst.events[0][1] > self.gathered.window:
                    burst.events.popleft()
                burst.complete = self._is_enough(burst)
        self._taken += 1
        if self._taken % _BETWEEN_CLEANINGS == 0:
            found += self._closed(time)
        return found

    def _is_enough(self, burst: _Burst) -> bool:
        if len(burst.events) < max([self.gathered.least, *(least for least, _ in self.distinct)], default=0):
            return False
        counts = (Counter(value for _, _, values in burst.events for value in values[at]) for at in range(len(self.distinct)))
        return all(len(count) >= least for count, (least, _) in zip(counts, self.distinct, strict=True))

    def _closed(self, time: int | float) -> list[Found]:
        """The matches that no later event belongs to; groups that can be forgotten are."""
        over = [keys for keys, burst in self._bursts.items() if time - burst.events[-1][1] > self.gathered.window]
        bursts = [self._bursts.pop(keys) for keys in over]
        return [_positions(burst) for burst in bursts if burst.complete]

    def finish(self) -> list[Found]:
        """See `Watcher`."""
        return [_positions(burst) for burst in self._bursts.values() if burst.complete]


def _positions(burst: _Burst) -> Found:
    return tuple(position for position, _, _ in burst.events)


class NewTermsWatcher:
    """Events with a combination of values that no matching event had for as long as the history lasts."""

    ordered = True

    def __init__(self, program: Program, oldest: int | float) -> None:
        (step,) = program.steps
        self.keys = step.keys
        self.conditions: tuple[Formula, ...] = (step.formula,)
        self._oldest = oldest
        self._seen: dict[JoinKeys, int | float] = {}

    def read(self, flat: Flat, satisfied: Sequence[int]) -> Any:
        """The combinations of the event's values."""
        return join_keys(self.keys, flat) or None

    def take(self, position: int, time: int | float, read: Any) -> list[Found]:
        """See `Watcher`."""
        known = [self._seen.get(keys) for keys in read]
        self._seen.update((keys, time if last is None else max(last, time)) for keys, last in zip(read, known, strict=True))
        return [(position,)] if any(last is None or time - last > self._oldest for last in known) else []

    def finish(self) -> list[Found]:
        """See `Watcher`."""
        return []


class _Mapped:
    """One way to compare events with indicators, and the indicators by the values that are compared."""

    def __init__(self, program: Program, indicators: Sequence[Flat]) -> None:
        self.event, indicator = program.steps
        self.references = references(self.event.formula)
        self._judge = compile_formula(self.event.formula, Reading.ELASTICSEARCH)
        self._known: dict[JoinKeys, list[Flat]] = {}
        judge = compile_formula(indicator.formula, Reading.ELASTICSEARCH)
        for flat in indicators:
            if judge(flat) is True:
                for keys in join_keys(indicator.keys, flat):
                    self._known.setdefault(keys, []).append(flat)

    def has_indicator(self, flat: Flat) -> bool:
        """Whether an indicator has the values of an event, and differs from it where it has to."""
        found = (other for keys in join_keys(self.event.keys, flat) for other in self._known.get(keys, ()))
        if not self.references:
            return any(True for _ in found)
        return any(self._judge(with_references(flat, self.references, {1: other})) is True for other in found)


class IndicatorWatcher:
    """Events whose values an indicator has, in any of the ways that the rule maps them.

    Args:
        programs: one for each group of mappings: an event, and an indicator.
        indicators: the documents of threat intelligence.
    """

    ordered = False

    def __init__(self, programs: Sequence[Program], indicators: Sequence[Flat]) -> None:
        self._ways = [_Mapped(program, indicators) for program in programs]
        # Of a condition that names the indicator, no event alone can tell.
        self.conditions: tuple[Formula, ...] = tuple(Truth(True) if way.references else way.event.formula for way in self._ways)

    def read(self, flat: Flat, satisfied: Sequence[int]) -> Any:
        """Nothing, if an indicator has its values."""
        return () if any(self._ways[number].has_indicator(flat) for number in satisfied) else None

    def take(self, position: int, time: int | float, read: Any) -> list[Found]:
        """See `Watcher`."""
        return [(position,)]

    def finish(self) -> list[Found]:
        """See `Watcher`."""
        return []


class WholeStreamWatcher:
    """Programs whose meaning is that of all events together: with pipes, and with conditions on other events. It keeps their events."""

    ordered = False

    def __init__(self, program: Program) -> None:
        self.program = program
        # What an event satisfies may depend on others, and one that satisfies nothing may be the parent of one that does.
        conditions = (Truth(True),) if _names_others(program) else tuple(step.formula for step in program.steps)
        until = () if program.until is None else (program.until.formula,)
        self.conditions: tuple[Formula, ...] = (disjunction((*conditions, *until)),)
        self._kept: list[tuple[int, Flat]] = []

    def read(self, flat: Flat, satisfied: Sequence[int]) -> Any:
        """The event."""
        return flat

    def take(self, position: int, time: int | float, read: Any) -> list[Found]:
        """See `Watcher`."""
        self._kept.append((position, read))
        return []

    def finish(self) -> list[Found]:
        """See `Watcher`."""
        flats = [flat for _, flat in self._kept]
        matches = through_pipes(StreamMatcher(self.program).matches_of(flats), self.program.pipes, flats)
        return [tuple(self._kept[place][0] for place in match.events if place is not None) for match in matches if match.events]


def _names_others(program: Program) -> bool:
    """Whether what an event satisfies depends on other events."""
    return bool(program.relations) or any(references(step.formula) for step in program.steps)


def watcher_of(programs: Sequence[Program], indicators: Sequence[Flat]) -> Watcher:
    """What finds the matches of a rule.

    Args:
        programs: the ways in which the rule can match.
        indicators: documents of threat intelligence, for a rule that compares events with them.
    """
    program = programs[0]
    if any(step.role is Role.INDICATOR for step in program.steps):
        return IndicatorWatcher(programs, indicators)
    if len(programs) > 1:
        return AlternativesWatcher([watcher_of([each], indicators) for each in programs])
    if program.pipes or _names_others(program):
        return WholeStreamWatcher(program)
    if program.history is not None:
        assert program.history.high is not None
        return NewTermsWatcher(program, program.history.high)
    if program.gathered is not None:
        return GroupWatcher(program, program.gathered)
    return _BY_SHAPE[program.kind](program)


_BY_SHAPE: dict[ShapeKind, Callable[[Program], Watcher]] = {
    ShapeKind.EVENT: EventWatcher,
    ShapeKind.SEQUENCE: SequenceWatcher,
    ShapeKind.SAMPLE: SampleWatcher,
}
