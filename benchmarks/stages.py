"""What happens to a rule, stage by stage: parse, decide, draw, write; and how long each takes beside its peers."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from triggerfish.api.source_events import DEFAULT_START
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.match_numbers import BLOCK, WALKED
from triggerfish.backends.generate.sampler import Sampler
from triggerfish.backends.limits import Limits, Strategy
from triggerfish.backends.plan.ndjson import documents
from triggerfish.backends.plan.plan import Plan
from triggerfish.compiler.semantics.match_document import Reading
from triggerfish.grammar.eql import parser as eql
from triggerfish.grammar.kuery import parser as kuery

from .measure import Figures, cpu_seconds, median, medians, run, spread
from .peers import ask_geneve, eql_package_parses, geneve_python
from .subjects import Subject, evenly, subjects

DRAWN_RULES = 40
WARM = 4
MATCHED = 200
GENEVE_DOCUMENTS = 300


@dataclass(frozen=True)
class Bench:
    """What is measured, and how.

    Attributes:
        folder: of rules.
        times: how often what is compared is measured; medians count.
        quick: whether to measure less of it.
        geneve: the folder of geneve's environment, or None for the usual one.
    """

    folder: Path
    times: int = 5
    quick: bool = False
    geneve: Path | None = None
    notes: list[str] = field(default_factory=list)

    @cached_property
    def subjects(self) -> list[Subject]:
        """The rules."""
        return subjects(self.folder)

    @cached_property
    def shared(self) -> list[Subject]:
        """Those that geneve has documents for as well."""
        answer = ask_geneve(geneve_python(self.geneve), [subject.path for subject in self.subjects], 0)
        done = set(answer.done())
        return [subject for subject in self.subjects if str(subject.path) in done and plan_of(subject) is not None]


def plan_of(subject: Subject) -> Plan | None:
    """What a rule's documents are drawn from; None when it has none."""
    solution = solve(subject.program, subject.seed, DEFAULT_START, strategy=Strategy(findings=False))
    return Plan(solution.sampler, subject.seed) if solution.sampler is not None else None


def parse(bench: Bench) -> Figures:
    """Parsing every query; the EQL ones with the ``eql`` package as well, in turns."""
    queries = {language: [subject.query for subject in bench.subjects if subject.language == language] for language in ("eql", "kuery")}
    both = [query for query in queries["eql"] if eql_package_parses([query])]
    eql.parse("any where true")
    kuery.parse("a: 1")

    def once() -> Figures:
        return {
            "ours": cpu_seconds(lambda: [eql.parse(query) for query in both]),
            "eql package": cpu_seconds(lambda: eql_package_parses(both)),
            "kuery": cpu_seconds(lambda: [kuery.parse(query) for query in queries["kuery"]]),
        }

    figures = medians(once, bench.times)
    return {
        **figures,
        "queries of both": len(both),
        "kuery queries": len(queries["kuery"]),
        "times faster than the eql package": figures["eql package"] / max(figures["ours"], 1e-9),
    }


def decide(bench: Bench) -> Figures:
    """Wall time to decide each rule: by proposals first, and as one formula for Z3."""
    chosen = evenly(bench.subjects, 40 if bench.quick else 100_000)
    ours = [_timed(subject, Strategy(findings=False)) for subject in chosen]
    full = [_timed(subject, Strategy()) for subject in evenly(bench.subjects, 40 if bench.quick else 200)]
    whole = [_timed(subject, Strategy("whole", findings=False)) for subject in evenly(bench.subjects, 20 if bench.quick else 60)]
    return {
        "proposals": spread([seconds for seconds, _ in ours]),
        "proposals, with findings": spread([seconds for seconds, _ in full]),
        "whole formula in Z3": spread([seconds for seconds, _ in whole]),
        "seconds": {"proposals": sorted(seconds for seconds, _ in ours), "whole formula in Z3": sorted(seconds for seconds, _ in whole)},
        "outcomes": {
            "proposals": dict(Counter(status for _, status in ours)),
            "whole formula in Z3": dict(Counter(status for _, status in whole)),
        },
    }


def _timed(subject: Subject, strategy: Strategy) -> tuple[float, str]:
    began = perf_counter()
    solution = solve(subject.program, subject.seed, DEFAULT_START, Limits(timeout=5.0), strategy)
    return perf_counter() - began, solution.status


def draw(bench: Bench) -> Figures:
    """Documents a second of one processor, of the same rules as geneve: as dicts and as NDJSON, checked.

    Drawing goes on from where it had come to after ``WARM`` blocks of matches, as in a long run; what comes before is a figure
    of its own. Documents are not kept.
    """
    chosen = evenly(bench.shared, DRAWN_RULES)
    blocks = 1 if bench.quick else 3
    python = geneve_python(bench.geneve)
    rounds = [_drawn(chosen, blocks, python) for _ in range(bench.times)]
    figures = {name: median([round_[name] for round_ in rounds]) for name in rounds[0]}
    return {
        "rules": len(chosen),
        **figures,
        "dicts, times geneve": median([round_["dicts"] / round_["geneve dicts"] for round_ in rounds]),
        "ndjson, times geneve": median([round_["ndjson"] / round_["geneve dicts"] for round_ in rounds]),
        "ndjson, times geneve's json": median([round_["ndjson"] / round_["geneve json"] for round_ in rounds]),
        "how": _how(chosen, WALKED + BLOCK),
    }


def _drawn(chosen: Sequence[Subject], blocks: int, python: Path) -> Figures:
    plans = [plan for subject in chosen if (plan := plan_of(subject)) is not None]
    ends = [WALKED + BLOCK * number for number in (0, WARM, WARM + blocks, WARM + 2 * blocks)]
    size = sum(_events(plan) for plan in plans)
    warming = cpu_seconds(lambda: _lines(plans, 0, ends[1]))
    lines = cpu_seconds(lambda: _lines(plans, ends[1], ends[2]))
    dicts = cpu_seconds(lambda: _dicts(plans, ends[2], ends[3]))
    again = cpu_seconds(lambda: _matched(plans, ends[1], ends[1] + MATCHED))
    answer = ask_geneve(python, [subject.path for subject in chosen], GENEVE_DOCUMENTS)
    done = [result for result in answer.rules.values() if "drawn" in result]
    drawn, seconds = sum(result["drawn"] for result in done), sum(result["draw"] for result in done)
    return {
        "dicts": size * blocks * BLOCK / dicts,
        "ndjson": size * blocks * BLOCK / lines,
        "ndjson of the first matches": size * ends[1] / warming,
        "dicts, each matched again in full": size * MATCHED / again,
        "geneve dicts": drawn / seconds,
        "geneve json": drawn / (seconds + sum(result["write"] for result in done)),
    }


def _events(plan: Plan) -> int:
    (text,) = next(iter(plan.texts(0, 1)))
    assert text is not None
    return text.count("\n")


def _lines(plans: Sequence[Plan], start: int, stop: int) -> None:
    stream = io.BytesIO()
    for plan in plans:
        for block in plan.texts(start, stop):
            stream.write("".join([text for text in block if text is not None]).encode())
            stream.seek(0)


def _dicts(plans: Sequence[Plan], start: int, stop: int) -> None:
    for plan in plans:
        for block in plan.texts(start, stop):
            for text in block:
                assert text is not None
                documents(text)


def _matched(plans: Sequence[Plan], start: int, stop: int) -> None:
    """Draw, and put every match before the matcher once more, in both readings."""
    for plan in plans:
        assert isinstance(plan.source, Sampler)
        for block in plan.texts(start, stop):
            for text in block:
                assert text is not None
                group = documents(text)
                if not all(plan.source.matcher.accepts(group, reading) for reading in Reading):
                    raise AssertionError(f"it does not match in both readings: {text}")


def _how(chosen: Sequence[Subject], count: int) -> Figures:
    counts: Counter[str] = Counter()
    for subject in chosen:
        plan = plan_of(subject)
        if plan is not None:
            for _ in plan.texts(0, count):
                pass
            counts.update(plan.counts)
    return dict(counts)


def first(bench: Bench) -> Figures:
    """CPU seconds and memory from the files of all rules that geneve can do as well to one verified document of each.

    Findings (dead alternatives, conditions that change nothing) are something that geneve does not look for.
    """
    paths = [subject.path for subject in bench.shared]
    python = geneve_python(bench.geneve)
    listed = "\n".join(map(str, paths)).encode()

    def once() -> Figures:
        theirs = ask_geneve(python, paths, 0).run
        figures: Figures = {"geneve": theirs.cpu, "geneve's MiB": theirs.peak}
        for name, options in (("ours", ()), ("ours, with findings", ("--findings",))):
            process = run([sys.executable, "-m", "benchmarks.first_driver", *options], listed)
            assert json.loads(process.output)["ok"] == len(paths)
            figures.update({name: process.cpu, f"{name}: MiB": process.peak})
        return figures

    figures = medians(once, 1 if bench.quick else bench.times)
    return {"rules": len(paths), **figures, "times faster": figures["geneve"] / figures["ours"]}


def start(bench: Bench) -> Figures:
    """One rule from a cold start: the command, and geneve with the same rule."""
    subject = next((candidate for candidate in bench.shared if candidate.language == "eql"), bench.shared[0])
    python = geneve_python(bench.geneve)
    command = [sys.executable, "-m", "triggerfish", "compile-rule", "-q", subject.path]
    run(command)

    def once() -> Figures:
        ours, theirs = run(command), ask_geneve(python, [subject.path], 0).run
        imports = run([python, "-c", "import geneve.events_emitter"])
        bare = run([sys.executable, "-c", "import triggerfish.api.cli.generate"])
        return {
            "ours, wall": ours.wall,
            "ours, cpu": ours.cpu,
            "geneve, wall": theirs.wall,
            "geneve, cpu": theirs.cpu,
            "import of ours, cpu": bare.cpu,
            "import of geneve, cpu": imports.cpu,
            "our MiB": ours.peak,
            "geneve's MiB": theirs.peak,
        }

    return medians(once, bench.times)


def million(bench: Bench) -> Figures:
    """A million documents from ten rules, and ten thousand of them: wall time, bytes, memory; with one process and with two."""
    chosen = evenly([subject for subject in bench.subjects if (plan := plan_of(subject)) is not None and plan.planned], 10)
    return {"rules": len(chosen), **{style: _million(bench, chosen, style) for style in ("plain", "realistic")}}


def _million(bench: Bench, chosen: Sequence[Subject], style: str) -> Figures:
    command = [sys.executable, "-m", "triggerfish", "compile-rule", "-q", "--style", style, *(subject.path for subject in chosen)]
    figures: Figures = {}
    sizes = {"10,000": 1_000, "1,000,000": 10_000 if bench.quick else 100_000}
    for name, count in sizes.items():
        for jobs in (1, 2):
            process = run([*command, "-n", str(count), "-j", str(jobs)])
            assert process.code == 0
            size, lines = len(process.output), process.output.count(b"\n")
            figures[f"{name}, {jobs} job{'s' if jobs > 1 else ''}"] = {
                "documents": lines,
                "wall": process.wall,
                "cpu": process.cpu,
                "MB a second": size / process.wall / 1e6,
                "MiB": process.peak,
                "digest": hash_of(process.output),
            }
    few, many = figures["10,000, 1 job"], figures["1,000,000, 1 job"]
    figures["memory, many to few"] = many["MiB"] / few["MiB"]
    figures["same bytes with two jobs"] = many["digest"] == figures["1,000,000, 2 jobs"]["digest"]
    return figures


def hash_of(data: bytes) -> str:
    """A digest to compare outputs by."""
    return hashlib.sha256(data).hexdigest()[:16]


def many(bench: Bench) -> Figures:
    """Seconds and memory as the number of rules grows."""
    figures: Figures = {}
    sizes = [size for size in (10, 100, 1_000) if size < len(bench.subjects)] + [len(bench.subjects)]
    for size in sizes:
        chosen = evenly(bench.subjects, size)
        process = run([sys.executable, "-m", "benchmarks.first_driver"], "\n".join(str(subject.path) for subject in chosen).encode())
        figures[str(len(chosen))] = {"cpu": process.cpu, "wall": process.wall, "MiB": process.peak}
    return figures


def written(path: Path, results: Figures) -> None:
    """Write figures as JSON, with no more digits than mean something."""
    path.write_bytes(orjson.dumps(_rounded(results), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))


def _rounded(value: Any) -> Any:
    match value:
        case dict():
            return {name: _rounded(inner) for name, inner in value.items()}
        case list():
            return [_rounded(inner) for inner in value]
        case float():
            return float(f"{value:.4g}")
    return value
