"""Variations of a known match: whether it still matches with other values in one cell.

A match that differs from a known one in a single field nearly always decides whether an alternative can be taken or a
condition matters. Only the literals on that field are evaluated again, so a list of 1,500 entries costs 1,500 evaluations of
a few tests, not of the whole rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...compiler.ir.formula import Atom, Exists, Predicate, Truth, is_marker, references, term_fields
from ...compiler.normal_form.nnf import Conj, Disj, Lit, Normal, Preferred
from ...compiler.semantics.document import flatten
from ...compiler.semantics.match_document import Judge, Reading, compile_formula
from ..generate.sampler import Proposal, Sampler
from ..solver.query import CellName, literals_of
from ..values.kinds import domain_of_kind


class LeafTests:
    """Data shared by all variations of a program's matches: compiled leaves, by identity, and the events that hold each cell."""

    def __init__(self) -> None:
        self._compiled: dict[int, tuple[object, Judge]] = {}
        self._holders: dict[CellName, list[tuple[int, str]] | None] = {}

    def of(self, leaf: Atom | Exists | Predicate | Truth) -> Judge:
        entry = self._compiled.get(id(leaf))
        if entry is None:
            entry = self._compiled[id(leaf)] = (leaf, compile_formula(leaf, Reading.ELASTICSEARCH))
        return entry[1]

    def holders(self, sampler: Sampler, name: CellName) -> list[tuple[int, str]] | None:
        """Returns the events that hold a cell, with its field in each; None if a change needs new documents."""
        if name not in self._holders:
            named = [[*order, *references(event.formula)] for order, event in zip(sampler.orders, sampler.events, strict=True)]
            slots = [(event, spec) for event, specs in enumerate(named) for spec in specs if sampler.name_of(event, spec.stored) == name]
            plain = not is_marker(name[1]) and all(domain_of_kind(spec).json and spec.stored != "@timestamp" for _, spec in slots)
            self._holders[name] = [(event, spec.stored) for event, spec in slots] if plain else None
        return self._holders[name]


class Variation:
    """A known match of a sampler's program.

    Args:
        sampler: provides the events, and the normal forms whose literals are numbered by their places.
        proposal: the match.
        leaf_tests: compiled leaves, shared by the matches of one program.
    """

    def __init__(self, sampler: Sampler, proposal: Proposal, leaf_tests: LeafTests) -> None:
        self.sampler = sampler
        self.proposal = proposal
        self._leaf_tests = leaf_tests
        self._flats = sampler.matcher.seen([flatten(document) for document in proposal.group])
        self._on: list[dict[str, list[Lit]] | None] = [None] * len(self._flats)
        self._truths: list[dict[int, bool]] = [{} for _ in self._flats]
        keys = ((number, key) for number, event in enumerate(sampler.events) for key in event.keys if not key.optional)
        self._keys = {sampler.name_of(number, key.field.stored) for number, key in keys}

    def satisfied(self, event: int, normal: Normal) -> bool:
        """Whether the match satisfies a part of an event's formula."""
        self._prepare(event)
        return _true(normal, self._truths[event], {})

    def changed(
        self, name: CellName, values: Sequence[Any], normals: Mapping[int, Normal], assumed: Mapping[tuple[int, int], bool]
    ) -> bool | None:
        """Whether the events that hold a cell satisfy their formulas once it has other values.

        Args:
            name: the cell.
            values: its new values, in document form; empty for a missing field.
            normals: normal forms that replace the events' own; their literals keep their places.
            assumed: by event and place, truth values of leaves that are not evaluated.

        Returns:
            None if deciding needs new documents.
        """
        if not values and name in self._keys:
            return False
        holders = self._leaf_tests.holders(self.sampler, name)
        if holders is None:
            return None
        for event, stored in holders:
            self._prepare(event)
            normal = normals.get(event, self.sampler.normals[event])
            overrides = self._overrides(event, stored, values)
            overrides.update((place, truth) for (own, place), truth in assumed.items() if own == event)
            if not _true(normal, self._truths[event], overrides):
                return False
        return True

    def _overrides(self, event: int, field: str, values: Sequence[Any]) -> dict[int, bool]:
        """Returns the truth values of the literals on a field with these values."""
        on = self._on[event]
        assert on is not None
        flat = None
        truths: dict[int, bool] = {}
        for literal in on.get(field, ()):
            leaf = literal.leaf
            if isinstance(leaf, Atom):
                truth = any(self.sampler.drawer.passes(leaf.field, leaf.test, value) for value in values)
            else:
                if flat is None:
                    flat = {name: other for name, other in self._flats[event].items() if name != field}
                    if values:
                        flat[field] = list(values)
                truth = self._leaf_tests.of(leaf)(flat) is True
            truths[literal.place] = truth
        return truths

    def _prepare(self, event: int) -> None:
        """Evaluates the literals of an event, once."""
        if self._on[event] is not None:
            return
        on: dict[str, list[Lit]] = {}
        flat, truths = self._flats[event], self._truths[event]
        for literal in literals_of(self.sampler.normals[event]):
            leaf = literal.leaf
            truths[literal.place] = self._leaf_tests.of(leaf)(flat) is True
            if isinstance(leaf, Truth):
                continue
            for spec in term_fields(leaf.term) if isinstance(leaf, Predicate) else [leaf.field]:
                on.setdefault(spec.stored, []).append(literal)
        self._on[event] = on


def _true(normal: Normal, truths: Mapping[int, bool], overrides: Mapping[int, bool]) -> bool:
    match normal:
        case Conj(args):
            return all(_true(arg, truths, overrides) for arg in args)
        case Disj(args):
            return any(_true(arg, truths, overrides) for arg in args)
        case Preferred(decisive, _):
            return _true(decisive, truths, overrides)
        case Lit(Truth(value), positive):
            return value == positive
        case Lit(_, positive, place):
            return (overrides[place] if place in overrides else truths[place]) == positive
