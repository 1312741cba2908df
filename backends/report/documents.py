"""Documents as bytes, in the formats that ``compile-rule`` writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from ..sampler.sampler import Group
from .record import Record


@dataclass(frozen=True, slots=True)
class Format:
    """A format of a run's output.

    Attributes:
        group: the lines of one match, given its rule, its documents and the name of an index.
        opening, between, closing: what stands before, between and after all of them.
    """

    group: Callable[[Record, Group, str], bytes]
    opening: bytes = b""
    between: bytes = b""
    closing: bytes = b""


def _ndjson(record: Record, group: Group, index: str) -> bytes:
    return b"".join(orjson.dumps(document) + b"\n" for document in group)


def _groups(record: Record, group: Group, index: str) -> bytes:
    line = {"rule": record.path, "rule_id": record.rule_id, "name": record.name, "docs": group}
    return orjson.dumps(line) + b"\n"


def _json(record: Record, group: Group, index: str) -> bytes:
    return b",\n".join(map(orjson.dumps, group))


def _bulk(record: Record, group: Group, index: str) -> bytes:
    # Data streams take no other action than `create`.
    action = orjson.dumps({"create": {"_index": index}}) + b"\n"
    return b"".join(action + orjson.dumps(document) + b"\n" for document in group)


def _nothing(record: Record, group: Group, index: str) -> bytes:
    return b""


FORMATS = {
    "ndjson": Format(_ndjson),
    "groups": Format(_groups),
    "json": Format(_json, b"[\n", b",\n", b"\n]\n"),
    "bulk": Format(_bulk),
    "none": Format(_nothing),
}
"""By the name that ``--format`` takes."""
