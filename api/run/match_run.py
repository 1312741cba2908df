"""A run of ``triggerfish match``: rules and events in, alerts out."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from time import perf_counter, time
from typing import TypeVar

from ...backends.limits import Limits
from ...backends.match.explain_silence import silence_of
from ...backends.match.why import distance
from ...backends.report.alert_formats import ALERT_FORMATS, FiredRule, alert_line
from ...backends.report.rule_result import RuleResult, Status
from ...backends.report.why_text import why_text
from ...backends.report.wording import counted
from ...compiler.alerts.engine import AlertEngine, Watched
from ...compiler.ir.program import Role
from ...compiler.semantics.document import Flat
from ...compiler.stage_timer import StageTimer
from .compiled_rule import CompiledRule, compiled_rule
from .event_files import Unusable
from .event_stream import EventReader, EventStream
from .inputs import Source, in_file, sources_of
from .match_options import MatchOptions
from .observer import Observer
from .output_files import output
from .schema_files import schema_with
from .selection import wanted_files
from .sigma_sources import prepared

_Item = TypeVar("_Item")
_UNEXPECTED = 1
_BAD_INPUT = 2
_MOST_SILENCES = 10
"""Rules that did not fire and are explained."""
_SECONDS_FOR_CHANGE = 2.0


def match(order: MatchOptions, observer: Observer) -> int:
    """Match events against rules and write the alerts.

    Args:
        order: the options.
        observer: receives how it goes.

    Returns:
        The exit code: 0; 1 if the alerts are not those expected; 2 if a rule or an event could not be read.

    Raises:
        SchemaError, PlaceholderError, PipelineError, OutputError: the schema, the placeholders or a pipeline cannot be read, or the
            alerts not be written.
        BrokenPipeError: nobody reads standard output any more.
    """
    began = perf_counter()
    schema = schema_with(order.schema, order.timeout)
    rules = _Rules(with_indicators=bool(order.indicators))
    now = int(time() * 1000) if order.now is None else order.now
    wanted = wanted_files(order.paths, order.exclude, deprecated=True)
    sources = sources_of(order.query, order.language, order.paths, wanted, order.timeout)
    for source in prepared(sources, order.placeholders, order.pipeline):
        rules.add(source, compiled_rule(source, schema, now, order.timeout, StageTimer()))
    for result in rules.failed:
        if result.status is not Status.UNSUPPORTED or order.verbose:
            observer.finished(result)
    unusable = _Unusable(observer)
    reader = EventReader(schema)
    indicators = list(unusable.without(reader.flats(order.indicators)))
    engine = AlertEngine(rules.watched, indicators, order.reorder)
    for flat in unusable.without(reader.flats(order.history)):
        engine.learn(flat)
    unknown = [name for name in order.expect if not any(rule.is_called(name) for rule in rules.fired)]
    for name in unknown:
        observer.noted(f"no rule that was compiled is called `{name}` (--expect)", "error")
    # What was made so far stays: the collector need not look at it again for each event.
    gc.collect()
    gc.freeze()
    stream = EventStream(reader, engine, order.jobs, keeps=order.why)
    with output(order.out) as out, closing(stream.alerts(order.events)) as alerts:
        for alert in unusable.without(alerts):
            fired = rules.fired[alert.rule]
            fired.add(alert.events, every=order.format == "matrix")
            if order.format == "ndjson":
                out.write(alert_line(fired, alert.events))
        for fired in rules.fired:
            fired.problem = _problem(fired, order)
        if order.format in ALERT_FORMATS:
            out.write(ALERT_FORMATS[order.format](rules.fired).encode())
        if order.why:
            history = list(unusable.without(reader.flats(order.history)))
            out.write("".join(_silences(rules, stream, Limits(_SECONDS_FOR_CHANGE), indicators, history)).encode())
    if engine.late:
        observer.warned(f"{counted(engine.late, 'event')} came too late for the order of time; increase --reorder")
    for line in _summary(rules, stream, perf_counter() - began):
        observer.noted(line)
    for fired in rules.fired:
        if fired.problem:
            observer.noted(f"{fired.title}: {fired.problem}", "error")
    if unknown or unusable.count or any(result.status is not Status.UNSUPPORTED for result in rules.failed):
        return _BAD_INPUT
    return _UNEXPECTED if any(fired.problem for fired in rules.fired) else 0


@dataclass(slots=True)
class _Rules:
    """The rules of a run: those that events are matched against, and the others.

    Attributes:
        with_indicators: whether there are indicators to compare events with.
        watched, fired: the former, in the same order.
        failed: the results of those that could not be compiled.
        without_indicators: how many there are that need some.
    """

    with_indicators: bool
    watched: list[Watched] = field(default_factory=list)
    fired: list[FiredRule] = field(default_factory=list)
    failed: list[RuleResult] = field(default_factory=list)
    without_indicators: int = 0

    def add(self, source: Source, found: CompiledRule | RuleResult) -> None:
        """Add a rule."""
        if isinstance(found, RuleResult):
            self.failed.append(in_file(found, source))
            return
        programs = found.compilation.programs
        if not self.with_indicators and any(step.role is Role.INDICATOR for program in programs for step in program.steps):
            self.without_indicators += 1
            return
        self.watched.append(Watched(programs, found.rule.tiebreaker_field))
        self.fired.append(FiredRule(found.known.path, found.known.rule_id, found.known.name))


@dataclass(slots=True)
class _Unusable:
    """Reports what is not an event, and lets everything else pass."""

    observer: Observer
    count: int = 0

    def without(self, items: Iterable[_Item | Unusable]) -> Iterator[_Item]:
        """The other items."""
        for item in items:
            if isinstance(item, Unusable):
                self.count += 1
                self.observer.noted(str(item), "error")
            else:
                yield item


def _silences(rules: _Rules, stream: EventStream, limits: Limits, indicators: list[Flat], history: list[Flat]) -> Iterator[str]:
    """Why the rules did not fire that came nearest to it."""
    events, flats = [event for event, _ in stream.kept], [flat for _, flat in stream.kept]
    silent = [place for place, fired in enumerate(rules.fired) if not fired.count]
    if flats and len(silent) > _MOST_SILENCES:
        far = {place: min(distance(rules.watched[place].programs[0].steps[0].formula, flat) for flat in flats) for place in silent}
        silent = sorted(silent, key=far.__getitem__)
    for number, place in enumerate(silent[:_MOST_SILENCES]):
        silence = silence_of(rules.watched[place].programs, events, flats, limits, indicators, history)
        yield ("" if number == 0 and not any(fired.count for fired in rules.fired) else "\n") + why_text(rules.fired[place].title, silence)
    if len(silent) > _MOST_SILENCES:
        yield f"\n{counted(len(silent) - _MOST_SILENCES, 'more rule')} did not fire, further from it\n"


def _problem(fired: FiredRule, order: MatchOptions) -> str:
    """Why a rule's alerts are not those expected; empty if they are."""
    expected = any(fired.is_called(name) for name in order.expect)
    if expected and not fired.count:
        return "the rule was expected to fire, and does not"
    if order.expect_none and fired.count and not expected:
        return "the rule fires, and was not expected to"
    return ""


def _summary(rules: _Rules, stream: EventStream, seconds: float) -> Iterator[str]:
    alerts = sum(fired.count for fired in rules.fired)
    firing = sum(bool(fired.count) for fired in rules.fired)
    matched = f"{counted(len(rules.fired), 'rule')}, {counted(stream.read, 'event')}"
    yield f"{matched}: {counted(alerts, 'alert')} of {counted(firing, 'rule')} in {seconds:.2f} s"
    left = [
        (sum(result.status is Status.UNSUPPORTED for result in rules.failed), "unsupported (named with --verbose)"),
        (sum(result.status is not Status.UNSUPPORTED for result in rules.failed), "could not be compiled"),
        (rules.without_indicators, "compare events with threat indicators (--indicators)"),
    ]
    said = "; ".join(f"{number} {why}" for number, why in left if number)
    if said:
        yield f"not matched: {said}"
