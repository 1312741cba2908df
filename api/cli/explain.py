"""Explanations of rules: made where a rule is compiled, and shown on standard output."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import IO

from ...backends.decide.solve_program import Solution
from ...backends.report.explain.outline import State, alternatives, outline
from ...backends.report.explain.text import WIDTH, Explanation, render_explanation, styled_explanation
from ...backends.report.rule_result import Record
from ...compiler.ir.formula import Program
from ...grammar.span import Span
from ...rules.lowering.rule_text import Passages
from .terminal import in_colour

_WIDEST = 140


def explanation_of(programs: Sequence[Program], solution: Solution, passages: Passages, in_file: bool) -> Explanation:
    """What the report of a rule needs to explain it.

    Args:
        programs: the rule's.
        solution: what was found out about them.
        passages: what their spans point into.
        in_file: whether the record's text is that of the file, and not that of the passages.
    """
    outlines = tuple(outline(program, examined) for program, examined in zip(programs, solution.examined, strict=True))

    def placed(span: Span) -> Span | None:
        return passages.in_file(span) if in_file else span

    live = {each.span for each in alternatives(outlines[0]) if each.state is State.LIVE}
    places = (placed(span) for span in sorted(live) if span.start < span.end)
    parts = (placed(span) for span in passages.spans)
    return Explanation(tuple(span for span in parts if span), tuple(span for span in places if span), outlines)


class Explainer:
    """Shows explanations on a stream, with a blank line between two.

    Args:
        stream: standard output, as bytes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._first = True
        self._width = min(shutil.get_terminal_size().columns, _WIDEST) if sys.stdout.isatty() else WIDTH

    def show(self, record: Record) -> None:
        """Show what a rule asks of events."""
        between = "" if self._first else "\n"
        self._first = False
        self._stream.write((between + self._text(record)).encode("utf-8", "replace"))
        self._stream.flush()

    def _text(self, record: Record) -> str:
        if not in_colour(sys.stdout):
            return render_explanation(record, self._width)
        from rich.console import Console

        console = Console(file=sys.stdout, highlight=False, width=_WIDEST, soft_wrap=True, force_terminal=True)
        with console.capture() as captured:
            console.print(styled_explanation(record, self._width), soft_wrap=True)
        return captured.get()
