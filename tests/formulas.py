"""Random formulas and documents over a few fields, one of each kind."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from triggerfish.compiler.ir.formula import And, Atom, Exists, Formula, LengthIn, Lexical, Like, Matches, Not, Or, PhraseMatch, Within
from triggerfish.compiler.schema.field_types import FIELD_TYPES, Kind
from triggerfish.compiler.schema.fields import FieldSpec
from triggerfish.compiler.values.literals import V4_BASE, render_address, render_date
from triggerfish.compiler.values.patterns import exact, make_pattern
from triggerfish.compiler.values.regexp_parser import parse_regexp
from triggerfish.compiler.values.sets import Interval, Phrase, Wild

FIELDS = [
    FieldSpec("name", FIELD_TYPES["keyword"]),
    FieldSpec("args", FIELD_TYPES["keyword"], array=True),
    FieldSpec("port", FIELD_TYPES["long"]),
    FieldSpec("pids", FIELD_TYPES["integer"], array=True),
    FieldSpec("load", FIELD_TYPES["double"]),
    FieldSpec("ip", FIELD_TYPES["ip"], array=True),
    FieldSpec("when", FIELD_TYPES["date"]),
    FieldSpec("flag", FIELD_TYPES["boolean"]),
    FieldSpec("message", FIELD_TYPES["match_only_text"]),
]

LETTERS = "abAB*?\\é☢ ."
texts = st.text(LETTERS, max_size=4)
words = st.sampled_from(["ab", "b", "cmd", "x1"])
small = st.integers(-3, 3)
patterns = st.builds(make_pattern, st.lists(st.one_of(texts, st.sampled_from(Wild)), max_size=4), st.booleans())
regexps = st.builds(parse_regexp, st.sampled_from(["a.*", "[aA]b?", "~(ab)", "a{1,2}&.*a", "<1-3>|b+", '"*"', "(a|b)+"]), st.booleans())
addresses = st.one_of(st.integers(V4_BASE, V4_BASE + 3), st.integers(0, 3))
dates = st.integers(0, 3)
BASE_DATE = 1_600_000_000_000


def intervals(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Within]:
    def ordered(low: Any, high: Any, low_open: bool, high_open: bool) -> Interval:
        if low is not None and high is not None and low > high:
            low, high = high, low
        return Interval(low, high, low_open, high_open)

    bound = st.none() | numbers
    return st.lists(st.builds(ordered, bound, bound, st.booleans(), st.booleans()), min_size=1, max_size=3).map(
        lambda found: Within(tuple(found))
    )


def conditions(spec: FieldSpec) -> st.SearchStrategy[Any]:
    match spec.type.kind:
        case Kind.STRING:
            return st.one_of(
                st.lists(patterns, min_size=1, max_size=3).map(lambda found: Like(tuple(found))),
                st.lists(regexps, min_size=1, max_size=2).map(lambda found: Matches(tuple(found))),
                st.builds(Lexical, st.none() | texts, st.none() | texts, st.booleans(), st.booleans()),
                st.builds(lambda low, size: LengthIn(Interval(low, low + size)), st.integers(0, 3), st.integers(0, 2)),
            )
        case Kind.TEXT:
            word = st.one_of(
                words.map(exact),
                words.map(lambda text: make_pattern((Wild.RUN, text))),
                words.map(lambda text: make_pattern((text, Wild.ONE))),
            )
            phrase = st.lists(word, min_size=1, max_size=2).map(lambda found: Phrase(tuple(found)))
            return st.lists(phrase, min_size=1, max_size=2).map(lambda found: PhraseMatch(tuple(found)))
        case Kind.IP:
            return intervals(addresses)
        case Kind.DATE:
            return intervals(dates.map(lambda day: BASE_DATE + day))
        case Kind.BOOLEAN:
            return intervals(st.integers(0, 1))
        case Kind.FLOAT:
            return intervals(st.sampled_from([-1.5, 0.0, 0.25, 2.0]))
    return intervals(small)


atoms = st.sampled_from(FIELDS).flatmap(
    lambda spec: st.one_of(st.just(Exists(spec)), *[conditions(spec).map(lambda test: Atom(spec, test))] * 4)
)
formulas: st.SearchStrategy[Formula] = st.recursive(
    atoms,
    lambda below: st.one_of(
        st.builds(Not, below),
        st.lists(below, min_size=2, max_size=3).map(lambda args: And(tuple(args))),
        st.lists(below, min_size=2, max_size=3).map(lambda args: Or(tuple(args))),
    ),
    max_leaves=6,
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": texts,
    "args": texts,
    "port": small,
    "pids": small,
    "load": st.sampled_from([-1.5, 0.0, 0.25, 2.0]),
    "ip": addresses.map(render_address),
    "when": dates.map(lambda day: render_date(BASE_DATE + day)),
    "flag": st.booleans(),
    "message": st.lists(words, max_size=4).map(" ".join),
}


def some(spec: FieldSpec) -> st.SearchStrategy[list[Any]]:
    return st.lists(VALUES[spec.name], max_size=2 if spec.array else 1)


documents = st.fixed_dictionaries({spec.name: some(spec) for spec in FIELDS})
