"""Decide every Kuery and EQL rule of a folder with several strategies; print times, disagreements and findings.

    python -m benchmarks.decide ../shared/corpus
    python -m benchmarks.decide ../shared/corpus --only hard --only mutants

Exits with 1 on an unknown or wrong verdict, a disagreement, or an undetected mutant.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from time import perf_counter, process_time

import click

from triggerfish.api.source_events import DEFAULT_START, SourceEvents
from triggerfish.backends.decide.problem import Problem
from triggerfish.backends.decide.solve_program import Solution, solve
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.backends.solver.query import Outcome
from triggerfish.backends.solver_process.client import disagreement, shared_client
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, QueryError
from triggerfish.compiler.ir.program import Program
from triggerfish.compiler.schema.fields import Schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.grammar.syntax_error import QuerySyntaxError
from triggerfish.rules import RuleError, find_rule_files
from triggerfish.rules.lowering.compile_rule import compile_rule
from triggerfish.rules.rule import parse_rule

from .corpus import quantile
from .hard_cases import HARD_CASES
from .mutants import Mutant, plant

TYPES = ("query", "eql")
MUTANTS = 200


@dataclass(frozen=True, slots=True)
class Named:
    """A program and the file it came from."""

    name: str
    program: Program


def programs(folder: Path, schema: Schema) -> Iterator[Named]:
    """The programs of all rules that compile."""
    for path in find_rule_files([folder]).files:
        try:
            rule = parse_rule(path.read_text(encoding="utf-8"), path)
            if rule.type in TYPES:
                compiled = compile_rule(rule, schema, DEFAULT_START)
                yield from (Named(path.name, program) for program in compiled.programs)
        except (RuleError, QueryError, QuerySyntaxError):
            continue


def decide(program: Program, limits: Limits, strategy: Strategy) -> Solution:
    return solve(program, f"0|{program.text}", DEFAULT_START, limits, strategy)


ROADS = {
    "default": Strategy(),
    "without findings": Strategy(findings=False),
    "whole": Strategy("whole"),
    "cvc5": Strategy("cvc5"),
}


def corpus(rules: Sequence[Named], limits: Limits, roads: Sequence[str] = tuple(ROADS)) -> bool:
    """Times and verdicts of the strategies; ``cpu`` is the time of this process, without the solver's."""
    shared_client(limits.memory)
    print(f"\n{'seconds':24}" + "".join(f"{name:>9}" for name in ("median", "p90", "p99", "max", "cpu p99", "cpu max")) + "   verdicts")
    verdicts: dict[str, list[str]] = {}
    for name in roads:
        strategy = ROADS[name]
        solutions, busy = [], []
        for rule in rules:
            began = process_time()
            # Without what draws documents: keeping that of all rules alive would slow down the later ones.
            solutions.append(replace(decide(rule.program, limits, strategy), sampler=None))
            busy.append(process_time() - began)
        times = [solution.seconds for solution in solutions]
        verdicts[name] = [solution.status for solution in solutions]
        counts = Counter(verdicts[name])
        spread = [[*(quantile(values, share) for share in (0.5, 0.9, 0.99)), max(values)] for values in (times, busy)]
        figures = "".join(f"{value:9.4f}" for value in (*spread[0], *spread[1][2:]))
        print(f"{name:24}{figures}   {dict(sorted(counts.items()))}, {sum(solution.questions for solution in solutions)} questions")
    good = "unknown" not in verdicts["default"]
    for name in roads[2:]:
        pairs = zip(rules, verdicts["default"], verdicts[name], strict=True)
        differing = [rule.name for rule, one, other in pairs if one != other and "unknown" not in (one, other)]
        print(f"default and {name} differ on {len(differing)} rules that both decide {differing[:5]}")
        good = good and not differing
    return good


def hard(limits: Limits, schema: Schema) -> bool:
    """The hard cases, one by one."""
    print(f"\n{'hard case':40}{'seconds':>9}  verdict")
    good = True
    for case in HARD_CASES:
        program = compile_query(case.query, schema.with_fields(schema_from(case.schema)) if case.schema else schema, DEFAULT_START).program
        solution = decide(program, limits, Strategy())
        drawn = solution.sampler is None or solution.sampler.draw(Random(1), 1) is not None
        right = solution.status == case.status and drawn
        good = good and right
        print(f"{case.name:40}{solution.seconds:9.3f}  {solution.status}{'' if right else '   WRONG'}")
    return good


def mutants(rules: Sequence[Named], limits: Limits) -> bool:
    """Checks that planted contradictions and dead alternatives are found, and nothing else."""
    return _contradictions(rules, limits) & _dead_alternatives(rules, limits)


def _planted(rules: Sequence[Named], limits: Limits, *, dead_alternative: bool) -> Iterator[tuple[Named, Solution, Mutant]]:
    """Mutants of rules that are ok, with what is known of the original."""
    rng = Random(f"mutants {dead_alternative}")
    planted = 0
    for rule in rng.sample(list(rules), len(rules)):
        mutant = plant(rule.program, rng, dead_alternative=dead_alternative)
        if mutant is None:
            continue
        before = decide(rule.program, limits, Strategy(findings=False))
        if before.status == "ok":
            yield rule, before, mutant
            planted += 1
        if planted == MUTANTS:
            return


def _contradictions(rules: Sequence[Named], limits: Limits) -> bool:
    kinds: Counter[str] = Counter()
    refuted = exact = total = 0
    for rule, _, mutant in _planted(rules, limits, dead_alternative=False):
        total += 1
        solution = decide(mutant.program, limits, Strategy())
        kinds[mutant.kind] += 1
        cores = [finding.spans for finding in solution.findings if finding.code == "unsatisfiable"]
        refuted += solution.status == "unsatisfiable"
        # Each core is what was planted and one condition on the same field; one of them is what it was made to contradict.
        pairs = all(len(core) == 2 and mutant.planted in core for core in cores)
        aimed = any(set(core) == {mutant.planted, mutant.target} or _within(core, mutant) for core in cores)
        if solution.status == "unsatisfiable" and pairs and aimed:
            exact += 1
        else:
            shown = [[mutant.program.text[span.start : span.end][:60] for span in core] for core in cores]
            print(f"  {rule.name}: {mutant.kind} of {mutant.field}: {solution.status} {shown}")
    print(f"\nplanted contradictions: {refuted} of {total} refuted, {exact} with exact cores {dict(kinds)}")
    return refuted == exact == total == MUTANTS


def _within(core: Sequence[object], mutant: Mutant) -> bool:
    """Whether a core is what was planted and a part of the condition that it contradicts."""
    return all(
        span == mutant.planted or (mutant.target.start <= span.start and span.end <= mutant.target.end)  # type: ignore[attr-defined]
        for span in core
    )


def _dead_alternatives(rules: Sequence[Named], limits: Limits) -> bool:
    detected = clean = total = 0
    for rule, before, mutant in _planted(rules, limits, dead_alternative=True):
        total += 1
        solution = decide(mutant.program, limits, Strategy(findings=False))
        dead = {finding.spans[0] for finding in solution.findings if finding.code == "dead-alternative"}
        known = {finding.spans[0] for finding in before.findings if finding.code == "dead-alternative"}
        detected += mutant.planted in dead
        clean += dead - {mutant.planted} == known
        if mutant.planted not in dead or dead - {mutant.planted} != known:
            print(f"  {rule.name}: {mutant.kind} of {mutant.field}: {solution.status}, {len(dead)} dead, {len(known)} before")
    print(f"planted dead alternatives: {detected} of {total} found, {clean} with nothing else")
    return detected == clean == total == MUTANTS


def cross_check(rules: Sequence[Named], limits: Limits) -> bool:
    """Checks every rule with Z3 and cvc5."""
    client = shared_client(limits.memory)
    counts: Counter[str] = Counter()
    differing = []
    for rule in rules:
        problem = Problem(rule.program, "0", DEFAULT_START, limits, Strategy(), client)
        question = replace(problem.question(problem.sampler.goals()), timeout=int(limits.timeout * 1000))
        first, second = (client.ask(solver, question, limits.timeout) for solver in ("z3", "cvc5"))
        if disagreement(first, second):
            differing.append(rule.name)
        unknown = [name for name, decision in (("Z3", first), ("cvc5", second)) if decision.outcome is Outcome.UNKNOWN]
        counts[f"unknown to {' and '.join(unknown)}" if unknown else "agree" if first.outcome is second.outcome else "differ"] += 1
    print(f"\ncross-check of {len(rules)} rules: {dict(counts)}, {len(differing)} disagreements {differing[:5]}")
    return not differing


def findings(rules: Sequence[Named], limits: Limits) -> bool:
    """Dead alternatives and conditions that change nothing."""
    counts: Counter[str] = Counter()
    print()
    for rule in rules:
        for finding in decide(rule.program, limits, Strategy()).findings:
            counts[finding.code] += 1
            print(f"{rule.name}: {finding.code}: {_told(finding, rule.program.text)}")
    print(dict(counts))
    return True


def _told(finding: Diagnostic, text: str) -> str:
    first = finding.spans[:1]
    quoted = [" ".join(text[span.start : span.end].split())[:100] for span in first]
    return f"{quoted} {finding.message}; {'; '.join(finding.notes)}"


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", multiple=True, type=click.Choice(("default", "corpus", "hard", "mutants", "cross-check", "findings")))
@click.option("--timeout", default=10.0, show_default=True, help="Seconds per rule.")
def main(folder: Path, only: tuple[str, ...], timeout: float) -> None:
    """Decide the rules under FOLDER and print the figures."""
    began = perf_counter()
    schema = SourceEvents().schema
    limits = Limits(timeout)
    rules = list(programs(folder, schema))
    print(f"{len(rules)} programs")
    # Starting the solver's process is not a matter of any one rule.
    decide(compile_query("a: 1 and not a: *", schema, DEFAULT_START).program, limits, Strategy())
    parts: dict[str, Callable[[], bool]] = {
        "default": lambda: corpus(rules, limits, tuple(ROADS)[:2]),
        "corpus": lambda: corpus(rules, limits),
        "hard": lambda: hard(limits, schema),
        "mutants": lambda: mutants(rules, limits),
        "cross-check": lambda: cross_check(rules, limits),
        "findings": lambda: findings(rules, limits),
    }
    good = True
    for name, part in parts.items():
        if name in (only or tuple(parts)[1:]):
            good = part() and good
    print(f"\n{perf_counter() - began:.0f} s")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
