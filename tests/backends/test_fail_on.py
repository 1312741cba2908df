"""``--fail-on``: what makes a run fail, and with which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from compile_rule import PORT_26, SAMPLES, invoke, rule
from triggerfish.backends.report.exit_codes import OUTCOMES, exit_code, failures

BROKEN = SAMPLES / "broken"
FILES = {
    "ok": PORT_26,
    "dead": BROKEN / "dead_alternative.toml",
    "unsatisfiable": BROKEN / "contradictory_port_range.toml",
    "unsupported": BROKEN / "unsupported_esql.toml",
    "invalid": BROKEN / "unclosed_quote.toml",
}


@pytest.mark.parametrize(
    ("fail_on", "files", "code"),
    [
        (None, "ok dead", 0),
        (None, "dead unsupported", 3),
        (None, "dead unsupported unsatisfiable", 1),
        ("dead", "ok", 0),
        ("dead", "ok dead", 1),
        ("dead", "ok unsatisfiable unsupported", 0),
        ("unsatisfiable", "dead unsupported", 0),
        ("unsatisfiable", "dead unsupported unsatisfiable", 1),
        ("unsupported", "dead unsupported unsatisfiable", 3),
        ("unsupported, dead", "dead unsupported", 1),
        ("unknown", "dead unsupported unsatisfiable", 0),
        ("any", "ok", 0),
        ("any", "dead", 1),
        ("any", "unsupported", 3),
        ("any", "dead unsupported invalid", 2),
        ("invalid", "dead unsupported unsatisfiable", 0),
        ("unknown", "ok invalid", 2),
    ],
)
def test_fail_on(fail_on: str | None, files: str, code: int) -> None:
    options = [] if fail_on is None else ["--fail-on", fail_on]
    assert invoke("-q", "-f", "none", *options, *(FILES[name] for name in files.split())).exit_code == code


def test_warnings(tmp_path: Path) -> None:
    path = rule(tmp_path, "redundant", "destination.port : 26 and destination.port > 20")
    assert [invoke("-q", "-f", "none", "--fail-on", name, path).exit_code for name in ("dead", "warning", "any")] == [0, 1, 1]


def test_strict_makes_dead_unsatisfiable() -> None:
    for name in ("unsatisfiable", "dead"):
        assert invoke("-q", "-f", "none", "--strict", "--fail-on", name, FILES["dead"]).exit_code == 1


@pytest.mark.parametrize("listed", ["", "dead,", "dead,deaf", "ok", "Dead"])
def test_names_that_are_not_known(listed: str) -> None:
    found = invoke("--fail-on", listed, PORT_26)
    assert found.exit_code == 2
    assert "is not one of invalid, unsatisfiable, dead, error, warning, unknown, unsupported, any" in " ".join(found.stderr.split())


def test_what_is_left_out_of_the_list_is_invalid_alone() -> None:
    assert failures(["dead"]) == {"dead", "invalid"}
    assert failures(["any"]) == set(OUTCOMES)


@pytest.mark.parametrize(
    ("found", "code"), [((), 0), (("unsupported", "dead"), 1), (("unknown", "invalid", "dead"), 2), (("unknown", "warning"), 1)]
)
def test_the_worst_makes_the_exit_code(found: tuple[str, ...], code: int) -> None:
    assert exit_code(found, OUTCOMES) == code
