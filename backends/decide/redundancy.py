"""Redundant conditions: those whose removal does not change which events match. Each is proved.

A condition matters if some event satisfies all others but not this one. The search for such an event tries variations of a
known match, then a walk, and then a solver. A redundant condition is dropped before the next of its kind is examined, from the
last to the first, so that of two equivalent conditions the later one is reported.

Conditions are examined with all alternatives in place, and alternatives with all conditions in place. Dropping conditions can
only make a rule match more, dropping alternatives only less. So each finding holds on its own, and all reported parts can be
dropped together. Otherwise a condition could be redundant only because an alternative had been dropped before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...compiler.diagnostics.warnings import VacuousRule, WhyRedundant
from ...compiler.explain.core_reasons import CoreLiteral
from ...compiler.ir.formula import Atom, Exists, Predicate, Truth, entries, with_entries
from ...compiler.ir.program import ShapeKind
from ...compiler.normal_form.alternatives import Path, negated, replaced
from ...compiler.normal_form.nnf import Conj, Disj, Lit, Normal, Preferred
from ...compiler.semantics.match_document import Reading, compile_formula
from ...compiler.semantics.match_group import is_added
from ..generate.cells import Cell
from ..generate.sampler import Proposal
from ..generate.walk import Goal
from ..solver.query import literals_of
from ..values.entailment import excludes, implies
from .dead_alternatives import rivals_of
from .places import is_within, parts_by_place
from .problem import Problem
from .proved_findings import redundant
from .redundant_entries import ListInContext, excluding, redundant_entries
from .variation import LeafTests, Variation

MOST_STATES = 150
"""The maximum number of states that a search for a value expands."""
MOST_WALKS = 200
"""The maximum number of walks per rule that search for an event to which a condition matters."""
MOST_ALTERNATIVES = 300
"""The maximum number of alternatives to compare with each other."""
MOST_PATTERNS = 40
"""The maximum number of entries in a condition that a solver is asked about: beyond it, answers rarely come in time."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A part of an event's normal form that may be redundant: a condition, an alternative, or the entries of a list."""

    path: Path
    alternative: bool = False
    entries_only: bool = False


@dataclass(frozen=True, slots=True)
class _Proof:
    core: tuple[CoreLiteral, ...]
    why: WhyRedundant
    field: str | None


class Redundancy:
    """The search for redundant conditions of a satisfiable program.

    Args:
        problem: the program, with a known match; results go into its findings.
        leaf_tests: compiled leaves.
        known: by event and path, matches that take an alternative.
        dead: for each event, the paths of its dead alternatives.

    Attributes:
        weaker: the events' normal forms without redundant conditions and exclusions, with all alternatives.
        stronger: the events' normal forms without redundant alternatives, with all conditions.
        redundant: for each event, the paths of its redundant parts.
    """

    def __init__(self, problem: Problem, leaf_tests: LeafTests, known: Mapping[tuple[int, Path], Variation], dead: list[set[Path]]) -> None:
        self.problem = problem
        self.sampler = problem.sampler
        self.leaf_tests = leaf_tests
        self.known = known
        self.dead = dead
        self.weaker = list(self.sampler.normals)
        self.stronger = list(self.sampler.normals)
        self.redundant: list[set[Path]] = [set() for _ in self.sampler.normals]
        self.proofs: list[dict[Path, _Proof]] = [{} for _ in self.sampler.normals]
        self.assumed: dict[tuple[int, int], bool] = {}
        self.walks = 0

    def run(self, base: Proposal) -> None:
        """Examine every condition once.

        Raises:
            TimeUpError: the time limit was reached.
        """
        if self._vacuous():
            self.problem.findings.append(VacuousRule().at(self.problem.program.steps[0].span))
            return
        # A short search suffices: if no value is found, the condition is skipped or proved redundant.
        with self.sampler.drawer.searcher.limited(MOST_STATES):
            self._all(Variation(self.sampler, base, self.leaf_tests))

    def _all(self, known: Variation) -> None:
        for event, normal in enumerate(self.sampler.normals):
            try:
                self._event(event, normal, known)
            finally:
                self._report(event, normal)

    def _event(self, event: int, normal: Normal, known: Variation) -> None:
        # A condition of a repeated item could only be dropped from all its events at once.
        if self.problem.program.steps[self.sampler.events[event].step].runs > 1:
            return
        for candidate in reversed(list(self._candidates(event, (), normal))):
            self.problem.deadline.check()
            self._examine(event, candidate, self._known(event, candidate.path, known))

    def _known(self, event: int, path: Path, base: Variation) -> Variation:
        """Returns a known match that takes the alternatives on a path."""
        for length in range(len(path), 0, -1):
            if (event, path[:length]) in self.known:
                return self.known[event, path[:length]]
        return base

    def _vacuous(self) -> bool:
        # A sequence or a sample needs several events, as does an event that stands in a relation to another one.
        if self.problem.program.kind is not ShapeKind.EVENT or len(self.sampler.normals) > 1:
            return False
        (normal,) = self.sampler.normals
        if normal == Conj(()):
            return True
        if compile_formula(self.sampler.events[0].formula, Reading.ELASTICSEARCH)({}) is not True:
            return False
        return self._never([Goal(0, negated(normal))], "vacuous", (0, normal)) is not None

    def _candidates(self, event: int, path: Path, node: Normal) -> Iterator[_Candidate]:
        """Yields the parts of a normal form in query order, children before parents."""
        match node:
            case Conj(args):
                for place, arg in enumerate(args):
                    below = (*path, place)
                    if below in self.dead[event] or (isinstance(arg, Lit) and arg.origin.category) or self._is_exempt(event, arg):
                        continue
                    yield from self._candidates(event, below, arg)
                    yield _Candidate(below)
            case Disj(args, True):
                for place, arg in enumerate(args):
                    below = (*path, place)
                    if below in self.dead[event]:
                        continue
                    yield from self._candidates(event, below, arg)
                    if len(args) <= MOST_ALTERNATIVES:
                        yield _Candidate(below, True)
            case Disj(args, False):
                for place, arg in enumerate(args):
                    if not self._is_exempt(event, arg):
                        yield from self._lists(event, (*path, place), arg)
            case Lit(Atom()) if not path:
                yield _Candidate(path)

    def _lists(self, event: int, path: Path, node: Normal) -> Iterator[_Candidate]:
        """Yields the lists among the disjuncts of an exclusion, of which only the entries may be redundant."""
        match node:
            case Conj(args) | Disj(args):
                for place, arg in enumerate(args):
                    yield from self._lists(event, (*path, place), arg)
            case Lit(Atom(_, test)) if len(entries(test)) > 1:
                yield _Candidate(path, entries_only=True)

    def _is_exempt(self, event: int, part: Normal) -> bool:
        """Whether a part is not examined: it depends on the version, or only keeps the event from being one that ends or relates it."""
        if isinstance(part, Preferred) and part.by_version:
            return True
        return is_added(self.problem.program, self.sampler.events[event], part.span)

    def _examine(self, event: int, candidate: _Candidate, known: Variation) -> None:
        path = candidate.path
        weaker, stronger = _at(self.weaker[event], path), _at(self.stronger[event], path)
        if weaker is None or weaker == Conj(()) or stronger is None or stronger == _NEVER:
            return
        part = stronger if candidate.alternative else weaker
        examine = self._alternative if candidate.alternative else self._condition
        redundant = not candidate.entries_only and examine(event, path, part, known)
        if not redundant and isinstance(part, Lit) and isinstance(part.leaf, Atom) and len(entries(part.leaf.test)) > 1:
            self._entries(event, path, part, known)

    # -- conditions --------------------------------------------------------------------------------

    def _condition(self, event: int, path: Path, part: Normal, known: Variation) -> bool:
        """Whether a condition is redundant; drops it if so."""
        if not path:
            return False
        if isinstance(part, Lit) and self._matters(event, path, part, known):
            return False
        core = self._implied(event, path, part)
        if core is None and _patterns_of(part) <= MOST_PATTERNS:
            goals = _goals(self.weaker, event, replaced(self.weaker[event], path, negated(part)))
            core = self._never(goals, f"condition {event} {path}", (event, part))
        if core is None:
            return False
        self._found(event, path, core, self._why(part, core), part)
        self.weaker[event] = _with(self.weaker[event], path, Conj(()))
        if isinstance(part, Lit):
            self.assumed[event, part.place] = part.positive
        return True

    def _why(self, part: Normal, core: tuple[CoreLiteral, ...]) -> WhyRedundant:
        """Returns the core that proves a condition redundant."""
        if isinstance(part, Lit) and not part.positive and isinstance(part.leaf, Atom):
            return "excludes-nothing"
        if not all(part.span.start <= literal.span.start and literal.span.end <= part.span.end for _, literal in core):
            return "implied"
        keys = {spec.stored for _, spec in self.sampler.required()}
        is_key = isinstance(part, Lit) and isinstance(part.leaf, Exists) and part.leaf.field.stored in keys
        return "present-key" if is_key else "always-true"

    def _implied(self, event: int, path: Path, part: Normal) -> tuple[CoreLiteral, ...] | None:
        """Returns one other condition that implies this one, or one for each entry of an excluded list, without a solver."""
        if not isinstance(part, Lit) or not isinstance(part.leaf, Atom | Exists):
            return None
        rivals = rivals_of(self.weaker[event], path, part)
        for rival in rivals:
            if isinstance(part.leaf, Exists):
                holds = part.positive and rival.positive and isinstance(rival.leaf, Atom | Exists)
            elif isinstance(rival.leaf, Atom):
                holds = self._implies(rival.leaf, rival.positive, part.leaf, part.positive)
            else:
                holds = not part.positive and not rival.positive and isinstance(rival.leaf, Exists)
            if holds:
                return ((event, rival),)
        if part.positive or not isinstance(part.leaf, Atom) or not rivals:
            return None
        excluded: dict[CoreLiteral, None] = {}
        for place in range(len(entries(part.leaf.test))):
            only = replace(part.leaf, test=self.sampler.drawer.only(part.leaf.test, place))
            culprit = excluding(self.sampler, only, rivals)
            if culprit is None:
                return None
            excluded.setdefault((event, culprit))
        return tuple(excluded) or None

    def _implies(self, rival: Atom, rival_positive: bool, own: Atom, positive: bool) -> bool:
        drawer, spec = self.sampler.drawer, own.field
        given, implied = (rival.test, own.test) if rival_positive else (own.test, rival.test)
        if not rival_positive and positive:
            return False
        if max(len(entries(given)), len(entries(implied))) > MOST_PATTERNS:
            return False
        sample = drawer.draw(spec, (given,), ())
        if sample is None or drawer.passes(spec, implied, sample) != (positive or not rival_positive):
            return False
        if rival_positive and not positive:
            return not spec.several and excludes(drawer, spec, given, implied)
        return implies(drawer, spec, given, implied)

    def _matters(self, event: int, path: Path, literal: Lit, known: Variation) -> bool:
        """Whether the known match, with another value in one field, satisfies all but this literal."""
        leaf = literal.leaf
        if isinstance(leaf, Predicate | Truth):
            return False
        name = self.sampler.name_of(event, leaf.field.stored)
        cell = known.proposal.cells.get(name)
        if cell is None:
            return False
        changed = {event: replaced(self.weaker[event], path, negated(literal))}
        return any(known.changed(name, values, changed, self.assumed) for values in self._violating(cell, literal))

    def _violating(self, cell: Cell, literal: Lit) -> Iterator[list[Any]]:
        """Yields values of a cell that violate a literal, as close as possible to its current values."""
        drawer, leaf = self.sampler.drawer, literal.leaf
        slots = cell.slots
        if isinstance(leaf, Exists):
            drawn = [] if literal.positive else [drawer.draw(cell.spec, (), cell.unwanted)]
            if None not in drawn:
                yield drawn
            return
        assert isinstance(leaf, Atom)
        if literal.positive:
            remaining = [slot for slot in slots if not any(test is leaf.test for test in slot.wanted)]
            rest = [tuple(test for test in slot.wanted if test is not leaf.test) for slot in slots if slot not in remaining]
            fresh = [drawer.draw(cell.spec, tests, (*cell.unwanted, leaf.test)) for tests in rest]
            if None not in fresh:
                yield [*(slot.value for slot in remaining), *fresh]
            if not any(rest):
                yield [slot.value for slot in remaining]
            return
        unwanted = tuple(test for test in cell.unwanted if test is not leaf.test)
        first = slots[0].wanted if slots else ()
        value = drawer.draw(cell.spec, (*first, leaf.test), unwanted)
        if value is not None:
            yield [value, *(slot.value for slot in slots[1:])]

    # -- alternatives ------------------------------------------------------------------------------

    def _alternative(self, event: int, path: Path, alternative: Normal, known: Variation) -> bool:
        """Whether the other alternatives cover this one; drops it if so."""
        node = _at(self.stronger[event], path[:-1])
        assert isinstance(node, Disj)
        others = [other for place, other in enumerate(node.args) if place != path[-1] and other != _NEVER]
        if not others or (known.satisfied(event, alternative) and not any(known.satisfied(event, other) for other in others)):
            return False
        alone = Conj((alternative, *map(negated, others)))
        goals = _goals(self.stronger, event, replaced(self.stronger[event], path[:-1], alone))
        core = self._never(goals, f"cover {event} {path}", (event, node))
        if core is None:
            return False
        self._found(event, path, core, "covered", alternative)
        self.stronger[event] = _with(self.stronger[event], path, _NEVER)
        return True

    # -- lists -------------------------------------------------------------------------------------

    def _entries(self, event: int, path: Path, literal: Lit, known: Variation) -> None:
        """Drop the entries of a list that are redundant."""
        assert isinstance(literal.leaf, Atom)
        listed = entries(literal.leaf.test)
        rivals = [] if literal.positive else rivals_of(self.weaker[event], path, literal)
        dead = {place for place in range(len(listed)) if (*path, place) in self.dead[event]}
        dropped = set(dead)
        context = ListInContext(self.sampler, event, literal, rivals, known, self.assumed)
        for entry in redundant_entries(context, dead, self.problem.deadline.check):
            dropped.add(entry.place)
            self._found(event, (*path, entry.place), ((event, entry.because),), entry.why, literal)
        left = [entry for place, entry in enumerate(listed) if place not in dropped]
        if dropped and left:
            shorter = replace(literal, leaf=replace(literal.leaf, test=with_entries(literal.leaf.test, left)))
            normals = self.stronger if literal.positive else self.weaker
            normals[event] = _with(normals[event], path, shorter)

    # -- proofs ------------------------------------------------------------------------------------

    def _never(self, goals: list[Goal], purpose: str, part: tuple[int, Normal]) -> tuple[CoreLiteral, ...] | None:
        """Refutes goals; None if they are satisfiable, or if unknown.

        ``part`` is the event and the part of it in question. A walk's values suffice without a document, because the goals
        deliberately differ from those of a match.
        """
        self.walks += 1
        if self.walks > MOST_WALKS:
            return None
        if self.sampler.walk_succeeds(self.problem.rng(purpose), goals):
            return None
        core = self.problem.refute_part(goals, part)
        return core[0] if core is not None and core[1] else None

    def _report(self, event: int, normal: Normal) -> None:
        """Reports the places at which all parts are redundant."""
        removable = self.redundant[event] | self.dead[event]
        for span, paths in parts_by_place(normal).items():
            proofs = [self.proofs[event][path] for path in paths if path in self.proofs[event]]
            if proofs and all(is_within(path, removable) for path in paths):
                core = tuple(dict.fromkeys(literal for proof in proofs for literal in proof.core))
                fields = {proof.field for proof in proofs}
                field = fields.pop() if len(fields) == 1 else None
                self.problem.findings.append(redundant(self.problem.program, core, span, proofs[0].why, field))

    def _found(self, event: int, path: Path, core: tuple[CoreLiteral, ...], why: WhyRedundant, part: Normal) -> None:
        field = part.leaf.field.stored if isinstance(part, Lit) and isinstance(part.leaf, Atom | Exists) else None
        self.proofs[event][path] = _Proof(core, why, field)
        self.redundant[event].add(path)


_NEVER = Lit(Truth(False), True, -1)


def _goals(normals: list[Normal], event: int, normal: Normal) -> list[Goal]:
    """Returns the goals of all events, with another normal form for one of them."""
    return [Goal(number, normal if number == event else own) for number, own in enumerate(normals)]


def _at(normal: Normal, path: Path) -> Normal | None:
    """Returns the node at a path; None if it was dropped."""
    for place in path:
        if not isinstance(normal, Conj | Disj) or place >= len(normal.args):
            return None
        normal = normal.args[place]
    return normal


def _patterns_of(part: Normal) -> int:
    """Counts the entries in a part."""
    return sum(len(entries(literal.leaf.test)) for literal in literals_of(part) if isinstance(literal.leaf, Atom))


def _with(normal: Normal, path: Path, part: Normal) -> Normal:
    """Returns the normal form with another part at a path; all other positions are unchanged."""
    if not path:
        return part
    assert isinstance(normal, Conj | Disj)
    place = path[0]
    return replace(normal, args=(*normal.args[:place], _with(normal.args[place], path[1:], part), *normal.args[place + 1 :]))
