"""Caret diagnostics: each finding with the source lines it refers to, and carets below them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ...compiler.diagnostics.diagnostic import Diagnostic
from ...grammar.span import LineMap, Span

if TYPE_CHECKING:
    from rich.text import Text

POINTS_AT_FIRST = frozenset({"dead-alternative", "redundant-condition"})
"""Findings whose first place is the error and whose other places are the reason, underlined with dashes."""

STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold green",
    "message": "bold",
    "gutter": "bold blue",
    "primary": "bold red",
    "secondary": "bold blue",
    "plain": "",
}
"""Styles of rich, by the role of a piece of text."""

MOST_LINES = 10
"""The maximum number of source lines per finding."""

_WIDEST = 160
_CONTEXT = 24
_LONGEST_MARK = 100
_LONGEST_TEXT = 1_000
_LONGEST_LINE = 1_000
_TAB = "    "

Piece = tuple[str, str]
"""A text and its role, a key of `STYLES`."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A range of one line to underline; an empty range gets one caret."""

    start: int
    end: int
    primary: bool


def render(finding: Diagnostic, text: str | None, path: str) -> str:
    """Render a finding as plain text, without a final line break.

    Args:
        finding: its spans are offsets in ``text``.
        text: what to quote from, or None to quote nothing.
        path: the path to show.
    """
    return "\n".join("".join(piece for piece, _ in line).rstrip() for line in _layout(finding, text, path))


def styled(finding: Diagnostic, text: str | None, path: str) -> Text:
    """Render a finding like `render`, with the colours of `STYLES`."""
    from rich.text import Text

    lines = (Text.assemble(*((piece, STYLES[role]) for piece, role in line)) for line in _layout(finding, text, path))
    return Text("\n").join(lines)


def sentences(finding: Diagnostic) -> list[str]:
    """Yields the message, notes and help of a finding, one line each."""
    lines = (finding.message, *finding.notes, *((f"help: {finding.help}",) if finding.help else ()))
    return [visible(line) for line in lines]


def one_line(finding: Diagnostic, text: str | None, path: str) -> str:
    """Returns place, severity and message of a finding in one line."""
    return f"{place(finding, text, path)}: {_brief(finding.message)}"


def place(finding: Diagnostic, text: str | None, path: str) -> str:
    """Returns the path of a finding, with line and column if known."""
    if text is None or not finding.spans:
        return visible(path)
    start = LineMap(text).position(finding.spans[0].start)
    return f"{visible(path)}:{start.line}:{start.column}"


# Control characters could drive the terminal; bidirectional ones could make text appear in another order.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Replaces each character that a terminal would interpret by a visible one."""
    return _INVISIBLE.sub(lambda match: _picture(match.group()), text)


def _picture(char: str) -> str:
    code = ord(char)
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\ufffd"


def _brief(text: str) -> str:
    """Returns a message for display; a very long one, which may quote a rule, is shortened in the middle."""
    return visible(text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT // 2]}…{text[-_LONGEST_TEXT // 2 :]}")


def _layout(finding: Diagnostic, text: str | None, path: str) -> Iterator[list[Piece]]:
    severity = finding.severity.value
    yield [(f"{severity}[{finding.code}]", severity), (f": {_brief(finding.message)}", "message")]
    lines = LineMap(text) if text is not None and finding.spans else None
    marks = _marks(finding, lines) if lines is not None else {}
    quoted = _chosen(marks, lines.position(finding.spans[0].start).line) if lines is not None else []
    margin = " " * len(str(max(quoted, default=0)))
    yield [(f"{margin}--> ", "gutter"), (place(finding, text, path), "plain")]
    if lines is not None:
        yield [(f"{margin} |", "gutter")]
        for before, number in zip([None, *quoted], quoted, strict=False):
            if before is not None and number > before + 1:
                yield [("...", "gutter")]
            source, underline = _quoted(lines.line_text(number), marks[number])
            yield [(f"{number:>{len(margin)}} | ", "gutter"), (source, "plain")]
            yield [(f"{margin} | ", "gutter"), *underline]
        if len(marks) > len(quoted):
            yield [("...", "gutter")]
    for note in finding.notes:
        yield [(f"{margin} = ", "gutter"), (_brief(note), "plain")]
    if finding.help:
        yield [(f"{margin} = ", "gutter"), ("help", "message"), (f": {_brief(finding.help)}", "plain")]


def _pointed_at(finding: Diagnostic) -> int:
    """Returns how many places of a finding, from the first, it is about; the others are reasons."""
    count = finding.parts.get("count", 1) if finding.code in POINTS_AT_FIRST else len(finding.spans)
    return count if isinstance(count, int) else 1


def _marks(finding: Diagnostic, lines: LineMap) -> dict[int, list[_Mark]]:
    """Returns the marks of a finding by line."""
    marks: dict[int, list[_Mark]] = {}
    for number, span in enumerate(finding.spans):
        primary = number < _pointed_at(finding)
        for line, start, end in _stretches(span, lines):
            marks.setdefault(line, []).append(_Mark(start, end, primary))
    return marks


def _stretches(span: Span, lines: LineMap) -> Iterator[tuple[int, int, int]]:
    """Yields line, start and end of each line of a span; for a long span only of the first and the last line."""
    first, last = lines.position(span.start), lines.position(span.end)
    if first.line == last.line:
        yield first.line, first.column - 1, last.column - 1
        return
    ended = last.line if last.column > 1 else last.line - 1
    numbers: Sequence[int] = range(first.line, ended + 1)
    for number in numbers if len(numbers) <= MOST_LINES // 2 else (numbers[0], numbers[-1]):
        shown = lines.line_text(number)
        start = first.column - 1 if number == first.line else len(shown) - len(shown.lstrip())
        end = last.column - 1 if number == last.line else len(shown.rstrip())
        if start < end or number == first.line:
            yield number, start, end


def _chosen(marks: dict[int, list[_Mark]], first: int) -> list[int]:
    """Chooses the lines to quote: the line of the first place, and others up to the maximum."""
    numbers = sorted(marks)
    return sorted([first, *(number for number in numbers if number != first)][:MOST_LINES])


def _quoted(source: str, marks: Sequence[_Mark]) -> tuple[str, list[Piece]]:
    """Returns a line for display, and the underlines below it."""
    places = [0]
    for char in source:
        places.append(places[-1] + (len(_TAB) if char == "\t" else 1))
    shown = visible(source.replace("\t", _TAB)).rstrip()
    placed = [_Mark(places[min(mark.start, len(source))], places[min(mark.end, len(source))], mark.primary) for mark in marks]
    if len(shown) > _WIDEST:
        shown, placed = _shortened(shown, placed)
    return shown, _underline(shown, placed)


def _shortened(shown: str, marks: list[_Mark]) -> tuple[str, list[_Mark]]:
    """Shortens a long line to the marks and their context, with ellipses for the rest."""
    windows: list[tuple[int, int]] = []
    for mark in marks:
        if mark.end - mark.start <= _LONGEST_MARK:
            windows.append((mark.start - _CONTEXT, mark.end + _CONTEXT))
        else:
            half = _LONGEST_MARK // 2
            windows += [(mark.start - _CONTEXT, mark.start + half), (mark.end - half, mark.end + _CONTEXT)]
    merged: list[tuple[int, int]] = []
    length = 0
    for start, end in sorted((max(start, 0), min(end, len(shown))) for start, end in windows):
        length += end - max(start, merged[-1][1] if merged else 0)
        if length > _LONGEST_LINE:
            # Marks are sorted: this one and all that follow are not shown.
            marks = [mark for mark in marks if mark.end <= merged[-1][1]]
            break
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    pieces: list[str] = []
    begins: list[int] = []
    length = 0
    for start, end in merged:
        gap = "…" if start > 0 else ""
        begins.append(length + len(gap))
        pieces.append(gap + shown[start:end])
        length += len(pieces[-1])
    tail = "…" if merged and merged[-1][1] < len(shown) else ""

    def moved(offset: int) -> int:
        return next(begin + offset - start for (start, end), begin in zip(merged, begins, strict=True) if offset <= end)

    return "".join(pieces) + tail, [_Mark(moved(mark.start), moved(mark.end), mark.primary) for mark in marks]


def _underline(shown: str, marks: Sequence[_Mark]) -> list[Piece]:
    cells: list[str] = []
    for mark in sorted(marks, key=lambda mark: mark.primary):
        start = width(shown[: mark.start]) + max(mark.start - len(shown), 0)
        end = max(width(shown[: mark.end]), start + 1)
        cells.extend(" " * (end - len(cells)))
        cells[start:end] = ("^" if mark.primary else "-") * (end - start)
    roles = {"^": "primary", "-": "secondary", " ": "plain"}
    return [("".join(run), roles[char]) for char, run in groupby(cells)]


def width(text: str) -> int:
    """Returns the width of a text in terminal columns."""
    if text.isascii():
        return len(text)
    # Importing rich is slow, and most rules are ASCII.
    from rich.cells import cell_len

    return cell_len(text)
