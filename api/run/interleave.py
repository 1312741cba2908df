"""The documents of all rules in the order of time: matches are moved along the timeline as a whole, and documents sorted."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import orjson

from ...backends.report.document_formats import FORMATS, form_of
from ...backends.report.rule_result import RuleResult, Status
from ...backends.report.timestamps import STAMPS, TIMESTAMP_FORMATS, epoch, iso
from ...compiler.ir.program import Role
from .timeline import Timeline

Placed = Callable[[int, str], None]
"""Takes the end of a document in the output, and its rule."""


@dataclass(slots=True)
class Interleaved:
    """Pieces of output, each with its time; the pieces themselves are in a file.

    Attributes:
        file: of the pieces, one after the other.
        form, stamped: the format of the output, and what gives times their form.
    """

    file: IO[bytes]
    form: str
    stamped: Callable[[str], str]
    times: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    rules: array[int] = field(default_factory=lambda: array("q"))
    names: list[str] = field(default_factory=list)

    def add(self, group: Mapping[str, Any], delta: int) -> None:
        """Add a match, moved by so many milliseconds.

        Args:
            group: a line of the format ``spool``.
            delta: what its times change by.
        """
        if not self.names or self.names[-1] != group["rule"]:
            self.names.append(group["rule"])
        fixed = group["fixed"]
        moved = "@timestamp" not in fixed
        documents = [_moved(document, delta, fixed) if moved else document for document in group["docs"]]
        result = RuleResult(group["rule"], Status.OK, group["rule_id"], group["name"])
        label = {key: group[key] for key in group if key in ("match", "miss", "noise")}
        roles, indices = [Role(role) for role in group["roles"]], group["indices"]
        lines = [self.stamped(f"{orjson.dumps(document).decode()}\n") for document in documents]
        if self.form == "groups":
            piece = FORMATS[self.form].groups(result, ["".join(lines)], lambda size: roles, lambda role, text: "", label)
            self._write(piece, _time(documents[0]))
            return
        for line, role, index, document in zip(lines, roles, indices, documents, strict=True):
            piece = FORMATS[self.form].groups(result, [line], lambda size, role=role: [role], lambda role, text, index=index: index, label)  # type: ignore[misc]
            self._write(piece, _time(document))

    def _write(self, piece: bytes, time: int) -> None:
        self.file.write(piece)
        self.times.append(time)
        self.ends.append(self.file.tell())
        self.rules.append(len(self.names) - 1)

    def pieces(self) -> Iterator[tuple[bytes, str]]:
        """The pieces in the order of time, each with its rule."""
        self.file.flush()
        for place in sorted(range(len(self.times)), key=self.times.__getitem__):
            begin = self.ends[place - 1] if place else 0
            self.file.seek(begin)
            yield self.file.read(self.ends[place] - begin), self.names[self.rules[place]]


def interleave(spool: IO[bytes], noise: Sequence[dict[str, Any]], timeline: Timeline, seed: int, output: Interleaved) -> None:
    """Move matches along the timeline, and add their documents to the output.

    Args:
        spool: lines of the format ``spool``, those of a rule one after the other.
        noise: further groups, of one document each.
        timeline: where to.
        seed: of the run.
        output: takes the documents.
    """
    counts: dict[str, int] = {}
    documents = len(noise)
    for line in _lines(spool):
        counts[line["rule"]] = counts.get(line["rule"], 0) + 1
        documents += len(line["docs"])
    timeline = timeline.for_documents(documents)
    number, rule = 0, None
    for group in _lines(spool):
        number, rule = (number + 1, rule) if group["rule"] == rule else (0, group["rule"])
        moment = timeline.moment(f"{seed}|{group['rule_id'] or ''}|{group['name']}", number, counts[group["rule"]])
        output.add(group, moment - min(map(_time, group["docs"])))
    for place, event in enumerate(noise):
        output.add(event, timeline.moment(f"{seed}|noise", place, len(noise)) - _time(event["docs"][0]))


def write_in_order(output: Interleaved, stream: IO[bytes], placed: Placed) -> None:
    """Write all documents in the order of time.

    Args:
        output: the documents.
        stream: takes the output format.
        placed: receives the end of each document in the stream, and its rule.
    """
    form = form_of(output.form)
    stream.write(form.opening)
    between = b""
    for piece, rule in output.pieces():
        stream.write(between + piece)
        between = form.between
        placed(stream.tell() if stream.seekable() else 0, rule)
    stream.write(form.closing)
    stream.flush()


def stamped_as(name: str | None) -> Callable[[str], str]:
    """What gives the times in a document the form of a name; they stay as they are for None."""
    return TIMESTAMP_FORMATS[name] if name is not None else lambda text: text


def _lines(spool: IO[bytes]) -> Iterator[dict[str, Any]]:
    spool.seek(0)
    for line in spool:
        yield orjson.loads(line)


def _time(document: Mapping[str, Any]) -> int:
    time = document.get("@timestamp", 0)
    return time if isinstance(time, int) else epoch(time)


def _moved(document: dict[str, Any], delta: int, fixed: Sequence[str], prefix: str = "") -> dict[str, Any]:
    """A document with its times moved, but for those that the rule asks about."""
    for key, value in document.items():
        if isinstance(value, dict):
            _moved(value, delta, fixed, f"{prefix}{key}.")
        elif key in STAMPS and f"{prefix}{key}" not in fixed:
            if isinstance(value, int) and not isinstance(value, bool):
                document[key] = value + delta
            elif isinstance(value, str) and value.endswith("Z") and value[4:5] == "-":
                document[key] = iso(epoch(value) + delta)
    return document
