"""A clock that ends what runs on past its time, wherever it is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ...backends.limits import TimeUpError

_AGAIN = 1.0
"""Seconds after which it rings once more: who catches a first ring as the end of one step may go on with the next."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeUpError in the block once it has taken so long, and again every second until the block ends.

    That takes a timer that interrupts, which Windows has not, and the main thread; elsewhere nothing but the deadlines that the
    code itself looks at ends anything.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise TimeUpError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        except TimeUpError:
            # It rang between the end of the block and here.
            signal.setitimer(signal.ITIMER_REAL, 0)
        # There is none that Python knows where something else handles the signal.
        signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)
