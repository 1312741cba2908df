"""``compare`` in Python, and the commands ``compare``, ``overlaps`` and ``exceptions``."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from compile_rule import command_of_group
from triggerfish import Rule, compare

RULE = """[rule]
name = "{name}"
rule_id = "{rule_id}"
type = "query"
language = "kuery"
index = [{index}]
query = '''
{query}
'''
"""


def write(path: Path, query: str, rule_id: str = "one", name: str = "A rule", index: str = '"logs-*"') -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(RULE.format(name=name, rule_id=rule_id, query=query, index=index), encoding="utf-8")
    return path


def triggerfish(*args: str | Path) -> Result:
    return command_of_group(*args)


def git(folder: Path, *args: str) -> None:
    command = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", *args]
    subprocess.run(command, check=True, capture_output=True)


def line_of(result: dict[str, Any]) -> int:
    """The line of a result of SARIF."""
    return int(result["locations"][0]["physicalLocation"]["region"]["startLine"])


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q", "-b", "main")
    write(tmp_path / "rules/a.toml", "process.name: (a or b)")
    write(tmp_path / "rules/b.toml", "user.name: x*", "two", "Another rule")
    write(tmp_path / "rules/c.toml", "host.name: z", "three", "A third rule")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "rules")
    return tmp_path


def test_in_python() -> None:
    found = compare("process.name: (cmd.exe or powershell.exe)", "process.name: cmd.exe")
    assert (found.relation, found.lost.outcome, found.won.outcome) == ("narrower", "witness", "none")
    (part,) = found.lost.parts
    assert part.fields == ("process.name",)
    assert part.documents[0]["process"]["name"] == "powershell.exe"
    assert part.beside[0]["process"]["name"] == "cmd.exe"
    assert part.condition == "process.name: cmd.exe"


def test_in_python_languages_are_guessed_or_given() -> None:
    assert compare("process.pid > 4", "any where process.pid > 4").relation == "equivalent"
    assert compare("process.pid:>4", "process.pid:{4 TO *}", language="lucene").relation == "equivalent"


def test_in_python_the_scope_is_separate() -> None:
    one = Rule.from_dict({"type": "query", "query": "a: 1", "index": ["logs-*", "old-*"]})
    other = Rule.from_dict({"type": "query", "query": "a: 1", "index": ["logs-*"]})
    found = compare(one, other)
    assert found.relation == "equivalent"
    assert [(each.what, each.removed, each.added) for each in found.scope] == [("index patterns", ("old-*",), ())]


def test_two_files(tmp_path: Path) -> None:
    old = write(tmp_path / "old.toml", "process.name: (a or b)", index='"logs-*", "old-*"')
    new = write(tmp_path / "new.toml", "process.name: a and\nnot user.name: root")
    run = triggerfish("compare", old, new)
    assert run.exit_code == 0
    assert f"{new}: narrower" in run.stdout.replace(" (A rule)", "")
    assert f"events that fail {new}:9:1: not user.name: root" in run.stdout
    assert 'user.name: "root" instead of' in run.stdout
    assert 'process.name: "b" instead of "a"' in run.stdout
    assert "newly caught: nothing (proved)" in run.stdout
    assert "index patterns: - old-*" in run.stdout


def test_queries() -> None:
    run = triggerfish("compare", "--query", "process.name: a*", "--query", "process.name: (ab* or a*)", "--unchanged")
    assert (run.exit_code, run.stdout) == (0, "<query>: matches the same events (proved)\n")


def test_json() -> None:
    run = triggerfish("compare", "-f", "json", "--query", "process.pid > 4", "--query", "process.pid > 9")
    (pair,) = json.loads(run.stdout)
    assert pair["relation"] == "narrower"
    assert pair["won"] == {"outcome": "none", "parts": []}
    (part,) = pair["lost"]["parts"]
    assert part["fields"] == ["process.pid"]
    assert 4 < part["events"][0]["process"]["pid"] <= 9 < part["beside"][0]["process"]["pid"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.toml"], "give two rules"),
        (["--query", "a: 1"], "give two rules"),
        (["--against", "HEAD"], "no rules"),
        (["--against", "HEAD", "--query", "a: 1", "x"], "leave --query out"),
        (["-", "a.toml"], "files or folders"),
        (["a.toml", "b.toml", "--language", "eql"], "--language requires --query"),
        (["a.toml", "b.toml", "--fail-on", "narower"], "did you mean `narrower`?"),
    ],
)
def test_usage(arguments: list[str], said: str) -> None:
    run = triggerfish("compare", *arguments)
    assert run.exit_code == 2 and said in run.stderr


def test_what_cannot_be_read_is_reported(tmp_path: Path) -> None:
    good = write(tmp_path / "good.toml", "process.name: a")
    bad = write(tmp_path / "bad.toml", "process.name: (a")
    run = triggerfish("compare", good, bad)
    assert run.exit_code == 2
    assert "error[syntax]" in run.stderr and "bad.toml:8" in run.stderr
    assert "not compared" in run.stdout
    run = triggerfish("compare", good, tmp_path / "missing.toml")
    assert run.exit_code == 2 and "no such file" in run.stderr


def test_a_branch(repository: Path) -> None:
    git(repository, "checkout", "-qb", "change")
    write(repository / "rules/a.toml", "process.name: a")
    # Renamed and reworded, the same.
    git(repository, "mv", "rules/b.toml", "rules/renamed.toml")
    write(repository / "rules/renamed.toml", "user.name: (x* or xy*)", "two", "Another rule")
    write(repository / "rules/new.toml", "process.name: a and user.name: q", "four", "A new rule")
    (repository / "rules/c.toml").unlink()
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "change")
    run = triggerfish("compare", "--against", "main", "rules")
    assert run.exit_code == 0, run.stderr
    assert "rules/a.toml (A rule): narrower" in run.stdout
    assert "rules/new.toml (A new rule): new" in run.stdout
    assert "  matches nothing that rules/a.toml does not match (proved)" in run.stdout
    assert "rules/c.toml (A third rule): deleted" in run.stdout
    assert "renamed.toml" not in run.stdout
    everything = triggerfish("compare", "--against", "main", "--unchanged", "rules")
    assert "renamed.toml (Another rule): matches the same events (proved)" in everything.stdout
    assert triggerfish("compare", "--against", "main", "--fail-on", "wider", "rules").exit_code == 0
    assert triggerfish("compare", "--against", "main", "--fail-on", "narrower", "rules").exit_code == 1
    markdown = triggerfish("compare", "--against", "main", "-f", "markdown", "rules").stdout
    assert "### A rule: narrower" in markdown and "**No longer caught**: events that fail a condition or meet an exclusion" in markdown
    assert '| process.name | `"a"` | `"b"` |' in markdown
    report = json.loads(triggerfish("compare", "--against", "main", "-f", "sarif", "rules").stdout)
    results = report["runs"][0]["results"]
    assert [(each["ruleId"], each["locations"][0]["physicalLocation"]["region"]["startLine"]) for each in results] == [
        ("no-longer-caught", 8)
    ]


def test_a_revision_of_a_file(repository: Path) -> None:
    write(repository / "rules/a.toml", "process.name: (a or b or c)")
    run = triggerfish("compare", "HEAD:rules/a.toml", "rules/a.toml")
    assert run.exit_code == 0 and "rules/a.toml (A rule): wider" in run.stdout
    assert 'process.name: "c" instead of' in run.stdout
    run = triggerfish("compare", "nowhere:rules/a.toml", "rules/a.toml")
    assert run.exit_code == 2 and "does not have the revision `nowhere`" in run.stderr


def test_folders_are_paired_by_id(tmp_path: Path) -> None:
    write(tmp_path / "old/x.toml", "process.name: a")
    write(tmp_path / "old/gone.toml", "process.name: b", "gone", "Gone")
    write(tmp_path / "new/y.toml", "process.name: (a or b)")
    run = triggerfish("compare", tmp_path / "old", tmp_path / "new")
    assert "y.toml (A rule): wider" in run.stdout and "gone.toml (Gone): deleted" in run.stdout


# -- overlaps ----------------------------------------------------------------------------------------


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    write(tmp_path / "rules/a.toml", "process.name: a and user.name: x", "a", "Narrow", index='"old-*"')
    write(tmp_path / "rules/b.toml", "process.name: (a or b)", "b", "Wide")
    write(tmp_path / "rules/c.toml", "process.name: (b or a)", "c", "Wide again")
    write(tmp_path / "rules/d.toml", "process.name: (a or b or c) and\nnot user.name: x", "d", "Excluding")
    return tmp_path / "rules"


def test_overlaps(rules: Path) -> None:
    run = triggerfish("overlaps", rules)
    assert run.exit_code == 0
    assert f"{rules}/a.toml: matches nothing but what is matched by {rules}/b.toml (proved)" in run.stdout
    assert f"{rules}/b.toml: matches the same events as {rules}/c.toml (proved)" in run.stdout
    assert f"{rules}/a.toml: matches nothing but what is matched, or excluded, by {rules}/d.toml (proved)" in run.stdout
    assert "  excluded by the other (line 9): not user.name: x" in run.stdout
    assert "  index patterns of the other: - old-*, + logs-*" in run.stdout
    assert triggerfish("overlaps", rules, "--fail").exit_code == 1


def test_overlaps_with_a_cache_are_the_same(rules: Path, tmp_path: Path) -> None:
    command = ("overlaps", rules, "-f", "json", "--cache", tmp_path / "cache")
    first = triggerfish(*command)
    again = triggerfish(*command)
    assert again.stdout == first.stdout and "0 of them new or changed" in again.stderr
    write(rules / "c.toml", "process.name: (b or a or c or d)", "c", "Wider")
    changed = triggerfish(*command)
    assert "1 of them new or changed" in changed.stderr
    assert changed.stdout == triggerfish("overlaps", rules, "-f", "json").stdout
    assert {(Path(each["rule"]).name, Path(each["other"]).name) for each in json.loads(changed.stdout)} >= {("b.toml", "c.toml")}
    # What is not an entry is not read.
    (cached,) = (tmp_path / "cache").iterdir()
    cached.write_bytes(cached.read_bytes()[:-10])
    assert triggerfish(*command).stdout == changed.stdout


def test_overlaps_as_sarif(rules: Path) -> None:
    report = json.loads(triggerfish("overlaps", rules, "-f", "sarif").stdout)
    assert {each["ruleId"] for each in report["runs"][0]["results"]} == {"inside-another", "same-as-another"}


# -- exceptions --------------------------------------------------------------------------------------

ITEMS = [
    {"type": "detection", "list_id": "l", "name": "The list"},
    {"name": "All of a", "entries": [{"field": "process.name", "operator": "included", "type": "match", "value": "a"}]},
    {
        "name": "a of x",
        "entries": [
            {"field": "process.name", "operator": "included", "type": "match_any", "value": ["a"]},
            {"field": "user.name", "operator": "included", "type": "match", "value": "x"},
        ],
    },
    {
        "name": "Old",
        "expire_time": "2020-01-01T00:00:00Z",
        "entries": [{"field": "process.name", "operator": "included", "type": "match", "value": "b"}],
    },
    {
        "name": "Of a list",
        "entries": [{"field": "source.ip", "operator": "included", "type": "list", "list": {"id": "addresses", "type": "ip"}}],
    },
    {"name": "Never", "entries": [{"field": "process.pid", "operator": "included", "type": "match", "value": "4"}]},
]


def exceptions(folder: Path) -> Path:
    path = folder / "exceptions.ndjson"
    path.write_text("".join(json.dumps(each) + "\n" for each in ITEMS), encoding="utf-8")
    return path


def test_exceptions(tmp_path: Path) -> None:
    write(tmp_path / "rules/a.toml", "process.name: a and process.pid > 4", "a", "Only a")
    write(tmp_path / "rules/b.toml", "process.name: (a or b) and process.pid > 4", "b", "Both")
    run = triggerfish("exceptions", exceptions(tmp_path), tmp_path / "rules", "-f", "json")
    assert run.exit_code == 0
    found = {each["exception"]: each for each in json.loads(run.stdout)}
    assert [each["effect"] for each in found["All of a"]["rules"]] == ["all", "part"]
    assert [each["effect"] for each in found["a of x"]["rules"]] == ["part", "part"]
    assert found["a of x"]["swallowed_by"] == ["All of a"]
    assert found["Old"]["expired"] == "2020-01-01T00:00:00Z" and found["Old"]["rules"] == []
    assert "`addresses`" in found["Of a list"]["problem"]
    assert [each["effect"] for each in found["Never"]["rules"]] == ["none", "none"]
    event = found["All of a"]["rules"][1]["event"]
    assert event["process"]["name"] == "a" and event["process"]["pid"] > 4


def test_exceptions_as_text_and_sarif(tmp_path: Path) -> None:
    rule = write(tmp_path / "rules/a.toml", "process.name: a and process.pid > 4", "a", "Only a")
    file = exceptions(tmp_path)
    run = triggerfish("exceptions", file, rule, "--fail")
    assert run.exit_code == 1
    assert f"{file}:2: All of a\n  excludes all that is matched by 1 rule (proved):\n    {rule} (Only a)" in run.stdout
    assert "  expired at 2020-01-01T00:00:00Z: it is not applied" in run.stdout
    assert "  excludes nothing that the 1 rule matches (proved)" in run.stdout
    report = json.loads(triggerfish("exceptions", file, rule, "-f", "sarif").stdout)
    places = [(each["ruleId"], each["locations"][0]["physicalLocation"]["region"]["startLine"]) for each in report["runs"][0]["results"]]
    assert places == [("swallowed-exception", 3), ("expired-exception", 4), ("unmet-exception", 6), ("silenced", 1)]


def test_exceptions_that_cannot_be_read(tmp_path: Path) -> None:
    rule = write(tmp_path / "a.toml", "process.name: a")
    (tmp_path / "x.json").write_text('{"a": 1}\n{', encoding="utf-8")
    run = triggerfish("exceptions", tmp_path / "x.json", rule)
    assert run.exit_code == 2 and "x.json:2" in run.stderr
    (tmp_path / "x.json").write_text("[]", encoding="utf-8")
    run = triggerfish("exceptions", tmp_path / "x.json", rule)
    assert run.exit_code == 2 and "no exceptions in this file" in run.stderr
    assert triggerfish("exceptions", tmp_path / "x.json").exit_code == 2
