"""``--changed-since``: what a branch changed, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compile_rule import git, invoke, rule


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A branch that left ``main`` after two rules, which both went on."""
    folder = tmp_path / "repository"
    (folder / "rules" / "ümläut dir").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    rule(folder / "rules", "kept", "a : 1")
    rule(folder / "rules", "edited", "a : 2")
    rule(folder / "rules", "left", "a : 3")
    (folder / ".gitignore").write_text("ignored.toml\n")
    (folder / "schema.json").write_text('{"x": {"type": "long"}}')
    _commit(folder)
    git(folder, "checkout", "-q", "-b", "branch")
    rule(folder / "rules", "edited", "a : 4")
    rule(folder / "rules" / "ümläut dir", "added", "a : 5").rename(folder / "rules" / "ümläut dir" / "added\n.toml")
    _commit(folder)
    git(folder, "checkout", "-q", "main")
    rule(folder / "rules", "kept", "a : 6")
    _commit(folder)
    git(folder, "checkout", "-q", "branch")
    rule(folder / "rules", "left", "a : 7")
    rule(folder / "rules", "untracked", "a : 8")
    rule(folder / "rules", "ignored", "a : 9")
    return folder


def _commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")


def compiled(*args: str | Path) -> list[str]:
    found = invoke("-q", "-f", "groups", *args)
    assert found.exit_code == 0, found.stderr
    return [Path(json.loads(line)["rule"]).stem for line in found.stdout.splitlines()]


def test_what_the_branch_changed(repository: Path) -> None:
    assert compiled("--changed-since", "main", repository / "rules") == ["edited", "left", "untracked", "added\n"]
    assert compiled("--changed-since", "HEAD", repository / "rules") == ["left", "untracked"]
    assert compiled("--changed-since", "HEAD", repository / "rules" / "kept.toml", repository / "rules" / "left.toml") == ["left"]


def test_nothing_changed(repository: Path) -> None:
    found = invoke("--changed-since", "HEAD", repository / "rules" / "kept.toml")
    assert (found.exit_code, found.stdout) == (0, "")
    assert found.stderr.startswith("no rules")


def test_another_schema_changes_every_rule(repository: Path) -> None:
    schema = repository / "schema.json"
    options = ("--changed-since", "HEAD", "--schema", schema, repository / "rules")
    assert len(compiled(*options)) == 2
    schema.write_text('{"x": {"type": "keyword"}}')
    assert len(compiled(*options)) == 6


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "-h", "schema.json", ""])
def test_what_is_no_revision(revision: str, repository: Path) -> None:
    found = invoke(f"--changed-since={revision}", repository / "rules")
    assert found.exit_code == 2
    assert found.stderr.startswith(
        f"error: the repository at `{repository}` does not have the revision `{revision}`, or shares no history with it: "
    )
    assert len(found.stderr.splitlines()) == 1
    assert not (repository / "x").exists()


def test_no_history_in_common(repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "other")
    _commit(repository)
    found = invoke("--changed-since", "main", repository / "rules")
    assert (found.exit_code, "shares no history" in found.stderr) == (2, True)


def test_no_repository(tmp_path: Path) -> None:
    found = invoke("--changed-since", "HEAD", rule(tmp_path, "x", "a : 1"))
    assert found.exit_code == 2
    assert found.stderr == f"error: a revision needs a git repository: `{tmp_path}` is not in one\n"


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = invoke("--changed-since", "HEAD", repository / "rules")
    assert (found.exit_code, found.stderr) == (2, "error: cannot run git: no such file or directory\n")


@pytest.mark.parametrize("args", [("--query", "a : 1"), ("-",)])
def test_what_has_no_history(args: tuple[str, ...]) -> None:
    assert "--changed-since requires files or folders" in invoke("--changed-since", "HEAD", *args).stderr
