"""Documents as bytes, in the formats that ``compile-rule`` writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from .record import Record


@dataclass(frozen=True, slots=True)
class Format:
    """A format of a run's output: what stands before, between and after the lines of its rules.

    Attributes:
        lines: the documents of one rule, given the name of an index; empty if it has none.
    """

    lines: Callable[[Record, str], bytes]
    opening: bytes = b""
    between: bytes = b""
    closing: bytes = b""


def _ndjson(record: Record, index: str) -> bytes:
    return b"".join(orjson.dumps(document) + b"\n" for group in record.groups for document in group)


def _groups(record: Record, index: str) -> bytes:
    heading = {"rule": record.path, "rule_id": record.rule_id, "name": record.name}
    return b"".join(orjson.dumps({**heading, "docs": group}) + b"\n" for group in record.groups)


def _json(record: Record, index: str) -> bytes:
    return b",\n".join(orjson.dumps(document) for group in record.groups for document in group)


def _bulk(record: Record, index: str) -> bytes:
    # Data streams take no other action than `create`.
    action = orjson.dumps({"create": {"_index": index}}) + b"\n"
    return b"".join(action + orjson.dumps(document) + b"\n" for group in record.groups for document in group)


def _nothing(record: Record, index: str) -> bytes:
    return b""


FORMATS = {
    "ndjson": Format(_ndjson),
    "groups": Format(_groups),
    "json": Format(_json, b"[\n", b",\n", b"\n]\n"),
    "bulk": Format(_bulk),
    "none": Format(_nothing),
}
"""By the name that ``--format`` takes."""
