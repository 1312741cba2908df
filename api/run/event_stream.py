"""Events through the engine, read by one process or by several: the same alerts in the same order."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import Any

from ...compiler.alerts.engine import Alert, AlertEngine, Hit
from ...compiler.schema.fields import Schema
from ...compiler.semantics.document import Flat
from ...compiler.semantics.dynamic_mapping import indexed
from .event_files import Record, Unusable, events_of, records
from .process_context import FORKS, process_context

_TOGETHER = 256
"""Records that one process reads at a time."""
_AHEAD = 4
"""Such parts that are given out, for each process."""

_Read = list[list[Hit] | Unusable]
"""For each event of some records, what the rules need of it."""


class EventReader:
    """Reads events as an index with a schema would hold them."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def flat(self, event: Mapping[str, Any]) -> Flat:
        """The values of an event by field."""
        return indexed(event, self.schema)

    def flats(self, paths: Iterable[str]) -> Iterator[Flat | Unusable]:
        """The events of files."""
        for record in records(paths):
            if isinstance(record, Unusable):
                yield record
            else:
                yield from (event if isinstance(event, Unusable) else self.flat(event) for event in events_of(record))


class EventStream:
    """A stream of events, matched against the rules of an engine.

    Args:
        reader: reads the events.
        engine: the rules.
        jobs: how many processes read events, where they can start with copies of the engine; its own follows sequences and counts.
        keeps: whether to keep the events; then one process reads them.

    Attributes:
        read: how many events were read.
        kept: the events, with their values by field, if they are kept.
    """

    def __init__(self, reader: EventReader, engine: AlertEngine, jobs: int, *, keeps: bool = False) -> None:
        self.keeps = keeps
        self.kept: list[tuple[Mapping[str, Any], Flat]] = []
        self.reader = reader
        self.engine = engine
        self.jobs = jobs
        self.read = 0

    def alerts(self, paths: Sequence[str]) -> Generator[Alert | Unusable, None, None]:
        """The alerts in the events of files, and what in the files is not an event."""
        parts = (
            self._parts_read(records(paths)) if self.jobs == 1 or self.keeps or not FORKS else self._parts_from_processes(records(paths))
        )
        for part in parts:
            for each in part:
                if isinstance(each, Unusable):
                    yield each
                    continue
                yield from self.engine.take(self.read, each)
                self.read += 1
        yield from self.engine.finish()

    def _parts_read(self, found: Iterator[Record | Unusable]) -> Iterator[_Read]:
        for record in found:
            if isinstance(record, Unusable) or not self.keeps:
                yield _hits(self.reader, self.engine, (record,))
                continue
            read: _Read = []
            for event in events_of(record):
                if isinstance(event, Unusable):
                    read.append(event)
                else:
                    self.kept.append((event, self.reader.flat(event)))
                    read.append(self.engine.read(self.kept[-1][1]))
            yield read

    def _parts_from_processes(self, found: Iterator[Record | Unusable]) -> Iterator[_Read]:
        """Parts are read by other processes, which have copies of the engine, and are given back in order."""
        with ProcessPoolExecutor(self.jobs, process_context(), initializer=_begin, initargs=(self.reader, self.engine)) as pool:
            waiting: deque[Future[_Read]] = deque()
            try:
                while part := list(islice(found, _TOGETHER)):
                    waiting.append(pool.submit(_work, part))
                    if len(waiting) >= self.jobs * _AHEAD:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)


def _hits(reader: EventReader, engine: AlertEngine, found: Iterable[Record | Unusable]) -> _Read:
    read: _Read = []
    for record in found:
        if isinstance(record, Unusable):
            read.append(record)
        else:
            read += (event if isinstance(event, Unusable) else engine.read(reader.flat(event)) for event in events_of(record))
    return read


# -- in the other processes ----------------------------------------------------------------------

_OWN: list[tuple[EventReader, AlertEngine]] = []


def _begin(reader: EventReader, engine: AlertEngine) -> None:
    _OWN[:] = [(reader, engine)]


def _work(part: list[Record | Unusable]) -> _Read:
    ((reader, engine),) = _OWN
    return _hits(reader, engine, part)
