"""Realistic documents from plans: proved once, drawn many times, and as consistent as those that are walked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import RFC_4122, UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from formulas import FIELDS, formulas
from triggerfish import SourceEvents
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.match_numbers import BLOCK, WALKED
from triggerfish.backends.generate.sampler import Sampler
from triggerfish.backends.limits import Strategy
from triggerfish.backends.plan.dates import thousandths, whole_seconds
from triggerfish.backends.plan.plan import Plan
from triggerfish.backends.plan.render import _identifiers
from triggerfish.backends.plan.skeleton import Hole, joined
from triggerfish.backends.realism.apply import make_realistic
from triggerfish.backends.realism.population import usual_world
from triggerfish.backends.values.value_sets import Identifier, IdForm, joint
from triggerfish.compiler.ir.formula import Formula
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.semantics.match_document import Reading
from triggerfish.compiler.semantics.match_group import GroupMatcher
from triggerfish.compiler.values.literals import render_date

START = 1_700_000_000_000
WORLD = usual_world(0)

QUERIES = (
    'process where process.name : ("cmd.exe", "powershell.exe") and not user.name : ("maria*", "svc*")',
    'file where file.path : "?:\\\\Users\\\\*\\\\AppData\\\\*.exe" and not process.name : "msiexec.exe"',
    'network where host.os.type == "linux" and not cidrMatch(source.ip, "10.1.0.0/21") and source.ip != null',
    'sequence by host.id with maxspan=1m [process where process.name : "a*"] by user.name [file where file.extension : "dll"] by user.name',
    'process where host.name : "srv-*" and process.args : ("-a", "-b*")',
    "event.dataset: aws.cloudtrail and event.action: (DeleteTrail or StopLogging)",
    "event.code: 4625 and winlog.event_data.LogonType: (3 or 10) and not user.id: S-1-5-18",
)


def plans() -> Iterator[tuple[str, SourceEvents]]:
    for query in QUERIES:
        yield query, SourceEvents.from_query(query, style="realistic")


@pytest.mark.parametrize("query", QUERIES)
def test_planned_documents_match_and_are_proved_to(query: str) -> None:
    events = SourceEvents.from_query(query, style="realistic")
    plan, judge = events.roots[0].plan, GroupMatcher(events.roots[0].program)
    drawn = [text for texts in plan.texts(WALKED, WALKED + 600) for text in texts]
    assert plan.counts["proved"] == len(drawn) == 600
    for text in drawn:
        assert text is not None
        assert judge.accepts([orjson.loads(line) for line in text.splitlines()], Reading.STRICT)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(formulas)
def test_planned_realistic_documents_match_any_formula(formula: Formula) -> None:
    schema = ecs_schema().with_fields({spec.name: spec for spec in FIELDS})
    solution = solve(Program(ShapeKind.EVENT, (Step(formula),), ""), "seed", START, strategy=Strategy(findings=False))
    if not isinstance(solution.sampler, Sampler):
        return
    make_realistic(solution.sampler, schema, WORLD)
    plan = Plan(solution.sampler, "seed")
    for texts in plan.texts(WALKED, WALKED + 200):
        for text in texts:
            assert text is not None
            assert solution.sampler.matcher.accepts([orjson.loads(line) for line in text.splitlines()])


@pytest.mark.parametrize("query", QUERIES)
def test_a_scene_varies_who_and_where(query: str) -> None:
    documents = SourceEvents.from_query(query, style="realistic").emit(WALKED + 600)[WALKED:]
    users = {document["user"]["name"] for document in documents if "user" in document}
    hosts = {document["host"]["name"] for document in documents if "host" in document}
    assert max(len(users), len(hosts)) > 5


def test_names_in_values_are_those_of_the_user() -> None:
    query = 'file where file.path : "?:\\\\Users\\\\*\\\\AppData\\\\*.exe"'
    for document in SourceEvents.from_query(query, style="realistic").emit(WALKED + 400)[WALKED:]:
        assert document["file"]["path"].split("\\")[2] == document["user"]["name"]


def test_the_same_process_has_the_same_pid_in_every_event() -> None:
    query = 'sequence by process.entity_id [process where process.name : "a.exe"] [network where destination.port == 443]'
    events = SourceEvents.from_query(query, style="realistic")
    pids = set()
    for _ in range(WALKED + 300):
        first, second = next(events)
        assert first["process"]["pid"] == second["process"]["pid"]
        pids.add(first["process"]["pid"])
    assert len(pids) > 100


def test_any_part_of_a_run_is_drawn_alike() -> None:
    for query, events in plans():
        whole = [text for texts in events.roots[0].plan.texts(0, WALKED + BLOCK + 40) for text in texts]
        again = SourceEvents.from_query(query, style="realistic").roots[0].plan
        part = [text for texts in again.texts(WALKED + BLOCK - 7, WALKED + BLOCK + 40) for text in texts]
        assert part == whole[WALKED + BLOCK - 7 :]


def test_dates_are_after_the_event() -> None:
    for document in SourceEvents.from_query("destination.port: 26", style="realistic").emit(WALKED + 300):
        created, ingested = document["event"]["created"], document["event"]["ingested"]
        assert render_date(document["@timestamp"]) < created < ingested


# -- parts ---------------------------------------------------------------------------------------


def test_many_dates_are_rendered_as_one_is() -> None:
    rng = Random(0)
    for begin in (0, START // 1000 * 1000, -86_400_000 * 3, 253_402_200_000_000):
        for span in (1, 90_000):
            times = [begin + rng.randrange(span) * 1000 for _ in range(200)]
            assert [f"{second}{thousandths()[7]}" for second in whole_seconds(times)] == [render_date(time + 7) for time in times]


@pytest.mark.parametrize("start", [START, START + 123, 253_402_300_790_000])
def test_dates_of_any_start_are_after_the_event(start: int) -> None:
    for document in SourceEvents.from_query("destination.port: 26", style="realistic", start=start).emit(WALKED + 40)[WALKED:]:
        created = document["event"]["created"]
        assert render_date(document["@timestamp"]) < created or created.isdecimal()


def test_identifiers_are_of_their_form() -> None:
    shapes = {IdForm.HEX_128: "[0-9a-f]{32}", IdForm.HEX_256: "[0-9a-f]{64}"}
    for form in IdForm:
        drawn = _identifiers(form, Random(0), 200)
        assert len(set(drawn)) == 200
        if form is IdForm.UUID:
            assert all(str(UUID(text)) == text and UUID(text).version == 4 and UUID(text).variant == RFC_4122 for text in drawn)
        else:
            assert all(re.fullmatch(shapes[form], text) for text in drawn)


def test_consecutive_values_of_a_group_become_one() -> None:
    sets = (joint("seat", ("a", "b")), joint("seat", ("1", "2")), Identifier(IdForm.UUID), joint("seat", ("x", "y")))
    texts, holes, kept = joined(("{", ":", ",", ";", "}"), tuple(map(Hole, range(4))), sets)
    assert texts == ("{", ",", ";", "}")
    assert [kept[hole.number] for hole in holes][1:] == [sets[2], sets[3]]
    first: Any = kept[holes[0].number]
    assert first.texts == ('"a":"1"', '"b":"2"')
