"""Inverting string functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING

from ....compiler.ir.formula import FieldTerm, LengthIn, Like, Within, term_fields
from ....compiler.values.functions import ArgumentType, evaluate, render_value
from ....compiler.values.kinds import values_of
from ....compiler.values.patterns import make_pattern
from ....compiler.values.sets import Interval, Pattern, Wild
from ...values.fill import word
from ...values.strings import LONGEST_TEXT
from .goals import Args, Constraint, Demands, exactly

if TYPE_CHECKING:
    from .inverter import Inverter

LONGEST = 1_000
"""The maximum length of a string that a constraint on another term requires, unless the constraint names a longer one."""


_RARE = 0.1
"""The probability of an unusual form of a number."""


def _concat(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    """Inverts ``concat``: some arguments stay open, the others keep their values; a drawn result is cut into the open ones."""
    rng = inverter.rng
    shown = [str(evaluate("string", (inverter.value_of(arg),), False)) for arg in args]
    open_places = [at for at, arg in enumerate(args) if term_fields(arg) and not isinstance(inverter.value_of(arg), bool)]
    texts = [at for at in open_places if not isinstance(inverter.value_of(args[at]), int | float)]
    if len(open_places) == 1 and len("".join(shown)) == len(shown[open_places[0]]):
        return inverter.constrain(args[open_places[0]], constraint)
    some = [at for at in texts if len(texts) == 1 or rng.random() < 0.7]
    for places in (some, texts, open_places):
        pattern = make_pattern(Wild.RUN if at in places else shown[at] for at in range(len(args)))
        text = inverter.text(constraint.also(Like((pattern,))))
        pieces = {at: ("(.*" if at in texts else "(-?[0-9]+") + rng.choice(("", "?")) + ")" for at in places}
        source = "".join(pieces.get(at) or re.escape(shown[at]) for at in range(len(args)))
        cut = None if text is None else re.fullmatch(source, text, re.DOTALL)
        demands = None if cut is None else _pieces(inverter, args, places, texts, cut.groups())
        if demands is not None:
            return demands
    return None


def _pieces(inverter: Inverter, args: Args, places: list[int], texts: list[int], pieces: Sequence[str]) -> Demands | None:
    demands: Demands = {}
    for at, piece in zip(places, pieces, strict=True):
        one = exactly(piece if at in texts else int(piece))
        inverted = None if one is None else inverter.constrain(args[at], one)
        if inverted is None:
            return None
        demands.update(inverted)
    return demands


def _length(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    """Inverts ``length``; picks one length if the constraint is not a single interval."""
    match constraint:
        case Constraint((Within((interval,)),), ()) if (interval.low or 0) <= LONGEST_TEXT:
            return inverter.constrain(args[0], Constraint((LengthIn(interval),)))
    size = inverter.number(constraint.also(Within((Interval(0, LONGEST),))), whole=True)
    return None if size is None else inverter.constrain(args[0], Constraint((LengthIn(Interval(size, size)),)))


def _string(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    value = inverter.value_of(args[0])
    if isinstance(value, bool):
        choices = [truth for truth in (True, False) if constraint.allows("true" if truth else "false")]
        return inverter.constrain_truth(args[0], inverter.rng.choice(choices)) if choices else None
    if not isinstance(value, int | float):
        return inverter.constrain(args[0], constraint)
    numbers = [number for number in _numerals(inverter, constraint, isinstance(value, float)) if constraint.allows(render_value(number))]
    if not numbers:
        return None
    return inverter.constrain(args[0], Constraint((Within(tuple(Interval(number, number) for number in numbers)),)))


def _numerals(inverter: Inverter, constraint: Constraint, fractions: bool) -> list[int | float]:
    """Returns numbers whose string may satisfy the constraint: patterns filled with digits, and numbers of various lengths."""
    rng = inverter.rng
    numbers: list[int | float] = [rng.randint(0, 10**digits) for digits in range(1, 13) for _ in range(3)]
    patterns = [pattern for test in constraint.wanted if isinstance(test, Like) for pattern in test.patterns]
    for pattern in rng.sample(patterns, min(len(patterns), 12)):
        for longest in (0, 1, 2, 5):
            text = "".join(_digits(token, rng, longest) for token in pattern.tokens)
            if not fractions and re.fullmatch(r"-?(0|[1-9][0-9]*)", text, re.ASCII):
                numbers.append(int(text))
            elif fractions and re.fullmatch(r"-?[0-9]+\.[0-9]+(E-?[0-9]+)?", text, re.ASCII):
                numbers.append(float(text))
    if fractions:
        numbers = [float(number) for number in numbers]
    rng.shuffle(numbers)
    return list(dict.fromkeys(numbers))


def _digits(token: str | Wild, rng: Random, longest: int) -> str:
    match token:
        case Wild.RUN:
            return "".join(rng.choices("0123456789", k=longest))
        case Wild.ONE:
            return rng.choice("0123456789")
    return token


def _number(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    text = args[0]
    if isinstance(text, FieldTerm) and ArgumentType.NUMBER in values_of(text.field).arguments:
        return inverter.constrain(text, constraint)
    base = inverter.value_of(args[1]) if len(args) > 1 else None
    number = inverter.number(constraint, whole=True)
    if number is None:
        number = None if base not in (None, 10) else inverter.number(constraint, whole=False)
        written = None if number is None else repr(number)
    else:
        written = _in_base(int(number), base if isinstance(base, int) and not isinstance(base, bool) else 10)
        if base == 16 and inverter.rng.random() < 0.5:
            written = inverter.rng.choice((written.upper(), written if written.startswith("-") else f"0x{written}"))
    one = exactly(written)
    if written is not None and inverter.rng.random() < _RARE:
        # The same number, for conditions that exclude its usual form.
        sign, digits = ("-", written[1:]) if written.startswith("-") else ("", written)
        one = exactly(f"{sign}0{digits}") if not digits.startswith("0x") else one
    return None if one is None else inverter.constrain(text, one)


def _in_base(number: int, base: int) -> str:
    digits = ""
    size = abs(number)
    while size or not digits:
        size, digit = divmod(size, base)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return f"-{digits}" if number < 0 else digits


def _substring(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    start = inverter.value_of(args[1])
    end = inverter.value_of(args[2]) if len(args) > 2 else None
    if not isinstance(start, int) or not isinstance(end, int | None) or (start < 0 and end is not None and end >= 0):
        return None
    if max(abs(start), abs(end or 0)) > LONGEST_TEXT:
        return None
    ones, run = [Wild.ONE], [Wild.RUN]
    sizes: Interval | None = None
    if start >= 0:
        before: list[Wild] = ones * start
        after = [] if end is None else run if end >= 0 else ones * -end
        sizes = Interval(0, max(0, end - start)) if end is not None and end >= 0 else None
    else:
        before, after = run, ones * -(end or 0)
        sizes = Interval(0, max(0, (end or 0) - start))
    text = inverter.text(constraint if sizes is None else constraint.also(LengthIn(sizes)))
    if text is None:
        return None
    if sizes is not None and len(text) < int(sizes.high or 0):
        # The result is cut short by an end of the string.
        before, after = (before, []) if start >= 0 else ([], after)
    if not text and len(before) == start:
        return inverter.constrain(args[0], Constraint((LengthIn(Interval(0, start)),)))
    return inverter.constrain(args[0], Constraint((Like((make_pattern((*before, text, *after)),)),)))


def _between(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    left, right = (inverter.value_of(arg) for arg in args[1:3])
    if not isinstance(left, str) or not isinstance(right, str):
        return None
    greedy = len(args) > 3 and inverter.value_of(args[3]) is True
    if right and not greedy:
        constraint = Constraint(constraint.wanted, (*constraint.unwanted, Like((make_pattern((Wild.RUN, right, Wild.RUN), fold),))))
    inner = inverter.text(constraint)
    if inner is None:
        return None
    if inverter.rng.random() < 0.3:
        tokens: tuple[str | Wild, ...] = (left + inner + right, Wild.RUN)
    else:
        tokens = (Wild.RUN, left + inner + right, Wild.RUN)
    return inverter.constrain(args[0], Constraint((Like((make_pattern(tokens),)),)))


def _index_of(inverter: Inverter, args: Args, fold: bool, constraint: Constraint) -> Demands | None:
    part = inverter.value_of(args[1])
    start = inverter.value_of(args[2]) if len(args) > 2 else 0
    if not isinstance(part, str) or not isinstance(start, int):
        return None
    for farthest in (start + 12, start + 80, 5_000):
        place = inverter.number(constraint.also(Within((Interval(max(0, start), max(0, farthest)),))), whole=True)
        if place is None:
            continue
        low = int(place)
        for size in (inverter.rng.randint(0, 6), 0):
            # Random letters before the part, because a drawn string might contain the part too early.
            filler = _without(part, low, fold, inverter.rng)
            after: Pattern = make_pattern((filler + part + word(inverter.rng, 0, size), Wild.RUN))
            demands = inverter.constrain(args[0], Constraint((Like((after,)),)))
            if demands is not None:
                return demands
    return None


def _without(part: str, size: int, fold: bool, rng: Random) -> str:
    """Returns a random string such that, with the part appended, the part does not occur earlier."""
    for _ in range(20):
        text = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size))
        whole = text + part
        place = whole.lower().find(part.lower()) if fold else whole.find(part)
        if place == size:
            return text
    return "".join(rng.choices([char for char in "abxyz0189" if char not in part.lower()] or ["~"], k=size))


TEXT_INVERSIONS: dict[str, Callable[[Inverter, Args, bool, Constraint], Demands | None]] = {
    "between": _between,
    "concat": _concat,
    "indexOf": _index_of,
    "length": _length,
    "number": _number,
    "string": _string,
    "substring": _substring,
}
