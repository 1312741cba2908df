"""Print random documents of random rules of a folder, for someone who knows events to read.

python -m benchmarks.documents ../shared/corpus --style realistic --count 20 --seed 1
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

import click
import orjson

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import RuleFile, rule_sources
from triggerfish.api.run.options import CompileOptions
from triggerfish.api.source_events import DEFAULT_START, SourceEvents
from triggerfish.backends.limits import Strategy
from triggerfish.backends.realism.apply import STYLES
from triggerfish.backends.report.rule_result import Status


@dataclass(frozen=True, slots=True)
class Options:
    """Which documents: their style, how many rules, and what decides which."""

    style: str
    count: int
    seed: int


def print_documents(folder: Path, options: Options) -> None:
    """Print a match of each of so many rules that have one, in full."""
    schema = SourceEvents().schema
    strategy = Strategy(findings=False)
    settings = CompileOptions(schema, DEFAULT_START, options.seed, style=options.style, strategy=strategy)
    sources = [source for source in rule_sources([folder]) if isinstance(source, RuleFile)]
    Random(options.seed).shuffle(sources)
    shown = 0
    for source in sources:
        if shown == options.count:
            return
        record = compile_source(source, settings)
        if record.status is not Status.OK:
            continue
        shown += 1
        print(f"{shown}. {record.name} ({source.path.relative_to(folder)})")
        for finding in record.findings:
            if finding.code == "preference":
                print(f"   given up: {'; '.join(finding.notes)}")
        for line in record.lines.splitlines():
            print(orjson.dumps(orjson.loads(line), option=orjson.OPT_INDENT_2).decode())


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--style", type=click.Choice(STYLES), default="realistic", show_default=True)
@click.option("--count", default=20, show_default=True, help="Rules to show a match of.")
@click.option("--seed", default=0, show_default=True)
def main(folder: Path, style: str, count: int, seed: int) -> None:
    """Print documents of random rules under FOLDER."""
    print_documents(folder, Options(style, count, seed))


if __name__ == "__main__":
    main()
