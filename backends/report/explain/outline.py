"""The outline of a program: for each event its mandatory conditions by field, with nested alternatives.

The normal form is kept as it is, never multiplied out, so an outline is no longer than its query. It is plain data for reports
and drawings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ....compiler.explain.constraint_text import constraint, entry_text, is_plain, shortened
from ....compiler.ir.formula import Atom, Exists, Predicate, Truth, entries, is_marker, term_fields
from ....compiler.ir.program import Program, Step
from ....compiler.normal_form.alternatives import Path, offers_entries, only_entries
from ....compiler.normal_form.nnf import Conj, Disj, Lit, Normal, Preferred, normalise
from ....compiler.semantics.match_group import Event, events_of, is_added
from ....grammar.span import Span
from ...decide.solve_program import Examined
from .match_text import heading, remarks, title

if TYPE_CHECKING:
    pass

_WRITTEN = 100
"""The maximum number of characters to quote of a condition in the query."""


class State(StrEnum):
    """The state of an alternative."""

    LIVE = "live"
    DEAD = "dead"
    UNDECIDED = "undecided"
    UNEXAMINED = "not examined"


NOTABLE = (State.DEAD, State.UNDECIDED)
"""The states that a reader looks for, which are shown before others."""


def sift(notable: Sequence[bool], most: int) -> tuple[list[int], list[int]]:
    """Choose which of many items to show, in their order, and which to omit; notable ones are preferred.

    A single omitted item is shown instead of a note that one is omitted.
    """
    ranked = sorted(range(len(notable)), key=lambda at: (not notable[at], at))
    shown = len(ranked) if len(ranked) <= most + 1 else most
    return sorted(ranked[:shown]), ranked[shown:]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list; ``state`` is None if the list is not one of alternatives."""

    text: str
    span: Span
    state: State | None = None
    redundant: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in the query.

    Attributes:
        written: its text in the query, or in the rule.
        negated: whether it is below a ``not`` that is not part of its own text.
        entries: the entries of a list of alternatives.
        redundant: whether it is redundant.
    """

    written: str
    span: Span
    negated: bool = False
    entries: tuple[Entry, ...] = ()
    redundant: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The conditions on one field in one block.

    Attributes:
        field: its name, or several joined by commas.
        type: the type of the field; empty for several.
        text: what values must satisfy.
        conditions: the conditions that say so.
        dead, idle: dead and redundant entries of its lists.
        redundant: whether all of it is redundant.
    """

    field: str
    type: str
    text: str
    conditions: tuple[Condition, ...]
    dead: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    redundant: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """One disjunct of a choice; ``state`` is None if the author does not offer it as an alternative."""

    block: Block
    span: Span
    state: State | None = None
    redundant: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A disjunction: at least one of the alternatives holds.

    Attributes:
        chosen: whether the author offers them as alternatives; otherwise they come from a negated conjunction.
        redundant: whether it is redundant.
    """

    alternatives: tuple[Alternative, ...]
    chosen: bool
    redundant: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A conjunction of lines and choices."""

    lines: tuple[Line, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """An event of a match.

    Attributes:
        title: its position and role.
        block: its conditions.
    """

    title: str
    block: Block


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a program.

    Attributes:
        heading: describes a match.
        items: its events.
        remarks: further requirements on a match.
    """

    heading: str
    items: tuple[Item, ...]
    remarks: tuple[str, ...] = ()


def outline(examined: Examined) -> Outline:
    """Build the outline of a program from its dead, undecided and redundant parts."""
    program = examined.program
    # There may be one normal form for several events of a match that are alike.
    events = events_of(program)[: len(examined.normals)]
    # Of a repeated item, only the last event may end the sequence.
    first = [number for number, event in enumerate(events) if event.kin is not None or event.step not in _steps(events[:number])]
    items = [_item(program, examined, events, number) for number in first]
    around = [(step.span.start, _absent(program, step, "no event in between")) for step in program.steps if step.missing]
    if program.until is not None:
        around.append((program.until.span.start, _absent(program, program.until, "ended by")))
    placed = [(program.steps[event.step].span.start, item) for event, item in items]
    ordered = tuple(item for _, item in sorted([*placed, *around], key=lambda entry: entry[0]))
    return Outline(heading(program), ordered, tuple(remarks(program)))


def _steps(events: Sequence[Event]) -> set[int]:
    """Returns the steps of the events, without those that only relations require."""
    return {event.step for event in events if event.kin is None}


def _item(program: Program, examined: Examined, events: Sequence[Event], number: int) -> tuple[Event, Item]:
    event = events[number]
    step = program.steps[event.step]
    dead, undecided, redundant = (places[number] if places else _NONE for places in (examined.dead, examined.undecided, examined.redundant))
    builder = _Builder(program, dead, undecided, redundant, examined.finished)
    normal = examined.normals[number]
    # `until` is listed once, not as a condition on every event; what a relation asks for, with the event that it finds.
    parts = [(at, arg) for at, arg in enumerate(normal.args)] if isinstance(normal, Conj) else [(None, normal)]
    remaining = [(at, arg) for at, arg in parts if not is_added(program, event, arg.span)]
    return event, Item(title(program, event, step), builder.block([((at,) if at is not None else (), arg) for at, arg in remaining]))


def _absent(program: Program, step: Step, title: str) -> Item:
    """Returns the item of an event that must be absent."""
    normal = normalise(step.formula)
    builder = _Builder(program, _NONE, _NONE, _NONE, False)
    keys = f", joined by {', '.join(key.field.name for key in step.keys)}" if step.keys else ""
    parts = [((at,), arg) for at, arg in enumerate(normal.args)] if isinstance(normal, Conj) else [((), normal)]
    return Item(f"{title}{keys}", builder.block(parts))


_Part = tuple[Path, Normal]

_NONE: frozenset[Path] = frozenset()

_ASIDE = -1
"""In a path: the node below is not an alternative of the author, and was not examined."""


class _Builder:
    """Builds blocks from the normal form of one event."""

    def __init__(
        self, program: Program, dead: frozenset[Path], undecided: frozenset[Path], redundant: frozenset[Path], finished: bool
    ) -> None:
        self.program = program
        self.dead = dead
        self.undecided = undecided
        self.redundant = redundant
        self.finished = finished

    def block(self, parts: Sequence[_Part]) -> Block:
        lines: dict[tuple[str, bool], list[tuple[Path, Lit]]] = {}
        quoted: list[Line] = []
        choices: list[Choice] = []
        for path, part in parts:
            match part:
                case Preferred(decisive, _):
                    inner = self.block(self.below((*path, _ASIDE), decisive))
                    quoted += inner.lines
                    choices += inner.choices
                case Disj(args, chosen):
                    around = path if chosen else (*path, _ASIDE)
                    alternatives = tuple(self.alternative((*around, at), arg, chosen) for at, arg in enumerate(args))
                    choices.append(Choice(alternatives, chosen, path in self.redundant))
                case Lit(Atom() | Exists() as leaf) if is_plain(leaf):
                    lines.setdefault((leaf.field.name, path in self.redundant), []).append((path, part))
                case Lit():
                    quoted.append(self.quoted(path, part))
                case Conj():
                    inner = self.block(self.below(path, part))
                    quoted += inner.lines
                    choices += inner.choices
        listed = [*(self.line(literals) for literals in lines.values()), *quoted]
        return Block(tuple(sorted(listed, key=lambda line: line.conditions[0].span)), tuple(choices))

    def below(self, path: Path, normal: Normal) -> list[_Part]:
        return [((*path, at), arg) for at, arg in enumerate(normal.args)] if isinstance(normal, Conj) else [(path, normal)]

    def alternative(self, path: Path, normal: Normal, chosen: bool) -> Alternative:
        return Alternative(self.block(self.below(path, normal)), normal.span, self.state(path) if chosen else None, path in self.redundant)

    def state(self, path: Path) -> State | None:
        if _ASIDE in path:
            return None
        if path in self.dead:
            return State.DEAD
        if path in self.undecided:
            return State.UNDECIDED
        # Parts of a dead alternative were not examined.
        inside = any(path[:length] in self.dead | self.undecided for length in range(len(path)))
        return State.LIVE if self.finished and not inside else State.UNEXAMINED

    def line(self, literals: Sequence[tuple[Path, Lit]]) -> Line:
        """Summarises the conditions on one field."""
        leaf = literals[0][1].leaf
        assert isinstance(leaf, Atom | Exists)
        conditions = tuple(self.condition(path, literal) for path, literal in literals)
        listed = [entry for condition in conditions for entry in condition.entries]
        alive = [self.alive(path, literal) for path, literal in literals]
        return Line(
            leaf.field.name,
            leaf.field.type.name,
            constraint(leaf.field, alive),
            conditions,
            tuple(entry.text for entry in listed if entry.state is State.DEAD),
            tuple(entry.text for entry in listed if entry.redundant),
            literals[0][0] in self.redundant,
        )

    def alive(self, path: Path, literal: Lit) -> Lit:
        """Returns the literal without its dead and redundant entries."""
        leaf = literal.leaf
        if not isinstance(leaf, Atom):
            return literal
        live = [at for at in range(len(entries(leaf.test))) if (*path, at) not in self.dead and (*path, at) not in self.redundant]
        if not live or len(live) == len(entries(leaf.test)):
            return literal
        return Lit(Atom(leaf.field, only_entries(leaf.test, live), leaf.span), literal.positive, literal.place, literal.span)

    def condition(self, path: Path, literal: Lit) -> Condition:
        leaf = literal.leaf
        listed: tuple[Entry, ...] = ()
        if isinstance(leaf, Atom):
            alternatives = offers_entries(literal)
            listed = tuple(
                Entry(
                    entry_text(leaf.field, entry),
                    entry.span,
                    self.state((*path, at)) if alternatives else None,
                    (*path, at) in self.redundant,
                )
                for at, entry in enumerate(entries(leaf.test))
            )
        written = self.written(literal.span)
        if isinstance(leaf, Atom | Exists) and is_plain(leaf) and leaf.field.name not in written:
            # The field of a list may be far from some of its entries in the query.
            written = f"{leaf.field.name}: {written}"
        return Condition(written, literal.span, not literal.as_written, listed if len(listed) > 1 else (), path in self.redundant)

    def quoted(self, path: Path, literal: Lit) -> Line:
        """Returns a condition quoted from the query."""
        condition = self.condition(path, literal)
        match literal.leaf:
            case Predicate(term):
                names = list(dict.fromkeys(spec.name for spec in term_fields(term)))
                only = term_fields(term)[0].type.name if len(names) == 1 else ""
            case Truth():
                return Line("", "", "nothing: this condition is always false", (condition,))
            case leaf if is_marker(leaf.field.name):
                names, only = ["related event"], ""
            case leaf:
                names, only = [leaf.field.name], leaf.field.type.name
        return Line(
            ", ".join(names),
            only,
            f"{'not ' if condition.negated else ''}`{condition.written}`",
            (condition,),
            redundant=condition.redundant,
        )

    def written(self, span: Span) -> str:
        return shortened(self.program.text[span.start : span.end], _WRITTEN)


def alternatives(outlined: Outline) -> Iterator[Alternative | Entry]:
    """Yields the alternatives without nested alternatives."""
    blocks = [item.block for item in reversed(outlined.items)]
    while blocks:
        block = blocks.pop()
        for line in block.lines:
            yield from (entry for condition in line.conditions for entry in condition.entries if entry.state is not None)
        for choice in block.choices:
            for alternative in choice.alternatives:
                open_to_more = alternative.state not in NOTABLE
                if open_to_more:
                    blocks.append(alternative.block)
                if alternative.state is not None and not (open_to_more and _offers(alternative.block)):
                    yield alternative


def _offers(block: Block) -> bool:
    """Whether a node contains alternatives."""
    if any(entry.state is not None for line in block.lines for condition in line.conditions for entry in condition.entries):
        return True
    return any(
        alternative.state is not None or _offers(alternative.block) for choice in block.choices for alternative in choice.alternatives
    )


@dataclass(frozen=True, slots=True)
class Explanation:
    """The data for explaining a rule, besides its result.

    Attributes:
        parts: the spans of its conditions in the result's text: the query, filters, and conditions of its type.
        live: the spans of live alternatives.
        outlines: the outlines of its programs.
    """

    parts: tuple[Span, ...]
    live: tuple[Span, ...]
    outlines: tuple[Outline, ...]
