"""What makes conditions true or false: comparisons, parts of texts, patterns, address blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ....compiler.ir.formula import Apply, FieldTerm, Lexical, Like, Matches, Term, Test, Within, term_fields
from ....compiler.values.functions import Value
from ....compiler.values.kinds import values_of
from ....compiler.values.literals import MAX_ADDRESS, V4_BASE, V4_LAST, LiteralError, parse_address_block, render_address
from ....compiler.values.patterns import from_eql, make_pattern
from ....compiler.values.regexp_parser import parse_regexp
from ....compiler.values.sets import Interval, Wild
from ...values.intervals import draw_integer, solution
from .goals import Aim, Args, Demands, exactly

if TYPE_CHECKING:
    from .inverter import Inverter


def _equal(inverter: Inverter, args: Args, fold: bool, wanted: bool) -> Demands | None:
    left, right = args
    if not wanted:
        return _different(inverter, args, fold)

    def towards(term: Term, other: Term) -> Callable[[], Demands | None]:
        def way() -> Demands | None:
            value = inverter.value_of(other)
            if isinstance(value, bool) and not isinstance(term, FieldTerm):
                return inverter.truth(term, value)
            aim = exactly(value, fold)
            return None if aim is None else inverter.aim(term, aim)

        return way

    return inverter.one_of([towards(*pair) for pair in ((left, right), (right, left)) if term_fields(pair[0])])


def _different(inverter: Inverter, args: Args, fold: bool) -> Demands | None:
    def away(term: Term, other: Term) -> Callable[[], Demands | None]:
        def way() -> Demands | None:
            aim = exactly(inverter.value_of(other), fold)
            return None if aim is None else inverter.aim(term, Aim((), aim.wanted))

        return way

    return inverter.one_of([away(*pair) for pair in (args, args[::-1]) if term_fields(pair[0])])


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _ordered(operator: str) -> Callable[[Inverter, Args, bool, bool], Demands | None]:
    def invert(inverter: Inverter, args: Args, fold: bool, wanted: bool) -> Demands | None:
        actual = operator if wanted else _OPPOSITE[operator]

        def bounded(term: Term, other: Term, by: str) -> Callable[[], Demands | None]:
            def way() -> Demands | None:
                test = _bound(inverter.value_of(other), by)
                return None if test is None else inverter.aim(term, Aim((test,)))

            return way

        left, right = args
        ways = [bounded(left, right, actual)] if term_fields(left) else []
        ways += [bounded(right, left, _MIRRORED[actual])] if term_fields(right) else []
        return inverter.one_of(ways)

    return invert


def _bound(value: Value, operator: str) -> Test | None:
    """The test of being on one side of a value."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        low, high = (None, value) if operator in ("<", "<=") else (value, None)
        return Lexical(low, high, operator == ">", operator == "<")
    least, most = (None, value) if operator in ("<", "<=") else (value, None)
    return Within((Interval(least, most, operator == ">", operator == "<"),))


def _is_null(inverter: Inverter, args: Args, fold: bool, wanted: bool) -> Demands | None:
    """A value where there was none: any number that its function can give. That there be none is left to chance."""
    if wanted or not isinstance(args[0], Apply):
        return None
    low = 0 if args[0].function == "indexOf" else 1
    return inverter.aim(args[0], Aim((Within((Interval(low, 20),)),)))


def _part(function: str) -> Callable[[Inverter, Args, bool, bool], Demands | None]:
    before = (Wild.RUN,) if function in ("endsWith", "stringContains") else ()
    after = (Wild.RUN,) if function in ("startsWith", "stringContains") else ()

    def around(text: str, fold: bool) -> Test:
        return Like((make_pattern((*before, text, *after), fold),))

    def invert(inverter: Inverter, args: Args, fold: bool, wanted: bool) -> Demands | None:
        whole, part = args

        def widen() -> Demands | None:
            value = inverter.value_of(part)
            if not isinstance(value, str) or (function == "stringContains" and not value):
                return None
            test = around(value, fold)
            return inverter.aim(whole, Aim((test,)) if wanted else Aim((), (test,)))

        def narrow() -> Demands | None:
            value = inverter.value_of(whole)
            if not isinstance(value, str) or not wanted:
                return None
            size = inverter.rng.randint(min(1, len(value)), len(value))
            last = len(value) - size
            start = {"startsWith": 0, "endsWith": last}.get(function, inverter.rng.randint(0, last))
            aim = exactly(value[start : start + size], fold)
            return None if aim is None else inverter.aim(part, aim)

        def empty(term: Term) -> Callable[[], Demands | None]:
            return lambda: inverter.aim(term, Aim((Like((make_pattern(("",)),)),)))

        ways = ([widen] if term_fields(whole) else []) + ([narrow] if term_fields(part) else [])
        if function == "stringContains" and not wanted:
            # An empty text is not contained in any.
            ways += [empty(term) for term in (part, whole) if term_fields(term)]
        return inverter.one_of(ways)

    return invert


def _patterned(make: Callable[[tuple[str, ...], bool], Test]) -> Callable[[Inverter, Args, bool, bool], Demands | None]:
    def invert(inverter: Inverter, args: Args, fold: bool, wanted: bool) -> Demands | None:
        subject, *patterns = args
        texts = tuple(value for pattern in patterns if isinstance(value := inverter.value_of(pattern), str))
        test = make(texts, fold)
        return inverter.aim(subject, Aim((test,)) if wanted else Aim((), (test,)))

    return invert


def _inside_block(inverter: Inverter, args: Args, fold: bool, wanted: bool) -> Demands | None:
    address, *blocks = args
    try:
        intervals = tuple(parse_address_block(str(inverter.value_of(block))) for block in blocks)
    except LiteralError:
        return None
    test = Within(intervals)
    if isinstance(address, FieldTerm) and values_of(address.field).blocks:
        return {address.field.stored: (address.field, Aim((test,)) if wanted else Aim((), (test,)))}
    for domain in (Interval(V4_BASE, V4_LAST), Interval(0, MAX_ADDRESS)):
        parts = solution(domain, [intervals] if wanted else [], [] if wanted else intervals, whole=True)
        aim = exactly(render_address(draw_integer(parts, inverter.rng))) if parts else None
        if aim is not None:
            return inverter.aim(address, aim)
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
"""By function: its arguments, whether it folds case, and whether it should be true."""
