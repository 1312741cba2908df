"""Dead alternatives: parts of a disjunction or entries of a list that no match can take, each proved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...compiler.diagnostics.notes import UndecidedAlternative
from ...compiler.explain.core_reasons import CoreLiteral, Reason, explain
from ...compiler.ir.formula import Atom, Exists, entries
from ...compiler.normal_form.alternatives import Path, at, forced, mandatory, offers_entries
from ...compiler.normal_form.nnf import Conj, Disj, Lit, Normal
from ...compiler.semantics.match_group import Event, is_added
from ...grammar.span import Span
from ..generate.cells import Slot
from ..generate.sampler import Proposal
from ..generate.walk import Goal
from ..limits import TimeUpError
from ..solver.query import Decision, Outcome
from ..values.entailment import excludes, implies
from .pairwise_cores import plain_cores
from .places import is_within, parts_by_place
from .problem import Problem
from .proved_findings import Core, dead_alternative
from .variation import LeafTests, Variation

RESTARTS = 2
"""The number of walks that try to take an alternative before the solver runs."""


def twin_of(events: Sequence[Event], event: int) -> int | None:
    """Returns an earlier event of the same repeated item, to which all results on this one apply."""
    for other in range(event):
        if events[other].step == events[event].step and events[other].formula == events[event].formula:
            return other
    return None


def rivals_of(normal: Normal, path: Path, literal: Lit) -> list[Lit]:
    """Returns the other literals on a literal's field that are mandatory once the alternatives on the path to it are taken."""
    assert isinstance(literal.leaf, Atom | Exists)
    field = literal.leaf.field.stored
    literals = mandatory(normal, path)
    return [
        rival
        for rival in literals
        if rival.place != literal.place and isinstance(rival.leaf, Atom | Exists) and rival.leaf.field.stored == field
    ]


SAMPLES = 3
"""The number of values to draw from an entry to find a condition that contradicts it."""


class DeadAlternatives:
    """The search for dead alternatives of a satisfiable program.

    Args:
        problem: the program, with a known match; results go into its findings.
        leaf_tests: compiled leaves.

    Attributes:
        finished: whether all alternatives were examined in time.
        reasons: why the first dead alternative is dead.
        known: by event and path, a match that takes the alternative.
        cores: for each event, by path, the core that proves an alternative dead.
        undecided: for each event, the paths of alternatives that were neither taken nor proved dead.
    """

    def __init__(self, problem: Problem, leaf_tests: LeafTests) -> None:
        self.problem = problem
        self.sampler = problem.sampler
        self.leaf_tests = leaf_tests
        self.finished = True
        self.reasons: tuple[Reason, ...] = ()
        self.known: dict[tuple[int, Path], Variation] = {}
        self.cores: list[dict[Path, Core]] = [{} for _ in problem.sampler.normals]
        self.undecided: list[set[Path]] = [set() for _ in problem.sampler.normals]

    def run(self, base: Proposal) -> list[set[Path]]:
        """Returns for each event the paths of its dead alternatives."""
        dead: list[set[Path]] = [set() for _ in self.sampler.normals]
        known = Variation(self.sampler, base, self.leaf_tests)
        try:
            for event, normal in enumerate(self.sampler.normals):
                twin = twin_of(self.sampler.events, event)
                if twin is None:
                    try:
                        self._event(event, normal, known, dead[event])
                    finally:
                        self._report(event, normal, dead[event])
                else:
                    dead[event], self.undecided[event] = dead[twin], self.undecided[twin]
        except TimeUpError:
            self.finished = False
        return dead

    def _event(self, event: int, normal: Normal, base: Variation, dead: set[Path]) -> None:
        stack: list[tuple[Path, Normal, Variation]] = [((), normal, base)]
        while stack:
            path, node, known = stack.pop()
            match node:
                case Conj(args):
                    program, own = self.problem.program, self.sampler.events[event]
                    written = [(place, arg) for place, arg in enumerate(args) if path or not is_added(program, own, arg.span)]
                    stack.extend(((*path, place), arg, known) for place, arg in reversed(written))
                case Disj(args, True):
                    below: list[tuple[Path, Normal, Variation]] = []
                    for place, alternative in enumerate(args):
                        taken = known if known.satisfied(event, alternative) else self._try_to_take(event, (*path, place), alternative.span)
                        if isinstance(taken, Variation):
                            self.known[event, (*path, place)] = taken
                            below.append(((*path, place), alternative, taken))
                        elif taken:
                            dead.add((*path, place))
                    stack.extend(reversed(below))
                case Lit() if offers_entries(node):
                    dead |= {(*path, place) for place in self._entries(event, path, node, known)}

    def _try_to_take(self, event: int, path: Path, span: Span) -> Variation | bool:
        """Returns a match that takes an alternative, True if it is proved dead, or False if unknown."""
        self.problem.deadline.check()
        goals = [Goal(number, forced(normal, path) if number == event else normal) for number, normal in enumerate(self.sampler.normals)]
        proposal = self.sampler.propose(self.problem.rng(f"alternative {event} {path}"), goals=goals, restarts=RESTARTS)
        if proposal is None:
            plain = plain_cores(self.sampler.drawer, [goals[event]])
            if plain:
                self.cores[event][path] = Core(plain[0], True)
                return True
            alternative = at(self.sampler.normals[event], path)
            core = self.problem.refute_part(goals, (event, alternative))
            if core is not None:
                self.cores[event][path] = Core(*core)
                return True
            question = self.problem.question(goals)
            decision = self.problem.ask_about_part(question)
            if decision.outcome is Outcome.UNSATISFIABLE:
                self.cores[event][path] = Core(self.problem.literals(question, decision.cores[0]), decision.minimal)
                return True
            proposal = self._from_model(decision)
            if proposal is None:
                why = decision.reason or "the solver's model is not a matching document"
                self.problem.findings.append(UndecidedAlternative(why=why).at(span))
                self.undecided[event].add(path)
                return False
        return Variation(self.sampler, proposal, self.leaf_tests)

    def _report(self, event: int, normal: Normal, dead: set[Path]) -> None:
        """Reports the places in the query at which all parts are dead."""
        for span, parts in parts_by_place(normal).items():
            cores = [self.cores[event][path] for path in parts if path in self.cores[event]]
            if cores and all(is_within(path, dead) for path in parts):
                self.reasons = self.reasons or explain(cores[0].literals, self.problem.program)
                self.problem.findings.append(dead_alternative(self.problem.program, cores, span))

    def _from_model(self, decision: Decision) -> Proposal | None:
        return self.sampler.from_values(decision.values) if decision.outcome is Outcome.SATISFIABLE else None

    def _entries(self, event: int, path: Path, literal: Lit, known: Variation) -> Iterator[int]:
        """Returns the dead entries of a list. Changing one field of a known match decides nearly all of them."""
        assert isinstance(literal.leaf, Atom)
        test = literal.leaf.test
        rivals = rivals_of(self.sampler.normals[event], path, literal)
        for place in range(len(entries(test))):
            self.problem.deadline.check()
            if self._matches_with_entry(event, literal, place, known):
                continue
            span = entries(test)[place].span
            core = self._refute_by_rival(event, literal, place, rivals)
            if core is not None:
                self.cores[event][*path, place] = Core(core, True)
                yield place
            elif self._try_to_take(event, (*path, place), span) is True:
                yield place

    def _matches_with_entry(self, event: int, literal: Lit, place: int, known: Variation) -> bool:
        """Whether the known match still matches with a value that passes this entry of the list."""
        leaf = literal.leaf
        assert isinstance(leaf, Atom)
        only = self.sampler.drawer.only(leaf.test, place)
        name = self.sampler.name_of(event, leaf.field.stored)
        cell = known.proposal.cells.get(name)
        if cell is None:
            return False
        for position, slot in enumerate(cell.slots):
            if len(cell.slots) > 1 and not any(test is leaf.test for test in slot.wanted):
                continue
            wanted = tuple(only if test is leaf.test else test for test in slot.wanted)
            value = self.sampler.drawer.draw(cell.spec, wanted if only in wanted else (*wanted, only), cell.unwanted)
            if value is None:
                continue
            slots = (*cell.slots[:position], Slot(wanted, value), *cell.slots[position + 1 :])
            if known.changed(name, [slot.value for slot in slots], {}, {}):
                return True
        return False

    def _refute_by_rival(self, event: int, literal: Lit, place: int, rivals: list[Lit]) -> tuple[CoreLiteral, ...] | None:
        """Proves without a solver that one other condition on the field excludes an entry."""
        only = at(literal, (place,))
        assert isinstance(only, Lit) and isinstance(only.leaf, Atom)
        drawer, spec = self.sampler.drawer, only.leaf.field
        samples = [value for _ in range(SAMPLES) if isinstance(value := drawer.draw(spec, (only.leaf.test,), ()), str)]
        if not samples:
            return None
        for rival in rivals:
            if not isinstance(rival.leaf, Atom) or (rival.positive and spec.several):
                continue
            if any(drawer.passes(rival.leaf.field, rival.leaf.test, value) == rival.positive for value in samples):
                continue
            culprit = self._culprit(rival, samples)
            assert isinstance(culprit.leaf, Atom)
            proves = excludes if rival.positive else implies
            if proves(drawer, spec, only.leaf.test, culprit.leaf.test):
                return (event, only), (event, culprit)
        return None

    def _culprit(self, rival: Lit, values: list[str]) -> Lit:
        """Returns the contradicting literal; for an excluded list, the entry that matches the values."""
        assert isinstance(rival.leaf, Atom)
        listed = entries(rival.leaf.test)
        if rival.positive or len(listed) < 2:
            return rival
        for place in range(len(listed)):
            only = at(rival, (place,))
            assert isinstance(only, Lit) and isinstance(only.leaf, Atom)
            if all(self.sampler.drawer.passes(only.leaf.field, only.leaf.test, value) for value in values):
                return only
        return rival
