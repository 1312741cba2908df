"""What can go wrong between this program and Elasticsearch, by what is to be done about it."""

from __future__ import annotations

from ....grammar.errors import TriggerfishError

LATER = frozenset({429, 502, 503, 504})
"""HTTP statuses of what may succeed when it is sent again."""


class PushError(TriggerfishError):
    """Nothing, or nothing more, can be loaded; the message says why and what to do."""


class Unavailable(Exception):
    """A request that may succeed when it is sent again, as one does whose answer was lost.

    Attributes:
        reason: why it failed, in a few words.
        retry_after: the seconds that the server asks to wait, if it does.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class TooLarge(Exception):
    """A request with more bytes than the server takes."""
