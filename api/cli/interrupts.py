"""What Ctrl-C does: at first it ends the process at once, within `interruptible` it raises ``KeyboardInterrupt``.

Raised in the middle of an import, a ``KeyboardInterrupt`` ends in a traceback, or in an ``ImportError`` of whoever caught it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""The exit code of what was interrupted."""


def end_at_once() -> None:
    """Let an interruption end the process, unless whoever started it wants interruptions ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within this block an interruption raises, so that files are removed and processes ended."""
    if signal.getsignal(signal.SIGINT) is not _end:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _end)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"error: interrupted\n")
    os._exit(INTERRUPTED)
