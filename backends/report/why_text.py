"""Why a rule does not fire, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from ...compiler.semantics.document import flatten
from ..match.explain_silence import Silence
from ..match.why import Line
from .caret_text import visible
from .wording import cut, cut_line

_LONGEST = 100
_MARK = 8
_COLUMN = 56
"""Where the values of an event begin, unless the condition is longer."""


def why_text(title: str, silence: Silence) -> str:
    """Return the text on one rule: what is true of each condition, and what would make it fire.

    Args:
        title: what people call the rule.
        silence: why it does not fire.
    """
    return "".join(f"{line}\n" for line in _lines(title, silence))


def _lines(title: str, silence: Silence) -> Iterator[str]:
    if silence.fires:
        yield f"{title}: fires"
        return
    yield f"{title}: does not fire"
    if silence.progress is not None:
        reached = silence.progress
        so_far = f" after event {' + '.join(map(str, reached.events))}" if reached.events else ""
        yield f"  {reached.stopped}{so_far}: {_written(silence.text, reached.span.start, reached.span.end)}"
    if silence.other:
        yield f"  {silence.other}"
    if silence.why is None or silence.why.fires:
        return
    yield f"  nearest is event {silence.event}:"
    for line in silence.why.lines:
        yield _condition(silence.text, line)
    if silence.change is not None:
        yield f"  it would fire with {_change(silence)}" if silence.progress is None else f"  it would do with {_change(silence)}"


def _condition(text: str, line: Line) -> str:
    written = "" if not line.span.end else _written(text, line.span.start, line.span.end)
    words = " ".join(filter(None, (line.words, written)))
    shown = f"    {line.mark.value:<{_MARK}}{'  ' * line.depth}{words}"
    if not line.values:
        return shown
    return f"{shown:<{_COLUMN}}  {'; '.join(_field(name, values) for name, values in line.values)}"


def _field(name: str, values: Sequence[Any]) -> str:
    return f"{name} is {_value(values)}" if values else f"no {name}"


def _value(values: Sequence[Any]) -> str:
    shown = ", ".join(orjson.dumps(value, default=str).decode() for value in values)
    return visible(cut(shown, _LONGEST))


def _written(text: str, start: int, end: int) -> str:
    return visible(cut_line(text[start:end], _LONGEST))


def _change(silence: Silence) -> str:
    assert silence.change is not None
    flat = flatten(silence.change.document)
    changes = (f"{name} = {_value(flat[name])}" if name in flat else f"no {name}" for name in silence.change.fields)
    return " and ".join(changes)
