"""Trying again, ever later."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeVar

from .problems import PushError, Unavailable

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often and when a request is sent again.

    Waits double and have no random part, so that the same failures take the same course.

    Attributes:
        tries: how often in a row a request may fail.
        first: the wait in seconds after the first failure.
        most: the longest wait that is of our own choosing.
        patience: the longest wait that a server may ask for.
        sleep: waits for some seconds.
        warned: told of each wait: the reason, the seconds, the number of the failure.
    """

    tries: int = 10
    first: float = 1.0
    most: float = 60.0
    patience: float = 600.0
    sleep: Callable[[float], None] = time.sleep
    warned: Callable[[str, float, int], None] = lambda reason, seconds, failure: None

    def wait(self, failure: int, unavailable: Unavailable) -> None:
        """Wait after a failure, which is the ``failure``-th in a row.

        Raises:
            PushError: that was one too many, or the server asks for more patience than there is.
        """
        reason, asked = unavailable.reason, unavailable.retry_after or 0.0
        if failure >= self.tries:
            raise PushError(f"{reason} ({failure} times in a row)")
        if asked > self.patience:
            raise PushError(f"{reason}, and asks to wait for {asked:.0f} s")
        seconds = max(asked, min(self.most, self.first * 2.0 ** (failure - 1)))
        self.warned(reason, seconds, failure)
        self.sleep(seconds)

    def until_done(self, send: Callable[[], Result]) -> Result:
        """What a request gives, sent until it succeeds.

        Raises:
            PushError: it never does.
        """
        failure = 0
        while True:
            try:
                return send()
            except Unavailable as error:
                failure += 1
                self.wait(failure, error)


def seconds_to_wait(header: str | None, now: float) -> float | None:
    """What a ``Retry-After`` header asks for (RFC 9110, 10.2.3): seconds, or a date; None if it says nothing of use.

    Args:
        header: its value.
        now: the time, in epoch seconds.
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)
