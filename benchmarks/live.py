"""Put everything to running Elasticsearch servers: documents of all rules, documents changed in one place, random queries, and a push.

    python -m benchmarks.live ../shared/corpus
    python -m benchmarks.live ../shared/corpus --part common --part near --release elasticsearch-9

Exits with 1 when engine and matcher differ, or a pushed document is not there exactly once.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

import click

_TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(_TESTS), str(_TESTS / "live")]

import near_misses  # noqa: E402
import random_queries  # noqa: E402
import random_streams  # noqa: E402
from common_index import Comparison, Gathered, compare, gather, mappings_of  # noqa: E402
from engine import RELEASES, Engine, running  # noqa: E402
from in_place import hits_of_noise, push_in_place  # noqa: E402
from pushed import push  # noqa: E402
from triggerfish.api.source_events import SourceEvents  # noqa: E402
from triggerfish.backends.realism.apply import STYLES  # noqa: E402

SAMPLES = Path(__file__).resolve().parents[1] / "rules"
MOMENTS = (0, 1, 1, 1001, 2001, 3001, 4001, 5001, 6001, 7001)
"""How many documents are there each time that a push is killed."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is measured.

    Attributes:
        gathered: the conditions of rules, with documents; empty if no part needs them.
        queries: how many random queries of each kind.
        seed: of all random choices.
        folders: the rules.
        count: matches of each rule.
        noise: events of noise.
    """

    gathered: Gathered
    queries: int
    seed: int
    folders: tuple[str, ...]
    count: int
    noise: int


def _own(engine: Engine, order: Order) -> Iterator[tuple[str, list[str]]]:
    """The documents of each rule alone: hits of its own query."""
    gathered = order.gathered
    refused = engine.index("own", mappings_of(gathered.fields.values(), SourceEvents().schema), gathered.documents)
    hits, lost = 0, [f"document {number}: {why}" for number, why in refused.items()]
    own = [query for query in gathered.queries if query.own]
    for query in own:
        wanted = [str(number) for number in query.own]
        found = engine.hits("own", {"bool": {"filter": [query.dsl, {"ids": {"values": wanted}}]}})
        if isinstance(found, str):
            lost.append(f"{query.name}: refused ({found})")
            continue
        hits += len(found)
        lost += [f"{query.name}: document {number} is not a hit" for number in query.own if number not in found]
    yield f"own documents: {len(own):,} queries, {sum(len(query.own) for query in own):,} documents, {hits:,} hits", lost


def _common(engine: Engine, order: Order) -> Iterator[tuple[str, list[str]]]:
    yield _shown("common index", compare(engine, order.gathered))


def _near(engine: Engine, order: Order) -> Iterator[tuple[str, list[str]]]:
    yield _shown("near misses", near_misses.compare(engine, order.gathered, order.seed))


def _generated(engine: Engine, order: Order) -> Iterator[tuple[str, list[str]]]:
    yield _shown("generated near misses", near_misses.compare_generated(engine, order.gathered, order.seed))


def _shown(name: str, comparison: Comparison) -> tuple[str, list[str]]:
    said = f"{comparison.documents:,} documents, {comparison.decisions:,} decisions, {comparison.hits:,} hits"
    return f"{name}: {said}", [*comparison.differences, *(f"{query}: refused ({why})" for query, why in comparison.refused.items())]


def _queries(engine: Engine, order: Order) -> Iterator[tuple[str, list[str]]]:
    documents = random_queries.random_documents(Random(order.seed), 150)
    random_queries.load(engine, documents)
    for kind in random_queries.KINDS:
        agreement = random_queries.compare(engine, kind, order.queries, order.seed, documents)
        yield f"{kind}: {agreement.queries:,} queries, {agreement.refused} refused", agreement.differences


def _streams(engine: Engine, order: Order) -> Iterator[tuple[str, list[str]]]:
    events = random_streams.random_events(Random(order.seed), 12)
    random_streams.load(engine, events)
    for kind in random_streams.KINDS:
        agreement = random_streams.compare(engine, kind, order.queries, order.seed, events)
        yield f"{kind}: {agreement.queries:,} queries", agreement.differences


def _push(engine: Engine, order: Order) -> Iterator[tuple[str, list[str]]]:
    with TemporaryDirectory() as folder:
        after = push(engine, Path(folder), [str(SAMPLES / "windows"), str(SAMPLES / "linux")], matches=180, moments=MOMENTS)
    wrong = [f"{after.missing} missing, {after.extra} too many"] if after.missing or after.extra else []
    there = ", ".join(map(str, after.killed))
    yield f"push: {after.written:,} documents, killed {len(after.killed)} times when {there} were there", wrong


def _place(engine: Engine, order: Order) -> Iterator[tuple[str, list[str]]]:
    with TemporaryDirectory() as folder:
        found = push_in_place(engine, Path(folder), order.folders, order.count)
    said = f"in place: {found.rules:,} rules, {found.documents:,} documents in {len(found.indices)} indices, {found.queries:,} queries"
    yield said, [*found.lost, *found.unmatched]


def _noise(engine: Engine, order: Order) -> Iterator[tuple[str, list[str]]]:
    with TemporaryDirectory() as folder:
        there, hit = hits_of_noise(engine, Path(folder), order.folders, order.noise)
    yield f"noise: {there:,} events", hit


PARTS = {
    "own": _own,
    "common": _common,
    "near": _near,
    "generated": _generated,
    "queries": _queries,
    "streams": _streams,
    "push": _push,
    "place": _place,
    "noise": _noise,
}
_GATHERING = {"own", "common", "near", "generated"}


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False))
@click.option("--part", type=click.Choice(tuple(PARTS)), multiple=True, default=tuple(PARTS), show_default=True)
@click.option("--release", type=click.Choice(tuple(RELEASES)), multiple=True, default=tuple(RELEASES), show_default=True)
@click.option("--count", default=2, show_default=True, help="Matches of each rule.")
@click.option("--every", default=1, show_default=True, help="Take one rule of so many.")
@click.option("--style", type=click.Choice(STYLES), default="realistic", show_default=True)
@click.option("--queries", default=2000, show_default=True, help="Random queries of each kind.")
@click.option("--noise", default=10_000, show_default=True, help="Events of noise.")
@click.option("--seed", default=1, show_default=True, help="Of the random queries and changes.")
def main(
    folders: tuple[str, ...],
    part: tuple[str, ...],
    release: tuple[str, ...],
    count: int,
    every: int,
    style: str,
    queries: int,
    noise: int,
    seed: int,
) -> None:
    """Print decisions and differences for each release."""
    began, differences = perf_counter(), 0
    gathered = gather(folders, count=count, style=style, every=every) if _GATHERING & {*part} else Gathered()
    numbers = f"{len(gathered.queries):,} queries, {len(gathered.documents):,} documents, {len(gathered.left_out):,} left out"
    print(f"{numbers}, gathered in {perf_counter() - began:.0f} s", flush=True)
    for why, rules in Counter(map(str, gathered.left_out.values())).most_common(20):
        print(f"  left out: {rules} {why}")
    for name in release:
        with running(RELEASES[name]) as engine:
            for each in part:
                began = perf_counter()
                for said, wrong in PARTS[each](engine, Order(gathered, queries, seed, folders, count, noise)):
                    differences += len(wrong)
                    print(f"{engine.version}  {said}, {len(wrong)} differences, {perf_counter() - began:.0f} s", flush=True)
                    began = perf_counter()
                    for line in wrong[:20]:
                        print(f"  {line}")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
