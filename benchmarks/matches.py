"""Draw documents for every rule of a folder, read them back, and check them with a matcher compiled from the rule again.

    python -m benchmarks.matches ../shared/corpus --count 20

Exits with 1 when a match is none.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click
import orjson

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import RuleFile, rule_sources
from triggerfish.api.run.options import CompileOptions
from triggerfish.api.source_events import DEFAULT_START
from triggerfish.backends.realism.apply import STYLES
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.semantics.match_group import GroupMatcher
from triggerfish.grammar.syntax_error import QuerySyntaxError
from triggerfish.rules import load_rule
from triggerfish.rules.lowering.compile_rule import compile_rule


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", default=4, show_default=True, help="Matches to draw for every rule.")
@click.option("--style", type=click.Choice(STYLES), default="plain", show_default=True)
@click.option("--history", is_flag=True, help="Draw the history of new values as well.")
def main(folder: Path, count: int, style: str, history: bool) -> None:
    """Count the matches and the mismatches of every type of rule under FOLDER."""
    schema = ecs_schema()
    settings = CompileOptions(schema, DEFAULT_START, 0, count, format="groups", style=style, history=history)
    matches: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    wrong: list[str] = []
    for source in rule_sources([folder]):
        record = compile_source(source, settings)
        if not isinstance(source, RuleFile) or not record.lines:
            continue
        try:
            programs = compile_rule(load_rule(source.path), schema, DEFAULT_START).programs
        except (QuerySyntaxError, QueryError):
            continue
        matchers = [GroupMatcher(program) for program in programs]
        size = len(matchers[0].events)
        for line in record.lines.splitlines():
            group = orjson.loads(line)["docs"]
            kind = record.type or "?"
            matches[kind] += 1
            documents[kind] += len(group)
            if not any(matcher.accepts(group[-size:]) for matcher in matchers):
                wrong.append(record.path)
    print(f"{'type':18}{'matches':>12}{'documents':>12}")
    for kind, count_of_kind in sorted(matches.items()):
        print(f"{kind:18}{count_of_kind:>12}{documents[kind]:>12}")
    print(f"{'all':18}{matches.total():>12}{documents.total():>12}\n{len(wrong)} mismatches")
    for path, times in Counter(wrong).items():
        print(f"{path} ({times} times)")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
