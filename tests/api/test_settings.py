"""Settings files, and the options that select files and findings."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compile_rule import ROOT, SAMPLES, rule
from triggerfish.api.cli.command import command
from triggerfish.api.cli.commands import GROUP
from triggerfish.api.cli.watch import look
from triggerfish.api.run.run_options import RunOptions
from triggerfish.api.run.selection import anchored, matches, with_selected_findings
from triggerfish.backends.report.rule_result import RuleResult, Status
from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, Severity


def call(*args: str | Path) -> Result:
    result = CliRunner().invoke(command(GROUP), [str(arg) for arg in args])
    assert "Traceback" not in result.output
    return result


def codes(*args: str | Path) -> list[str]:
    shown = call("check", "-v", *args).stderr
    return sorted(
        line.partition("[")[2].partition("]")[0] for line in shown.splitlines() if line.startswith(("warning[", "note[", "error["))
    )


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder of rules: one with a warning and a note, one that is fine, one that cannot be parsed, in a folder of its own."""
    folder = tmp_path / "rules"
    (folder / "old").mkdir(parents=True)
    rule(folder, "one", "unheard.of : 1 and event.category : nonsense")
    rule(folder, "two", "process.pid : 1")
    rule(folder / "old", "three", "process.pid : (")
    return folder


# -- finding the file ----------------------------------------------------------------------------


def settings(*args: str | Path) -> dict[str, object]:
    return tomllib.loads(call("check", "--show-settings", *args).stdout)


def test_the_nearest_file_wins(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "triggerfish.toml").write_text("timeout = 7")
    assert settings(rules)["timeout"] == 7
    (rules / "pyproject.toml").write_text("[tool.other]\n")
    assert settings(rules)["timeout"] == 7, "a file without our table is none"
    (rules / "pyproject.toml").write_text("[tool.triggerfish]\ntimeout = 8\n")
    assert settings(rules)["timeout"] == 8
    (rules / "triggerfish.toml").write_text("timeout = 9")
    assert settings(rules)["timeout"] == 9, "triggerfish.toml goes before pyproject.toml"
    assert settings(rules / "old" / "three.toml", rules / "one.toml")["timeout"] == 9
    shown = call("check", "--show-settings", rules).stdout
    assert shown.startswith(f"# settings of {rules / 'triggerfish.toml'}\n")
    assert settings(rules, "--timeout", "3")["timeout"] == 3, "an option wins"


def test_there_may_be_no_file(rules: Path) -> None:
    shown = call("check", "--show-settings", rules).stdout
    assert shown.startswith("# no settings file\n")
    assert tomllib.loads(shown) == {"schema": [], "exclude": [], "style": "realistic", "ignore": [], "timeout": 10.0}


def test_paths_are_relative_to_the_file(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "types.json").write_text('{"unheard.of": {"type": "keyword"}}')
    (tmp_path / "triggerfish.toml").write_text(
        'schema = ["types.json"]\nexclude = ["rules/old"]\n[per-file-ignores]\n"rules/t*.toml" = ["preference"]'
    )
    monkeypatch.chdir(rules)
    found = settings(rules)
    assert found["schema"] == [str(tmp_path / "types.json")]
    assert found["exclude"] == [str(tmp_path / "rules" / "old")]
    assert found["per-file-ignores"] == {str(tmp_path / "rules" / "t*.toml"): ["preference"]}
    assert codes(rules) == ["value-outside"]


def test_all_that_it_sets_is_used(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "triggerfish.toml").write_text('style = "plain"\nignore = ["value-outside"]\n')
    assert codes(rules) == ["syntax", "unknown-field"]
    assert call("generate", "-q", rules / "two.toml").stdout == '{"process":{"pid":1},"@timestamp":"2024-01-01T00:00:00.000Z"}\n'
    assert "value-outside" in codes("--ignore", "unknown-field", rules), "an option replaces what the file says"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timeout = ", ":1:11: not valid TOML: "),
        ("a = 1\ntimeot = 3", ":1:1: `a` is not a setting"),
        ("\n timeot = 3", ":2:2: `timeot` is not a setting; did you mean `timeout`?"),
        ("timeout = true", ":1:1: `timeout` must be a number of seconds above 0"),
        ("timeout = nan", ":1:1: `timeout` must be a number of seconds above 0"),
        ("style = 3", ":1:1: `style` must be one of `plain`, `realistic`"),
        ('ignore = "x"', ":1:1: `ignore` must be a list of strings"),
        ("exclude = [\n  'a',\n  3]", ":3:3: `exclude` must be a list of strings"),
        (
            "select = ['syntax', 'ded-alternative']",
            ":1:21: `ded-alternative` is not a finding code; did you mean `dead-alternative`?",
        ),
        ("ignore = ['value-outside',\n'syntax']", ":2:1: `syntax` is an error: only warnings and notes can be ignored"),
        ("per-file-ignores = 1", ":1:1: `per-file-ignores` must be a table from globs to lists of codes"),
        ("[per-file-ignores]\n'*.toml' = ['syntx']", ":2:13: `syntx` is not a finding code; did you mean `syntax`?"),
    ],
)
def test_what_is_wrong_with_it(text: str, message: str, rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "triggerfish.toml"
    path.write_text(text)
    found = call("check", rules)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith(f"error: {path}{message}") and found.stderr.count("\n") == 1
    path.unlink()
    table = tmp_path / "pyproject.toml"
    table.write_text("[tool.triggerfish]\n" + text.replace("[per-file", "[tool.triggerfish.per-file"))
    line, _, rest = message[1:].partition(":")
    assert call("check", rules).stderr.startswith(f"error: {table}:{int(line) + 1}:{rest}")


def test_the_table_is_a_table(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\ntriggerfish = 1\n")
    assert f"{tmp_path / 'pyproject.toml'}:2:1: `tool.triggerfish` is not a table" in call("check", rules).stderr


# -- selecting -----------------------------------------------------------------------------------


def test_select_and_ignore(rules: Path) -> None:
    assert codes(rules) == ["syntax", "unknown-field", "value-outside"]
    assert codes("--select", "value-outside", rules) == ["syntax", "value-outside"], "errors are always reported"
    assert codes("--ignore", "value-outside,unknown-field", rules) == ["syntax"]
    assert call("check", "--ignore", "unknown-field", rules).exit_code == 2


def test_what_is_ignored_does_not_fail(rules: Path) -> None:
    assert call("check", "--fail-on", "warning", rules / "one.toml").exit_code == 1
    assert call("check", "--fail-on", "warning", "--ignore", "value-outside", rules / "one.toml").exit_code == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--ignore", "syntax"), "`syntax` is an error: only warnings and notes can be ignored"),
        (("--ignore", "unknwn-field"), "`unknwn-field` is not a finding code; did you mean `unknown-field`?"),
        (("--select", "qqqqqq"), "`qqqqqq` is not a finding code\n"),
        (("--strict", "--ignore", "dead-alternative"), "--strict makes `dead-alternative` an error: it cannot be ignored"),
    ],
)
def test_what_cannot_be_selected(args: tuple[str, ...], message: str, rules: Path) -> None:
    found = call("check", *args, rules)
    assert found.exit_code == 2 and message in found.stderr


def test_the_cache_knows_nothing_of_the_selection(rules: Path, tmp_path: Path) -> None:
    cached = ("--cache", tmp_path / "cache", rules)
    assert codes(*cached) == ["syntax", "unknown-field", "value-outside"]
    assert codes("--ignore", "unknown-field", *cached) == ["syntax", "value-outside"]
    assert codes(*cached) == ["syntax", "unknown-field", "value-outside"]


def test_per_file() -> None:
    findings = tuple(Diagnostic(code, severity, "", ()) for code, severity in (("preference", Severity.NOTE), ("syntax", Severity.ERROR)))
    record = RuleResult("x", Status.OK, findings=findings, file="/a/b/c.toml")
    ignores = RunOptions(per_file_ignores=(("/a/b", ("preference",)),))
    assert with_selected_findings(record, ignores).findings == findings[1:]
    assert with_selected_findings(record, RunOptions(per_file_ignores=(("/a/c", ("preference",)),))) is record


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("old", "/r/old/x.toml", True),
        ("old", "/r/older/x.toml", False),
        ("*_test.toml", "/r/a/b_test.toml", True),
        ("/r/old", "/r/old/deep/x.toml", True),
        ("/r/*.toml", "/r/x.toml", True),
        ("/r/*.toml", "/r/a/x.toml", False),
        ("/r/**/x.toml", "/r/x.toml", True),
        ("/r/**/x.toml", "/r/a/b/x.toml", True),
        ("/r/**", "/r/a", True),
        ("/r/[ab].toml", "/r/c.toml", False),
    ],
)
def test_globs(glob: str, path: str, fits: bool) -> None:
    assert matches(glob, path) is fits


def test_a_folder_with_a_star_in_its_name() -> None:
    assert matches(anchored("x/*.toml", "/r*"), "/r*/x/a.toml")
    assert not matches(anchored("x/*.toml", "/r*"), "/rr/x/a.toml")


def test_excluded_files(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes("--exclude", "old,one.toml", rules) == []
    assert codes("--exclude", "old", rules / "old" / "three.toml") == ["syntax"], "a file that is named is compiled"
    assert call("check", "--exclude", "*.toml", rules).exit_code == 0, "a folder of excluded files has rules"
    watched = look(RunOptions(paths=(str(rules),), exclude=("old",))).rules
    assert sorted(Path(path).name for path in watched) == ["one.toml", "two.toml"]
    monkeypatch.chdir(rules)
    assert codes("--exclude", "./old", rules) == ["unknown-field", "value-outside"]


def test_the_rules_of_this_repository_have_no_settings() -> None:
    assert call("check", "--show-settings", SAMPLES).stdout.startswith("# no settings file") and (ROOT / "pyproject.toml").exists()
