"""Random conditions on functions that can be met: a document is made up first, and the condition is what holds of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from triggerfish.compiler.values.functions import BY_LOWER_NAME, Value, evaluate

TEXT_FIELDS = ("process.name", "process.command_line", "user.name")
NUMBER_FIELDS = ("process.pid", "source.bytes", "process.parent.pid")

texts = st.text("abAB.- \\/01", min_size=1, max_size=8)
numbers = st.integers(-50, 2000)
naturals = st.integers(1, 60)


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument as a query writes it, and its value in the made-up document."""

    written: str
    value: Value


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
    return repr(value)


def constant(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Argument]:
    return values.map(lambda value: Argument(written(value), value))


def field(names: tuple[str, ...], values: st.SearchStrategy[Any], place: int) -> st.SearchStrategy[Argument]:
    """A field of its own for every place of an argument."""
    return values.map(lambda value: Argument(names[place], value))


def part_of(text: str) -> st.SearchStrategy[str]:
    def cut(ends: tuple[int, int]) -> str:
        low, high = sorted(ends)
        return text[low:high] or text[:1]

    return st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(cut)


def either(values: st.SearchStrategy[Any], names: tuple[str, ...], place: int) -> st.SearchStrategy[Argument]:
    return st.one_of(constant(values), field(names, values, place))


@st.composite
def _with_part(draw: Any) -> list[Argument]:
    """A text field, and a part of its value: a constant or another field."""
    text = draw(texts)
    return [Argument(TEXT_FIELDS[0], text), draw(either(part_of(text), TEXT_FIELDS, 1))]


@st.composite
def _index_of(draw: Any) -> list[Argument]:
    arguments = draw(_with_part())
    return arguments + ([draw(constant(st.integers(0, 2)))] if draw(st.booleans()) else [])


@st.composite
def _between(draw: Any) -> list[Argument]:
    left, inner, right, around = draw(st.sampled_from("([<-")), draw(texts), draw(st.sampled_from(")]> ")), draw(texts)
    arguments = [
        Argument(TEXT_FIELDS[1], around + left + inner + right + around),
        *(Argument(written(each), each) for each in (left, right)),
    ]
    return arguments + ([draw(constant(st.booleans()))] if draw(st.booleans()) else [])


@st.composite
def _substring(draw: Any) -> list[Argument]:
    arguments = [draw(field(TEXT_FIELDS, texts, 0)), draw(constant(st.integers(-4, 4)))]
    return arguments + ([draw(constant(st.integers(-3, 6)))] if draw(st.booleans()) else [])


@st.composite
def _concat(draw: Any) -> list[Argument]:
    arguments = [draw(field(TEXT_FIELDS, texts, 0)), draw(constant(texts)), draw(field(TEXT_FIELDS, texts, 1))]
    arguments += [draw(field(NUMBER_FIELDS, naturals, 0))] if draw(st.booleans()) else []
    return list(draw(st.permutations(arguments)))


@st.composite
def _numbers(draw: Any) -> list[Argument]:
    arguments = [draw(field(NUMBER_FIELDS, naturals, 0)), draw(either(naturals, NUMBER_FIELDS, 1))]
    return list(draw(st.permutations(arguments)))


@st.composite
def _number(draw: Any) -> list[Argument]:
    base = draw(st.sampled_from([None, 10, 16, 2, 13]))
    value = draw(numbers)
    if base in (None, 10):
        return [Argument(TEXT_FIELDS[0], str(value))] + ([] if base is None else [Argument("10", 10)])
    digits = {16: "{:x}", 2: "{:b}", 13: "{:d}"}[base].format(abs(value))
    assume(base != 13 or all(char in "0123456789abc" for char in digits))
    return [Argument(TEXT_FIELDS[0], digits), Argument(str(base), base)]


@st.composite
def _cidr_match(draw: Any) -> list[Argument]:
    octets = draw(st.lists(st.integers(1, 223), min_size=4, max_size=4))
    address = ".".join(map(str, octets))
    blocks = [f"{octets[0]}.0.0.0/8", f"{octets[0]}.{octets[1]}.0.0/16", "10.0.0.0/8", f"{address}/32"]
    chosen = draw(st.lists(st.sampled_from(blocks), min_size=1, max_size=3))
    name = draw(st.sampled_from(["source.ip", "host.name"]))
    return [Argument(name, address), *(Argument(quoted(block), block) for block in chosen)]


def _string() -> st.SearchStrategy[list[Argument]]:
    return st.one_of(field(NUMBER_FIELDS, naturals, 0), field(TEXT_FIELDS, texts, 0)).map(lambda one: [one])


ARGUMENTS: dict[str, Callable[[], st.SearchStrategy[list[Argument]]]] = {
    "add": _numbers,
    "subtract": _numbers,
    "multiply": _numbers,
    "divide": _numbers,
    "modulo": _numbers,
    "between": _between,
    "cidrMatch": _cidr_match,
    "concat": _concat,
    "endsWith": _with_part,
    "startsWith": _with_part,
    "stringContains": _with_part,
    "indexOf": _index_of,
    "length": lambda: field(TEXT_FIELDS, texts, 0).map(lambda one: [one]),
    "number": _number,
    "string": _string,
    "substring": _substring,
}
"""By function, arguments that it can be called with."""


@st.composite
def constraints(draw: Any, name: str) -> str:
    """A condition on a function's result that some document meets."""
    arguments = draw(ARGUMENTS[name]())
    fold = draw(st.booleans()) if BY_LOWER_NAME[name.lower()].folds else False
    call = f"{name}{'~' if fold else ''}({', '.join(argument.written for argument in arguments)})"
    result = evaluate(name, tuple(argument.value for argument in arguments), fold)
    match result:
        case None:
            return f"{call} == null"
        case bool():
            return call if result else f"not {call}"
        case str():
            return draw(st.sampled_from(_on_text(call, result)))
    return draw(st.sampled_from([f"{call} == {result!r}", f"{call} >= {result!r}", f"{call} <= {result!r}", f"{call} != {result + 1!r}"]))


def _on_text(call: str, result: str) -> list[str]:
    plain = result.replace("*", "?")
    return [
        f"{call} == {quoted(result)}",
        f"{call} in ({quoted(result)}, {quoted(result + 'x')})",
        f"{call} : {quoted(plain[: len(plain) // 2].swapcase() + '*')}",
        f"{call} like {quoted('*' + plain[len(plain) // 2 :])}",
        f"length({call}) == {len(result)}",
        f"{call} != {quoted(result + 'x')}",
        f"startsWith({call}, {quoted(result[:1])})",
    ]
