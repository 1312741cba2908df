"""Inverting conditions: comparisons, substring tests, patterns and address blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ....compiler.ir.formula import Apply, Constant, FieldTerm, Lexical, Like, Matches, Term, Test, Within, term_fields
from ....compiler.values.functions import Value
from ....compiler.values.kinds import values_of
from ....compiler.values.literals import MAX_ADDRESS, V4_BASE, V4_LAST, LiteralError, parse_address_block, render_address
from ....compiler.values.patterns import from_eql, make_pattern
from ....compiler.values.regexp_parser import parse_regexp
from ....compiler.values.sets import Interval, Wild
from ...values.intervals import draw_integer, solution
from .goals import Args, Constraint, Demands, exactly

if TYPE_CHECKING:
    from .inverter import Inverter


def _equal(inverter: Inverter, args: Args, fold: bool, truth: bool) -> Demands | None:
    left, right = args
    if not truth:
        return _different(inverter, args, fold)

    def towards(term: Term, other: Term) -> Callable[[], Demands | None]:
        def way() -> Demands | None:
            value = inverter.value_of(other)
            if isinstance(value, bool) and not isinstance(term, FieldTerm):
                return inverter.constrain_truth(term, value)
            constraint = exactly(value, fold)
            return None if constraint is None else inverter.constrain(term, constraint)

        return way

    return inverter.one_of([towards(*pair) for pair in ((left, right), (right, left)) if term_fields(pair[0])])


def _different(inverter: Inverter, args: Args, fold: bool) -> Demands | None:
    def away(term: Term, other: Term) -> Callable[[], Demands | None]:
        def way() -> Demands | None:
            constraint = exactly(inverter.value_of(other), fold)
            return None if constraint is None else inverter.constrain(term, Constraint((), constraint.wanted))

        return way

    return inverter.one_of([away(*pair) for pair in (args, args[::-1]) if term_fields(pair[0])])


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _ordered(operator: str) -> Callable[[Inverter, Args, bool, bool], Demands | None]:
    def invert(inverter: Inverter, args: Args, fold: bool, truth: bool) -> Demands | None:
        actual = operator if truth else _OPPOSITE[operator]

        def bounded(term: Term, other: Term, by: str) -> Callable[[], Demands | None]:
            def way() -> Demands | None:
                test = _bound(inverter.value_of(other), by)
                return None if test is None else inverter.constrain(term, Constraint((test,)))

            return way

        left, right = args
        ways = [bounded(left, right, actual)] if term_fields(left) else []
        ways += [bounded(right, left, _MIRRORED[actual])] if term_fields(right) else []
        return inverter.one_of(ways)

    return invert


def _bound(value: Value, operator: str) -> Test | None:
    """Returns the test of a value lying on one side of a bound."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        low, high = (None, value) if operator in ("<", "<=") else (value, None)
        return Lexical(low, high, operator == ">", operator == "<")
    least, most = (None, value) if operator in ("<", "<=") else (value, None)
    return Within((Interval(least, most, operator == ">", operator == "<"),))


def bounds_of(term: Term, holds: bool) -> tuple[Term, Constraint] | None:
    """Returns the function that a comparison with a constant bounds, and what it requires of its value; None for other conditions."""
    match term:
        case Apply("==" | "!=" | "<" | "<=" | ">" | ">=" as operator, (Apply() as function, Constant(value)), False):
            if operator in ("==", "!="):
                constraint = exactly(value)
                if constraint is None or holds == (operator == "=="):
                    return None if constraint is None else (function, constraint)
                return function, Constraint((), constraint.wanted)
            test = _bound(value, operator if holds else _OPPOSITE[operator])
            return None if test is None else (function, Constraint((test,)))
    return None


def _is_null(inverter: Inverter, args: Args, fold: bool, truth: bool) -> Demands | None:
    """Inverts a null check: requires any number that the function can return. A null result is not inverted."""
    if truth or not isinstance(args[0], Apply):
        return None
    low = 0 if args[0].function == "indexOf" else 1
    return inverter.constrain(args[0], Constraint((Within((Interval(low, 20),)),)))


def _part(function: str) -> Callable[[Inverter, Args, bool, bool], Demands | None]:
    before = (Wild.RUN,) if function in ("endsWith", "stringContains") else ()
    after = (Wild.RUN,) if function in ("startsWith", "stringContains") else ()

    def around(text: str, fold: bool) -> Test:
        return Like((make_pattern((*before, text, *after), fold),))

    def invert(inverter: Inverter, args: Args, fold: bool, truth: bool) -> Demands | None:
        whole, part = args

        def widen() -> Demands | None:
            value = inverter.value_of(part)
            if not isinstance(value, str) or (function == "stringContains" and not value):
                return None
            test = around(value, fold)
            return inverter.constrain(whole, Constraint((test,)) if truth else Constraint((), (test,)))

        def narrow() -> Demands | None:
            value = inverter.value_of(whole)
            if not isinstance(value, str) or not truth:
                return None
            size = inverter.rng.randint(min(1, len(value)), len(value))
            last = len(value) - size
            start = {"startsWith": 0, "endsWith": last}.get(function, inverter.rng.randint(0, last))
            constraint = exactly(value[start : start + size], fold)
            return None if constraint is None else inverter.constrain(part, constraint)

        def empty(term: Term) -> Callable[[], Demands | None]:
            return lambda: inverter.constrain(term, Constraint((Like((make_pattern(("",)),)),)))

        ways = ([widen] if term_fields(whole) else []) + ([narrow] if term_fields(part) else [])
        if function == "stringContains" and not truth:
            # An empty text is not contained in any.
            ways += [empty(term) for term in (part, whole) if term_fields(term)]
        return inverter.one_of(ways)

    return invert


def _patterned(make: Callable[[tuple[str, ...], bool], Test]) -> Callable[[Inverter, Args, bool, bool], Demands | None]:
    def invert(inverter: Inverter, args: Args, fold: bool, truth: bool) -> Demands | None:
        subject, *patterns = args
        texts = tuple(value for pattern in patterns if isinstance(value := inverter.value_of(pattern), str))
        test = make(texts, fold)
        return inverter.constrain(subject, Constraint((test,)) if truth else Constraint((), (test,)))

    return invert


def _inside_block(inverter: Inverter, args: Args, fold: bool, truth: bool) -> Demands | None:
    address, *blocks = args
    try:
        intervals = tuple(parse_address_block(str(inverter.value_of(block))) for block in blocks)
    except LiteralError:
        return None
    test = Within(intervals)
    if isinstance(address, FieldTerm) and values_of(address.field).blocks:
        return {address.field.stored: (address.field, Constraint((test,)) if truth else Constraint((), (test,)))}
    for domain in (Interval(V4_BASE, V4_LAST), Interval(0, MAX_ADDRESS)):
        parts = solution(domain, [intervals] if truth else [], [] if truth else intervals, whole=True)
        constraint = exactly(render_address(draw_integer(parts, inverter.rng))) if parts else None
        if constraint is not None:
            return inverter.constrain(address, constraint)
    return None


CONDITIONS: dict[str, Callable[[Inverter, Args, bool, bool], Demands | None]] = {
    "==": _equal,
    "!=": lambda inverter, args, fold, wanted: _equal(inverter, args, fold, not wanted),
    "<": _ordered("<"),
    "<=": _ordered("<="),
    ">": _ordered(">"),
    ">=": _ordered(">="),
    "is null": _is_null,
    "startsWith": _part("startsWith"),
    "endsWith": _part("endsWith"),
    "stringContains": _part("stringContains"),
    "like": _patterned(lambda texts, fold: Like(tuple(from_eql(text, fold) for text in texts))),
    "regex": _patterned(lambda texts, fold: Matches(tuple(parse_regexp(text, fold) for text in texts))),
    "cidrMatch": _inside_block,
}
"""Inversions by function; arguments: the function's arguments, whether it folds case, and the required truth value."""
