"""Compares two formulas over single events: which conditions of one fail on events that satisfy the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from random import Random
from typing import Any

from ...compiler.ir.formula import Formula, Not, conjunction, leaves, with_fields
from ...compiler.ir.program import Program, ShapeKind, Step
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.document import flatten
from ...compiler.semantics.match_document import Reading, compile_formula
from ...compiler.semantics.match_group import TIMESTAMP
from ...grammar.span import NOWHERE, Span
from ..decide.witness import Witness, find_witness
from ..generate.nested_objects import draw_entry
from ..limits import Limits
from ..match.changes import Change, changed_to_satisfy, with_values
from ..match.conditions import fields_of_leaf, is_about_objects
from ..values.draw import CompiledTests, Drawer
from .comparison import NOTHING, Document, Outcome, Part, Side
from .implication import conjuncts, left_of

START = 1_704_067_200_000
"""The time of the first event of a witness, in epoch milliseconds."""
_SEED = "compare"
_MOST_TRIED = 4
"""Fields of one condition of which each is changed alone."""


@dataclass
class Events:
    """The events that satisfy one formula, another, or both.

    Attributes:
        first, second: the formulas.
        limits: what each question may cost.
    """

    first: Formula
    second: Formula
    limits: Limits

    @cached_property
    def drawer(self) -> Drawer:
        """Evaluates tests of both formulas."""
        return Drawer(CompiledTests(), Random(0), START, draw_entry)

    @cached_property
    def common(self) -> Witness:
        """An event that satisfies both, or that there is none."""
        return witness_of(conjunction((self.first, self.second)), self.limits)

    @property
    def common_needs_several(self) -> bool:
        """Whether there are events that satisfy both, but only with several values in a field."""
        group = self.common.group
        both = conjunction((self.first, self.second))
        alone = (with_fields(formula, _single) for formula in (self.first, self.second))
        return (
            group is not None
            and needs_several(group[0], both, self.limits)
            and not any(witness_of(formula, self.limits).refuted for formula in alone)
        )

    def lost(self, most: int | None = None) -> Side:
        """The events that satisfy the first formula alone.

        Args:
            most: how many parts are wanted; all by default.
        """
        return Only(self, self.first, self.second).side(most)

    def won(self, most: int | None = None) -> Side:
        """The events that satisfy the second formula alone; see :meth:`lost`."""
        return Only(self, self.second, self.first).side(most)


def witness_of(formula: Formula, limits: Limits, doubted: frozenset[str] = frozenset()) -> Witness:
    """An event that satisfies a formula, or that there is none; see `find_witness`."""
    return find_witness(Program(ShapeKind.EVENT, (Step(formula),), ""), _SEED, limits, START, doubted)


class Only:
    """The events that satisfy one formula and not another one."""

    def __init__(self, events: Events, wanted: Formula, unwanted: Formula) -> None:
        self.events = events
        self.wanted = wanted
        self.unwanted = unwanted
        self.limits = events.limits

    def side(self, most: int | None) -> Side:
        left = left_of(self.events.drawer, self.wanted, self.unwanted)
        parts: list[Part] = []
        undecided: list[Span] = []
        several: list[bool] = []
        for condition in left:
            if most is not None and len(parts) >= most:
                break
            found = self._failing(condition)
            if isinstance(found, Part):
                parts.append(found)
                several.append(needs_several(found.documents[0], conjunction((self.wanted, Not(condition))), self.limits))
            elif not found:
                undecided.append(place_of(condition))
        if parts:
            by_several = all(several) and not undecided and not witness_of(with_fields(self.wanted, _single), self.limits).refuted
            return Side(Outcome.WITNESS, tuple(parts), tuple(undecided), by_several_values=by_several)
        if undecided:
            return Side(Outcome.UNKNOWN, undecided=tuple(undecided), why="neither an event nor a proof was found")
        return NOTHING

    @cached_property
    def _is_wanted(self) -> Any:
        return compile_formula(self.wanted, Reading.ELASTICSEARCH)

    @cached_property
    def _is_unwanted(self) -> Any:
        return compile_formula(self.unwanted, Reading.ELASTICSEARCH)

    def holds(self, document: Document) -> bool:
        """Whether a document satisfies the one formula and not the other."""
        flat = flatten(document)
        return self._is_wanted(flat) is True and self._is_unwanted(flat) is not True

    def _failing(self, condition: Formula) -> Part | bool:
        """Events that satisfy the wanted formula and fail a condition of the other; True if there are none, False if unknown."""
        fields = stored_in(condition)
        common = self.events.common.group
        near = None
        for document in self.changed(condition, common[0]) if common else ():
            near = self._part(condition, document, common[0] if common else None)
            if len(near.fields) == 1:
                return near
        if near is None:
            found = witness_of(conjunction((self.wanted, Not(condition, condition.span))), self.limits, frozenset(fields))
            if found.group is None or not self.holds(found.group[0]):
                return found.refuted
            near = self._part(condition, found.group[0], None)
            if common is not None:
                near = self._part(condition, self._nearer(found.group[0], common[0], fields), common[0])
        if common is None or len(near.fields) == 1:
            return near
        beside = self.beside(near.documents[0], fields)
        return near if beside is None else self._part(condition, near.documents[0], beside)

    def changed(self, condition: Formula, event: Document) -> Iterator[Document]:
        """An event that both formulas match, changed in the fields of a condition so that it fails it, fewest fields first."""
        if any(map(is_about_objects, leaves(condition))):
            return
        denied = Not(condition, condition.span)
        fields = stored_in(condition)
        others = [each for each in conjuncts(self.unwanted) if each.span != condition.span]
        goals = (conjunction((self.wanted, denied, *others)), conjunction((self.wanted, denied)))
        choices = [[name] for name in fields[:_MOST_TRIED]] if len(fields) > 1 else []
        for chosen in (*choices, list(fields)):
            for goal in goals:
                change = changed_to_satisfy(goal, event, chosen, _SEED, self.limits)
                if isinstance(change, Change) and self.holds(change.document):
                    yield change.document
                    break

    def beside(self, document: Document, fields: Sequence[str]) -> Document | None:
        """An event that both formulas match, a witness but for one field or two."""
        both = conjunction((self.wanted, self.unwanted))
        tried = [[name] for name in fields[:_MOST_TRIED]]
        for chosen in (*tried, *map(list, combinations(fields[:_MOST_TRIED], 2))):
            change = changed_to_satisfy(both, document, chosen, _SEED, self.limits)
            if isinstance(change, Change):
                return change.document
        return None

    def _nearer(self, document: Document, common: Document, keep: Sequence[str]) -> Document:
        """A witness with as many values of an event that both formulas match as it can have, those of some fields last."""
        nearer = document
        for name in sorted(differing(document, common), key=lambda name: (name in keep, name)):
            other = with_values(nearer, name, flatten(common).get(name, []))
            if self.holds(other):
                nearer = other
        return nearer

    def _part(self, condition: Formula, document: Document, beside: Document | None) -> Part:
        return Part(
            place_of(condition),
            (document,),
            beside=() if beside is None else (beside,),
            fields=() if beside is None else differing(document, beside),
            excluded=is_excluded(condition),
        )


def needs_several(document: Document, formula: Formula, limits: Limits) -> bool:
    """Whether no event whose fields hold one value each satisfies a formula, which a document does."""
    if not any(len(values) > 1 for values in flatten(document).values()):
        return False
    return witness_of(with_fields(formula, _single), limits, frozenset(stored_in(formula))).refuted


def _single(spec: FieldSpec) -> FieldSpec:
    """A field that holds one value."""
    return replace(spec, array=False, known=True) if spec.several and spec.type.name != "flattened" else spec


def differing(document: Document, other: Document) -> tuple[str, ...]:
    """The fields in which two documents differ, but for their time."""
    first, second = flatten(document), flatten(other)
    return tuple(sorted(name for name in first.keys() | second.keys() if name != TIMESTAMP and first.get(name) != second.get(name)))


def stored_in(formula: Formula) -> tuple[str, ...]:
    """The fields of a formula, by the names that documents hold them under, in order."""
    return tuple(dict.fromkeys(spec.stored for leaf in leaves(formula) for spec in fields_of_leaf(leaf)))


def is_excluded(condition: Formula) -> bool:
    """Whether a condition is the negation of what is written at its place: an operand of an exclusion, or an entry of its list."""
    return (
        isinstance(condition, Not) and condition.span == condition.arg.span and not any(leaf.origin.negated for leaf in leaves(condition))
    )


def place_of(condition: Formula) -> Span:
    """Where a condition is written."""
    if condition.span != NOWHERE:
        return condition.span
    spans = [leaf.span for leaf in leaves(condition) if leaf.span != NOWHERE]
    return spans[0].to(spans[-1]) if spans else NOWHERE
