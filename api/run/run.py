"""A run of ``compile-rule``: rules in, documents and reports out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from triggerfish import __version__

from ...backends.elasticsearch.mapping_bodies import MAPPINGS_FORMATS
from ...backends.limits import Limits, Strategy
from ...backends.report.baseline import Baseline, load_baseline
from ...backends.report.document_formats import FORMATS, SPOOL, form_of
from ...backends.report.exit_codes import BY_DEFAULT, exit_code, failures, outcomes_of
from ...backends.report.formats.detail import Detail
from ...backends.report.formats.registry import REPORT_FORMATS, Run, entry_of, indented
from ...backends.report.rule_result import RuleResult
from ...compiler.diagnostics.codes import severity_order
from .cache_key import cache_key
from .document_folder import document_folder
from .duplicates import Duplicates
from .executors import executor
from .git_changes import ChangedFiles
from .graphviz_file import draw
from .index_mappings import MappingsByIndex, mappings_for
from .inputs import Source, sources_of
from .interleave import Interleaved, interleave, stamped_as, write_in_order
from .journal import Documents, Journaled, documents
from .observer import Consumer, Observer
from .options import CompileOptions
from .output_files import folder, output
from .own_values import given_of, world_of
from .placement import AUTO
from .result_cache import ResultCache
from .rule_comments import with_comments
from .run_options import RunOptions
from .schema_files import schema_with
from .selection import wanted_files, with_selected_findings
from .sigma_sources import prepared
from .timeline import Timeline, timeline_of

if TYPE_CHECKING:
    from .noise import Noise
    from .push import Push

_NOT_LOADED = 2
_REPORT_FORMAT = "json"


def run(order: RunOptions, observer: Observer, consumers: Sequence[Consumer] = ()) -> int:
    """Compile all rules, write and load what was ordered.

    Args:
        order: the options.
        observer: receives how it goes.
        consumers: each takes the result of every rule.

    Returns:
        The exit code.

    Raises:
        SchemaError, PlaceholderError, PipelineError, BaselineError, OutputError: the schema, the placeholders, a pipeline or the
            baseline cannot be read, or a file not be written.
        DrawingError: what is to be drawn cannot be.
        PushError: Elasticsearch cannot be reached.
        BrokenPipeError: nobody reads standard output any more.
    """
    if FORMATS[order.format].files is not None:
        with document_folder(order.out, order.format) as spool:
            return _run(replace(order, out=spool), observer, consumers, None)
    if order.push is None:
        return _run(order, observer, consumers, None)
    from .push import connected

    # Who cannot be reached should not be found out after an hour.
    with connected(order.push, order.push_ca, order.out, order.push_templates, observer) as push:
        return _run(replace(order, out=push.file), observer, consumers, push)


def _run(order: RunOptions, observer: Observer, consumers: Sequence[Consumer], push: Push | None) -> int:
    schema = schema_with(order.schema, order.timeout)
    timeline = timeline_of(order)
    drawn_as = order.format if timeline is None or order.format == "none" else SPOOL
    # Worth making only for what is kept.
    key = cache(lambda: cache_key(replace(order, format=drawn_as)))
    settings = CompileOptions(schema, order.start, order.seed, order.count, order.strict, drawn_as, order.index, now=order.now)
    settings = replace(
        settings,
        stamps=None if timeline is not None else order.timestamp_format or _STAMPS.get(order.format),
        style=order.style,
        world=world_of(order.world, order.world_size, order.seed) if order.style == "realistic" else None,
        given=given_of(order, schema),
        limits=Limits(order.timeout, order.memory),
        strategy=Strategy(order.solver, order.cross_check, order.findings),
        history=order.history,
        near_misses=order.near_misses,
        converted=order.converted,
        plans=order.emit_plan is not None,
        explain=order.explain or order.draw is not None,
        smt2=None if order.emit_smt2 is None else folder(order.emit_smt2),
        cache=None if order.cache is None else ResultCache(folder(order.cache), key()),
    )
    fail_on = BY_DEFAULT if order.fail_on is None else failures(order.fail_on)
    baseline = None if order.baseline is None else load_baseline(order.baseline)
    collected = _Collected(order, MappingsByIndex(schema, order.index), Detail(order.verbose, frozenset(fail_on)))
    # All files are opened first: what cannot be written should not be found out after an hour.
    place, lasting = None if order.format == "none" else order.out, push is None or not push.spooled
    out = documents(place, key, schema, resume=order.resume, lasting=lasting)
    with out as found, _wanted(order.report) as report, _wanted(order.emit_plan) as plans, _wanted(order.mappings) as mappings:
        taking = [observer.finished, *consumers, collected.add]
        if push is not None and timeline is None:
            taking.append(lambda result: push.places.add(found.end, result.path))
        consume = _consumed_by(taking, order, baseline)
        if timeline is None:
            _compile_all(order, settings, observer, found, consume)
        else:
            with TemporaryFile() as spool:
                _compile_all(order, settings, observer, Documents(spool), consume)
                noise = _noise(order, settings, observer, spool)
                if noise is not None:
                    collected.mappings.add(noise.result)
                _write_in_time(order, timeline, spool, noise, found, push)
        merged = {} if order.mappings is None and push is None else collected.mappings.merged(observer.warned)
        if order.mappings is not None:
            body = MAPPINGS_FORMATS[order.mappings_format]
            bodies = {index: body(found_mappings, index) for index, found_mappings in merged.items()}
            mappings.write(indented(bodies if order.index == AUTO else bodies.get(order.index, {})))
        pushed = None
        if push is not None:
            assert isinstance(found, Journaled)
            pushed = push.load(
                found.part,
                partial(mappings_for, merged, order.index),
                f"{order.seed}",
                settings.details,
                start=found.sent,
                acked=found.mark_sent,
            )
            found.unfinished = pushed.error is not None
        if order.emit_plan is not None:
            from ...backends.plan.plan_file import write_plans

            plans.write(write_plans(collected.plans, order.seed))
        if order.draw is not None:
            draw(collected.results, order.draw)
        code = _NOT_LOADED if pushed is not None and pushed.failed else exit_code(collected.outcomes, fail_on)
        left_out = None if baseline is None else baseline.found_again
        if order.report is not None:
            about = Run(__version__, order.seed, code, left_out, None if pushed is None else pushed.entry())
            report.write(REPORT_FORMATS[order.report_format or _REPORT_FORMAT].whole(about, collected.entries))
    observer.closed(left_out)
    return code


_STAMPS = {"ndjson": "iso", "bulk": "iso"}
"""The usual form of times, by format; other formats hold what the API gives."""


def _noise(order: RunOptions, settings: CompileOptions, observer: Observer, spool: IO[bytes]) -> Noise | None:
    """The everyday events that are ordered."""
    if not order.noise:
        return None
    from .noise import noise_of

    noise = noise_of(order.noise, prepared(_sources(order), order.placeholders, order.pipeline), settings, spool)
    if len(noise.groups) < order.noise:
        observer.warned(f"{len(noise.groups)} of {order.noise} events of noise: more of them satisfy conditions of the rules")
    return noise


def _write_in_time(
    order: RunOptions, timeline: Timeline, spool: IO[bytes], noise: Noise | None, found: Documents, push: Push | None
) -> None:
    """Write the documents of all rules in the order of time."""
    if order.format == "none":
        return
    with TemporaryFile() as pieces:
        stamped = stamped_as(order.timestamp_format or _STAMPS.get(order.format))
        output = Interleaved(pieces, order.format, stamped)
        interleave(spool, noise.groups if noise is not None else (), timeline, order.seed, output)
        write_in_order(output, found.stream, push.places.add if push is not None else lambda end, rule: None)


@dataclass(frozen=True, slots=True)
class _Collected:
    """What is kept of the rules until the run ends."""

    order: RunOptions
    mappings: MappingsByIndex
    detail: Detail
    entries: list[Any] = field(default_factory=list)
    outcomes: set[str] = field(default_factory=set)
    plans: list[Mapping[str, Any]] = field(default_factory=list)
    results: list[RuleResult] = field(default_factory=list)

    def add(self, result: RuleResult) -> None:
        if self.order.draw is not None:
            self.results.append(result)
        self.outcomes.update(outcomes_of(result))
        if result.plan is not None:
            self.plans.append(result.plan)
        if self.order.report is not None:
            self.entries.append(entry_of(self.order.report_format or _REPORT_FORMAT, result, self.detail))
        if self.order.mappings is not None or self.order.push is not None:
            self.mappings.add(result)


def _compile_all(order: RunOptions, settings: CompileOptions, observer: Observer, out: Documents, consume: Consumer) -> None:
    """Compile rule after rule and write its documents."""
    form = form_of(settings.format)
    sources = list(prepared(_sources(order), order.placeholders, order.pipeline))
    with observer.progress(len(sources), _apart(order)):
        done = 0
        for result in out.kept(sources):
            consume(result)
            done += 1
        lines = _Lines(out.stream, form.between, first=out.begin(form.opening))
        compiling = executor(order.jobs)(_started(sources[done:], observer), settings, order.jobs, lines.add)
        with closing(compiling):
            for source, result in zip(sources[done:], compiling, strict=True):
                if result.lines:
                    lines.add(result.lines)
                out.commit(source, result)
                consume(result)
        out.stream.write(form.closing)
        out.stream.flush()


def _consumed_by(consumers: Sequence[Consumer], order: RunOptions, baseline: Baseline | None) -> Consumer:
    """Hands the result of each rule to consumers, with what other rules, the selection and the baseline add to it or take from it."""
    duplicates = Duplicates()

    def consume(result: RuleResult) -> None:
        result = with_selected_findings(with_comments(duplicates.checked(result), order.findings), order)
        if baseline is not None:
            result = baseline.without_known(result)
        result = replace(result, findings=tuple(sorted(result.findings, key=severity_order)))
        for consumer in consumers:
            consumer(result)

    return consume


def _started(sources: Iterable[Source], observer: Observer) -> Iterator[Source]:
    """The sources, each announced when its turn comes."""
    for source in sources:
        observer.started(source.name)
        yield source


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


def _sources(order: RunOptions) -> Iterator[Source]:
    changed = None if order.changed_since is None else ChangedFiles(order.changed_since)
    wanted = wanted_files(order.paths, order.exclude, order.deprecated)
    if changed is None or any(changed(Path(path)) for path in order.schema):
        return sources_of(order.query, order.language, order.paths, wanted, order.timeout)
    return sources_of(order.query, order.language, order.paths, lambda file: wanted(file) and changed(file), order.timeout)


def _wanted(path: str | None) -> AbstractContextManager[IO[bytes]]:
    """The stream of an output; what is written to one that is not wanted is lost."""
    return nullcontext(BytesIO()) if path is None else output(path)


def _apart(order: RunOptions) -> bool:
    """Whether documents go elsewhere than to the terminal, where they would tear a progress bar apart."""
    return (order.format == "none" and not order.explain) or order.out != "-" or sys.stdout is None or not sys.stdout.isatty()
