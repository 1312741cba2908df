"""Document formats: serialisation of matches in the formats of ``compile-rule``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from ...compiler.ir.program import Role
from .rule_result import RuleResult

Label = Mapping[str, Any]
"""Whether documents match their rule, and if not, what they fail."""
MATCH: Label = {"match": True}

Roles = Callable[[int], Sequence[Role]]
"""Maps the number of documents of a match to the role of each."""


Place = Callable[[Role, str], str]
"""Maps the role and the text of a document to the index that it goes to."""


@dataclass(frozen=True, slots=True)
class Format:
    """An output format of a run.

    Attributes:
        groups: serialises some matches, given their rule, the text of each (its documents, a line of JSON each), the roles of
            its documents, their indices, and whether they match.
        rule: for a format without documents, serialises one rule, given its query as Query DSL.
        opening, between, closing: the text before, between and after all of them.
        files: for a format that writes a folder, makes the names and contents of its files from all lines.
    """

    groups: Callable[[RuleResult, Sequence[str], Roles, Place, Label], bytes]
    rule: Callable[[RuleResult, Mapping[str, Any]], bytes] | None = None
    opening: bytes = b""
    between: bytes = b""
    closing: bytes = b""
    files: Callable[[Iterable[bytes]], Iterator[tuple[str, bytes]]] | None = None


def _ndjson(result: RuleResult, texts: Sequence[str], roles: Roles, place: Place, label: Label) -> bytes:
    return "".join(texts).encode()


def _groups(result: RuleResult, texts: Sequence[str], roles: Roles, place: Place, label: Label) -> bytes:
    # A line of JSON contains no line break, so all line breaks separate documents.
    opening = orjson.dumps({"rule": result.path, "rule_id": result.rule_id, "name": result.name, **label}).decode()[:-1]
    lines: list[str] = []
    for text in texts:
        names = roles(text.count("\n"))
        others = [role.value for role in names] if any(role is not Role.EVENT for role in names) else None
        closing = "}\n" if others is None else f',"roles":{orjson.dumps(others).decode()}}}\n'
        lines.append(f'{opening},"docs":[{",".join(text[:-1].split(chr(10)))}]{closing}')
    return "".join(lines).encode()


def _json(result: RuleResult, texts: Sequence[str], roles: Roles, place: Place, label: Label) -> bytes:
    return "".join(texts)[:-1].replace("\n", ",\n").encode()


def _bulk(result: RuleResult, texts: Sequence[str], roles: Roles, place: Place, label: Label) -> bytes:
    lines: list[str] = []
    for text in texts:
        for role, line in zip(roles(text.count("\n")), text[:-1].split("\n"), strict=True):
            lines += (_action(place(role, line)), line)
    return "".join(f"{line}\n" for line in lines).encode()


@lru_cache(maxsize=1024)
def _action(index: str) -> str:
    # Data streams accept only the action `create`.
    return orjson.dumps({"create": {"_index": index}}).decode()


def _spooled(result: RuleResult, texts: Sequence[str], roles: Roles, place: Place, label: Label) -> bytes:
    about = {"rule": result.path, "rule_id": result.rule_id, "name": result.name, **label, "fixed": result.fixed_times}
    lines: list[bytes] = []
    for text in texts:
        names, documents = roles(text.count("\n")), text[:-1].split("\n")
        indices = [place(role, line) for role, line in zip(names, documents, strict=True)]
        group = {
            **about,
            "roles": [role.value for role in names],
            "indices": indices,
            "docs": [orjson.Fragment(line) for line in documents],
        }
        lines.append(orjson.dumps(group))
    return b"".join(line + b"\n" for line in lines)


def _nothing(result: RuleResult, texts: Sequence[str], roles: Roles, place: Place, label: Label) -> bytes:
    return b""


def _query_dsl(result: RuleResult, dsl: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"rule": result.path, "rule_id": result.rule_id, "name": result.name, "query": dsl}) + b"\n"


def _windows_events(result: RuleResult, texts: Sequence[str], roles: Roles, place: Place, label: Label) -> bytes:
    from .windows_events import event_lines

    return event_lines("".join(texts)).encode()


def _of_rule(result: RuleResult, texts: Sequence[str], roles: Roles, place: Place, label: Label) -> bytes:
    from .sigma_files import rule_lines

    return rule_lines(result, texts, label)


def _regression_files(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    from .sigma_files import regression_files

    return regression_files(lines)


def _exemplar_files(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    from .sigma_files import exemplar_files

    return exemplar_files(lines)


FORMATS = {
    "ndjson": Format(_ndjson),
    "groups": Format(_groups),
    "json": Format(_json, None, b"[\n", b",\n", b"\n]\n"),
    "bulk": Format(_bulk),
    "evtx": Format(_windows_events),
    "sigma-regression": Format(_of_rule, files=_regression_files),
    "sigma-exemplars": Format(_of_rule, files=_exemplar_files),
    "query-dsl": Format(_nothing, _query_dsl),
    "none": Format(_nothing),
}
"""Formats by the name that ``--format`` accepts."""

SPOOL = "spool"
"""The format of matches on their way to another format: all that it needs, and the index of each document."""


def form_of(name: str) -> Format:
    """The format of a name, which may be `SPOOL`."""
    return Format(_spooled) if name == SPOOL else FORMATS[name]
