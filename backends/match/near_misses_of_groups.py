"""Near misses of programs: groups of documents that fail one condition of one event, or one thing that relates the events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ...compiler.alerts.engine import Watched, alerts_among
from ...compiler.ir.formula import Atom, Exists, Formula, Not, conjunction
from ...compiler.ir.program import Key, Program, Role, ShapeKind, Step
from ...compiler.semantics.document import flatten
from ...compiler.semantics.match_group import GroupMatcher, events_of
from ...compiler.semantics.match_stream import TIMESTAMP
from ...grammar.span import Span
from ..decide.witness import find_witness
from ..generate.grouped_sampler import one_of
from ..limits import Limits
from .changes import Document, with_values
from .near_misses import Examined, NearMiss, Outcome, near_misses_of_event

Labelled = tuple[str, Span, Sequence[tuple[Role, Document]]]
"""What was done to a match, where the rule says what is wrong with it then, and the documents."""


def near_misses(
    programs: Sequence[Program], group: Sequence[Document], roles: Sequence[Role], seed: str, limits: Limits
) -> Iterator[Examined | NearMiss]:
    """The near misses of a rule, around one of its matches.

    Args:
        programs: the ways in which the rule can match; the match is one of the first.
        group: the documents of the match.
        roles: what each of them is to the rule.
        seed: decides values that have to be found.
        limits: what the search for one near miss may cost.

    Yields:
        For each condition what came of it, and then near misses in what relates the events. No documents of a near miss
        trigger the rule: all of them have been matched.
    """
    around = _Around(programs, list(zip(roles, group, strict=True)), seed, limits)
    yield from around.of_conditions()
    yield from around.of_relations()


def _program_of(programs: Sequence[Program], match: Sequence[tuple[Role, Document]]) -> Program:
    """The program that a match is of."""
    events = [document for role, document in match if role is not Role.HISTORY]
    return next((program for program in programs if len(programs) > 1 and GroupMatcher(program).accepts(events)), programs[0])


class _Around:
    """The near misses around one match."""

    def __init__(self, programs: Sequence[Program], match: list[tuple[Role, Document]], seed: str, limits: Limits) -> None:
        self.programs = tuple(programs)
        self.program = _program_of(programs, match)
        self.match = match
        self.seed = seed
        self.limits = limits
        self.older = sum(role is Role.HISTORY for role, _ in match)
        self.events = events_of(self.program)

    def fires(self, documents: Sequence[tuple[Role, Document]]) -> bool:
        """Whether documents trigger the rule."""
        by_role = {each: [flatten(document) for role, document in documents if role is each] for each in Role}
        alerts = alerts_among(Watched(self.programs), by_role[Role.EVENT], by_role[Role.HISTORY], by_role[Role.INDICATOR])
        return any(True for _ in alerts)

    def replaced(self, at: int, document: Document) -> list[tuple[Role, Document]]:
        """The match with another document for one of its events."""
        changed = list(self.match)
        changed[self.older + at] = (changed[self.older + at][0], document)
        return changed

    def document(self, at: int) -> Document:
        """The document of an event."""
        return self.match[self.older + at][1]

    def of_conditions(self) -> Iterator[Examined]:
        """Near misses of the conditions on single events; of a step that is repeated, in its last event."""
        last = {event.step: at for at, event in enumerate(self.events) if event.kin is None}
        for step, at in last.items():
            formula, seed, assumed = self.events[at].formula, f"{self.seed}|{at}", self.program.assumed
            for examined in near_misses_of_event(formula, self.document(at), seed, self.limits, step, assumed):
                groups = [(miss, self.replaced(at, _at_time_of(self.document(at), miss.documents[0]))) for miss in examined.misses]
                kept = tuple(_labelled(miss.kind, miss.span, group) for miss, group in groups if not self.fires(group))
                if examined.misses and not kept:
                    # The changed document stands for another event of the rule: the rule still fires, and nothing is proved.
                    yield replace(examined, outcome=Outcome.UNKNOWN, misses=())
                else:
                    yield replace(examined, misses=kept)

    def of_relations(self) -> Iterator[NearMiss]:
        """Near misses in what relates the events of a match, or the match to other documents."""
        for makes in _RELATIONS:
            kinds: set[tuple[str, Span]] = set()
            for kind, span, documents in makes(self):
                if (kind, span) not in kinds and not self.fires(documents):
                    kinds.add((kind, span))
                    yield _labelled(kind, span, documents)


def _labelled(kind: str, span: Span, documents: Sequence[tuple[Role, Document]]) -> NearMiss:
    return NearMiss(kind, span, tuple(document for _, document in documents), tuple(role for role, _ in documents))


def _at_time_of(document: Document, changed: Document) -> Document:
    """A changed document at the time of the one that it replaces, unless the time is what was changed."""
    return changed if TIMESTAMP not in document or changed.get(TIMESTAMP) not in (0, None) else {**changed, TIMESTAMP: document[TIMESTAMP]}


def _moved(document: Document, time: int) -> Document:
    return {**deepcopy(document), TIMESTAMP: time}


# -- sequences -------------------------------------------------------------------------------------


def _order(around: _Around) -> Iterator[Labelled]:
    """Two neighbours change places."""
    if around.program.kind is not ShapeKind.SEQUENCE:
        return
    for at in range(len(around.events) - 1):
        first, second = around.document(at), around.document(at + 1)
        documents = around.replaced(at, _moved(second, first[TIMESTAMP]))
        documents[around.older + at + 1] = (documents[around.older + at + 1][0], _moved(first, second[TIMESTAMP]))
        yield "order swapped", _span_of(around, at + 1), documents


def _time(around: _Around) -> Iterator[Labelled]:
    """The last event comes a millisecond too late."""
    if around.program.maxspan is not None and len(around.events) > 1:
        last = len(around.events) - 1
        time = around.document(0)[TIMESTAMP] + around.program.maxspan + 1
        yield "too late", _span_of(around, last), around.replaced(last, _moved(around.document(last), time))


def _fewer(around: _Around) -> Iterator[Labelled]:
    """An event is left out; of a step that is repeated, one."""
    if around.program.kind is ShapeKind.EVENT or around.program.gathered is not None or len(around.events) < 2:
        return
    seen: set[int] = set()
    for at, event in enumerate(around.events):
        if event.step not in seen and around.program.steps[event.step].role is Role.EVENT:
            seen.add(event.step)
            runs = around.program.steps[event.step].runs
            documents = [each for place, each in enumerate(around.match) if place != around.older + at]
            yield "one run too few" if runs > 1 else "event missing", _span_of(around, at), documents


def _until(around: _Around) -> Iterator[Labelled]:
    """An event that ends the sequence comes before its last one."""
    until = around.program.until
    if until is not None and len(around.events) > 1:
        yield from _between(around, until, len(around.events) - 1, "ended before")


def _missing(around: _Around) -> Iterator[Labelled]:
    """An event that must be missing is there."""
    passed = 0
    for step in around.program.steps:
        if step.missing:
            yield from _between(around, step, passed, "unwanted event present")
        else:
            passed += step.runs


def _between(around: _Around, step: Step, before: int, kind: str) -> Iterator[Labelled]:
    """An event that satisfies a step, with the join keys of the match, before one of its events or after the last."""
    last = len(around.events) - 1
    time = around.document(min(before, last))[TIMESTAMP] + (-1 if before <= last else 1)
    formula = conjunction((step.formula, *_same_keys(around, step.keys)))
    witness = find_witness(Program(ShapeKind.EVENT, (Step(formula),), ""), f"{around.seed}|{kind}", around.limits)
    if witness.group is not None:
        documents = list(around.match)
        documents.insert(around.older + before, (Role.EVENT, _moved(witness.group[0], time)))
        yield kind, step.span, documents


def _same_keys(around: _Around, keys: tuple[Key, ...]) -> Iterator[Formula]:
    flat = flatten(around.document(0))
    for own, other in zip(keys, around.events[0].keys, strict=False):
        values = flat.get(other.field.stored)
        if values:
            yield Atom(own.field, one_of(own.field, values[:1]))


def _key(around: _Around) -> Iterator[Labelled]:
    """The last event has another value of a join key."""
    if len(around.events) < 2:
        return
    last = len(around.events) - 1
    for key in around.events[last].keys:
        values = flatten(around.document(last)).get(key.field.stored)
        if values:
            other = with_values(around.document(last), key.field.stored, [_another(around, key, values[0])])
            yield f"another {key.field.name}", key.span, around.replaced(last, other)


def _another(around: _Around, key: Key, value: Any) -> Any:
    """Another value of a join key, near the one that it has."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if not key.field.kind.traits.ordered:
        return f"{value}x"
    excluded = Atom(key.field, one_of(key.field, [value]))
    formula = conjunction((Exists(key.field), Not(excluded)))
    witness = find_witness(Program(ShapeKind.EVENT, (Step(formula),), ""), around.seed, around.limits)
    found = flatten(witness.group[0]).get(key.field.stored) if witness.group is not None else None
    return found[0] if found else f"{value}x"


# -- other rule types ------------------------------------------------------------------------------


def _too_few(around: _Around) -> Iterator[Labelled]:
    """A document fewer than a threshold asks for, with as many different values as it counts."""
    gathered = around.program.gathered
    if gathered is not None and gathered.least > 1:
        yield "one document too few", around.program.steps[0].span, around.match[: gathered.least - 1]


def _too_alike(around: _Around) -> Iterator[Labelled]:
    """All the documents of a threshold, with one different value fewer than it counts."""
    for distinct in around.program.distinct:
        values = [flatten(document).get(distinct.field.stored) or [None] for _, document in around.match]
        kept = list(dict.fromkeys(each[0] for each in values))[: distinct.least - 1]
        if kept:
            alike = [
                (role, document if each[0] in kept else with_values(document, distinct.field.stored, [kept[0]]))
                for (role, document), each in zip(around.match, values, strict=True)
            ]
            yield "one distinct value too few", distinct.span, alike


def _too_far_apart(around: _Around) -> Iterator[Labelled]:
    """The last document of a threshold lies outside what one run of the rule sees."""
    gathered = around.program.gathered
    if gathered is not None and gathered.least > 1:
        last = len(around.match) - 1
        time = around.document(0)[TIMESTAMP] + gathered.window + 1
        yield "too late", around.program.steps[0].span, around.replaced(last, _moved(around.document(last), time))


def _seen(around: _Around) -> Iterator[Labelled]:
    """The values that must be new were seen before."""
    history = around.program.history
    if history is not None and history.low is not None and history.high is not None:
        (role, document), keys = around.match[-1], around.program.steps[0].keys
        older = _moved(document, document[TIMESTAMP] - int(history.low + history.high) // 2)
        yield "value seen before", keys[0].span, [(Role.HISTORY, older), (role, document)]


def _without_indicator(around: _Around) -> Iterator[Labelled]:
    """No indicator, or one with another value."""
    for at, event in enumerate(around.events):
        if around.program.steps[event.step].role is Role.INDICATOR:
            for key in event.keys:
                values = flatten(around.document(at)).get(key.field.stored)
                if values:
                    other = with_values(around.document(at), key.field.stored, [_another(around, key, values[0])])
                    yield f"indicator with another {key.field.name}", key.span, around.replaced(at, other)


_RELATIONS: tuple[Callable[[_Around], Iterator[Labelled]], ...] = (
    _order,
    _time,
    _key,
    _fewer,
    _until,
    _missing,
    _too_few,
    _too_alike,
    _too_far_apart,
    _seen,
    _without_indicator,
)
"""What can be wrong with a match beside the conditions on its events."""


def _span_of(around: _Around, at: int) -> Span:
    return around.program.steps[around.events[at].step].span
