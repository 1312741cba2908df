"""Benchmark Kuery against Kibana: syntax, Query DSL, documents for real rules, and random trees.

    python -m benchmarks.kuery ../shared
    python -m benchmarks.kuery ../shared --seeds 20 --trees 5000

Exits with 1 when a figure is not whole.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from triggerfish import QueryError, QuerySyntaxError, SourceEvents, UndecidedError, UnsolvableError, to_query_dsl
from triggerfish.backends.elasticsearch.query_dsl import canonical
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.schema.fields import Schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.match_document import matches
from triggerfish.grammar.kuery import parser as kuery

COLUMNS = {"dsl": "without field types", "dsl_with_ecs_fields": "with those of ECS"}


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of an NDJSON file, gzipped or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def kibana_fields(shared: Path) -> Schema:
    """The fields that Kibana was given: ECS without multi-fields."""
    with gzip.open(shared / "schemas" / "ecs_flat-9.5.0.json.gz") as file:
        fields = json.load(file)
    return schema_from({name: {key: value for key, value in field.items() if key != "multi_fields"} for name, field in fields.items()})


def count_accepted(cases: list[dict[str, Any]]) -> int:
    """How many queries are accepted or refused as by Kibana."""
    same = 0
    for case in cases:
        try:
            kuery.parse(case["query"])
            accepted = True
        except QuerySyntaxError:
            accepted = False
        if accepted == case["ok"]:
            same += 1
        else:
            print(f"  {'accepted' if accepted else 'refused'}, unlike by Kibana: {case['query']!r}")
    return same


def count_equal(cases: list[dict[str, Any]], column: str, schema: Schema | None) -> tuple[int, int]:
    """How many of the queries with DSL have that of Kibana, and how many there are; the others are printed."""
    comparable = [case for case in cases if case[column] is not None]
    same = 0
    for case in comparable:
        try:
            translated: Any = to_query_dsl(case["query"], schema, language="kuery")
        except (QueryError, QuerySyntaxError) as error:
            translated = str(error)
        if canonical(translated) == canonical(case[column]):
            same += 1
        else:
            print(f"  differs: {case.get('rule', case['query'])}: {translated}")
    return same, len(comparable)


def count_verified(queries: list[dict[str, Any]], seeds: int) -> tuple[int, int, int]:
    """How many queries have a document for every seed, each verified; how many are unsatisfiable; how many documents there are."""
    whole = unsatisfiable = documents = 0
    for case in queries:
        formula = None
        verified = 0
        try:
            for seed in range(seeds):
                events = SourceEvents(seed=seed, strict=False)
                root = events.add_query(case["query"], language="kuery")
                formula = formula or compile_query(case["query"], events.schema, events.now, "kuery").program.steps[0].formula
                emitted = events.emit()
                verified += all(matches(formula, document) for document in emitted) and len(emitted) == len(root.program.steps)
        except UnsolvableError as error:
            unsatisfiable += 1
            print(f"  unsatisfiable: {case['rule']}: {error}")
            continue
        except (QueryError, QuerySyntaxError, UndecidedError) as error:
            print(f"  {type(error).__name__}: {case['rule']}: {error}")
            continue
        documents += verified
        whole += verified == seeds
        if verified != seeds:
            print(f"  {verified} of {seeds} seeds: {case['rule']}")
    return whole, unsatisfiable, documents


@click.command()
@click.argument("shared", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--seeds", default=20, show_default=True, help="Documents to draw for each query of the corpus.")
@click.option("--trees", default=0, show_default=True, help="Random trees to test; 5,000 take some minutes.")
def main(shared: Path, seeds: int, trees: int) -> None:
    """Compare with what is in SHARED, and print the figures."""
    cases, queries = read_lines(shared / "kuery" / "syntax-cases.ndjson"), read_lines(shared / "kuery" / "rules-dsl.ndjson.gz")
    schema = kibana_fields(shared)
    failed = False

    same = count_accepted(cases)
    print(f"{same} of {len(cases)} syntax cases are accepted or refused as by Kibana")
    failed |= same < len(cases)
    for name, rows in (("syntax cases", cases), ("queries of rules", queries)):
        for column, says in COLUMNS.items():
            same, total = count_equal(rows, column, None if column == "dsl" else schema)
            print(f"{same} of {total} {name} have Kibana's Query DSL, {says}")
            failed |= same < total
    if seeds:
        began = perf_counter()
        whole, unsatisfiable, documents = count_verified(queries, seeds)
        print(
            f"{whole} of {len(queries)} queries of rules have a verified document for each of {seeds} seeds "
            f"({documents} documents, {unsatisfiable} unsatisfiable, {perf_counter() - began:.0f} s)"
        )
        failed |= whole + unsatisfiable < len(queries)
    if trees:
        tests = Path(__file__).resolve().parents[1] / "tests" / "grammar" / "test_kuery_trees.py"
        environment = {**os.environ, "TRIGGERFISH_KUERY_TREES": str(trees)}
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", str(tests)], env=environment, check=False)
        print(f"{trees} random trees: {'all agree' if done.returncode == 0 else 'some disagree'}")
        failed |= done.returncode != 0
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
