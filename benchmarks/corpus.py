"""Compile every rule of a folder; print outcomes, time per stage, and memory.

    python -m benchmarks.corpus ../shared/corpus
    python -m benchmarks.corpus ../shared/corpus --count 20 --minimum 650 --json corpus.json

Exits with 1 when fewer than ``--minimum`` rules of the types ``query`` and ``eql`` are ok.
"""

from __future__ import annotations

import resource
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import click
import orjson

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import rule_sources
from triggerfish.api.run.options import CompileOptions
from triggerfish.api.source_events import DEFAULT_START
from triggerfish.backends.report.rule_result import STAGES, RuleResult, Status
from triggerfish.compiler.schema.fields import ecs_schema

GATED_TYPES = ("query", "eql")


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def by_type(records: Sequence[RuleResult]) -> dict[str, Counter[Status]]:
    """How many rules of each type ended how."""
    table: dict[str, Counter[Status]] = {}
    for record in records:
        table.setdefault(record.type or "?", Counter())[record.status] += 1
    return table


def stage_times(records: Sequence[RuleResult]) -> dict[str, dict[str, float]]:
    """Seconds of each stage: their sum and how they spread over the rules."""
    times = {stage: [getattr(record.seconds, stage) for record in records] for stage in STAGES}
    times["all"] = [record.seconds.total for record in records]
    return {
        stage: {
            "total": sum(values),
            "median": quantile(values, 0.5),
            "p90": quantile(values, 0.9),
            "p99": quantile(values, 0.99),
            "max": max(values),
        }
        for stage, values in times.items()
    }


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", default=1, show_default=True, help="Matches to draw for every rule.")
@click.option("--seed", default=0, show_default=True)
@click.option("--minimum", default=0, help="How many `query` and `eql` rules must be ok.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to this file as well.")
@click.option("--list", "listed", is_flag=True, help="List the rules that are not ok, and all findings.")
def main(folder: Path, count: int, seed: int, minimum: int, json_file: Path | None, listed: bool) -> None:
    """Compile every rule under FOLDER and print the figures."""
    began = perf_counter()
    schema = ecs_schema()
    settings = CompileOptions(schema, DEFAULT_START, seed, count, format="none")
    records = [compile_source(source, settings) for source in rule_sources([folder])]
    wall = perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    table = by_type(records)
    statuses = [status for status in Status if status is not Status.KNOWN]
    print(f"{'type':18}" + "".join(f"{status:>15}" for status in statuses))
    for name, counts in sorted(table.items()):
        print(f"{name:18}" + "".join(f"{counts[status]:>15}" for status in statuses))
    print(f"{'all':18}" + "".join(f"{sum(counts[status] for counts in table.values()):>15}" for status in statuses))

    compiled = [record for record in records if record.status in (Status.OK, Status.UNSATISFIABLE, Status.UNKNOWN)]
    times = stage_times(compiled) if compiled else {}
    print(f"\n{'seconds':10}" + "".join(f"{name:>10}" for name in ("total", "median", "p90", "p99", "max")))
    for stage, row in times.items():
        print(f"{stage:10}" + "".join(f"{value:10.4f}" for value in row.values()))
    documents = sum(record.documents for record in records)
    print(f"\n{len(records)} rules, {documents} documents, {wall:.1f} s, peak memory {peak:.0f} MiB")

    if listed:
        for record in records:
            for finding in record.findings:
                print(f"{record.path}: {record.status}: {finding.code}: {finding.message} {'; '.join(finding.notes)}")
    ok = sum(table.get(name, Counter())[Status.OK] for name in GATED_TYPES)
    gated = sum(sum(table.get(name, Counter()).values()) for name in GATED_TYPES)
    print(f"{ok} of {gated} rules of type {' or '.join(GATED_TYPES)} are ok")
    if json_file is not None:
        figures = {"types": table, "seconds": times, "rules": len(records), "documents": documents, "wall": wall, "peak_mib": peak}
        json_file.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))
    if ok < minimum:
        print(f"fewer than {minimum}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
