"""Documents per CPU second in both styles beside geneve, rule by rule and in one run; and a call of ``next()`` on well-known queries.

    python -m benchmarks styles --corpus ../shared/corpus

Each rate is measured where drawing has come to after ``WARM`` blocks of matches, as in a long run. Every document is proved or matched.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import process_time

import orjson

from triggerfish.api.source_events import DEFAULT_START, SourceEvents
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.match_numbers import BLOCK, WALKED
from triggerfish.backends.limits import Strategy
from triggerfish.backends.plan.ndjson import documents
from triggerfish.backends.plan.plan import Plan
from triggerfish.backends.realism.apply import STYLES, make_realistic
from triggerfish.backends.realism.population import usual_world

from .measure import Figures, median
from .peers import ask_geneve, geneve_python
from .stages import DRAWN_RULES, GENEVE_DOCUMENTS, WARM, Bench
from .subjects import Subject, evenly, schema

QUERIES = {
    "kuery": (
        "process.name : *.exe",
        "event.category: network and destination.port: (22 or 3389) and not source.ip: 10.0.0.0/8",
        "host.os.type: windows and event.code: 4625 and winlog.event_data.LogonType: (3 or 10)",
        'event.dataset: aws.cloudtrail and event.action: ("DeleteTrail" or "StopLogging") and event.outcome: success',
    ),
    "eql": (
        'process where host.os.type == "windows" and process.name : ("cmd.exe", "powershell.exe") and process.args : "-enc*"',
        'file where file.path : "?:\\\\Users\\\\*\\\\AppData\\\\*.exe" and not process.name : "msiexec.exe"',
        'registry where registry.path : "HKLM\\\\*\\\\CurrentVersion\\\\Run\\\\*"',
        'sequence by host.id with maxspan=1m [process where process.name : "winword.exe"] [network where destination.port == 443]',
    ),
}
CALLS = 4_000
"""The number of calls of ``next()`` to time."""


def styles(bench: Bench) -> Figures:
    """Rates of each style and of geneve, medians over rules; ratios are of the same rule in the same round."""
    chosen = evenly(bench.shared, DRAWN_RULES)
    python = geneve_python(bench.geneve)
    rounds = [_round(chosen, python, bench.quick) for _ in range(bench.times)]
    return {
        "rules": len(chosen),
        **{name: median([figures[name] for figures in rounds]) for name in rounds[0]},
        "next(), plain, on eight queries": _calls(python, bench.times),
    }


def _round(chosen: Sequence[Subject], python: Path, quick: bool) -> dict[str, float]:
    answer = ask_geneve(python, [subject.path for subject in chosen], GENEVE_DOCUMENTS)
    theirs = {path: result["drawn"] / result["draw"] for path, result in answer.rules.items() if "drawn" in result}
    figures = {"geneve: dicts": median(list(theirs.values()))}
    for style in STYLES:
        rates = {str(subject.path): _rates(subject, style, 1 if quick else 2) for subject in chosen if str(subject.path) in theirs}
        for kind, place in (("dicts", 0), ("ndjson", 1), ("ndjson, first 1,000", 2)):
            figures[f"{style}: {kind}"] = median([rate[place] for rate in rates.values()])
            figures[f"{style}: {kind}, times geneve's dicts"] = median([rate[place] / theirs[path] for path, rate in rates.items()])
    return figures


def _rates(subject: Subject, style: str, blocks: int) -> tuple[float, float, float]:
    """Documents a second: as dicts, as lines, and as lines of the first matches."""
    solution = solve(subject.program, subject.seed, DEFAULT_START, strategy=Strategy(findings=False))
    assert solution.sampler is not None
    if style == "realistic":
        make_realistic(solution.sampler, schema(), usual_world(0))
    plan = Plan(solution.sampler, subject.seed)
    first = _lines(plan, 0, 1_000)
    begin = WALKED + BLOCK * WARM
    for _ in plan.texts(1_000, begin):
        pass
    lines = _lines(plan, begin, begin + blocks * BLOCK)
    return _dicts(plan, begin + blocks * BLOCK, begin + 2 * blocks * BLOCK), lines, first


def _lines(plan: Plan, start: int, stop: int) -> float:
    began, written, stream = process_time(), 0, io.BytesIO()
    for texts in plan.texts(start, stop):
        lines = "".join([text for text in texts if text is not None])
        written += lines.count("\n")
        stream.write(lines.encode())
        stream.seek(0)
    return written / (process_time() - began)


def _dicts(plan: Plan, start: int, stop: int) -> float:
    began, drawn = process_time(), 0
    for texts in plan.texts(start, stop):
        for text in texts:
            assert text is not None
            drawn += len(documents(text))
    return drawn / (process_time() - began)


def _calls(python: Path, times: int) -> Figures:
    """Documents a second from calls of ``next()``, by query, beside geneve's."""
    listed = [(language, query) for language, queries in QUERIES.items() for query in queries]
    rates: dict[str, list[tuple[float, float]]] = {query: [] for _, query in listed}
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.toml" for number in range(len(listed))]
        for path, (language, query) in zip(paths, listed, strict=True):
            kind = "eql" if language == "eql" else "query"
            path.write_text(f'[rule]\ntype = "{kind}"\nlanguage = "{language}"\nquery = {orjson.dumps(query).decode()}\n', encoding="utf-8")
        for _ in range(times):
            answer = ask_geneve(python, paths, GENEVE_DOCUMENTS)
            for path, (language, query) in zip(paths, listed, strict=True):
                theirs = answer.rules[str(path)]
                if "drawn" in theirs:
                    rates[query].append((_called(language, query), theirs["drawn"] / theirs["draw"]))
    rows = {
        query: {"ours": median([our for our, _ in pairs]), "geneve": median([their for _, their in pairs])}
        for query, pairs in rates.items()
        if pairs
    }
    ratios = [row["ours"] / row["geneve"] for row in rows.values()]
    return {**rows, "times geneve": {"ours": median(ratios), "geneve": 1.0}, "times geneve, least": {"ours": min(ratios), "geneve": 1.0}}


def _called(language: str, query: str) -> float:
    events = SourceEvents.from_query(query, language=language)
    for _ in range(WALKED + BLOCK):
        next(events)
    began, drawn = process_time(), 0
    for _ in range(CALLS):
        drawn += len(next(events))
    return drawn / (process_time() - began)
