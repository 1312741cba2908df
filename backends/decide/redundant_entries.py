"""Redundant entries of lists: entries that another entry covers, or excluded values that other conditions rule out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...compiler.diagnostics.warnings import WhyRedundant
from ...compiler.ir.formula import Atom, Like, Test, entries
from ...compiler.normal_form.nnf import Lit
from ..generate.sampler import Sampler
from ..values.entailment import entry_that_implies, excludes, implies
from ..values.string_automaton import EntryMatcher
from .variation import Variation

MOST_OTHERS = 100
"""The maximum number of entries of a list of numbers, addresses, phrases or expressions to compare with each other."""
_DRAWS = 3
_MOST_COMPARED = 5


@dataclass(frozen=True, slots=True)
class RedundantEntry:
    """An entry of a list whose removal does not change which events match.

    Attributes:
        place: its index in the list.
        why: the kind of redundancy.
        because: the entry or condition that makes it redundant.
    """

    place: int
    why: WhyRedundant
    because: Lit


@dataclass(frozen=True, slots=True)
class ListInContext:
    """A literal with a list, and its context.

    Attributes:
        sampler: the sampler of the program.
        event, literal: the list.
        rivals: other conditions on its field that hold wherever it does; for excluded lists.
        known: a known match.
        assumed: by event and place, the truth values of redundant leaves, which are not evaluated.
    """

    sampler: Sampler
    event: int
    literal: Lit
    rivals: Sequence[Lit]
    known: Variation
    assumed: Mapping[tuple[int, int], bool]

    @property
    def leaf(self) -> Atom:
        assert isinstance(self.literal.leaf, Atom)
        return self.literal.leaf


def redundant_entries(listed: ListInContext, dead: Collection[int], check: Callable[[], None]) -> Iterator[RedundantEntry]:
    """Yield the entries that can all be removed together, from the last to the first.

    Args:
        listed: the list.
        dead: dead entries, which are skipped.
        check: called before each entry; raises at the time limit.
    """
    matching_entries = _entry_matcher(listed.sampler, listed.leaf)
    if matching_entries is None:
        return
    dropped = set(dead)
    for place in reversed(range(len(entries(listed.leaf.test)))):
        if place in dead:
            continue
        check()
        passed = _passed(listed, place, matching_entries, dropped)
        entry = None if passed is None else _redundant(listed, place, passed - dropped - {place})
        if entry is not None:
            dropped.add(place)
            yield entry


def _redundant(listed: ListInContext, place: int, others: set[int]) -> RedundantEntry | None:
    """Proves an entry redundant; ``others`` are entries that may cover it."""
    leaf, literal = listed.leaf, listed.literal
    only = replace(leaf, test=listed.sampler.drawer.only(leaf.test, place))
    covering = _covering(listed.sampler, only, leaf, others)
    if covering is not None:
        why: WhyRedundant = "covered" if literal.positive else "covered-exclusion"
        return RedundantEntry(place, why, replace(literal, span=entries(leaf.test)[covering].span))
    rival = excluding(listed.sampler, only, listed.rivals)
    return None if rival is None else RedundantEntry(place, "excludes-nothing", rival)


def _covering(sampler: Sampler, only: Atom, leaf: Atom, others: set[int]) -> int | None:
    """Returns the index of an entry that covers another."""
    for other in sorted(others)[:_MOST_COMPARED]:
        if implies(sampler.drawer, leaf.field, only.test, sampler.drawer.only(leaf.test, other)):
            return other
    return None


def excluding(sampler: Sampler, only: Atom, rivals: Sequence[Lit]) -> Lit | None:
    """Returns a condition that rules out every value of an excluded entry."""
    for rival in rivals:
        if not isinstance(rival.leaf, Atom):
            continue
        if rival.positive and not only.field.several and excludes(sampler.drawer, only.field, only.test, rival.leaf.test):
            return rival
        if not rival.positive:
            culprit = entry_that_implies(sampler.drawer, rival, only)
            if culprit is not None:
                return culprit
    return None


def _entry_matcher(sampler: Sampler, leaf: Atom) -> Callable[[Any], list[int]] | None:
    """Returns a function from a value to the indices of the entries that it passes; None if the list is too long to compare."""
    listed = entries(leaf.test)
    if isinstance(leaf.test, Like):
        automaton = EntryMatcher(leaf.test)
        return lambda value: automaton(value) if isinstance(value, str) else list(range(len(listed)))
    if len(listed) > MOST_OTHERS:
        return None
    drawer = sampler.drawer
    tests = [drawer.only(leaf.test, place) for place in range(len(listed))]
    return lambda value: [place for place, test in enumerate(tests) if drawer.passes(leaf.field, test, value)]


def _passed(listed: ListInContext, place: int, matching_entries: Callable[[Any], list[int]], dropped: set[int]) -> set[int] | None:
    """Returns the entries that all values drawn from an entry pass; None if a variation of the known match shows that it matters."""
    sampler, event, literal, known, leaf = listed.sampler, listed.event, listed.literal, listed.known, listed.leaf
    name = sampler.name_of(event, leaf.field.stored)
    cell = known.proposal.cells.get(name)
    only = sampler.drawer.only(leaf.test, place)
    unwanted: tuple[Test, ...] = ()
    wanted: tuple[Test, ...] = ()
    others: list[Any] = []
    if cell is not None:
        unwanted = tuple(test for test in cell.unwanted if test is not leaf.test)
        mine = [slot for slot in cell.slots if any(test is leaf.test for test in slot.wanted)] or list(cell.slots[:1])
        wanted = tuple(test for test in mine[0].wanted if test is not leaf.test) if mine else ()
        others = [slot.value for slot in cell.slots if slot not in mine]
    assumed = listed.assumed if literal.positive else {**listed.assumed, (event, literal.place): False}
    passed: set[int] | None = None
    for _ in range(_DRAWS):
        value = sampler.drawer.draw(leaf.field if cell is None else cell.spec, (*wanted, only), unwanted)
        if value is None:
            break
        matching = set(matching_entries(value))
        if cell is not None and matching - dropped == {place} and known.changed(name, [*others, value], {}, assumed):
            return None
        passed = matching if passed is None else passed & matching
    if passed is None:
        value = sampler.drawer.draw(leaf.field, (only,), ())
        passed = set() if value is None else set(matching_entries(value))
    return passed
