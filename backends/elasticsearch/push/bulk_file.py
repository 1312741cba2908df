"""Bulk files: the documents of a file in bulk format, with ids that depend only on the file and the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO

import orjson

from .problems import PushError

_DIGEST = 16


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a bulk file.

    Attributes:
        offset, end: its byte range in the file, including its action.
        index: where it goes.
        id: its ``_id``.
        body: the document as in the file, including the line break.
    """

    offset: int
    end: int
    index: str
    id: str
    body: bytes

    @property
    def lines(self) -> bytes:
        """The two lines of a bulk request that create it under its id."""
        return orjson.dumps({"create": {"_index": self.index, "_id": self.id}}) + b"\n" + self.body


@dataclass(frozen=True, slots=True)
class Survey:
    """The content of a bulk file: the number of documents, the number before an offset, and their indices, sorted."""

    documents: int
    before: int
    indices: tuple[str, ...]


def survey(file: BinaryIO, start: int = 0) -> Survey:
    """Count the documents of a file, in total and before an offset.

    Raises:
        PushError: there is something else in it.
    """
    documents, before, indices = 0, 0, set[str]()
    for offset, index, _, _ in _entries(file, 0):
        documents += 1
        before += offset < start
        indices.add(index)
    return Survey(documents, before, tuple(sorted(indices)))


def read_documents(file: BinaryIO, key: str, start: int = 0) -> Iterator[Document]:
    """Yield the documents of a file from an offset on.

    A document's id is a digest of the key, its position in the file and its bytes. So the same file always has the same ids,
    equal documents of one file have different ids, and the same id means the same document.

    Args:
        file: in bulk format; each action is a ``create`` with an index and no other attribute.
        key: distinguishes runs that may create the same file.
        start: the offset in bytes at which a document starts, or the end of the file.

    Raises:
        PushError: there is something else in the file.
    """
    for offset, index, action, body in _entries(file, start):
        digest = blake2b(digest_size=_DIGEST)
        for part in (key.encode(), str(offset).encode(), action, body):
            # With its length, so that different lists of parts have different bytes.
            digest.update(len(part).to_bytes(8, "big") + part)
        yield Document(offset, offset + len(action) + len(body), index, digest.hexdigest(), body)


def _entries(file: BinaryIO, start: int) -> Iterator[tuple[int, str, bytes, bytes]]:
    """Yields the offset, index, action line and source line of each document."""
    indices: dict[bytes, str] = {}
    offset = start
    file.seek(start)
    while action := file.readline():
        if action not in indices:
            indices[action] = _index(action, offset)
        body = file.readline()
        if not body.endswith(b"\n"):
            raise PushError(f"the bulk file ends in the middle of the document at byte {offset}")
        yield offset, indices[action], action, body
        offset += len(action) + len(body)


def _index(action: bytes, offset: int) -> str:
    try:
        match orjson.loads(action):
            case {"create": {"_index": str(index), **options}, **others} if not options and not others:
                return index
    except orjson.JSONDecodeError:
        # Reported below.
        pass
    raise PushError(f"the bulk file has no `create` action at byte {offset}")
