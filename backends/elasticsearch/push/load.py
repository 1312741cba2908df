"""Documents from a bulk file into Elasticsearch: each of them once, whatever fails on the way."""

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
    """What a server says of one document: an HTTP status and, if it was not created, the kind of error and the reason."""

    status: int
    type: str = ""
    reason: str = ""


class BulkClient(Protocol):
    """Something that sends bulk requests."""

    def bulk(self, lines: bytes, documents: int) -> list[Answer]:
        """Send a bulk request of so many documents.

        Raises:
            Unavailable: nothing is known of what became of it.
            TooLarge: nothing became of it.
            PushError: nor will it help to send it again.
        """


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that the server will not have.

    Attributes:
        document: which.
        answer: why not.
    """

    document: Document
    answer: Answer


@dataclass(slots=True)
class Loaded:
    """How many documents were created, were found there from an earlier try, and were rejected, so far."""

    created: int = 0
    already: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class BatchSize:
    """The most that goes into one request, unless a single document is larger than that."""

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

    Every document has an id that is the same each time, and is *created*, so that one sent before is not there twice: the
    server answers that it is there already. Hence a batch of whose answer nothing is known is sent again.

    Args:
        client: sends requests.
        documents: a file in bulk form; see `read_documents`.
        key: what tells apart runs that may make the same file.
        start: the offset to go on from: 0, or what an earlier run told ``acked`` last.
        loaded: where to count, so that the counts are known if this raises.
        acked: told the offset in the file up to which the fate of all documents is known, after each batch.
        rejected: told of the documents of a batch that the server will not have, before ``acked`` is told of the batch. After a
            run that ended between the two it is told of them again, with the same ids.
        backoff: how often and when a request that failed is sent again.
        size: the most that goes into one request.

    Returns:
        What became of the documents from ``start`` on.

    Raises:
        PushError: the server will not answer, or refuses requests as such; or the file is not in bulk form.
    """
    counts = loaded if loaded is not None else Loaded()
    loader = _Loader(client, counts, rejected, backoff or Backoff(), size or BatchSize())
    for batch in loader.batches(read_documents(documents, key, start)):
        loader.deliver(batch)
        acked(batch[-1].end)
    return counts


class _Loader:
    """Delivers batches, and learns from the server how large they may be."""

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
        """Send a batch until the fate of every document in it is known."""
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
            # As long as some get through, the server is at work.
            failure = failure + 1 if len(later) == len(pending) else 1
            self._backoff.wait(failure, reason)
            pending = later
        if refused:
            self._loaded.rejected += len(refused)
            self._rejected(refused)

    def _send(self, documents: Sequence[Document]) -> list[Answer]:
        """The answer for each document, be it in several requests where one is too large."""
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
        """Count what is created, add what is refused, and return what is to be sent again, and why."""
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
