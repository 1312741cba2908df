"""The near misses of one rule, as lines of its documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from random import Random
from typing import Any

import orjson

from ...backends.generate.document_source import DocumentSource, roles_of
from ...backends.limits import TimeUpError
from ...backends.match.near_misses import Examined, NearMiss, Outcome
from ...backends.match.near_misses_of_groups import near_misses
from ...backends.report.document_formats import Label, form_of
from ...backends.report.locations import location_of
from ...backends.report.rule_result import RuleResult
from ...backends.report.timestamps import TIMESTAMP_FORMATS
from ...backends.report.wording import cut_line
from ...compiler.diagnostics.diagnostic import Diagnostic
from ...compiler.diagnostics.notes import NoNearMiss
from ...compiler.ir.program import Role
from ...grammar.span import LineMap, Span
from .compiled_rule import CompiledRule
from .locate_findings import is_located
from .options import CompileOptions
from .placement import placement_of
from .time_limit import time_limit

_LONGEST = 200


def with_near_misses(
    result: RuleResult,
    compiled: CompiledRule,
    source: DocumentSource,
    seed: str,
    settings: CompileOptions,
    write: Callable[[bytes], object] | None,
) -> RuleResult:
    """The result of a rule with its near misses after its matches, and with a note for each condition that has none.

    Args:
        result: the result so far.
        compiled: the rule.
        source: draws the match that near misses are made of.
        seed: that of the rule.
        settings: what holds for all rules.
        write: takes lines; by default they are kept in the result.
    """
    form = form_of(settings.format)
    indexed = placement_of(compiled.rule, settings.index)
    pieces = [result.lines] if result.lines else []
    take = write or pieces.append
    misses = documents = 0
    findings: list[Diagnostic] = []
    for found in _found(compiled, source, seed, settings):
        if isinstance(found, Examined):
            if found.outcome is not Outcome.MISSED:
                place = _in_file(compiled, found.condition.span)
                findings.append(
                    NoNearMiss(variant="redundant" if found.outcome is Outcome.REDUNDANT else "unknown").at(
                        *(() if place is None else (place,))
                    )
                )
            missed: tuple[NearMiss, ...] = found.misses
        else:
            missed = (found,)
        for miss in missed:
            text = "".join(f"{orjson.dumps(document).decode()}\n" for document in miss.documents)
            text = TIMESTAMP_FORMATS[settings.stamps](text) if settings.stamps is not None else text
            piece = form.groups(result, [text], partial(_these, miss.roles), indexed, _label(compiled, miss))
            if piece:
                take(piece)
            misses += 1
            documents += len(miss.documents)
    lines = form.between.join(pieces)
    indices = tuple(sorted({*result.indices, *indexed.used}))
    findings = [*result.findings, *findings]
    return replace(
        result, lines=lines, documents=result.documents + documents, near_misses=misses, findings=tuple(findings), indices=indices
    )


def _found(compiled: CompiledRule, source: DocumentSource, seed: str, settings: CompileOptions) -> Iterator[Examined | NearMiss]:
    programs = compiled.compilation.programs
    try:
        with time_limit(settings.limits.timeout):
            group = source.draw(Random(f"{seed}|near misses"), 0)
    except TimeUpError:
        return
    if group is not None:
        roles = roles_of(programs[0], len(group))
        yield from near_misses(programs, group, roles, seed, replace(settings.limits, timeout=settings.limits.timeout / 5))


def _these(roles: tuple[Role, ...], size: int) -> tuple[Role, ...]:
    return roles


def _label(compiled: CompiledRule, miss: NearMiss) -> Label:
    place: dict[str, Any] = {"condition": cut_line(compiled.text.text[miss.span.start : miss.span.end], _LONGEST), "kind": miss.kind}
    span = _in_file(compiled, miss.span)
    if span is not None:
        whole = compiled.rule.places.text if is_located(compiled.rule) and compiled.rule.places is not None else compiled.text.text
        place["span"] = asdict(location_of(span, LineMap(whole)))
    return {"match": False, "miss": place}


def _in_file(compiled: CompiledRule, span: Span) -> Span | None:
    return compiled.text.in_file(span) if is_located(compiled.rule) else span
