"""A run of ``compile-rule``: rules in, documents and reports out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

import orjson

from .backends.elasticsearch.templates import MAPPINGS_FORMATS
from .backends.limits import Limits, Strategy
from .backends.report.documents import FORMATS
from .backends.report.json_report import json_entry, json_report
from .backends.report.record import Record, Status, exit_code
from .batch import BareQuery, Settings, Source, rule_sources, text_sources
from .compiler.diagnostics import Diagnostic, Severity
from .compiler.schema import ecs_schema
from .compiler.schema_sources import load_schema
from .compiler.shape import TIMESTAMP
from .jobs import compile_sources
from .merged_mappings import MergedMappings
from .outputs import folder, output
from .rules.positions import find_value
from .source_events import SourceEvents
from .terminal import Terminal

if TYPE_CHECKING:
    from .push import Push

_NOT_LOADED = 2


@dataclass(frozen=True, slots=True)
class Order:
    """What one run is to do; the names are those of the command's options.

    Files are named by paths, ``-`` being standard input or output; None is for what is not wanted.
    """

    paths: tuple[str, ...] = ()
    query: str | None = None
    language: str | None = None
    count: int = 1
    seed: int = 0
    start: int = 0
    now: int | None = None
    schema: tuple[str, ...] = ()
    out: str = "-"
    format: str = "ndjson"
    index: str = "triggerfish"
    mappings: str | None = None
    mappings_format: str = "index"
    report: str | None = None
    strict: bool = False
    style: str = "realistic"
    history: bool = False
    jobs: int = 1
    solver: str = "propose"
    cross_check: bool = False
    findings: bool = True
    timeout: float = 10.0
    memory: int = 2048
    emit_smt2: str | None = None
    emit_plan: str | None = None
    push: str | None = None
    push_ca: str | None = None
    push_templates: bool = True


def run(order: Order, terminal: Terminal) -> int:
    """Compile everything, write and load what was ordered, and show findings and a summary.

    Returns:
        The exit code.

    Raises:
        SchemaError, OutputError: the schema cannot be read, or a file not be written.
        PushError: Elasticsearch cannot be reached.
        BrokenPipeError: nobody reads standard output any more.
    """
    if order.push is None:
        return _run(order, terminal, None)
    from .push import connected

    # Who cannot be reached should not be found out after an hour.
    with connected(order.push, order.push_ca, order.out, order.push_templates, terminal) as push:
        return _run(replace(order, out=push.file), terminal, push)


def _run(order: Order, terminal: Terminal, push: Push | None) -> int:
    schema = SourceEvents().schema
    for path in order.schema:
        schema = schema.with_fields(load_schema(path))
    settings = Settings(schema, order.start, order.seed, order.count, order.strict, order.format, order.index, now=order.now)
    settings = replace(
        settings,
        style=order.style,
        limits=Limits(order.timeout, order.memory),
        strategy=Strategy(order.solver, order.cross_check, order.findings),
        history=order.history,
        plans=order.emit_plan is not None,
        smt2=None if order.emit_smt2 is None else folder(order.emit_smt2),
    )
    collected = _Collected(MergedMappings(schema))
    # All files are opened first: what cannot be written should not be found out after an hour.
    with _wanted(order.report) as report, _wanted(order.emit_plan) as plans:
        with _wanted(order.mappings) as mappings:
            with _wanted(None if order.format == "none" else order.out) as documents:
                _compile_all(order, settings, terminal, documents, collected, push)
            merged = {} if order.mappings is None and push is None else _merged(collected.mappings, terminal)
            if order.mappings is not None:
                _write_json(mappings, MAPPINGS_FORMATS[order.mappings_format](merged, order.index))
        pushed = None if push is None else push.load(merged, f"{order.seed}", settings.details)
        if order.emit_plan is not None:
            from .backends.plan.file import write_plans

            plans.write(write_plans(collected.plans, order.seed))
        if order.report is not None:
            _write_json(report, json_report(order.seed, collected.entries) | ({} if pushed is None else {"push": pushed.entry()}))
    terminal.close()
    return _NOT_LOADED if pushed is not None and pushed.failed else exit_code(collected.statuses)


@dataclass(frozen=True, slots=True)
class _Collected:
    """What is kept of the rules until the run ends."""

    mappings: MergedMappings
    entries: list[dict[str, Any]] = field(default_factory=list)
    statuses: set[Status] = field(default_factory=set)
    plans: list[Mapping[str, Any]] = field(default_factory=list)


def _compile_all(
    order: Order, settings: Settings, terminal: Terminal, documents: IO[bytes], collected: _Collected, push: Push | None
) -> None:
    """Compile rule after rule: write its documents, show its findings, keep what reports want of it."""
    duplicates = _Duplicates()
    form = FORMATS[order.format]
    sources = list(_sources(order))
    with terminal.progress(len(sources), _apart(order)):
        documents.write(form.opening)
        lines = _Lines(documents, form.between)
        compiling = compile_sources(_started(sources, terminal), settings, order.jobs, lines.add)
        with closing(compiling):
            for found in compiling:
                record = duplicates.checked(found)
                if record.lines:
                    lines.add(record.lines)
                terminal.tell(record)
                collected.statuses.add(record.status)
                if record.plan is not None:
                    collected.plans.append(record.plan)
                if order.report is not None:
                    collected.entries.append(json_entry(record))
                if push is not None:
                    push.places.add(lines.size, record.path)
                if order.mappings is not None or push is not None:
                    collected.mappings.add(record.fields, record.path)
        documents.write(form.closing)


def _started(sources: Iterable[Source], terminal: Terminal) -> Iterator[Source]:
    """The sources, each announced when its turn comes."""
    for source in sources:
        terminal.start(source.name)
        yield source


class _Lines:
    """Writes lines many at a time, in one piece, so that an interruption leaves whole lines behind."""

    def __init__(self, stream: IO[bytes], between: bytes) -> None:
        self._stream = stream
        self._between = between
        self._first = True
        self.size = 0

    def add(self, piece: bytes) -> None:
        self.size += self._stream.write(piece if self._first else self._between + piece)
        self._stream.flush()
        self._first = False


def _sources(order: Order) -> Iterator[Source]:
    if order.query is not None:
        yield BareQuery(order.query, order.language)
    if "-" in order.paths:
        yield from text_sources(sys.stdin.buffer.read())
    yield from rule_sources(path for path in order.paths if path != "-")


def _wanted(path: str | None) -> AbstractContextManager[IO[bytes]]:
    """The stream of an output; what is written to one that is not wanted is lost."""
    return nullcontext(BytesIO()) if path is None else output(path)


def _apart(order: Order) -> bool:
    """Whether documents go elsewhere than to the terminal, where they would tear a progress bar apart."""
    return order.format == "none" or order.out != "-" or not sys.stdout.isatty()


def _merged(mappings: MergedMappings, terminal: Terminal) -> dict[str, Any]:
    stamp = ecs_schema().lookup(TIMESTAMP)
    assert stamp is not None
    merged, conflicts = mappings.merge(stamp)
    for conflict in conflicts:
        terminal.warn(conflict)
    return merged


def _write_json(stream: IO[bytes], value: dict[str, Any]) -> None:
    stream.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


class _Duplicates:
    """Notices rules with the id of an earlier one."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def checked(self, record: Record) -> Record:
        """The record, with a warning if its rule's id is not its own."""
        if record.rule_id is None:
            return record
        first = self._first.setdefault(record.rule_id, record.path)
        if first == record.path:
            return record
        span = find_value(record.text, ("rule", "rule_id")) if record.text is not None else None
        spans = () if span is None else (span,)
        message = f"the id of this rule is also that of {first}"
        finding = Diagnostic("duplicate-id", Severity.WARNING, message, spans, help="give each rule an id of its own")
        return replace(record, findings=(*record.findings, finding))
