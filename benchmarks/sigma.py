"""Compile a folder of Sigma rules, and check what comes of it with a second evaluator and with real logs.

    python -m benchmarks.sigma ../shared/sigma

Prints how the rules end and how long it takes with two processes, whether the evaluator accepts every document, which of the
regression logs trigger their rules, and whether the evaluator refuses the near misses of those rules.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import yaml

from .sigma_evaluator import NotReadError, evaluate, flat_event

_COMMAND = "from triggerfish.api.cli.entry import compile_rule; compile_rule()"
_SHOWN = 20


def compiled(folders: list[Path], work: Path, *options: str) -> tuple[dict[str, Any], list[dict[str, Any]], float]:
    """The report of a run, its groups of documents, and how long it took in seconds."""
    report, out = work / "report.json", work / "groups.ndjson"
    command = [sys.executable, "-c", _COMMAND, *map(str, folders), "-f", "groups", "-o", str(out), "--report", str(report), "-q", *options]
    began = perf_counter()
    subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
    seconds = perf_counter() - began
    return json.loads(report.read_bytes()), [json.loads(line) for line in out.open(encoding="utf-8")], seconds


def evaluated(groups: list[dict[str, Any]], placeholders: Mapping[str, Any]) -> Iterator[tuple[str, bool, bool | str]]:
    """For each document of a group: its rule, whether it is meant to match, and what the evaluator says, or why it says nothing."""
    rules: dict[str, Any] = {}
    for group in groups:
        path = group["rule"]
        if path not in rules:
            rules[path] = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        for document in group["docs"]:
            try:
                found: bool | str = evaluate(rules[path], flat_event(document), placeholders)
            except NotReadError as error:
                found = str(error)
            yield path, bool(group["match"]), found


def print_statuses(report: dict[str, Any], seconds: float) -> None:
    """How the rules ended."""
    rules = report["rules"]
    statuses = Counter(rule["status"] for rule in rules)
    print(
        f"{len(rules)} rules in {seconds:.1f} s with 2 processes: {', '.join(f'{count} {name}' for name, count in statuses.most_common())}"
    )
    slowest = max(rules, key=lambda rule: sum(rule["seconds"].values()))
    print(f"slowest: {sum(slowest['seconds'].values()):.2f} s, {Path(slowest['path']).name}")
    for rule in rules:
        if rule["status"] != "ok":
            print(f"  {rule['status']}: {Path(rule['path']).name}: {rule['findings'][0]['message']}")


def print_evaluated(groups: list[dict[str, Any]], placeholders: Mapping[str, Any]) -> int:
    """What the evaluator says of documents; returns how often it disagrees."""
    counts: Counter[str] = Counter()
    wrong = []
    for path, meant, found in evaluated(groups, placeholders):
        kind = "documents" if meant else "near misses"
        if isinstance(found, str):
            counts[f"{kind} not read: {found}"] += 1
        else:
            counts[f"{kind} {'accepted' if found else 'refused'}"] += 1
            if found != meant:
                wrong.append(path)
    for name, count in sorted(counts.items()):
        print(f"evaluator: {count} {name}")
    for path, count in Counter(wrong).most_common(_SHOWN):
        print(f"  disagrees {count} times: {Path(path).name}")
    return len(wrong)


_LOGS = re.compile(r"^regression_tests_path: *(\S+)", re.MULTILINE)


def regression_logs(root: Path) -> Iterator[tuple[Path, Path]]:
    """The rules that name a regression test, and its logs."""
    for path in sorted(root.glob("rules*/**/*.yml")):
        named = _LOGS.search(path.read_text(encoding="utf-8"))
        if named is not None:
            yield from ((path, log) for log in sorted((root / named[1]).parent.glob("*.json")))


def events_in(log: Path) -> list[Any]:
    """The events of a log: JSON values one after the other."""
    text, decoder, at, found = log.read_text(encoding="utf-8-sig"), json.JSONDecoder(), 0, []
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        event, at = decoder.raw_decode(text, at)
        found.append(event)
    return found


def print_logs(root: Path) -> int:
    """Which logs trigger their rules; returns how many do not."""
    from triggerfish.api.match import match
    from triggerfish.rules.rule_files import read_members

    fired = agreed = total = 0
    for path, log in regression_logs(root):
        total += 1
        rule = read_members(path)[0].rule
        events = events_in(log)
        alerts = list(match(rule, events))  # type: ignore[arg-type]
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        agreed += any(evaluate(source, flat_event(event)) for event in events)
        fired += bool(alerts)
        if not alerts:
            print(f"  does not trigger: {path.name}")
    print(f"regression logs: {fired} of {total} trigger their rules; the evaluator says {agreed}")
    return total - fired


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", default=3, show_default=True, help="Documents for each rule.")
@click.option("--placeholders", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Values of placeholders.")
def main(folder: Path, count: int, placeholders: Path | None) -> None:
    """Run it."""
    folders = sorted(path for path in folder.glob("rules*") if path.is_dir()) or [folder]
    values = {} if placeholders is None else yaml.safe_load(placeholders.read_text(encoding="utf-8"))
    given = () if placeholders is None else ("--placeholders", str(placeholders))
    with tempfile.TemporaryDirectory() as work:
        report, groups, seconds = compiled(folders, Path(work), "-n", str(count), "-j", "2", *given)
        print_statuses(report, seconds)
        wrong = print_evaluated(groups, values)
        if (folder / "regression_data").is_dir():
            wrong += print_logs(folder)
        tested = sorted({path for path, _ in regression_logs(folder)}) or folders
        _, misses, _ = compiled(tested, Path(work), "-n", "1", "-j", "2", "--near-misses", "--no-findings", *given)
        wrong += print_evaluated([group for group in misses if not group["match"]], values)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
