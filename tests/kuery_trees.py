"""Random Kuery trees over an index with a field of every type, and random documents for it."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from triggerfish.grammar.kuery.tree import And, Is, Nested, Not, Or, Query, Range, RangeOperator, Text

TYPES = {
    "name": "keyword",
    "tags": "keyword",
    "path.raw": "wildcard",
    "message": "match_only_text",
    "title": "text",
    "size": "long",
    "tiny": "byte",
    "load": "double",
    "ip": "ip",
    "when": "date",
    "flag": "boolean",
    "flat": "flattened",
    "build": "version",
    "nest": "nested",
    "nest.name": "keyword",
    "nest.size": "long",
    "nest.inner": "nested",
    "nest.inner.name": "keyword",
}
SCHEMA: dict[str, dict[str, Any]] = {
    name: {"type": kind, **({"normalize": ["array"]} if kind == "nested" or name in ("tags", "nest.name") else {})}
    for name, kind in TYPES.items()
}

_VALUES: dict[str, list[str]] = {
    "string": ["a", "b", "ab", "B", "a b", "cmd.exe", "a*b", "x\\y", "not", "true", '"q"', "(a)", "a:b", "7"],
    "text": ["a", "b", "A", "cmd.exe", "a-b", "ab", "b a"],
    "long": ["0", "5", "-1", "7", "300"],
    "byte": ["0", "5", "-1", "7"],
    "double": ["0", "0.5", "-1", "2e1"],
    "ip": ["10.0.0.1", "10.0.0.0/8", "192.168.1.1", "::1", "fe80::/10"],
    "date": ["2021-03-01", "2021-03-02T00:00:00Z", "now-1d/d", "now", "2021-03-01T12:00:00.000Z"],
    "boolean": ["true", "false"],
    "version": ["1.5.0", "1.11.3", "2.0.0"],
}
_KIND = {"keyword": "string", "wildcard": "string", "flattened": "string", "match_only_text": "text"}
NOW_MS = 1_614_686_400_000
"""2021-03-02T12:00:00Z."""


def _kind(field: str) -> str:
    kind = TYPES.get(field, "keyword")
    return _KIND.get(kind, kind)


def _text(value: str, draw_quoted: bool) -> Text:
    return Text((value,), draw_quoted)


def _patterns(kind: str) -> st.SearchStrategy[Text]:
    pieces = ["", "a", "b", "md.e", "a b", "\\", "*"] if kind == "string" else ["", "a", "b", "md.e"]
    pieces_of = st.lists(st.sampled_from(pieces), min_size=2, max_size=3)
    # A run of stars alone, other than the one star that asks for presence, says nothing worth testing.
    return pieces_of.filter(lambda found: any(found)).map(lambda found: Text(tuple(found)))


def values(field: str) -> st.SearchStrategy[Text]:
    kind = _kind(field)
    # `true` alone would tell the compiler that an unknown field is a boolean.
    literals = [text for text in _VALUES[kind] if field != "unknown" or text != "true"]
    exact = st.builds(_text, st.sampled_from(literals), st.booleans()).filter(lambda text: text.quoted or text.literal.strip() != "")
    present = st.just(Text(("", "")))
    # A field that no schema lists is sent as a `query_string` query until the index has it; the compiler takes it for a keyword.
    wild = kind in ("string", "text") and field != "unknown"
    return st.one_of(exact, exact, present, _patterns(kind)) if wild else st.one_of(exact, exact, present)


def _lists(field: str) -> st.SearchStrategy[Any]:
    return st.recursive(
        values(field),
        lambda below: st.one_of(
            st.builds(Not, below),
            st.lists(below, min_size=2, max_size=3).map(lambda args: _joined(And, args)),
            st.lists(below, min_size=2, max_size=3).map(lambda args: _joined(Or, args)),
        ),
        max_leaves=4,
    )


def _joined(kind: Any, args: list[Any]) -> Any:
    return kind(tuple(inner for arg in args for inner in (arg.args if isinstance(arg, kind) else (arg,))))


def _tests(field: str, written: str) -> st.SearchStrategy[Query]:
    name = Text((written,), False)
    found = [_lists(field).map(lambda value: Is(name, value))]
    if _kind(field) not in ("text", "boolean") and field != "unknown":
        bound = st.sampled_from([text for text in _VALUES[_kind(field)] if "/" not in text or text.startswith("now")]).map(
            lambda text: Text((text,), True)
        )
        found.append(st.builds(lambda operator, value: Range(name, operator, value), st.sampled_from(RangeOperator), bound))
    return st.one_of(found)


def _composed(leaf: st.SearchStrategy[Query], most: int) -> st.SearchStrategy[Query]:
    return st.recursive(
        leaf,
        lambda below: st.one_of(
            st.builds(Not, below),
            st.lists(below, min_size=2, max_size=3).map(lambda args: _joined(And, args)),
            st.lists(below, min_size=2, max_size=3).map(lambda args: _joined(Or, args)),
        ),
        max_leaves=most,
    )


_ROOT_FIELDS = [name for name in TYPES if not name.startswith("nest")] + ["flat.key", "unknown"]
_root_test = st.sampled_from(_ROOT_FIELDS).flatmap(lambda field: _tests(field, field))
_inner = st.builds(Nested, st.just(Text(("inner",))), _composed(_tests("nest.inner.name", "name"), 2))
_nested_test = st.sampled_from(["name", "size"]).flatmap(lambda short: _tests(f"nest.{short}", short))
_nested = st.builds(Nested, st.just(Text(("nest",))), _composed(st.one_of(_nested_test, _nested_test, _inner), 4))
_bare = st.one_of(values("message"), values("name")).filter(lambda text: text.pieces != ("", "")).map(lambda value: Is(None, value))
_wild_name = st.builds(
    Is,
    st.sampled_from([Text(("", "ame")), Text(("na", "")), Text(("ta", "")), Text(("path.", ""))]),
    st.sampled_from(_VALUES["string"][:4]).map(lambda text: Text((text,))),
)
trees: st.SearchStrategy[Query] = _composed(st.one_of(_root_test, _root_test, _root_test, _nested, _bare, _wild_name), 6)

_JSON: dict[str, list[Any]] = {
    "string": ["a", "b", "ab", "B", "a b", "cmd.exe", "a*b", "x\\y", "aab", "", "not", "true", '"q"', "a:b", "a b b"],
    "text": ["a", "b", "A b", "cmd.exe", "a-b", "ab b", "b a", "", "x a y b", "acmd.exe"],
    "long": [0, 5, -1, 7, 300, 6],
    "byte": [0, 5, -1, 7],
    "double": [0, 0.5, -1.0, 20, 3.25],
    "ip": ["10.0.0.1", "10.255.0.1", "192.168.1.1", "::1", "fe80::5"],
    "date": [
        "2021-03-01T00:00:00.000Z",
        "2021-03-01T12:00:00.000Z",
        "2021-03-02T00:00:00.000Z",
        "2021-03-02T12:00:00.000Z",
        1_614_600_000_000,
    ],
    "boolean": [True, False],
    "version": ["1.5.0", "1.11.3", "1.6.0", "2.0.0"],
}


def document(rng: Random) -> dict[str, Any]:
    """A document with some of the fields, one value or two in each."""
    found: dict[str, Any] = {name: _some(name, rng) for name in _ROOT_FIELDS if "." not in name and name != "flat" and rng.random() < 0.5}
    if rng.random() < 0.5:
        found["path"] = {"raw": _some("path.raw", rng)}
    if rng.random() < 0.5:
        found["flat"] = {key: rng.choice(_JSON["string"]) for key in ("key", "other") if rng.random() < 0.6}
    if rng.random() < 0.6:
        objects = [_object(rng) for _ in range(rng.randint(0, 3))]
        found["nest"] = objects[0] if len(objects) == 1 else objects
    return found


def _some(field: str, rng: Random) -> Any:
    values = [rng.choice(_JSON[_kind(field)]) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
    return values[0] if len(values) == 1 and rng.random() < 0.5 else values


def _object(rng: Random) -> dict[str, Any]:
    found: dict[str, Any] = {short: _some(f"nest.{short}", rng) for short in ("name", "size") if rng.random() < 0.7}
    if rng.random() < 0.5:
        found["inner"] = [{"name": _some("nest.inner.name", rng)} for _ in range(rng.randint(0, 2))]
    return found
