"""Comparing rules: the relation, what makes the difference, and witnesses beside what both rules match."""

from __future__ import annotations

import pytest

from triggerfish.backends.compare.comparison import Comparison, Outcome, Relation
from triggerfish.backends.compare.groups import fires
from triggerfish.backends.compare.overlaps import Overlap, may_match, needs_of, overlaps, samples_of
from triggerfish.backends.compare.programs import compare_programs
from triggerfish.backends.limits import Limits
from triggerfish.compiler.ir.program import Program
from triggerfish.compiler.schema.built_in import built_in_schema
from triggerfish.compiler.semantics.document import flatten
from triggerfish.rules import Rule
from triggerfish.rules.lowering.compile_rule import compile_rule
from triggerfish.rules.lowering.compile_together import compile_together
from triggerfish.rules.rule import rule_of_query

NOW = 1_700_000_000_000
LIMITS = Limits(timeout=5.0)

RELATIONS = [
    # The same in other words.
    ("process.name: (a or b)", "process.name: (b or a)", Relation.EQUIVALENT),
    ("process.name: (a* or ab or b)", "process.name: (a* or b)", Relation.EQUIVALENT),
    ("user.name: x and process.name: (a* or ab)", "process.name: a* and user.name: x", Relation.EQUIVALENT),
    ("not process.name: (a* or ab)", "not process.name: a*", Relation.EQUIVALENT),
    ("process.pid > 4 and process.pid > 2", "process.pid > 4", Relation.EQUIVALENT),
    ("process.pid >= 5", "process.pid > 4", Relation.EQUIVALENT),
    (
        "(process.name: a and user.name: b) or process.pid: 1",
        "process.pid: 1 or (user.name: b and process.name: a)",
        Relation.EQUIVALENT,
    ),
    (
        "(process.name: a and user.name: x) or (process.name: b and user.name: x)",
        "process.name: (a or b) and user.name: x",
        Relation.EQUIVALENT,
    ),
    ("not (process.name: a or user.name: b)", "not process.name: a and not user.name: b", Relation.EQUIVALENT),
    ('process where process.name in ("a*", "b", "b")', 'process where process.name in ("a*", "b")', Relation.EQUIVALENT),
    # More and less.
    ("process.name: a", "process.name: (a or b)", Relation.WIDER),
    ("user.name: x and process.name: a", "process.name: a", Relation.WIDER),
    ('process where process.name == "a*"', 'process where process.name : "a*"', Relation.WIDER),
    ("not process.name: a*", "not process.name: ab", Relation.WIDER),
    ("process.name: a", "process.name: a and not user.name: root", Relation.NARROWER),
    ("destination.ip: 10.0.0.0/8", "destination.ip: 10.1.0.0/16", Relation.NARROWER),
    ("process.args: a and user.name: x", "process.args: b and user.name: x", Relation.OVERLAPPING),
    # One value where several may stand.
    ("destination.port: 1", "destination.port: 2", Relation.DISJOINT),
    ("process where true", "network where true", Relation.OVERLAPPING),
    # Types that only one of the two suggests.
    ("some.number > 4", "some.number: 5", Relation.NARROWER),
    ("some.address: 10.0.0.0/8", "some.address: 10.1.2.3", Relation.NARROWER),
    # A rule that matches nothing lies in any other.
    ("process.pid > 4 and process.pid < 4", "process.name: a", Relation.WIDER),
    # Sequences: items, keys, times, what ends them.
    (
        'sequence by host.id [process where process.name : ("a*", "ab")] [file where true]',
        'sequence by host.id [process where process.name : "a*"] [file where true]',
        Relation.EQUIVALENT,
    ),
    (
        "sequence by host.id [process where true] [file where true]",
        'sequence by host.id [process where true] [file where file.name == "a"]',
        Relation.NARROWER,
    ),
    ("sequence [process where true] [file where true]", "sequence by host.id [process where true] [file where true]", Relation.NARROWER),
    (
        "sequence by host.id with maxspan=1m [process where true] [file where true]",
        "sequence by host.id with maxspan=5m [process where true] [file where true]",
        Relation.WIDER,
    ),
    (
        "sequence by host.id [process where true] [file where true]",
        "sequence by host.id [process where true] [file where true] until [network where true]",
        Relation.NARROWER,
    ),
    ("sequence [process where true] [file where true]", "any where true", Relation.WIDER),
    (
        "sample by host.id [process where true] [file where true]",
        "sample by user.id [process where true] [file where true]",
        Relation.OVERLAPPING,
    ),
]


def compared(first: str | Rule, second: str | Rule) -> Comparison:
    rules = [each if isinstance(each, Rule) else rule_of_query(each) for each in (first, second)]
    (one, _), (other, _) = compile_together(rules, built_in_schema(), NOW)
    found = compare_programs(one.programs, other.programs)
    for side, mine, theirs in ((found.lost, one, other), (found.won, other, one)):
        for part in side.parts:
            group = list(zip(part.roles, part.documents, strict=True))
            assert fires(mine.programs, group) and not fires(theirs.programs, group)
    return found


@pytest.mark.parametrize(("first", "second", "relation"), RELATIONS)
def test_relation(first: str, second: str, relation: Relation) -> None:
    assert compared(first, second).relation is relation


_OPPOSITE = {Relation.NARROWER: Relation.WIDER, Relation.WIDER: Relation.NARROWER}


@pytest.mark.parametrize(("first", "second", "relation"), RELATIONS)
def test_the_relation_of_the_first_to_the_second_is_the_opposite(first: str, second: str, relation: Relation) -> None:
    assert compared(second, first).relation is _OPPOSITE.get(relation, relation)


@pytest.mark.parametrize(
    ("first", "second", "conditions"),
    [
        ("process.name: a", "process.name: a and not user.name: root and process.pid > 4", ["not user.name: root", "process.pid > 4"]),
        ("process.name: (a or b or c)", "process.name: (a or b)", ["a or b"]),
        ("not user.name: x", "not user.name: (x or y)", ["y"]),
        (
            "sequence by host.id [process where true] [file where true]",
            'sequence by host.id [process where true] [file where file.name == "a"]',
            ['file.name == "a"'],
        ),
    ],
)
def test_the_conditions_that_make_the_difference(first: str, second: str, conditions: list[str]) -> None:
    parts = compared(first, second).lost.parts
    assert [second[part.span.start : part.span.end] for part in parts] == conditions


@pytest.mark.parametrize(
    ("first", "second", "fields"),
    [
        ("process.name: (a or b) and user.name: x and host.name: y*", "process.name: a and user.name: x and host.name: y*", "process.name"),
        ("process.name: a and process.pid > 4", "process.name: a and process.pid > 9", "process.pid"),
        # Either of two fields keeps the exclusion from being met.
        ("process.name: a", "process.name: a and not (user.name: x and host.name: y)", None),
    ],
)
def test_a_witness_differs_in_one_field_from_what_both_match(first: str, second: str, fields: str | None) -> None:
    (part,) = compared(first, second).lost.parts
    (event,), (beside,) = part.documents, part.beside
    assert len(part.fields) == 1 and fields in (None, part.fields[0])
    before, after = flatten(beside), flatten(event)
    assert [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)] == list(part.fields)


@pytest.mark.parametrize(
    ("second", "excluded"),
    [
        ("process.name: a and not user.name: x", False),
        ("process.name: a and not (user.name: x or host.name: y)", True),
        ("process.name: a and process.pid > 4", False),
    ],
)
def test_what_an_exclusion_names_is_told_from_a_condition(second: str, excluded: bool) -> None:
    parts = compared("process.name: a", second).lost.parts
    assert {part.excluded for part in parts} == {excluded}


def test_single_values_are_not_spoken_of_where_a_rule_needs_several() -> None:
    found = compared("process.args: a and process.args: b", "process.args: a and process.args: b and process.pid > 4")
    assert found.relation is found.relation_by_single_values is Relation.NARROWER


def rule(**attributes: object) -> Rule:
    return Rule.from_dict({"language": "kuery", "query": "event.action: login", **attributes})


def threshold(value: int, *fields: str, query: str = "event.action: login", **attributes: object) -> Rule:
    return rule(type="threshold", query=query, threshold={"field": list(fields), "value": value}, **attributes)


def new_terms(*fields: str, start: str = "now-14d") -> Rule:
    return rule(type="new_terms", new_terms_fields=list(fields), history_window_start=start, **{"from": "now-5m"})


@pytest.mark.parametrize(
    ("first", "second", "relation"),
    [
        (threshold(5, "host.id"), threshold(5, "host.id"), Relation.EQUIVALENT),
        (threshold(5, "host.id"), threshold(10, "host.id"), Relation.NARROWER),
        (threshold(5, "host.id", "user.name"), threshold(5, "host.id"), Relation.WIDER),
        (threshold(5, "host.id"), threshold(5, "host.id", query="event.action: login and user.name: x"), Relation.NARROWER),
        (threshold(5, "host.id", query="user.name: a"), threshold(5, "host.id", query="user.name: b"), Relation.DISJOINT),
        (threshold(5, "host.id", **{"from": "now-60m"}), threshold(5, "host.id", **{"from": "now-5m"}), Relation.NARROWER),
        (new_terms("user.name"), new_terms("user.name"), Relation.EQUIVALENT),
        (new_terms("user.name"), new_terms("user.name", start="now-7d"), Relation.WIDER),
        (new_terms("user.name"), new_terms("user.name", "host.id"), Relation.OVERLAPPING),
        (rule(type="query"), new_terms("user.name"), Relation.NARROWER),
        # What is suppressed of the alerts does not count.
        (rule(type="query"), rule(type="query", alert_suppression={"group_by": ["host.id"]}), Relation.EQUIVALENT),
    ],
)
def test_rules_of_several_documents_are_compared_by_their_parts(first: Rule, second: Rule, relation: Relation) -> None:
    assert compared(first, second).relation is relation


def test_what_is_not_shown_is_unknown() -> None:
    found = compared(
        'sequence by host.id [process where process.name == "a"] [file where true]',
        'sequence by host.id [process where process.name == "a"] [file where true] [file where true] | head 1',
    )
    assert found.lost.outcome is Outcome.WITNESS
    assert found.won.outcome in (Outcome.UNKNOWN, Outcome.WITNESS)


# -- sets --------------------------------------------------------------------------------------------


def programs(*queries: str) -> list[tuple[Program, ...]]:
    return [compile_rule(rule_of_query(query), built_in_schema(), NOW).programs for query in queries]


def found_in(*queries: str) -> list[tuple[int, int, Overlap]]:
    rules = programs(*queries)
    result = overlaps(rules, [samples_of(each, "seed", LIMITS) for each in rules], LIMITS)
    assert result.undecided == ()
    return [(each.inner, each.outer, each.overlap) for each in result.found]


def test_rules_that_lie_in_others() -> None:
    assert found_in(
        "process.name: a and user.name: x",
        "process.name: (a or b)",
        "user.name: x",
        "user.name: x and not process.name: a",
        "process.name: (b or a)",
        "host.name: z",
    ) == [
        (0, 1, Overlap.INSIDE),
        (0, 2, Overlap.INSIDE),
        (0, 3, Overlap.BUT_FOR_EXCLUSIONS),
        (0, 4, Overlap.INSIDE),
        (1, 4, Overlap.EQUIVALENT),
        (2, 3, Overlap.BUT_FOR_EXCLUSIONS),
        (3, 2, Overlap.INSIDE),
    ]


def test_sequences_lie_in_sequences_and_in_events() -> None:
    assert found_in(
        'sequence by host.id with maxspan=1m [process where process.name == "a"] [file where true]',
        "sequence by host.id with maxspan=5m [process where true] [file where true]",
        'process where process.name == "a"',
    ) == [(0, 1, Overlap.INSIDE), (0, 2, Overlap.INSIDE)]


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("process.name: cmd.exe and user.name: x", "process.name: (CMD.exe or cmd.exe)"),
        ("process where process.pid == 4", "process where process.pid in (4, 5)"),
        ('process where process.name == "abcdef"', 'process where process.name : "*BCDE*"'),
        ("sequence by host.id [process where true] [file where true]", "process where true"),
    ],
)
def test_what_a_rule_needs_is_in_the_matches_of_the_rules_inside(inner: str, outer: str) -> None:
    first, second = programs(inner, outer)
    assert all(may_match(needs_of(second), match) for match in samples_of(first, "seed", LIMITS))
