"""``--draw``: the tree as text and as DOT, what is missing, and files that appear whole or not at all."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from compile_rule import GOOD, SAMPLES, invoke, rule

DEAD = SAMPLES / "broken" / "dead_alternative.toml"
STROKE = "\u0336"
HOSTILE = r'''a : "]; x -> y; \"<b>&amp;<script>alert(1)</script>" and b : "\\N \\G $(touch x)"'''


def struck(text: str) -> str:
    return "".join(char + STROKE for char in text)


def drawn(*args: str | Path) -> str:
    found = invoke("-q", "--draw", "-", *args)
    assert (found.exit_code, found.stderr) == (0, "")
    return found.stdout


def test_text() -> None:
    assert (
        drawn(DEAD)
        == f"""\
One Alternative Is Dead: an event
├─ network.transport : tcp
└─ one of
   ├─ destination.port: 80 or 443
   └─ all of  (dead)
      ├─ {struck("network.transport : udp")}
      └─ {struck("destination.port : 53")}
"""
    )


def test_entries_and_what_changes_nothing() -> None:
    query = "process.name: (a or b or b) and not process.name: a and destination.port: 80 and destination.port < 100"
    assert (
        drawn("--query", query)
        == f"""\
<query>: an event
├─ process.name: a or b or b
│  ├─ {struck('"a"')}  (dead)
│  └─ "b"  (changes nothing)
├─ not process.name: a
├─ destination.port: 80
└─ destination.port < 100  (changes nothing)
"""
    )


def test_sequences() -> None:
    rows = drawn(
        "--query", "sequence by host.id with maxspan=1m [process where process.pid == 1] ![file where true] [any where a == 2]"
    ).splitlines()
    assert rows == [
        "<query>: a sequence of 2 events with the same host.id, no more than 1m apart",
        "├─ event 1, joined by host.id",
        "│  ├─ event.category: process",
        "│  └─ process.pid == 1",
        "├─ no event in between, joined by host.id",
        "│  └─ event.category: file",
        "└─ event 2, joined by host.id",
        "   └─ a == 2",
    ]


def test_many_branches_are_cut_short(tmp_path: Path) -> None:
    query = " or ".join(f"(a: {number} and b{number}: 1)" for number in range(60))
    rows = drawn("--query", f"({query}) and not a: 59").splitlines()
    assert rows[-1] == "   └─ … 20 more" and sum(row.endswith("(dead)") for row in rows) == 1


# -- DOT -----------------------------------------------------------------------------------------


def dot(path: Path, *args: str | Path) -> str:
    found = invoke("-q", "--draw", path, *args)
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", "")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".dot", ".gv"])
def test_dot(suffix: str, tmp_path: Path) -> None:
    rows = dot(tmp_path / f"a{suffix}", DEAD).splitlines()
    assert rows[0] == "digraph rule {" and rows[-1] == "}"
    assert rows[4:-1] == [
        '  n0 [label=<One Alternative Is Dead: an event>, fillcolor="#eeeeee"]',
        "  n1 [label=<network.transport : tcp>]",
        "  n0 -> n1",
        '  n2 [label=<one of>, fillcolor="#eeeeee"]',
        "  n0 -> n2",
        "  n3 [label=<destination.port: 80 or 443>]",
        "  n2 -> n3",
        '  n4 [label=<<S>all of</S><BR/><FONT POINT-SIZE="9">(dead)</FONT>>, color=red, fontcolor=red]',
        "  n2 -> n4 [style=dashed, color=red]",
        "  n5 [label=<<S>network.transport : udp</S>>, color=red, fontcolor=red]",
        "  n4 -> n5 [style=dashed, color=red]",
        "  n6 [label=<<S>destination.port : 53</S>>, color=red, fontcolor=red]",
        "  n4 -> n6 [style=dashed, color=red]",
    ]


def test_what_a_rule_says_is_no_dot(tmp_path: Path) -> None:
    """Every line is one that this program writes, and between its brackets stands no character that means something."""
    path = rule(tmp_path, "n", HOSTILE)
    path.write_text(path.read_text().replace('name = "n"', r'name = "<IMG SRC=\"/etc/passwd\"/> ]; \u0007"'))
    rows = dot(tmp_path / "a.dot", path).splitlines()[4:-1]
    assert any("&lt;IMG SRC=&quot;/etc/passwd&quot;/&gt; ]; ␇" in row for row in rows)
    assert any("&lt;script&gt;" in row and "&amp;amp;" in row for row in rows)
    for row in rows:
        if " -> " not in row or "label" in row:
            label = re.fullmatch(r"  n\d+ \[label=<(.*)>(, \w+=[\w\"#]+)*\]", row)
            assert label is not None, row
            words = re.sub(r'</?(S|FONT)( POINT-SIZE="9")?>|<BR/>', "", label.group(1))
            assert not re.search(r'[<>"]|&(?!(amp|lt|gt|quot|#x27);)', words), row
        else:
            assert re.fullmatch(r"  n\d+ -> n\d+( \[style=dashed, color=red\])?", row), row


def test_samples(tmp_path: Path) -> None:
    for path in GOOD:
        edges = [row for row in dot(tmp_path / "a.dot", path).splitlines() if re.match(r"  n\d+ -> ", row)]
        assert len(edges) == len(drawn(path).splitlines()) - 1, "a branch for each but the root, and each is drawn"


# -- files ---------------------------------------------------------------------------------------


def test_without_graphviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    path = tmp_path / "a.svg"
    path.write_text("before")
    found = invoke("-q", "--draw", path, DEAD)
    assert found.exit_code == 2 and found.stdout == drawn(DEAD)
    assert found.stderr == (
        f"error: `{path}` was not written, the tree is on standard output instead: "
        "drawing it needs Graphviz's program `dot`, which your system's package `graphviz` has\n"
    )
    assert path.read_text() == "before"
    monkeypatch.setattr("triggerfish.api.run.graphviz_file.find_spec", lambda name: None)
    assert "needs the Python package: pip install 'triggerfish[draw]' and Graphviz's" in invoke("-q", "--draw", path, DEAD).stderr


class _Failing(Exception):
    stderr = "Error: <stdin>:\n  syntax error"


def test_a_graphviz_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pipe(format: str) -> bytes:
        raise _Failing

    module: Any = SimpleNamespace(ExecutableNotFound=_Failing, Source=lambda source: SimpleNamespace(pipe=pipe))
    monkeypatch.setitem(sys.modules, "graphviz", module)
    monkeypatch.setattr("triggerfish.api.run.graphviz_file._missing", list)
    found = invoke("-q", "--draw", tmp_path / "a.svg", DEAD)
    assert found.exit_code == 2 and "graphviz failed: Error: <stdin>: syntax error\n" in found.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's `dot` is not installed")
@pytest.mark.parametrize(("suffix", "begin"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_with_graphviz(suffix: str, begin: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    assert invoke("-q", "--draw", path, DEAD).exit_code == 0
    assert path.read_bytes().startswith(begin)
    if suffix == ".svg":
        assert b"line-through" in path.read_bytes()


def test_text_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    found = invoke("--explain", "--draw", path, DEAD)
    assert found.exit_code == 0 and path.read_text(encoding="utf-8") == drawn(DEAD)
    assert "every match has" in found.stdout


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--draw", "a.xyz", DEAD), "`.xyz` is not a drawing format"),
        (("--draw", "-", "--explain", DEAD), "cannot both be standard output"),
        (("--draw", "-", "--report", "-", DEAD), "cannot both be standard output"),
        (("--draw", "-", "-o", "x", DEAD), "--draw does not write documents: omit --out"),
        (("--draw", "-", DEAD, GOOD[0]), "exactly one rule can be drawn, not 2"),
        (("--draw", "-", SAMPLES / "broken" / "unsupported_esql.toml"), "cannot be drawn: the rule is unsupported"),
        (("--draw", "/nowhere/a.txt", DEAD), "cannot write `/nowhere/a.txt`"),
    ],
)
def test_what_cannot_be_drawn(args: tuple[str | Path, ...], why: str) -> None:
    found = invoke("-q", *args)
    assert found.exit_code == 2 and why in found.stderr and found.stdout == ""
