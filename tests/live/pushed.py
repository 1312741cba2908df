"""Documents pushed by a command that is killed again and again: each must be there exactly once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from engine import Engine

INDEX = "pushed"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a run left behind.

    Attributes:
        killed: how many documents were there each time that the command was ended before it was done.
        written: how many documents it wrote to its file.
        missing, extra: how many of those the index lacks, and how many it has besides.
    """

    killed: tuple[int, ...]
    written: int
    missing: int
    extra: int


def push(engine: Engine, folder: Path, rules: Sequence[str], *, matches: int, moments: Iterable[int]) -> Pushed:
    """Push the documents of rules: end the command with SIGKILL at several moments, resume it each time, and let it finish at last.

    Args:
        engine: its index `pushed` is replaced.
        folder: for the file of documents.
        rules: rule files and folders.
        matches: of each rule.
        moments: how many documents are there when it is ended; before there are any, that is after a second.
    """
    engine.call("DELETE", f"/{INDEX}")
    out = folder / f"{engine.version}.ndjson"
    killed: list[int] = []
    command = [
        *(sys.executable, "-m", "triggerfish", "compile-rule", "-q", "-n", str(matches), "--push", engine.url, "--index", INDEX),
        *("-f", "bulk", "--resume", "-o", str(out), *rules),
    ]
    for documents in moments:
        running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        began = monotonic()
        while running.poll() is None and (_there(engine) < documents or monotonic() < began + 1):
            sleep(0.02)
        if running.poll() is None:
            running.kill()
            running.wait()
            killed.append(_there(engine))
    subprocess.run(command, check=True)
    engine.call("POST", f"/{INDEX}/_refresh")
    written = Counter(_shown(json.loads(line)) for line in out.read_text(encoding="utf-8").splitlines()[1::2])
    there = Counter(map(_shown, _documents(engine)))
    return Pushed(tuple(killed), written.total(), (written - there).total(), (there - written).total())


def _shown(document: object) -> str:
    return json.dumps(document, sort_keys=True)


def _there(engine: Engine) -> int:
    engine.call("POST", f"/{INDEX}/_refresh")
    return int(engine.call("GET", f"/{INDEX}/_count").get("count", 0))


def _documents(engine: Engine) -> Iterable[object]:
    hits = engine.call("POST", f"/{INDEX}/_search", {"size": 10_000, "track_total_hits": True})["hits"]
    assert hits["total"]["value"] == len(hits["hits"]), "more documents than one answer holds"
    return [hit["_source"] for hit in hits["hits"]]
