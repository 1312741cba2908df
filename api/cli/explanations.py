"""Explanations of rules: made where a rule is compiled, and shown on standard output."""

from __future__ import annotations

import shutil
import sys
from typing import IO

from ...backends.report.explain.text import WIDTH, render_explanation, styled_explanation
from ...backends.report.rule_result import RuleResult
from .terminal import in_colour

_WIDEST = 140


class Explainer:
    """Shows explanations on a stream, with a blank line between two.

    Args:
        stream: standard output, as bytes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._first = True
        self._width = min(shutil.get_terminal_size().columns, _WIDEST) if sys.stdout.isatty() else WIDTH

    def show(self, result: RuleResult) -> None:
        """Show what a rule asks of events."""
        between = "" if self._first else "\n"
        self._first = False
        self._stream.write((between + self._text(result)).encode("utf-8", "replace"))
        self._stream.flush()

    def _text(self, result: RuleResult) -> str:
        if not in_colour(sys.stdout):
            return render_explanation(result, self._width)
        from rich.console import Console

        console = Console(file=sys.stdout, highlight=False, width=_WIDEST, soft_wrap=True, force_terminal=True)
        with console.capture() as captured:
            console.print(styled_explanation(result, self._width), soft_wrap=True)
        return captured.get()
