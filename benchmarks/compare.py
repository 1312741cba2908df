"""Comparisons of rules: changes, whole sets, attacks on what was proved, the same question to whole formulas.

    python -m benchmarks.compare ../shared/corpus --history ../shared/history/changes.ndjson.gz
    python -m benchmarks.compare ../shared/corpus --only sets
    python -m benchmarks.compare ../shared/corpus --history ../shared/history/changes.ndjson.gz --only live --release 9

``changes`` compares the versions of rules and prints relations, undecided sides, CPU time (the solver's included) and in how many
fields witnesses differ from what both versions match; ``attack`` puts drawn and changed documents of one version to the other wherever
nothing was said to be lost; ``sets`` looks for rules inside others, in the corpus and in a set five times as large; ``whole`` asks the
hardest questions as one formula, of Z3 and of cvc5; ``live`` puts each witness of an event rule to a running Elasticsearch.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

import click

from triggerfish.api.run.inputs import rule_sources
from triggerfish.api.run.rule_set import RuleSet
from triggerfish.api.start_time import DEFAULT_START
from triggerfish.backends.compare.comparison import Comparison, Outcome
from triggerfish.backends.compare.groups import fires
from triggerfish.backends.compare.overlaps import overlaps, samples_of
from triggerfish.backends.compare.programs import compare_programs, event_formula
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.sampler import Sampler
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.backends.match.changes import near_values, with_values
from triggerfish.backends.match.conditions import conditions_of, fields_of_leaf
from triggerfish.backends.solver_process.client import shared_client
from triggerfish.compiler.ir.formula import Not, conjunction
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.schema.built_in import built_in_schema
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, compile_formula
from triggerfish.grammar.errors import TriggerfishError
from triggerfish.rules.lowering.compile_together import compile_together
from triggerfish.rules.rule import parse_rule

PARTS = ("changes", "attack", "sets", "whole", "live")
LIMITS = Limits(timeout=5.0)
COPIES = 4
"""Copies of each rule in the larger set, each with one condition changed."""
QUESTIONS = 10


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a rule, compared.

    Attributes:
        path: the rule's file.
        old, new: the programs of both versions.
        found: what came of comparing them.
        seconds: CPU time.
    """

    path: str
    old: tuple[Program, ...]
    new: tuple[Program, ...]
    found: Comparison
    seconds: float


def changes(history: Path) -> tuple[list[Change], Counter[str]]:
    """The changes of a history, compared, and how many could not be."""
    found: list[Change] = []
    failed: Counter[str] = Counter()
    for line in gzip.decompress(history.read_bytes()).splitlines():
        change = json.loads(line)
        try:
            rules = parse_rule(change["old"]), parse_rule(change["new"])
            (old, _), (new, _) = compile_together(rules, built_in_schema(), DEFAULT_START)
        except TriggerfishError as error:
            failed[type(error).__name__] += 1
            continue
        began = _cpu()
        comparison = compare_programs(old.programs, new.programs, LIMITS)
        found.append(Change(change["path"], old.programs, new.programs, comparison, _cpu() - began))
    return found, failed


def _cpu() -> float:
    """CPU seconds of this process and of the solver's."""
    pid = shared_client(LIMITS.memory).pid
    solver = 0.0
    if pid is not None:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        solver = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + solver + ended.ru_utime + ended.ru_stime


def report_changes(found: Sequence[Change], failed: Counter[str]) -> None:
    """Print the relations, and how near witnesses are."""
    relations = Counter(change.found.relation.value for change in found)
    sides = [side for change in found for side in (change.found.lost, change.found.won)]
    undecided = sum(side.outcome is Outcome.UNKNOWN for side in sides)
    parts = [part for side in sides for part in side.parts]
    differ = Counter(len(part.fields) for part in parts if part.beside and not part.what)
    compared = sum(differ.values())
    seconds = sorted(change.seconds for change in found)
    print(f"changes: {len(found)} compared, not compiled: {dict(failed)}; {dict(relations)}")
    print(f"  sides: {len(sides)}, undecided {undecided} ({100 * undecided / len(sides):.2f} %)")
    median, high = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100]
    print(f"  CPU ms: median {1e3 * median:.1f}, p99 {1e3 * high:.0f}, most {1e3 * seconds[-1]:.0f}")
    within = differ[1] + differ[2]
    print(f"  witnesses: {len(parts)}; of {compared} that fail a condition and have something in common: one field {differ[1]}", end=" ")
    print(f"({100 * differ[1] / compared:.1f} %), at most two {within} ({100 * within / compared:.1f} %)")
    others = Counter(part.what for part in parts if part.what)
    print(f"  what relates events: {dict(others)}; nothing in common: {sum(not part.beside for part in parts)}")
    wrong = 0
    for change in found:
        for side, one, other in ((change.found.lost, change.old, change.new), (change.found.won, change.new, change.old)):
            for part in side.parts:
                group = list(zip(part.roles, part.documents, strict=True))
                wrong += not fires(one, group) or fires(other, group)
    print(f"  witnesses put to both rules: {len(parts)}, wrong {wrong}")


def report_attack(found: Sequence[Change], count: int) -> None:
    """Print how many documents of one version, drawn or changed, the other does not match although nothing was said to be lost."""
    tried = refuted = sides = 0
    for change in found:
        for side, one, other in ((change.found.lost, change.old, change.new), (change.found.won, change.new, change.old)):
            first, second = event_formula(one), event_formula(other)
            if side.outcome is not Outcome.NONE or first is None or second is None:
                continue
            sides += 1
            is_first = compile_formula(first, Reading.ELASTICSEARCH)
            is_second = compile_formula(second, Reading.ELASTICSEARCH)
            for document in _attackers(Program(ShapeKind.EVENT, (Step(first),), ""), count):
                flat = flatten(document)
                if is_first(flat) is True:
                    tried += 1
                    refuted += is_second(flat) is not True
    print(f"attack: {sides} proofs, {tried:,} documents, refuted {refuted}")


def _attackers(program: Program, count: int) -> Iterator[dict[str, Any]]:
    """Documents that are drawn, and each changed in one place near what a condition asks for."""
    sampler = Sampler(program, DEFAULT_START)
    conditions = conditions_of(program.steps[0].formula)
    for number in range(count):
        proposal = sampler.propose(Random(number), restarts=2)
        if proposal is None:
            return
        (document,) = proposal.group
        yield document
        rng = Random(number)
        condition = rng.choice(conditions) if conditions else None
        for spec in fields_of_leaf(condition.leaf) if condition is not None else ():
            for _, values in near_values(condition.leaf, True, spec, flatten(document)):  # type: ignore[union-attr]
                yield with_values(document, spec.stored, values)


def report_sets(corpus: str, copies: int) -> None:
    """Print the rules of a corpus that lie in others, and the time that it takes, also for a larger set."""
    rules = RuleSet(built_in_schema(), DEFAULT_START, LIMITS)
    began = _cpu()
    for source in rule_sources([corpus]):
        rules.add(source)
    compiled = _cpu()
    found = rules.compared()
    ended = _cpu()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    size = len(rules.members)
    print(f"set of {size}: {size * (size - 1):,} ordered pairs, {found.compared} compared, {len(found.undecided)} undecided,", end=" ")
    print(
        f"{len(found.without_match)} without a match; CPU s: compile {compiled - began:.1f}, rest {ended - compiled:.1f}; peak {peak} MiB"
    )
    for each in found.found:
        print(f"  {rules.members[each.inner].name}: {each.overlap.value}: {rules.members[each.outer].name}")
    larger = [program for member in rules.members for program in (member.programs, *_copies(member.programs, copies))]
    _report_larger(larger)


def _copies(programs: tuple[Program, ...], count: int) -> Iterator[tuple[Program, ...]]:
    """Copies of a rule, each without one of its conditions."""
    (first, *_), others = programs[0].steps, programs[0].steps[1:]
    parts = first.formula.args if hasattr(first.formula, "args") else ()
    for at in range(min(count, len(parts))):
        kept = tuple(part for place, part in enumerate(parts) if place != at)
        if kept:
            yield (
                Program(programs[0].kind, (Step(conjunction(kept), first.keys, first.runs, role=first.role), *others), programs[0].text),
            )


def _report_larger(rules: Sequence[tuple[Program, ...]]) -> None:
    began = _cpu()
    samples = [samples_of(programs, "seed", LIMITS) for programs in rules]
    drawn = _cpu()
    found = overlaps(rules, samples, LIMITS)
    ended = _cpu()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    size = len(rules)
    print(f"set of {size}: {size * (size - 1):,} ordered pairs, {found.compared} compared, {len(found.undecided)} undecided,", end=" ")
    print(f"{len(found.found)} found; CPU s: samples {drawn - began:.1f}, the rest {ended - drawn:.1f}; peak {peak} MiB")


def report_whole(found: Sequence[Change]) -> None:
    """Print the time of some questions as this product asks them, and as one formula for Z3 and for cvc5."""
    hard = sorted((change for change in found if event_formula(change.old) and event_formula(change.new)), key=lambda each: -each.seconds)
    for change in hard[:QUESTIONS]:
        old, new = event_formula(change.old), event_formula(change.new)
        assert old is not None and new is not None
        said = [f"here {change.found.lost.outcome.value}/{change.found.won.outcome.value} {change.seconds:.2f} s"]
        for solver in ("whole", "cvc5"):
            began, outcomes = perf_counter(), []
            for one, other in ((old, new), (new, old)):
                program = Program(ShapeKind.EVENT, (Step(conjunction((one, Not(other)))),), "")
                outcomes.append(solve(program, "seed", DEFAULT_START, LIMITS, Strategy(solver, findings=False, cores=1)).status)
            said.append(f"{'Z3' if solver == 'whole' else solver} {'/'.join(outcomes)} {perf_counter() - began:.2f} s")
        print(f"whole: {Path(change.path).name}: {'; '.join(said)}")


def report_live(found: Sequence[Change], release: str) -> None:
    """Print whether a running Elasticsearch agrees about each witness of an event rule."""
    tests = Path(__file__).resolve().parents[1] / "tests"
    sys.path[:0] = [str(tests), str(tests / "live")]
    from compared import Claim, put  # type: ignore[import-not-found]
    from engine import RELEASES, running  # type: ignore[import-not-found]

    claims = []
    for change in found:
        old, new = event_formula(change.old), event_formula(change.new)
        if old is None or new is None:
            continue
        for side, one, other in ((change.found.lost, old, new), (change.found.won, new, old)):
            for part in side.parts:
                claims.append(Claim(part.documents[0], one, other))
                claims += [Claim(beside, conjunction((one, other)), None) for beside in part.beside]
    with running(RELEASES[release]) as engine:
        outcome = put(engine, claims)
        print(f"live {engine.version}: {len(claims)} events, {outcome.decisions} decisions, {len(outcome.differences)} differences", end="")
        print(f", left out: {outcome.left_out}" if outcome.left_out else "")
    for each in outcome.differences:
        print(f"  {each}")


@click.command()
@click.argument("corpus")
@click.option("--history", help="Changes of rules, as compressed NDJSON.")
@click.option("--only", type=click.Choice(PARTS), multiple=True, default=PARTS[:-1], show_default=True)
@click.option("--count", default=1000, show_default=True, help="Documents that are drawn to attack one proof.")
@click.option("--release", default="elasticsearch-9", show_default=True)
def main(corpus: str, history: str | None, only: tuple[str, ...], count: int, release: str) -> None:
    """Print the figures."""
    if history is not None:
        found, failed = changes(Path(history))
        if "changes" in only:
            report_changes(found, failed)
        if "attack" in only:
            report_attack(found, count)
        if "whole" in only:
            report_whole(found)
        if "live" in only:
            report_live(found, release)
    if "sets" in only:
        report_sets(corpus, COPIES)


if __name__ == "__main__":
    main()
