"""A run of ``compile-rule``: rules in, documents and reports out."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from triggerfish import __version__

from ...backends.elasticsearch.mapping_bodies import MAPPINGS_FORMATS
from ...backends.elasticsearch.merged_mappings import MergedMappings
from ...backends.limits import Limits, Strategy, TimeUpError, ended_by
from ...backends.report.baseline import Baseline, load_baseline
from ...backends.report.document_formats import FORMATS
from ...backends.report.exit_codes import BY_DEFAULT, exit_code, failures, outcomes_of
from ...backends.report.formats.registry import REPORT_FORMATS, Run, entry_of, indented
from ...backends.report.rule_result import Record
from ...compiler.diagnostics.diagnostic import Diagnostic, Severity
from ...compiler.file_input import MAX_BYTES
from ...compiler.schema.fields import TABLE_PATH, Schema, ecs_schema
from ...compiler.schema.load import SchemaError, load_schema
from ...compiler.semantics.match_group import TIMESTAMP
from ...rules.reading.toml_strings import find_value
from ..cli.terminal import Terminal
from ..source_events import SourceEvents
from .compile_one import Settings
from .executors.processes import compile_sources
from .git_changes import Changed
from .inputs import BareQuery, Source, rule_sources, text_sources
from .journal import Documents, Journaled, documents
from .output_files import folder, output
from .result_cache import Cache
from .time_limit import time_limit

if TYPE_CHECKING:
    from ..cli.explain import Explainer
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
    report_format: str = "json"
    baseline: str | None = None
    fail_on: tuple[str, ...] | None = None
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
    explain: bool = False
    draw: str | None = None
    resume: bool = False
    cache: str | None = None
    changed_since: str | None = None
    push: str | None = None
    push_ca: str | None = None
    push_templates: bool = True


def run(order: Order, terminal: Terminal) -> int:
    """Compile everything, write and load what was ordered, and show findings and a summary.

    Returns:
        The exit code.

    Raises:
        SchemaError, BaselineError, OutputError: the schema or the baseline cannot be read, or a file not be written.
        DrawingError: what is to be drawn cannot be.
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
        schema = schema.with_fields(_loaded(path, order.timeout))
    # Worth making only for what is kept.
    key = cache(lambda: _key(order))
    settings = Settings(schema, order.start, order.seed, order.count, order.strict, order.format, order.index, now=order.now)
    settings = replace(
        settings,
        style=order.style,
        limits=Limits(order.timeout, order.memory),
        strategy=Strategy(order.solver, order.cross_check, order.findings),
        history=order.history,
        plans=order.emit_plan is not None,
        explain=order.explain or order.draw is not None,
        smt2=None if order.emit_smt2 is None else folder(order.emit_smt2),
        cache=None if order.cache is None else Cache(folder(order.cache), key()),
    )
    fail_on = BY_DEFAULT if order.fail_on is None else failures(order.fail_on)
    baseline = None if order.baseline is None else load_baseline(order.baseline)
    collected = _Collected(MergedMappings(schema), baseline)
    # All files are opened first: what cannot be written should not be found out after an hour.
    place, lasting = None if order.format == "none" else order.out, push is None or not push.spooled
    out = documents(place, key, schema, resume=order.resume, lasting=lasting)
    with out as found, _wanted(order.report) as report, _wanted(order.emit_plan) as plans, _wanted(order.mappings) as mappings:
        _compile_all(order, settings, terminal, found, collected, push)
        merged = {} if order.mappings is None and push is None else _merged(collected.mappings, terminal)
        if order.mappings is not None:
            mappings.write(indented(MAPPINGS_FORMATS[order.mappings_format](merged, order.index)))
        pushed = None
        if push is not None:
            assert isinstance(found, Journaled)
            pushed = push.load(found.part, merged, f"{order.seed}", settings.details, start=found.sent, acked=found.mark_sent)
            found.unfinished = pushed.error is not None
        if order.emit_plan is not None:
            from ...backends.plan.plan_file import write_plans

            plans.write(write_plans(collected.plans, order.seed))
        if order.draw is not None:
            from .graphviz_file import draw

            draw(collected.records, order.draw)
        code = _NOT_LOADED if pushed is not None and pushed.failed else exit_code(collected.outcomes, fail_on)
        left_out = None if baseline is None else baseline.found_again
        if order.report is not None:
            about = Run(__version__, order.seed, code, left_out, None if pushed is None else pushed.entry())
            report.write(REPORT_FORMATS[order.report_format].whole(about, collected.entries))
    terminal.close(left_out)
    return code


def _loaded(path: str, seconds: float) -> Schema:
    try:
        with time_limit(seconds):
            return load_schema(path)
    except TimeUpError:
        raise SchemaError(f"reading it was not done: {ended_by(seconds)}", path) from None


@dataclass(frozen=True, slots=True)
class _Collected:
    """What is kept of the rules until the run ends."""

    mappings: MergedMappings
    baseline: Baseline | None
    entries: list[Any] = field(default_factory=list)
    outcomes: set[str] = field(default_factory=set)
    plans: list[Mapping[str, Any]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def _compile_all(order: Order, settings: Settings, terminal: Terminal, out: Documents, collected: _Collected, push: Push | None) -> None:
    """Compile rule after rule: write its documents, show its findings, keep what reports want of it."""
    duplicates = _Duplicates()
    form = FORMATS[order.format]
    sources = list(_sources(order))
    explainer = _explainer(order)

    def tell(record: Record) -> None:
        record = duplicates.checked(record)
        if collected.baseline is not None:
            record = collected.baseline.without_known(record)
        terminal.tell(record, findings=explainer is None)
        if explainer is not None:
            explainer.show(record)
        if order.draw is not None:
            collected.records.append(record)
        collected.outcomes.update(outcomes_of(record))
        if record.plan is not None:
            collected.plans.append(record.plan)
        if order.report is not None:
            collected.entries.append(entry_of(order.report_format, record, verbose=terminal.verbosity > 0))
        if push is not None:
            push.places.add(out.end, record.path)
        if order.mappings is not None or push is not None:
            collected.mappings.add(record.fields, record.path)

    with terminal.progress(len(sources), _apart(order)):
        done = 0
        for record in out.kept(sources):
            tell(record)
            done += 1
        lines = _Lines(out.stream, form.between, first=out.begin(form.opening))
        compiling = compile_sources(_started(sources[done:], terminal), settings, order.jobs, lines.add)
        with closing(compiling):
            for source, record in zip(sources[done:], compiling, strict=True):
                if record.lines:
                    lines.add(record.lines)
                out.commit(source, record)
                tell(record)
        out.stream.write(form.closing)
        out.stream.flush()


def _started(sources: Iterable[Source], terminal: Terminal) -> Iterator[Source]:
    """The sources, each announced when its turn comes."""
    for source in sources:
        terminal.start(source.name)
        yield source


_FREE = (
    *("paths", "query", "language", "changed_since", "jobs", "resume", "cache", "fail_on", "baseline"),
    *("out", "report", "report_format", "mappings", "mappings_format", "push_ca", "push_templates"),
)
"""Parts of an order that change nothing about what becomes of a rule."""


def _key(order: Order) -> str:
    """A digest of what the outcome of a rule depends on beside the rule: the options, the schema and the version."""
    options = {name: value for name, value in asdict(order).items() if name not in _FREE}
    files = [TABLE_PATH, *map(Path, order.schema)]
    content = [__version__, options, [hashlib.sha256(_content(file)).hexdigest() for file in files]]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _content(file: Path) -> bytes:
    # What a pipe holds can be read only once, and has been.
    return file.read_bytes() if file.is_file() else b""


class _Lines:
    """Writes lines many at a time, in one piece, so that an interruption leaves whole lines behind."""

    def __init__(self, stream: IO[bytes], between: bytes, *, first: bool) -> None:
        self._stream = stream
        self._between = between
        self._first = first

    def add(self, piece: bytes) -> None:
        self._stream.write(piece if self._first else self._between + piece)
        self._stream.flush()
        self._first = False


def _explainer(order: Order) -> Explainer | None:
    """What shows explanations, if they are wanted; few runs need its modules."""
    if not order.explain:
        return None
    from ..cli.explain import Explainer

    return Explainer(sys.stdout.buffer)


def _sources(order: Order) -> Iterator[Source]:
    if order.query is not None:
        yield BareQuery(order.query, order.language)
    if "-" in order.paths:
        yield from text_sources(_standard_input())
    paths = [path for path in order.paths if path != "-"]
    changed = None if order.changed_since is None else Changed(order.changed_since)
    if changed is None or any(changed(Path(path)) for path in order.schema):
        yield from rule_sources(paths, seconds=order.timeout)
    else:
        yield from rule_sources(paths, changed, order.timeout)


def _standard_input() -> bytes:
    """What stands there, or as much of it as shows that it is too much."""
    # Python has none where the shell closed it.
    return b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_BYTES + 1)


def _wanted(path: str | None) -> AbstractContextManager[IO[bytes]]:
    """The stream of an output; what is written to one that is not wanted is lost."""
    return nullcontext(BytesIO()) if path is None else output(path)


def _apart(order: Order) -> bool:
    """Whether documents go elsewhere than to the terminal, where they would tear a progress bar apart."""
    return (order.format == "none" and not order.explain) or order.out != "-" or sys.stdout is None or not sys.stdout.isatty()


def _merged(mappings: MergedMappings, terminal: Terminal) -> dict[str, Any]:
    stamp = ecs_schema().lookup(TIMESTAMP)
    assert stamp is not None
    merged, conflicts = mappings.merge(stamp)
    for conflict in conflicts:
        terminal.warn(conflict)
    return merged


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
