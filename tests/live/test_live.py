"""Against a running Elasticsearch: ``pytest -m live`` (everything: ``python -m benchmarks.live``)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

import near_misses
import random_queries
import random_streams
from common_index import Gathered, compare, gather
from engine import Engine
from pushed import push

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live")]

SAMPLES = Path(__file__).resolve().parents[2] / "rules"
EVERY = 6
"""Of the corpus, one rule of so many."""
NEAR_EVERY = 4
"""Of their conditions, one of so many for changed documents."""
QUERIES = 120
"""Random queries of each kind."""


@pytest.fixture(scope="session")
def gathered(shared: Path) -> Gathered:
    paths = [str(SAMPLES / folder) for folder in ("cloud", "linux", "macos", "network", "windows")]
    return gather([*paths, str(shared / "corpus")], count=1, style="realistic", every=EVERY)


def test_engine_and_matcher_agree_on_every_pair(engine: Engine, gathered: Gathered) -> None:
    comparison = compare(engine, gathered)
    assert comparison.refused == {}
    assert comparison.differences == []
    assert comparison.decisions > 50_000


@pytest.mark.parametrize("kind", random_queries.KINDS)
def test_random_queries(engine: Engine, kind: str) -> None:
    documents = random_queries.random_documents(Random(1), 300)
    random_queries.load(engine, documents)
    agreement = random_queries.compare(engine, kind, QUERIES, 1, documents)
    assert agreement.differences == []
    assert agreement.queries - agreement.refused > QUERIES / 2


def test_near_misses(engine: Engine, gathered: Gathered) -> None:
    comparison = near_misses.compare(engine, replace(gathered, queries=gathered.queries[::NEAR_EVERY]), 1)
    assert comparison.refused == {}
    assert comparison.differences == []
    assert comparison.hits > 500


def test_generated_near_misses_are_no_hits(engine: Engine, gathered: Gathered) -> None:
    comparison = near_misses.compare_generated(engine, replace(gathered, queries=gathered.queries[::NEAR_EVERY]), 1)
    assert comparison.refused == {}
    assert comparison.differences == []
    assert comparison.hits == 0
    assert comparison.documents > 100


@pytest.mark.parametrize("kind", random_streams.KINDS)
def test_random_streams(engine: Engine, kind: str) -> None:
    events = random_streams.random_events(Random(1), 20)
    random_streams.load(engine, events)
    assert random_streams.compare(engine, kind, QUERIES, 1, events).differences == []


def test_pushed_documents_are_there_once(engine: Engine, tmp_path: Path) -> None:
    """A run that is killed while it pushes, and resumed, loads each document exactly once."""
    after = push(engine, tmp_path, [str(SAMPLES / "windows"), str(SAMPLES / "linux")], matches=40, moments=(0, 1, 1001))
    assert (after.missing, after.extra) == (0, 0)
    assert len(after.killed) == 3 and max(after.killed) > 0
    assert after.written > 1000
