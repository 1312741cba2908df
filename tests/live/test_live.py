"""Against a running Elasticsearch: ``pytest -m live`` (everything: ``python -m benchmarks.live``)."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from random import Random

import pytest

import random_queries
from common_index import Gathered, compare, gather
from engine import Engine

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live")]

SAMPLES = Path(__file__).resolve().parents[2] / "rules"
EVERY = 6
"""Of the corpus, one rule of so many."""
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


def test_pushed_documents_are_there_once(engine: Engine, tmp_path: Path) -> None:
    """A run that is killed while it pushes, and resumed, loads each document exactly once."""
    client = metadata.version("elasticsearch")
    if int(client.split(".")[0]) > int(engine.version.split(".")[0]):
        pytest.skip(f"the client, elasticsearch {client}, does not talk to {engine.version}")
    engine.call("DELETE", "/pushed")
    out = tmp_path / "out.ndjson"
    command = [
        *(sys.executable, "-m", "triggerfish", "compile-rule", "-q", "-n", "40", "--push", engine.url, "--index", "pushed", "-f", "bulk"),
        *("--resume", "-o", str(out), str(SAMPLES / "windows"), str(SAMPLES / "linux")),
    ]
    for seconds in (0.6, 1.2, 2.5):
        killed = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            killed.wait(seconds)
        except subprocess.TimeoutExpired:
            killed.kill()
            killed.wait()
    subprocess.run(command, check=True)
    engine.call("POST", "/_refresh")
    written = sum("_index" not in line and '"create"' not in line and '"index"' not in line for line in out.read_text().splitlines())
    answer = engine.call("GET", "/pushed*/_count")
    assert answer["count"] == written, json.dumps(answer)
