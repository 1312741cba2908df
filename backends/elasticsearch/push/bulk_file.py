"""The documents of a file in bulk form, each with an id that depends on nothing but the file and the run."""

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
    """A document of the file.

    Attributes:
        offset, end: the bytes of the file that it takes, with its action.
        index: where it goes.
        id: its ``_id``.
        body: the document as it stands in the file, line break included.
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
    """What a file holds: how many documents, how many of them before an offset, and the indices that they go to, sorted."""

    documents: int
    before: int
    indices: tuple[str, ...]


def survey(file: BinaryIO, start: int = 0) -> Survey:
    """Look through the documents of a file, and count those before an offset.

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
    """The documents of a file from an offset on.

    A document's id is a digest of the key, of its place in the file and of its bytes. So the same file has the same ids each
    time, equal documents of one file have different ids, and the same id means the same document.

    Args:
        file: in bulk form, each action a ``create`` that names an index and nothing else.
        key: what tells apart runs that may make the same file.
        start: the offset in bytes at which a document starts, or the end of the file.

    Raises:
        PushError: there is something else in the file.
    """
    for offset, index, action, body in _entries(file, start):
        digest = blake2b(digest_size=_DIGEST)
        for part in (key.encode(), str(offset).encode(), action, body):
            # With its length, so that no two lists of parts give the same bytes.
            digest.update(len(part).to_bytes(8, "big") + part)
        yield Document(offset, offset + len(action) + len(body), index, digest.hexdigest(), body)


def _entries(file: BinaryIO, start: int) -> Iterator[tuple[int, str, bytes, bytes]]:
    """Of each document, its offset, its index, the line of its action and its own."""
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
        # Said below, like all else that is no action.
        pass
    raise PushError(f"the bulk file has no `create` action at byte {offset}")
