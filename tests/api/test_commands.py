"""The commands of ``triggerfish``: each with its own options, over the code of ``compile-rule``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compile_rule import PORT_26, SAMPLES, invoke
from compile_rule import command_of_group as call
from triggerfish.api.cli.commands import COMMANDS
from triggerfish.api.on_demand import load
from triggerfish.api.options import rows

BROKEN = SAMPLES / "broken"


def without_time(text: str) -> str:
    return text.rpartition(" in ")[0]


# -- check, generate, explain --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["contradictory_port_range", "unsupported_esql", "unclosed_quote", "dead_alternative"])
def test_check_says_what_the_batch_command_says(name: str) -> None:
    checked, batch = call("check", BROKEN / f"{name}.toml"), invoke("-f", "none", "-n", "0", BROKEN / f"{name}.toml")
    assert (checked.exit_code, checked.stdout) == (0 if name == "unsupported_esql" else batch.exit_code, "")
    assert without_time(checked.stderr) == without_time(batch.stderr) != ""


def test_check_fails_on_what_is_unsupported_when_that_is_asked_for() -> None:
    assert call("check", "--fail-on", "unsupported", BROKEN / "unsupported_esql.toml").exit_code == 3


def test_check_leaves_deprecated_rules_out(tmp_path: Path) -> None:
    folder = tmp_path / "_deprecated"
    folder.mkdir()
    (tmp_path / "kept.toml").write_text(PORT_26.read_text())
    (folder / "old.toml").write_text(PORT_26.read_text())
    marked = PORT_26.read_text().replace('maturity = "production"', 'maturity = "deprecated"')
    (tmp_path / "marked.toml").write_text(marked)
    assert 'maturity = "deprecated"' in marked
    counts = [
        call("check", *options).stderr.splitlines()[-1].split()[0] for options in ((tmp_path,), ("--deprecated", tmp_path), (folder,))
    ]
    assert counts == ["1", "3", "1"]
    assert call("check", tmp_path / "marked.toml").stderr.startswith("1 rule:")


def test_a_comment_in_a_rule_ignores_a_finding(tmp_path: Path) -> None:
    text = '[rule]\nname = "x"\nrule_id = "1"\ntype = "query"\nquery = "event.outcome: Success"\n'
    path = tmp_path / "rule.toml"
    path.write_text(text)
    assert "warning[wrong-case]" in call("check", path).stderr
    path.write_text(f"# triggerfish: ignore[wrong-case]\n{text}")
    assert call("check", path).stderr.startswith("1 rule: 1 ok;")
    path.write_text(f"# triggerfish: ignore[wrong-case, value-outside, syntax, wrong]\n{text}")
    shown = call("check", path).stderr
    assert [line for line in shown.splitlines() if line.startswith("warning")] == [
        "warning[unused-ignore]: the rule does not have the finding `value-outside`",
        "warning[unused-ignore]: `syntax` is an error: only warnings and notes can be ignored",
        "warning[unused-ignore]: `wrong` is not a finding code",
    ]
    assert "unused-ignore" not in call("check", "--no-findings", path).stderr


def test_the_severity_of_a_finding_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "rule.toml"
    path.write_text('[rule]\nname = "x"\nrule_id = "1"\ntype = "query"\nquery = "event.outcome: Success"\n')
    raised = call("check", "--severity", "wrong-case=error", path)
    assert (raised.exit_code, raised.stderr.partition(":")[0]) == (1, "error[wrong-case]")
    lowered = call("check", "--severity", "wrong-case=note", path)
    assert (lowered.exit_code, lowered.stderr.partition(":")[0]) == (0, "1 rule")
    for wrong in ("wrong-case=bad", "wrong=note", "syntax=note", "wrong-case"):
        assert call("check", "--severity", wrong, path).exit_code == 2
    (tmp_path / "triggerfish.toml").write_text('[severity]\nwrong-case = "error"\n')
    assert call("check", path).exit_code == 1
    assert '[severity]\n"wrong-case" = "error"' in call("check", "--show-settings", path).stdout


def test_check_writes_reports() -> None:
    found = json.loads(call("check", "--report", "-", PORT_26).stdout)
    assert found["summary"]["ok"] == 1 and found["rules"][0]["documents"] == 0
    assert call("check", "--report", "-", "--report-format", "github", BROKEN / "unclosed_quote.toml").stdout.startswith("::error")


def test_check_makes_no_documents() -> None:
    found = call("check", "-n", "3", PORT_26)
    assert found.exit_code == 2 and "No such option" in found.stderr


def test_generate_writes_what_the_batch_command_writes() -> None:
    options = ("-n", "3", "--seed", "4", "-f", "groups", PORT_26)
    assert call("generate", *options).stdout == invoke(*options).stdout != ""


def test_explain(tmp_path: Path) -> None:
    assert call("explain", PORT_26).stdout == invoke("--explain", PORT_26).stdout != ""
    assert call("explain", "--draw", "-", PORT_26).stdout == invoke("--draw", "-", PORT_26).stdout != ""
    assert call("explain", "--draw", tmp_path / "x.bmp", PORT_26).exit_code == 2


def test_bad_usage_names_the_command() -> None:
    found = call("check")
    assert found.exit_code == 2 and found.stderr.startswith("Usage: triggerfish check [OPTIONS] PATH...\n")
    assert "nothing to compile" in found.stderr


# -- schema --------------------------------------------------------------------------------------


def described(*args: str | Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(call("schema", "--json", *args).stdout)
    return found


def test_a_field() -> None:
    (found,) = described("event.category")
    assert (found["type"], found["kind"], found["multi_valued"]) == ("keyword", "string", True)
    assert "process" in found["allowed_values"] and str(found["source"]).startswith("ECS ")  # type: ignore[operator]
    shown = call("schema", "event.category")
    assert shown.exit_code == 0 and shown.stdout.startswith("event.category\n  type             keyword\n")


def test_fields_that_belong_to_others() -> None:
    name, text, own = described("process.name", "process.name.text", "process.parent.Ext.real.pid")
    assert "process.name.text" in name["multi_fields"]  # type: ignore[operator]
    assert (text["type"], text["multi_field_of"], text["source"]) == ("match_only_text", "process.name", name["source"])
    assert own["source"] == "built in beside ECS"
    (endpoint,) = described("process.Ext.session")
    assert endpoint["source"] == "Beats, Elastic Endpoint and integrations"


def test_an_unknown_field() -> None:
    found = call("schema", "proces.name", "process.pid")
    assert found.exit_code == 1 and found.stdout.lstrip().startswith("process.pid\n")
    assert found.stderr.startswith("error: unknown field `proces.name`; similar: `process.name`, ")


def test_a_schema_of_the_user(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text('{"x.y": {"type": "long"}, "process.pid": {"type": "keyword"}}')
    second.write_text('{"x.y": {"type": "ip"}}')
    both = ("--schema", first, "--schema", second)
    y, pid = described(*both, "x.y", "process.pid")
    assert (y["type"], y["source"]) == ("ip", str(second))
    assert (pid["type"], pid["source"]) == ("keyword", str(first))
    second.write_text("{")
    found = call("schema", *both, "x.y")
    assert (found.exit_code, found.stdout) == (2, "") and found.stderr.startswith(f"error: {second}:1:2: not valid JSON")


# -- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_a_row_leads_to_its_module(name: str) -> None:
    row = COMMANDS[name]
    assert callable(load(row.run))
    assert row.argument.name in load(row.options).__dataclass_fields__
    assert not row.batch or all(name in each.commands for _, each in rows(load(row.options)) if each.names)
