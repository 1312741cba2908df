"""Documents as bytes, in the formats that ``compile-rule`` writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ...compiler.ir import Role
from ..sampler.sampler import Group
from .record import Record


@dataclass(frozen=True, slots=True)
class Format:
    """A format of a run's output.

    Attributes:
        group: the lines of one match, given its rule, its documents, what each of them is to the rule, and the name of an index.
        rule: for a format without documents, the lines of one rule, given its query as Query DSL.
        opening, between, closing: what stands before, between and after all of them.
    """

    group: Callable[[Record, Group, Sequence[Role], str], bytes]
    rule: Callable[[Record, Mapping[str, Any]], bytes] | None = None
    opening: bytes = b""
    between: bytes = b""
    closing: bytes = b""


def _ndjson(record: Record, group: Group, roles: Sequence[Role], index: str) -> bytes:
    return b"".join(orjson.dumps(document) + b"\n" for document in group)


def _groups(record: Record, group: Group, roles: Sequence[Role], index: str) -> bytes:
    line = {"rule": record.path, "rule_id": record.rule_id, "name": record.name, "docs": group}
    if any(role is not Role.EVENT for role in roles):
        line["roles"] = [role.value for role in roles]
    return orjson.dumps(line) + b"\n"


def _json(record: Record, group: Group, roles: Sequence[Role], index: str) -> bytes:
    return b",\n".join(map(orjson.dumps, group))


def _bulk(record: Record, group: Group, roles: Sequence[Role], index: str) -> bytes:
    lines = ((_action(role, index), orjson.dumps(document)) for role, document in zip(roles, group, strict=True))
    return b"".join(line + b"\n" for pair in lines for line in pair)


def _action(role: Role, index: str) -> bytes:
    # Data streams take no other action than `create`.
    return orjson.dumps({"create": {"_index": f"{index}-indicators" if role is Role.INDICATOR else index}})


def _nothing(record: Record, group: Group, roles: Sequence[Role], index: str) -> bytes:
    return b""


def _query_dsl(record: Record, dsl: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"rule": record.path, "rule_id": record.rule_id, "name": record.name, "query": dsl}) + b"\n"


FORMATS = {
    "ndjson": Format(_ndjson),
    "groups": Format(_groups),
    "json": Format(_json, None, b"[\n", b",\n", b"\n]\n"),
    "bulk": Format(_bulk),
    "query-dsl": Format(_nothing, _query_dsl),
    "none": Format(_nothing),
}
"""By the name that ``--format`` takes."""
