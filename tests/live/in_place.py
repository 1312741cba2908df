"""Documents pushed into the indices that their rules read: each rule's own index patterns find them, and its own query matches them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common_index import conditions_of
from engine import Engine
from triggerfish.api.source_events import SourceEvents
from triggerfish.backends.elasticsearch.formula_dsl import program_dsl
from triggerfish.backends.elasticsearch.push.bulk_file import Document, read_documents
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.rules import Rule
from triggerfish.rules.lowering.compile_rule import compile_rule

SEED = 5
START = 1_704_067_200_000


@dataclass(slots=True)
class Found:
    """What the engine finds.

    Attributes:
        rules, documents: how many rules have documents, and how many.
        indices: the indices and data streams that hold them.
        queries: how many rules were put to the engine as queries.
        lost: a line for each rule whose index patterns miss documents of its own.
        unmatched: a line for each rule whose query, over its index patterns, misses documents of its own.
    """

    rules: int = 0
    documents: int = 0
    indices: set[str] = field(default_factory=set)
    queries: int = 0
    lost: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)


def push_in_place(engine: Engine, folder: Path, paths: Sequence[str], matches: int) -> Found:
    """Push the documents of rules with ``--index auto``, and look for them.

    Args:
        engine: everything in it is deleted.
        folder: for the file of documents and the report.
        paths: rule files and folders.
        matches: of each rule.
    """
    out, entries = _pushed(engine, folder, paths, "-n", str(matches))
    found = Found()
    for entry, documents in _by_rule(out, entries):
        _look(engine, Rule.from_toml(Path(entry["path"])), documents, found)
    return found


def hits_of_noise(engine: Engine, folder: Path, paths: Sequence[str], events: int) -> tuple[int, list[str]]:
    """Push noise with ``--index auto``; the number of its events, and a line for each rule of one event that the engine finds any for.

    Args:
        engine: everything in it is deleted.
        folder: for the file of documents and the report.
        paths: rule files and folders.
        events: how many.
    """
    _, entries = _pushed(engine, folder, paths, "-n", "0", "--noise", str(events), "--spread", "1d")
    there = engine.call("POST", "/logs-*/_search", {"size": 0, "track_total_hits": True})["hits"]["total"]["value"]
    hit: list[str] = []
    for entry in entries:
        if entry["status"] != "ok":
            continue
        rule = Rule.from_toml(Path(entry["path"]))
        for name, program, own in conditions_of(entry["path"], compile_rule(rule, SourceEvents().schema, START).programs, range(1)):
            try:
                dsl = program_dsl(program)
            except QueryError:
                continue
            count = _count(engine, ",".join(rule.index) or "*", dsl) if own else 0
            if count:
                hit.append(f"{name}: {count} events of noise")
    return int(there), hit


def _pushed(engine: Engine, folder: Path, paths: Sequence[str], *options: str) -> tuple[Path, list[dict[str, Any]]]:
    """Push documents of rules into an empty engine; their file, and the entries of the report."""
    engine.call("DELETE", "/_data_stream/*?expand_wildcards=all")
    engine.call("DELETE", "/*?expand_wildcards=all")
    out, report = folder / f"{engine.version}-placed.ndjson", folder / f"{engine.version}-placed.json"
    command = [sys.executable, "-m", "triggerfish", "compile-rule", "-q", "-j", "1", "--seed", str(SEED), *options]
    where = ["-f", "bulk", "--index", "auto", "--push", engine.url, "-o", str(out), "--report", str(report), "--no-findings"]
    subprocess.run([*command, *where, *paths], check=False)
    engine.call("POST", "/_refresh")
    pushed = json.loads(report.read_text(encoding="utf-8"))
    assert not pushed["push"]["rejected"] and pushed["push"]["error"] is None, str(pushed["push"])[:2000]
    return out, pushed["rules"]


def _by_rule(out: Path, entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], list[Document]]]:
    with out.open("rb") as file:
        documents = read_documents(file, str(SEED))
        for entry in entries:
            own = [next(documents) for _ in range(entry["documents"])]
            if own:
                yield entry, own


def _look(engine: Engine, rule: Rule, documents: Sequence[Document], found: Found) -> None:
    found.rules += 1
    found.documents += len(documents)
    found.indices |= {document.index for document in documents}
    listed = rule.raw.get("threat_index", [])
    read = rule.index or sorted({document.index for document in documents})
    patterns = ",".join([*read, *([listed] if isinstance(listed, str) else listed)])
    ids = {"ids": {"values": [document.id for document in documents]}}
    there = _count(engine, patterns, ids)
    if there != len(documents):
        found.lost.append(f"{rule.path}: {there} of {len(documents)} documents in {patterns}")
    schema = SourceEvents().schema
    programs = compile_rule(rule, schema, START).programs
    if len(programs) != 1 or len(programs[0].steps) != 1:
        return
    for _, program, own in conditions_of(rule.name, programs, range(len(documents))):
        try:
            dsl = program_dsl(program)
        except QueryError:
            continue
        if len(own) != len(documents):
            continue
        found.queries += 1
        matched = _count(engine, patterns, {"bool": {"filter": [dsl, ids]}})
        if matched != len(documents):
            found.unmatched.append(f"{rule.path}: {matched} of {len(documents)} documents match in {patterns}")


def _count(engine: Engine, patterns: str, query: Mapping[str, Any]) -> int | str:
    where = f"/{patterns}/_search?ignore_unavailable=true&allow_no_indices=true&expand_wildcards=all"
    answer = engine.call("POST", where, {"query": query, "size": 0, "track_total_hits": True})
    return int(answer["hits"]["total"]["value"]) if "hits" in answer else str(answer)[:300]
