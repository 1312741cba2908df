"""Put everything to running Elasticsearch servers: the documents of all rules against every rule, and random queries.

    python -m benchmarks.live ../shared/corpus

Exits with 1 when engine and matcher differ.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from time import perf_counter

import click

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests" / "live")]

import random_queries  # noqa: E402
from common_index import compare, gather  # noqa: E402
from engine import RELEASES, running  # noqa: E402
from triggerfish.backends.realism.apply import STYLES  # noqa: E402


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--release", type=click.Choice(tuple(RELEASES)), multiple=True, default=tuple(RELEASES), show_default=True)
@click.option("--count", default=2, show_default=True, help="Matches of each rule.")
@click.option("--every", default=1, show_default=True, help="Take one rule of so many.")
@click.option("--style", type=click.Choice(STYLES), default="realistic", show_default=True)
@click.option("--queries", default=2000, show_default=True, help="Random queries of each kind.")
@click.option("--seed", default=1, show_default=True, help="Of the random queries.")
def main(folder: str, release: tuple[str, ...], count: int, every: int, style: str, queries: int, seed: int) -> None:
    """Print decisions and differences for each release."""
    began, differences = perf_counter(), 0
    gathered = gather([folder], count=count, style=style, every=every)
    numbers = f"{len(gathered.queries):,} queries, {len(gathered.documents):,} documents, {len(gathered.left_out):,} left out"
    print(f"{numbers}, gathered in {perf_counter() - began:.0f} s")
    documents = random_queries.random_documents(Random(seed), 400)
    for name in release:
        with running(RELEASES[name]) as engine:
            began = perf_counter()
            comparison = compare(engine, gathered)
            differences += len(comparison.differences) + len(comparison.refused)
            said = f"{comparison.decisions:,} decisions, {comparison.hits:,} hits, {len(comparison.differences)} differences"
            print(f"{engine.version}  common index: {said}, {len(comparison.refused)} refused, {perf_counter() - began:.0f} s")
            for line in (*comparison.differences[:20], *(f"{query}: {why}" for query, why in comparison.refused.items())):
                print(f"  {line}")
            random_queries.load(engine, documents)
            for kind in random_queries.KINDS:
                began = perf_counter()
                agreement = random_queries.compare(engine, kind, queries, seed, documents)
                differences += len(agreement.differences)
                tried = f"{agreement.queries:,} queries, {agreement.refused} refused, {len(agreement.differences)} differences"
                print(f"{engine.version}  {kind}: {tried}, {perf_counter() - began:.0f} s")
                for line in agreement.differences[:10]:
                    print(f"  {line}")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
