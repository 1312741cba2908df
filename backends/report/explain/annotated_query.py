"""Annotated query: the source of a rule's conditions, with marks below each line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ....compiler.explain.constraint_text import shortened
from ....grammar.span import LineMap, Span
from ..caret_text import Piece, visible, width

MARKS = {"live": "+", "dead": "^", "idle": "~", "undecided": "?", "core": "^"}
"""The label below a part, by kind of mark. In most rules most parts are alive, which the start of the row shows instead."""

_LEGEND = {
    "live": "+ live alternatives",
    "dead": "^ dead alternatives",
    "idle": "~ changes nothing",
    "undecided": "? undecided",
    "core": "^ contradict each other",
}
_RANKS = {"core": 0, "dead": 1, "undecided": 2, "idle": 3, "live": 4}
"""Among overlapping marks, the one with the lowest rank is shown."""
_ROLES = {"core": "error"}
_MOST_ROWS = 40
"""The maximum number of rows to quote, besides those with a dead or redundant part."""
_MOST_MARKED = 30
_MOST_LABELS = 3
"""The maximum number of labelled marks per row, each with its reason on a separate row."""
_NARROWEST = 40
_TAB = "    "


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked part of the text: its span, its kind (a key of `MARKS`), and the reason."""

    span: Span
    kind: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A piece of one line, short enough for a row; ``number`` is None if the line continues from the previous row."""

    number: int | None
    text: str
    marks: tuple[tuple[int, int, Mark], ...]

    def is_notable(self) -> bool:
        return any(mark.kind != "live" for _, _, mark in self.marks)


def quotation(text: str, parts: Sequence[Span], marks: Sequence[Mark], columns: int) -> Iterator[list[Piece]]:
    """Yield rows of text and marks, and a legend of the marks.

    Args:
        text: the text that the spans refer to.
        parts: the spans to quote, extended to whole lines.
        marks: the marks.
        columns: the maximum width of a row.
    """
    lines = LineMap(text)
    numbers = sorted({number for part in parts for number in _numbers(part, lines)})
    if not numbers:
        return
    margin = len(str(numbers[-1]))
    rows = [row for number in numbers for row in _rows_of(number, lines, marks, max(columns - margin - 3, _NARROWEST))]
    shown = _chosen(rows)
    before: int | None = None
    for at in shown:
        row = rows[at]
        if before is not None and at > before + 1:
            yield [(f"{' ' * margin} ⋮ {at - before - 1} more", "gutter")]
        before = at
        alive = any(mark.kind == "live" for _, _, mark in row.marks)
        yield [
            (f"{row.number if row.number is not None else '':>{margin}} ", "gutter"),
            ("+ ", "live") if alive else ("| ", "gutter"),
            *_coloured(row),
        ]
        yield from ([(f"{' ' * margin} | ", "gutter"), *pieces] for pieces in _underlines(row, columns - margin - 3))
    if before is not None and before + 1 < len(rows):
        yield [(f"{' ' * margin} ⋮ {len(rows) - before - 1} more", "gutter")]
    used = {mark.kind for at in shown for _, _, mark in rows[at].marks}
    if used:
        yield [(f"{' ' * margin}   ", "gutter"), ("   ".join(_LEGEND[kind] for kind in _LEGEND if kind in used), "dim")]


def _numbers(part: Span, lines: LineMap) -> range:
    """Returns the lines of a part; the first and last only if they contain more than blanks of it."""
    first, last = lines.position(part.start).line, lines.position(max(part.end - 1, part.start)).line
    written = lines.text[part.start : part.end]
    first += len(written) - len(written.lstrip("\r\n")) > 0
    return range(first, max(last, first) + 1)


def _rows_of(number: int, lines: LineMap, marks: Sequence[Mark], columns: int) -> Iterator[_Row]:
    source = lines.line_text(number)
    start = lines.offset(number, 1)
    places = [0]
    for char in source:
        places.append(places[-1] + (len(_TAB) if char == "\t" else 1))
    shown = visible(source.replace("\t", _TAB)).rstrip()
    rows = []
    for mark in marks:
        low, high = max(mark.span.start - start, 0), min(mark.span.end - start, len(source))
        # Leading blanks are not underlined.
        low += len(source[low:high]) - len(source[low:high].lstrip()) if low < high else 0
        if low < high:
            begins = mark.span.start >= start
            rows.append((places[low], min(places[high], len(shown)), mark, begins))
    at = 0
    first: int | None = number
    while first is not None or at < len(shown):
        end = _cut(shown, at, columns)
        inside = []
        for low, high, mark, begins in rows:
            if low < end and high > at and (mark.kind != "live" or (begins and low >= at)):
                starts = begins and low >= at
                inside.append((max(low, at) - at, min(high, end) - at, mark if starts else Mark(mark.span, mark.kind)))
        yield _Row(first, shown[at:end], tuple(inside))
        first, at = None, end


def _cut(shown: str, at: int, columns: int) -> int:
    """Returns the end of a row that begins at an offset: after a blank, if there is one."""
    if len(shown) - at <= columns:
        return len(shown)
    blank = shown.rfind(" ", at + columns // 2, at + columns)
    return blank + 1 if blank > 0 else at + columns


def _chosen(rows: Sequence[_Row]) -> list[int]:
    """Chooses the rows to show: the first ones, and those with a dead or redundant part."""
    if len(rows) <= _MOST_ROWS:
        return list(range(len(rows)))
    notable = [at for at, row in enumerate(rows) if row.is_notable()][:_MOST_MARKED]
    return sorted({*range(_MOST_ROWS), *notable})


def _role(mark: Mark) -> str:
    return _ROLES.get(mark.kind, mark.kind)


def _coloured(row: _Row) -> list[Piece]:
    cells = ["plain"] * len(row.text)
    for start, end, mark in sorted(row.marks, key=lambda entry: -_RANKS[entry[2].kind]):
        cells[start:end] = [_role(mark)] * (end - start)
    pieces: list[Piece] = []
    at = 0
    for role, run in groupby(cells):
        length = len(list(run))
        pieces.append((row.text[at : at + length], role))
        at += length
    return pieces


def _underlines(row: _Row, columns: int) -> Iterator[list[Piece]]:
    """Yields the rows below a row: one for all marks without a reason, and one per mark with a reason, unless there are too many."""
    labelled = [entry for entry in row.marks if entry[2].why]
    if len(labelled) > _MOST_LABELS:
        labelled = []
    plain = [entry for entry in row.marks if entry not in labelled and entry[2].kind != "live"]
    if plain:
        yield _below(row.text, plain)
    for start, end, mark in sorted(labelled, key=lambda entry: entry[:2]):
        pieces = _below(row.text, [(start, end, mark)])
        why = visible(mark.why)
        if width(row.text[:end]) + 1 + width(why) <= columns:
            yield [*pieces, (f" {why}", _role(mark))]
            continue
        yield pieces
        why = shortened(why, columns)
        yield [(" " * max(min(width(row.text[:start]), columns - width(why)), 0) + why, _role(mark))]


def _below(text: str, marks: Sequence[tuple[int, int, Mark]]) -> list[Piece]:
    cells: list[tuple[str, str]] = []
    for start, end, mark in sorted(marks, key=lambda entry: -_RANKS[entry[2].kind]):
        low = width(text[:start])
        high = max(width(text[:end]), low + 1)
        cells.extend([(" ", "plain")] * (high - len(cells)))
        cells[low:high] = [(MARKS[mark.kind], _role(mark))] * (high - low)
    pieces: list[Piece] = []
    for role, run in groupby(cells, key=lambda cell: cell[1]):
        pieces.append(("".join(char for char, _ in run), role))
    return pieces
