"""Documents of a run into Elasticsearch: a connection before anything is compiled, and the loading afterwards."""

from __future__ import annotations

import os
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from ...backends.elasticsearch.push.address import read_address
from ...backends.elasticsearch.push.backoff import Backoff
from ...backends.elasticsearch.push.bulk_file import survey
from ...backends.elasticsearch.push.index_templates import template_body, template_name
from ...backends.elasticsearch.push.load import Loaded, Rejected, load
from ...backends.elasticsearch.push.problems import PushError
from ...compiler.file_input import reason
from .crash_log import CrashLog
from .observer import Observer

if TYPE_CHECKING:
    from ...backends.elasticsearch.push.client import Client

BACKOFF = Backoff()
"""How often and when a request is sent again."""

_SHOWN = 10


@dataclass(slots=True)
class Places:
    """Which rule's documents stand where in a bulk file."""

    _ends: list[int] = field(default_factory=list)
    _rules: list[str] = field(default_factory=list)

    def add(self, end: int, rule: str) -> None:
        """A rule's documents end at this offset; they start where those of the rule before end."""
        self._ends.append(end)
        self._rules.append(rule)

    def rule_at(self, offset: int) -> str:
        """The rule whose document stands at an offset."""
        return self._rules[bisect_right(self._ends, offset)]


@dataclass(slots=True)
class Pushed:
    """What became of a run's documents in Elasticsearch.

    Attributes:
        url: where they went.
        documents: how many there were to load.
        templates: the index templates that were created or replaced.
        loaded: how many documents are there, and how many were rejected.
        rejected: what a report tells of each rejected document.
        error: why loading ended early, if it did.
    """

    url: str
    documents: int = 0
    templates: list[str] = field(default_factory=list)
    loaded: Loaded = field(default_factory=Loaded)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None

    @property
    def failed(self) -> bool:
        """Whether some documents are not there."""
        return self.error is not None or self.loaded.rejected > 0

    def entry(self) -> dict[str, Any]:
        """What a report tells of it."""
        return {
            "url": self.url,
            "documents": self.documents,
            "templates": self.templates,
            "created": self.loaded.created,
            "already_there": self.loaded.already,
            "rejected": self.rejected,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class Push:
    """A connection to Elasticsearch, and the file that a run's documents take on their way.

    Attributes:
        client: the connection.
        file: the path of the file, in bulk form.
        spooled: whether it is gone after the run.
        templates: whether index templates are made.
        observer: receives how it goes.
        places: which rule's documents stand where in the file; the run adds to it.
    """

    client: Client
    file: str
    spooled: bool
    templates: bool
    observer: Observer
    places: Places = field(default_factory=Places)

    def load(
        self,
        file: Path,
        mappings: Callable[[str], Mapping[str, Any]],
        key: str,
        details: CrashLog,
        *,
        start: int = 0,
        acked: Callable[[int], None] = lambda offset: None,
    ) -> Pushed:
        """Make the index templates, load the file, and show what became of it.

        Args:
            file: holds the documents, in bulk form.
            mappings: those of the template of an index.
            key: tells this run's documents from equal ones of other runs.
            details: where rejected documents are listed.
            start: the offset in the file to go on from.
            acked: called after each batch with the offset up to which all documents are loaded; not called after a rejection, so that a
                resumed run lists every rejected document.
        """
        pushed = Pushed(self.client.url)
        listing = _Listing(self, pushed, details)
        backoff = _reporting(self.observer)
        counts = pushed.loaded

        def advanced(offset: int) -> None:
            self.observer.advanced(counts.created + counts.already + counts.rejected)
            if not counts.rejected:
                acked(offset)

        try:
            with _reading(file) as documents:
                found = survey(documents, start)
                pushed.documents, counts.already = found.documents, found.before
                with self.observer.progress(found.documents, True):
                    self.observer.started(f"loading into {pushed.url}")
                    for index in found.indices if self.templates else ():
                        body = template_body(mappings(index), index)
                        backoff.until_done(partial(self.client.put_template, template_name(index), body))
                        pushed.templates.append(template_name(index))
                    send = partial(load, self.client, documents, key=key, start=start, backoff=backoff)
                    send(loaded=counts, acked=advanced, rejected=listing.add)
        except PushError as error:
            pushed.error = str(error)
        listing.close()
        return pushed


class _Listing:
    """Reports what became of documents: the first that were rejected to the observer, and all of them in a file."""

    def __init__(self, push: Push, pushed: Pushed, details: CrashLog) -> None:
        self._push = push
        self._pushed = pushed
        self._details = details
        self._where = ""

    def add(self, refused: Sequence[Rejected]) -> None:
        lines: list[bytes] = []
        for each in refused:
            entry = self._entry(each)
            if len(self._pushed.rejected) < _SHOWN:
                why = f"{entry['status']} {entry['type']}: {entry['reason']}"
                self._push.observer.noted(f"{entry['rule']}: {entry['id']} in {entry['index']}: {why}", "rejected")
            self._pushed.rejected.append(entry)
            lines.append(orjson.dumps({**entry, "document": orjson.Fragment(each.document.body.rstrip())}))
        self._where = self._details.add(b"\n".join(lines).decode())

    def _entry(self, refused: Rejected) -> dict[str, Any]:
        document, answer = refused.document, refused.answer
        return {
            "rule": self._push.places.rule_at(document.offset),
            "index": document.index,
            "id": document.id,
            "status": answer.status,
            "type": answer.type,
            "reason": answer.reason,
        }

    def close(self) -> None:
        """Sum up."""
        pushed, counts = self._pushed, self._pushed.loaded
        before = f", {counts.already} of them by an earlier run" if counts.already else ""
        self._push.observer.noted(f"{counts.created + counts.already} of {pushed.documents} documents are in {pushed.url}{before}")
        if counts.rejected:
            self._push.observer.failed(f"{pushed.url} rejected {counts.rejected} of {pushed.documents} documents; {self._where}")
        if pushed.error is not None:
            there = counts.created + counts.already
            again = "unchanged" if self._push.spooled else "with --resume"
            self._push.observer.failed(
                f"{pushed.error}; {there} of {pushed.documents} documents are loaded: repeat the command {again} to load the others"
            )


@contextmanager
def connected(url: str, authorities: str | None, out: str, templates: bool, observer: Observer) -> Iterator[Push]:
    """A connection to Elasticsearch, and a file for documents on their way to it.

    Args:
        url: where it is.
        authorities: a file of certificates to trust, if not those that are publicly trusted.
        out: the file that documents are written to; ``-`` for one that is there as long as the block.
        templates: whether index templates are made.
        observer: receives waits and warnings.

    Raises:
        PushError: it cannot be reached, it is not Elasticsearch, or it does not accept the credentials; or ``out`` cannot be read
            again, or a temporary file cannot be created.
    """
    if out != "-" and Path(out).exists() and not Path(out).is_file():
        raise PushError(f"cannot load documents from `{out}`: it is not a regular file")
    address = read_address(url, os.environ)
    try:
        from ...backends.elasticsearch.push.client import Client
    except ImportError as error:
        raise PushError(f"cannot import the package `elasticsearch`: {error}") from None
    with ExitStack() as stack:
        client = stack.enter_context(closing(Client(address, authorities, observer.warned)))
        client.greet(_reporting(observer))
        file = out if out != "-" else str(Path(stack.enter_context(_folder()), "bulk.ndjson"))
        yield Push(client, file, out == "-", templates, observer)


def _folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="triggerfish-")
    except OSError as error:
        raise PushError(f"cannot create a temporary file: {reason(error)}") from None


def _reading(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise PushError(f"cannot read `{path}`: {reason(error)}") from None


def _reporting(observer: Observer) -> Backoff:
    """The usual back-off, each wait of which is reported."""

    def warned(reason: str, seconds: float, failure: int) -> None:
        observer.warned(f"{reason}; trying again in {seconds:g} s ({failure} of {BACKOFF.tries - 1})")

    return replace(BACKOFF, warned=warned)
