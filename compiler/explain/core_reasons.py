"""Why the literals of a core cannot hold together, per field and in the user's own words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..ir.formula import (
    AnyOtherField,
    Atom,
    Exists,
    LengthIn,
    Lexical,
    Like,
    Matches,
    NestedMatch,
    PhraseMatch,
    Predicate,
    Truth,
    Within,
    is_marker,
    term_fields,
)
from ..ir.program import Program
from ..normal_form.nnf import Lit
from ..schema.field_types import LONG
from ..schema.fields import FieldSpec
from ..semantics.match_document import compile_test
from ..semantics.match_group import events_of
from ..semantics.match_stream import TIMESTAMP
from ..values.kinds import shown_value, values_of
from ..values.sets import Interval, Pattern
from ..values.stored_numbers import scaling_factor

CoreLiteral = tuple[int, Lit]


@dataclass(frozen=True, slots=True)
class Reason:
    """What is wrong with one field (or several, joined in ``field`` by commas)."""

    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.field} ({self.text})"


def explain(core: Sequence[CoreLiteral], program: Program) -> tuple[Reason, ...]:
    """The reasons in a core, one per field or group of coupled fields.

    Args:
        core: an event's number and a literal, as the solver gives them.
        program: what it is a core of.
    """
    text = program.text
    core = _at_home(core, program)
    ended = _ended_by_until(core, program)
    if ended is not None:
        return (ended,)
    bare = [literal for _, literal in core if not _names(literal)]
    never = tuple(Reason("query", f"`{_quote(literal, text)}` is never {'true' if literal.positive else 'false'}") for literal in bare)
    return (*dict.fromkeys(never), *_reasons([each for each in core if _names(each[1])], program))


def _at_home(core: Sequence[CoreLiteral], program: Program) -> list[CoreLiteral]:
    """The core with conditions on fields of other events as conditions on those events."""
    named = [spec.step for _, literal in core if isinstance(literal.leaf, Atom | Exists) and (spec := literal.leaf.field).step is not None]
    if not named:
        return list(core)
    numbers = {event.step: number for number, event in enumerate(events_of(program)) if event.kin is None}

    def moved(event: int, literal: Lit) -> CoreLiteral:
        leaf = literal.leaf
        if not isinstance(leaf, Atom | Exists) or leaf.field.step is None:
            return event, literal
        return numbers[leaf.field.step], replace(literal, leaf=replace(leaf, field=leaf.field.held))

    return [moved(event, literal) for event, literal in core]


def _reasons(core: Sequence[CoreLiteral], program: Program) -> tuple[Reason, ...]:
    """The reasons in a core of conditions on fields."""
    text = program.text
    anywhere = {literal.span for _, literal in core if isinstance(literal.leaf, Atom) and isinstance(literal.leaf.test, AnyOtherField)}
    if anywhere:
        # A value without a field stands for one condition on each field, of which none is the one to name.
        named = [each for each in core if each[1].span not in anywhere]
        fields = ", ".join(dict.fromkeys(("any field", *(name for _, literal in named for name in _names(literal)))))
        return (Reason(fields, f"these conditions contradict each other: {_listing([literal for _, literal in core], text)}"),)
    fields = _joined_names(core)
    groups: dict[str, list[Lit]] = {}
    for _, literal in core:
        if isinstance(literal.leaf, Atom | Exists):
            groups.setdefault(_named(literal.leaf.field), []).append(literal)
    coupled = any(isinstance(literal.leaf, Predicate) for _, literal in core)
    events = {event for event, _ in core}
    if coupled:
        why = "these conditions contradict each other:" if len(core) > 1 else "no event satisfies"
        return (Reason(fields, f"{why} {_listing([literal for _, literal in core], text)}"),)
    if len(events) > 1:
        reason = _ordered_reason(core, program) if list(groups) == [TIMESTAMP] else _joined_reason(core, groups, text)
        return (Reason(fields, reason),)
    return tuple(Reason(name, _field_reason(literals, text)) for name, literals in groups.items())


def _names(literal: Lit) -> list[str]:
    match literal.leaf:
        case Predicate(term):
            return [spec.name for spec in term_fields(term)]
        case Truth():
            return []
        case leaf:
            return [_named(leaf.field)]


def _named(spec: FieldSpec) -> str:
    return "related events" if is_marker(spec.name) else spec.stored


def _joined_names(core: Sequence[CoreLiteral]) -> str:
    return ", ".join(dict.fromkeys(name for _, literal in core for name in _names(literal)))


def _ended_by_until(core: Sequence[CoreLiteral], program: Program) -> Reason | None:
    """That an item can only be what ``until`` ends its sequence at."""
    if program.until is None:
        return None
    span = program.until.span
    ending = [literal for _, literal in core if span.start <= literal.span.start and literal.span.end <= span.end]
    if not ending:
        return None
    item = [literal for _, literal in core if literal not in ending]
    asked = [literal for literal in ending if not isinstance(literal.leaf, Truth)]
    every = f"every event of {_listing(item, program.text)}" if item else "every event"
    what = f": {_listing(asked, program.text)}" if asked else ""
    return Reason(_joined_names(core) or "query", f"`until` ends the sequence at {every}{what}")


def _ordered_reason(core: Sequence[CoreLiteral], program: Program) -> str:
    """Times of the events of a sequence that do not follow each other."""
    ordered = sorted(core, key=lambda each: each[0])
    sides = [f"event {event + 1} must satisfy `{_quote(literal, program.text)}`" for event, literal in ordered]
    span = f" within {program.maxspan} ms" if program.maxspan is not None else ""
    return f"the events of a sequence are ordered in time{span}: {', '.join(sides)}"


def _joined_reason(core: Sequence[CoreLiteral], groups: dict[str, list[Lit]], text: str) -> str:
    """Join keys of two events that cannot be equal."""
    sides = []
    for event in sorted({event for event, _ in core}):
        literals = [literal for own, literal in core if own == event]
        names = " and ".join(dict.fromkeys(name for literal in literals for name in _names(literal)))
        sides.append(f"`{names}` of event {event + 1} must satisfy {_listing(literals, text)}")
    why = f": {_field_reason([literal for _, literal in core], text)}" if len(groups) == 1 else ""
    return f"join keys cannot be equal: {', '.join(sides)}{why}"


def _field_reason(literals: list[Lit], text: str) -> str:
    positive = [literal for literal in literals if literal.positive]
    negative = [literal for literal in literals if not literal.positive]
    spec = _spec(literals[0])
    if any(isinstance(literal.leaf, Exists) for literal in negative):
        if len(literals) == 1 and spec.stored == TIMESTAMP:
            return "every event has a timestamp"
        return "cannot be both present and missing"
    if all(isinstance(literal.leaf, Atom) and isinstance(literal.leaf.test, Within) for literal in literals):
        return _interval_reason(spec, positive, negative, text)
    sized = [literal for literal in positive if isinstance(literal.leaf, Atom) and isinstance(literal.leaf.test, LengthIn)]
    if len(sized) == len(literals) == 1:
        return f"`{_quote(sized[0], text)}` requires a longer text than the type {spec.type.name} indexes"
    if len(sized) == len(positive) > 1 and not negative:
        return f"no length satisfies {_listing(positive, text)}"
    if len(sized) == 1 and len(positive) == 2 and not negative:
        other = next(literal for literal in positive if literal is not sized[0])
        return f"no value of `{_quote(other, text)}` has the length that `{_quote(sized[0], text)}` requires"
    values = list(dict.fromkeys(_exact_values(positive)))
    if len(values) > 1 and len(values) == len(positive) and not negative:
        return f"single-valued field cannot equal both {' and '.join(map(_quoted_value, values[:2]))}"
    others = [literal for literal in positive if not _exact_values([literal])]
    if len(values) == len(others) == 1 and not negative:
        return f"{_quoted_value(values[0])} is required and does not satisfy `{_quote(others[0], text)}`"
    if len(positive) == 1 and negative:
        return _exclusion_reason(positive[0], negative, text)
    if not positive:
        return f"every value is excluded: {_listing(negative, text)}"
    return f"no value satisfies {_listing(literals, text)}"


def needs_several(core: Sequence[CoreLiteral]) -> FieldSpec | None:
    """The field of a core that would hold if only the field could have several values; None for any other core.

    Bounds that cross are none: whoever writes a range means one value inside it.
    """
    first = core[0][1].leaf
    if len(core) < 2 or not isinstance(first, Atom) or first.field.several or any(map(_is_bound, core)):
        return None
    same = all(
        event == core[0][0] and literal.positive and isinstance(literal.leaf, Atom) and literal.leaf.field.stored == first.field.stored
        for event, literal in core
    )
    return first.field if same else None


def _is_bound(place: CoreLiteral) -> bool:
    leaf = place[1].leaf
    return isinstance(leaf, Atom) and isinstance(leaf.test, Within) and any(None in (part.low, part.high) for part in leaf.test.intervals)


def _spec(literal: Lit) -> FieldSpec:
    assert isinstance(literal.leaf, Atom | Exists)
    return literal.leaf.field


def _interval_reason(spec: FieldSpec, positive: list[Lit], negative: list[Lit], text: str) -> str:
    """Bounds that cross, in the form ``empty solution space, low <= x <= high``, or what an exclusion leaves nothing of."""
    required = [
        literal.leaf.test.intervals for literal in positive if isinstance(literal.leaf, Atom) and isinstance(literal.leaf.test, Within)
    ]
    if not all(required):
        impossible = next(literal for literal, intervals in zip(positive, required, strict=True) if not intervals)
        return f"`{_quote(impossible, text)}` requires a value that the type {spec.type.name} cannot hold"
    if all(len(intervals) == 1 for intervals in required) and not negative:
        pieces = [closed(spec, intervals[0]) for intervals in required]
        low = max((low for low, _ in pieces if low is not None), default=spec.type.lowest)
        high = min((high for _, high in pieces if high is not None), default=spec.type.highest)
        points = list(dict.fromkeys(piece for piece in pieces if piece[0] is not None and piece[0] == piece[1]))
        if len(pieces) == 1 and not _crossed(pieces[0], required[0][0]):
            bounds = f"{shown_value(spec, spec.type.lowest)} to {shown_value(spec, spec.type.highest)}"
            return f"`{_quote(positive[0], text)}` is outside the range of the type {spec.type.name}, {bounds}"
        if values_of(spec).blocks and len(pieces) == 2 and len(points) < 2:
            inner, outer = sorted(positive, key=lambda literal: _width(literal))
            return f"`{_quote(inner, text)}` is outside `{_quote(outer, text)}`"
        if len(points) > 1:
            return f"single-valued field cannot equal both `{shown_value(spec, points[0][0])}` and `{shown_value(spec, points[1][0])}`"
        # A bound that a fraction may not touch.
        fractions = spec.kind.traits.fractions and scaling_factor(spec) is None
        below = "<" if fractions and any(part.low_open and part.low == low for (part,) in required) else "<="
        above = "<" if fractions and any(part.high_open and part.high == high for (part,) in required) else "<="
        return f"empty solution space, {shown_value(spec, low)} {below} x {above} {shown_value(spec, high)}"
    if len(positive) == len(negative) == 1 and _quote(positive[0], text) == _quote(negative[0], text):
        return f"{_listing(positive, text)} is required and excluded"
    if len(positive) == 1 and negative:
        return f"all of {_listing(positive, text)} is excluded by {_listing(negative, text, bare=True)}"
    return f"empty solution space, no value satisfies {_listing([*positive, *negative], text)}"


def _crossed(piece: tuple[int | float | None, int | float | None], interval: Interval) -> bool:
    """Whether a range that is written as one leaves nothing between its own bounds."""
    low, high = piece
    return low is not None and high is not None and (low > high or (low == high and (interval.low_open or interval.high_open)))


def _width(literal: Lit) -> float:
    """How many values an interval has."""
    assert isinstance(literal.leaf, Atom) and isinstance(literal.leaf.test, Within)
    interval = literal.leaf.test.intervals[0]
    return math.inf if interval.low is None or interval.high is None else interval.high - interval.low


def closed(spec: FieldSpec, interval: Interval) -> tuple[int | float | None, int | float | None]:
    """The lowest and the highest value in an interval, of those that the field stores; of fractions, its bounds."""
    low, high = interval.low, interval.high
    factor = scaling_factor(spec)
    if factor is not None:
        low, high = closed(_WHOLE, Interval(low and low * factor, high and high * factor, interval.low_open, interval.high_open))
        return low and low / factor, high and high / factor
    if not spec.kind.traits.fractions:
        if low is not None:
            low = math.floor(low) + 1 if interval.low_open else math.ceil(low)
        if high is not None:
            high = math.ceil(high) - 1 if interval.high_open else math.floor(high)
    return low, high


_WHOLE = FieldSpec("", LONG)


def _exact_values(literals: Iterable[Lit]) -> list[str]:
    """The values of tests that one exact text passes."""
    found = []
    for literal in literals:
        match literal.leaf:
            case Atom(_, Like((Pattern() as only,))) if only.literal is not None:
                found.append(only.literal)
    return found


def _quoted_value(value: str) -> str:
    return f"`{value}`" if value else '`""`'


def _exclusion_reason(required: Lit, negative: list[Lit], text: str) -> str:
    """What a single requirement runs into."""
    leaf = required.leaf
    if isinstance(leaf, Exists):
        return f"every value is excluded by {_listing(negative, text, bare=True)}"
    assert isinstance(leaf, Atom)
    negative = list({literal.leaf: literal for literal in negative}.values())
    if leaf == negative[0].leaf and not _exact_values([required]):
        return f"{_listing([required], text)} is required and excluded"
    values = _exact_values([required])
    if values and len(negative) == 1:
        other = negative[0].leaf
        if isinstance(other, Atom) and compile_test(other.field, other.test)(values[0]):
            return f"{_quoted_value(values[0])} is required and excluded" + (
                "" if _exact_values(negative) == values else f" by `{_quote(negative[0], text)}`"
            )
    match leaf.test:
        case Like(patterns):
            kind = "pattern" if any(pattern.literal is None for pattern in patterns) else "value"
            every = f"the {kind}" if len(patterns) == 1 else f"every {kind} of"
            if len(negative) == 1 and kind == "pattern":
                return f"{every} {_listing([required], text)} is inside the excluded {_listing(negative, text, bare=True)}"
            return f"{every} {_listing([required], text)} is excluded by {_listing(negative, text, bare=True)}"
        case PhraseMatch():
            return f"the text of {_listing([required], text)} is excluded by {_listing(negative, text, bare=True)}"
        case Matches() | Lexical() | LengthIn() | Within() | NestedMatch():
            pass
    return f"no value satisfies {_listing([required, *negative], text)}"


def _quote(literal: Lit, text: str) -> str:
    """The user's own text of a literal on one line, shortened in the middle when it is long."""
    words = " ".join(text[literal.span.start : literal.span.end].split())
    return words if len(words) <= 80 else f"{words[:50]} … {words[-25:]}"


def _listing(literals: list[Lit], text: str, bare: bool = False) -> str:
    parts = []
    for literal in literals:
        parts.append(f"{'' if bare or literal.as_written else 'not '}`{_quote(literal, text)}`")
    return " and ".join(dict.fromkeys(parts))
