"""Queries that are hard for an SMT solver if encoded directly."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

WORDS = [
    "alpha",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "india",
    "juliet",
    "kilo",
    "lima",
    "mike",
    "november",
    "oscar",
    "papa",
    "quebec",
    "romeo",
    "sierra",
    "tango",
    "uniform",
    "victor",
    "whiskey",
    "xray",
    "yankee",
    "zulu",
    "amber",
    "birch",
    "cedar",
    "dune",
]


@dataclass(frozen=True, slots=True)
class HardCase:
    """A query, how it must end, and types of its fields where the built-in schema has none."""

    name: str
    query: str
    status: str = "ok"
    schema: dict[str, Any] = field(default_factory=dict)


def _listed(texts: list[str]) -> str:
    return "(" + ", ".join(f'"{text}"' for text in texts) + ")"


def _minus(alternatives: int, exclusions: int) -> str:
    alternatives_listed = _listed([f"n{number}*" for number in range(alternatives)])
    excluded = _listed([f"*{number}x" for number in range(exclusions)])
    return f"process where process.name like~ {alternatives_listed} and not process.name like~ {excluded}"


def _conjoined(count: int) -> str:
    return "process where " + " and ".join(f'process.command_line : "*{word}*"' for word in WORDS[:count])


HARD_CASES = (
    HardCase("300 alternatives minus 10", _minus(300, 10)),
    HardCase("1,500 alternatives minus 50", _minus(1500, 50)),
    HardCase("10 conjoined *x*", _conjoined(10)),
    HardCase("30 conjoined *x*", _conjoined(30)),
    HardCase(
        "a pattern minus 40 of two stars",
        'process where process.command_line : "*run*" and not process.command_line : '
        + _listed([f"*{left}*{right}*" for left, right in pairwise([*WORDS, WORDS[0]])] + [f"*{word}*run*" for word in WORDS[:10]]),
    ),
    HardCase(
        "*foo*bar*baz* minus *bar*baz*",
        'process where process.name : "*foo*bar*baz*" and not process.name : "*bar*baz*"',
        "unsatisfiable",
    ),
    HardCase(
        "two fields *powershell*, not equal",
        'process where process.name : "*powershell*" and process.parent.name : "*powershell*" and process.name != process.parent.name',
    ),
    HardCase(
        "nested intervals minus another",
        'process where process.name regex "([a-c]{2,8}(x{1,4}|<10-99>)){3,7}" '
        'and not process.name regex "([a-b]{2,6}(x{2,4}|<10-50>)){3,5}"',
    ),
    HardCase(
        "40 integers in a chain",
        "process where " + " and ".join(f"a{number} < a{number + 1}" for number in range(1, 40)),
        schema={f"a{number}": {"type": "long"} for number in range(1, 41)},
    ),
    HardCase(
        "40 integers in a circle",
        "process where " + " and ".join(f"a{number} < a{number % 40 + 1}" for number in range(1, 41)),
        "unsatisfiable",
        {f"a{number}": {"type": "long"} for number in range(1, 41)},
    ),
)
