"""Plans: every planned document matches, bytes and documents are the same, and what a number stands for depends on nothing else."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from hypothesis import event, given, settings
from hypothesis import strategies as st

from compile_rule import main
from formulas import formulas
from triggerfish import Rule, RuleCollection, SourceEvents
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.match_numbers import BLOCK, WALKED, share
from triggerfish.backends.generate.nested_objects import draw_object
from triggerfish.backends.generate.sampler import Sampler
from triggerfish.backends.plan import plan_file as file
from triggerfish.backends.plan.ndjson import documents
from triggerfish.backends.plan.plan import Plan
from triggerfish.backends.values.draw import CompiledTests, Drawer
from triggerfish.backends.values.pattern_shapes import Shapes
from triggerfish.backends.values.prepare import PreparedSets
from triggerfish.backends.values.value_sets import Shaped
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.formula import Formula, LengthIn, Like
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.schema.field_types import FIELD_TYPES, YEAR_1_MS, YEAR_9999_END_MS
from triggerfish.compiler.schema.fields import FieldSpec, ecs_schema
from triggerfish.compiler.semantics.match_document import Reading, compile_test
from triggerfish.compiler.values.patterns import make_pattern
from triggerfish.compiler.values.sets import Interval, Pattern, Wild

START = 1_700_000_000_000
SAMPLES = Path(__file__).resolve().parents[2] / "rules"
BLOCK_OF_TESTS = 48

QUERIES = (
    "destination.port: (26 or 27 or 8000) and process.name: *.exe",
    "process.args: (*foo* and *bar*) and not process.args: *baz*",
    'source.ip: "10.0.0.0/8" and not source.ip: "10.1.0.0/16" and user.name: (a* or b*)',
    'process where process.name : ("cmd*", "p?wershell") and process.args_count > 3 and not process.executable : "C:\\\\Windows\\\\*"',
    "process where process.name != process.parent.name and process.pid > 4",
    'sequence by host.id with maxspan=1m [process where process.name : "a*"] by process.entity_id '
    "[network where destination.port in (80, 443)] by process.entity_id",
    'sequence by user.name with maxspan=10m [any where event.code == "1"] with runs=3 '
    '![any where event.code == "2"] [any where event.code == "3"]',
    "sample by host.id [process where process.pid > 10] [file where file.size > 10]",
    'message: "access denied" and event.outcome: failure',
    'any where event.code regex~ "[a-c]{2,4}x"',
)


def plan_of(program: Program, seed: str = "seed") -> Plan | None:
    sampler = solve(program, seed, START).sampler
    return Plan(sampler, seed) if sampler is not None else None


def planned(query: str, seed: str = "seed") -> Plan:
    found = plan_of(compile_query(query, ecs_schema(), START).program, seed)
    assert found is not None and found.planned
    return found


def accepted(plan: Plan, text: str) -> bool:
    assert isinstance(plan.source, Sampler)
    return plan.source.matcher.accepts(documents(text))


# -- what is drawn -------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(formulas, st.integers(0, 3))
def test_every_planned_document_matches(formula: Formula, block: int) -> None:
    plan = plan_of(Program(ShapeKind.EVENT, (Step(formula),), ""))
    if plan is None or not plan.planned:
        return
    numbers = range(BLOCK_OF_TESTS)
    for text in plan.block(block, numbers, numbers):
        assert text is not None and accepted(plan, text)
        assert "".join(orjson.dumps(each).decode() + "\n" for each in documents(text)) == text
    event("matched one by one" if plan.counts["matched"] else "proved")


@pytest.mark.parametrize("query", QUERIES)
def test_every_planned_match_of_a_query_matches_in_both_readings(query: str) -> None:
    plan = planned(query)
    assert isinstance(plan.source, Sampler)
    numbers = range(400)
    texts = plan.block(3, numbers, numbers)
    for text in texts:
        assert text is not None
        assert all(plan.source.matcher.accepts(documents(text), reading) for reading in Reading)
    assert len(set(texts)) > 300
    assert plan.counts["proved"] + plan.counts["matched"] == 400


def test_most_of_these_are_proved_and_no_matcher_is_asked() -> None:
    counts = {query: planned(query) for query in QUERIES}
    for plan in counts.values():
        plan.block(0, range(64), range(64))
    assert sum(plan.counts["matched"] > 0 for plan in counts.values()) <= 1


def test_times_follow_the_numbers() -> None:
    plan = planned("destination.port: 26")
    texts = [text for found in plan.texts(0, WALKED + 2 * BLOCK) for text in found]
    times = [json.loads(text)["@timestamp"] for text in texts if text is not None]
    assert times == [START + 1_000 * number for number in range(len(times))]


def test_numbers_spread_over_their_range() -> None:
    plan = planned("source.port >= 0 and destination.port: (1 or 2)")
    found = [document for text in plan.block(0, range(2_000), range(2_000)) if text for document in documents(text)]
    ports = [document["source"]["port"] for document in found]
    assert min(ports) < 3_000 and max(ports) > 62_000 and len(set(ports)) > 1_500
    assert {document["destination"]["port"] for document in found} == {1, 2}


def test_fields_that_functions_tie_are_pinned() -> None:
    plan = planned("process where process.name != process.parent.name and process.pid > 4")
    plan.block(0, range(64), range(64))
    assert plan.pinned == ("process.name", "process.parent.name")


@pytest.mark.parametrize("query", ['@timestamp >= "2001-01-01" and a: 1', "process where @timestamp == process.start"])
def test_what_cannot_be_planned_is_walked_and_says_so(query: str) -> None:
    plan = plan_of(compile_query(query, ecs_schema(), START).program)
    assert plan is not None and plan.refusal is not None
    found = [text for texts in plan.texts(0, 40) for text in texts]
    assert len(found) == 40 and plan.counts == {"walked": 40}


# -- shapes --------------------------------------------------------------------------------------

pieces = st.one_of(st.text("abA.", max_size=3), st.sampled_from(Wild))
patterns = st.builds(make_pattern, st.lists(pieces, max_size=4), st.booleans())


def filled(shape: Pattern, rng: Random) -> str:
    letters = {Wild.RUN: lambda: "".join(rng.choices("abc", k=rng.randint(1, 3))), Wild.ONE: lambda: rng.choice("abc")}
    return "".join(token if isinstance(token, str) else letters[token]() for token in shape.tokens)


@settings(max_examples=500, deadline=None)
@given(patterns, st.one_of(st.lists(patterns, min_size=1, max_size=3).map(lambda found: Like(tuple(found)))), st.integers())
def test_what_is_certain_of_a_shape_holds_of_its_texts(shape: Pattern, test: Like, seed: int) -> None:
    verdict = Shapes().passes(test, shape)
    event(str(verdict))
    passes, rng = compile_test(FieldSpec("x", FIELD_TYPES["keyword"]), test), Random(seed)
    if verdict is not None:
        assert all(passes(filled(shape, rng)) is verdict for _ in range(20))


def test_shapes_that_are_certain() -> None:
    shapes = Shapes()
    inner = make_pattern(["x", Wild.RUN, ".exe"])
    assert shapes.passes(Like((make_pattern([Wild.RUN, ".exe"]),)), inner) is True
    assert shapes.passes(Like((make_pattern([Wild.RUN, ".dll"]),)), inner) is False
    assert shapes.passes(Like((make_pattern([Wild.RUN, "update", Wild.RUN]),)), inner) is None
    assert shapes.passes(Like((make_pattern(["x", Wild.ONE, ".exe"]),)), inner) is None
    assert shapes.passes(LengthIn(Interval(6, 20)), inner) is True
    assert shapes.passes(LengthIn(Interval(21, None)), inner) is False


def test_the_same_cell_gets_the_same_part() -> None:
    spec = FieldSpec("x", FIELD_TYPES["keyword"])
    first, second = (PreparedSets(Drawer(CompiledTests(), Random(0), START, draw_object), "a").of(spec, "x", (), ()) for _ in range(2))
    assert isinstance(first, Shaped) and first == second


# -- what a number stands for --------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(QUERIES), st.lists(st.integers(0, WALKED + BLOCK + 200), min_size=1, max_size=4))
def test_a_group_does_not_depend_on_those_before_it(query: str, cuts: list[int]) -> None:
    edges = sorted({0, WALKED + BLOCK + 200, *cuts})
    plan = _whole(query)
    other = planned(query)
    order = list(pairwise(edges))
    Random(len(cuts)).shuffle(order)
    found = {start: [text for texts in other.texts(start, stop) for text in texts] for start, stop in order}
    assert [text for start in edges[:-1] for text in found[start]] == plan


_WHOLE: dict[str, list[str | None]] = {}


def _whole(query: str) -> list[str | None]:
    if query not in _WHOLE:
        _WHOLE[query] = [text for texts in planned(query).texts(0, WALKED + BLOCK + 200) for text in texts]
    return _WHOLE[query]


@pytest.mark.parametrize("queries", [QUERIES[:1], QUERIES[:4]])
def test_bytes_are_the_documents(queries: tuple[str, ...]) -> None:
    def made() -> SourceEvents:
        events = SourceEvents(seed=7)
        for query in queries:
            events.add_query(query)
        return events

    one, two, three = made(), made(), made()
    count = WALKED * len(queries) + 700
    stream = io.BytesIO()
    written = one.write_ndjson(stream, count - 100) + one.write_ndjson(stream, 100)
    found = two.emit(count)
    assert len(found) == written
    assert stream.getvalue() == b"".join(orjson.dumps(document) + b"\n" for document in found)
    assert [document for _ in range(count) for document in next(three)] == found


@given(st.integers(0, 10 * BLOCK), st.integers(1, 5))
def test_shares_are_all_of_a_run(count: int, parts: int) -> None:
    shares = [share(count, part, parts) for part in range(parts)]
    assert shares[0][0] == 0 and shares[-1][1] == count
    assert all(before[1] == after[0] for before, after in pairwise(shares))


@pytest.mark.parametrize("form", ["ndjson", "json", "groups", "bulk"])
def test_two_jobs_write_what_one_writes(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triggerfish.api.run.executors.processes.DIVIDED", {"plain": 5_000})
    monkeypatch.setattr("triggerfish.api.run.executors.processes._KEPT", 1 << 16)
    outputs = []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        options = ["-q", "-f", form, "-n", "6000", "--style", "plain", "-j", str(jobs), "-o", str(out)]
        found = CliRunner().invoke(main, [*options, str(SAMPLES / "windows" / "defense_evasion_event_log_cleared.toml"), "no-such.toml"])
        assert found.exit_code == 2
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1]
    if form == "json":
        assert len(json.loads(outputs[0])) == 6_000


# -- files ---------------------------------------------------------------------------------------


def saved(query: str, path: Path, **options: Any) -> SourceEvents:
    events = SourceEvents.from_query(query, seed="s", **options)
    events.save_plan(path)
    return events


@pytest.mark.parametrize("query", [*QUERIES, "powershell", 'process.name: *.exe or not "x y"'])
def test_a_loaded_plan_gives_the_same_bytes(query: str, tmp_path: Path) -> None:
    events = saved(query, tmp_path / "plan")
    loaded = SourceEvents.load(tmp_path / "plan")
    streams = io.BytesIO(), io.BytesIO()
    events.write_ndjson(streams[0], 400)
    loaded.write_ndjson(streams[1], 400)
    assert streams[0].getvalue() == streams[1].getvalue()
    assert loaded.fields() == events.fields() and loaded.mappings() == events.mappings()


def test_plans_of_sample_rules(tmp_path: Path) -> None:
    rules = RuleCollection()
    rules.load_directory(SAMPLES / "linux")
    events = SourceEvents(seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rule in rules:
            events.add_rule(rule)
            if events.roots[-1].plan.refusal is not None or rule.sigma is not None:
                events._roots.pop()
    events.save_plan(tmp_path / "plan")
    assert SourceEvents.load(tmp_path / "plan").emit(300) == events.emit(300)


def test_a_sigma_rule_has_no_plan_file(tmp_path: Path) -> None:
    events = SourceEvents.from_rule(Rule.from_sigma(next(SAMPLES.glob("linux/*.yml"))))
    with pytest.raises(file.PlanFileError, match="those of its log source"):
        events.save_plan(tmp_path / "plan")


def test_a_plan_of_the_command_gives_the_documents_of_the_command(tmp_path: Path) -> None:
    rule = str(SAMPLES / "windows" / "defense_evasion_event_log_cleared.toml")
    options = [
        "-q",
        "-n",
        "100",
        "--style",
        "plain",
        "--timestamp-format",
        "epoch",
        "--emit-plan",
        str(tmp_path / "plan"),
        "-o",
        str(tmp_path / "out"),
    ]
    assert CliRunner().invoke(main, [*options, rule]).exit_code == 0
    stream = io.BytesIO()
    SourceEvents.load(tmp_path / "plan").write_ndjson(stream, 100)
    assert stream.getvalue() == (tmp_path / "out").read_bytes()


def test_a_rule_that_has_no_plan_is_warned_of(tmp_path: Path) -> None:
    rule = str(SAMPLES / "windows" / "defense_evasion_event_log_cleared.toml")
    options = ["--style", "realistic", "--emit-plan", str(tmp_path / "plan"), "--report", str(tmp_path / "report"), "-f", "none"]
    assert CliRunner().invoke(main, [*options, rule]).exit_code == 0
    ((finding),) = json.loads((tmp_path / "report").read_bytes())["rules"][0]["findings"]
    assert finding["code"] == "no-plan" and "realistic documents depend on" in finding["message"]


Change = Callable[[dict[str, Any]], object]


def _nodes(content: dict[str, Any]) -> list[list[Any]]:
    nodes: list[list[Any]] = content["rules"][0]["nodes"]
    return nodes


def _rewritten(name: str, *parts: Any) -> Change:
    def change(content: dict[str, Any]) -> None:
        nodes = _nodes(content)
        at = next(at for at, node in enumerate(nodes) if node[0] == name)
        nodes[at] = [name, *parts] if parts else ["__import__", "os"]

    return change


def _repeated(content: dict[str, Any]) -> None:
    step = next(node for node in _nodes(content) if node[0] == "Step")
    step[1 + [each.name for each in fields(Step)].index("runs")] = 1_000_000_000


TAMPERED: dict[str, tuple[Change, str]] = {
    "version": (lambda content: content.update(version=3), "is of version 3, and version 2 is read here"),
    "format": (lambda content: content.update(format="other"), "this is not a plan"),
    "class": (_rewritten("Like"), "its class is not known"),
    "parts": (_rewritten("Interval", 1), "has 4 parts"),
    "type": (_rewritten("Interval", "1", 2, False, False), "a part is not"),
    "reference ahead": (_rewritten("Like", [10**6]), "a part is not"),
    "itself": (_rewritten("And", [[5]]), "a part is not"),
    "another rule": (_rewritten("Interval", 31_337, 31_337, False, False), "do not match"),
    "start": (lambda content: content["rules"][0].update(start=1 << 50), "does not start in the years 1 to 9999"),
    "runs": (_repeated, "repeated otherwise than 1 to 100 times"),
    "no rules": (lambda content: content.update(rules=3), "does not hold what a plan holds"),
    "no skeletons": (lambda content: content["rules"][0].pop("skeletons"), "does not hold what a plan holds"),
    "no program": (lambda content: content["rules"][0].update(program=10**6), "not of the class"),
    "cells": (lambda content: content["rules"][0].update(known=[[[0, "x"]]]), "a match is not one"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_files_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "plan"
    saved("destination.port: 26 and source.port > 3 and not user.name: a*", path)
    content = json.loads(path.read_bytes())
    change, message = TAMPERED[name]
    change(content)
    if name not in ("version", "format"):
        path.write_bytes(orjson.dumps(content))
        with pytest.raises(file.PlanFileError, match="was damaged or changed"):
            SourceEvents.load(path)
    content["digest"] = file._digest({key: content[key] for key in ("seed", "rules")})
    path.write_bytes(orjson.dumps(content))
    with pytest.raises(file.PlanFileError, match=message):
        SourceEvents.load(path)


@pytest.mark.parametrize(
    ("start", "loads"), [(YEAR_1_MS, True), (YEAR_1_MS - 1, False), (YEAR_9999_END_MS, True), (YEAR_9999_END_MS + 1, False)]
)
def test_a_plan_starts_in_the_years_1_to_9999(start: int, loads: bool, tmp_path: Path) -> None:
    path = tmp_path / "plan"
    saved("destination.port: 26", path)
    content = json.loads(path.read_bytes())
    content["rules"][0]["start"] = start
    content["digest"] = file._digest({key: content[key] for key in ("seed", "rules")})
    path.write_bytes(orjson.dumps(content))
    if loads:
        SourceEvents.load(path)
    else:
        with pytest.raises(file.PlanFileError, match="years 1 to 9999"):
            SourceEvents.load(path)


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_change_of_a_file_makes_more_than_a_refusal(rng: Random) -> None:
    content = json.loads(_content())
    nodes = _nodes(content)
    for _ in range(rng.randint(1, 3)):
        node = rng.choice(nodes)
        node[rng.randrange(len(node))] = rng.choice([None, -1, 0, 3, 10**9, "", "x", [], [0], {}, True, 1.5, rng.randrange(len(nodes))])
    content["digest"] = file._digest({key: content[key] for key in ("seed", "rules")})
    try:
        ((rule,), _) = file.read_plans(json.dumps(content).encode(), ecs_schema())
    except file.PlanFileError:
        event("refused")
        return
    event("read")
    for text in rule.plan.block(0, range(16), range(16)):
        assert text is None or accepted(rule.plan, text)


_CACHED: list[bytes] = []


def _content() -> bytes:
    if not _CACHED:
        program = compile_query(
            'process where process.name : ("a*", "b") and process.pid > 3 and not user.id == "c"', ecs_schema(), START
        ).program
        plan = plan_of(program)
        assert plan is not None
        _CACHED.append(file.write_plans([file.entry_of(file.Planned(program, plan))], 1))
    return _CACHED[0]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff\x00", b'{"format": "triggerfish plan"}', b"[" * 100_000])
def test_what_is_no_plan_is_refused(data: bytes) -> None:
    with pytest.raises(file.PlanFileError):
        file.read_plans(data, ecs_schema())


def test_a_plan_for_another_schema_is_refused(tmp_path: Path) -> None:
    saved("x: 3", tmp_path / "plan", schema={"x": {"type": "long"}})
    with pytest.raises(file.PlanFileError, match="`x` is of type long in it, and is not known here; compile the rules again"):
        SourceEvents.load(tmp_path / "plan")
    with pytest.raises(file.PlanFileError, match="`x` is of type long in it, and is of type keyword here"):
        SourceEvents.load(tmp_path / "plan", schema={"x": {"type": "keyword"}})
    assert SourceEvents.load(tmp_path / "plan", schema={"x": {"type": "long"}}).emit()
