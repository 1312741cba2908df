"""Loading a bulk file into Elasticsearch, each document exactly once despite failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Protocol

from .backoff import Backoff
from .bulk_file import Document, read_documents
from .problems import LATER, TooLarge, Unavailable

_THERE_ALREADY = 409
_TOO_LARGE = 413


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's response for one document: an HTTP status and, if it was not created, the error's type and reason."""

    status: int
    type: str = ""
    reason: str = ""


class BulkClient(Protocol):
    """A sender of bulk requests."""

    def bulk(self, lines: bytes, documents: int) -> list[Answer]:
        """Send a bulk request with a number of documents.

        Raises:
            Unavailable: the outcome is unknown, or it may succeed later.
            TooLarge: the request was too large; nothing was loaded.
            PushError: the request was rejected; retrying does not help.
        """


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that the server rejected.

    Attributes:
        document: the document.
        answer: the server's response.
    """

    document: Document
    answer: Answer


@dataclass(slots=True)
class Loaded:
    """The numbers of documents created, already present from an earlier attempt, and rejected so far."""

    created: int = 0
    already: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class BatchSize:
    """The maximum size of a request, unless a single document is larger."""

    documents: int = 1000
    bytes: int = 5_000_000


def load(
    client: BulkClient,
    documents: BinaryIO,
    *,
    key: str,
    start: int = 0,
    loaded: Loaded | None = None,
    acked: Callable[[int], None] = lambda offset: None,
    rejected: Callable[[Sequence[Rejected]], None] = lambda rejected: None,
    backoff: Backoff | None = None,
    size: BatchSize | None = None,
) -> Loaded:
    """Load a file batch by batch.

    Every document has a stable id and is *created*, so that sending it again does not duplicate it: the server responds that it
    exists already. A batch without a response is therefore sent again.

    Args:
        client: sends requests.
        documents: a file in bulk format; see `read_documents`.
        key: distinguishes runs that may create the same file.
        start: the offset to start from: 0, or the last one that an earlier run passed to ``acked``.
        loaded: updated while loading, so that the counts are known if this raises.
        acked: called after each batch with the offset up to which the outcome of all documents is known.
        rejected: called with the rejected documents of a batch before ``acked``. If a run ends between the two calls, the
            next run repeats the first, with the same ids.
        backoff: the retry policy.
        size: the maximum size of a request.

    Returns:
        The outcome of the documents from ``start`` on.

    Raises:
        PushError: the server does not respond or rejects the requests, or the file is not in bulk format.
    """
    counts = loaded if loaded is not None else Loaded()
    loader = _Loader(client, counts, rejected, backoff or Backoff(), size or BatchSize())
    for batch in loader.batches(read_documents(documents, key, start)):
        loader.deliver(batch)
        acked(batch[-1].end)
    return counts


class _Loader:
    """Delivers batches, and adapts their size to the server's limit."""

    def __init__(
        self, client: BulkClient, loaded: Loaded, rejected: Callable[[Sequence[Rejected]], None], backoff: Backoff, size: BatchSize
    ) -> None:
        self._client = client
        self._loaded = loaded
        self._rejected = rejected
        self._backoff = backoff
        self._documents = size.documents
        self._bytes = size.bytes

    def batches(self, documents: Iterator[Document]) -> Iterator[list[Document]]:
        batch: list[Document] = []
        size = 0
        for document in documents:
            length = len(document.lines)
            if batch and (len(batch) >= self._documents or size + length > self._bytes):
                yield batch
                batch, size = [], 0
            batch.append(document)
            size += length
        if batch:
            yield batch

    def deliver(self, batch: Sequence[Document]) -> None:
        """Sends a batch until the outcome of every document in it is known."""
        refused: list[Rejected] = []
        pending = list(batch)
        failure = 0
        while pending:
            try:
                later, reason = self._sort(pending, self._send(pending), refused)
            except Unavailable as error:
                later, reason = pending, error
            if not later:
                break
            # If some succeed, the server is making progress.
            failure = failure + 1 if len(later) == len(pending) else 1
            self._backoff.wait(failure, reason)
            pending = later
        if refused:
            self._loaded.rejected += len(refused)
            self._rejected(refused)

    def _send(self, documents: Sequence[Document]) -> list[Answer]:
        """Returns the response for each document, splitting requests that are too large."""
        lines = b"".join(document.lines for document in documents)
        try:
            return self._client.bulk(lines, len(documents))
        except TooLarge as error:
            if len(documents) == 1:
                return [Answer(_TOO_LARGE, "request_entity_too_large", str(error))]
            self._bytes = min(self._bytes, len(lines) // 2)
            middle = len(documents) // 2
            return list(chain.from_iterable(map(self._send, (documents[:middle], documents[middle:]))))

    def _sort(
        self, documents: Sequence[Document], answers: Sequence[Answer], refused: list[Rejected]
    ) -> tuple[list[Document], Unavailable]:
        """Counts created documents, records rejected ones, and returns those to send again, with the reason."""
        later: list[Document] = []
        reason = Unavailable("")
        for document, answer in zip(documents, answers, strict=True):
            if 200 <= answer.status < 300:
                self._loaded.created += 1
            elif answer.status == _THERE_ALREADY:
                self._loaded.already += 1
            elif answer.status in LATER:
                later.append(document)
                reason = Unavailable(f"{answer.status} {answer.type}: {answer.reason}")
            else:
                refused.append(Rejected(document, answer))
        return later, reason
