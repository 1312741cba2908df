"""What a formula is on every document that a skeleton can give: proved from its leaves, part by part.

A leaf over one field is decided by that field's parts; a leaf over fields that do not vary, by the matcher on the one document
they make. Connectives are followed only as far as the outcome needs them, guided by nothing: what cannot be proved so is left
to the matcher, document by document.
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
    """Compiled leaves, kept by identity."""

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
    """Proves formulas of the documents that one event of a skeleton can be.

    Args:
        sets: decides tests on parts.
        leaves: decides leaves on documents.
        columns: by the name of a field, the parts of its values, if any of them varies.
        flat: one of the documents.
    """

    def __init__(self, sets: PreparedSets, leaves: Leaves, columns: Mapping[str, tuple[ValueSet, ...]], flat: Flat) -> None:
        self.sets = sets
        self.leaves = leaves
        self.columns = columns
        self.flat = flat

    def proves(self, formula: Formula, truth: bool, reading: Reading) -> bool:
        """Whether it is certain that a formula has this truth on every document."""
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
        # Fields are there or missing in all documents alike, and so is what lies below an object.
        if isinstance(leaf, Exists) or not self._varies(leaf):
            return self.leaves.truth(leaf, reading, self.flat) is truth
        if not isinstance(leaf, Atom) or not isinstance(leaf.test, _LOCAL) or leaf.field.type.name == "flattened":
            return False
        column = self.columns.get(leaf.field.stored, ())
        if truth:
            return any(self.sets.passes(leaf.field, leaf.test, part) is True for part in column)
        return bool(column) and all(self.sets.passes(leaf.field, leaf.test, part) is False for part in column)

    def _varies(self, leaf: Leaf) -> bool:
        """Whether a leaf looks at values that are not the same in all documents."""
        if isinstance(leaf, Atom) and not isinstance(leaf.test, _LOCAL):
            return bool(self.columns)
        names = [spec.stored for spec in term_fields(leaf.term)] if isinstance(leaf, Predicate) else [leaf.field.stored]
        return any(name in self.columns or any(other.startswith(f"{name}.") for other in self.columns) for name in names)


_LOCAL = (Like, Matches, Lexical, LengthIn, Within, PhraseMatch)
"""Tests that look at one value of the field that they are on, and at nothing else."""
