"""Strings for patterns and regular expressions, beside packages that make nothing else."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from importlib import import_module
from random import Random
from time import process_time

import orjson

from triggerfish.api.source_events import DEFAULT_START
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.match_numbers import WALKED
from triggerfish.backends.plan.plan import Plan
from triggerfish.compiler.compile import compile_query

from .measure import Figures
from .stages import Bench
from .subjects import schema

CASES = {
    "a name": r"[a-z]{3,12}\.exe",
    "a path": r"C:\\Windows\\(System32|SysWOW64)\\[a-z]{1,8}\.dll",
    "a hash": "[0-9a-f]{64}",
    "numbers": r"[0-9]{1,3}\.[0-9]{1,3}",
    "letters around": ".*mimikatz.*",
}
"""Expressions that mean the same to Python and to Lucene."""

_SECONDS = 0.3


def strings(bench: Bench) -> Figures:
    """Values a second of one processor, by case and maker, and how many of a hundred are different."""
    return {name: {maker: _rate(make(pattern), pattern) for maker, make in MAKERS.items()} for name, pattern in CASES.items()}


def _rate(make: Callable[[], str] | None, pattern: str) -> Figures | None:
    if make is None:
        return None
    fits = re.compile(pattern, re.DOTALL).fullmatch
    texts = [make() for _ in range(100)]
    began, count = process_time(), 0
    while process_time() - began < _SECONDS:
        for _ in range(50):
            make()
        count += 50
    seconds = process_time() - began
    return {"a second": count / seconds, "right of 100": sum(fits(text) is not None for text in texts), "different of 100": len(set(texts))}


def _ours(pattern: str) -> Callable[[], str] | None:
    """Values of documents that match a rule with the expression, each with the rest of its document."""
    query = f'any where x regex "{pattern.replace(chr(92), chr(92) * 2)}"'
    solution = solve(compile_query(query, schema(), DEFAULT_START, "eql").program, "strings", DEFAULT_START)
    if solution.sampler is None:
        return None
    sampler, numbers = solution.sampler, iter(range(10**9))

    def make() -> str:
        number = next(numbers)
        group = sampler.draw(Random(number), number)
        assert group is not None
        value = group[0]["x"]
        return str(value[0] if isinstance(value, list) else value)

    return make


def _planned(pattern: str) -> Callable[[], str] | None:
    query = f'any where x regex "{pattern.replace(chr(92), chr(92) * 2)}"'
    solution = solve(compile_query(query, schema(), DEFAULT_START, "eql").program, "strings", DEFAULT_START)
    if solution.sampler is None:
        return None
    texts = (text for block in Plan(solution.sampler, "strings").texts(WALKED, 10**9) for text in block if text)

    def make() -> str:
        value = orjson.loads(next(texts))["x"]
        return str(value[0] if isinstance(value, list) else value)

    return make


def _exrex(pattern: str) -> Callable[[], str] | None:
    package = _package("exrex")
    return None if package is None else lambda: str(package.getone(pattern, 20))


def _rstr(pattern: str) -> Callable[[], str] | None:
    package = _package("rstr")
    return None if package is None else lambda: str(package.xeger(pattern))


def _hypothesis(pattern: str) -> Callable[[], str] | None:
    if _package("hypothesis") is None:
        return None
    from hypothesis.strategies import from_regex

    strategy = from_regex(pattern, fullmatch=True)

    def make() -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return strategy.example()

    return make


def _package(name: str):  # type: ignore[no-untyped-def]
    try:
        return import_module(name)
    except ImportError:
        return None


MAKERS: dict[str, Callable[[str], Callable[[], str] | None]] = {
    "ours, walked": _ours,
    "ours, planned": _planned,
    "exrex": _exrex,
    "rstr": _rstr,
    "hypothesis": _hypothesis,
}
