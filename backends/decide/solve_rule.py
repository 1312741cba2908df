"""Deciding rules: those with several programs, and those that count distinct values over many documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from time import perf_counter

from ...compiler.diagnostics.diagnostic import Diagnostic, Severity
from ...compiler.diagnostics.errors import TooFewValues, UnknownGroup
from ...compiler.diagnostics.notes import UndecidedAlternative, UndecidedJoin
from ...compiler.diagnostics.warnings import DeadJoin
from ...compiler.explain.core_reasons import Reason
from ...compiler.ir.formula import Atom, Not, conjunction
from ...compiler.ir.program import Distinct, Program
from ...compiler.semantics.match_group import ways_of
from ...grammar.span import NOWHERE, Span
from ..generate.document_source import EitherSource
from ..generate.grouped_sampler import GroupedSampler, one_of, single_event
from ..generate.sampler import Sampler
from ..limits import Limits, Strategy
from ..solver_process.client import SolverClient
from .solve_program import Solution, solve

_MOST_VALUES = 100
"""The number of distinct values of a field after which the field counts as unbounded."""
_SHOWN = 5


def solve_rule(
    programs: Sequence[Program],
    seed: str,
    start: int,
    limits: Limits | None = None,
    strategy: Strategy | None = None,
    client: SolverClient | None = None,
    *,
    history: bool = False,
) -> Solution:
    """Decide whether any of a rule's programs is satisfiable.

    Args:
        programs: the programs of the rule; a match of one is a match of the rule.
        seed, start, limits, strategy, client: as for :func:`.solve_program.solve`, for each of them.
        history: whether matches begin with older documents that contain the values that must not be new.

    Returns:
        ``ok`` if one of them is ok, ``unsatisfiable`` if all are. An unsatisfiable program is a warning if another is ok.
    """
    began = perf_counter()

    def solved(program: Program, own_seed: str) -> Solution:
        return _without_own(program, _solve(program, own_seed, start, limits, strategy, client, history))

    solutions = [
        _of_ways(ways_of(program), seed if len(programs) == 1 else f"{seed}|way {at}", solved) for at, program in enumerate(programs)
    ]
    if len(solutions) == 1:
        return solutions[0]
    live = [solution for solution in solutions if solution.sampler is not None]
    status = "ok" if live else "unsatisfiable" if all(solution.status == "unsatisfiable" for solution in solutions) else "unknown"
    samplers = [solution.sampler for solution in live if solution.sampler is not None]
    return Solution(
        status,
        _findings(programs, solutions),
        tuple(dict.fromkeys(reason for solution in solutions for reason in solution.reasons)),
        EitherSource(samplers) if samplers else None,
        sum(solution.questions for solution in solutions),
        perf_counter() - began,
        tuple(examined for solution in solutions for examined in solution.examined),
    )


def _of_ways(ways: Sequence[Program], seed: str, solved: Callable[[Program, str], Solution]) -> Solution:
    """Decides a program by the combinations of its relations to other events, which together have all its matches.

    A part of the query is dead or redundant if it is in every combination that has matches, and none is undecided.
    """
    solutions = []
    for at, way in enumerate(ways):
        solution = solved(way, seed if len(ways) == 1 else f"{seed}|related {at}")
        solutions.append(replace(solution, examined=tuple(replace(each, program=way) for each in solution.examined)))
    if len(ways) == 1:
        return solutions[0]
    live = [solution for solution in solutions if solution.sampler is not None]
    undecided = [solution for solution in solutions if solution.status == "unknown"]
    sources = [solution.sampler for solution in live if solution.sampler is not None]
    merged = replace(
        solutions[0],
        status="ok" if live else "unknown" if undecided else "unsatisfiable",
        findings=_shared_findings(live) if live else tuple(dict.fromkeys(each for one in undecided or solutions for each in one.findings)),
        reasons=tuple(dict.fromkeys(reason for solution in live or solutions for reason in solution.reasons)),
        sampler=EitherSource(sources) if sources else None,
        questions=sum(solution.questions for solution in solutions),
        seconds=sum(solution.seconds for solution in solutions),
        # What is redundant in one combination need not be in all.
        examined=tuple(replace(each, redundant=()) for solution in solutions for each in solution.examined),
    )
    merged = replace(merged, findings=tuple(_with_proof(finding, ways, solutions) for finding in merged.findings))
    if not live or not undecided:
        return merged
    parts = [finding for finding in merged.findings if finding.severity is not Severity.WARNING]
    why = next(finding.message for solution in undecided for finding in solution.findings)
    return replace(merged, findings=(*parts, UndecidedAlternative(why=why).at(ways[0].relations[0].span)))


def _with_proof(finding: Diagnostic, ways: Sequence[Program], solutions: Sequence[Solution]) -> Diagnostic:
    """Returns the finding that a relation is dead with the proof that no event has it."""
    if finding.code != "dead-alternative":
        return finding
    markers = {relation.marker.name for relation in ways[0].relations if relation.span == finding.spans[0]}
    for way, solution in zip(ways, solutions, strict=True):
        if solution.status == "unsatisfiable" and any(each.truth and each.marker in markers for each in way.decided):
            proof = solution.findings[0]
            return replace(finding, spans=(finding.spans[0], *proof.spans), notes=proof.notes, field=proof.field)
    return finding


def _shared_findings(live: Sequence[Solution]) -> tuple[Diagnostic, ...]:
    """Returns the findings that all of these solutions have."""
    said = [{(finding.code, finding.spans[:1]) for finding in solution.findings} for solution in live]
    shared = set.intersection(*said)
    return tuple(finding for finding in live[0].findings if (finding.code, finding.spans[:1]) in shared)


def _findings(programs: Sequence[Program], solutions: Sequence[Solution]) -> tuple[Diagnostic, ...]:
    """Returns the findings of a rule: a finding about the query counts only if all satisfiable programs have it."""
    live = [solution for solution in solutions if solution.sampler is not None]
    if not live:
        return tuple(dict.fromkeys(finding for solution in solutions for finding in solution.findings))
    findings = [*_shared_findings(live)]
    for program, solution in zip(programs, solutions, strict=True):
        if solution.sampler is None:
            findings += [_dead_way(program, finding) for finding in solution.findings if finding.severity is Severity.ERROR]
    return tuple(findings)


def _dead_way(program: Program, finding: Diagnostic) -> Diagnostic:
    """Returns the warning that one of several programs is unsatisfiable, from the error that says so."""
    places = tuple(dict.fromkeys((*(key.span for step in program.steps for key in step.keys), *finding.spans)))
    if finding.code != "unsatisfiable":
        return UndecidedJoin(why=finding.message).at(*places, field=finding.field, notes=finding.notes)
    return DeadJoin().at(*places, field=finding.field, notes=finding.notes)


def _without_own(program: Program, solution: Solution) -> Solution:
    """Returns the solution without findings on conditions that the rule type adds: that a grouping field exists."""
    own = {key.span for step in program.steps for key in step.keys} | {distinct.span for distinct in program.distinct}
    findings = (finding for finding in solution.findings if finding.code != "redundant-condition" or own.isdisjoint(finding.spans))
    return replace(solution, findings=tuple(findings))


def _solve(
    program: Program, seed: str, start: int, limits: Limits | None, strategy: Strategy | None, client: SolverClient | None, history: bool
) -> Solution:
    if len(program.steps) != 1 or not (program.apart or program.distinct):
        return solve(program, seed, start, limits, strategy, client)
    single = single_event(program)
    solution = solve(single, seed, start, limits, strategy, client)
    if not isinstance(solution.sampler, Sampler):
        return solution
    if program.steps[0].runs == 1 or GroupedSampler(program, solution.sampler).draw(Random(f"{seed}|witness")) is not None:
        return replace(solution, sampler=GroupedSampler(program, solution.sampler, history=history))
    for distinct in program.distinct:
        values = _values(single, distinct, solution.sampler, seed, start, limits, client)
        if values is not None:
            finding, reason = values
            return replace(solution, status="unsatisfiable", findings=(finding,), reasons=(reason,), sampler=None)
    finding = UnknownGroup().at(*(distinct.span for distinct in program.distinct))
    return replace(solution, status="unknown", findings=(finding,), sampler=None)


def _values(
    program: Program, distinct: Distinct, sampler: Sampler, seed: str, start: int, limits: Limits | None, client: SolverClient | None
) -> tuple[Diagnostic, Reason] | None:
    """Proves that a field has fewer distinct values than required, by enumerating them and refuting any other."""
    if distinct.field.several:
        return None
    values: list[object] = []
    (step,) = program.steps
    while len(values) < min(distinct.least, _MOST_VALUES):
        formula = step.formula
        if values:
            formula = conjunction((formula, Not(Atom(distinct.field, one_of(distinct.field, values), distinct.span), distinct.span)))
        questioned = replace(program, steps=(replace(step, formula=formula),))
        solution = solve(questioned, f"{seed}|values", start, limits, Strategy(findings=False), client)
        if solution.status == "unsatisfiable":
            others = (span for finding in solution.findings for span in finding.spans if span != NOWHERE)
            return _too_few(distinct, values, tuple(others))
        if not isinstance(solution.sampler, Sampler) or not solution.sampler.pool:
            return None
        cells = solution.sampler.pool[0].cells
        cell = cells.get(solution.sampler.name_of(0, distinct.field.stored))
        if cell is None or not cell.slots:
            return None
        values += cell.values
    return None


def _too_few(distinct: Distinct, values: Sequence[object], others: tuple[Span, ...]) -> tuple[Diagnostic, Reason]:
    shown = ", ".join(f"`{value}`" for value in values[:_SHOWN]) + (", ..." if len(values) > _SHOWN else "")
    noun = "value" if len(values) == 1 else "different values"
    text = f"events that match have only {len(values)} {noun} of it ({shown}), the rule wants {distinct.least}"
    reason = Reason(distinct.field.name, text)
    places = dict.fromkeys((distinct.span, *others))
    return TooFewValues(field=distinct.field.name).at(*places, notes=(f"{reason.field}: {reason.text}",)), reason
