"""Compile rule sources to results, one after the other; an error in one rule does not affect the others."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import cache, partial
from typing import Any

from ...backends.decide.export_smtlib import emit_smt2
from ...backends.decide.solve_rule import solve_rule
from ...backends.generate.document_source import DocumentSource, roles_of
from ...backends.generate.match_numbers import WALKED
from ...backends.limits import TimeUpError
from ...backends.plan.plan import Plan
from ...backends.realism.apply import added_fields, given_up, make_realistic
from ...backends.report.document_formats import MATCH, form_of
from ...backends.report.rule_result import RuleResult, Status
from ...backends.report.timestamps import STAMPS, TIMESTAMP_FORMATS
from ...backends.solver_process.client import shared_client
from ...compiler.diagnostics.checks.checked_query import CheckedQuery
from ...compiler.diagnostics.checks.group_entries import group_entries
from ...compiler.diagnostics.checks.table import read_findings
from ...compiler.diagnostics.diagnostic import Diagnostic, QueryError, UnsupportedQueryError
from ...compiler.diagnostics.errors import InternalError, NoQueryDsl
from ...compiler.diagnostics.notes import Preference
from ...compiler.diagnostics.warnings import FewerDocuments, FiltersLeftOut, NoPlan
from ...compiler.ir.program import Program
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.match_group import fields_of_program
from ...compiler.stage_timer import StageTimer
from ...rules import Rule, RuleError
from ...rules.lowering.rule_text import RuleText
from ...rules.reading.text_file import read_bytes
from ...rules.rule_checks import CheckedRule, read_rule_findings
from .compiled_rule import CompiledRule, compiled_rule, out_of_time
from .inputs import RuleFile, RuleSource, Source, digest_of, in_file
from .locate_findings import ended, is_located, located, seconds_of
from .options import CompileOptions
from .output_files import OutputError, raising_output_errors
from .placement import AUTO, placement_of
from .result_cache import LARGEST, ResultCache
from .time_limit import time_limit

_GRACE = 1.0
"""Seconds that solving may go on after its time, to notice that it is over and say what it has found by then."""

Write = Callable[[bytes], object]
"""Takes lines of documents; what the format puts between is for it to add."""


def compile_source(source: Source, settings: CompileOptions, write: Write | None = None) -> RuleResult:
    """Compile one rule and draw its documents.

    Args:
        source: the rule.
        settings: what holds for all rules.
        write: takes the lines of the documents, many at a time; what the format puts between is for it to add. By default they
            are all kept in the result.

    Returns:
        What became of it. Nothing is raised for what the rule holds, nor for an error in this program.

    Raises:
        OSError: from ``write``.
        OutputError: an SMT-LIB file cannot be written.
    """
    # Explanations, like files of SMT-LIB, are not kept.
    if settings.cache is not None and settings.part is None and settings.smt2 is None and not settings.explain:
        return _cached(source, settings, settings.cache, write)
    try:
        result = in_file(_compile(source, settings, None if write is None else _telling_apart(write)), source)
        return result if settings.part is not None else with_all_drawn(result, settings.count)
    except _WriteError as failure:
        raise failure.error from None
    except OutputError:
        raise
    except Exception as error:
        where = settings.details.add(f"{source.name}\n{traceback.format_exc()}")
        return in_file(RuleResult(source.name, Status.UNKNOWN, findings=(_internal(error, where),)), source)


def _cached(source: Source, settings: CompileOptions, cache: ResultCache, write: Write | None) -> RuleResult:
    """The same, from the cache if what came of the rule is in it."""
    if isinstance(source, RuleFile):
        # Read once, so that what is compiled is what the entry is found by.
        with suppress(RuleError):
            source = RuleSource(read_bytes(source.path), source.name, source.path)
    digest, joined = digest_of(source), form_of(settings.format).between.join
    found = cache.find(digest, settings.schema)
    if found is not None:
        result, pieces = found
        if write is None:
            return replace(result, lines=joined(pieces))
        for piece in pieces:
            write(piece)
        return result
    pieces, size = [], 0

    def keep(piece: bytes) -> None:
        nonlocal size
        size += len(piece)
        if write is None or size <= LARGEST:
            pieces.append(piece)
        if write is not None:
            write(piece)

    result = compile_source(source, replace(settings, cache=None), keep)
    if size + len(result.lines) <= LARGEST:
        cache.add(digest, result, [*pieces, result.lines] if result.lines else pieces)
    return replace(result, lines=joined(pieces)) if write is None and pieces else result


class _WriteError(Exception):
    """The output failed, and not the rule."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _telling_apart(write: Write) -> Write:
    def wrapped(lines: bytes) -> object:
        try:
            return write(lines)
        except OSError as error:
            raise _WriteError(error) from error

    return wrapped


def _internal(error: Exception, where: str) -> Diagnostic:
    said = " ".join(str(error).split())[:200]
    return InternalError(error=f"{type(error).__name__}{': ' + said if said else ''}", where=where).at()


def _compile(source: Source, settings: CompileOptions, write: Write | None) -> RuleResult:
    stopwatch = StageTimer()
    now = settings.start if settings.now is None else settings.now
    found = compiled_rule(source, settings.schema, now, settings.limits.timeout, stopwatch)
    if isinstance(found, RuleResult):
        return found
    rule, rule_text, compilation, known = found.rule, found.text, found.compilation, found.known
    dsl: dict[str, Any] | None = None
    try:
        with time_limit(settings.limits.timeout):
            dsl = _query_dsl(rule, settings) if form_of(settings.format).rule is not None else None
    except TimeUpError:
        return out_of_time(known, "compiling the rule", settings.limits.timeout, stopwatch)
    except QueryError as error:
        status = Status.UNSUPPORTED if isinstance(error, UnsupportedQueryError) else Status.INVALID
        return ended(known, rule, rule_text, status, (error.diagnostic, *error.others), stopwatch)
    # The rule's own id and text and nothing else, so that no other rule, nor where the file lies, changes its documents.
    seed = f"{settings.seed}|{rule.rule_id}|{rule.query}"
    # With a second opinion on every question, only the questions themselves are bounded.
    bounded = nullcontext() if settings.strategy.cross_check else time_limit(settings.limits.timeout + _GRACE)
    try:
        with bounded, stopwatch.stage("solve"):
            solution = solve_rule(compilation.programs, seed, settings.start, settings.limits, settings.strategy, history=settings.history)
            if settings.smt2 is not None:
                with raising_output_errors(str(settings.smt2)):
                    emit_smt2(compilation.programs, rule.rule_id or source.name, settings.smt2, settings.limits)
            query = CheckedQuery(compilation.programs[0], compilation.schema, rule.language, compilation.tree)
            read = _read_findings(rule, query, rule_text, now) if settings.strategy.findings else ()
    except TimeUpError:
        return out_of_time(known, "searching for a document or a proof", settings.limits.timeout, stopwatch)
    status = Status(solution.status)
    findings = (*compilation.notes, *read, *group_entries(solution.findings, query))
    if settings.converted is not None:
        from .compare_conversion import conversion_findings

        findings = (*findings, *conversion_findings(found, settings.converted, now, settings.limits))
    if settings.strict and any(finding.code == "dead-alternative" for finding in findings):
        status = Status.UNSATISFIABLE
    fields = _fields(compilation.programs)
    times = tuple(spec.stored for spec in fields if spec.stored.rpartition(".")[2] in STAMPS)
    compiled = located(replace(known, status=status, findings=findings, fields=fields, fixed_times=times), rule, rule_text)
    if settings.explain:
        from .explain_result import explanation_of

        compiled = replace(compiled, explanation=explanation_of(solution, rule_text, is_located(rule)))
    if dsl is not None:
        compiled = _translated(compiled, rule, dsl, settings)
    elif status is Status.OK and solution.sampler is not None:
        with stopwatch.stage("sample"):
            if settings.style == "realistic":
                make_realistic(solution.sampler, compilation.schema, settings.population(), settings.given, rule.index, compilation.raw_log)
            compiled = _sampled(compiled, found, solution.sampler, seed, settings, write)
            if settings.near_misses and (settings.part is None or settings.part[0] == settings.part[1] - 1):
                from .near_miss_lines import with_near_misses

                compiled = with_near_misses(compiled, found, solution.sampler, seed, settings, write)
    return replace(compiled, seconds=seconds_of(stopwatch))


def _read_findings(rule: Rule, query: CheckedQuery, rule_text: RuleText, now: int) -> tuple[Diagnostic, ...]:
    """The findings of a rule that need no solver."""
    return (*read_findings(query), *read_rule_findings(CheckedRule(rule, query, rule_text, now)))


def _query_dsl(rule: Rule, settings: CompileOptions) -> dict[str, Any]:
    from ...backends.elasticsearch.query_dsl import to_query_dsl

    assert rule.query is not None
    if rule.sigma is not None:
        why = "its meaning in Elasticsearch depends on how its fields are mapped"
        raise UnsupportedQueryError(NoQueryDsl(construct="a Sigma rule", why=why).at(), rule.query)
    category = rule.event_category_override or "event.category"
    return to_query_dsl(rule.query, settings.schema, language=rule.language, category_field=category)


def _translated(result: RuleResult, rule: Rule, dsl: dict[str, Any], settings: CompileOptions) -> RuleResult:
    """The result with the rule's query as Query DSL instead of documents."""
    form = form_of(settings.format)
    assert form.rule is not None
    result = replace(result, lines=form.rule(result, dsl))
    if not rule.filters:
        return result
    return replace(result, findings=(*result.findings, FiltersLeftOut().at()))


def _sampled(
    result: RuleResult, compiled: CompiledRule, source: DocumentSource, seed: str, settings: CompileOptions, write: Write | None
) -> RuleResult:
    """The result with its documents, or without if they are written as they are drawn."""
    rule, program = compiled.rule, compiled.compilation.programs[0]
    form, plan, client = form_of(settings.format), Plan(source, seed), shared_client(settings.limits.memory)
    asked = client.asked
    pieces: list[bytes] = []
    roles = cache(partial(roles_of, program))
    place = placement_of(rule, settings.index)
    matches = documents = 0
    for found in _timed(plan, *settings.numbers(), settings.limits.timeout):
        texts = [text for text in found if text is not None]
        matches += len(texts)
        documents += "".join(texts).count("\n")
        if settings.stamps is not None:
            texts = [*map(TIMESTAMP_FORMATS[settings.stamps], texts)]
        piece = form.groups(result, texts, roles, place, MATCH) if texts else b""
        if settings.index == AUTO and settings.format != "bulk":
            for text in texts:
                place.note(roles(text.count("\n")), text)
        if piece:
            (write or pieces.append)(piece)
    draws = {**plan.counts, "solver calls": client.asked - asked}
    drawn = replace(
        result, documents=documents, matches=matches, lines=form.between.join(pieces), draws=draws, indices=tuple(sorted(place.used))
    )
    if settings.plans and (settings.part is None or settings.part[0] == 0):
        drawn = _with_plan(drawn, rule, program, plan)
    return _with_style(drawn, source) if settings.style == "realistic" else drawn


def _timed(plan: Plan, start: int, stop: int, seconds: float) -> Iterator[list[str | None]]:
    """What `Plan.texts` gives, up to where the time for it runs out: for the first group alone, and from then on for many at once."""
    first = min(start + 1, stop) if start < WALKED else start
    for groups, limit in ((plan.texts(start, first), seconds), (plan.texts(first, stop), seconds * WALKED)):
        while True:
            try:
                with time_limit(limit):
                    found = next(groups, None)
            except TimeUpError:
                return
            if found is None:
                break
            yield found


def _with_plan(result: RuleResult, rule: Rule, program: Program, plan: Plan) -> RuleResult:
    """The result with the rule's entry in a plan file, or with a warning that it has none."""
    from ...backends.plan.plan_file import PlanFileError, Planned, entry_of

    try:
        return replace(result, plan=entry_of(Planned(program, plan, result.name, result.rule_id, rule.sigma is not None)))
    except PlanFileError as error:
        return replace(result, findings=(*result.findings, NoPlan(why=str(error)).at()))


def _with_style(result: RuleResult, source: DocumentSource) -> RuleResult:
    """The result with the fields that the style added, and with what it gave up."""
    fields = tuple({spec.stored: spec for spec in added_fields(source)}.values())
    notes = given_up(source)
    if not notes:
        return replace(result, fields=(*result.fields, *fields))
    finding = Preference().at(notes=notes)
    return replace(result, fields=(*result.fields, *fields), findings=(*result.findings, finding))


def with_all_drawn(result: RuleResult, count: int) -> RuleResult:
    """The result of a rule that has drawn what it could, with a finding if that is not all that was wanted."""
    if result.status is not Status.OK or result.matches >= count or not result.draws:
        return result
    finding = FewerDocuments(drawn=result.matches, wanted=count).at()
    return replace(result, status=Status.OK if result.matches else Status.UNKNOWN, findings=(*result.findings, finding))


def _fields(programs: Sequence[Program]) -> tuple[FieldSpec, ...]:
    found: dict[str, FieldSpec] = {}
    for program in programs:
        found.update(fields_of_program(program))
    return tuple(found.values())


# -- places in the file --------------------------------------------------------------------------
