"""Match events against many rules, make near misses, and see which changes of a rule its generated tests notice.

    python -m benchmarks.alerts ../shared/corpus                 everything
    python -m benchmarks.alerts ../shared/corpus --only speed

Speed is compared with a plain loop over all rules and with the engine of the ``eql`` package, on the same events in the same run.
"""

from __future__ import annotations

import gc
import re
import resource
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import cast

import click
import orjson

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.compiled_rule import CompiledRule, compiled_rule
from triggerfish.api.run.inputs import RuleFile, Source, rule_sources
from triggerfish.api.run.options import CompileOptions
from triggerfish.api.start_time import DEFAULT_START
from triggerfish.backends.compare.comparison import Relation
from triggerfish.backends.compare.programs import compare_programs
from triggerfish.backends.decide.solve_rule import solve_rule
from triggerfish.backends.generate.document_source import roles_of
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.backends.match.near_misses import Examined, NearMiss
from triggerfish.backends.match.near_misses_of_groups import near_misses
from triggerfish.compiler.alerts.engine import AlertEngine, Watched, alerts_among
from triggerfish.compiler.ir.program import Program, Role
from triggerfish.compiler.schema.built_in import built_in_schema
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, compile_formula
from triggerfish.compiler.stage_timer import StageTimer
from triggerfish.grammar.errors import TriggerfishError
from triggerfish.rules.lowering.compile_rule import compile_rule
from triggerfish.rules.rule import Rule, rule_from_table

SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Subject:
    """A rule of the corpus, compiled, with the groups of documents drawn for it."""

    source: Source
    compiled: CompiledRule
    groups: tuple[tuple[tuple[Role, dict[str, object]], ...], ...]

    @property
    def programs(self) -> tuple[Program, ...]:
        return self.compiled.compilation.programs


def subjects(folder: Path, count: int) -> Iterator[Subject]:
    """The rules of a folder that compile, with documents."""
    schema = built_in_schema()
    settings = CompileOptions(schema, DEFAULT_START, 5, count, format="groups", style="realistic", strategy=Strategy(findings=False))
    for source in rule_sources([folder]):
        compiled = compiled_rule(source, schema, DEFAULT_START, SECONDS, StageTimer())
        if isinstance(compiled, CompiledRule):
            lines = compile_source(source, settings).lines.splitlines()
            yield Subject(source, compiled, tuple(_roles(orjson.loads(line)) for line in lines))


def _roles(entry: dict[str, list[dict[str, object]]]) -> tuple[tuple[Role, dict[str, object]], ...]:
    roles = entry.get("roles") or [Role.EVENT.value] * len(entry["docs"])
    return tuple((Role(str(role)), document) for role, document in zip(roles, entry["docs"], strict=True))


def fires(programs: Sequence[Program], documents: Sequence[tuple[Role, dict[str, object]]]) -> bool:
    """Whether documents trigger a rule."""
    by_role = {each: [flatten(document) for role, document in documents if role is each] for each in Role}
    alerts = alerts_among(Watched(tuple(programs)), by_role[Role.EVENT], by_role[Role.HISTORY], by_role[Role.INDICATOR])
    return any(True for _ in alerts)


# -- own documents, and speed ------------------------------------------------------------------------


def own(found: Sequence[Subject]) -> None:
    """Whether every rule fires on its own documents, and what the index finds beside a plain loop."""
    groups = [(subject, group) for subject in found for group in subject.groups]
    silent = [subject.compiled.known.path for subject, group in groups if not fires(subject.programs, group)]
    print(f"own documents: {len(found)} rules, {len(groups)} matches, {len(silent)} on which their rule does not fire {silent[:5]}")
    engine = AlertEngine([Watched(subject.programs) for subject in found])
    flats = [flatten(document) for _, group in groups for role, document in group if role is Role.EVENT]
    judges = [compile_formula(formula, Reading.ELASTICSEARCH) for formula in engine.formulas]
    differences = sum(
        engine.index.satisfied(flat) != [place for place, judge in enumerate(judges) if judge(flat) is True] for flat in flats
    )
    decisions = f"{len(flats)} events x {len(judges)} conditions = {len(flats) * len(judges)} decisions"
    print(f"index against plain loop: {decisions}, {differences} differ")


def speed(found: Sequence[Subject]) -> None:
    """Events per second of CPU against some and all rules."""
    lines = [orjson.dumps(document) for subject in found for group in subject.groups for role, document in group if role is Role.EVENT]
    Random(1).shuffle(lines)
    lines = lines[:4000]
    print(f"{'rules':>6}{'events/s':>10}{'read only':>11}{'plain loop':>12}{'times':>7}{'candidates':>12}{'true':>6}")
    for size in (100, 771, len(found)):
        chosen = Random(size).sample(list(found), min(size, len(found)))
        engine = AlertEngine([Watched(subject.programs) for subject in chosen])
        gc.collect()
        gc.freeze()

        def through(lines: Sequence[bytes], engine: AlertEngine = engine) -> None:
            for position, line in enumerate(lines):
                engine.take(position, engine.read(flatten(orjson.loads(line))))

        def plain(lines: Sequence[bytes], engine: AlertEngine = engine) -> None:
            judges = engine.index.judges
            for line in lines:
                flat = flatten(orjson.loads(line))
                for judge in judges:
                    judge(flat)

        def reading(lines: Sequence[bytes]) -> None:
            for line in lines:
                flatten(orjson.loads(line))

        rates = [_rate(work, part) for work, part in ((through, lines), (reading, lines), (plain, lines[:400]))]
        flats = [flatten(orjson.loads(line)) for line in lines]
        candidates = sum(engine.index.candidates(flat).bit_count() for flat in flats) / len(flats)
        true = sum(len(engine.index.satisfied(flat)) for flat in flats) / len(flats)
        print(
            f"{len(chosen):>6}{rates[0]:>10.0f}{rates[1]:>11.0f}{rates[2]:>12.0f}{rates[0] / rates[2]:>7.1f}{candidates:>12.1f}{true:>6.1f}"
        )


def _rate(work: Callable[[Sequence[bytes]], None], lines: Sequence[bytes]) -> float:
    """Events per second of CPU: the best of three."""
    best = 0.0
    for _ in range(3):
        began = process_time()
        work(lines)
        best = max(best, len(lines) / (process_time() - began))
    return best


def growth(found: Sequence[Subject]) -> None:
    """Time and memory from 100 to a million events."""
    engine_of = [Watched(subject.programs) for subject in found]
    lines = [orjson.dumps(document) for subject in found for group in subject.groups for role, document in group if role is Role.EVENT]
    print(f"{'events':>9}{'CPU s':>9}{'events/s':>10}{'alerts':>9}{'peak MiB':>10}")
    for size in (100, 1_000, 10_000, 100_000, 1_000_000):
        engine = AlertEngine(engine_of)
        gc.collect()
        gc.freeze()
        began, alerts = process_time(), 0
        for position in range(size):
            flat = flatten(orjson.loads(lines[position % len(lines)]))
            flat["@timestamp"] = [DEFAULT_START + position * 100]
            alerts += len(engine.take(position, engine.read(flat)))
        alerts += len(engine.finish())
        seconds = process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{size:>9}{seconds:>9.2f}{size / seconds:>10.0f}{alerts:>9}{peak:>10.0f}", flush=True)


def peers(found: Sequence[Subject]) -> None:
    """The engine of the ``eql`` package on the EQL event rules that it reads, beside this one on the same rules."""
    import eql  # type: ignore[import-untyped]

    readable: list[tuple[Subject, object]] = []
    config = {"flatten": False}
    with eql.parser.elasticsearch_syntax, eql.parser.elasticsearch_validate_optional_fields, eql.parser.allow_enum_fields:
        for subject in found:
            if subject.compiled.known.language == "eql" and len(subject.programs[0].steps) == 1:
                try:
                    readable.append((subject, eql.parse_query(subject.compiled.rule.query)))
                except eql.errors.EqlError:
                    continue
    events = [cast(dict[str, object], _single(document)) for subject, _ in readable for group in subject.groups for _, document in group]
    Random(1).shuffle(events)
    events = events[:1000]
    engine = eql.PythonEngine(config)
    hits: Counter[str] = Counter()
    for _, query in readable:
        engine.add_query(query)
    engine.add_output_hook(lambda event: hits.update(["hit"]))
    stamped = [eql.Event(_category(event), 0, event) for event in events]
    began = process_time()
    engine.stream_events(stamped)
    theirs = len(events) / (process_time() - began)
    ours = AlertEngine([Watched(subject.programs) for subject, _ in readable])
    flats = [flatten(event) for event in events]
    gc.collect()
    gc.freeze()
    began = process_time()
    alerts = sum(len(ours.take(position, ours.read(flat))) for position, flat in enumerate(flats))
    mine = len(events) / (process_time() - began)
    print(f"EQL event rules that the eql package reads: {len(readable)}; lists cut to their first element")
    print(f"  events/s: eql {theirs:.0f}, here {mine:.0f} ({mine / theirs:.1f} times)")
    print(f"  alerts: eql {hits['hit']}, here {alerts}")


def _category(event: dict[str, object]) -> str:
    found = flatten(event).get("event.category", ["generic"])
    return str(found[0])


def _single(value: object) -> object:
    """A value whose lists have become their first elements: the eql package knows no fields with several values."""
    if isinstance(value, dict):
        return {key: _single(each) for key, each in value.items()}
    if isinstance(value, list):
        return _single(value[0]) if value else None
    return value


# -- near misses -------------------------------------------------------------------------------------


def misses(found: Sequence[Subject]) -> None:
    """Near misses of every rule: conditions by what came of them, and whether any of the documents triggers the rule."""
    outcomes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    began, wall, wrong = process_time(), perf_counter(), 0
    for subject in found:
        if not subject.groups:
            continue
        roles = [role for role, _ in subject.groups[0]]
        documents = [dict(document) for _, document in subject.groups[0]]
        for each in near_misses(subject.programs, documents, roles, subject.compiled.known.path, Limits(2.0)):
            if isinstance(each, Examined):
                outcomes[f"{each.outcome.value}{' by a search' if each.solved else ''}"] += 1
            for miss in each.misses if isinstance(each, Examined) else (each,):
                kinds[_kind(miss)] += 1
                wrong += fires(subject.programs, list(zip(miss.roles, miss.documents, strict=True)))
    total = sum(outcomes.values())
    undecided = outcomes["unknown"]
    print(f"near misses: {len(found)} rules, {total} conditions: {dict(outcomes)}; decided {100 * (1 - undecided / max(total, 1)):.2f} %")
    print(f"  {sum(kinds.values())} near misses, {wrong} of them trigger their rule; {dict(kinds.most_common())}")
    print(f"  CPU {process_time() - began:.1f} s, wall {perf_counter() - wall:.1f} s")


def _kind(miss: NearMiss) -> str:
    return re.sub(r"(another|with another) \S*\.\S+", r"\1 key", miss.kind)


# -- what generated tests notice ---------------------------------------------------------------------


def mutations(found: Sequence[Subject], count: int) -> None:
    """Damage rules in one place, and see whether the tests that ``test --init`` writes notice it."""
    rng = Random(3)
    chosen = rng.sample([subject for subject in found if subject.groups and isinstance(subject.source, RuleFile)], count)
    outcomes: Counter[str] = Counter()
    by_kind: Counter[tuple[str, str]] = Counter()
    survivors: list[str] = []
    for subject in chosen:
        tests = _tests(subject)
        for kind, query in _mutants(subject.compiled.rule.query or "", rng):
            rule = _with_query(subject.compiled.rule, query)
            try:
                programs = compile_rule(rule, built_in_schema(), DEFAULT_START).programs
            except TriggerfishError:
                outcomes["does not compile"] += 1
                continue
            noticed = any(fires(programs, documents) is not expected for expected, documents in tests)
            relation = compare_programs(subject.programs, programs, Limits(3.0), most=1).relation
            outcome = "noticed" if noticed else "same events, proved" if relation is Relation.EQUIVALENT else "missed"
            outcomes[outcome] += 1
            by_kind[kind, outcome] += 1
            if outcome == "missed":
                survivors.append(f"{subject.compiled.rule.name}: {kind}")
    changed = outcomes["noticed"] + outcomes["missed"]
    share = 100 * outcomes["noticed"] / max(changed, 1)
    print(f"mutants of {len(chosen)} rules: {dict(outcomes)}; noticed {share:.1f} % of those that may change it")
    print(f"  {dict(by_kind)}")
    for each in survivors:
        print(f"  missed: {each}")


def _tests(subject: Subject) -> list[tuple[bool, list[tuple[Role, dict[str, object]]]]]:
    """What ``test --init`` writes: matches of all alternatives, and near misses."""
    key = f"0|{subject.compiled.rule.rule_id}|{subject.compiled.rule.query}"
    solution = solve_rule(subject.programs, key, DEFAULT_START, Limits(SECONDS), Strategy(findings=False))
    if solution.sampler is None:
        return []
    first = solution.sampler.draw(Random(key), 0)
    groups = [*([first] if first else []), *solution.sampler.cover(key, 1)]
    tests = [(True, list(zip(roles_of(subject.programs[0], len(group)), group, strict=True))) for group in groups]
    if first:
        for each in near_misses(subject.programs, first, roles_of(subject.programs[0], len(first)), key, Limits(2.0)):
            for miss in each.misses if isinstance(each, Examined) else (each,):
                tests.append((False, list(zip(miss.roles, miss.documents, strict=True))))
    return tests


_CHANGES: tuple[tuple[str, str, Callable[[re.Match[str]], str]], ...] = (
    ("condition dropped", r"\band (?:not )?[\w.]+ ?(?:==|:|!=) ?\"?[\w.*-]+\"?(?=\s|\)|$)", lambda match: ""),
    ("bound moved", r"(?<=[<>=] )\d+", lambda match: str(int(match[0]) + 1)),
    ("case changed", r"(?<=\")[a-z][\w.-]{2,}(?=\")", lambda match: match[0].capitalize()),
    ("list entry lost", r"\"[^\"]+\", (?=\")", lambda match: ""),
    ("list entry lost", r"(?<=\() ?[\w.*-]+ or (?=[\w\"])", lambda match: ""),
    ("and for or", r"\bor\b", lambda match: "and"),
    ("comparison turned", r" == ", lambda match: " != "),
)


def _mutants(query: str, rng: Random) -> Iterator[tuple[str, str]]:
    """Changes of a query in one place, at most two of each kind."""
    for kind, pattern, change in _CHANGES:
        places = list(re.finditer(pattern, query))
        for match in rng.sample(places, min(2, len(places))):
            yield kind, f"{query[: match.start()]}{change(match)}{query[match.end() :]}"


def _with_query(rule: Rule, query: str) -> Rule:
    return replace(rule_from_table({**rule.raw, "query": query}), path=rule.path)


PARTS = ("own", "speed", "growth", "peers", "misses", "mutations")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Parts to run; all by default.")
@click.option("--count", default=3, show_default=True, help="Matches of each rule.")
@click.option("--every", default=1, show_default=True, help="Take one rule of so many.")
@click.option("--rules", default=50, show_default=True, help="Rules that are damaged.")
def main(folder: Path, only: tuple[str, ...], count: int, every: int, rules: int) -> None:
    """Measure alerts, near misses and generated tests on the rules of FOLDER."""
    began = perf_counter()
    found = list(subjects(folder, count))[::every]
    print(f"{len(found)} rules compiled, with documents, in {perf_counter() - began:.0f} s", flush=True)
    run = {"own": own, "speed": speed, "growth": growth, "peers": peers, "misses": misses}
    for part in only or PARTS:
        if part == "mutations":
            mutations(found, min(rules, len(found)))
        else:
            run[part](found)


if __name__ == "__main__":
    main()
