"""Comparing two versions of a query: a proof, or an event that only one of them matches."""

from __future__ import annotations

import json

import pytest

from triggerfish.backends.compare import Answer, same_events
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.schema.fields import ecs_schema
from triggerfish.compiler.semantics.match_document import matches

START = 1_700_000_000_000

SAME = [
    ("process.name: (a or b)", "process.name: (b or a)"),
    ("process.name: (a* or ab or b)", "process.name: (a* or b)"),
    ("user.name: x and process.name: (a* or ab)", "process.name: a* and user.name: x"),
    ("not process.name: (a* or ab)", "not process.name: a*"),
    ("process.pid > 4 and process.pid > 2", "process.pid > 4"),
    ("(process.name: a and user.name: b) or process.pid: 1", "process.pid: 1 or (user.name: b and process.name: a)"),
    ('process where process.name in ("a*", "b", "b")', 'process where process.name in ("a*", "b")'),
    (
        'sequence by host.id [process where process.name : ("a*", "ab")] [file where true]',
        'sequence by host.id [process where process.name : "a*"] [file where true]',
    ),
]
GAINED = [
    ("process.name: a", "process.name: (a or b)"),
    ("user.name: x and process.name: a", "process.name: a"),
    ('process where process.name == "a*"', 'process where process.name : "a*"'),
    ("not process.name: a*", "not process.name: ab"),
]


def compared(old: str, new: str):  # type: ignore[no-untyped-def]
    programs = [(compile_query(text, ecs_schema(), START).program,) for text in (old, new)]
    return same_events(*programs)


@pytest.mark.parametrize(("old", "new"), SAME)
def test_versions_that_match_the_same_are_proved_to(old: str, new: str) -> None:
    found = compared(old, new)
    assert found.same and not found.differs


@pytest.mark.parametrize(("old", "new"), GAINED)
def test_a_difference_has_an_event_that_shows_it(old: str, new: str) -> None:
    found = compared(old, new)
    assert found.differs and not found.same
    assert (found.gained.answer, found.lost.answer) == (Answer.WITNESS, Answer.PROOF)
    event = json.loads(found.gained.witness)
    before, after = (compile_query(text, ecs_schema(), START).program.steps[0].formula for text in (old, new))
    assert matches(after, event) and not matches(before, event)
    assert compared(new, old).lost.answer is Answer.WITNESS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("any where true", "sequence [any where true] [any where true]"),
        ("sequence by host.id [process where true] [file where true]", "sequence by user.id [process where true] [file where true]"),
        ("sequence [process where process.pid == 1] [file where true]", "sequence [process where process.pid == 2] [file where true]"),
    ],
)
def test_nothing_is_concluded_from_another_shape(old: str, new: str) -> None:
    found = compared(old, new)
    assert (found.same, found.differs) == (False, False)
    assert found.lost.why != ""
