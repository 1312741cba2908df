"""Elasticsearch's own EQL cases, all of them: the matcher finds the events that Elasticsearch finds."""

from __future__ import annotations

from pathlib import Path

from eql_qa import find, ids, load_cases
from triggerfish.compiler.diagnostics.diagnostic import QueryError

FAILURES: dict[str, str] = {}
"""Cases that differ, with the reason that docs/eql.md gives. A case that passes leaves this table."""


def test_events_sequences_and_samples(shared: Path) -> None:
    folder = shared / "eql-qa"
    cases = load_cases(folder)
    assert len(cases) == 300
    failed = set()
    for case in cases:
        try:
            found = ids(case, *find(case, folder))
        except QueryError:
            found = None
        if found not in case.answers:
            failed.add(case.name)
    assert failed == set(FAILURES)


def test_join_keys(shared: Path) -> None:
    """Sequences also have the join keys that Elasticsearch gives, dates as it writes them."""
    folder = shared / "eql-qa"
    compared = 0
    for case in load_cases(folder):
        if case.suite not in ("test_extra", "test_missing_events") or case.join_keys is None or "date_tags" in case.query:
            continue
        found, _ = find(case, folder)
        keys = ["null" if key is None else str(key) for match in found for key in match.keys]
        assert keys[: len(case.join_keys)] == list(case.join_keys), case.name
        compared += 1
    assert compared >= 40
