"""The observer of a run: what reports to its user while rules are compiled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from ...backends.report.rule_result import RuleResult

Consumer = Callable[[RuleResult], object]
"""Takes the result of each rule, in order, beside the observer: an explanation, say."""


class Observer(Protocol):
    """Receives what happens in a run, in the order in which it happens."""

    def progress(self, total: int, wanted: bool) -> AbstractContextManager[None]:
        """A block in which `total` rules or documents are worked on; `wanted` is whether a progress bar may be shown."""

    def started(self, name: str) -> None:
        """Work on a rule, or another step with a name, starts."""

    def finished(self, result: RuleResult) -> None:
        """A rule is done."""

    def advanced(self, done: int) -> None:
        """So many of the block's total are done; for blocks whose steps are not rules."""

    def warned(self, message: str) -> None:
        """A warning about the run as a whole."""

    def noted(self, message: str, label: str = "") -> None:
        """A line about the run; a label marks a failure of a part of it."""

    def failed(self, message: str) -> None:
        """The run cannot do all of its work, for this reason."""

    def closed(self, left_out: int | None = None) -> None:
        """The run is over; `left_out` is how many findings were in the baseline, if there is one."""
