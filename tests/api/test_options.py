"""The rows of options: what they are checked against, and what is made from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from triggerfish.api.options import rows
from triggerfish.api.run import match_options, test_options, test_run
from triggerfish.api.run.cache_key import cache_key
from triggerfish.api.run.run_options import DOCUMENT_FORMATS, REPORT_FORMATS, STYLES, RunOptions
from triggerfish.api.run.shared_options import LANGUAGES
from triggerfish.backends.realism import apply
from triggerfish.backends.report import alert_formats, document_formats, exit_codes
from triggerfish.backends.report.formats import registry
from triggerfish.compiler import compile as compiler

ROWS = dict(rows(RunOptions))


def test_choices_are_those_of_the_tables_that_implement_them() -> None:
    assert tuple(compiler.LANGUAGES) == LANGUAGES
    assert apply.STYLES == STYLES
    assert tuple(document_formats.FORMATS) == tuple(DOCUMENT_FORMATS)
    assert tuple(registry.REPORT_FORMATS) == REPORT_FORMATS


def test_the_help_of_fail_on_names_every_outcome() -> None:
    names, default = (
        ROWS["fail_on"].help.removesuffix("; `check` leaves out unsupported. Invalid always fails the run.").split(". Default: ")
    )
    assert names.partition(": ")[2].split(", ") == [*exit_codes.OUTCOMES, exit_codes.ANY]
    assert default.split(", ") == [name for name in exit_codes.OUTCOMES if name in exit_codes.BY_DEFAULT]


def test_what_writes_a_file_takes_one() -> None:
    assert all(row.value == "FILE" for row in ROWS.values() if row.writes)
    assert {name for name, row in ROWS.items() if row.writes} == {"out", "report", "mappings", "emit_plan", "draw"}


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if name != "schema" and row.names])
def test_the_cache_key_depends_on_what_is_keyed(name: str) -> None:
    """A key that is too wide only costs time, one that is too narrow gives the results of another run."""
    other = replace(RunOptions(), **{name: _another(getattr(RunOptions(), name))})
    assert (cache_key(RunOptions()) != cache_key(other)) == ROWS[name].keyed


def _another(value: object) -> object:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case tuple():
            return ("x",)
    return "x"


def test_what_changes_documents_is_keyed() -> None:
    keyed = {name for name, row in ROWS.items() if row.keyed}
    assert {"count", "seed", "start", "now", "style", "format", "index", "history", "strict", "findings", "solver", "timeout"} <= keyed
    assert keyed.isdisjoint({"jobs", "out", "report", "cache", "verbose", "quiet", "baseline", "fail_on"})


def test_names_of_the_formats_of_alerts_and_tests_are_those_of_the_tables() -> None:
    # Alerts of the format `ndjson` are written as they come.
    assert set(match_options.ALERT_FORMATS) == {*alert_formats.ALERT_FORMATS, "ndjson"}
    assert set(test_options.TEST_FORMATS) == set(test_run.FORMATS)
