"""What people see at a terminal: through a pseudo-terminal, as they have it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from compile_rule import PORT_26, ROOT, SAMPLES, invoke

pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DEAD = SAMPLES / "broken" / "dead_alternative.toml"


def at_terminal(*args: str | Path, columns: int = 100, program: str = "compile-rule", **environment: str) -> tuple[int, str]:
    """The exit code, and all that a terminal was sent."""
    child, descriptor = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
        name = [] if program == "triggerfish" else [program]
        words = [sys.executable, "-m", "triggerfish", *name, *map(str, args)]
        os.execvpe(words[0], words, {**clean, "TERM": "xterm-256color", **environment})
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, columns.to_bytes(4, sys.byteorder)[:2].join((b"\x28\x00", b"\x00" * 4)))
    sent = b""
    while True:
        try:
            block = os.read(descriptor, 1 << 16)
        except OSError:
            break
        if not block:
            break
        sent += block
    os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), sent.decode()


def plain(sent: str) -> str:
    return _CONTROL.sub("", sent).replace("\r\n", "\n")


def test_colours() -> None:
    code, sent = at_terminal("-f", "none", DEAD)
    assert code == 0 and "\x1b[1;31m^^^" in sent and "\x1b[1;33mwarning[dead-alternative]" in sent
    code, sent = at_terminal("-f", "none", DEAD, NO_COLOR="1")
    assert code == 0 and "^^^" in sent and not re.search(r"\x1b\[[0-9;]*m", sent)


def test_explanations_have_colours() -> None:
    code, sent = at_terminal("--explain", DEAD)
    assert code == 0 and "\x1b[32mlive" in sent and "\x1b[31mdead" in sent
    bare = at_terminal("--explain", DEAD, NO_COLOR="1")[1]
    assert not re.search(r"\x1b\[[0-9;]*m", bare)
    cut = bare.rpartition("1 rule")[0].rstrip()
    assert plain(sent).rpartition("1 rule")[0].rstrip() == cut.replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [100, 50])
def test_progress(columns: int) -> None:
    """Bar, numbers, time left, what went wrong, and the rule at hand; nothing of it stays."""
    code, sent = at_terminal("-f", "none", SAMPLES / "broken", SAMPLES / "linux", columns=columns)
    assert code == 2
    bars = [row for row in re.split("[\r\n]+", plain(sent)) if "━" in row]
    assert bars and all(re.match(r"[━╺╸]+ +\d+/\d+ [-\d]+:", row) for row in bars)
    assert all(len(row) <= columns for row in bars)
    assert any(row.rstrip().endswith(".toml") for row in bars)
    if columns == 100:
        assert any(re.search(r"\d+ unsatisfiable", row) for row in bars)
    assert sent.rstrip().split("\r\n")[-1].startswith("\x1b[1m")
    assert sent.index("status") > sent.rindex("━")


def test_no_progress_where_documents_go_to_the_terminal() -> None:
    assert "━" not in at_terminal(SAMPLES / "linux")[1]


def test_closing_table() -> None:
    _, sent = at_terminal("-f", "none", DEAD, PORT_26, SAMPLES / "broken" / "unclosed_quote.toml")
    *_, head, ok, invalid, last = plain(sent).rstrip().split("\n")
    assert head.split() == ["status", "rules", "time"]
    assert re.fullmatch(r"ok +2 +\d+\.\d\d s  1 with warnings", ok)
    assert re.fullmatch(r"invalid +1 +\d+\.\d\d s", invalid)
    assert re.fullmatch(r"3 rules; 2 documents in \d+\.\d\d s", last)


def test_closing_table_of_a_verbose_run_in_a_pipe() -> None:
    rows = invoke("-v", "-f", "none", DEAD, PORT_26).stderr.splitlines()
    table = rows[next(at for at, row in enumerate(rows) if row.startswith("status ")) :]
    assert [row.split()[0] for row in table] == ["status", "ok", "2"]
    assert rows.index("slowest") < len(rows) - len(table)


def test_a_name_cannot_drive_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mred.toml"
    path.write_text('[rule]\ntype = "query"\nname = "\\u001b]0;title\\u0007"\nquery = "a : 1 and a : \\"\\u001b[5m\\""\n')
    for option in ("--explain", "-v"):
        sent = at_terminal("-f", "none", option, path, NO_COLOR="1")[1]
        assert "\x1b[31m" not in sent and "\x1b]0;" not in sent and "\x1b[5m" not in sent


def test_a_field_is_shown_as_a_table() -> None:
    code, sent = at_terminal("schema", "process.name", program="triggerfish")
    assert code == 0 and "│" in sent and "keyword" in sent
