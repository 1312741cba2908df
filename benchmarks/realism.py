"""Count contradictions in realistic documents, and the fields of documents by source.

    python -m benchmarks.realism ../shared/corpus
    python -m benchmarks.realism ../shared/corpus --count 2 --show 5 --kind "codes and channels"
    python -m benchmarks.realism ../shared/corpus --documents groups.ndjson

A contradiction that the rule leaves no way out of is counted as forced: the matcher rejects the match after every repair. The checks
share nothing with the code that makes documents. Exits with 1 when a contradiction is not forced.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import orjson

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import rule_sources
from triggerfish.api.run.options import CompileOptions
from triggerfish.api.source_events import DEFAULT_START
from triggerfish.compiler.alerts.engine import Watched, alerts_among
from triggerfish.compiler.schema.built_in import built_in_schema
from triggerfish.compiler.semantics.dynamic_mapping import indexed
from triggerfish.rules import Rule
from triggerfish.rules.collection import RuleCollection
from triggerfish.rules.lowering.compile_rule import compile_rule

from .realism_checks import MACHINE_CHECKS, Contradiction, Flat, Repair, text
from .realism_logs import LOG_CHECKS
from .realism_words import WORD_CHECKS, Letters, RuleWords, letters_of, rule_words

KINDS = (
    "system and paths", "server builds", "name at the end of the executable", "arguments and command line",
    "event type, category and outcome", "codes and channels", "extension and path", "registry path and value", "signature fields",
    "SID or uid", "address families", "agent.type changes under one id", "root logons by someone else", "numbers stuck to names",
    "wildcards left in values", "random letters", "arguments glued together", "dataset outside the rule's indices",
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What was counted.

    Attributes:
        documents: how many there were.
        found, forced: contradictions of each kind, and those that the rule forces.
        examples: for each kind some, with their rule.
        fields: for each source the number of fields of its documents.
        named: documents that name a dataset.
    """

    documents: int = 0
    found: Counter[str] = field(default_factory=Counter)
    forced: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    forced_examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    fields: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    named: int = 0
    agents: dict[str, tuple[str, str]] = field(default_factory=dict)


def flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, list[Any]]:
    """The values of each field of a document, by dotted name."""
    values: dict[str, list[Any]] = {}
    for key, value in document.items():
        name = f"{prefix}{key}"
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                for inner, more in flat(item, f"{name}.").items():
                    values.setdefault(inner, []).extend(more)
            else:
                values.setdefault(name, []).append(item)
    return values


class Referee:
    """Says whether a rule leaves room for a repair."""

    def __init__(self, rule: Rule) -> None:
        self._schema = built_in_schema()
        self._watched = Watched(compile_rule(rule, self._schema, DEFAULT_START).programs, rule.tiebreaker_field)

    def forced(self, documents: Sequence[Flat], roles: Sequence[str], at: int, contradiction: Contradiction) -> bool:
        """Whether the rule rejects the match after each repair of one document."""
        return not any(
            self._accepts([_repaired(document, repair) if place == at else document for place, document in enumerate(documents)], roles)
            for repair in contradiction.repairs
        )

    def _accepts(self, documents: Sequence[Flat], roles: Sequence[str]) -> bool:
        parts: dict[str, list[Any]] = {"event": [], "history": [], "indicator": []}
        for document, role in zip(documents, roles, strict=True):
            parts.get(role, parts["event"]).append(indexed({name: list(values) for name, values in document.items()}, self._schema))
        found = alerts_among(self._watched, parts["event"], parts["history"], parts["indicator"])
        return any(True for _ in found)


def _repaired(document: Flat, repair: Repair) -> Flat:
    changed = {name: values for name, values in document.items() if name not in repair}
    changed.update({name: value if isinstance(value, list) else [value] for name, value in repair.items() if value is not None})
    return changed


def groups_of(folders: Sequence[Path], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """The matches of every rule, as ``--format groups`` writes them."""
    settings = CompileOptions(built_in_schema(), DEFAULT_START, seed, count, format="groups", style="realistic")
    for source in rule_sources(list(folders)):
        for line in compile_source(source, settings).lines.splitlines():
            yield orjson.loads(line)


def _matches_index(name: str, patterns: Iterable[str]) -> bool:
    return any(re.fullmatch(pattern.replace(".", r"\.").replace("*", ".*"), name) for pattern in patterns if not pattern.startswith("-"))


def place_of(event: Flat, patterns: Sequence[str]) -> Iterator[Contradiction]:
    """A data stream that the rule does not read."""
    dataset = text(event, "data_stream.dataset")
    if not dataset or not patterns:
        return
    stream = f"{text(event, 'data_stream.type') or 'logs'}-{dataset}-{text(event, 'data_stream.namespace') or 'default'}"
    if not _matches_index(stream, patterns):
        yield Contradiction("dataset outside the rule's indices", f"{stream}, {list(patterns)}", ({"data_stream.dataset": None},))
    module = text(event, "event.module")
    if module and text(event, "event.dataset") and not text(event, "event.dataset").startswith(module):
        yield Contradiction("dataset outside the rule's indices", f"{module}, {text(event, 'event.dataset')}", ({"event.module": None},))


def agents_of(event: Flat, tally: Tally) -> Iterator[Contradiction]:
    id_, type_ = text(event, "agent.id"), text(event, "agent.type")
    if not id_ or not type_:
        return
    known, _ = tally.agents.setdefault(id_, (type_, ""))
    if known != type_:
        yield Contradiction("agent.type changes under one id", f"{id_}: {known}, {type_}", ({"agent.type": known}, {"agent.id": "0a"}))


def source_of(event: Flat) -> str:
    """What collected an event, as far as it says so."""
    return text(event, "event.dataset") or text(event, "data_stream.dataset") or f"no dataset, {text(event, 'agent.type') or 'no agent'}"


def contradictions_in(event: Flat, rule: Rule, words: RuleWords, tally: Tally) -> Iterator[Contradiction]:
    for check in (*MACHINE_CHECKS, *LOG_CHECKS):
        yield from check(event)
    for word_check in WORD_CHECKS:
        yield from word_check(event, words)
    yield from place_of(event, rule.index)
    yield from agents_of(event, tally)


def count(groups: Iterable[Mapping[str, Any]], rules: Mapping[str, Rule], letters: Letters, known: frozenset[str]) -> Tally:
    """Count what is wrong with documents.

    Args:
        groups: matches, as ``--format groups`` writes them.
        rules: by path.
        letters: what words look like.
        known: words of all rules.
    """
    tally = Tally()
    referees: dict[str, Referee] = {}
    words: dict[str, RuleWords] = {}
    for group in groups:
        path = group["rule"]
        rule = rules[path]
        if path not in words:
            words[path] = rule_words(f"{rule.query}\n{' '.join(map(str, rule.raw.get('filters', ())))}", letters, known)
        documents = [flat(document) for document in group["docs"]]
        roles = group.get("roles") or ["event"] * len(documents)
        for at, event in enumerate(documents):
            tally.documents += 1
            tally.named += bool(text(event, "event.dataset") or text(event, "data_stream.dataset"))
            tally.fields[source_of(event)].append(len(event))
            seen: set[tuple[str, str]] = set()
            for contradiction in contradictions_in(event, rule, words[path], tally):
                if (contradiction.kind, contradiction.detail) in seen:
                    continue
                seen.add((contradiction.kind, contradiction.detail))
                if path not in referees:
                    referees[path] = Referee(rule)
                if referees[path].forced(documents, roles, at, contradiction):
                    tally.forced[contradiction.kind] += 1
                    tally.forced_examples[contradiction.kind].append(f"{Path(path).stem}: {contradiction.detail}")
                else:
                    tally.found[contradiction.kind] += 1
                    tally.examples[contradiction.kind].append(f"{Path(path).stem}: {contradiction.detail}")
    return tally


def _print(tally: Tally, show: int, kind: str | None, forced: bool) -> None:
    print(f"{tally.documents:,} documents; {tally.named:,} name a dataset")
    print(f"\n{'class':40}{'found':>8}{'forced':>8}")
    for name in KINDS:
        print(f"{name:40}{tally.found[name]:>8}{tally.forced[name]:>8}")
    for name in KINDS if show and kind is None else [kind] if kind else []:
        for example in (tally.forced_examples if forced else tally.examples)[name][:show]:
            print(f"  {name}: {example[:400]}")
    print(f"\n{'fields by source':40}{'documents':>10}{'least':>8}{'median':>8}{'most':>8}")
    for source, numbers in sorted(tally.fields.items(), key=lambda item: -len(item[1])):
        numbers.sort()
        print(f"{source:40}{len(numbers):>10}{numbers[0]:>8}{numbers[len(numbers) // 2]:>8}{numbers[-1]:>8}")


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", "matches", default=5, show_default=True, help="Matches of each rule.")
@click.option("--seed", default=5, show_default=True)
@click.option("--documents", type=click.Path(exists=True, path_type=Path), help="Check this file of --format groups instead.")
@click.option("--show", default=0, show_default=True, help="Examples of each class.")
@click.option("--kind", type=click.Choice(KINDS), help="Show examples of this class only.")
@click.option("--forced", is_flag=True, help="Show examples that the rule forces.")
def main(folders: tuple[Path, ...], matches: int, seed: int, documents: Path | None, show: int, kind: str | None, forced: bool) -> None:
    """Print how many contradictions of each class the documents of all rules hold."""
    rules = RuleCollection()
    for folder in folders:
        rules.load_directory(folder)
    by_path = {str(rule.path): rule for rule in rules}
    known = Counter(word for rule in rules for word in set(re.findall("[a-z]{3,}", str(rule.query).lower())))
    groups = groups_of(folders, matches, seed) if documents is None else map(orjson.loads, documents.read_bytes().splitlines())
    tally = count(groups, by_path, letters_of(known), frozenset(known))
    _print(tally, show, kind, forced)
    sys.exit(1 if tally.found else 0)


if __name__ == "__main__":
    main()
