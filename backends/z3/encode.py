"""The Z3 formulas of a set of goals.

Every literal of a normal form is switched by an assumption of its own, so that an unsatisfiable core is a
set of literals, and dropping a literal is not assuming it.

A field that holds one value is one variable and its presence. A field that may hold several gets one value
per literal that wants one: more are never needed, and a refusal speaks of all of them. What cannot be encoded
is left free. The encoding therefore allows more than the matcher does, never less: unsatisfiable is a proof,
and a model a proposal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import z3

from ...compiler.analysis import tokens
from ...compiler.field_types import Kind
from ...compiler.ir import (
    Atom,
    Elsewhere,
    Exists,
    Holds,
    Inside,
    Interval,
    Lexical,
    Like,
    Matches,
    Not,
    Pattern,
    Sized,
    Test,
    Truth,
    Within,
    Words,
    term_fields,
)
from ...compiler.normalise import All, Any, Literal, Normal, Preferred, normalise
from ...compiler.precision import scaling_factor, stored
from ...compiler.regexp_parser import parse_regexp
from ...compiler.schema import FieldSpec
from ...compiler.stream import TIMESTAMP
from ...compiler.values import MAX_ADDRESS, VERSION_SYNTAX, is_version, version_key
from .strings import Languages, NotEncodable, read_string, string_value
from .terms import Encoded, encode_term

CellName = tuple[int, str]
NameOf = Callable[[int, str], CellName]

_VERSIONS = parse_regexp(VERSION_SYNTAX)
_NUMERIC = {Kind.INTEGER, Kind.IP, Kind.DATE, Kind.BOOLEAN}


@dataclass(slots=True)
class CellVariables:
    """The variables of a cell.

    ``slots`` pairs the condition under which a value is there with the value; a single-valued cell has one, its presence.
    ``words`` stands for the analysed text of a value: its tokens, each after a space.
    """

    name: CellName
    spec: FieldSpec
    several: bool
    languages: Languages
    slots: list[tuple[z3.BoolRef, z3.ExprRef, z3.SeqRef]] = field(default_factory=list)


class Encoding:
    """The formulas of goals, in a context of their own.

    Args:
        goals: pairs of an event's number and the normal form that must hold of it.
        name_of: the cell that holds a field of an event.
        required: cells that must have a value (join keys).
        pinned: the only values of cells, as numbers and texts; a cell that is not named has none. None leaves all cells open.

    Attributes:
        formulas: what must hold, given the assumptions.
        assumptions: by the assumption's name, the event and the literal it switches.
        unencoded: why some literals were left free.
    """

    def __init__(
        self,
        goals: Iterable[tuple[int, Normal]],
        name_of: NameOf,
        required: Iterable[tuple[CellName, FieldSpec]],
        pinned: Mapping[CellName, Sequence[str | int | float]] | None = None,
    ) -> None:
        self.ctx = z3.Context()
        self.name_of = name_of
        self.formulas: list[z3.BoolRef] = []
        self.assumptions: dict[str, tuple[int, Literal]] = {}
        self.unencoded: list[str] = []
        self.cells: dict[CellName, CellVariables] = {}
        goals = list(goals)
        self._literals = [(event, literal) for event, normal in goals for literal in _literals(normal)]
        self._lowered = self._lowerable()
        self._variables = 0
        self._pinned = pinned is not None
        self._versions: set[str] = set()
        self._placed: set[int] = set()
        self._switches: list[tuple[int, Literal, z3.BoolRef]] = []
        self._objects: dict[CellName, list[tuple[z3.BoolRef, int]]] = {}
        self._encoded = [self._literal(event, literal) for event, literal in self._literals]
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
        self._order_versions()

    def order(self, times: Sequence[CellName], maxspan: int | None) -> None:
        """Say of the times of a sequence's events that none is earlier than the one before, and how far apart they may be."""
        known = [self.cells[name].slots[0][1] for name in times if name in self.cells]
        for earlier, later in pairwise(known):
            self.formulas.append(later >= earlier)
        if maxspan is not None and len(known) > 1:
            self.formulas.append(known[-1] - known[0] <= maxspan)

    # -- structure ---------------------------------------------------------------------------------

    def _formula(self, event: int, normal: Normal, position: Iterator[int]) -> z3.BoolRef:
        match normal:
            case All(args):
                return self._every([self._formula(event, arg, position) for arg in args])
            case Any(args):
                return self._any([self._formula(event, arg, position) for arg in args])
            case Preferred(decisive, _):
                return self._formula(event, decisive, position)
            case Literal():
                at = next(position)
                name = f"a{at}"
                self.assumptions[name] = (event, normal)
                return z3.Or(z3.Not(z3.Bool(name, self.ctx)), self._encoded[at])

    def _lowerable(self) -> set[CellName]:
        """Cells whose every test folds case: their texts can be taken as lower-cased."""
        lowered: set[CellName] = set()
        cased: set[CellName] = set()
        for event, literal in self._literals:
            match literal.leaf:
                case Atom(spec, Like(patterns)):
                    name = self.name_of(event, spec.stored)
                    (lowered if all(pattern.fold for pattern in patterns) else cased).add(name)
                case Atom(spec, Matches() | Lexical()):
                    cased.add(self.name_of(event, spec.stored))
                case Holds(term):
                    cased |= {self.name_of(event, spec.stored) for spec in term_fields(term)}
        return lowered - cased

    # -- cells -------------------------------------------------------------------------------------

    def _cell(self, name: CellName, spec: FieldSpec) -> CellVariables:
        cell = self.cells.get(name)
        if cell is None:
            cell = CellVariables(name, spec, spec.several, Languages(self.ctx, name in self._lowered))
            self.cells[name] = cell
            if not spec.several:
                there, _, _ = self._slot(cell)
                if spec.stored == TIMESTAMP:
                    # No event comes without its time.
                    self.formulas.append(there)
        return cell

    def _slot(self, cell: CellVariables) -> tuple[z3.BoolRef, z3.ExprRef, z3.SeqRef]:
        """One more value of a cell."""
        self._variables += 1
        suffix = f"{cell.name[1]} {cell.name[0]} {self._variables}"
        there = z3.Bool(f"there {suffix}", self.ctx)
        words = z3.String(f"words {suffix}", self.ctx)
        value: z3.ExprRef
        kind = cell.spec.type.kind
        if kind in _NUMERIC:
            value = z3.Int(f"value {suffix}", self.ctx)
            self._bound(value, cell.spec)
        elif kind is Kind.FLOAT:
            value = z3.Real(f"value {suffix}", self.ctx)
            self._bound(value, cell.spec)
            if (factor := scaling_factor(cell.spec)) is not None:
                self.formulas.append(value * self._number(factor) == z3.ToReal(z3.Int(f"scaled {suffix}", self.ctx)))
        else:
            value = z3.String(f"value {suffix}", self.ctx)
        cell.slots.append((there, value, words))
        return cell.slots[-1]

    def _bound(self, value: z3.ArithRef, spec: FieldSpec) -> None:
        low, high = {Kind.IP: (0, MAX_ADDRESS), Kind.BOOLEAN: (0, 1)}.get(spec.type.kind, (spec.type.lowest, spec.type.highest))
        if low is not None:
            self.formulas.append(value >= self._number(low))
        if high is not None:
            self.formulas.append(value <= self._number(high))

    def _number(self, value: int | float) -> z3.ArithRef:
        if value in (math.inf, -math.inf):
            # A bound that rounding took out of its type; beyond all that any type holds.
            return z3.RealVal(int(math.copysign(1, value)) * 10**400, self.ctx)
        return z3.IntVal(value, self.ctx) if isinstance(value, int) else z3.RealVal(repr(value), self.ctx)

    def _pin(self, pinned: Mapping[CellName, Sequence[str | int | float]]) -> None:
        """Give the cells the values of a document and no others."""
        for name, cell in self.cells.items():
            values = pinned.get(name, ())
            wanted = list(cell.slots)
            for there, value, words in wanted:
                same = [self._is(cell, value, words, constant) for constant in values]
                self.formulas.append(z3.Implies(there, self._any(same)))
            if not cell.several:
                self.formulas.append(wanted[0][0] if values else z3.Not(wanted[0][0]))
                continue
            for constant in values:
                there, value, words = self._slot(cell)
                self.formulas.append(z3.And(there, self._is(cell, value, words, constant)))

    def _is(self, cell: CellVariables, value: z3.ExprRef, words: z3.SeqRef, constant: str | int | float) -> z3.BoolRef:
        if not isinstance(constant, str):
            return value == self._number(stored(cell.spec, constant))
        if cell.spec.kind is Kind.VERSION:
            self._versions.add(constant)
        text = "".join(char.lower() if char.isascii() else char for char in constant) if cell.languages.lowered else constant
        analysed = " " + "".join(f"{word} " for word in tokens(constant))
        return z3.And(value == string_value(text, self.ctx), words == string_value(analysed, self.ctx))

    # -- literals ----------------------------------------------------------------------------------

    def _literal(self, event: int, literal: Literal) -> z3.BoolRef:
        """What a literal means; refusals of cells with several values are completed by :meth:`_refuse_all`."""
        leaf = literal.leaf
        if isinstance(leaf, Truth):
            return z3.BoolVal(leaf.value == literal.positive, self.ctx)
        try:
            if isinstance(leaf, Holds):
                return self._holds(event, leaf, literal.positive)
            cell = self._cell(self.name_of(event, leaf.field.stored), leaf.field)
            if isinstance(leaf, Atom) and isinstance(leaf.test, Inside):
                return self._inside(event, leaf.test, literal)
            if cell.several:
                return self._several(event, cell, literal)
            there, value, words = cell.slots[0]
            if isinstance(leaf, Exists):
                return there if literal.positive else z3.Not(there)
            passes = self._test(cell, leaf.test, value, words)
            return z3.And(there, passes) if literal.positive else z3.Or(z3.Not(there), z3.Not(passes))
        except NotEncodable as reason:
            return self._free(str(reason))

    def _free(self, reason: str) -> z3.BoolRef:
        self.unencoded.append(reason)
        self._variables += 1
        return z3.Bool(f"free {self._variables}", self.ctx)

    def _several(self, event: int, cell: CellVariables, literal: Literal) -> z3.BoolRef:
        leaf = literal.leaf
        assert isinstance(leaf, Atom | Exists)
        if not literal.positive:
            return self._refused(event, literal)
        there, value, words = self._slot(cell)
        if isinstance(leaf, Atom):
            self.formulas.append(z3.Implies(there, self._test(cell, leaf.test, value, words)))
        return there

    def _refused(self, event: int, literal: Literal) -> z3.BoolRef:
        """A switch for a refusal, whose meaning is completed once all values of its cell are known."""
        self._variables += 1
        switch = z3.Bool(f"refused {self._variables}", self.ctx)
        self._switches.append((event, literal, switch))
        return switch

    def _refuse_all(self) -> None:
        """A refused test of a cell with several values is failed by each of them."""
        for event, literal, switch in self._switches:
            leaf = literal.leaf
            if not isinstance(leaf, Atom | Exists) or (isinstance(leaf, Atom) and isinstance(leaf.test, Inside)):
                continue
            cell = self.cells[self.name_of(event, leaf.field.stored)]
            try:
                for there, value, words in cell.slots:
                    fails = z3.Not(self._test(cell, leaf.test, value, words)) if isinstance(leaf, Atom) else z3.BoolVal(False, self.ctx)
                    self.formulas.append(z3.Implies(z3.And(switch, there), fails))
            except NotEncodable as reason:
                self.unencoded.append(str(reason))

    # -- nested objects ----------------------------------------------------------------------------

    def _inside(self, event: int, test: Inside, literal: Literal) -> z3.BoolRef:
        """A condition on one nested object. Each that is wanted gets an object of its own: a number that stands in for an event's."""
        if self._pinned:
            raise NotEncodable("conditions inside a nested object of a given document")
        if not literal.positive:
            return self._refused(event, literal)
        assert isinstance(literal.leaf, Atom)
        cell = self._cell(self.name_of(event, literal.leaf.field.stored), literal.leaf.field)
        there, _, _ = self._slot(cell)
        number = -self._variables
        self._objects.setdefault(cell.name, []).append((there, number))
        self.formulas.append(z3.Implies(there, self._object(number, normalise(test.formula))))
        return there

    def _object(self, number: int, normal: Normal) -> z3.BoolRef:
        match normal:
            case All(args):
                return self._every([self._object(number, arg) for arg in args])
            case Any(args):
                return self._any([self._object(number, arg) for arg in args])
            case Preferred(decisive, _):
                return self._object(number, decisive)
            case Literal():
                return self._literal(number, normal)

    def _refuse_inside(self) -> None:
        """A refused condition on nested objects holds of none of them; a refusal may itself want objects further inside."""
        done: set[tuple[int, int]] = set()
        found = True
        while found:
            found = False
            for at, (event, literal, switch) in enumerate(list(self._switches)):
                if not isinstance(literal.leaf, Atom) or not isinstance(literal.leaf.test, Inside):
                    continue
                for there, number in list(self._objects.get(self.name_of(event, literal.leaf.field.stored), [])):
                    if (at, number) not in done:
                        done.add((at, number))
                        found = True
                        fails = self._object(number, normalise(Not(literal.leaf.test.formula)))
                        self.formulas.append(z3.Implies(z3.And(switch, there), fails))

    def _holds(self, event: int, leaf: Holds, positive: bool) -> z3.BoolRef:
        def field_value(spec: FieldSpec) -> Encoded:
            cell = self._cell(self.name_of(event, spec.stored), spec)
            if cell.several or spec.type.kind in (Kind.TEXT, Kind.FLOAT):
                raise NotEncodable(f"a function of `{spec.name}`, which may hold several values")
            there, value, _ = cell.slots[0]
            if spec.type.kind is Kind.BOOLEAN:
                value = value == 1
            return Encoded(value, there, spec.type.kind is Kind.IP)

        encoded = encode_term(leaf.term, field_value, self.ctx)
        if not z3.is_bool(encoded.value):
            raise NotEncodable("a condition that is not true or false")
        truth = z3.And(encoded.defined, encoded.value)
        return truth if positive else z3.Not(truth)

    # -- tests -------------------------------------------------------------------------------------

    def _test(self, cell: CellVariables, test: Test, value: z3.ExprRef, words: z3.SeqRef) -> z3.BoolRef:
        match test:
            case Within(intervals):
                return self._any([self._within(value, interval) for interval in intervals])
            case Words(phrases):
                gap, rest = self._between_words(cell.languages)
                return self._any(
                    [
                        z3.InRe(words, _framed(cell.languages, gap, [cell.languages.pattern(p, *rest) for p in phrase.tokens]))
                        for phrase in phrases
                    ]
                )
        if isinstance(test, Elsewhere):
            raise NotEncodable("a value of any other field")
        if not z3.is_string(value):
            raise NotEncodable(f"this test of `{cell.spec.name}`")
        match test:
            case Like(patterns):
                return self._any([self._like(cell, value, pattern) for pattern in patterns])
            case Matches(regexps):
                return self._any([z3.InRe(value, cell.languages.node(regexp.node)) for regexp in regexps])
            case Sized(interval):
                return self._within(z3.Length(value), interval)
            case Lexical(words=True):
                raise NotEncodable(f"an order of the words of `{cell.spec.name}`")
            case Lexical(low, high, low_open, high_open) if cell.spec.kind is Kind.VERSION:
                self._place(cell.languages, value)
                parts = []
                if low is not None:
                    parts.append(self._rank(low) < self._rank(value) if low_open else self._rank(low) <= self._rank(value))
                if high is not None:
                    parts.append(self._rank(value) < self._rank(high) if high_open else self._rank(value) <= self._rank(high))
                return self._every(parts)
            case Lexical(low, high, low_open, high_open):
                parts = []
                if low is not None:
                    bound = string_value(low, self.ctx)
                    parts.append(bound < value if low_open else bound <= value)
                if high is not None:
                    bound = string_value(high, self.ctx)
                    parts.append(value < bound if high_open else value <= bound)
                return self._every(parts)

    def _like(self, cell: CellVariables, value: z3.SeqRef, pattern: Pattern) -> z3.BoolRef:
        literal = pattern.literal
        if literal is not None and (not pattern.fold or cell.languages.lowered):
            text = literal if not pattern.fold else "".join(char.lower() if char.isascii() else char for char in literal)
            if cell.spec.kind is Kind.VERSION:
                self._versions.add(text)
            return value == string_value(text, self.ctx)
        return z3.InRe(value, cell.languages.pattern(pattern))

    def _rank(self, version: str | z3.SeqRef) -> z3.ArithRef:
        """A number that orders versions. Of which ones it is known what they are, :meth:`_order_versions` says how they are ordered."""
        if isinstance(version, str):
            self._versions.add(version)
            version = string_value(version, self.ctx)
        rank = z3.Function("rank of version", z3.StringSort(self.ctx), z3.IntSort(self.ctx))
        return rank(version)

    def _place(self, languages: Languages, value: z3.SeqRef) -> None:
        """That what is no version comes after all that are."""
        if value.get_id() not in self._placed:
            self._placed.add(value.get_id())
            self.formulas.append(z3.InRe(value, languages.node(_VERSIONS.node)) == (self._rank(value) < 0))

    def _order_versions(self) -> None:
        ordered = sorted(self._versions, key=lambda text: (version_key(text), text))
        for text in ordered:
            rank = self._rank(text)
            self.formulas.append(rank < 0 if is_version(text) else rank >= 0)
        for before, after in pairwise(ordered):
            low, high = self._rank(before), self._rank(after)
            self.formulas.append(low == high if version_key(before) == version_key(after) else low < high)

    def _between_words(self, languages: Languages) -> tuple[z3.ReRef, tuple[z3.ReRef, z3.ReRef]]:
        """Anything, and what a wildcard stands for inside one word."""
        space = z3.Re(z3.StringVal(" ", self.ctx), self.ctx)
        inside = z3.Intersect(languages.any_char, z3.Complement(space))
        return languages.anything, (z3.Star(inside), inside)

    def _within(self, value: z3.ArithRef, interval: Interval) -> z3.BoolRef:
        parts = []
        if interval.low is not None:
            low = self._number(interval.low)
            parts.append(value > low if interval.low_open else value >= low)
        if interval.high is not None:
            high = self._number(interval.high)
            parts.append(value < high if interval.high_open else value <= high)
        return self._every(parts)

    def _every(self, parts: list[z3.BoolRef]) -> z3.BoolRef:
        return z3.And(*parts) if parts else z3.BoolVal(True, self.ctx)

    def _any(self, parts: list[z3.BoolRef]) -> z3.BoolRef:
        return parts[0] if len(parts) == 1 else z3.Or(*parts) if parts else z3.BoolVal(False, self.ctx)

    # -- models ------------------------------------------------------------------------------------

    def values(self, model: z3.ModelRef) -> dict[CellName, list[str | int | float]]:
        """The values of the cells in a model, as numbers and texts.

        Those of a nested field are numbers that stand for its objects: the cells of an object are named by it instead of an event.
        """
        found: dict[CellName, list[str | int | float]] = {}
        for name, cell in self.cells.items():
            if cell.spec.kind is Kind.NESTED:
                found[name] = [number for there, number in self._objects.get(name, []) if z3.is_true(model.eval(there))]
                continue
            kept = [_constant(model.eval(value, model_completion=True)) for there, value, _ in cell.slots if z3.is_true(model.eval(there))]
            found[name] = list(dict.fromkeys(kept))
        return found


def _framed(languages: Languages, gap: z3.ReRef, words: list[z3.ReRef]) -> z3.ReRef:
    """Words next to each other somewhere in a text in which every word has a space on both sides."""
    space = z3.Re(z3.StringVal(" ", languages.ctx), languages.ctx)
    parts = [gap, space]
    for word in words:
        parts += [word, space]
    return languages.joined([*parts, gap])


def _constant(value: z3.ExprRef) -> str | int | float:
    if z3.is_string_value(value):
        return read_string(value)
    if z3.is_int_value(value):
        return int(value.as_long())
    return float(value.as_fraction())


def _literals(normal: Normal) -> Iterable[Literal]:
    """The literals in the order in which formulas are built."""
    match normal:
        case Literal():
            yield normal
        case All(args) | Any(args):
            for arg in args:
                yield from _literals(arg)
        case Preferred(decisive, _):
            yield from _literals(decisive)
