"""Prover: the truth of a formula on every document of a skeleton, proved from its leaves.

A leaf over one varying field is decided by the field's value sets; a leaf over constant fields, by the matcher on a single
document. Connectives are evaluated by short circuit, without case splits: formulas that cannot be proved this way are left to
the matcher, document by document.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...compiler.ir.formula import (
    And,
    Atom,
    DualReading,
    Exists,
    Formula,
    Leaf,
    LengthIn,
    Lexical,
    Like,
    Matches,
    Not,
    Or,
    PhraseMatch,
    Predicate,
    Truth,
    Within,
    term_fields,
)
from ...compiler.semantics.document import Flat
from ...compiler.semantics.match_document import Reading, compile_formula
from ..values.prepare import PreparedSets
from ..values.value_sets import ValueSet


class Leaves:
    """Compiled leaves, cached by identity."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[int, Reading], tuple[Leaf, object]] = {}

    def truth(self, leaf: Leaf, reading: Reading, flat: Flat) -> bool | None:
        cached = self._compiled.get((id(leaf), reading))
        if cached is None:
            cached = self._compiled[id(leaf), reading] = (leaf, compile_formula(leaf, reading))
        evaluate = cached[1]
        assert callable(evaluate)
        truth: bool | None = evaluate(flat)
        return truth


class Prover:
    """Proves formulas on the documents of one event of a skeleton.

    Args:
        sets: decides tests on value sets.
        leaves: decides leaves on documents.
        columns: the value sets of each field with a varying value, by name.
        flat: one of the documents.
    """

    def __init__(self, sets: PreparedSets, leaves: Leaves, columns: Mapping[str, tuple[ValueSet, ...]], flat: Flat) -> None:
        self.sets = sets
        self.leaves = leaves
        self.columns = columns
        self.flat = flat

    def proves(self, formula: Formula, truth: bool, reading: Reading) -> bool:
        """Whether a formula is proved to have this truth value on every document."""
        match formula:
            case Truth(value):
                return value is truth
            case Not(arg):
                return self.proves(arg, not truth, reading)
            case And(args):
                proofs = (self.proves(arg, truth, reading) for arg in args)
                return all(proofs) if truth else any(proofs)
            case Or(args):
                proofs = (self.proves(arg, truth, reading) for arg in args)
                return any(proofs) if truth else all(proofs)
            case DualReading(decisive, literal):
                return self.proves(decisive, truth, reading) and (reading is Reading.ELASTICSEARCH or self.proves(literal, truth, reading))
            case Exists() | Atom() | Predicate():
                return self._leaf(formula, truth, reading)

    def _leaf(self, leaf: Leaf, truth: bool, reading: Reading) -> bool:
        # All documents have the same fields, also below an object.
        if isinstance(leaf, Exists) or not self._varies(leaf):
            return self.leaves.truth(leaf, reading, self.flat) is truth
        if not isinstance(leaf, Atom) or not isinstance(leaf.test, _LOCAL) or leaf.field.type.name == "flattened":
            return False
        column = self.columns.get(leaf.field.stored, ())
        if truth:
            return any(self.sets.passes(leaf.field, leaf.test, part) is True for part in column)
        return bool(column) and all(self.sets.passes(leaf.field, leaf.test, part) is False for part in column)

    def _varies(self, leaf: Leaf) -> bool:
        """Whether a leaf depends on values that vary between documents."""
        if isinstance(leaf, Atom) and not isinstance(leaf.test, _LOCAL):
            return bool(self.columns)
        names = [spec.stored for spec in term_fields(leaf.term)] if isinstance(leaf, Predicate) else [leaf.field.stored]
        return any(name in self.columns or any(other.startswith(f"{name}.") for other in self.columns) for name in names)


_LOCAL = (Like, Matches, Lexical, LengthIn, Within, PhraseMatch)
"""Tests that depend only on one value of their field."""
