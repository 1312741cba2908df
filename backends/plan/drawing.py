"""Many groups of one skeleton at once, column by column, as the text of their documents.

Random numbers are drawn as bytes, for a thousand single draws cost twenty times as much.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from random import Random
from typing import Any

import orjson

from ...compiler.ir import Interval, Wild
from ..sampler.strings import LETTERS, LONGEST_RUN
from .parts import Fixed, Listed, Part, Ranged, Shaped
from .skeleton import Skeleton

_WORDS = 1 << 14


@cache
def _words() -> list[str]:
    """Words of every length, four times over: as many as there are 16-bit numbers."""
    rng = Random("words")
    ends = list(accumulate(1 + at % LONGEST_RUN for at in range(_WORDS)))
    letters = "".join(rng.choices(LETTERS, k=ends[-1]))
    found = [letters[start:end] for start, end in pairwise([0, *ends])]
    rng.shuffle(found)
    return found * 4


def _numbers(rng: Random, count: int, bits: int) -> tuple[int, ...]:
    """Evenly distributed numbers of 16, 32 or 64 bits."""
    return struct.unpack(f"<{count}{_CODES[bits]}", rng.randbytes(count * bits // 8))


_CODES = {16: "H", 32: "I", 64: "Q"}


def texts(skeleton: Skeleton, numbers: Sequence[int], rng: Random) -> list[str]:
    """The text of a group for each number: a line of JSON for every document, exactly what ``orjson`` makes of it.

    Args:
        skeleton: what to draw from.
        numbers: which groups of the run they are: that decides their times, and nothing else.
        rng: the source of all choices.
    """
    count = len(numbers)
    columns = [_column(part, rng, count) for part in skeleton.parts]
    text = [skeleton.texts[0].replace("%", "%%")]
    streams: list[Iterable[Any]] = []
    for hole, after in zip(skeleton.holes, skeleton.texts[1:], strict=True):
        if hole.time:
            start, step = skeleton.first[hole.number], skeleton.step
            streams.append([start + number * step for number in numbers])
            text.append("%s")
        else:
            form, own = columns[hole.number]
            text.append(form)
            streams += own
        text.append(after.replace("%", "%%"))
    return list(map("".join(text).__mod__, zip(*streams, strict=True)))


def _column(part: Part, rng: Random, count: int) -> tuple[str, list[list[Any]]]:
    """How the values of a part are written, with ``%s`` for what differs, and that."""
    match part:
        case Fixed(value):
            return _json(value).replace("%", "%%"), []
        case Listed():
            listed = part.texts
            size = len(listed)
            return "%s", [[listed[number % size] for number in _numbers(rng, count, 16)]]
        case Shaped(patterns):
            return _shape(patterns[rng.randrange(len(patterns))].tokens, rng, count)
        case Ranged(choices, address):
            drawn = _drawn(choices[rng.randrange(len(choices))], rng, count)
            return ('"%s"', [list(map(_address, drawn))]) if address else ("%s", [drawn])


def _address(number: int) -> str:
    return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _shape(tokens: Sequence[str | Wild], rng: Random, count: int) -> tuple[str, list[list[Any]]]:
    text: list[str] = []
    streams: list[list[Any]] = []
    for token in tokens:
        if isinstance(token, str):
            text.append(_json(token)[1:-1].replace("%", "%%"))
            continue
        text.append("%s")
        if token is Wild.RUN:
            streams.append(list(map(_words().__getitem__, _numbers(rng, count, 16))))
        else:
            streams.append([LETTERS[number % len(LETTERS)] for number in _numbers(rng, count, 16)])
    return f'"{"".join(text)}"', streams


def _drawn(parts: Sequence[Interval], rng: Random, count: int) -> list[int]:
    """Whole numbers of the parts, each part as likely as another."""
    bounds = [(int(part.low or 0), int(part.high or 0) - int(part.low or 0) + 1) for part in parts]
    bits = 32 if all(span <= 1 << 24 for _, span in bounds) else 64
    if len(bounds) == 1:
        ((low, span),) = bounds
        return [low + (number * span >> bits) for number in _numbers(rng, count, bits)]
    chosen = (bounds[number % len(bounds)] for number in _numbers(rng, count, 16))
    return [low + (number * span >> bits) for (low, span), number in zip(chosen, _numbers(rng, count, bits), strict=True)]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def documents(text: str) -> list[dict[str, Any]]:
    """The documents of a group's text."""
    # Not splitlines(), which knows more ends of lines than JSON escapes.
    return [orjson.loads(line) for line in text[:-1].split("\n")]
