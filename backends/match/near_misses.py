"""Near misses: for each condition of a program, documents that fail that condition alone.

A near miss of a condition is a document, or a group of them, that would match if the condition were met, and does not
match. Where it is proved that there is none, the condition is redundant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ...compiler.ir.formula import Formula
from ...compiler.ir.program import Program, Role, ShapeKind, Step
from ...compiler.semantics.document import flatten
from ...compiler.semantics.match_document import Judge, Reading, compile_formula
from ...grammar.span import Span
from ..decide.witness import find_witness
from ..limits import Limits
from .changes import Change, Document, changed_to_satisfy, near_values, with_values
from .conditions import Condition, conditions_of, failing_alone, fields_of_leaf, is_about_objects, met

_KINDS = 4
"""Near misses of one condition."""


class Outcome(StrEnum):
    """What came of the search for a near miss of one condition."""

    MISSED = "missed"
    REDUNDANT = "redundant"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Documents that only just do not match.

    Attributes:
        kind: how they differ from a match.
        span: what they fail: a condition, or a part of the rule.
        documents: in the order of time.
        roles: what each of them is to the rule.
    """

    kind: str
    span: Span
    documents: tuple[Document, ...]
    roles: tuple[Role, ...] = (Role.EVENT,)


@dataclass(frozen=True, slots=True)
class Examined:
    """A condition of a step, and what came of it.

    Attributes:
        step: the number of the step.
        condition: the condition.
        outcome: whether there is a near miss; none is proved to be there, or it was not decided.
        misses: its near misses, each of another kind.
        solved: whether a solver or a search found them rather than a change of one value.
    """

    step: int
    condition: Condition
    outcome: Outcome
    misses: tuple[NearMiss, ...] = ()
    solved: bool = False


def near_misses_of_event(
    formula: Formula, document: Document, seed: str, limits: Limits, step: int = 0, assumed: tuple[Span, ...] = ()
) -> Iterator[Examined]:
    """Examine the conditions of a formula one by one.

    Args:
        formula: what an event must satisfy.
        document: one that does.
        seed: decides values that a search has to find.
        limits: what the search for one condition may cost.
        step: the number of the step that the formula belongs to.
        assumed: places of conditions that the rule does not state; they are not examined.
    """
    matches = compile_formula(formula, Reading.ELASTICSEARCH)
    for number, condition in enumerate(conditions_of(formula)):
        if condition.span in assumed:
            continue
        yield _Search(formula, matches, condition, document, f"{seed}|{number}", limits, step).run()


class _Search:
    """The search for near misses of one condition."""

    def __init__(
        self, formula: Formula, matches: Judge, condition: Condition, document: Document, seed: str, limits: Limits, step: int
    ) -> None:
        self.formula = formula
        self.matches = matches
        self.condition = condition
        self.document = document
        self.seed = seed
        self.limits = limits
        self.step = step
        self._would_match = compile_formula(met(formula, condition), Reading.ELASTICSEARCH)
        self.wanted = failing_alone(formula, condition)
        self.specs = {spec.stored: spec for spec in fields_of_leaf(condition.leaf)}

    def run(self) -> Examined:
        """Change the match in the condition's own fields; if that does not do, search for any document."""
        found: dict[str, Document] = {}
        if not is_about_objects(self.condition.leaf):
            for kind, document in self._changed():
                if kind not in found and len(found) < _KINDS and self._is_near_miss(document):
                    found[kind] = document
        if found:
            return self._missed(found, solved=False)
        witness = find_witness(Program(ShapeKind.EVENT, (Step(self.wanted),), ""), self.seed, self.limits)
        if witness.group is not None and self._is_near_miss(witness.group[0]):
            return self._missed({_other(self.condition): witness.group[0]}, solved=True)
        outcome = Outcome.REDUNDANT if witness.group is None and witness.refuted else Outcome.UNKNOWN
        return Examined(self.step, self.condition, outcome)

    def _missed(self, found: Mapping[str, Document], *, solved: bool) -> Examined:
        misses = tuple(NearMiss(kind, self.condition.span, (document,)) for kind, document in found.items())
        return Examined(self.step, self.condition, Outcome.MISSED, misses, solved)

    def _changed(self) -> Iterator[tuple[str, Document]]:
        flat = flatten(self.document)
        leaf, positive = self.condition.leaf, self.condition.positive
        for name, spec in self.specs.items():
            for kind, values in near_values(leaf, positive, spec, flat):
                yield kind, with_values(self.document, name, values)
        change = changed_to_satisfy(self.wanted, self.document, self.specs, self.seed, self.limits)
        if isinstance(change, Change):
            yield _other(self.condition), change.document
            yield from self._beside_others(change)

    def _beside_others(self, change: Change) -> Iterator[tuple[str, Document]]:
        """The excluded value beside the values that were there, in a field that may hold several."""
        before, after = flatten(self.document), flatten(change.document)
        for name in change.fields:
            if not self.condition.positive and before.get(name) and after.get(name) and self.specs[name].several:
                yield "excluded value beside others", with_values(self.document, name, [*before[name], *after[name]])

    def _is_near_miss(self, document: Document) -> bool:
        flat = flatten(document)
        return self.matches(flat) is not True and self._would_match(flat) is True


def _other(condition: Condition) -> str:
    return "another value" if condition.positive else "excluded value"
