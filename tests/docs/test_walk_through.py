"""The examples of ``docs/walk-through.ipynb`` run as written and give what the text around them says."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def outputs() -> dict[str, str]:
    """What each code cell shows, by the cell's source."""
    notebook = nbformat.read(DOCS / "walk-through.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(DOCS)}}).execute()
    shown = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            texts = [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]
            shown[cell.source] = "".join(texts)
    return shown


def result(outputs: dict[str, str], fragment: str, last_line: str) -> Any:
    """The value that the cell which holds the fragment and ends in this line shows."""
    found = [text for source, text in outputs.items() if fragment in source and source.endswith(last_line)]
    assert len(found) == 1
    return ast.literal_eval(found[0])


def test_a_query_gives_one_document_with_the_field_and_a_timestamp(outputs: dict[str, str]) -> None:
    (document,) = result(outputs, "next(SourceEvents.from_query('process.name : *.exe'))", "*.exe'))")
    assert list(document) == ["process", "@timestamp"]
    assert document["process"]["name"].endswith(".exe")
    assert isinstance(document["@timestamp"], int)


def test_documents_match_one_of_several_queries(outputs: dict[str, str]) -> None:
    (document,) = result(outputs, "source.ip : 10.0.0.0/8", "next(se)")
    assert document.get("source", {}).get("ip", "10.").startswith("10.")
    assert set(document) in ({"source", "@timestamp"}, {"process", "@timestamp"})


def test_an_event_query_gives_its_category_as_a_list_after_the_condition(outputs: dict[str, str]) -> None:
    (document,) = result(outputs, "process where process.name", "next(se)")
    assert list(document) == ["process", "event", "@timestamp"]
    assert document["event"] == {"category": ["process"]}


def test_rules_give_documents(outputs: dict[str, str]) -> None:
    (document,) = result(outputs, "rules.load_file", "next(se)")
    assert list(document) == ["event", "network", "destination", "@timestamp"]
    assert document["event"]["category"] in (["network"], ["network_traffic"])
    assert document["network"] == {"transport": "tcp"}
    assert document["destination"]["port"] in (23, 26)


def test_five_draws_differ(outputs: dict[str, str]) -> None:
    groups = result(outputs, "(*.exe or *.dll)", "range(5)]")
    names = [group[0]["process"]["name"] for group in groups]
    assert len(set(names)) == 5
    assert all(name.endswith((".exe", ".dll")) for name in names)


def test_complete_takes_every_alternative(outputs: dict[str, str]) -> None:
    documents = result(outputs, "complete=True", "timestamp=False)")
    assert sorted(document["process"]["name"][-4:] for document in documents) == [".dll", ".exe"]
    assert all("@timestamp" not in document for document in documents)


def test_the_schema_can_be_seen_and_replaced(outputs: dict[str, str]) -> None:
    assert result(outputs, "SourceEvents.ecs_version", "ecs_version")[0].isdigit()
    assert result(outputs, "SourceEvents.custom_schema", "custom_schema") == {
        "file.Ext.windows.zone_identifier": {"type": "long"},
        "process.parent.Ext.real.pid": {"type": "long"},
    }
    (document,) = result(outputs, 'schema={"x"', "next(se)")
    assert 0 < document["x"] < 100


def test_mappings_describe_the_fields(outputs: dict[str, str]) -> None:
    assert result(outputs, "mappings", "se.mappings()") == {
        "properties": {
            "@timestamp": {"type": "date"},
            "destination": {"properties": {"port": {"type": "long"}}},
            "event": {"properties": {"category": {"type": "keyword"}}},
            "network": {"properties": {"transport": {"type": "keyword"}}},
        }
    }


def test_validation_says_why(outputs: dict[str, str]) -> None:
    (message,) = (text for source, text in outputs.items() if "destination.port < 1024" in source)
    assert message == "Unsolvable constraints: destination.port (empty solution space, 1025 <= x <= 1023)\n"


def test_the_iterator_gives_one_match_at_a_time(outputs: dict[str, str]) -> None:
    (text,) = (text for source, text in outputs.items() if "islice(se, 10)" in source)
    groups = [ast.literal_eval(line) for line in text.splitlines()]
    assert len(groups) == 10
    assert all(len(group) == 1 for group in groups)


def test_a_rule_fires_on_one_of_the_events_and_says_why_not_on_the_other(outputs: dict[str, str]) -> None:
    assert result(outputs, "alert.events for alert in match", "match(rule, events)]") == [(0,)]
    (shown,) = (text for source, text in outputs.items() if source == "print(why(rule, events[1]))")
    assert "false   not user.name : SYSTEM" in shown
    (misses,) = (text for source, text in outputs.items() if "near_misses()" in source)
    assert {"case", "bound", "excluded value"} <= {line.partition(":")[0] for line in misses.splitlines()}
