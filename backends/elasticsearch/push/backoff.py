"""Exponential backoff: retrying requests with increasing waits."""

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
    """The retry policy of requests.

    Waits double, without jitter, so that runs are reproducible.

    Attributes:
        tries: the maximum number of consecutive failures of a request.
        first: the wait in seconds after the first failure.
        most: the maximum wait without a request of the server, in seconds.
        patience: the maximum wait that the server may request, in seconds.
        sleep: waits for a number of seconds.
        warned: called before each wait with the reason, the seconds and the number of the failure.
    """

    tries: int = 10
    first: float = 1.0
    most: float = 60.0
    patience: float = 600.0
    sleep: Callable[[float], None] = time.sleep
    warned: Callable[[str, float, int], None] = lambda reason, seconds, failure: None

    def wait(self, failure: int, unavailable: Unavailable) -> None:
        """Wait after the ``failure``-th consecutive failure.

        Raises:
            PushError: there were too many failures, or the server requests too long a wait.
        """
        reason, asked = unavailable.reason, unavailable.retry_after or 0.0
        if failure >= self.tries:
            raise PushError(f"{reason} ({failure} times in a row)")
        if asked > self.patience:
            raise PushError(f"{reason}, and requires a wait of {asked:.0f} s")
        seconds = max(asked, min(self.most, self.first * 2.0 ** (failure - 1)))
        self.warned(reason, seconds, failure)
        self.sleep(seconds)

    def until_done(self, send: Callable[[], Result]) -> Result:
        """Send a request until it succeeds; returns its result.

        Raises:
            PushError: it does not succeed.
        """
        failure = 0
        while True:
            try:
                return send()
            except Unavailable as error:
                failure += 1
                self.wait(failure, error)


def seconds_to_wait(header: str | None, now: float) -> float | None:
    """Return the wait in seconds that a ``Retry-After`` header requests (RFC 9110, 10.2.3); None if it is invalid.

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
