"""What a query means: the documents of the cases, and the events that Elasticsearch returns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from formula_cases import load_cases, lower_case
from triggerfish.compiler.lower.eql.program import lower_eql
from triggerfish.compiler.schema.fields import Schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, compile_formula, matches
from triggerfish.grammar.eql import parser as eql
from triggerfish.grammar.eql import tree as eql_tree

KNOWN_FAILURES = {
    "optionalDefaultNullValueFieldEqualNull": "a mapping's null_value: documents lose their nulls before they are matched",
    "optionalDefaultNullValueFieldEqualDefaultValue": "a mapping's null_value: documents lose their nulls before they are matched",
}
"""Cases of eql-qa that fail, with the reason. A case that passes leaves this table."""


@pytest.mark.parametrize(("language", "case"), load_cases(errors=False))
def test_documents(language: str, case: dict[str, Any]) -> None:
    formula, _ = lower_case(language, case)
    assert case.keys() & {"match", "lenient", "miss"}
    for reading in Reading:
        wanted = [*case.get("match", ()), *(case.get("lenient", ()) if reading is Reading.ELASTICSEARCH else ())]
        refused = [*case.get("miss", ()), *(case.get("lenient", ()) if reading is Reading.STRICT else ())]
        assert [document for document in wanted if not matches(formula, document, reading)] == [], reading
        assert [document for document in refused if matches(formula, document, reading)] == [], reading


def load_dataset(folder: Path, name: str) -> tuple[Schema, list[dict[str, Any]]]:
    mapping = json.loads((folder / f"{name}.mapping.json").read_text(encoding="utf-8"))
    lines = (folder / f"{name}.ndjson").read_text(encoding="utf-8").splitlines()
    return schema_from(mapping, name), [json.loads(line) for line in lines if line.strip()]


def test_events_that_elasticsearch_returns(shared: Path) -> None:
    """Event queries of Elasticsearch's own tests find the events that Elasticsearch finds."""
    folder = shared / "eql-qa"
    datasets: dict[str, tuple[Schema, list[dict[str, Any]]]] = {}
    failures, passed = set(), 0
    for case in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
        query = eql.parse(case["query"])
        if not isinstance(query.shape, eql_tree.EventQuery):
            continue
        name = case["datasets"][0]
        if name not in datasets:
            datasets[name] = load_dataset(folder / "datasets", name)
        schema, events = datasets[name]
        program, _ = lower_eql(query, case["query"], schema, 0)
        judge = compile_formula(program.steps[0].formula, Reading.ELASTICSEARCH)
        ordered = sorted(events, key=lambda event: (int(event["@timestamp"]), event[case["id_field"]]))
        found = [event[case["id_field"]] for event in ordered if judge(flatten(event)) is True]
        for pipe in query.pipes:
            (count,) = (argument.value for argument in pipe.args if isinstance(argument, eql_tree.Number))
            found = found[: int(count)] if pipe.name == "head" else found[-int(count) :]
        # Without pipe or size the tests of Elasticsearch do not keep to the ten events of its interface.
        if found[: case.get("size")] == case["expected_event_ids"]:
            passed += 1
        else:
            failures.add(case["name"])
    assert failures == set(KNOWN_FAILURES)
    assert passed >= 159
