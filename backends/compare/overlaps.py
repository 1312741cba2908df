"""Which rules of a set match nothing that another one does not match.

A few matches are drawn of each rule and put to all the others at once: one that another rule does not match shows that the
rule is not inside it. The pairs that are left are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from ...compiler.alerts.engine import AlertEngine, Watched
from ...compiler.alerts.guards import Guard, guards
from ...compiler.ir.formula import And, Formula, Not, conjunction
from ...compiler.ir.program import Program, Role
from ...compiler.semantics.document import Flat, flatten
from ...compiler.semantics.match_group import TIMESTAMP, events_of
from ...compiler.values.patterns import fold_ascii
from ..decide.witness import find_witness
from ..generate.sampler import Sampler
from ..limits import Limits, TimeUpError
from .comparison import Document, Outcome, Part
from .events import START
from .programs import lost_of

SAMPLES = 3
"""Matches that are drawn of each rule."""
_APART = 10 * 24 * 3_600_000
"""Milliseconds between the matches of a stream, so that they are not seen together."""

Programs = tuple[Program, ...]
Match = tuple[tuple[Role, Document], ...]
Needs = tuple[tuple[tuple[Guard, ...], ...], ...]


class Overlap(StrEnum):
    """How a rule lies in another one."""

    EQUIVALENT = "equivalent"
    """Both match the same."""
    INSIDE = "inside"
    """All that it matches, the other matches."""
    BUT_FOR_EXCLUSIONS = "inside but for exclusions"
    """The same, but for what the other excludes."""


@dataclass(frozen=True, slots=True)
class Found:
    """Two rules of a set, one of which lies in the other.

    Attributes:
        inner, outer: their numbers; of two that match the same, the first is the inner one.
        overlap: how.
        parts: what the outer rule excludes that the inner one matches.
    """

    inner: int
    outer: int
    overlap: Overlap
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class SetResult:
    """What came of comparing the rules of a set.

    Attributes:
        found: the pairs, in the order of the inner rules.
        compared: how many pairs were compared, of those that samples did not tell apart.
        undecided: the pairs of which it is not known.
        without_match: the rules of which no match was found; they are not compared.
    """

    found: tuple[Found, ...]
    compared: int
    undecided: tuple[tuple[int, int], ...]
    without_match: tuple[int, ...]


def samples_of(programs: Programs, seed: str, limits: Limits) -> tuple[Match, ...]:
    """A few matches of a rule; none if none were found."""
    program = programs[0]
    sampler = Sampler(program, START)
    groups = []
    for number in range(SAMPLES):
        try:
            proposal = sampler.propose(Random(f"{seed}|{number}"), restarts=2)
        except TimeUpError:
            break
        if proposal is None:
            break
        groups.append(proposal.group)
    if not groups:
        found = find_witness(program, seed, limits, START).group
        groups = [] if found is None else [found]
    roles = [program.steps[event.step].role for event in events_of(program)]
    return tuple(tuple(zip(roles, group, strict=True)) for group in groups)


def overlaps(
    rules: Sequence[Programs], samples: Sequence[tuple[Match, ...]], limits: Limits, only: frozenset[int] | None = None
) -> SetResult:
    """Compare the rules of a set with each other.

    Args:
        rules: the programs of each, with the same types of fields.
        samples: some matches of each; see :func:`samples_of`.
        limits: what each question may cost.
        only: the numbers of the rules of which each pair must hold one; all pairs by default.
    """
    without = [_without_exclusions(programs) for programs in rules]
    whole, relaxed = _unrefuted(rules, without, samples, only)
    inside: set[tuple[int, int]] = set()
    undecided: list[tuple[int, int]] = []
    for inner, outer in sorted(whole):
        side = lost_of(rules[inner], rules[outer], limits, 1)
        if side.outcome is Outcome.NONE:
            inside.add((inner, outer))
        elif side.outcome is Outcome.UNKNOWN:
            undecided.append((inner, outer))
    found = [
        Found(inner, outer, Overlap.EQUIVALENT if (outer, inner) in inside else Overlap.INSIDE)
        for inner, outer in sorted(inside)
        if (outer, inner) not in inside or inner < outer
    ]
    left = sorted(pair for pair in relaxed if pair not in inside and pair not in undecided)
    found += _but_for_exclusions(rules, without, left, limits)
    alone = tuple(number for number, matches in enumerate(samples) if not matches)
    return SetResult(tuple(sorted(found, key=lambda each: (each.inner, each.outer))), len(whole) + len(left), tuple(undecided), alone)


def needs_of(programs: Programs) -> Needs:
    """What the events of a rule's matches hold: for each program, for each of its steps, the guards of the step's formula."""
    return tuple(
        tuple(tuple(guards(step.formula)) for step in program.steps if not step.missing and step.role is Role.EVENT) for program in programs
    )


def may_match(needs: Needs, match: Match) -> bool:
    """Whether a match of another rule holds what a rule needs; True says nothing more."""
    flats = [flatten(document) for role, document in match if role is Role.EVENT]
    return any(all(any(all(_passes(guard, flat) for guard in step) for flat in flats) for step in program) for program in needs)


def _passes(guard: Guard, flat: Flat) -> bool:
    for need in guard:
        for value in flat.get(need.field, ()):
            if need.text is None or not isinstance(value, str):
                return True
            text = fold_ascii(value)
            if need.text in text if need.piece else need.text == text:
                return True
    return False


def _but_for_exclusions(
    rules: Sequence[Programs], without: Sequence[Programs], pairs: Sequence[tuple[int, int]], limits: Limits
) -> Iterator[Found]:
    for inner, outer in pairs:
        if lost_of(rules[inner], without[outer], limits, 1).outcome is not Outcome.NONE:
            continue
        side = lost_of(rules[inner], rules[outer], limits)
        if side.outcome is Outcome.WITNESS:
            yield Found(inner, outer, Overlap.BUT_FOR_EXCLUSIONS, side.parts)


def _unrefuted(
    rules: Sequence[Programs], without: Sequence[Programs], samples: Sequence[tuple[Match, ...]], only: frozenset[int] | None
) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """The pairs that no sample tells apart: of the rules, and of the rules where the outer one excludes nothing."""
    numbers = [number for number in range(len(rules)) if without[number] != rules[number]]
    watched = [Watched(_timeless(programs)) for programs in rules] + [Watched(_timeless(without[number])) for number in numbers]
    indicators = [flatten(document) for matches in samples for match in matches for role, document in match if role is Role.INDICATOR]
    engine = AlertEngine(watched, indicators)
    owners: list[int] = []
    matches = [(rule, match) for rule, found in enumerate(samples) for match in found]
    hit: list[set[int]] = [set() for _ in matches]
    for place, (_, match) in enumerate(matches):
        for flat in _at_time(match, place):
            for alert in engine.take(len(owners), engine.read(flat)):
                _note(alert.rule, alert.events, [*owners, place], hit)
            owners.append(place)
    for alert in engine.finish():
        _note(alert.rule, alert.events, owners, hit)
    by_rule: dict[int, set[int]] = {}
    for (rule, _), watchers in zip(matches, hit, strict=True):
        by_rule[rule] = by_rule[rule] & watchers if rule in by_rule else set(watchers)
    whole: set[tuple[int, int]] = set()
    relaxed: set[tuple[int, int]] = set()
    for rule, watchers in by_rule.items():
        for watcher in watchers:
            outer, pairs = (watcher, whole) if watcher < len(rules) else (numbers[watcher - len(rules)], relaxed)
            if outer != rule and samples[outer] and (only is None or rule in only or outer in only):
                pairs.add((rule, outer))
    return whole, relaxed


def _note(watcher: int, events: Sequence[int], owners: Sequence[int], hit: Sequence[set[int]]) -> None:
    """Note that a rule fires on a match, if all events of the alert belong to it."""
    places = {owners[event] for event in events}
    if len(places) == 1:
        hit[places.pop()].add(watcher)


def _at_time(match: Match, place: int) -> Iterator[Flat]:
    for role, document in match:
        if role is Role.EVENT:
            yield flatten({**document, TIMESTAMP: document[TIMESTAMP] + place * _APART})


def _timeless(programs: Programs) -> Programs:
    """A rule whose values need not be new: whether they are depends on what other samples hold."""
    return tuple(replace(program, history=None) for program in programs)


def _without_exclusions(programs: Programs) -> Programs:
    """A rule that excludes nothing."""
    return tuple(
        replace(program, steps=tuple(replace(step, formula=_kept(step.formula)) for step in program.steps)) for program in programs
    )


def _kept(formula: Formula) -> Formula:
    if isinstance(formula, And):
        kept = tuple(arg for arg in formula.args if not isinstance(arg, Not))
        if kept and len(kept) < len(formula.args):
            return conjunction(kept, formula.span)
    return formula
