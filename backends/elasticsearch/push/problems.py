"""Exceptions of loading into Elasticsearch, by how to react to them."""

from __future__ import annotations

from ....grammar.errors import TriggerfishError

LATER = frozenset({429, 502, 503, 504})
"""HTTP statuses of requests that may succeed when sent again."""


class PushError(TriggerfishError):
    """Loading cannot start or continue; the message says why and what to do."""


class Unavailable(Exception):
    """The request may succeed when sent again; its outcome may be unknown.

    Attributes:
        reason: why it failed, in a few words.
        retry_after: the wait in seconds that the server requests, if any.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class TooLarge(Exception):
    """The request is larger than the server accepts."""
