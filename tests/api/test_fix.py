"""``check --fix`` and ``--diff``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from triggerfish.api.cli.command import command
from triggerfish.api.cli.commands import GROUP

HEAD = '# kept\n[metadata]\nmaturity = "production"  # kept, too\n\n[rule]\nname = "x"\nrule_id = "1"\n'

FIXED = [
    # (language, before, after, what is said)
    (
        "kuery",
        "process.name: (a or b or   a) and  user.name : c",
        "process.name: (a or b) and  user.name : c",
        "matches the same events (proved)",
    ),
    ("kuery", "process.name: (a* or ab or b)", "process.name: (a* or b)", "matches the same events (proved)"),
    ("kuery", "process.name: (ab or abc or a*)", "process.name: (a*)", "matches the same events (proved)"),
    ("kuery", "event.outcome: Success", "event.outcome: success", "changes which events match; gained: "),
    ("kuery", 'event.outcome: "Success"', 'event.outcome: "success"', "changes which events match; gained: "),
    ("kuery", "process.naem: a or not process.naem: b*", "process.name: a or not process.name: b*", "changes which events match; "),
    ("lucene", "process.name:a or user.name:b", "process.name:a OR user.name:b", "changes which events match; "),
    ("eql", 'process where process.name == "a*"', 'process where process.name : "a*"', "changes which events match; gained: "),
    (
        "eql",
        'process where /* a */ process.name : (\n  "a*", "ab", // b\n  "c",\n  "ac"\n)',
        'process where /* a */ process.name : (\n  "a*", // b\n  "c"\n)',
        "matches the same events (proved)",
    ),
    (
        "eql",
        'process where process.name : (\n  "a*", "ab", "abc",\n  "c"\n)',
        'process where process.name : (\n  "a*",\n  "c"\n)',
        "matches the same events (proved)",
    ),
]
KEPT = [
    ("kuery", "event.outcome: (Success or success)"),
    ("kuery", "process.zzz: a"),
    ("eql", 'process where process.name in ("a*", "b")'),
    ("eql", 'process where process.name != "a*"'),
    ("kuery", 'process.name: "a*"'),
    ("kuery", "process.name: a and process.name: *"),
]


def call(*args: str | Path) -> Result:
    result = CliRunner().invoke(command(GROUP), [str(arg) for arg in args])
    assert "Traceback" not in result.output
    return result


def rule(folder: Path, language: str, query: str) -> Path:
    path = folder / "rule.toml"
    kind = "eql" if language == "eql" else "query"
    path.write_text(f"{HEAD}type = \"{kind}\"\nlanguage = \"{language}\"\nquery = '''\n{query}\n'''\n", newline="")
    return path


@pytest.mark.parametrize(("language", "before", "after", "effect"), FIXED)
def test_what_is_certain_is_fixed_and_the_rest_is_kept(tmp_path: Path, language: str, before: str, after: str, effect: str) -> None:
    path = rule(tmp_path, language, before)
    expected = path.read_text().replace(before, after)
    shown = call("check", "--diff", path)
    assert shown.exit_code == 1 and effect in shown.stderr
    assert shown.stdout.startswith(f"--- {path}\n+++ {path}\n@@ ")
    assert before in path.read_text()
    assert effect in call("check", "--fix", path).stderr
    assert path.read_text() == expected
    again = call("check", "--fix", path)
    assert ": fixed " not in again.stderr and path.read_text() == expected
    assert (call("check", "--diff", path).exit_code, call("check", "--diff", path).stdout) == (0, "")


@pytest.mark.parametrize(("language", "query"), KEPT)
def test_what_is_not_certain_is_left_alone(tmp_path: Path, language: str, query: str) -> None:
    path = rule(tmp_path, language, query)
    before = path.read_bytes()
    call("check", "--fix", path)
    assert path.read_bytes() == before


def test_what_is_ignored_is_left_alone(tmp_path: Path) -> None:
    path = rule(tmp_path, "kuery", "event.outcome: Success")
    assert call("check", "--diff", "--ignore", "wrong-case", path).exit_code == 0
    assert call("check", "--diff", "--select", "unknown-field", path).exit_code == 0
    path.write_text(f"# triggerfish: ignore[wrong-case]\n{path.read_text()}")
    assert call("check", "--diff", path).exit_code == 0


def test_line_ends_and_a_byte_order_mark_are_kept(tmp_path: Path) -> None:
    path = rule(tmp_path, "kuery", "event.outcome: Success")
    before = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(before)
    call("check", "--fix", path)
    assert path.read_bytes() == before.replace(b"Success", b"success")


def test_a_query_without_a_file_cannot_be_fixed() -> None:
    assert call("check", "--fix", "--query", "event.outcome: Success").exit_code == 2
