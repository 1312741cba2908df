"""Encoding goals as Z3 formulas.

Every literal of a normal form has its own assumption, so that an unsatisfiable core is a set of literals, and
dropping a literal means not assuming it.

A single-valued field is a variable and a presence flag. A field that may hold several values gets one variable per
positive literal: more are never needed, and a negative literal ranges over all of them. A literal that cannot be
encoded is left unconstrained. The encoding is therefore an over-approximation: unsatisfiable is a proof, and a model
is a proposal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, product

import z3

from ...compiler.ir.formula import Atom, Exists, Leaf, NestedMatch, Not, Predicate, Truth, term_fields
from ...compiler.normal_form.nnf import Conj, Disj, Lit, Normal, Preferred, normalise
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.match_stream import TIMESTAMP
from ...compiler.values.functions import ArgumentType
from ...compiler.values.kinds import domain_of, values_of
from ...compiler.values.stored_numbers import scaling_factor, stored
from ...compiler.values.text_analysis import analyzer_of
from .encode_cells import CellName, CellVariables, NameOf, Slot, constant_of, is_unencoded, literals_in, lowerable, of_objects
from .encode_strings import Languages, NotEncodable, lowered, string_value
from .encode_terms import Encoded, encode_term
from .encode_tests import ValueTests

_MOST_COMBINATIONS = 200
"""The maximum number of combinations of values for which a negated term is encoded."""


class Encoding:
    """The Z3 encoding of goals, in its own context.

    Args:
        goals: pairs of an event's number and the normal form that must hold of it.
        name_of: the cell that holds a field of an event.
        required: cells that must have a value (join keys).
        shared: groups of cells that have a value in common.
        pinned: the exact values of cells, as numbers and strings; a cell that is not listed is missing. None leaves all cells open.

    Attributes:
        formulas: the assertions, given the assumptions.
        assumptions: maps the name of an assumption to its event and literal.
        unencoded: why some literals were left unconstrained.
    """

    def __init__(
        self,
        goals: Iterable[tuple[int, Normal]],
        name_of: NameOf,
        required: Iterable[tuple[CellName, FieldSpec]],
        pinned: Mapping[CellName, Sequence[str | int | float]] | None = None,
        shared: Iterable[Sequence[tuple[CellName, FieldSpec]]] = (),
    ) -> None:
        self.ctx = z3.Context()
        self.name_of = name_of
        self.formulas: list[z3.BoolRef] = []
        self.assumptions: dict[str, tuple[int, Lit]] = {}
        self.unencoded: list[str] = []
        self.cells: dict[CellName, CellVariables] = {}
        self._outer: dict[int, tuple[int, str]] = {}
        goals = list(goals)
        self._literals = [(event, literal) for event, normal in goals for literal in literals_in(normal)]
        self._lowered = lowerable(self._literals, self._name)
        self._variables = 0
        self._pinned = pinned is not None
        self._tests = ValueTests(self.ctx, self.formulas)
        self._switches: list[tuple[int, Lit, z3.BoolRef]] = []
        self._unknown: dict[tuple[int, Leaf | Truth], int] = {}
        self._objects: dict[CellName, list[tuple[z3.BoolRef, int]]] = {}
        self._encoded = [self._literal(event, literal) for event, literal in self._literals]
        for holders in shared:
            self._share(holders)
        if pinned is not None:
            self._pin(pinned)
        self._refuse_inside()
        self._refuse_all()
        for name, spec in required:
            cell = self._cell(name, spec)
            self.formulas.append(z3.Or(*(there for there, _, _ in cell.slots)) if not cell.several else self._slot(cell)[0])
        position = iter(range(len(self._literals)))
        for event, normal in goals:
            self.formulas.append(self._formula(event, normal, position))
        self._tests.order_versions()

    def order(self, times: Sequence[CellName], maxspan: int | None) -> None:
        """Asserts that the timestamps of a sequence's events do not decrease and lie within ``maxspan``."""
        known = [self.cells[name].slots[0][1] for name in times if name in self.cells]
        for earlier, later in pairwise(known):
            self.formulas.append(later >= earlier)
        if maxspan is not None and len(known) > 1:
            self.formulas.append(known[-1] - known[0] <= maxspan)

    # -- structure ---------------------------------------------------------------------------------

    def _formula(self, event: int, normal: Normal, position: Iterator[int]) -> z3.BoolRef:
        match normal:
            case Conj(args):
                return self._tests.every([self._formula(event, arg, position) for arg in args])
            case Disj(args):
                return self._tests.any([self._formula(event, arg, position) for arg in args])
            case Preferred(decisive, _):
                return self._formula(event, decisive, position)
            case Lit():
                at = next(position)
                name = f"a{at}"
                self.assumptions[name] = (event, normal)
                return z3.Or(z3.Not(z3.Bool(name, self.ctx)), self._encoded[at])

    # -- cells -------------------------------------------------------------------------------------

    def _cell(self, name: CellName, spec: FieldSpec) -> CellVariables:
        cell = self.cells.get(name)
        if cell is None:
            cell = CellVariables(name, spec, spec.several, Languages(self.ctx, name in self._lowered))
            self.cells[name] = cell
            if not spec.several:
                there, _, _ = self._slot(cell)
                if spec.stored == TIMESTAMP:
                    # Every event has a timestamp.
                    self.formulas.append(there)
        return cell

    def _slot(self, cell: CellVariables) -> Slot:
        """Adds a value to a cell."""
        self._variables += 1
        suffix = f"{cell.name[1]} {cell.name[0]} {self._variables}"
        there = z3.Bool(f"there {suffix}", self.ctx)
        words = z3.String(f"words {suffix}", self.ctx)
        value: z3.ExprRef
        traits = cell.spec.kind.traits
        if traits.whole_numbers:
            value = z3.Int(f"value {suffix}", self.ctx)
            self._bound(value, cell.spec)
        elif traits.ordered:
            value = z3.Real(f"value {suffix}", self.ctx)
            self._bound(value, cell.spec)
            if (factor := scaling_factor(cell.spec)) is not None:
                self.formulas.append(value * self._tests.number(factor) == z3.ToReal(z3.Int(f"scaled {suffix}", self.ctx)))
        else:
            value = z3.String(f"value {suffix}", self.ctx)
        cell.slots.append((there, value, words))
        return cell.slots[-1]

    def _share(self, holders: Sequence[tuple[CellName, FieldSpec]]) -> None:
        """Asserts that cells have a value in common; of values that are encoded differently, only that each cell has one."""
        values: list[z3.ExprRef] = []
        for name, spec in holders:
            cell = self._cell(name, spec)
            there, value, _ = self._slot(cell) if cell.several else cell.slots[0]
            self.formulas.append(there)
            values.append(value)
        plain = not any(self.cells[name].languages.lowered for name, _ in holders)
        if plain and all(value.sort() == values[0].sort() for value in values):
            self.formulas += [value == values[0] for value in values[1:]]

    def _bound(self, value: z3.ArithRef, spec: FieldSpec) -> None:
        domain = domain_of(spec)
        low, high = domain.low, domain.high
        if low is not None:
            self.formulas.append(value >= self._tests.number(low))
        if high is not None:
            self.formulas.append(value <= self._tests.number(high))

    def _pin(self, pinned: Mapping[CellName, Sequence[str | int | float]]) -> None:
        """Asserts that the cells have exactly the values of a document."""
        for name, cell in self.cells.items():
            if name[0] in self._outer:
                continue
            values = pinned.get(name, ())
            slots = list(cell.slots)
            for there, value, words in slots:
                same = [self._is(cell, value, words, constant) for constant in values]
                self.formulas.append(z3.Implies(there, self._tests.any(same)))
            if not cell.several:
                self.formulas.append(slots[0][0] if values else z3.Not(slots[0][0]))
                continue
            for constant in values:
                there, value, words = self._slot(cell)
                self.formulas.append(z3.And(there, self._is(cell, value, words, constant)))

    def _is(self, cell: CellVariables, value: z3.ExprRef, words: z3.SeqRef, constant: str | int | float) -> z3.BoolRef:
        if not isinstance(constant, str):
            return value == self._tests.number(stored(cell.spec, constant), scaling_factor(cell.spec) is None)
        if cell.spec.kind.traits.precedence:
            self._tests.versions.add(constant)
        text = lowered(constant) if cell.languages.lowered else constant
        analysed = " " + "".join(f"{word} " for word in analyzer_of(cell.spec.analyzer).words(constant))
        return z3.And(value == string_value(text, self.ctx), words == string_value(analysed, self.ctx))

    # -- literals ----------------------------------------------------------------------------------

    def _literal(self, event: int, literal: Lit) -> z3.BoolRef:
        """Encodes a literal; :meth:`_refuse_all` completes negative literals on multi-valued cells."""
        leaf = literal.leaf
        if isinstance(leaf, Truth):
            return z3.BoolVal(leaf.value == literal.positive, self.ctx)
        try:
            if isinstance(leaf, Predicate):
                if not literal.positive and self._lists_of(event, leaf):
                    return self._refused(event, literal)
                return self._holds(event, leaf, literal.positive)
            cell = self._cell(self._name(event, leaf.field.stored), leaf.field)
            if isinstance(leaf, Atom) and isinstance(leaf.test, NestedMatch) and leaf.field.kind.traits.nested:
                return self._inside(event, leaf.test, literal)
            if cell.several:
                return self._several(event, cell, literal)
            there, value, words = cell.slots[0]
            if isinstance(leaf, Exists):
                return there if literal.positive else z3.Not(there)
            passes = self._passes(event, cell, leaf, value, words)
            return z3.And(there, passes) if literal.positive else z3.Or(z3.Not(there), z3.Not(passes))
        except NotEncodable as reason:
            return self._free(event, literal, str(reason))

    def _passes(self, event: int, cell: CellVariables, atom: Atom, value: z3.ExprRef, words: z3.SeqRef) -> z3.BoolRef:
        if isinstance(atom.test, NestedMatch):
            return self._object(self._one_value(event, cell, value, words), normalise(atom.test.formula))
        return self._tests.encode(cell.spec, cell.languages, atom.test, value, words)

    def _fails(self, event: int, cell: CellVariables, atom: Atom, value: z3.ExprRef, words: z3.SeqRef) -> z3.BoolRef:
        if isinstance(atom.test, NestedMatch):
            return self._object(self._one_value(event, cell, value, words), normalise(Not(atom.test.formula)))
        return z3.Not(self._passes(event, cell, atom, value, words))

    def _one_value(self, event: int, cell: CellVariables, value: z3.ExprRef, words: z3.SeqRef) -> int:
        """Makes a cell of one of a cell's values alone, and returns the number that takes the place of the event's in its name."""
        self._variables += 1
        number = -self._variables
        name, spec = (number, cell.spec.stored), replace(cell.spec, array=False, known=True)
        self.cells[name] = CellVariables(name, spec, False, cell.languages, [(z3.BoolVal(True, self.ctx), value, words)])
        self._outer[number] = (event, cell.spec.stored)
        return number

    def _name(self, event: int, field: str) -> CellName:
        """The cell that holds a field: of an event, or of an object or a value inside it, around which the fields are the event's."""
        while event in self._outer:
            around, path = self._outer[event]
            if field == path or field.startswith(f"{path}."):
                return event, field
            event = around
        return self.name_of(event, field)

    def _free(self, event: int, literal: Lit, reason: str) -> z3.BoolRef:
        """Leaves a literal unconstrained, except that the same condition on the same event is true or false everywhere."""
        self.unencoded.append(reason)
        number = self._unknown.setdefault((event, literal.leaf), len(self._unknown))
        truth = z3.Bool(f"free {number}", self.ctx)
        return truth if literal.positive else z3.Not(truth)

    def _several(self, event: int, cell: CellVariables, literal: Lit) -> z3.BoolRef:
        leaf = literal.leaf
        assert isinstance(leaf, Atom | Exists)
        if not literal.positive:
            return self._refused(event, literal)
        there, value, words = self._slot(cell)
        if isinstance(leaf, Atom):
            self.formulas.append(z3.Implies(there, self._passes(event, cell, leaf, value, words)))
        return there

    def _refused(self, event: int, literal: Lit) -> z3.BoolRef:
        """Returns a variable for a negative literal, defined once all values of its cell are known."""
        self._variables += 1
        switch = z3.Bool(f"refused {self._variables}", self.ctx)
        self._switches.append((event, literal, switch))
        return switch

    def _refuse_all(self) -> None:
        """Asserts that every value of a multi-valued cell fails the tests of its negative literals."""
        for event, literal, switch in self._switches:
            leaf = literal.leaf
            if isinstance(leaf, Predicate):
                self._refuse_term(event, leaf, switch)
            if not isinstance(leaf, Atom | Exists) or of_objects(literal):
                continue
            cell = self.cells[self._name(event, leaf.field.stored)]
            try:
                for there, value, words in cell.slots:
                    fails = self._fails(event, cell, leaf, value, words) if isinstance(leaf, Atom) else z3.BoolVal(False, self.ctx)
                    self.formulas.append(z3.Implies(z3.And(switch, there), fails))
            except NotEncodable as reason:
                self.unencoded.append(str(reason))

    def _lists_of(self, event: int, leaf: Predicate) -> list[CellVariables]:
        """Returns the cells of several values that a term names, once for each place."""
        cells = [self._cell(self._name(event, spec.stored), spec) for spec in term_fields(leaf.term)]
        return [cell for cell in cells if cell.several]

    def _refuse_term(self, event: int, leaf: Predicate, switch: z3.BoolRef) -> None:
        """Asserts that a term is true for no combination of the values of its fields."""
        lists = [cell.slots for cell in self._lists_of(event, leaf)]
        if math.prod(map(len, lists)) > _MOST_COMBINATIONS:
            self.unencoded.append("a function of too many values")
            return
        try:
            for chosen in product(*lists):
                fails = self._holds(event, leaf, False, iter(chosen))
                self.formulas.append(z3.Implies(z3.And(switch, *(there for there, _, _ in chosen)), fails))
        except NotEncodable as reason:
            self.unencoded.append(str(reason))

    # -- nested objects ----------------------------------------------------------------------------

    def _inside(self, event: int, test: NestedMatch, literal: Lit) -> z3.BoolRef:
        """Encodes a condition on a nested object. Each positive one gets its own object, whose number takes the place of an event's."""
        if self._pinned:
            raise NotEncodable("conditions inside a nested object of a given document")
        if not literal.positive:
            return self._refused(event, literal)
        assert isinstance(literal.leaf, Atom)
        cell = self._cell(self._name(event, literal.leaf.field.stored), literal.leaf.field)
        there, _, _ = self._slot(cell)
        number = -self._variables
        self._outer[number] = (event, literal.leaf.field.stored)
        self._objects.setdefault(cell.name, []).append((there, number))
        self.formulas.append(z3.Implies(there, self._object(number, normalise(test.formula))))
        return there

    def _object(self, number: int, normal: Normal) -> z3.BoolRef:
        match normal:
            case Conj(args):
                return self._tests.every([self._object(number, arg) for arg in args])
            case Disj(args):
                return self._tests.any([self._object(number, arg) for arg in args])
            case Preferred(decisive, _):
                return self._object(number, decisive)
            case Lit():
                return self._literal(number, normal)

    def _refuse_inside(self) -> None:
        """Asserts that no nested object satisfies a negated condition; doing so may add objects at a deeper level."""
        done: set[tuple[int, int]] = set()
        added = True
        while added:
            added = False
            for at, (event, literal, switch) in enumerate(list(self._switches)):
                if not isinstance(literal.leaf, Atom) or not isinstance(literal.leaf.test, NestedMatch) or not of_objects(literal):
                    continue
                for there, number in list(self._objects.get(self._name(event, literal.leaf.field.stored), [])):
                    if (at, number) not in done:
                        done.add((at, number))
                        added = True
                        fails = self._object(number, normalise(Not(literal.leaf.test.formula)))
                        self.formulas.append(z3.Implies(z3.And(switch, there), fails))

    def _holds(self, event: int, leaf: Predicate, positive: bool, chosen: Iterator[Slot] | None = None) -> z3.BoolRef:
        """Encodes that a term is true, or that it is not.

        Args:
            event: the number of the event.
            leaf: the term.
            positive: whether it is true.
            chosen: values for the places that name fields of several values, in order; by default new ones.
        """

        def field_value(spec: FieldSpec) -> Encoded:
            cell = self._cell(self._name(event, spec.stored), spec)
            if is_unencoded(spec):
                raise NotEncodable(f"a function of `{spec.name}`")
            # Each place that names a field of several values takes any of them.
            there, value, _ = next(chosen) if cell.several and chosen is not None else self._slot(cell) if cell.several else cell.slots[0]
            if values_of(spec).result is ArgumentType.BOOLEAN:
                value = value == 1
            return Encoded(value, there, values_of(spec).blocks)

        encoded = encode_term(leaf.term, field_value, self.ctx)
        if not z3.is_bool(encoded.value):
            raise NotEncodable("a condition that is not true or false")
        truth = z3.And(encoded.defined, encoded.value)
        return truth if positive else z3.Not(truth)

    # -- models ------------------------------------------------------------------------------------

    def printable(self, first: str) -> list[z3.BoolRef]:
        """Returns the condition that all strings consist of ASCII characters from `first` to the last printable one."""
        plain = z3.Star(z3.Range(first, "~", self.ctx))
        return [z3.InRe(value, plain) for cell in self.cells.values() for _, value, _ in cell.slots if z3.is_string(value)]

    def values(self, model: z3.ModelRef) -> dict[CellName, list[str | int | float]]:
        """Returns the values of the cells in a model, as numbers and strings.

        The values of a nested field are the numbers of its objects, which take the place of the event in the names of their cells.
        """
        by_cell: dict[CellName, list[str | int | float]] = {}
        for name, cell in self.cells.items():
            if cell.spec.kind.traits.nested:
                by_cell[name] = [number for there, number in self._objects.get(name, []) if z3.is_true(model.eval(there))]
                continue
            constants = [
                constant_of(model.eval(value, model_completion=True)) for there, value, _ in cell.slots if z3.is_true(model.eval(there))
            ]
            by_cell[name] = list(dict.fromkeys(constants))
        return by_cell
