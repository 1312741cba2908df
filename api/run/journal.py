"""The documents of a run, in a file that a later run can continue: ``--resume``.

Until it is whole, the file is called ``.NAME.part``, and ``.NAME.journal`` beside it says of each rule that is done what became of it
and where its documents end. What was written after the last of these ends is not counted as done: a run that continues cuts it off. So
whenever a run ends, however it does, no line is lost or written twice.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from time import sleep
from typing import IO

from ...backends.report.rule_result import RuleResult
from ...compiler.schema.fields import Schema
from .inputs import Source, digest_of
from .output_files import OutputError, as_closed_as, is_replaceable, output, raising_output_errors, replaced
from .result_codec import ResultCodecError, restore, store

_FORMAT = "triggerfish journal 1"
_LOCK_ATTEMPTS = 11
_LOCK_PAUSE = 0.1


class Documents:
    """Where a run's documents go.

    Attributes:
        stream: to write to.
        end: where the documents of the last rule end that is done, if that is noted.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.end = 0

    def kept(self, sources: Iterable[Source]) -> Iterator[RuleResult]:
        """The results of the first rules, as far as an earlier run was done with the same ones; to be read to its end."""
        return iter(())

    def begin(self, opening: bytes) -> bool:
        """Write what stands before all documents, if nothing is there yet; returns whether no document is."""
        self.stream.write(opening)
        return True

    def commit(self, source: Source, result: RuleResult) -> None:
        """A rule is done, and its documents are written."""


class Journaled(Documents):
    """Documents in a file, with a journal beside it.

    Args:
        path: the file, as the user named it.
        key: what the documents depend on beside the rules.
        schema: that of the run.
        resume: whether to continue what an earlier run began.

    Attributes:
        done: how many rules are.
        sent: how many of the bytes are where they were to be sent.
        unfinished: whether a later run is to go on from here, though this one ends in order.
    """

    def __init__(self, path: str, key: str, schema: Schema, resume: bool) -> None:
        self.target = replaced(path)
        name = self.target.name[:100]
        self.part = self.target.with_name(f".{name}.part")
        self.noted = self.target.with_name(f".{name}.journal")
        self._schema = schema
        stream = _locked(self.part, path)
        super().__init__(stream)
        as_closed_as(self.part, self.target)
        self._journal = self.noted.open("r+b" if resume and self.noted.exists() else "w+b")
        self.done = 0
        self.sent = 0
        self.unfinished = False
        first = self._journal.readline()
        heading = json.dumps({"format": _FORMAT, "key": key}).encode() + b"\n"
        if first and first != heading:
            self._close()
            raise OutputError(
                path, f"the earlier run had other options (see `{self.noted}`): use the same options, or drop --resume to start over"
            )
        if not first:
            stream.truncate(0)
            self._journal.write(heading)
            self._journal.flush()

    def kept(self, sources: Iterable[Source]) -> Iterator[RuleResult]:
        size = self.stream.seek(0, os.SEEK_END)
        place = self._journal.tell()
        for source in sources:
            found = _entry(self._journal.readline(), self._schema)
            if found is None or found[0] != digest_of(source) or found[1] > size:
                break
            self.end, place = found[1], self._journal.tell()
            self.done += 1
            yield found[2]
        else:
            while (sent := _sent(self._journal.readline())) is not None and sent <= self.end:
                self.sent, place = sent, self._journal.tell()
        for stream, length in ((self.stream, self.end), (self._journal, place)):
            stream.truncate(length)
            stream.seek(length)

    def begin(self, opening: bytes) -> bool:
        if self.stream.tell() == 0:
            self.stream.write(opening)
        return self.stream.tell() == len(opening)

    def commit(self, source: Source, result: RuleResult) -> None:
        self.stream.flush()
        self.end = self.stream.tell()
        self._journal.write(json.dumps([digest_of(source), self.end]).encode() + b"\t" + store(result).encode() + b"\n")
        self._journal.flush()
        self.done += 1

    def mark_sent(self, size: int) -> None:
        """So many bytes are where they were to be sent."""
        self._journal.write(json.dumps({"sent": size}).encode() + b"\n")
        self._journal.flush()
        self.sent = size

    def finish(self) -> None:
        """All is done: the file takes its name, and what was noted for a run that continues this one is removed."""
        self.stream.flush()
        self.part.replace(self.target)
        self.noted.unlink()
        self._close()

    def abandon(self) -> None:
        """The run ends early: what is of use to a run that continues is kept."""
        self._close()
        if not self.done:
            for path in (self.part, self.noted):
                with suppress(OSError):
                    path.unlink()

    def _close(self) -> None:
        # What is written too late to be of use may fail: on a full disk it has before.
        for stream in (self.stream, self._journal):
            with suppress(OSError):
                stream.close()


@contextmanager
def documents(path: str | None, key: Callable[[], str], schema: Schema, *, resume: bool, lasting: bool = True) -> Iterator[Documents]:
    """Where a run's documents go, until the run is over.

    Args:
        path: a file, ``-`` for standard output, or None where they are not wanted.
        key: makes the key of `Journaled`, where one is needed.
        schema, resume: as for `Journaled`.
        lasting: whether the file is there for a later run.

    Raises:
        OutputError: the file cannot be made, written or replaced, another process is writing it, or the earlier run had another key.
        BrokenPipeError: nobody reads standard output any more.
    """
    if path is None:
        yield Documents(BytesIO())
    elif not is_replaceable(path):
        with output(path) as stream:
            yield Documents(stream)
    else:
        with raising_output_errors(path):
            found = Journaled(path, key(), schema, resume)
            try:
                yield found
            except BaseException as error:
                found.abandon()
                if found.done and lasting:
                    rules = "1 rule is" if found.done == 1 else f"{found.done} rules are"
                    error.add_note(f"{rules} done: repeat the command with --resume to continue")
                raise
            if found.unfinished:
                found.abandon()
            else:
                found.finish()


def _locked(part: Path, path: str) -> IO[bytes]:
    """The file to write to, which no other process may write to meanwhile."""
    for attempt in range(_LOCK_ATTEMPTS):
        # The helpers of a process that was killed live a moment longer, and keep its lock.
        sleep(_LOCK_PAUSE if attempt else 0)
        stream = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b")
        with suppress(BlockingIOError, PermissionError):
            _lock(stream.fileno())
            # Between opening and locking, the other process may have finished, and the file have taken its place.
            if part.exists() and os.fstat(stream.fileno()).st_ino == part.stat().st_ino:
                return stream
        stream.close()
    raise OutputError(path, "another process is writing it")


def _lock(descriptor: int) -> None:
    """Lock a file until it is closed. OSError if somebody else has."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _entry(line: bytes, schema: Schema) -> tuple[str, int, RuleResult] | None:
    """A rule's digest, the end of its documents and its result; None if the line is not complete."""
    heading, tab, text = line.partition(b"\t")
    if not tab or not line.endswith(b"\n"):
        return None
    try:
        digest, end = json.loads(heading)
        return str(digest), int(end), restore(text, schema)
    except (ValueError, TypeError, ResultCodecError):
        return None


def _sent(line: bytes) -> int | None:
    try:
        return int(json.loads(line)["sent"])
    except (ValueError, TypeError, LookupError):
        return None
