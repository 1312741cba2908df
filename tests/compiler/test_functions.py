"""EQL's functions: tables from Elasticsearch's function reference, and Python's own operations where they mean the same."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.compiler.values.functions import BY_LOWER_NAME, FUNCTIONS, ArgumentType, Value, evaluate


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("add", (4, 1.0), 5.0),
        ("add", (4, 0.5), 4.5),
        ("subtract", (10, 2), 8),
        ("subtract", (10, 0.5), 9.5),
        ("multiply", (2, 2), 4),
        ("multiply", (2, -2.0), -4.0),
        # Two integers round towards zero.
        ("divide", (4, 3), 1),
        ("divide", (-4, 3), -1),
        ("divide", (4, -3), -1),
        ("divide", (4, 3.0), 4 / 3),
        ("divide", (0.5, 2), 0.25),
        ("divide", (1, 0), None),
        ("modulo", (10, 6), 4),
        ("modulo", (10, 5), 0),
        ("modulo", (10, 0.5), 0.0),
        ("modulo", (-7, 3), -1),
        ("modulo", (7, -3), 1),
        ("modulo", (7, 0), None),
        ("between", ("system32 cmd.exe", "system32 ", ".exe"), "cmd"),
        ("between", ("workspace .workspace.", "workspace", "."), " "),
        ("between", ("a.b.c", "a", "c", True), ".b."),
        ("between", ("a-b-c", "a-", "-"), "b"),
        ("between", ("a-b-c-", "a-", "-", True), "b-c"),
        ("between", ("abc", "x", "c"), ""),
        ("between", ("abc", "a", "x"), ""),
        ("between", ("abab", "b", "a"), ""),
        ("cidrMatch", ("192.168.152.12", "192.168.0.0/16"), True),
        ("cidrMatch", ("192.168.152.12", "192.168.0.0/16", "10.0.0.0/8"), True),
        ("cidrMatch", ("192.168.152.12", "10.0.0.0/8"), False),
        ("cidrMatch", ("192.168.152.12", "10.128.0.0/9", "10.0.0.0/8"), False),
        ("cidrMatch", ("::1", "::/64"), True),
        ("cidrMatch", ("10.0.0.1", "::/0"), True),
        ("cidrMatch", ("not an address", "0.0.0.0/0"), False),
        ("concat", ("process is ", "regsvr32.exe"), "process is regsvr32.exe"),
        ("concat", ("process is ", "regsvr32.exe", " with ", 2), "process is regsvr32.exe with 2"),
        ("concat", ("regsvr32.exe",), "regsvr32.exe"),
        ("concat", (True, 1.5, "x"), "true1.5x"),
        ("concat", ("process is ", None), None),
        ("endsWith", ("regsvr32.exe", ".exe"), True),
        ("endsWith", ("regsvr32.exe", ".EXE"), False),
        ("endsWith", ("regsvr32.exe", ".dll"), False),
        ("endsWith", ("a", ""), True),
        ("startsWith", ("regsvr32.exe", "regsvr32"), True),
        ("startsWith", ("regsvr32.exe", "explorer"), False),
        ("stringContains", ("start regsvr32.exe", "regsvr32"), True),
        ("stringContains", ("start", "regsvr32"), False),
        ("indexOf", ("https://url.com", "url"), 8),
        ("indexOf", ("https://url.com", "URL"), None),
        ("indexOf", ("https://url.com", "."), 11),
        ("indexOf", ("https://url.com", ".", 11), 11),
        ("indexOf", ("https://url.com", ".", 12), None),
        ("indexOf", ("https://url.com", "", -5), 0),
        ("length", ("explorer.exe",), 12),
        ("length", ("",), 0),
        ("number", ("1337",), 1337),
        ("number", ("42.5",), 42.5),
        ("number", ("deadbeef", 16), 3735928559),
        ("number", ("0xdeadbeef",), 3735928559),
        ("number", ("0xdeadbeef", 16), 3735928559),
        ("number", ("32", 16), 50),
        ("number", ("-17",), -17),
        ("number", ("17", None), 17),
        ("number", ("1e2",), 100.0),
        ("number", ("abc",), None),
        ("number", ("1_000",), None),
        ("number", (" 1",), 1.0),
        ("number", ("\u0661",), None),
        ("number", ("0x10", 10), None),
        ("number", ("nan",), None),
        ("string", (42,), "42"),
        ("string", (42.5,), "42.5"),
        ("string", (7.0,), "7.0"),
        # Java's doubles take an exponent from ten million on, and below a thousandth.
        ("string", (12345678.0,), "1.2345678E7"),
        ("string", (0.0001,), "1.0E-4"),
        ("string", (True,), "true"),
        ("string", ("regsvr32.exe",), "regsvr32.exe"),
        ("substring", ("start regsvr32.exe", 6), "regsvr32.exe"),
        ("substring", ("start regsvr32.exe", 0, 5), "start"),
        ("substring", ("start regsvr32.exe", 6, 14), "regsvr32"),
        ("substring", ("start regsvr32.exe", -4), ".exe"),
        ("substring", ("start regsvr32.exe", -4, -1), ".ex"),
        ("substring", ("start", 3, 1), ""),
        ("substring", ("start", 9), ""),
        ("substring", ("start", 1, None), "tart"),
        ("like", ("abc", "x", "a*"), True),
        ("like", ("abc", "A*"), False),
        ("like", ("abc", "a?"), False),
        ("regex", ("abc", "x|a.c"), True),
        ("regex", ("abcd", "a.c"), False),
        ("==", ("a", "A"), False),
        ("==", (1, 1.0), True),
        ("<", ("a", "b"), True),
        ("<", ("a", 1), None),
        ("!=", (1, 2), True),
    ],
)
def test_results(name: str, args: tuple[Value, ...], result: Value) -> None:
    found = evaluate(name, args, fold=False)
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("between", ("System32 CMD.exe", "system32 ", ".EXE"), "CMD"),
        ("endsWith", ("regsvr32.exe", ".EXE"), True),
        ("startsWith", ("regsvr32.exe", "REGSVR32"), True),
        ("stringContains", ("start regsvr32.exe", "REGSVR32"), True),
        ("indexOf", ("https://URL.com", "url"), 8),
        ("like", ("ABC", "a?c"), True),
        ("regex", ("ABC", "a.c"), True),
        ("==", ("ABC", "abc"), True),
        ("==", ("\u212a", "k"), False),
    ],
)
def test_case_insensitive_forms(name: str, args: tuple[Value, ...], result: Value) -> None:
    assert evaluate(name, args, fold=True) == result
    assert FUNCTIONS[name].folds


def test_null_is_a_value_where_it_is_asked_for() -> None:
    assert [evaluate("is null", (value,), False) for value in (None, "", 0, False)] == [True, False, False, False]


@pytest.mark.parametrize(
    "function", [function for function in FUNCTIONS.values() if not function.sees_null], ids=lambda function: function.name
)
def test_null_in_null_out(function) -> None:  # type: ignore[no-untyped-def]
    samples: dict[str, Value] = {"a number": 1, "an integer": 1, "true or false": True, "an IP address": "::1"}
    args = [samples.get(function.arguments[min(at, len(function.arguments) - 1)], "1") for at in range(function.required)]
    if function.name == "cidrMatch":
        args[1] = "::/0"
    assert evaluate(function.name, tuple(args), False) is not None or function.name == "indexOf"
    for missing in range(len(args)):
        assert evaluate(function.name, (*args[:missing], None, *args[missing + 1 :]), False) is None


def test_operators_cannot_be_called() -> None:
    assert set(BY_LOWER_NAME) == {
        *("add", "subtract", "multiply", "divide", "modulo", "between", "cidrmatch", "concat", "endswith", "startswith"),
        *("stringcontains", "indexof", "length", "number", "string", "substring"),
    }
    assert all(isinstance(argument, ArgumentType) for function in FUNCTIONS.values() for argument in function.arguments)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6).filter(bool))
def test_integer_division_is_that_of_c(left: int, right: int) -> None:
    quotient, remainder = evaluate("divide", (left, right), False), evaluate("modulo", (left, right), False)
    assert quotient == math.trunc(left / right)
    assert remainder == math.fmod(left, right)


@given(st.text("ab.", max_size=8), st.integers(-9, 9), st.none() | st.integers(-9, 9))
def test_substring_slices_as_python_does(text: str, start: int, end: int | None) -> None:
    assert evaluate("substring", (text, start, end), False) == text[start:end]


@given(st.integers(0, 2**63 - 1), st.integers(2, 36))
def test_numbers_of_any_base(number: int, base: int) -> None:
    digits, rest = "", number
    while rest or not digits:
        digits, rest = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % base] + digits, rest // base
    assert evaluate("number", (digits, base), False) == number


@given(st.text("ab", max_size=6), st.text("ab", max_size=3), st.text("ab", max_size=3), st.booleans())
def test_between_is_what_stands_between(text: str, left: str, right: str, greedy: bool) -> None:
    inside = evaluate("between", (text, left, right, greedy), False)
    assert isinstance(inside, str)
    if inside:
        assert left + inside + right in text
