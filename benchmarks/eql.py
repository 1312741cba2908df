"""Benchmark EQL: Elasticsearch's test cases, corpus rules, damaged sequences, and agreement with the ``eql`` package.

    python -m benchmarks.eql ../shared
    python -m benchmarks.eql ../shared --seeds 20 --list

Exits with 1 when fewer than ``--minimum`` of Elasticsearch's cases agree, or when a generated match is not one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import click

from tests.damage import damages, interchangeable, survives
from tests.eql_qa import find, ids, load_cases
from triggerfish.api.source_events import DEFAULT_START
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.eql.replay import Verdict, replay
from triggerfish.backends.generate.sampler import Group
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.ir.program import Program, ShapeKind
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.semantics.match_stream import StreamMatcher
from triggerfish.rules import Rule, RuleCollection
from triggerfish.rules.lowering.compile_rule import program_of_rule


@dataclass(slots=True)
class Tally:
    """What was counted, and what is worth a line each."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    def add(self, name: str, line: str | None = None) -> None:
        self.counts[name] += 1
        if line is not None:
            self.lines.append(line)

    def show(self, title: str, listed: bool) -> None:
        print(f"\n{title}")
        for name, count in sorted(self.counts.items()):
            print(f"  {count:7}  {name}")
        for line in self.lines if listed else self.lines[:12]:
            print(f"    {line}")
        if not listed and len(self.lines) > 12:
            print(f"    … and {len(self.lines) - 12} more (--list)")


def qa(folder: Path) -> tuple[Tally, int]:
    """Elasticsearch's cases, by suite; how many agree in all."""
    tally, passed = Tally(), Counter[str]()
    cases = load_cases(folder)
    for case in cases:
        try:
            answer = ids(case, *find(case, folder))
        except QueryError as error:
            tally.lines.append(f"{case.suite}/{case.name}: {error}")
            continue
        if answer in case.answers:
            passed[case.suite] += 1
        else:
            tally.lines.append(f"{case.suite}/{case.name}: found {answer}, Elasticsearch {case.answers[0]}")
    for suite, size in Counter(case.suite for case in cases).items():
        tally.counts[f"{suite} (of {size})"] = passed[suite]
    total = sum(passed.values())
    tally.counts[f"all (of {len(cases)})"] = total
    return tally, total


@dataclass(frozen=True, slots=True)
class Drawn:
    """A rule of the corpus and the matches that were drawn for it."""

    rule: Rule
    program: Program
    groups: list[Group]


def drawn_rules(folder: Path, seeds: int, tally: Tally) -> Iterator[Drawn]:
    """The EQL rules with their matches; for sequences and samples as many as there are seeds, else one."""
    collection = RuleCollection()
    collection.load_directory(folder)
    schema = ecs_schema()
    for rule in collection:
        if rule.language != "eql":
            continue
        name = Path(rule.path or "?").name
        try:
            program = program_of_rule(rule, schema, DEFAULT_START)
        except QueryError as error:
            tally.add("not compiled", f"{name}: {error}")
            continue
        # Neither dead alternatives nor conditions that change nothing are of interest here.
        solution = solve(program, f"0|{program.text}", DEFAULT_START, Limits(), Strategy(findings=False))
        if solution.sampler is None:
            tally.add(solution.status, f"{name}: {solution.status}")
            continue
        count = 1 if program.kind is ShapeKind.EVENT else seeds
        groups = [solution.sampler.draw(Random(f"{seed}|{program.text}"), seed) for seed in range(count)]
        yield Drawn(rule, program, [group for group in groups if group is not None])
        if None in groups:
            tally.add("a draw that failed", name)


def in_stream(drawn: Drawn) -> tuple[int, int]:
    """Of the groups, how many the matcher finds each on its own, and how many in one stream of all of them."""
    matcher = StreamMatcher(drawn.program)
    alone = sum(_whole(matcher, group, 0) for group in drawn.groups)
    stream = [document for group in drawn.groups for document in group]
    matches = [tuple(at for at in match.events if at is not None) for match in matcher.matches(stream)]
    together, start = 0, 0
    for group in drawn.groups:
        together += tuple(range(start, start + len(group))) in matches or _set(start, group) in map(frozenset, matches)
        start += len(group)
    return alone, together


def _set(start: int, group: Group) -> frozenset[int]:
    return frozenset(range(start, start + len(group)))


def _whole(matcher: StreamMatcher, group: Group, start: int) -> bool:
    return any(frozenset(at for at in match.events if at is not None) == _set(start, group) for match in matcher.matches(group))


def judge(drawn: Drawn, corpus: Tally, damaged: Tally, opinion: Tally) -> None:
    """All figures of one rule."""
    name = Path(drawn.rule.path or "?").name
    kind = drawn.program.kind
    alone, together = in_stream(drawn)
    corpus.add(f"{kind} rules")
    corpus.counts[f"{kind} matches"] += len(drawn.groups)
    corpus.counts[f"{kind} matches found alone"] += alone
    corpus.counts[f"{kind} matches found in one stream"] += together
    if min(alone, together) < len(drawn.groups):
        corpus.lines.append(f"{name}: of {len(drawn.groups)} matches, {alone} found alone, {together} in one stream")
    if kind is ShapeKind.EVENT:
        return
    matcher = StreamMatcher(drawn.program)
    for group in drawn.groups:
        for damage in damages(drawn.program, group):
            if not survives(matcher, damage):
                damaged.add(f"{damage.kind}: rejected")
            elif interchangeable(drawn.program, damage):
                damaged.add(f"{damage.kind}: still a match, for each event satisfies the other's item")
            else:
                damaged.add(f"{damage.kind}: still a match", f"{name}: {damage.what}")
    if kind is ShapeKind.SEQUENCE:
        _replayed(drawn, name, opinion)


def _replayed(drawn: Drawn, name: str, opinion: Tally) -> None:
    settings: dict[str, Any] = {}
    if drawn.rule.event_category_override:
        settings["category_field"] = drawn.rule.event_category_override
    for group in drawn.groups:
        outcome = replay(drawn.program.text, group, **settings)
        if outcome.verdict is Verdict.MATCHED and outcome.events == tuple(range(len(group))):
            opinion.add("accepted")
        elif outcome.verdict is Verdict.UNSUPPORTED:
            opinion.add(f"not asked: {outcome.reason}")
        else:
            opinion.add("refused", f"{name}: {outcome.verdict} {outcome.events}")


@click.command()
@click.argument("shared", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--seeds", default=20, show_default=True, help="Matches to draw for every sequence and sample.")
@click.option("--minimum", default=295, show_default=True, help="How many of Elasticsearch's cases must agree.")
@click.option("--list", "listed", is_flag=True, help="List everything that falls short.")
def main(shared: Path, seeds: int, minimum: int, listed: bool) -> None:
    """Print the figures of EQL over the folder SHARED of test data."""
    cases, passed = qa(shared / "eql-qa")
    cases.show("Elasticsearch's cases: the matcher finds the same", listed)
    corpus, damaged, opinion = Tally(), Tally(), Tally()
    for drawn in drawn_rules(shared / "corpus", seeds, corpus):
        judge(drawn, corpus, damaged, opinion)
    corpus.show("EQL rules of the corpus", listed)
    damaged.show("Matches of sequences and samples, damaged once", listed)
    opinion.show("The eql package over the matches of sequences", listed)
    unexplained = sum(count for name, count in damaged.counts.items() if name.endswith("still a match"))
    if passed < minimum or corpus.lines or unexplained:
        print("falls short", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
