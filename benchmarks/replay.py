"""Replay the documents of a folder's EQL rules through the ``eql`` package, and count how often it agrees.

python -m benchmarks.replay ../shared/corpus --count 20
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import click

from triggerfish.api.source_events import DEFAULT_START
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.eql.replay import Verdict, replay
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.grammar.syntax_error import QuerySyntaxError
from triggerfish.rules import RuleCollection
from triggerfish.rules.lowering.compile_rule import program_of_rule


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", default=4, show_default=True, help="Matches to draw for every rule.")
def main(folder: Path, count: int) -> None:
    """Draw matches for every EQL rule under FOLDER and ask the package whether it finds them."""
    rules = RuleCollection()
    rules.load_directory(folder)
    verdicts: dict[str, Counter[Verdict]] = {}
    others: dict[str, Counter[str]] = {}
    for rule in rules:
        if rule.language != "eql" or rule.query is None:
            continue
        try:
            program = program_of_rule(rule, ecs_schema(), DEFAULT_START)
        except (QuerySyntaxError, QueryError):
            continue
        sampler = solve(program, "0", DEFAULT_START).sampler
        if sampler is None:
            continue
        for number in range(count):
            group = sampler.draw(Random(f"{rule.rule_id}|{number}"), number)
            if group is None:
                continue
            answer = replay(rule.query, group, category_field=rule.event_category_override or "event.category")
            verdicts.setdefault(program.kind, Counter())[answer.verdict] += 1
            if answer.verdict is not Verdict.MATCHED:
                others.setdefault(f"{rule.path.name if rule.path else rule.name}: {answer.verdict}", Counter())[answer.reason or ""] += 1
    print(f"{'shape':10}" + "".join(f"{verdict:>14}" for verdict in Verdict))
    for kind, counts in verdicts.items():
        print(f"{kind:10}" + "".join(f"{counts[verdict]:>14}" for verdict in Verdict))
    for name, reasons in others.items():
        for reason, times in reasons.items():
            print(f"{name} ({times} times) {reason}")


if __name__ == "__main__":
    main()
